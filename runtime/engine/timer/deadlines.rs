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
//!    +--- bits           extend
//! ```
//!
//! Words lie in sets of 64 with a bit for each that is free. Timers that fire in the same tick get
//! words, and so entries in the wheel, out of few sets: what is touched together lies together,
//! also in a runtime that has been in use for long. Who wants a word takes a set's free bits as a
//! whole ([`Run`]), one for each of the [`GROUPS`] into which ticks are dealt.
//!
//! Called by `super::Handle`. What says "under the lock" has it named as a parameter: [`Free`].
//!
//! Invariants:
//! - **V9** While a word is a tick, its entry is in the wheel, filed for that tick or an earlier
//!   one. Only the timer's owner makes a tick later; whoever makes it earlier has the lock.
//! - **V10** A word is its owner's until the owner gives it back: what it names is not used again
//!   before. So an index needs no generation.
//! - **V11** A set is in the list of `returned` or of `Free` exactly while [`ENOUGH`] of its bits
//!   or more are set. Only who takes it from there clears bits, all of them.
//!
//! Not here: a lock for a timer that has fired. Its owner sees that in the word, and gives the word
//! back with one bit.

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

/// "No set" in a link.
const NIL: u32 = u32::MAX;

/// Words of a set. As many as there are bits.
const WORDS: u32 = if cfg!(loom) { 2 } else { 64 };
/// A set is used again once so many of its words are free: half of the memory may lie fallow, and
/// what is given out together still lies together.
const ENOUGH: u32 = WORDS / 2;
/// All bits of a set.
const ALL: u64 = u64::MAX >> (u64::BITS - WORDS);

/// Ticks are dealt into so many groups.
const GROUPS: usize = if cfg!(loom) { 1 } else { 16 };
/// Ticks in a row that are of one group: with all groups, what the wheel's lowest level tells
/// apart.
const ROW: u64 = 4;
/// Sets below which there is one group: they fit a cache, and a set for each group is much.
const FEW: u32 = 256;

/// Block `n` has `1 << n` sets. They never move.
const BLOCKS: usize = (u32::BITS - WORDS.ilog2()) as usize;
/// Words of all blocks together.
const MOST: u32 = u32::MAX - WORDS + 1;

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

/// Words with neighboring numbers.
struct Set {
    words: [AtomicU64; WORDS as usize],
    /// Those that were given back.
    free: AtomicU64,
    /// The set after it in the list it is in: V11.
    next: AtomicU32,
}

/// The words of one set that are to be given out next, lowest first.
#[derive(Clone, Copy)]
struct Run {
    set: u32,
    free: u64,
}

/// Words that are free, or were never used. Kept under the lock.
pub(super) struct Free {
    runs: [Run; GROUPS],
    /// The first of the sets taken over from `returned`.
    first: u32,
    /// Sets that were ever used.
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
    blocks: [OnceLock<Box<[Set]>>; BLOCKS],
    /// The last set that got free words enough, linked to the one before.
    returned: AtomicU32,
}

impl Free {
    pub(super) const fn new() -> Self {
        Self {
            runs: [Run { set: 0, free: 0 }; GROUPS],
            first: NIL,
            used: 0,
        }
    }

    /// The run from which timers set to `tick` get their words.
    #[inline]
    fn group(&self, tick: u64) -> usize {
        match self.used < FEW {
            true => 0,
            false => (tick / ROW) as usize % GROUPS,
        }
    }
}

impl Set {
    fn new() -> Self {
        Self {
            words: std::array::from_fn(|_| AtomicU64::new(0)),
            free: AtomicU64::new(0),
            next: AtomicU32::new(NIL),
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

/// The block of a set, and where it is in there.
fn place(set: u32) -> (usize, usize) {
    let block = (set + 1).ilog2();
    (block as usize, (set + 1 - (1 << block)) as usize)
}

/// The set of a word, and its bit in there.
fn bit(index: u32) -> (u32, u64) {
    (index / WORDS, 1 << (index % WORDS))
}

impl Deadlines {
    pub(super) fn new() -> Self {
        Self {
            blocks: [const { OnceLock::new() }; BLOCKS],
            returned: AtomicU32::new(NIL),
        }
    }

    #[inline]
    fn find(&self, set: u32) -> &Set {
        let (block, at) = place(set);
        let block = self.blocks[block].get();
        &block.expect("made before any of its words was given out")[at]
    }

    #[inline]
    fn word(&self, index: u32) -> &AtomicU64 {
        &self.find(index / WORDS).words[(index % WORDS) as usize]
    }

    #[inline]
    pub(super) fn status(&self, timer: &Timer) -> Status {
        status(self.word(timer.0).load(Relaxed))
    }

    /// A word for a timer set to `tick`, under the lock. Next, its entry is filed: V9.
    #[inline]
    pub(super) fn allocate(&self, free: &mut Free, tick: u64) -> Timer {
        let group = free.group(tick);
        if free.runs[group].free == 0 {
            free.runs[group] = self.next_run(free);
        }
        let run = &mut free.runs[group];
        let index = run.set * WORDS + run.free.trailing_zeros();
        run.free &= run.free - 1;
        self.word(index).store(tick, Relaxed);
        Timer(index)
    }

    /// The free words of a set that has enough of them, or of a new one.
    fn next_run(&self, free: &mut Free) -> Run {
        if free.first == NIL && self.returned.load(Relaxed) != NIL {
            // ORDERING: Acquire; pairs with the Release in `give_back`: the links are there.
            free.first = self.returned.swap(NIL, Acquire);
        }
        let set = match free.first {
            NIL => return self.append(free),
            first => first,
        };
        // V11: out of the list before its bits go.
        free.first = self.find(set).next.load(Relaxed);
        // ORDERING: Acquire; pairs with the Release in `give_back`: nobody reads the words any
        // more.
        let bits = self.find(set).free.swap(0, Acquire);
        Run { set, free: bits }
    }

    fn append(&self, free: &mut Free) -> Run {
        let set = free.used;
        assert!(set < MOST / WORDS, "more than 4 billion timers");
        free.used += 1;
        let (block, at) = place(set);
        if at == 0 {
            let sets = (0..1 << block).map(|_| Set::new());
            let new = self.blocks[block].set(sets.collect());
            debug_assert!(new.is_ok(), "under the lock");
        }
        Run { set, free: ALL }
    }

    /// Takes a timer's word back, under the lock. Its entry has left the wheel.
    #[inline]
    pub(super) fn release(&self, free: &mut Free, timer: Timer) {
        let (set, bit) = bit(timer.0);
        let group = free.group(self.word(timer.0).load(Relaxed));
        let run = &mut free.runs[group];
        match run.set == set {
            true => run.free |= bit,
            false => self.set_free(timer),
        }
    }

    /// Takes back the word of a timer that is no longer armed, without the lock.
    pub(super) fn give_back(&self, timer: Timer) {
        debug_assert_ne!(self.status(&timer), Status::Armed, "V10");
        self.set_free(timer);
    }

    #[inline]
    fn set_free(&self, timer: Timer) {
        let (number, bit) = bit(timer.0);
        let set = self.find(number);
        // ORDERING: Release; pairs with the Acquire in `next_run`.
        let before = set.free.fetch_or(bit, Release);
        if before.count_ones() + 1 != ENOUGH {
            return;
        }
        let mut first = self.returned.load(Relaxed);
        loop {
            set.next.store(first, Relaxed);
            // ORDERING: Release publishes the link; pairs with the Acquire in `next_run`.
            match self
                .returned
                .compare_exchange_weak(first, number, Release, Relaxed)
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
    fn every_set_has_a_place_of_its_own() {
        let mut expected = (0, 0);
        for set in 0..100_000 {
            assert_eq!(place(set), expected);
            expected.1 += 1;
            if expected.1 == 1 << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        let last = (BLOCKS - 1, (1 << (BLOCKS - 1)) - 1);
        assert_eq!(place(MOST / WORDS - 1), last);
    }

    #[test]
    fn words_come_back_and_are_used_again() {
        let (deadlines, mut free) = (Deadlines::new(), Free::new());
        let timers: Vec<_> = (0..192).map(|_| deadlines.allocate(&mut free, 1)).collect();
        for timer in timers {
            if timer.0 % 2 == 0 {
                assert_eq!(deadlines.fire(timer.0, 1), None);
                deadlines.give_back(timer);
            } else {
                deadlines.release(&mut free, timer);
            }
        }
        let mut again: Vec<_> = (0..192)
            .map(|_| deadlines.allocate(&mut free, 1).0)
            .collect();
        again.sort_unstable();
        assert_eq!(again, (0..192).collect::<Vec<_>>());
    }

    /// With many timers, those that fire together have words side by side, whoever came between.
    #[test]
    fn timers_of_one_tick_are_neighbors() {
        let (deadlines, mut free) = (Deadlines::new(), Free::new());
        let mut round = || {
            let timers = 0..u64::from(2 * FEW * WORDS);
            let mut timers: Vec<_> = timers
                .map(|n| (n % 50, deadlines.allocate(&mut free, n % 50)))
                .collect();
            timers.sort_by_key(|(tick, _)| *tick);
            let neighbors = timers.windows(2);
            let jumps = neighbors.filter(|two| two[0].1.0 / WORDS != two[1].1.0 / WORDS);
            let jumps = jumps.count();
            for (tick, timer) in timers {
                assert_eq!(deadlines.fire(timer.0, tick), None);
                deadlines.give_back(timer);
            }
            jumps
        };
        let jumps: Vec<_> = (0..10).map(|_| round()).collect();
        let few = (2 * FEW * WORDS) as usize / 10;
        assert!(jumps[1..].iter().all(|jumps| *jumps < few), "{jumps:?}");
    }
}
