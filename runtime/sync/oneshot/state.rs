//! The state word of a channel: every transition, and nothing but transitions.
//!
//! Called by `ends`, which acts on what a transition returns. No memory is touched here except the
//! one byte, and no unsafe code is needed.
//!
//! Both sides follow one protocol, so each transition takes the [`Side`] that makes it. A side
//! may do three things: *post* the waker in its slot, *withdraw* it again, and *leave*. Once a
//! side is gone it decides nothing any more; if it found a posted waker of the other side, it
//! still takes that waker out, and says so with *done*.

use crate::primitives::atomic::AtomicU8;
use crate::primitives::atomic::Ordering::{AcqRel, Acquire};

/// One end of a channel: its three bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    /// This side's waker is in its slot, for the other side to take.
    waker: u8,
    /// This side has left.
    gone: u8,
    /// This side has left and has taken the other's waker out.
    done: u8,
}

/// The end that sends.
pub(super) const SENDER: Side = Side {
    waker: 1 << 0,
    gone: 1 << 1,
    done: 1 << 2,
};

/// The end that receives.
pub(super) const RECEIVER: Side = Side {
    waker: 1 << 3,
    gone: 1 << 4,
    done: 1 << 5,
};

/// The sender left a message in its slot.
const MESSAGE: u8 = 1 << 6;

impl Side {
    #[inline]
    fn other(self) -> Side {
        if self == SENDER { RECEIVER } else { SENDER }
    }
}

/// The state word as it was at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot(u8);

impl Snapshot {
    #[inline]
    pub(super) fn is_gone(self, side: Side) -> bool {
        self.0 & side.gone != 0
    }

    #[inline]
    pub(super) fn has_waker(self, side: Side) -> bool {
        self.0 & side.waker != 0
    }

    #[inline]
    pub(super) fn has_message(self) -> bool {
        self.0 & MESSAGE != 0
    }

    /// True if `side` will never touch the channel's memory again: it is gone, and either there
    /// was no waker for it to take or it has taken it.
    #[inline]
    pub(super) fn has_let_go(self, side: Side) -> bool {
        self.is_gone(side) && (self.0 & side.done != 0 || !self.has_waker(side.other()))
    }
}

/// What a side leaves in the channel when it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Nothing,
    Message,
}

/// The byte both sides share.
pub(super) struct State(AtomicU8);

impl State {
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// The state of a channel whose sender has sent and gone.
    pub(super) fn new_sent() -> Self {
        Self(AtomicU8::new(MESSAGE | SENDER.gone))
    }

    #[inline]
    pub(super) fn load(&self) -> Snapshot {
        // ORDERING: Acquire; pairs with the Release half of `leave` and `done` of the other side.
        Snapshot(self.0.load(Acquire))
    }

    /// Hands the waker in `side`'s slot to the other side. Refused if that one has gone.
    #[inline]
    pub(super) fn post(&self, side: Side) -> Result<(), Snapshot> {
        self.unless_gone(side.other(), |bits| bits | side.waker)
            .map(drop)
    }

    /// Takes the posted waker back. Refused if the other side has gone: the waker is its.
    pub(super) fn withdraw(&self, side: Side) -> Result<(), Snapshot> {
        self.unless_gone(side.other(), |bits| bits & !side.waker)
            .map(drop)
    }

    /// Leaves before the other side does, withdrawing the posted waker, if any, in the same step.
    ///
    /// Returns the state before. If it shows a waker of the other side, that waker is now the
    /// caller's, who takes it and then calls [`State::done`]. If not, the caller has let go and
    /// touches nothing any more.
    ///
    /// Refused if the other side has gone.
    #[inline]
    pub(super) fn leave(&self, side: Side, farewell: Farewell) -> Result<Snapshot, Snapshot> {
        let message = match farewell {
            Farewell::Message => MESSAGE,
            Farewell::Nothing => 0,
        };
        self.unless_gone(side.other(), |bits| {
            (bits & !side.waker) | side.gone | message
        })
    }

    /// Leaves as the second one. True if the memory is the caller's to free, else the other
    /// side's, which is still taking the waker.
    #[must_use]
    pub(super) fn leave_last(&self, side: Side) -> bool {
        // ORDERING: AcqRel; Release pairs with the Acquire in `done`, and Acquire with the
        // Release there: whoever is second sees all the first one did.
        let before = Snapshot(self.0.fetch_or(side.gone, AcqRel));
        debug_assert!(before.is_gone(side.other()), "the other side left first");
        before.has_let_go(side.other())
    }

    /// Says that the other side's waker is out of its slot. True if the memory is the caller's to
    /// free.
    #[must_use]
    pub(super) fn done(&self, side: Side) -> bool {
        // ORDERING: AcqRel; Release pairs with the Acquire in `leave_last` and `load`, Acquire with
        // the Release in `leave_last`.
        let before = Snapshot(self.0.fetch_or(side.done, AcqRel));
        debug_assert!(before.is_gone(side) && before.has_waker(side.other()));
        before.is_gone(side.other())
    }

    /// Changes the bits unless `side` is gone; returns the state before.
    #[inline]
    fn unless_gone(&self, side: Side, change: impl Fn(u8) -> u8) -> Result<Snapshot, Snapshot> {
        let mut before = self.load();
        loop {
            if before.is_gone(side) {
                return Err(before);
            }
            // ORDERING: AcqRel, Acquire on failure. Release: the waker or the message written
            // before is seen by the side that finds the bit set. Acquire: pairs with the same.
            match self
                .0
                .compare_exchange_weak(before.0, change(before.0), AcqRel, Acquire)
            {
                Ok(_) => return Ok(before),
                Err(now) => before = Snapshot(now),
            }
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (SENDER.waker, "sender waits"),
            (SENDER.gone, "sender gone"),
            (RECEIVER.waker, "receiver waits"),
            (RECEIVER.gone, "receiver gone"),
            (MESSAGE, "message"),
        ];
        let now = self.load().0;
        f.debug_set()
            .entries(names.iter().filter(|(bit, _)| now & bit != 0).map(|n| n.1))
            .finish()
    }
}
