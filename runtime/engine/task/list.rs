//! Queues of tasks linked through their headers: no allocation, no bound.
//!
//! [`TaskList`] is a FIFO for one thread or under a lock. [`Inbox`] is a stack that any thread
//! pushes to and one takes whole. Both rest on T1: a task is in at most one queue, so its one
//! `next` field is enough.

#![expect(unsafe_code, reason = "turns links back into tasks: T1")]

use std::cell::Cell;
use std::ptr;

use super::Runnable;
use super::header::Header;
use crate::primitives::atomic::{
    AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// First in, first out.
///
/// Of cells, so that the thread's own needs no lock nor a count of borrows.
pub(crate) struct TaskList {
    head: Cell<*mut Header>,
    tail: Cell<*mut Header>,
    len: Cell<usize>,
}

impl Default for TaskList {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: T1. The list owns the turns of the tasks in it, which may run on any thread that their
// scheduler lets them.
unsafe impl Send for TaskList {}

impl TaskList {
    pub(crate) const fn new() -> Self {
        Self {
            head: Cell::new(ptr::null_mut()),
            tail: Cell::new(ptr::null_mut()),
            len: Cell::new(0),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.get().is_null()
    }

    #[inline]
    pub(crate) fn push_back(&self, task: Runnable) {
        task.header().next.store(ptr::null_mut(), Relaxed);
        self.link(task.into_ptr());
        self.len.set(self.len.get() + 1);
    }

    /// Puts `first`, and what hangs on it, behind the last task. Sets `tail` to `first`.
    #[inline]
    fn link(&self, first: *mut Header) {
        let last = self.tail.replace(first);
        if last.is_null() {
            self.head.set(first);
        } else {
            // SAFETY: T1, T4. The last task of the list: queued, so alive.
            unsafe { &*last }.next.store(first, Relaxed);
        }
    }

    #[inline]
    pub(crate) fn pop_front(&self) -> Option<Runnable> {
        let first = self.head.get();
        if first.is_null() {
            return None;
        }
        // SAFETY: T1. The list owned it and gives it away.
        let task = unsafe { Runnable::from_ptr(first) };
        let next = task.header().next.load(Relaxed);
        self.head.set(next);
        if next.is_null() {
            self.tail.set(ptr::null_mut());
        }
        self.len.set(self.len.get() - 1);
        Some(task)
    }

    /// Moves all of `other` to the back.
    pub(crate) fn append(&self, other: &TaskList) {
        let TaskList { head, tail, len } = other.take();
        if head.get().is_null() {
            return;
        }
        self.link(head.get());
        self.tail.set(tail.get());
        self.len.set(self.len.get() + len.get());
    }

    /// All of it, leaving nothing.
    pub(crate) fn take(&self) -> TaskList {
        self.replace(TaskList::new())
    }

    /// All of it, leaving `other`.
    pub(crate) fn replace(&self, other: TaskList) -> TaskList {
        Self {
            head: Cell::new(self.head.replace(other.head.get())),
            tail: Cell::new(self.tail.replace(other.tail.get())),
            len: Cell::new(self.len.replace(other.len.get())),
        }
    }
}

/// Where other threads leave the tasks they wake, until the owner collects them.
pub(crate) struct Inbox {
    /// The newest task, or `closed()`.
    head: AtomicPtr<Header>,
}

fn closed() -> *mut Header {
    ptr::without_provenance_mut(1)
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Adds a task. `Err` gives it back once the inbox is closed.
    pub(crate) fn push(&self, task: Runnable) -> Result<(), Runnable> {
        let mut head = self.head.load(Relaxed);
        loop {
            if head == closed() {
                return Err(task);
            }
            task.header().next.store(head, Relaxed);
            let new = task.as_ptr();
            // ORDERING: Release; pairs with the Acquire in `collect`.
            match self.head.compare_exchange_weak(head, new, Release, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => head = now,
            }
        }
    }

    /// A hint, unless a fence orders it.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Relaxed).is_null()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.head.load(Relaxed) == closed()
    }

    /// Moves everything to the back of `list`, oldest first. True if there was something.
    pub(crate) fn collect(&self, list: &TaskList) -> bool {
        if self.is_empty() || self.is_closed() {
            return false;
        }
        // ORDERING: Acquire; pairs with the Release in `push`. Only the owner closes, so what
        // comes out is no mark.
        self.collect_from(self.head.swap(ptr::null_mut(), Acquire), list);
        true
    }

    /// Refuses tasks from now on. What was there moves to `list`.
    pub(crate) fn close(&self, list: &TaskList) {
        // ORDERING: AcqRel; as in `collect`, and whoever finds it closed sees what we did before.
        let head = self.head.swap(closed(), AcqRel);
        if head != closed() {
            self.collect_from(head, list);
        }
    }

    /// Reverses a chain that came out of `head`.
    fn collect_from(&self, mut newest: *mut Header, list: &TaskList) {
        let mut oldest: *mut Header = ptr::null_mut();
        while !newest.is_null() {
            // SAFETY: T1, T4. Queued, so alive; the swap made the chain ours.
            let next = &unsafe { &*newest }.next;
            let older = next.load(Relaxed);
            next.store(oldest, Relaxed);
            oldest = newest;
            newest = older;
        }
        while !oldest.is_null() {
            // SAFETY: T1. The inbox owned it and gives it away.
            let task = unsafe { Runnable::from_ptr(oldest) };
            oldest = task.header().next.load(Relaxed);
            list.push_back(task);
        }
    }
}
