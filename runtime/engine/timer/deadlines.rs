//! What each timer is set to: a word for each, moved to a later tick without the lock.
//!
//! Most timers limit how long something may be idle: they are set further and further, and never
//! fire. So setting one to a later tick changes its word and nothing else. Its entry stays in the
//! wheel where it is; when the wheel comes to it, [`fire`](Deadlines::fire) finds the later tick,
//! and the entry is filed again.
//!
//! ```text
//!           register                     fire
//! (free) -----------> a tick, to come ----------> FIRED (or CLOSED) --give_back--> (free)
//!    ^                 |  ^       |                                                   ^
//!    |                 +--+       +--- release, under the lock -----------------------+
//!    |                 extend
//!    +--- then the word is the index of the next free one
//! ```
//!
//! Called by `super::Handle`. What says "under the lock" has it named as a parameter: [`Free`].
//!
//! Invariants:
//! - **V9** While a word is a tick, its entry is in the wheel, filed for that tick or an earlier
//!   one. Only the timer's owner makes a tick later; whoever makes it earlier has the lock.
//! - **V10** A word is its owner's until the owner gives it back: what it names is not used again
//!   before. So an index needs no generation.
//!
//! Not here: a lock for a timer that has fired. Its owner sees that in the word, and gives the word
//! back on a stack that the next registration takes as a whole.

use std::sync::OnceLock;

use super::Status;
use super::clock::NEVER;
use crate::primitives::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The timer's time has come.
const FIRED: u64 = u64::MAX;
/// The runtime has ended before the timer's time came.
const CLOSED: u64 = u64::MAX - 1;
const _: () = assert!(NEVER < CLOSED);

/// "No word" in a link.
const NIL: u32 = u32::MAX;

/// Words of the first block; each further one is twice as long. Words never move.
const FIRST_BLOCK: u32 = if cfg!(loom) { 2 } else { 64 };
const BLOCKS: usize = (u32::BITS - FIRST_BLOCK.ilog2()) as usize;
/// Words of all blocks together.
const MOST: u32 = u32::MAX - FIRST_BLOCK + 1;

/// A timer that is registered, or was: the right to its word, and to the entry of the same number
/// in the wheel. It has to be given back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Timer(u32);

impl Timer {
    /// The number of its entry in the wheel.
    pub(super) fn index(&self) -> u32 {
        self.0
    }
}

/// Words that are free, or were never used. Kept under the lock.
pub(super) struct Free {
    first: u32,
    used: u32,
}

/// How an attempt to move a timer without the lock went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extended {
    Done,
    /// To an earlier tick it can be moved only under the lock.
    Earlier,
    /// It is not armed.
    Departed(Status),
}

pub(super) struct Deadlines {
    blocks: [OnceLock<Box<[AtomicU64]>>; BLOCKS],
    /// The last word given back, linked to the one before.
    returned: AtomicU32,
}

impl Free {
    pub(super) const fn new() -> Self {
        Self {
            first: NIL,
            used: 0,
        }
    }
}

fn status(word: u64) -> Status {
    match word {
        FIRED => Status::Fired,
        CLOSED => Status::Closed,
        _ => Status::Armed,
    }
}

/// The block of a word, and where it is in there.
fn place(index: u32) -> (usize, usize) {
    let block = (index / FIRST_BLOCK + 1).ilog2();
    let start = FIRST_BLOCK * ((1 << block) - 1);
    (block as usize, (index - start) as usize)
}

impl Deadlines {
    pub(super) fn new() -> Self {
        Self {
            blocks: [const { OnceLock::new() }; BLOCKS],
            returned: AtomicU32::new(NIL),
        }
    }

    #[inline]
    fn word(&self, index: u32) -> &AtomicU64 {
        let (block, at) = place(index);
        let block = self.blocks[block].get();
        &block.expect("made before any of its words was given out")[at]
    }

    #[inline]
    pub(super) fn status(&self, timer: &Timer) -> Status {
        status(self.word(timer.0).load(Relaxed))
    }

    /// A word for a timer set to `tick`, under the lock. Next, its entry is filed: V9.
    pub(super) fn allocate(&self, free: &mut Free, tick: u64) -> Timer {
        if free.first == NIL && self.returned.load(Relaxed) != NIL {
            // ORDERING: Acquire; pairs with the Release in `give_back`: the links are there.
            free.first = self.returned.swap(NIL, Acquire);
        }
        let index = match free.first {
            NIL => self.append(free),
            first => {
                free.first = self.word(first).load(Relaxed) as u32;
                first
            }
        };
        self.word(index).store(tick, Relaxed);
        Timer(index)
    }

    fn append(&self, free: &mut Free) -> u32 {
        let index = free.used;
        assert!(index < MOST, "more than 4 billion timers");
        free.used += 1;
        let (block, at) = place(index);
        if at == 0 {
            let words = (0..FIRST_BLOCK << block).map(|_| AtomicU64::new(0));
            let new = self.blocks[block].set(words.collect());
            debug_assert!(new.is_ok(), "under the lock");
        }
        index
    }

    /// Takes a timer's word back, under the lock. Its entry has left the wheel.
    pub(super) fn release(&self, free: &mut Free, timer: Timer) {
        self.word(timer.0).store(free.first.into(), Relaxed);
        free.first = timer.0;
    }

    /// Takes back the word of a timer that is no longer armed, without the lock.
    pub(super) fn give_back(&self, timer: Timer) {
        let word = self.word(timer.0);
        debug_assert_ne!(status(word.load(Relaxed)), Status::Armed, "V10");
        let mut first = self.returned.load(Relaxed);
        loop {
            word.store(first.into(), Relaxed);
            // ORDERING: Release publishes the link; pairs with the Acquire in `allocate`.
            match self
                .returned
                .compare_exchange_weak(first, timer.0, Release, Relaxed)
            {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }

    /// Sets an armed timer to `tick`, if that is later. Called by its owner: V9.
    #[inline]
    pub(super) fn extend(&self, timer: &Timer, tick: u64) -> Extended {
        let word = self.word(timer.0);
        let before = word.load(Relaxed);
        if before == tick {
            return Extended::Done;
        }
        if before < tick && status(before) == Status::Armed {
            // Relaxed: the word is all there is to see, and either this or `fire` comes first.
            return match word.compare_exchange(before, tick, Relaxed, Relaxed) {
                Ok(_) => Extended::Done,
                Err(fired) => Extended::Departed(status(fired)),
            };
        }
        match status(before) {
            Status::Armed => Extended::Earlier,
            departed => Extended::Departed(departed),
        }
    }

    /// Sets a timer to any tick, under the lock and by its owner, before the entry is filed for it.
    pub(super) fn set(&self, timer: &Timer, tick: u64) {
        self.word(timer.0).store(tick, Relaxed);
    }

    /// What a timer that has not fired is set to. Its owner may make it later meanwhile.
    pub(super) fn of_entry(&self, index: u32) -> u64 {
        self.word(index).load(Relaxed)
    }

    /// Ends a timer that is due at `to`, under the lock, or says for when it is set by now.
    pub(super) fn fire(&self, index: u32, to: u64) -> Option<u64> {
        let word = self.word(index);
        let mut tick = word.load(Relaxed);
        while tick <= to {
            match word.compare_exchange_weak(tick, FIRED, Relaxed, Relaxed) {
                Ok(_) => return None,
                Err(later) => tick = later,
            }
        }
        Some(tick)
    }

    /// Ends a timer, whenever it is due.
    pub(super) fn close(&self, index: u32) {
        self.word(index).store(CLOSED, Relaxed);
    }

    /// Ends a timer, under the lock and by its owner.
    pub(super) fn fire_now(&self, timer: &Timer) {
        self.word(timer.0).store(FIRED, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_a_place_of_its_own() {
        let mut expected = (0, 0);
        for index in 0..100_000 {
            assert_eq!(place(index), expected);
            expected.1 += 1;
            if expected.1 == (FIRST_BLOCK as usize) << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(place(MOST - 1).0, BLOCKS - 1);
        assert_eq!(
            place(MOST - 1).1 + 1,
            (FIRST_BLOCK as usize) << (BLOCKS - 1)
        );
    }

    #[test]
    fn words_come_back_and_are_used_again() {
        let (deadlines, mut free) = (Deadlines::new(), Free::new());
        let timers: Vec<_> = (0..200).map(|_| deadlines.allocate(&mut free, 1)).collect();
        for timer in timers {
            if timer.0 % 2 == 0 {
                assert_eq!(deadlines.fire(timer.0, 1), None);
                deadlines.give_back(timer);
            } else {
                deadlines.release(&mut free, timer);
            }
        }
        let mut again: Vec<_> = (0..200)
            .map(|_| deadlines.allocate(&mut free, 1).0)
            .collect();
        again.sort_unstable();
        assert_eq!(again, (0..200).collect::<Vec<_>>());
    }
}
