//! Futures that wait until they find something: a value, a change, an end. Who brings it about
//! calls them all.
//!
//! Called by `broadcast`, `watch` and `SetOnce`; calls `waiters`. What is waited for lies in the
//! state `S` under the list's mutex, or in atomics beside it. A future *looks*; when it finds
//! nothing it queues, and looks again each time it was called.
//!
//! Invariants:
//! - AU1. A future queues only after a look under the mutex has found nothing, without letting go
//!   of it in between.
//! - AU2. Who changes what is looked for does so before it takes the mutex, or under it, and then
//!   calls everybody. So a future either sees the change or is called.
//! - AU3. Wakers are woken, cloned and dropped outside of the mutex. A look runs under it and calls
//!   no code of others.
//!
//! Absent: hand-over. Who was called and goes away owes nothing to those who stay.

use std::pin::Pin;
use std::task::{Poll, Waker};

use crate::primitives::MutexGuard;
use crate::sync::waiters::{Locked, Node, Stage, Waiters, Wakers};

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

/// Those who wait, and what they look at.
pub(crate) struct Audience<S> {
    waiters: Waiters<S, ()>,
}

/// An open audience: its state can be changed, and everybody called.
pub(crate) type Open<'a, S> = MutexGuard<'a, Locked<S, ()>>;

impl<S> Audience<S> {
    #[cfg(not(loom))]
    pub(crate) const fn new(state: S) -> Self {
        Self {
            waiters: Waiters::new(state),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(state: S) -> Self {
        Self {
            waiters: Waiters::new(state),
        }
    }

    /// Opens it. Run no code of others while the guard lives (AU3).
    pub(crate) fn open(&self) -> Open<'_, S> {
        self.waiters.lock()
    }

    /// Calls everybody, after a change (AU2).
    pub(crate) fn call(&self) {
        let open = self.open();
        if !open.is_empty() {
            close_and_call(open).wake();
        }
    }

    /// Looks, and queues the future that found nothing. `node` is the future's.
    #[inline]
    pub(crate) fn poll<R>(
        &self,
        node: Pin<&Node<()>>,
        waker: &Waker,
        mut look: impl FnMut(&mut S) -> Option<R>,
    ) -> Poll<R> {
        let is_queued = node.stage() == Stage::Queued;
        if !is_queued {
            if let Some(found) = look(&mut self.open().state) {
                return Poll::Ready(found);
            }
        }
        self.poll_again(node, is_queued, waker, look)
    }

    /// There was nothing, or the future is in the queue already.
    fn poll_again<R>(
        &self,
        node: Pin<&Node<()>>,
        is_queued: bool,
        waker: &Waker,
        mut look: impl FnMut(&mut S) -> Option<R>,
    ) -> Poll<R> {
        let mut fresh = (!is_queued).then(|| waker.clone());
        loop {
            let mut open = self.open();
            if let Some(found) = look(&mut open.state) {
                let left = open.remove(node);
                drop(open);
                drop((left, fresh));
                return Poll::Ready(found);
            }
            if node.stage() == Stage::Queued {
                drop(open);
                if self.waiters.refresh(node, waker) == Stage::Queued {
                    return Poll::Pending;
                }
            } else if fresh.is_some() {
                // AU1.
                open.push_back(node, (), fresh);
                return Poll::Pending;
            } else {
                drop(open);
                fresh = Some(waker.clone());
            }
        }
    }

    /// Leaves the queue. For a future that is dropped, or that was answered elsewhere.
    #[inline]
    pub(crate) fn leave(&self, node: Pin<&Node<()>>) {
        if node.stage() == Stage::Queued {
            self.leave_queue(node);
        }
    }

    #[cold]
    fn leave_queue(&self, node: Pin<&Node<()>>) {
        let left = self.open().remove(node);
        drop(left);
    }
}

/// Calls everybody after a change under the mutex (AU2), and lets go of it. The wakers are still to
/// be woken.
pub(crate) fn close_and_call<S>(mut open: Open<'_, S>) -> Wakers {
    open.call_all(Stage::Broadcast)
}
