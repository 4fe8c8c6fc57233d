//! Wakers on their way from under the lock to being woken.

use crate::chance;
use crate::leaf::Kept;

/// Timers that are taken out under one hold of the lock: long enough to share its price, short
/// enough that a registration elsewhere waits well under a microsecond.
pub(super) const CAPACITY: usize = 32;

/// A few wakers, in order.
pub(super) struct Wakes {
    wakers: [Option<Kept>; CAPACITY],
    len: usize,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self {
            wakers: [const { None }; CAPACITY],
            len: 0,
        }
    }

    pub(super) fn push(&mut self, waker: Kept) {
        self.wakers[self.len] = Some(waker);
        self.len += 1;
    }

    /// Wakes all of them; in a simulation, in any order. Call it without a lock.
    pub(super) fn wake(mut self) {
        chance::shuffle(&mut self.wakers[..self.len]);
        self.wakers.iter().flatten().for_each(Kept::look_ahead);
        self.wakers
            .into_iter()
            .flatten()
            .for_each(Kept::wake_among_others);
    }
}
