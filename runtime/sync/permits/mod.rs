//! Permits, counted: what `Semaphore` and `RwLock` are made of.
//!
//! Called by those two; calls `waiters`, `budget` and `leaf`. One word holds the permits that are
//! free and two flags:
//!
//! ```text
//!   free permits (62 bits) | QUEUED | CLOSED
//! ```
//!
//! A waiter asks for any number of permits. Whatever is free goes to the first of them, who keeps
//! it while it waits for the rest; then to the next.
//!
//! Invariants:
//! - PM1. While a waiter is queued, QUEUED is set and no permit is free: what comes back goes to
//!   the waiters. So nobody overtakes the queue, whether it asks for one permit or for many.
//! - PM2. QUEUED is set and cleared only under the queue's mutex, and while it is set the word
//!   changes only there.
//! - PM3. Permits that a waiter has got and does not use go back, whatever the stage it leaves in.
//! - PM4. CLOSED is never cleared, and once it is set nobody queues.
//!
//! Who took permits is kept for dumps (`holder.rs`), if the lock above says so
//! ([`took`](Permits::took)): the last to take all of them, or of a number that no one gets all of.
//!
//! Absent: guards. That permits come back is their business.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::budget;
use crate::holder::{Holder, Ledger};
use crate::leaf::Site;
use crate::primitives::MutexGuard;
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::waiters::{Locked, Node, Stage, Waiters, Wakers};

#[cfg(not(loom))]
mod acquire;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub(crate) use acquire::{Acquiring, Hold, Pool};

/// Permits there can be. tokio's number: three bits are spare.
pub(crate) const MAX: usize = usize::MAX >> 3;

/// From so many on, permits are for readers: nobody waits because the others hold all of them.
const MANY: usize = 1 << 16;

const CLOSED: usize = 1;
const QUEUED: usize = 2;
const ONE: usize = 4;

/// Why permits were not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Few,
}

pub(crate) struct Permits {
    word: AtomicUsize,
    /// Those there were at first.
    all: usize,
    holder: Holder,
    /// Of each waiter: the permits it still lacks.
    waiters: Waiters<Ledger, usize>,
}

type Queue<'a> = MutexGuard<'a, Locked<Ledger, usize>>;

impl Permits {
    #[cfg(not(loom))]
    pub(crate) const fn new(permits: usize) -> Self {
        assert!(
            permits <= MAX,
            "a semaphore may not have more than MAX_PERMITS permits"
        );
        Self {
            word: AtomicUsize::new(permits * ONE),
            all: permits,
            holder: Holder::new(),
            waiters: Waiters::new(Ledger::new()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(permits: usize) -> Self {
        Self {
            word: AtomicUsize::new(permits * ONE),
            all: permits,
            holder: Holder::new(),
            waiters: Waiters::new(Ledger::new()),
        }
    }

    /// No permits, and closed.
    #[cfg(not(loom))]
    pub(crate) const fn closed() -> Self {
        Self {
            word: AtomicUsize::new(CLOSED),
            all: 0,
            holder: Holder::new(),
            waiters: Waiters::new(Ledger::new()),
        }
    }

    pub(crate) fn available(&self) -> usize {
        // ORDERING: Acquire; pairs with the Releases that add permits.
        self.word.load(Ordering::Acquire) / ONE
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire; pairs with the AcqRel in `close`.
        self.word.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Takes `count` permits when they are free.
    pub(crate) fn try_acquire(&self, count: usize) -> Result<(), Refused> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & CLOSED != 0 {
                return Err(Refused::Closed);
            }
            if word / ONE < count {
                return Err(Refused::Few);
            }
            // ORDERING: Acquire; pairs with the Releases that add permits.
            match self.word.compare_exchange_weak(
                word,
                word - count * ONE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// What names these permits in a note of what a task waits for.
    pub(crate) fn resource(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Keeps, for dumps, who has just taken `count` permits.
    #[inline]
    pub(crate) fn took(&self, count: usize, site: Site) {
        if count == self.all || self.all >= MANY {
            self.holder.took(site);
        }
    }

    /// Tells dumps who has taken permits that somebody may be waiting for.
    pub(crate) fn tell_holder(&self) {
        if self.word.load(Ordering::Relaxed) & QUEUED != 0 {
            self.tell(&mut self.waiters.lock());
        }
    }

    /// Tells dumps how the queue stands.
    fn tell(&self, queue: &mut Queue<'_>) {
        let is_waited_for = !queue.is_empty();
        let ledger = &mut queue.state;
        ledger.write(self.resource(), is_waited_for, &self.holder, None);
    }

    /// Takes `count` permits, or what there is and a place in the queue. `node` and `count` are
    /// the future's and stay the same; the node was made with `count`.
    ///
    /// `Err`: closed. The future may have got a part of the permits all the same; they go back in
    /// [`cancel`](Self::cancel).
    pub(crate) fn poll_acquire(
        &self,
        mut node: Pin<&mut Node<usize>>,
        count: usize,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Refused>> {
        match node.stage() {
            Stage::New => match self.try_acquire(count) {
                Ok(()) => node.as_mut().settle(Stage::Granted),
                Err(Refused::Closed) => node.as_mut().settle(Stage::Closed),
                Err(Refused::Few) => {
                    if !self.acquire_or_queue(node.as_mut(), count, cx.waker()) {
                        return Poll::Pending;
                    }
                }
            },
            Stage::Queued if self.waiters.refresh(node.as_ref(), cx.waker()) == Stage::Queued => {
                return Poll::Pending;
            }
            Stage::Done => panic!("a lock future was polled after it had completed"),
            _ => {}
        }
        // A task out of budget has its permits and comes back for them: it keeps its place.
        match budget::poll_proceed(cx) {
            Poll::Ready(spent) => spent.made_progress(),
            Poll::Pending => return Poll::Pending,
        }
        // Nothing is given out of a closed semaphore, nor what was granted before it closed.
        if self.word.load(Ordering::Relaxed) & CLOSED != 0 {
            return Poll::Ready(Err(Refused::Closed));
        }
        node.settle(Stage::Done);
        Poll::Ready(Ok(()))
    }

    /// True: all there, or closed, as the node says. False: the node is in the queue.
    #[cold]
    fn acquire_or_queue(&self, node: Pin<&mut Node<usize>>, count: usize, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut queue = self.waiters.lock();
        let mut word = self.word.load(Ordering::Relaxed);
        let stage = loop {
            let (next, stage) = if word & CLOSED != 0 {
                break Stage::Closed;
            } else if word / ONE >= count {
                (word - count * ONE, Stage::Granted)
            } else {
                (QUEUED, Stage::Queued)
            };
            // ORDERING: Acquire; pairs with the Releases that add permits.
            match self
                .word
                .compare_exchange_weak(word, next, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => break stage,
                Err(now) => word = now,
            }
        };
        if stage == Stage::Queued {
            // What was free is ours already.
            queue.push_back(node.as_ref(), count - word / ONE, Some(waker));
            self.tell(&mut queue);
            return false;
        }
        drop(queue);
        node.settle(stage);
        drop(waker);
        true
    }

    /// Adds `count` permits: to the waiters first.
    ///
    /// # Panics
    ///
    /// When there would be more than [`MAX`] free ones.
    pub(crate) fn release(&self, count: usize) {
        if count == 0 {
            return;
        }
        self.holder.left();
        let mut word = self.word.load(Ordering::Relaxed);
        while word & QUEUED == 0 {
            // ORDERING: Release; pairs with the Acquires that take permits.
            match self.word.compare_exchange_weak(
                word,
                plus(word, count),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
        self.hand_out(self.waiters.lock(), count);
    }

    /// Gives `count` permits to the waiters in their order, and frees the rest.
    #[cold]
    fn hand_out(&self, mut queue: Queue<'_>, mut count: usize) {
        // Fails before anything has changed.
        let _ = plus(0, count);
        let mut wakers = Wakers::new();
        while let Some(lacking) = queue.front() {
            if lacking > count {
                queue.set_front(lacking - count);
                count = 0;
                break;
            }
            count -= lacking;
            if let Some(called) = queue.pop_front(Stage::Granted) {
                wakers.push(called);
            }
        }
        if queue.is_empty() {
            self.free(count);
        }
        self.tell(&mut queue);
        drop(queue);
        wakers.wake();
    }

    /// The queue is empty, and its mutex ours: adds permits, and clears QUEUED.
    fn free(&self, count: usize) {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            // ORDERING: Release; pairs with the Acquires that take permits.
            match self.word.compare_exchange_weak(
                word,
                plus(word, count) & !QUEUED,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// Takes up to `count` free permits away for good, and says how many.
    pub(crate) fn forget(&self, count: usize) -> usize {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let gone = count.min(word / ONE);
            // ORDERING: Acquire; pairs with the Releases that add permits.
            match self.word.compare_exchange_weak(
                word,
                word - gone * ONE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return gone,
                Err(now) => word = now,
            }
        }
    }

    /// Refuses everybody from now on, the waiters included.
    pub(crate) fn close(&self) {
        let mut queue = self.waiters.lock();
        // ORDERING: AcqRel; pairs with the Acquire in `is_closed`.
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
        let wakers = queue.call_all(Stage::Closed);
        self.free(0);
        self.tell(&mut queue);
        drop(queue);
        wakers.wake();
    }

    /// Leaves the queue, and gives back what was got but not given out. For a future that is
    /// dropped, whatever its stage.
    pub(crate) fn cancel(&self, mut node: Pin<&mut Node<usize>>, count: usize) {
        match node.stage() {
            Stage::New | Stage::Done => return,
            Stage::Queued => {
                let mut queue = self.waiters.lock();
                let left = queue.remove(node.as_ref());
                if left.is_some() {
                    let got = count - node.as_mut().data();
                    self.hand_out(queue, got);
                    return;
                }
            }
            _ => {}
        }
        // It was called: PM3.
        let got = match node.stage() {
            Stage::Closed => count - node.as_mut().data(),
            _ => count,
        };
        node.settle(Stage::Done);
        self.release(got);
    }
}

/// The word with `count` more free permits.
#[track_caller]
fn plus(word: usize, count: usize) -> usize {
    let free = word / ONE;
    assert!(
        count <= MAX - free.min(MAX),
        "number of added permits ({count}) would overflow MAX_PERMITS ({MAX})"
    );
    word + count * ONE
}
