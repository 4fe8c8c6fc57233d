//! The memory of a channel, and the two ends that share it.
//!
//! Called by the public types of `oneshot` and by `Promise`; calls `state` for every decision.
//!
//! ```text
//!   SendEnd -----+                    +----- ReceiveEnd
//!                v                    v
//!         +----------------- Channel ------------------+
//!         | state | message | receiver's waker | sender's waker |
//!         +-----------------------------------------------+
//! ```
//!
//! One allocation, no reference count: the state word tells each end whether it is the last.
//!
//! Who may do what. "S" is the sender, "R" the receiver; a side is *here* until its `gone` bit.
//!
//! | state                      | message slot | S's waker slot | R's waker slot | who frees |
//! |----------------------------|--------------|----------------|----------------|-----------|
//! | both here                  | S writes     | S              | R              | nobody    |
//! | S gone, R had no waker     | R            | R (empty)      | R              | R, now    |
//! | S gone, R had one, S busy  | R            | nobody         | S takes it     | the later |
//! | S gone, R had one, S done  | R            | R (empty)      | R (empty)      | R, now    |
//! | R gone                     | S (its own)  | as above, with the names swapped         ||
//!
//! OS1. An end that is here may use the channel's memory. A side that went as the first one may use
//!     it only to take the other's posted waker, until its `done`. The one whose step finds that
//!     the other has let go frees; `state` orders those steps, so exactly one does.
//! OS2. The message slot is the sender's until it leaves with `Farewell::Message`. From then on it
//!     is full and the receiver's, who empties it once, before it lets go.
//! OS3. A side's waker slot is written by that side alone, and only while its waker is not posted.
//!     While posted, both sides may read it and nobody writes. Who owns the posted waker is decided
//!     by one step: the other side's `leave` gives it away, `withdraw` or one's own `leave` keeps
//!     it. A slot whose waker is not posted is as good as empty.
//! OS4. An end moves a `T` to another thread and never shares a `&T`; wakers are `Send + Sync`.
//!     So both ends are `Send` and `Sync` when `T: Send`.
//!
//! User code (a waker's clone, wake and drop, a message's drop) runs only between transitions,
//! with nothing borrowed: it may use the other end, and it may panic.
#![expect(
    unsafe_code,
    reason = "two ends share one allocation without a count (OS1..OS4)"
)]

use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker, ready};

use super::state::{Farewell, RECEIVER, SENDER, Side, Snapshot, State};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::primitives::UnsafeCell;

type WakerSlot = UnsafeCell<MaybeUninit<Waker>>;

/// Every byte that is not padding is an atomic or inside an `UnsafeCell`. No reference to the
/// whole is ever made: it could outlive the memory by an instruction.
struct Channel<T> {
    state: State,
    message: UnsafeCell<MaybeUninit<T>>,
    receiver_waker: WakerSlot,
    sender_waker: WakerSlot,
    /// Reports channels that a model forgot to free.
    #[cfg(loom)]
    _leak_check: loom::alloc::Track<()>,
}

/// A pointer to the channel. Its methods are for the two ends, each naming itself as `side`.
struct Link<T>(NonNull<Channel<T>>);

/// The wakers that a side had in its hands when it left.
struct Left {
    others: Option<Waker>,
    own: Option<Waker>,
}

impl Left {
    /// Wakes the other side, then drops one's own waker.
    #[inline]
    fn wake(self) {
        if let Some(waker) = self.others {
            waker.wake();
        }
        drop(self.own);
    }
}

impl<T> Link<T> {
    fn new(state: State, message: MaybeUninit<T>) -> Self {
        let channel = Box::new(Channel {
            state,
            message: UnsafeCell::new(message),
            receiver_waker: UnsafeCell::new(MaybeUninit::uninit()),
            sender_waker: UnsafeCell::new(MaybeUninit::uninit()),
            #[cfg(loom)]
            _leak_check: loom::alloc::Track::new(()),
        });
        Self(NonNull::from(Box::leak(channel)))
    }

    fn copy(&self) -> Self {
        Self(self.0)
    }

    fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    fn state(&self) -> &State {
        // SAFETY: OS1. The caller is here, or it has not done its last step yet.
        unsafe { &(*self.0.as_ptr()).state }
    }

    fn message(&self) -> &UnsafeCell<MaybeUninit<T>> {
        // SAFETY: OS1, as in `state`.
        unsafe { &(*self.0.as_ptr()).message }
    }

    fn slot(&self, side: Side) -> &WakerSlot {
        let channel = self.0.as_ptr();
        if side == SENDER {
            // SAFETY: OS1, as in `state`.
            unsafe { &(*channel).sender_waker }
        } else {
            // SAFETY: OS1, as in `state`.
            unsafe { &(*channel).receiver_waker }
        }
    }

    /// Fills the message slot. For the sender that has not left.
    fn put_message(&self, message: T) {
        self.message().with_mut(|slot| {
            // SAFETY: OS2. The sender is here, so the slot is its own.
            unsafe { slot.write(MaybeUninit::new(message)) }
        });
    }

    /// Empties the message slot. For whom OS2 says the slot is full and theirs.
    fn take_message(&self) -> T {
        self.message().with_mut(|slot| {
            // SAFETY: OS2. Exclusive by the caller's claim to the slot.
            let message = unsafe { slot.read() };
            // SAFETY: OS2. The slot is full; its bits are not read again.
            unsafe { message.assume_init() }
        })
    }

    /// The bits in a waker slot, which mean a waker only to whom OS3 gives it.
    fn peek_waker(&self, side: Side) -> MaybeUninit<Waker> {
        self.slot(side).with(|slot| {
            // SAFETY: OS3. Nobody writes: the slot's owner is here and calls this, or the waker is
            // posted.
            unsafe { slot.read() }
        })
    }

    fn take_waker(&self, side: Side) -> Waker {
        let waker = self.peek_waker(side);
        // SAFETY: OS3. The caller's step has just made this waker, put there before, its own.
        unsafe { waker.assume_init() }
    }

    fn put_waker(&self, side: Side, waker: Waker) {
        self.slot(side).with_mut(|slot| {
            // SAFETY: OS3. `side` calls this while its waker is not posted.
            unsafe { slot.write(MaybeUninit::new(waker)) }
        });
    }

    fn will_wake(&self, side: Side, waker: &Waker) -> bool {
        self.slot(side).with(|slot| {
            // SAFETY: OS3. The waker is posted, so nobody writes. If the other side takes it just
            // now, the bits stay as they are, and only they are compared.
            let slot = unsafe { &*slot };
            // SAFETY: OS3. A posted slot is full.
            let posted = unsafe { slot.assume_init_ref() };
            posted.will_wake(waker)
        })
    }

    /// Waits for the other side to go. `Pending`: it has the waker of `cx`, and only that one.
    fn poll_other(&self, side: Side, cx: &Context<'_>) -> Poll<Snapshot> {
        let other = if side == SENDER { RECEIVER } else { SENDER };
        let now = self.state().load();
        if now.is_gone(other) {
            return Poll::Ready(now);
        }
        if now.has_waker(side) && self.will_wake(side, cx.waker()) {
            return Poll::Pending;
        }
        let fresh = cx.waker().clone();
        let stale = if now.has_waker(side) {
            match self.state().withdraw(side) {
                Ok(()) => Some(self.take_waker(side)),
                Err(now) => return Poll::Ready(now),
            }
        } else {
            None
        };
        self.put_waker(side, fresh);
        let posted = self.state().post(side);
        let refused = posted.map_err(|now| (now, self.take_waker(side)));
        drop(stale);
        match refused {
            Ok(()) => Poll::Pending,
            Err((now, _fresh)) => Poll::Ready(now),
        }
    }

    /// Goes as the first one. `Err`: the other side has gone already, so [`Link::leave_last`].
    fn leave(&self, side: Side, farewell: Farewell) -> Result<Left, Snapshot> {
        let other = if side == SENDER { RECEIVER } else { SENDER };
        let own = self.peek_waker(side);
        let before = self.state().leave(side, farewell)?;
        let own = before.has_waker(side).then(|| {
            // SAFETY: OS3. It was posted, and our own step kept it.
            unsafe { own.assume_init() }
        });
        let others = before.has_waker(other).then(|| {
            let waker = self.take_waker(other);
            if self.state().done(side) {
                self.free();
            }
            waker
        });
        Ok(Left { others, own })
    }

    /// Goes as the second one. `now` is the state in which the other was seen gone.
    fn leave_last(&self, side: Side, now: Snapshot) {
        let other = if side == SENDER { RECEIVER } else { SENDER };
        if now.has_let_go(other) || self.state().leave_last(side) {
            self.free();
        }
    }

    /// Frees the memory. Its slots are empty by now, or their content is somebody's own.
    fn free(&self) {
        // SAFETY: OS1. The caller's step found the other side gone for good. The pointer came from
        // `Box::leak`.
        let channel = unsafe { Box::from_raw(self.0.as_ptr()) };
        // In a model, an access that is not ordered before this one is reported here.
        channel.message.with_mut(|_| ());
        channel.receiver_waker.with_mut(|_| ());
        channel.sender_waker.with_mut(|_| ());
    }
}

/// The end that sends.
pub(in crate::sync) struct SendEnd<T>(Link<T>);

/// The end that receives. It is open, with a link to its channel, or one of the two below: one
/// word, so that a receiver together with its site is passed in registers.
pub(in crate::sync) struct ReceiveEnd<T>(Link<T>);

impl<T> Link<T> {
    /// This side closed the channel before a message came.
    const CLOSED: Self = Self::nowhere(1);
    /// The outcome was handed out.
    const FINISHED: Self = Self::nowhere(2);

    /// Where no channel can be: channels are aligned.
    const fn nowhere(address: usize) -> Self {
        assert!(0 < address && address < align_of::<Channel<T>>());
        match NonNull::new(ptr::without_provenance_mut(address)) {
            Some(nowhere) => Self(nowhere),
            None => unreachable!(),
        }
    }
}

// SAFETY: OS4.
unsafe impl<T: Send> Send for SendEnd<T> {}
// SAFETY: OS4.
unsafe impl<T: Send> Sync for SendEnd<T> {}
// SAFETY: OS4.
unsafe impl<T: Send> Send for ReceiveEnd<T> {}
// SAFETY: OS4.
unsafe impl<T: Send> Sync for ReceiveEnd<T> {}

/// A channel with both its ends here.
pub(in crate::sync) fn open<T>() -> (SendEnd<T>, ReceiveEnd<T>) {
    let link = Link::new(State::new(), MaybeUninit::uninit());
    (SendEnd(link.copy()), ReceiveEnd(link))
}

impl<T> SendEnd<T> {
    /// Leaves the message and wakes the receiver. Gives the message back if that one has gone.
    pub(in crate::sync) fn send(self, message: T) -> Result<(), T> {
        let link = self.0.copy();
        mem::forget(self);
        link.put_message(message);
        match link.leave(SENDER, Farewell::Message) {
            Ok(left) => {
                left.wake();
                Ok(())
            }
            Err(now) => {
                let message = link.take_message();
                link.leave_last(SENDER, now);
                Err(message)
            }
        }
    }

    pub(in crate::sync) fn is_closed(&self) -> bool {
        self.0.state().load().is_gone(RECEIVER)
    }

    /// A leaf: waits for the receiver to go.
    pub(in crate::sync) fn poll_closed(&mut self, cx: &Context<'_>, site: Site) -> Poll<()> {
        let spent = ready!(budget::poll_proceed(cx));
        match self.0.poll_other(SENDER, cx) {
            Poll::Ready(_) => {
                spent.made_progress();
                Poll::Ready(())
            }
            Poll::Pending => {
                leaf::waiting(cx, Kind::Oneshot, self.0.address(), site);
                Poll::Pending
            }
        }
    }

    /// Takes back the waker that a `poll_closed` left.
    pub(in crate::sync) fn stop_waiting(&mut self) {
        let link = &self.0;
        if link.state().load().has_waker(SENDER) && link.state().withdraw(SENDER).is_ok() {
            drop(link.take_waker(SENDER));
        }
    }

    pub(super) fn debug_state(&self) -> &State {
        self.0.state()
    }
}

impl<T> Drop for SendEnd<T> {
    fn drop(&mut self) {
        match self.0.leave(SENDER, Farewell::Nothing) {
            Ok(left) => left.wake(),
            Err(now) => self.0.leave_last(SENDER, now),
        }
    }
}

/// Why there is nothing to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sync) enum NoMessage {
    Yet,
    Ever,
}

impl<T> ReceiveEnd<T> {
    /// A channel that holds a message and has no sender any more.
    pub(in crate::sync) fn with_message(message: T) -> Self {
        let link = Link::new(State::new_sent(), MaybeUninit::new(message));
        Self(link)
    }

    /// The channel, unless this side has let go of it.
    #[inline]
    fn open(&self) -> Option<&Link<T>> {
        let is_open = self.0.address() > Link::<T>::FINISHED.address();
        is_open.then_some(&self.0)
    }

    /// A leaf: waits for the message. `None`: there will be none.
    #[track_caller]
    pub(in crate::sync) fn poll(
        &mut self,
        cx: &Context<'_>,
        kind: Kind,
        site: Site,
    ) -> Poll<Option<T>> {
        let spent = ready!(budget::poll_proceed(cx));
        let outcome = self.poll_message(cx);
        match &outcome {
            Poll::Ready(_) => spent.made_progress(),
            Poll::Pending => leaf::waiting(cx, kind, self.address(), site),
        }
        outcome
    }

    /// Waits for the message without asking the budget: the waker is not woken before it comes.
    #[track_caller]
    pub(in crate::sync) fn poll_message(&mut self, cx: &Context<'_>) -> Poll<Option<T>> {
        let gone = match self.open() {
            Some(link) => Some(ready!(link.poll_other(RECEIVER, cx))),
            None => {
                assert!(!self.is_finished(), "called after complete");
                None
            }
        };
        Poll::Ready(self.finish(gone))
    }

    pub(in crate::sync) fn try_receive(&mut self) -> Result<T, NoMessage> {
        let gone = self.open().map(|link| link.state().load());
        if gone.is_some_and(|now| !now.is_gone(SENDER)) {
            return Err(NoMessage::Yet);
        }
        self.finish(gone).ok_or(NoMessage::Ever)
    }

    /// Refuses messages from now on. One that was sent before can still be received.
    pub(in crate::sync) fn close(&mut self) {
        if let Some(link) = self.open() {
            if let Ok(left) = link.leave(RECEIVER, Farewell::Nothing) {
                self.0 = Link::CLOSED;
                left.wake();
            }
        }
    }

    #[inline]
    pub(in crate::sync) fn is_finished(&self) -> bool {
        self.0.0 == Link::<T>::FINISHED.0
    }

    pub(in crate::sync) fn has_message(&self) -> bool {
        self.open()
            .is_some_and(|link| link.state().load().has_message())
    }

    fn address(&self) -> usize {
        self.open().map_or(0, Link::address)
    }

    /// Takes what the sender left and lets go of the channel. `gone` is the state in which the
    /// sender was seen gone; `None` if this side closed before.
    fn finish(&mut self, gone: Option<Snapshot>) -> Option<T> {
        let link = mem::replace(&mut self.0, Link::FINISHED);
        let now = gone?;
        // OS2: the message goes out first. Once we let go, the memory may be freed.
        let message = now.has_message().then(|| link.take_message());
        link.leave_last(RECEIVER, now);
        message
    }

    pub(super) fn debug_state(&self) -> Option<&State> {
        self.open().map(Link::state)
    }
}

impl<T> Drop for ReceiveEnd<T> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_finished() {
            self.leave_early();
        }
    }
}

impl<T> ReceiveEnd<T> {
    /// Nobody has taken the message, and nobody will.
    fn leave_early(&mut self) {
        self.close();
        if let Some(link) = self.open() {
            // The sender went first.
            let now = link.state().load();
            drop(self.finish(Some(now)));
        }
    }
}

/// The size of the allocation behind a channel, in bytes.
#[cfg(test)]
pub(super) const fn channel_size<T>() -> usize {
    size_of::<Channel<T>>()
}
