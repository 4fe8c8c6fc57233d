//! The state word at one moment, for dumps, decisions that need no transition, and `Debug`.

use std::fmt;

use super::state::{
    CANCEL, CANCELLED, DONE, HANDLE, JOIN_WAKER, MAIN, OWNER, OWNERS, Outcome, PANICKED, SCHEDULED,
    WAKER, WOKEN,
};

/// A copy of the word, for decisions that need no transition and for `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot(pub(super) u64);

impl Snapshot {
    pub(crate) fn is_done(self) -> bool {
        self.0 & DONE != 0
    }

    #[inline]
    pub(crate) fn is_scheduled(self) -> bool {
        self.0 & SCHEDULED != 0
    }

    pub(crate) fn is_cancelling(self) -> bool {
        self.0 & CANCEL != 0
    }

    pub(crate) fn is_main(self) -> bool {
        self.0 & MAIN != 0
    }

    pub(crate) fn owners(self) -> u64 {
        (self.0 & OWNERS) / OWNER
    }

    pub(crate) fn wakers(self) -> u64 {
        self.0 / WAKER
    }

    #[inline]
    pub(crate) fn outcome(self) -> Outcome {
        if self.0 & CANCELLED != 0 {
            Outcome::Cancelled
        } else if self.0 & PANICKED != 0 {
            Outcome::Panicked
        } else {
            Outcome::Value
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (SCHEDULED, "scheduled"),
            (WOKEN, "woken"),
            (DONE, "done"),
            (CANCEL, "cancel"),
            (JOIN_WAKER, "join-waker"),
            (HANDLE, "handle"),
            (CANCELLED, "cancelled"),
            (PANICKED, "panicked"),
            (MAIN, "main"),
        ];
        for (bit, name) in names {
            if self.0 & bit != 0 {
                write!(f, "{name} ")?;
            }
        }
        write!(f, "owners={} wakers={}", self.owners(), self.wakers())
    }
}
