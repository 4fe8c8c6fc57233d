//! Where a worker's arbitrary choices come from.
//!
//! In production they are cheap and mostly fixed. A simulation decides each of them from a seed,
//! and so drives the same worker through schedules that threads would rarely take.

use std::hint;

use crate::engine::config::Config;

/// Pauses between two rounds over all seats: about as long as a short poll, so that a victim which
/// is making progress is seen to.
const PAUSES: usize = 32;

/// Asked once for each choice. Monomorphized, so the production answers cost nothing.
pub(crate) trait Oracle {
    /// Which of `seats` a thief tries first.
    fn first_victim(&mut self, seats: usize) -> usize;

    /// Whether to look at the injector before the own queue, which may be due.
    fn look_outside(&mut self, is_due: bool) -> bool;

    /// Whether to look at the driver, which may be due.
    fn turn_driver(&mut self, is_due: bool) -> bool;

    /// Whether the task woken last may run before the ring, after `streak` that did.
    fn take_next(&mut self, streak: u32) -> bool;

    /// Whether what was fetched from elsewhere was not worth it.
    #[inline]
    fn was_in_vain(&mut self, measured: impl FnOnce() -> bool) -> bool {
        measured()
    }

    /// A poll is about to begin on this thread.
    #[inline]
    fn before_poll(&mut self) {}

    /// A thief gives the others time to go on.
    #[inline]
    fn pause(&mut self) {
        (0..PAUSES).for_each(|_| hint::spin_loop());
    }
}

/// How many tasks in a row may come from the slot for the task woken last. tokio's number: with
/// more, two tasks that wake each other keep the ring waiting.
pub(crate) const NEXT_STREAK: u32 = 3;

/// What threads use: fixed intervals, and xorshift for the victims.
#[derive(Debug)]
pub(crate) struct Production(u64);

impl Production {
    pub(crate) fn new(seat: usize, config: &Config) -> Self {
        // Any odd multiplier spreads the seats; zero would stay zero.
        let unseeded = (seat as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let seeds = config.seeds.as_ref();
        Self(seeds.map_or(unseeded, |seeds| seeds.of_seat(seat)) | 1)
    }
}

impl Oracle for Production {
    #[inline]
    fn first_victim(&mut self, seats: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % seats
    }

    #[inline]
    fn look_outside(&mut self, is_due: bool) -> bool {
        is_due
    }

    #[inline]
    fn turn_driver(&mut self, is_due: bool) -> bool {
        is_due
    }

    #[inline]
    fn take_next(&mut self, streak: u32) -> bool {
        streak < NEXT_STREAK
    }
}
