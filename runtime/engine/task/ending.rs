//! How a task ends, as far as the type of its future does not matter: the outcome is decided, the
//! join handle woken, the memory given back.
//!
//! Called by `cell.rs` at the end of a turn, and by the handles. T1 to T4 are in `state.rs`.

#![expect(unsafe_code, reason = "the untyped side of a task's end: T1 to T4")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use super::JoinError;
use super::header::Header;
use super::pool;
use super::state::{Complete, Outcome};
use super::unobserved;
use crate::budget::Turn;
use crate::primitives::atomic::Ordering::Relaxed;

/// What a panic was started with.
pub(super) type Payload = Box<dyn Any + Send>;

/// Runs user code whose panic has no one to go to. The panic hook has reported it.
pub(super) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        // A payload whose own drop panics is leaked rather than dropped a second time.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
    }
}

pub(super) fn set_payload(header: &Header, payload: Payload) {
    let payload = Box::into_raw(Box::new(payload));
    header
        .wait
        .what
        .store(payload.expose_provenance() as u64, Relaxed);
}

/// # Safety
///
/// T2: the task's outcome is `Panicked` and the caller owns the output. Once only.
unsafe fn take_payload(header: &Header) -> Payload {
    let payload = header.wait.what.load(Relaxed) as usize;
    // SAFETY: T2. Stored by `set_payload`, taken once.
    *unsafe { Box::from_raw(ptr::with_exposed_provenance_mut::<Payload>(payload)) }
}

/// Completes the task and does what follows. The task may be gone afterwards.
///
/// # Safety
///
/// T1: the caller owns the turn, and the stage agrees with `outcome` (C2).
#[inline]
pub(super) unsafe fn finish(task: NonNull<Header>, outcome: Outcome) {
    // SAFETY: T4. Not done yet.
    let order = unsafe { task.as_ref() }.state.complete(outcome, false);
    if order != Complete::Nothing {
        // SAFETY: The caller's contract.
        unsafe { obey(task, outcome, order) };
    }
}

/// # Safety
///
/// As for [`finish`], which got the order.
unsafe fn obey(task: NonNull<Header>, outcome: Outcome, mut order: Complete) {
    // SAFETY: T4. The order says that we are needed.
    let header = unsafe { task.as_ref() };
    if order == Complete::DropOutput {
        // SAFETY: T2. There is no join handle and never will be.
        unsafe { discard_output(task, outcome) };
        order = header.state.complete(outcome, true);
    }
    match order {
        Complete::Nothing => {}
        Complete::DropOutput => unreachable!("said to be dropped"),
        // SAFETY: T4. The order says so.
        Complete::Free => unsafe { free(task) },
        Complete::WakeJoin => {
            // SAFETY: T3. Done with JOIN_WAKER set: the slot is the completer's.
            let waker = header.join.with_mut(|slot| unsafe { (*slot).take() });
            if header.state.join_waker_taken() {
                // SAFETY: T4. As above.
                unsafe { free(task) };
            }
            if let Some(waker) = waker {
                quietly(|| waker.wake());
            }
        }
    }
}

/// Drops whatever the task ended with. A panic in there goes no further.
///
/// # Safety
///
/// T2: the output is there and the caller's.
pub(super) unsafe fn discard_output(task: NonNull<Header>, outcome: Outcome) {
    // SAFETY: T4. The caller holds it alive.
    let header = unsafe { task.as_ref() };
    // Whoever drops it, this is the task it belongs to.
    let turn = Turn::begin(task.as_ptr().cast());
    match outcome {
        Outcome::Cancelled => {}
        Outcome::Panicked => {
            // SAFETY: T2. The caller's.
            let payload = unsafe { take_payload(header) };
            let spawned = super::location(header.spawned());
            let spawned = spawned.expect("written before the task was published");
            unobserved::report(super::id_of(task), spawned, &payload);
            quietly(|| drop(payload));
        }
        // SAFETY: T2. The caller's.
        Outcome::Value => quietly(|| unsafe { (header.vtable.drop_output)(task) }),
    }
    turn.end();
}

/// # Safety
///
/// T4: the caller is the one that frees the task.
pub(super) unsafe fn free(task: NonNull<Header>) {
    // SAFETY: T4. Not freed yet.
    let placement = &unsafe { task.as_ref() }.vtable.placement;
    // SAFETY: T4. The caller's.
    unsafe { pool::release(task, placement) };
}

/// Why the task gave no output.
///
/// # Safety
///
/// T2: the outcome is no value, and the caller's. Once only.
#[cold]
pub(super) unsafe fn take_error(task: NonNull<Header>, outcome: Outcome) -> JoinError {
    let id = super::id_of(task);
    if outcome == Outcome::Cancelled {
        return JoinError::cancelled(id);
    }
    // SAFETY: T4. The caller holds it alive.
    let header = unsafe { task.as_ref() };
    drop(unobserved::take_name(id));
    // SAFETY: T2. The caller's.
    JoinError::panicked(id, unsafe { take_payload(header) })
}
