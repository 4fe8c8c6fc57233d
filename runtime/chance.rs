//! Random choices: a thread's own, and those of a simulation that runs on it.
//!
//! `select!` asks [`random`], always. Whatever has an order that nobody may rely on, timers of one
//! deadline, waiters called together, the branch a `join!` polls first, asks [`shuffle`] or
//! [`first`], which do nothing but in a simulation. There each choice is the next number of one
//! stream, so that the seed decides them all.
//!
//! Absent: cryptography, and any choice of which worker steals from whom: `engine::stealing` has
//! its oracle for that.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    /// The state of this thread's generator. Zero: not seeded yet.
    static RANDOM: Cell<u32> = const { Cell::new(0) };
    /// Where the simulation on this thread is in its stream.
    static STREAM: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The next number of this thread's generator.
#[inline]
pub(crate) fn random() -> u32 {
    RANDOM
        .try_with(|cell| {
            let mut x = cell.get();
            if x == 0 {
                x = unpredictable();
            }
            // Marsaglia's xorshift with the triple 13, 17, 5: full period over 32 bits but zero.
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            cell.set(x);
            x
        })
        // The thread is being torn down: any number will do.
        .unwrap_or(0)
}

/// This thread draws from `seed` on, until the guard drops. A simulation has a seed of its own.
pub(crate) fn begin(seed: u64) -> Option<Restore> {
    // xorshift stays at zero for ever.
    let start = ((seed >> 32) as u32 ^ seed as u32).max(1);
    (!is_simulated()).then(|| Restore(RANDOM.replace(start)))
}

/// Restores the generator that was there before.
#[derive(Debug)]
pub(crate) struct Restore(u32);

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = RANDOM.try_with(|random| random.set(self.0));
    }
}

/// A seed that differs from thread to thread and from run to run.
#[cold]
fn unpredictable() -> u32 {
    let hash = RandomState::new().hash_one(std::thread::current().id());
    // xorshift stays at zero for ever.
    ((hash >> 32) as u32 ^ hash as u32).max(1)
}

/// True on a thread that runs a simulation.
pub(crate) fn is_simulated() -> bool {
    STREAM
        .try_with(|stream| stream.get().is_some())
        .unwrap_or(false)
}

/// Where a thread is about to wait until it is woken.
///
/// # Panics
///
/// On a thread that runs a simulation: nobody else would ever wake it.
#[track_caller]
pub(crate) fn deny_waiting() {
    assert!(
        !is_simulated(),
        "a simulation has one thread, and this call would make it wait for ever: in \
         `spawn_blocking` and `block_in_place`, call only what can go on by itself"
    );
}

/// The next number of the simulation's stream. `None` where there is no simulation.
fn next() -> Option<u64> {
    let step = |stream: &Cell<Option<u64>>| {
        let state = stream.get()?.wrapping_add(0x9e37_79b9_7f4a_7c15);
        stream.set(Some(state));
        // Steele's SplitMix64: any two seeds give streams of their own.
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(mixed ^ (mixed >> 31))
    };
    STREAM.try_with(step).ok().flatten()
}

/// A number below `limit`, which is not zero. 0 where there is no simulation.
pub(crate) fn first(limit: usize) -> usize {
    debug_assert!(limit > 0, "there is something to choose");
    next().map_or(0, |number| (number >> 33) as usize % limit)
}

/// True once in so many times, never if that is 0, and never where there is no simulation.
pub(crate) fn one_in(chances: usize) -> bool {
    chances > 0 && is_simulated() && first(chances) == 0
}

/// Puts the items into another order. Leaves them as they are where there is no simulation.
pub(crate) fn shuffle<T>(items: &mut [T]) {
    if !is_simulated() {
        return;
    }
    for last in (1..items.len()).rev() {
        items.swap(last, first(last + 1));
    }
}

/// A simulation runs on this thread, until the guard drops.
#[derive(Debug)]
pub(crate) struct Simulated {
    outer_random: u32,
}

impl Simulated {
    /// From here on `seed` decides. `None` on a thread that runs a simulation already.
    pub(crate) fn begin(seed: u64) -> Option<Self> {
        if is_simulated() {
            return None;
        }
        STREAM.set(Some(seed));
        let own = next().map_or(1, |number| number as u32).max(1);
        Some(Self {
            outer_random: RANDOM.replace(own),
        })
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        STREAM.set(None);
        RANDOM.set(self.outer_random);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Numbers of each kind, as a simulation with this seed makes them.
    fn numbers(seed: u64) -> (Vec<usize>, Vec<u32>, Vec<u8>) {
        let _simulated = Simulated::begin(seed).expect("none runs here");
        let mut order: Vec<u8> = (0..16).collect();
        shuffle(&mut order);
        let firsts = (0..16).map(|_| first(1000)).collect();
        (firsts, (0..16).map(|_| random()).collect(), order)
    }

    #[test]
    fn the_seed_decides_every_number() {
        assert_eq!(numbers(7), numbers(7));
        let (first, second) = (numbers(7), numbers(8));
        assert_ne!(first.0, second.0);
        assert_ne!(first.1, second.1);
        assert_ne!(first.2, second.2);
    }

    #[test]
    fn without_a_simulation_nothing_is_chosen() {
        let mut order = [1, 2, 3];
        shuffle(&mut order);
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(first(5), 0);
        assert!(!one_in(1));
    }

    #[test]
    fn a_simulation_gives_the_thread_its_generator_back() {
        random();
        let before = RANDOM.get();
        numbers(1);
        assert_eq!(RANDOM.get(), before);
        assert!(!is_simulated());
    }

    #[test]
    fn a_seed_holds_until_its_guard_drops() {
        let _outer = begin(7);
        let first: Vec<u32> = (0..4).map(|_| random()).collect();
        let _again = begin(7);
        assert_eq!(random(), first[0]);
        {
            let _inner = begin(0);
            assert!(random() != 0 && random() != first[1]);
        }
        assert_eq!(random(), first[1]);
    }

    #[test]
    fn simulations_do_not_nest() {
        let outer = Simulated::begin(1);
        assert!(outer.is_some() && Simulated::begin(2).is_none());
        assert!(is_simulated() && begin(3).is_none());
    }
}
