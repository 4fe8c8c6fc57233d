//! Which signals have come and have not been told yet: one word, and when to ring for it.
//!
//! Called by the handler ([`Pending::note`]) and by the relays ([`Pending::answer`]). Safe in a
//! signal handler: one read-modify-write, no lock, no memory.
//!
//! Invariants:
//! - **SG1** Whoever sets the first bit of the empty word rings, after it has set it. Whoever finds
//!   a bit set need not: the one who set the first has rung or will, and who answers that takes
//!   every bit.
//! - **SG2** Who answers empties the bell first and takes the word after it. So a ring that is
//!   swallowed with another's is one whose bits are taken, too.
//!
//! ```text
//! handler: set the bit ---> was the word empty? ring
//! relay:   empty the bell ---> take the word        (the other way round a signal is lost)
//! ```

use crate::primitives::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

/// The largest number a signal can have: a bit of the word each. Linux ends here.
pub(crate) const LAST: u32 = u64::BITS;

/// Signals that have come, each at most once.
pub(crate) struct Pending(AtomicU64);

impl Pending {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Notes that signal `number`, from 1 to [`LAST`], has come; calls `ring` if somebody must be
    /// told.
    pub(crate) fn note(&self, number: u32, ring: impl FnOnce()) {
        // ORDERING: Release, for what came before the signal; pairs with the Acquire in answer.
        let before = self.0.fetch_or(1 << (number - 1), Release);
        // SG1.
        if before == 0 {
            ring();
        }
    }

    /// Takes what has come. `silence` empties the bell.
    pub(crate) fn answer(&self, silence: impl FnOnce()) -> Taken {
        // SG2.
        silence();
        // ORDERING: Acquire; pairs with the Release in note.
        Taken(self.0.swap(0, Acquire))
    }
}

/// The numbers of the signals that were taken, ascending.
#[derive(Debug)]
pub(crate) struct Taken(u64);

impl Iterator for Taken {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(lowest + 1)
    }
}
