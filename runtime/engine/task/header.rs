//! The fixed part of a task: less than a cache line, the same for every type of future.
//!
//! | field     | written by                                | read by                             |
//! |-----------|-------------------------------------------|-------------------------------------|
//! | `state`   | anybody, through its transitions          | anybody                             |
//! | `vtable`  | the spawner, before anybody else sees it  | whoever has a reference             |
//! | `next`    | the queue that holds the task (T1)        | the same                            |
//! | `join`    | the join handle or the completer (T3)     | the same                            |
//! | `spawned` | the spawner                               | anybody                             |
//! | `wait`    | the leaf future polled last               | anybody, as a hint                  |

use std::panic::Location;
use std::ptr::{self, NonNull};

use super::kept::Kept;
use super::pool::Placement;
use super::state::State;
use crate::primitives::UnsafeCell;
use crate::primitives::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};

/// What a worker does with a task it has just polled.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    /// It sleeps or is freed. Do not touch it.
    Idle,
    /// It was woken while it ran, or yielded: put it at the back of the queue.
    Again,
    /// It is done, and perhaps freed. Do not touch it.
    Done,
}

/// What the engine calls without knowing the future's type. Each fn's contract is in `cell.rs`.
pub(crate) struct VTable {
    /// Polls once. The caller owns the task's turn (T1).
    pub(crate) run: unsafe fn(NonNull<Header>) -> Polled,
    /// Drops the future and completes as cancelled. The caller owns the task's turn (T1).
    pub(crate) cancel: unsafe fn(NonNull<Header>),
    /// Puts the task into a queue. The caller has just set `SCHEDULED`.
    pub(crate) schedule: unsafe fn(NonNull<Header>),
    /// Wakes, and gives up a waker reference.
    pub(crate) wake: unsafe fn(NonNull<Header>),
    /// Where the output lies (T2).
    pub(crate) output: unsafe fn(NonNull<Header>) -> *mut (),
    /// Drops the output in its place (T2).
    pub(crate) drop_output: unsafe fn(NonNull<Header>),
    pub(crate) placement: Placement,
}

#[repr(C)]
pub(crate) struct Header {
    pub(crate) state: State,
    pub(super) vtable: &'static VTable,
    /// The next task in the queue that holds this one.
    pub(crate) next: AtomicPtr<Header>,
    pub(super) join: UnsafeCell<Option<Kept>>,
    pub(super) spawned: AtomicPtr<Location<'static>>,
    pub(crate) wait: WaitNote,
    /// The number of the task's span. 0: it has none.
    #[cfg(feature = "tracing")]
    pub(super) span: AtomicU64,
}

#[cfg(all(target_pointer_width = "64", not(loom), not(feature = "tracing")))]
const _: () = assert!(size_of::<Header>() == 56);

/// What the task waits for, and where: written by leaf futures, read by dumps.
pub(crate) struct WaitNote {
    site: AtomicPtr<Location<'static>>,
    /// Kind in the top 8 bits, resource in the others. The payload of a panic once it is done.
    pub(super) what: AtomicU64,
}

impl WaitNote {
    pub(super) fn new() -> Self {
        Self {
            site: AtomicPtr::new(ptr::null_mut()),
            what: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn set(&self, kind: u8, resource: usize, site: &'static Location<'static>) {
        self.site.store(ptr::from_ref(site).cast_mut(), Relaxed);
        self.what.store(Self::what(kind, resource), Relaxed);
    }

    fn what(kind: u8, resource: usize) -> u64 {
        u64::from(kind) << 56 | (resource as u64) & ((1 << 56) - 1)
    }

    /// The task waits for something else from now on, or for nothing.
    pub(crate) fn take_back(&self, kind: u8, resource: usize) {
        if self.what.load(Relaxed) == Self::what(kind, resource) {
            self.what.store(0, Relaxed);
        }
    }

    pub(super) fn clear(&self) {
        self.site.store(ptr::null_mut(), Relaxed);
        self.what.store(0, Relaxed);
    }

    /// Kind, resource and site. The three may belong to two notes: it is a hint.
    pub(crate) fn get(&self) -> (u8, u64, *const Location<'static>) {
        let what = self.what.load(Relaxed);
        (
            (what >> 56) as u8,
            what & ((1 << 56) - 1),
            self.site.load(Relaxed),
        )
    }
}

impl Header {
    pub(super) fn new(
        state: State,
        vtable: &'static VTable,
        spawned: &'static Location<'static>,
    ) -> Self {
        Self {
            state,
            vtable,
            next: AtomicPtr::new(ptr::null_mut()),
            join: UnsafeCell::new(None),
            spawned: AtomicPtr::new(ptr::from_ref(spawned).cast_mut()),
            wait: WaitNote::new(),
            #[cfg(feature = "tracing")]
            span: AtomicU64::new(0),
        }
    }

    /// Where the task was spawned. Null only in a slot that a dump sees half-made.
    pub(crate) fn spawned(&self) -> *const Location<'static> {
        self.spawned.load(Relaxed)
    }
}
