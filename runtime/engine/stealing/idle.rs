//! Who runs, who searches, who is parked; and why no wake is lost.
//!
//! Seats have numbers. A seat's bit in `parked` is set while its worker sleeps or is about to.
//! `searching` counts workers that look for work elsewhere.
//!
//! ```text
//!  post:  1. push the task       park:  1. set the own bit
//!         2. fence                      2. fence
//!         3. searching == 0 and         3. look at every queue again:
//!            a bit is set:                 found something: clear the bit, go on
//!            clear it, unpark              else: sleep
//! ```
//!
//! The two fences are ordered one way or the other. If the poster's comes first, the parker's look
//! finds the task. If the parker's comes first, the poster finds the bit, unless it found a
//! searcher. A searcher that finds work wakes the next worker when it was the last one searching;
//! a searcher that finds none parks, and so looks again behind its own fence. If it then sees
//! work it is a searcher again, for those who counted on it.
//!
//! A poster that does not wake anybody because its own worker will come to the task soon (the slot
//! for the task woken last), or because enough workers are awake, makes sure of a *sentinel*: one
//! parked worker that wakes every [`SENTINEL_PERIOD`] and takes over what a stuck worker holds.
//! That is how a thread that blocks in a task, or in the future given to `block_on`, stalls nobody
//! else. When all others are parked, and have polled nothing for a period, the sentinel goes to
//! sleep, too: it stays over short sleeps, so that not every small event has to call it.
//!
//! A worker whose stint was shorter than what waking it cost, although others are up, *naps*: it is
//! parked, but looks at the rings by itself after [`NAP`], and until then pushes to a ring wake
//! nobody. So bursts of tiny tasks are run by who made them. A push from elsewhere wakes whoever is
//! parked, nappers too: only those pushes skip waking whose own worker comes to the task.
//!
//! A worker also naps, and leaves what it sees to others, when the polls of what it last fetched
//! were tiny: it *steps back*. Not while nobody else is up who is not stuck. After the nap it is up
//! again and takes its share, whatever it finds, so it owes nobody a last look (I2).
//!
//! - **I1** A bit is set only by its worker, and cleared by whoever wakes it or by itself. Who
//!   clears a bit that was set decides that the worker is awake.
//! - **I2** Between a push and a fence-ordered look at `searching` and `parked` nothing is skipped;
//!   between setting a bit and sleeping every queue is looked at behind a fence.
//! - **I3** Whoever lowers `searching` to 0 looks for more work, or looks at the bits again, behind
//!   a fence.
//! - **I4** `sentinel` names a seat whose bit is set, or the one that named it puts it right: it
//!   looks at the bit behind a fence, and a worker that clears its bit looks at `sentinel` behind
//!   one.
//! - **I5** A worker may lie down beside a filled injector if, behind its fence, it sees as many
//!   others awake as a push would wake. Of two that lie down at once one sees the other's bit.

use std::time::Duration;

use crate::primitives::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    fence,
};

/// How often the sentinel looks after the others while one of them runs. Doubling it doubles how
/// long a task may wait behind one that blocks its thread, and halves some 10 µs of CPU a period.
pub(crate) const SENTINEL_PERIOD: Duration = Duration::from_millis(5);

/// A stint shorter than this was not worth waking a worker for: a futex call here, a context switch
/// there, and the cache lines of what was stolen.
pub(crate) const SHORT_STINT: Duration = Duration::from_micros(50);

/// A poll shorter than this, with all that it took to fetch the task, was not worth it: two or
/// three cache lines from another core take as long.
pub(crate) const TINY_POLL: Duration = Duration::from_nanos(100);

/// How many tasks must have come at once for their polls to be measured: two looks at the clock are
/// some 60 ns.
pub(crate) const HAUL: usize = 32;

/// How long a worker naps. Doubling it doubles how late a thief comes to the first long task after
/// short ones.
pub(crate) const NAP: Duration = Duration::from_micros(200);

const BITS: usize = u64::BITS as usize;
const NOBODY: usize = usize::MAX;

pub(crate) struct Idle {
    parked: Box<[AtomicU64]>,
    searching: AtomicUsize,
    /// Seats that are taken.
    present: AtomicUsize,
    /// Seats whose worker has been in one poll for longer than the sentinel likes.
    stuck: AtomicUsize,
    /// How many workers may be awake before a push wakes no more.
    limit: usize,
    sentinel: AtomicUsize,
    /// Somebody naps.
    napping: AtomicBool,
}

/// What a poster does next.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Notify {
    Nobody,
    /// Unpark the worker on this seat. It counts as searching already.
    Worker(usize),
    /// Unpark the worker on this seat, which stays parked but keeps watch, or looks around.
    Sentinel(usize),
}

impl Idle {
    pub(crate) fn new(seats: usize, limit: usize) -> Self {
        Self {
            parked: (0..seats.div_ceil(BITS))
                .map(|_| AtomicU64::new(0))
                .collect(),
            searching: AtomicUsize::new(0),
            present: AtomicUsize::new(0),
            stuck: AtomicUsize::new(0),
            limit,
            sentinel: AtomicUsize::new(NOBODY),
            napping: AtomicBool::new(false),
        }
    }

    /// Somebody takes a seat, awake.
    pub(crate) fn arrive(&self) {
        self.present.fetch_add(1, Relaxed);
    }

    /// Somebody leaves a seat, awake.
    pub(crate) fn leave(&self) {
        self.present.fetch_sub(1, Relaxed);
    }

    /// The sentinel found a worker stuck: it counts as awake no more.
    pub(crate) fn add_stuck(&self) {
        self.stuck.fetch_add(1, Relaxed);
    }

    /// It was not stuck for ever.
    pub(crate) fn remove_stuck(&self) {
        self.stuck.fetch_sub(1, Relaxed);
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many workers are up, stuck or not.
    #[inline]
    fn up(&self) -> usize {
        let parked = |word: &AtomicU64| word.load(Relaxed).count_ones() as usize;
        let parked: usize = self.parked.iter().map(parked).sum();
        self.present.load(Relaxed).saturating_sub(parked)
    }

    /// True if somebody is up: there is something to watch over.
    pub(crate) fn is_anybody_up(&self) -> bool {
        self.up() > 0
    }

    /// How many workers are up and not stuck.
    #[inline]
    pub(crate) fn awake(&self) -> usize {
        self.up().saturating_sub(self.stuck.load(Relaxed))
    }

    /// True if more are awake than a push would wake.
    pub(crate) fn is_crowded(&self) -> bool {
        self.awake() > self.limit
    }

    /// Asked behind the fence in [`park`](Self::park): true if what is injected is left to others,
    /// who are awake (I5).
    pub(crate) fn is_left_to_others(&self) -> bool {
        self.awake() >= self.limit
    }

    #[inline]
    fn any_parked(&self) -> bool {
        self.parked.iter().any(|word| word.load(Relaxed) != 0)
    }

    fn bit(&self, seat: usize) -> (&AtomicU64, u64) {
        (&self.parked[seat / BITS], 1 << (seat % BITS))
    }

    pub(crate) fn is_parked(&self, seat: usize) -> bool {
        let (word, bit) = self.bit(seat);
        // ORDERING: Acquire; pairs with the Release in `park`: where it sleeps is known.
        word.load(Acquire) & bit != 0
    }

    /// The `post` side, after a push that somebody else may have to see.
    pub(crate) fn notify(&self) -> Notify {
        // I2. Pairs with the fence in `park`.
        fence(SeqCst);
        loop {
            if self.searching.load(Relaxed) != 0 || !self.any_parked() {
                return Notify::Nobody;
            }
            if self.awake() >= self.limit {
                return self.watch();
            }
            if self
                .searching
                .compare_exchange(0, 1, Relaxed, Relaxed)
                .is_err()
            {
                return Notify::Nobody;
            }
            if let Some(seat) = self.take_parked() {
                return Notify::Worker(seat);
            }
            // It woke by itself. Others may have relied on our search: look again (I3).
            self.searching.fetch_sub(1, Relaxed);
            // I3. Pairs with the fence above, of those who saw our count.
            fence(SeqCst);
        }
    }

    /// The looks of [`notify`](Self::notify) without the fence, and not while somebody naps: false
    /// if it would do nothing.
    #[inline]
    pub(crate) fn may_notify(&self) -> bool {
        self.searching.load(Relaxed) == 0
            && self.any_parked()
            && !self.napping.load(Relaxed)
            && (self.sentinel.load(Relaxed) == NOBODY || self.awake() < self.limit)
    }

    /// A worker that is up wants to nap. False if somebody naps already, or nobody else is up. One
    /// that `steps_back` from work needs somebody who is not stuck; any other naps only if pushes
    /// would wake it otherwise.
    pub(crate) fn begin_nap(&self, steps_back: bool) -> bool {
        let awake = self.awake();
        let may = match steps_back {
            true => awake > 1,
            false => self.up() > 1 && awake <= self.limit,
        };
        // Relaxed, as in `end_nap`: what it skips is not needed (see `Shared::notify_cheaply`).
        may && !self.napping.swap(true, Relaxed)
    }

    /// True if whoever napped may get up: pushes would wake it.
    pub(crate) fn end_nap(&self) -> bool {
        self.napping.store(false, Relaxed);
        self.awake() < self.limit
    }

    /// Clears a bit that is set. The sentinel's only if there is no other: it would have to call
    /// somebody else to keep watch.
    fn take_parked(&self) -> Option<usize> {
        let sentinel = self.sentinel.load(Relaxed);
        self.take_parked_but(sentinel)
            .or_else(|| self.take_parked_but(NOBODY))
    }

    /// Clears the lowest bit that is set, but not this seat's.
    fn take_parked_but(&self, spared: usize) -> Option<usize> {
        for (index, word) in self.parked.iter().enumerate() {
            let spared = match spared / BITS == index {
                true => 1 << (spared % BITS),
                false => 0,
            };
            let mut bits = word.load(Relaxed) & !spared;
            while bits != 0 {
                let bit = bits & bits.wrapping_neg();
                // ORDERING: Acquire; pairs with the Release in `park`: where it sleeps is known.
                let before = word.fetch_and(!bit, AcqRel);
                if before & bit != 0 {
                    return Some(index * BITS + bit.trailing_zeros() as usize);
                }
                bits = before & !bit & !spared;
            }
        }
        None
    }

    /// After a push that nobody is woken for. Cheap while there is a sentinel.
    #[inline]
    pub(crate) fn watch(&self) -> Notify {
        if self.sentinel.load(Relaxed) != NOBODY {
            return Notify::Nobody;
        }
        self.name_sentinel()
    }

    #[cold]
    fn name_sentinel(&self) -> Notify {
        loop {
            let Some(seat) = self.highest_parked() else {
                return Notify::Nobody;
            };
            if self
                .sentinel
                .compare_exchange(NOBODY, seat, Relaxed, Relaxed)
                .is_err()
            {
                return Notify::Nobody;
            }
            // I4. Pairs with the fence in `wake_self`.
            fence(SeqCst);
            if self.is_parked(seat) {
                return Notify::Sentinel(seat);
            }
            self.stop_watching(seat);
        }
    }

    /// Somebody who sleeps, to be unparked without being woken: it looks around and sleeps on.
    pub(crate) fn call_somebody(&self) -> Notify {
        // I2. Pairs with the fence in `park`: who lies down later looks at the driver itself.
        fence(SeqCst);
        self.highest_parked()
            .map_or(Notify::Nobody, Notify::Sentinel)
    }

    fn highest_parked(&self) -> Option<usize> {
        self.parked
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, word)| {
                let bits = word.load(Relaxed);
                (bits != 0).then(|| index * BITS + (BITS - 1 - bits.leading_zeros() as usize))
            })
    }

    /// Gives the watch back. False if `seat` did not have it.
    fn stop_watching(&self, seat: usize) -> bool {
        self.sentinel
            .compare_exchange(seat, NOBODY, Relaxed, Relaxed)
            .is_ok()
    }

    pub(crate) fn is_sentinel(&self, seat: usize) -> bool {
        self.sentinel.load(Relaxed) == seat
    }

    /// The sentinel found all others parked and wants to sleep for good. False if it must watch
    /// on.
    pub(crate) fn retire_sentinel(&self, seat: usize) -> bool {
        self.stop_watching(seat);
        // I4. Pairs with the fence in `wake_self`: whoever is awake by now and pushes finds no
        // sentinel, or we find it awake.
        fence(SeqCst);
        if !self.is_anybody_up() {
            return true;
        }
        self.sentinel
            .compare_exchange(NOBODY, seat, Relaxed, Relaxed)
            .is_err()
    }

    /// The `park` side, steps 1 and 2. The caller looks at every queue next.
    pub(crate) fn park(&self, seat: usize, was_searching: bool) {
        let (word, bit) = self.bit(seat);
        // ORDERING: Release, for where the worker sleeps; pairs with the Acquire in `take_parked`.
        let before = word.fetch_or(bit, AcqRel);
        debug_assert!(before & bit == 0, "I1: only the worker sets its bit");
        if was_searching {
            // I3. The caller's look behind the fence makes up for what others left to us.
            self.searching.fetch_sub(1, Relaxed);
        }
        // I2. Pairs with the fence in `notify`.
        fence(SeqCst);
    }

    /// A worker that has just lain down beside others that are awake keeps watch over them, if
    /// nobody does. That spares whoever pushes next from waking it for that.
    pub(crate) fn volunteer(&self, seat: usize) {
        if self.sentinel.load(Relaxed) == NOBODY && self.is_anybody_up() {
            // Our bit is set, so I4 holds whoever wins.
            let _ = self
                .sentinel
                .compare_exchange(NOBODY, seat, Relaxed, Relaxed);
        }
    }

    #[cfg(loom)]
    pub(crate) fn volunteer_for_models(&self, seat: usize) {
        self.sentinel.store(seat, Relaxed);
    }

    /// The worker is awake, for whatever reason. True if it counts as searching: because somebody
    /// woke it, or because it `owes` a search: it gave one up and then saw work (I3).
    pub(crate) fn wake_self(&self, seat: usize, owes: bool) -> bool {
        let (word, bit) = self.bit(seat);
        // ORDERING: Acquire; pairs with the Release in `take_parked`: what the waker did is seen.
        let was_woken = word.fetch_and(!bit, AcqRel) & bit == 0;
        // I4. Pairs with the fences in `name_sentinel` and `retire_sentinel`.
        fence(SeqCst);
        if owes && !was_woken {
            self.searching.fetch_add(1, Relaxed);
        }
        was_woken || owes
    }

    /// A worker that kept watch is awake and works. Somebody else must keep watch then.
    pub(crate) fn hand_over_watch(&self, seat: usize) -> Notify {
        if self.is_sentinel(seat) && self.stop_watching(seat) {
            return self.watch();
        }
        Notify::Nobody
    }

    /// Asks to search. At most half of those awake may; nobody if more are awake than should; and
    /// not who is up alone: whoever is parked has an empty ring.
    pub(crate) fn start_searching(&self) -> bool {
        let awake = self.awake();
        let too_many = awake > self.limit || 2 * self.searching.load(Relaxed) >= awake.max(1);
        if too_many || self.up() < 2 {
            return false;
        }
        self.searching.fetch_add(1, Relaxed);
        true
    }

    /// The searcher found work. True if it was the last one: it must notify again (I3).
    #[must_use]
    pub(crate) fn stop_searching(&self) -> bool {
        // Relaxed: the fence in `notify`, which the last one calls, does the ordering.
        let before = self.searching.fetch_sub(1, Relaxed);
        debug_assert!(before > 0, "I3: searching is counted");
        before == 1
    }
}
