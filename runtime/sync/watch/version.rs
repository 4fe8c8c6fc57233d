//! How often the value of a watch channel has changed, and whether it can change again.
//!
//! Called by both ends. One word: the version, in steps of 2, and in the lowest bit whether all
//! senders are gone. It wraps around; a receiver only asks whether its version is another one.
//!
//! Absent: the value. It lies under a lock of its own, and the version moves under that lock.

use crate::primitives::atomic::{AtomicUsize, Ordering};

const CLOSED: usize = 1;
const STEP: usize = 2;

/// A version of the value: the one a receiver has seen, or the one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version(usize);

impl Version {
    pub(super) const FIRST: Self = Self(0);

    /// Another version, that was there before.
    pub(super) fn before(self) -> Self {
        Self(self.0.wrapping_sub(STEP))
    }
}

/// The version there is, and whether it is the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) version: Version,
    pub(super) is_closed: bool,
}

pub(super) struct State(AtomicUsize);

impl State {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(Version::FIRST.0))
    }

    pub(super) fn now(&self) -> Now {
        // ORDERING: Acquire; pairs with the Releases below. What a sender did before it sent, or
        // before it went, is seen by who sees the change.
        let word = self.0.load(Ordering::Acquire);
        Now {
            version: Version(word & !CLOSED),
            is_closed: word & CLOSED != 0,
        }
    }

    /// The next version. Under the write lock of the value.
    pub(super) fn step(&self) {
        // ORDERING: Release; pairs with the Acquire in `now`.
        self.0.fetch_add(STEP, Ordering::Release);
    }

    /// The last sender is gone.
    pub(super) fn close(&self) {
        // ORDERING: Release; pairs with the Acquire in `now`.
        self.0.fetch_or(CLOSED, Ordering::Release);
    }
}
