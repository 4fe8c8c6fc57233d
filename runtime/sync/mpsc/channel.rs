//! What the ends of a channel share, and everything they do to it.
//!
//! Called by `ends` (who holds a channel), `ticket` (who waits for room) and the permits. One type
//! serves both kinds of channel: an unbounded one has endless room and counts no permits.
//!
//! ```text
//!  senders                     shared, under one lock                 receiver
//!  lock, push, unlock   --->  [backlog]  free  waiters  waker   --->  swaps the backlog for its
//!                                                                     own empty one, and pops
//!                             word: permits returned, flags    <---  one addition a message
//! ```
//!
//! A sender locks once a message: the same critical section takes a permit, appends the message
//! and takes the receiver's waker. The receiver locks once a backlog. Between two locks it pops
//! messages that nobody else can see, and returns each one's permit by adding to `word`, without
//! the lock. Senders collect what was returned when they run out of free permits.
//!
//! A permit is in one of five places: *free*; *returned* in `word` and not yet collected; with a
//! message in a backlog; with a waiter that has got a part of what it asked for; *out*, held by a
//! `Permit` or a future that was granted it. Together they are the capacity.
//!
//! Invariants:
//! - MC1. While senders wait, QUEUED is set and `free` is 0: whatever comes back goes to them, in
//!   their order. QUEUED changes under the lock only. Who returns permits and finds it set hands
//!   them out; who sets it collects afterwards. So no permit is left lying while somebody waits.
//! - MC2. A message is appended, and the receiver's waker taken, in one critical section; the
//!   receiver looks for messages and leaves its waker in one. So no message is missed.
//! - MC3. The backlog is appended to under the lock by whoever has a permit for it. After the
//!   receiver is gone it stays empty.
//! - MC4. CLOSED is never cleared. Once it is set nobody queues and no permit is given out; those
//!   that are out may still be used.
//! - MC5. Wakers and messages go in and out of the lock by value: none is woken, cloned or dropped
//!   under it.
//!
//! Absent: unsafe code; the order among senders that do not wait, which is the order of the lock.

use std::pin::Pin;
use std::task::{Context, Waker};

use super::backlog::Backlog;
use crate::primitives::MutexGuard;
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::waiters::{Called, Locked, Node, Stage, Waiters, Wakers};

pub(super) type Guard<'a, T> = MutexGuard<'a, Locked<Shared<T>, usize>>;

/// Permits there can be. tokio's number: three bits are spare.
pub(super) const MOST_PERMITS: usize = usize::MAX >> 3;

/// The capacity of an unbounded channel.
const ENDLESS: usize = usize::MAX;

const CLOSED: usize = 1;
const QUEUED: usize = 2;
const FLAGS: usize = CLOSED | QUEUED;
const ONE: usize = 4;

/// A word that one side changes often, on a cache line of its own (and on its pair's, since
/// processors fetch two).
#[repr(align(128))]
struct Apart(AtomicUsize);

pub(super) struct Channel<T> {
    /// Of each waiter: the permits it still lacks.
    shared: Waiters<Shared<T>, usize>,
    /// Messages in the shared backlog, for who does not lock.
    queued: AtomicUsize,
    pub(super) capacity: usize,
    pub(super) senders: AtomicUsize,
    pub(super) weak_senders: AtomicUsize,
    /// Who waits for the close.
    closers: Waiters<(), ()>,
    /// Returned permits, above the flags.
    word: Apart,
}

/// What changes under the lock.
pub(super) struct Shared<T> {
    backlog: Backlog<T>,
    free: usize,
    receiver: Option<Waker>,
    is_closed: bool,
    is_abandoned: bool,
}

/// Why a message cannot go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

/// What the receiver found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Messages,
    /// Nothing, yet.
    Nothing,
    /// Nothing, ever.
    End,
}

impl<T> Shared<T> {
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

impl<T> Channel<T> {
    /// With room for `capacity` messages; `None`: for any number.
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let capacity = capacity.unwrap_or(ENDLESS);
        Self {
            shared: Waiters::new(Shared {
                backlog: Backlog::new(),
                free: capacity,
                receiver: None,
                is_closed: false,
                is_abandoned: false,
            }),
            queued: AtomicUsize::new(0),
            capacity,
            senders: AtomicUsize::new(1),
            weak_senders: AtomicUsize::new(0),
            closers: Waiters::new(()),
            word: Apart(AtomicUsize::new(0)),
        }
    }

    fn is_bounded(&self) -> bool {
        self.capacity != ENDLESS
    }

    /// Its capacity, if it has one.
    pub(super) fn bound(&self) -> Option<usize> {
        self.is_bounded().then_some(self.capacity)
    }

    /// The stage of a queued node, which wakes `waker` from now on.
    pub(super) fn refresh(&self, node: Pin<&Node<usize>>, waker: &Waker) -> Stage {
        self.shared.refresh(node, waker)
    }

    pub(super) fn lock(&self) -> Guard<'_, T> {
        self.shared.lock()
    }

    pub(super) fn is_closed(&self) -> bool {
        // ORDERING: Acquire; pairs with the AcqRel in `shut`.
        self.word.0.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Messages that the receiver has not taken over.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Permits to be had.
    pub(super) fn available(&self) -> usize {
        let shared = self.lock();
        shared.state.free + self.word.0.load(Ordering::Relaxed) / ONE
    }

    // ----- senders -----

    /// Takes permits that are there, and keeps the lock.
    #[inline(always)]
    pub(super) fn enter(&self, count: usize) -> Result<Guard<'_, T>, Refused> {
        let mut shared = self.lock();
        if shared.state.is_closed {
            return Err(Refused::Closed);
        }
        if !self.is_bounded() || self.take(&mut shared, count) {
            return Ok(shared);
        }
        Err(Refused::Full)
    }

    /// Takes permits that nobody waits for.
    #[inline(always)]
    pub(super) fn take(&self, shared: &mut Guard<'_, T>, count: usize) -> bool {
        if shared.state.free < count && !self.replenish(shared, count) {
            return false;
        }
        shared.state.free -= count;
        true
    }

    /// Too few are free: collects what was returned, and says whether it is enough.
    fn replenish(&self, shared: &mut Guard<'_, T>, count: usize) -> bool {
        // MC1: what may have been returned is the waiters'.
        if !shared.is_empty() {
            return false;
        }
        shared.state.free += self.collect();
        shared.state.free >= count
    }

    /// Under the lock: takes what was returned.
    fn collect(&self) -> usize {
        // ORDERING: Acquire; pairs with the Release in `give_back`.
        self.word.0.fetch_and(FLAGS, Ordering::Acquire) / ONE
    }

    /// Too few permits are free. Announces a waiter, and says how many permits it has got: all
    /// there are. With the count it asked for it need not wait.
    pub(super) fn announce(&self, shared: &mut Guard<'_, T>, count: usize) -> usize {
        if !shared.is_empty() {
            return 0;
        }
        self.word.0.fetch_or(QUEUED, Ordering::Relaxed);
        let there = shared.state.free + self.collect();
        let got = there.min(count);
        shared.state.free = there - got;
        if got == count {
            self.word.0.fetch_and(!QUEUED, Ordering::Relaxed);
        }
        got
    }

    /// Sends if there is room: the short way, in one critical section.
    #[inline]
    pub(super) fn try_send(&self, message: T) -> Result<(), (Refused, T)> {
        match self.enter(1) {
            Ok(shared) => {
                self.append(shared, message);
                Ok(())
            }
            Err(refused) => Err((refused, message)),
        }
    }

    /// Appends a message for which there is a permit, and wakes the receiver.
    pub(super) fn push(&self, shared: Guard<'_, T>, message: T) {
        if shared.state.is_abandoned {
            return Self::refuse(shared, message);
        }
        self.append(shared, message);
    }

    #[inline(always)]
    fn append(&self, mut shared: Guard<'_, T>, message: T) {
        let state = &mut shared.state;
        state.backlog.push(message);
        // It changes under the lock only.
        let queued = self.queued.load(Ordering::Relaxed);
        self.queued.store(queued + 1, Ordering::Relaxed);
        let receiver = state.receiver.take();
        drop(shared);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// A permit was used after the receiver had gone.
    #[cold]
    fn refuse(mut shared: Guard<'_, T>, message: T) {
        shared.state.free = shared.state.free.saturating_add(1);
        drop(shared);
        drop(message);
    }

    /// Gives permits back that were not used.
    pub(super) fn release(&self, count: usize) {
        if count > 0 {
            self.hand_out(self.lock(), count);
        }
    }

    /// Gives `count` permits, and all that were returned, to the waiters in their order, and frees
    /// the rest. The receiver is told if it was the last permit of a closed channel.
    #[cold]
    pub(super) fn hand_out(&self, mut shared: Guard<'_, T>, count: usize) {
        let mut count = count + self.collect();
        let mut wakers = Wakers::new();
        while let Some(lacking) = shared.front() {
            if lacking > count {
                shared.set_front(lacking - count);
                count = 0;
                break;
            }
            count -= lacking;
            if let Some(called) = shared.pop_front(Stage::Granted) {
                wakers.push(called);
            }
        }
        if shared.is_empty() {
            self.word.0.fetch_and(!QUEUED, Ordering::Relaxed);
        }
        shared.state.free += count;
        let is_end = shared.state.is_closed && shared.state.free == self.capacity;
        if let Some(receiver) = shared.state.receiver.take_if(|_| is_end) {
            wakers.push(Called::of(receiver));
        }
        drop(shared);
        wakers.wake();
    }

    /// The last sender has gone: the receiver has something to learn.
    pub(super) fn call_receiver(&self) {
        let receiver = self.lock().state.receiver.take();
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Who waits for the close. They are called after [`is_closed`](Self::is_closed) says so.
    pub(super) fn closers(&self) -> &Waiters<(), ()> {
        &self.closers
    }

    // ----- the receiver -----

    /// The receiver's own backlog is empty: takes over the shared one. If that is empty too, and
    /// there is somebody to wake, leaves a waker.
    pub(super) fn fetch(&self, own: &mut Backlog<T>, cx: Option<&Context<'_>>) -> Found {
        // It is dropped last, after the lock.
        let mut waker = None;
        if self.queued() == 0 {
            waker = cx.map(|cx| cx.waker().clone());
        }
        loop {
            let mut shared = self.lock();
            let state = &mut shared.state;
            if !state.backlog.is_empty() {
                std::mem::swap(&mut state.backlog, own);
                self.queued.store(0, Ordering::Relaxed);
                drop(shared);
                return Found::Messages;
            }
            if self.is_at_end(state) {
                let stale = state.receiver.take();
                drop(shared);
                drop(stale);
                return Found::End;
            }
            let Some(cx) = cx else {
                return Found::Nothing;
            };
            if let Some(waker) = waker.take() {
                let stale = state.receiver.replace(waker);
                drop(shared);
                drop(stale);
                return Found::Nothing;
            }
            drop(shared);
            waker = Some(cx.waker().clone());
        }
    }

    /// There is no message, and none can come any more.
    fn is_at_end(&self, state: &Shared<T>) -> bool {
        // ORDERING: Acquire; pairs with the AcqRel by which the last sender leaves. What it sent
        // before would be in the backlog, which we have under the lock.
        if self.senders.load(Ordering::Acquire) == 0 {
            return true;
        }
        let returned = self.word.0.load(Ordering::Relaxed) / ONE;
        // Endless permits are never out.
        state.is_closed && state.free.saturating_add(returned) >= self.capacity
    }

    /// Returns the permits of messages that were taken out of the receiver's backlog.
    #[inline]
    pub(super) fn give_back(&self, count: usize) {
        if !self.is_bounded() {
            return;
        }
        // ORDERING: Release; pairs with the Acquire in `collect`.
        let before = self.word.0.fetch_add(count * ONE, Ordering::Release);
        if before & QUEUED != 0 {
            self.hand_out(self.lock(), 0);
        }
    }

    /// The receiver waits no longer.
    #[cold]
    pub(super) fn withdraw(&self) {
        let waker = self.lock().state.receiver.take();
        drop(waker);
    }

    /// Refuses messages from now on. Those for which there are permits may still come.
    pub(super) fn close(&self) {
        self.shut(self.lock());
    }

    /// The receiver goes, with `own` messages that it has not handed out. All messages are
    /// dropped, and so are those still to come.
    pub(super) fn abandon(&self, own: Backlog<T>) {
        let mut shared = self.lock();
        let state = &mut shared.state;
        let backlog = std::mem::replace(&mut state.backlog, Backlog::new());
        self.queued.store(0, Ordering::Relaxed);
        state.is_abandoned = true;
        let waker = state.receiver.take();
        if self.is_bounded() {
            self.word
                .0
                .fetch_add((own.len() + backlog.len()) * ONE, Ordering::Relaxed);
        }
        // Each is dropped even if another's drop panics, or a waker.
        let _messages = (own, backlog, waker);
        self.shut(shared);
    }

    fn shut(&self, mut shared: Guard<'_, T>) {
        if shared.state.is_closed {
            return;
        }
        shared.state.is_closed = true;
        // ORDERING: AcqRel; pairs with the Acquire in `is_closed`.
        self.word.0.fetch_or(CLOSED, Ordering::AcqRel);
        let mut wakers = Wakers::new();
        while let Some(called) = shared.pop_front(Stage::Closed) {
            wakers.push(called);
        }
        self.word.0.fetch_and(!QUEUED, Ordering::Relaxed);
        drop(shared);
        let mut closers = self.closers.lock();
        while let Some(called) = closers.pop_front(Stage::Granted) {
            wakers.push(called);
        }
        drop(closers);
        wakers.wake();
    }
}
