//! The lock without the value.
//!
//! ```text
//!             try_lock                  queue
//!        +--------------->        +--------------->
//!   FREE                    HELD                    QUEUED --+
//!        <---------------+        <---------------+       ^  | unlock: the first
//!             unlock              last one left queue     +--+ waiter has it now
//! ```
//!
//! Invariants:
//! - MX1. While the queue has a waiter, state is QUEUED. It becomes QUEUED, and ceases to be, only
//!   under the queue's mutex. (Not the other way round: the last waiter may have left.)
//! - MX2. A lock with waiters is never FREE: the holder hands it to the first of them. So nobody
//!   overtakes the queue, and the order of first polls is the order of locking.
//! - MX3. A waiter that was handed the lock and goes away hands it on.
//!
//! A lock that nobody else wants costs one read-modify-write to take and one to release. One that
//! is held, with nobody queued yet, is looked at a few times before we queue: a short critical
//! section on another thread is over sooner than a task is switched.
//!
//! Who has it and where it was taken is for dumps (`holder.rs`): plain stores beside the word, and
//! a copy of them in the queue while somebody is queued.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::budget;
use crate::holder::{Holder, Ledger};
use crate::leaf::{self, Kind, Site};
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::hint;
use crate::sync::waiters::{Called, Locked, Node, Stage, Waiters};

const FREE: usize = 0;
const HELD: usize = 1;
const QUEUED: usize = 2;

/// Looks at a held lock before queueing. 16 pauses are about a third of a task switch; more waste
/// the processor when the holder sleeps. None in a model: loom takes a pause for a promise that
/// somebody else runs first, and would never try what happens when nobody does.
const LOOKS: usize = if cfg!(loom) { 0 } else { 16 };

pub(crate) struct RawLock {
    state: AtomicUsize,
    holder: Holder,
    waiters: Waiters<Ledger, ()>,
}

impl RawLock {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicUsize::new(FREE),
            holder: Holder::new(),
            waiters: Waiters::new(Ledger::new()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicUsize::new(FREE),
            holder: Holder::new(),
            waiters: Waiters::new(Ledger::new()),
        }
    }

    #[inline]
    pub(crate) fn try_lock(&self) -> bool {
        // ORDERING: Acquire; pairs with the Releases in `unlock` and `unlock_slow`.
        self.state
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// As [`try_lock`](Self::try_lock), for whoever runs on this thread.
    #[inline]
    pub(crate) fn try_lock_at(&self, site: Site) -> bool {
        let locked = self.try_lock();
        if locked {
            self.holder.took(site);
        }
        locked
    }

    /// What names the lock in a note of what a task waits for.
    pub(crate) fn resource(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Takes the lock, or a place in the queue. `node` is the future's, and stays the same.
    #[inline]
    pub(crate) fn poll_lock(
        &self,
        mut node: Pin<&mut Node<()>>,
        cx: &Context<'_>,
        site: Site,
    ) -> Poll<()> {
        match node.stage() {
            Stage::New => {
                if self.try_lock() {
                    if let Some(spent) = budget::spend() {
                        spent.made_progress();
                        node.settle(Stage::Done);
                        self.holder.took(site);
                        return Poll::Ready(());
                    }
                    // From here on, dropping the node unlocks.
                    node.as_mut().settle(Stage::Granted);
                } else if !self.lock_or_queue(node.as_mut(), cx.waker()) {
                    return Poll::Pending;
                }
            }
            Stage::Queued if self.waiters.refresh(node.as_ref(), cx.waker()) == Stage::Queued => {
                return Poll::Pending;
            }
            Stage::Done => panic!("a lock future was polled after it had completed"),
            _ => {}
        }
        // A task out of budget has the lock and comes back for it: it keeps its place.
        match budget::poll_proceed(cx) {
            Poll::Ready(spent) => {
                spent.made_progress();
                node.settle(Stage::Done);
                self.took_late(cx.waker(), site);
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Tells dumps that the lock was taken by somebody who may have waited for it.
    #[cold]
    fn took_late(&self, waker: &Waker, site: Site) {
        leaf::waits_no_more(Some(waker), Kind::Mutex, self.resource());
        self.holder.took(site);
        if self.state.load(Ordering::Relaxed) == QUEUED {
            self.tell(&mut self.waiters.lock(), None);
        }
    }

    /// Tells dumps how the queue stands. `called` was handed the lock.
    fn tell(&self, waiters: &mut Locked<Ledger, ()>, called: Option<&Called>) {
        let is_waited_for = !waiters.is_empty();
        let handed = called.and_then(Called::waker);
        let ledger = &mut waiters.state;
        ledger.write(self.resource(), is_waited_for, &self.holder, handed);
    }

    /// True: locked, and the node says so. False: the node is in the queue.
    #[cold]
    fn lock_or_queue(&self, node: Pin<&mut Node<()>>, waker: &Waker) -> bool {
        // Where all tasks share one thread the holder does not run while we look.
        let looks = if leaf::is_alone() { 0 } else { LOOKS };
        for _ in 0..looks {
            match self.state.load(Ordering::Relaxed) {
                FREE if self.try_lock() => {
                    node.settle(Stage::Granted);
                    return true;
                }
                QUEUED => break,
                _ => hint::spin_loop(),
            }
        }
        let waker = waker.clone();
        let mut waiters = self.waiters.lock();
        // ORDERING: Acquire; pairs with the Releases in `unlock` and `unlock_slow`: the lock may
        // have become free.
        if self.state.swap(QUEUED, Ordering::Acquire) == FREE {
            // It is ours, and nobody is queued (MX2).
            self.state.store(HELD, Ordering::Relaxed);
            drop(waiters);
            node.settle(Stage::Granted);
            drop(waker);
            return true;
        }
        waiters.push_back(node.as_ref(), (), Some(waker));
        self.tell(&mut waiters, None);
        false
    }

    /// Releases the lock, or hands it to the first waiter. The caller holds it.
    #[inline]
    pub(crate) fn unlock(&self) {
        self.holder.left();
        // ORDERING: Release; pairs with the Acquire in `try_lock` and `lock_or_queue`.
        let freed = self
            .state
            .compare_exchange(HELD, FREE, Ordering::Release, Ordering::Relaxed);
        if freed.is_err() {
            self.unlock_slow();
        }
    }

    #[cold]
    fn unlock_slow(&self) {
        let mut waiters = self.waiters.lock();
        let next = waiters.pop_front(Stage::Granted);
        if next.is_none() {
            // All waiters have left.
            // ORDERING: Release; pairs with the Acquire in `try_lock` and `lock_or_queue`.
            self.state.store(FREE, Ordering::Release);
        } else if waiters.is_empty() {
            self.state.store(HELD, Ordering::Relaxed);
        }
        self.tell(&mut waiters, next.as_ref());
        drop(waiters);
        if let Some(next) = next {
            next.wake();
        }
    }

    /// Leaves the queue, or hands on a lock that was taken but not given out. For a future that
    /// is dropped, whatever its stage.
    #[inline]
    pub(crate) fn cancel(&self, node: Pin<&mut Node<()>>) {
        match node.stage() {
            Stage::New | Stage::Done => {}
            _ => self.cancel_slow(node),
        }
    }

    #[cold]
    fn cancel_slow(&self, node: Pin<&mut Node<()>>) {
        let mut waiters = self.waiters.lock();
        let left = waiters.remove(node.as_ref());
        self.tell(&mut waiters, None);
        drop(waiters);
        let waker = left.as_ref().and_then(Called::waker);
        leaf::waits_no_more(waker, Kind::Mutex, self.resource());
        if left.is_none() {
            // It was called, now or before. MX3.
            node.settle(Stage::Done);
            self.unlock();
        }
    }
}
