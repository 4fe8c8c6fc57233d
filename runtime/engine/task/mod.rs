//! A task: one allocation that holds a future, its state, and how to wake it.
//!
//! ```text
//!   JoinHandle, AbortHandle --owner refs--> +--------+ <--waker refs-- Waker
//!                                           | Header |
//!   run queue --Runnable (no ref: T1)-----> | future |
//!                                           +--------+
//! ```
//!
//! Read `state.rs` first: the word that decides everything, and invariants T1 to T5. Then
//! `cell.rs`: what the decisions do to memory. `pool.rs` is where the memory comes from.
//!
//! | handle       | counted as | may                                             |
//! |--------------|------------|--------------------------------------------------|
//! | `Runnable`   | nothing    | run or cancel the task, once; exists while queued |
//! | `JoinHandle` | owner      | take the output                                  |
//! | `AbortHandle`| owner      | cancel                                           |
//! | `Waker`      | waker      | queue the task                                   |
//!
//! A task that is not done is kept by its scheduler alone, which finds it through the pool. So
//! dropping all handles never ends a task; shutting down its runtime does.
//!
//! Not here: queues and threads. A scheduler implements [`Schedule`] and calls
//! [`Runnable::run`].

#![expect(unsafe_code, reason = "Runnable is the right to call the vtable: T1")]

mod cell;
mod current;
mod ending;
mod header;
mod id;
mod join;
mod join_error;
mod kept;
pub(crate) mod list;
pub(crate) mod main_task;
pub(crate) mod pool;
mod snapshot;
mod state;
#[cfg(feature = "tracing")]
pub(crate) mod trace;
mod unobserved;
mod waker;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

use std::panic::Location;
use std::ptr::NonNull;

pub(crate) use cell::{Schedule, allocate, allocate_cancelled, allocate_from};
pub(crate) use current::{current, yield_current};
pub(crate) use header::{Header, Polled};
pub use id::Id;
pub use join::{AbortHandle, JoinHandle};
pub use join_error::JoinError;
pub(crate) use kept::Kept;
pub(crate) use pool::{Arena, Owner, Registry};
pub(crate) use snapshot::Snapshot;
#[cfg(not(loom))]
pub(crate) use unobserved::also_tell;
pub(crate) use unobserved::remember_name;
pub(crate) use waker::task_of;

/// A task's turn (T1): what run queues hold. Losing one loses the task.
#[must_use = "a Runnable that is dropped is a task that never runs again"]
pub(crate) struct Runnable(NonNull<Header>);

// SAFETY: T1. One thread at a time has the turn; a scheduler whose tasks are not `Send` keeps its
// turns on its thread.
unsafe impl Send for Runnable {}

impl Runnable {
    /// Polls the task once, or drops its future if it was aborted. With `Polled::Again` the turn
    /// is still the caller's, and comes back as the error.
    #[inline]
    pub(crate) fn run(self) -> Result<Polled, Runnable> {
        let vtable = self.header().vtable;
        // SAFETY: T1. We have the turn.
        match unsafe { (vtable.run)(self.0) } {
            Polled::Again => Err(self),
            other => Ok(other),
        }
    }

    /// Drops the future and completes the task as cancelled.
    pub(crate) fn cancel(self) {
        let vtable = self.header().vtable;
        // SAFETY: T1. We have the turn.
        unsafe { (vtable.cancel)(self.0) }
    }

    /// Gives the turn up. Only where a shutdown cancels the task itself ([`cancel_all`]).
    pub(crate) fn void(self) {}

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: T4. A task with a turn is not done, so it is alive.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn id(&self) -> Id {
        id_of(self.0)
    }

    pub(crate) fn spawned(&self) -> &'static Location<'static> {
        location(self.header().spawned()).expect("written before the turn was given out")
    }

    pub(crate) fn as_ptr(&self) -> *mut Header {
        self.0.as_ptr()
    }

    pub(crate) fn into_ptr(self) -> *mut Header {
        self.0.as_ptr()
    }

    /// # Safety
    ///
    /// T1: `task` came from [`into_ptr`](Self::into_ptr), and nobody else turns it back.
    pub(crate) unsafe fn from_ptr(task: *mut Header) -> Self {
        // SAFETY: It came from a `NonNull`.
        Self(unsafe { NonNull::new_unchecked(task) })
    }
}

/// Cancels every task of a scheduler that is not done, and tells `ended` of each.
///
/// # Safety
///
/// T1: every thread that could run one of the tasks has stopped and no queue will give one out
/// any more; wakes from other threads find their queues closed.
pub(crate) unsafe fn cancel_all(
    registry: &Registry,
    mut ended: impl FnMut(Id, &'static Location<'static>),
) {
    let mut tasks = Vec::new();
    let read = |task: NonNull<Header>, _| {
        // SAFETY: A1. The registry shows initialized headers.
        let done = unsafe { task.as_ref() }.state.snapshot().is_done();
        (!done).then_some(task)
    };
    registry.visit(read, |task| tasks.extend(task));
    for task in tasks {
        let id = id_of(task);
        // SAFETY: T4. Not done, and only this loop completes tasks now.
        let header = unsafe { task.as_ref() };
        let spawned = location(header.spawned());
        // SAFETY: T1. The caller's contract.
        unsafe { (header.vtable.cancel)(task) };
        ended(id, spawned.expect("written before the task was published"));
    }
}

/// Wakes one idle task for no reason: the one that `choose` picks of so many, in the order of their
/// ids.
///
/// # Safety
///
/// Nobody runs tasks of this scheduler meanwhile, so that none of them ends.
#[cfg(not(loom))]
pub(crate) unsafe fn wake_one(registry: &Registry, choose: impl FnOnce(usize) -> usize) {
    let mut idle = Vec::new();
    let read = |task: NonNull<Header>, id| {
        // SAFETY: A1. The registry shows initialized headers.
        let word = unsafe { task.as_ref() }.state.snapshot();
        (!word.is_done() && !word.is_scheduled()).then_some((id, task))
    };
    registry.visit(read, |task| idle.extend(task));
    if idle.is_empty() {
        return;
    }
    idle.sort_unstable_by_key(|(id, _)| *id);
    let (_, task) = idle[choose(idle.len())];
    // SAFETY: T4. It was not done, and the caller says that none ends.
    let header = unsafe { task.as_ref() };
    if header.state.wake_by_ref() {
        // SAFETY: T1. We moved it to queued. It is as alive as before.
        unsafe { (header.vtable.schedule)(task) };
    }
}

/// Reads every task's header; `keep` gets what was read of those that were live.
pub(crate) fn read_headers<T>(
    registry: &Registry,
    mut read: impl FnMut(&Header, u64) -> T,
    keep: impl FnMut(T),
) {
    // SAFETY: A1. The registry shows initialized headers, and they stay mapped meanwhile.
    registry.visit(|task, id| read(unsafe { task.as_ref() }, id), keep);
}

/// A location that a header or a lock's ledger stored. `None` before it has.
pub(crate) fn location(stored: *const Location<'static>) -> Option<&'static Location<'static>> {
    // SAFETY: Headers and ledgers store null or what was a `&'static Location`.
    unsafe { stored.as_ref() }
}

/// Calls `f` with the task this thread is polling, if it is polling one.
pub(crate) fn with_current(f: impl FnOnce(&Header)) {
    if let Some(task) = NonNull::new(current().cast_mut()) {
        // SAFETY: T4. A task that is being polled is not done.
        f(unsafe { task.as_ref() });
    }
}

fn id_of(task: NonNull<Header>) -> Id {
    Id::from_number(pool::id_of(task, pool::placement_of(task)))
}

/// The id of the task this thread is polling.
pub(crate) fn current_id() -> Option<Id> {
    NonNull::new(current().cast_mut()).map(id_of)
}
