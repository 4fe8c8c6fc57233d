//! Where the random choices of a seeded runtime begin.
//!
//! A runtime built with a [`RngSeed`] gives each thread that comes to run it a start of its own
//! (`chance::begin`), so that one thread draws the same numbers in each run.
//!
//! Called by the builder, by whoever enters a runtime, and by the workers. Absent: the seed of a
//! simulation, which decides everything else, too.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A seed for a runtime's random choices. See
/// [`Builder::rng_seed`](crate::runtime::Builder::rng_seed).
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, RngSeed};
///
/// let seed = RngSeed::from_bytes(b"failing run of Tuesday");
/// let runtime = Builder::new_current_thread().rng_seed(seed).build().unwrap();
/// # drop(runtime);
/// ```
#[derive(Clone, Debug)]
pub struct RngSeed(u64);

impl RngSeed {
    /// A seed from any bytes. Equal bytes make equal seeds, on every platform.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::RngSeed;
    ///
    /// let (one, two) = (RngSeed::from_bytes(b"1"), RngSeed::from_bytes(b"1"));
    /// assert_eq!(format!("{one:?}"), format!("{two:?}"));
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        // FNV-1a. It only has to spread.
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }
}

/// The seeds that a runtime gives out, one after another.
#[derive(Debug)]
pub(crate) struct Seeds {
    seed: u64,
    given: AtomicU64,
}

impl Seeds {
    pub(crate) fn new(seed: &RngSeed) -> Self {
        Self {
            seed: seed.0,
            given: AtomicU64::new(0),
        }
    }

    /// For the next `block_on`.
    pub(crate) fn next(&self) -> u64 {
        mix(self.seed, self.given.fetch_add(1, Relaxed))
    }

    /// For a worker: the same whenever its thread starts.
    pub(crate) fn of_seat(&self, seat: usize) -> u64 {
        mix(!self.seed, seat as u64)
    }
}

/// The `index`th number of the sequence that begins at `seed` (Steele, Lea and Flood's splitmix).
fn mix(seed: u64, index: u64) -> u64 {
    let mut x = seed.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{RngSeed, Seeds};

    #[test]
    fn equal_seeds_go_on_equally() {
        let seeds = |bytes| Seeds::new(&RngSeed::from_bytes(bytes));
        let (one, two, other) = (seeds(b"a"), seeds(b"a"), seeds(b"b"));
        let firsts: Vec<u64> = (0..3).map(|_| one.next()).collect();
        assert_eq!(firsts, [two.next(), two.next(), two.next()]);
        assert!(firsts[0] != firsts[1] && !firsts.contains(&other.next()));
        assert_eq!(one.of_seat(3), two.of_seat(3));
        assert_ne!(one.of_seat(3), one.of_seat(4));
    }
}
