//! Which task this thread is polling, and whether it asked to yield.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::task::Waker;

use super::header::Header;
use super::waker;
use crate::budget;

thread_local! {
    static TASK: Cell<*const Header> = const { Cell::new(ptr::null()) };
    static YIELDED: Cell<bool> = const { Cell::new(false) };
}

/// A task's turn on this thread. Turns nest: a `LocalSet` polls its tasks inside another's.
pub(super) struct Turn {
    outer: *const Header,
    outer_yielded: bool,
    budget: budget::Restore,
}

impl Turn {
    #[inline]
    pub(super) fn begin(task: NonNull<Header>) -> Self {
        Self {
            outer: TASK
                .try_with(|slot| slot.replace(task.as_ptr()))
                .unwrap_or(ptr::null()),
            outer_yielded: YIELDED
                .try_with(|yielded| yielded.replace(false))
                .unwrap_or(false),
            budget: budget::start(),
        }
    }

    /// True if the task asked to yield.
    #[inline]
    pub(super) fn end(self) -> bool {
        let Self {
            outer,
            outer_yielded,
            budget,
        } = self;
        drop(budget);
        let _ = TASK.try_with(|slot| slot.set(outer));
        YIELDED
            .try_with(|yielded| yielded.replace(outer_yielded))
            .unwrap_or(false)
    }
}

/// The header of the task this thread is polling. Null outside of a task.
pub(crate) fn current() -> *const Header {
    TASK.try_with(Cell::get).unwrap_or(ptr::null())
}

/// Asks for the back of the queue if `waker` is that of the task being polled here, and says
/// whether it is. Then no atomic operation is needed: the worker sees it when `poll` returns.
#[inline]
pub(crate) fn yield_current(waker: &Waker) -> bool {
    let Some(task) = waker::task_of(waker) else {
        return false;
    };
    if !ptr::eq(task, current()) {
        return false;
    }
    YIELDED.try_with(|yielded| yielded.set(true)).is_ok()
}
