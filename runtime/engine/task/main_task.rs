//! The future given to `block_on`, as a task: its state is a header like any other's, so its
//! waker, its wait note and its line in a dump come for free. The future itself stays on the
//! stack of the thread that called.
//!
//! - **M1** The header outlives every waker: it is freed when the `MainTask` and the last waker
//!   are gone (T4).

#![expect(unsafe_code, reason = "a task whose future is elsewhere: M1, T4")]

use std::alloc::Layout;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::ending::free;
use super::header::{Header, VTable};
use super::pool::{self, Arena, Owner, Placement};
use super::state::{BeginPoll, Complete, EndPoll, Outcome, State};
use super::waker;
use crate::budget;
use crate::primitives::atomic::Ordering::Relaxed;

/// Wakes the thread that is inside `block_on`.
pub(crate) trait WakeMain: Owner {
    fn wake_main(&self);
}

struct Vtable<S>(S);

impl<S: WakeMain> Vtable<S> {
    const VTABLE: VTable = VTable {
        run: |_| unreachable!("a main future is in no queue"),
        cancel: |_| {},
        schedule: schedule::<S>,
        wake: wake::<S>,
        output: |_| unreachable!("a main future has no join handle"),
        drop_output: |_| {},
        placement: Placement::large(Layout::new::<Header>()),
    };
}

/// # Safety
///
/// The caller holds a reference to the task, which is of an arena of an `S`.
unsafe fn schedule<S: WakeMain>(task: NonNull<Header>) {
    let placement = pool::placement_of(task);
    // SAFETY: A3. The arena's owner is kept as long as the task.
    unsafe { &*pool::owner_of(task, placement).cast::<S>() }.wake_main();
}

/// # Safety
///
/// As [`schedule`]; the caller gives up a waker reference.
unsafe fn wake<S: WakeMain>(task: NonNull<Header>) {
    // SAFETY: T4. The caller's reference.
    let state = &unsafe { task.as_ref() }.state;
    if state.wake_by_ref() {
        // SAFETY: The caller's contract.
        unsafe { schedule::<S>(task) };
    }
    if state.drop_waker() {
        // SAFETY: T4. The state says so.
        unsafe { free(task) };
    }
}

/// The calling side of one `block_on`.
pub(crate) struct MainTask(NonNull<Header>);

impl MainTask {
    pub(crate) fn new<S: WakeMain>(arena: &Arena, called: &'static Location<'static>) -> Self {
        let vtable: &'static VTable = &const { Vtable::<S>::VTABLE };
        let id = arena.next_id();
        let slot = arena.take(vtable.placement, id);
        // SAFETY: A1. Fresh memory of the right size, which nobody else has seen.
        unsafe {
            slot.task
                .write(Header::new(State::new_main(), vtable, called))
        };
        slot.publish(vtable.placement, id);
        Self(slot.task)
    }

    pub(crate) fn as_ptr(&self) -> *mut Header {
        self.0.as_ptr()
    }

    fn header(&self) -> &Header {
        // SAFETY: M1.
        unsafe { self.0.as_ref() }
    }

    /// True if the future is due for a poll.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.header().state.snapshot().is_scheduled()
    }

    /// True if the future waits and nobody can ever wake it: no waker of it is left.
    pub(crate) fn is_lost(&self) -> bool {
        let word = self.header().state.snapshot();
        !word.is_scheduled() && word.wakers() == 0
    }

    /// Polls the future once. It must be [due](Self::is_woken).
    pub(crate) fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let state = &self.header().state;
        let begin = state.begin_poll();
        debug_assert_eq!(begin, BeginPoll::Poll);
        self.header().wait.what.store(0, Relaxed);
        let waker = waker::borrowed(self.0);
        let polled = {
            let _turn = budget::start_main(self.0.as_ptr().cast_const().cast());
            future.poll(&mut Context::from_waker(&waker))
        };
        if polled.is_pending() {
            // Woken meanwhile or not: `is_woken` tells.
            if state.end_poll() == EndPoll::Again {
                debug_assert!(self.is_woken());
            }
        }
        polled
    }
}

impl Drop for MainTask {
    fn drop(&mut self) {
        let state = &self.header().state;
        let order = state.complete(Outcome::Cancelled, true);
        debug_assert_eq!(order, Complete::Nothing);
        if state.drop_owner() {
            // SAFETY: T4. The state says so.
            unsafe { free(self.0) };
        }
    }
}
