//! Which task this thread is polling.

use std::ptr;
use std::task::Waker;

use super::header::Header;
use super::waker;
use crate::budget;

/// The header of the task this thread is polling. Null outside of a task.
#[inline]
pub(crate) fn current() -> *const Header {
    budget::task().cast()
}

/// Asks for the back of the queue if `waker` is that of the task being polled here, and says
/// whether it is. Then no atomic operation is needed: the worker sees it when `poll` returns.
#[inline]
pub(crate) fn yield_current(waker: &Waker) -> bool {
    match waker::task_of(waker) {
        Some(task) => budget::yield_turn(ptr::from_ref(task).cast()),
        None => false,
    }
}
