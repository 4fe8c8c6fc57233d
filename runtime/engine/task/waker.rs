//! A `Waker` of ours is a counted pointer to a task's header, with one vtable for all tasks.
//!
//! - **K1** The data pointer of a waker with [`VTABLE`] is the header of a task that the waker's
//!   reference keeps alive. A borrowed waker has no reference: the poll that lent it does.

#![expect(unsafe_code, reason = "RawWaker: K1")]

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::ending::free;
use super::header::Header;

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker for the length of a poll, without a reference of its own.
pub(crate) struct Borrowed(ManuallyDrop<Waker>);

impl Deref for Borrowed {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// The waker a task is polled with. The caller keeps the task alive.
#[inline]
pub(crate) fn borrowed(task: NonNull<Header>) -> Borrowed {
    // SAFETY: K1. Never dropped, so it needs no reference; clones take one.
    let waker = unsafe { Waker::new(task.as_ptr().cast(), &VTABLE) };
    Borrowed(ManuallyDrop::new(waker))
}

/// The waker of a task from a reference that the caller gives up.
///
/// # Safety
///
/// K1: the task is alive, and the reference is a waker's.
#[inline]
pub(super) unsafe fn owned(task: NonNull<Header>) -> Waker {
    // SAFETY: K1. The caller's contract.
    unsafe { Waker::new(task.as_ptr().cast(), &VTABLE) }
}

/// The header behind a waker, if it is one of ours, as long as the waker lives.
#[inline]
pub(super) fn pointer_of(waker: &Waker) -> Option<NonNull<Header>> {
    task_of(waker)?;
    NonNull::new(waker.data().cast_mut().cast())
}

/// The task a waker wakes, if it is one of ours.
#[inline]
pub(crate) fn task_of(waker: &Waker) -> Option<&Header> {
    if ptr::eq(waker.vtable(), &raw const VTABLE) {
        // SAFETY: K1. The borrow of the waker bounds the borrow of the header.
        Some(unsafe { &*waker.data().cast::<Header>() })
    } else {
        None
    }
}

fn header<'a>(data: *const ()) -> &'a Header {
    // SAFETY: K1. The vtable's functions get a waker's data, and use it only while it is alive.
    unsafe { &*data.cast::<Header>() }
}

fn pointer(data: *const ()) -> NonNull<Header> {
    NonNull::from(header(data))
}

/// Tells a subscriber of the `tracing` crates, where that feature is on.
#[inline]
fn tell(data: *const (), op: &'static str) {
    #[cfg(feature = "tracing")]
    super::trace::waker(header(data), op);
    #[cfg(not(feature = "tracing"))]
    let _ = (data, op);
}

unsafe fn clone(data: *const ()) -> RawWaker {
    tell(data, "waker.clone");
    header(data).state.add_waker();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    tell(data, "waker.wake");
    // SAFETY: K1. The waker's reference is given up here.
    unsafe { (header(data).vtable.wake)(pointer(data)) }
}

unsafe fn wake_by_ref(data: *const ()) {
    tell(data, "waker.wake_by_ref");
    if header(data).state.wake_by_ref() {
        // SAFETY: T1. We have just set SCHEDULED, and K1 keeps the task alive.
        unsafe { (header(data).vtable.schedule)(pointer(data)) }
    }
}

unsafe fn drop(data: *const ()) {
    tell(data, "waker.drop");
    if header(data).state.drop_waker() {
        // SAFETY: T4. The order says so.
        unsafe { free(pointer(data)) }
    }
}
