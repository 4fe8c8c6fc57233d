//! What time it is: the machine's clock, or one that a test holds still and moves.
//!
//! Called by `super::Handle` and the driver, and through them by `time::Instant`. Deadlines become
//! ticks of one millisecond since the clock's origin here and nowhere else: a deadline is rounded
//! up, the present down, so that nothing is ever early.
//!
//! A paused clock stands on a whole tick unless somebody advances it by a fraction of one, so that
//! whole milliseconds slept are exact. When the driver finds nothing else to do it moves the clock
//! to the next deadline; a blocking task in flight [inhibits](Clock::inhibit) that.
//!
//! Not here: model-checked atomics. Only tests pause, and only a runtime with one thread can.

use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A deadline that no clock reaches. [`Clock::now_tick`] stays below it. The ticks above it have
/// other meanings, see `deadlines.rs`.
pub(crate) const NEVER: u64 = u64::MAX - 2;

/// Set by the first clock of the process that pauses. Before that, `Instant::now` need not ask
/// which clock it is under.
static ANY_PAUSED: AtomicBool = AtomicBool::new(false);

/// True once any clock of this process has been paused.
pub(crate) fn any_paused() -> bool {
    ANY_PAUSED.load(Relaxed)
}

#[derive(Debug)]
struct Shifted {
    /// What the clock shows, or showed when it was resumed.
    base: Instant,
    /// When it was resumed, by the machine's clock. `None` while it stands still.
    running_since: Option<Instant>,
}

/// A runtime's clock.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// False while this clock is simply the machine's.
    is_shifted: AtomicBool,
    /// True while it stands still.
    is_paused: AtomicBool,
    shifted: Mutex<Shifted>,
    /// Who wants the paused clock not to move on its own.
    inhibitors: AtomicUsize,
}

impl Clock {
    pub(crate) fn new(start_paused: bool) -> Self {
        let origin = Instant::now();
        if start_paused {
            ANY_PAUSED.store(true, Relaxed);
        }
        Self {
            origin,
            is_shifted: AtomicBool::new(start_paused),
            is_paused: AtomicBool::new(start_paused),
            shifted: Mutex::new(Shifted {
                base: origin,
                running_since: None,
            }),
            inhibitors: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Instant {
        // ORDERING: Acquire; pairs with the Release in pause. The rest is behind the lock.
        if !self.is_shifted.load(Acquire) {
            return Instant::now();
        }
        self.lock().now()
    }

    /// The last tick that has begun.
    #[inline]
    pub(crate) fn now_tick(&self) -> u64 {
        whole_millis(self.since_origin()).min(NEVER - 1)
    }

    /// The first tick that begins at `deadline` or after it.
    #[inline]
    pub(crate) fn tick_of(&self, deadline: Instant) -> u64 {
        ceil_millis(deadline.saturating_duration_since(self.origin)).min(NEVER)
    }

    /// How long it is until `tick` begins.
    pub(crate) fn until(&self, tick: u64) -> Duration {
        Duration::from_millis(tick).saturating_sub(self.since_origin())
    }

    #[inline]
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused.load(Relaxed)
    }

    /// Stops the clock. False if it stood still already.
    pub(crate) fn pause(&self) -> bool {
        ANY_PAUSED.store(true, Relaxed);
        let mut shifted = self.lock();
        if self.is_paused() {
            return false;
        }
        let now = match self.is_shifted.load(Relaxed) {
            true => shifted.now(),
            false => Instant::now(),
        };
        let tick = ceil_millis(now.saturating_duration_since(self.origin));
        let aligned = self.origin.checked_add(Duration::from_millis(tick));
        shifted.base = aligned.unwrap_or(now);
        shifted.running_since = None;
        self.is_paused.store(true, Relaxed);
        // ORDERING: Release; pairs with the Acquire in now.
        self.is_shifted.store(true, Release);
        true
    }

    /// Lets the clock run on from where it stands. False if it was running.
    pub(crate) fn resume(&self) -> bool {
        let mut shifted = self.lock();
        if !self.is_paused() {
            return false;
        }
        shifted.running_since = Some(Instant::now());
        self.is_paused.store(false, Relaxed);
        true
    }

    /// Moves a paused clock. `None` if it is running, `Some(false)` if the platform cannot
    /// represent that instant.
    pub(crate) fn advance(&self, by: Duration) -> Option<bool> {
        let mut shifted = self.lock();
        if !self.is_paused() {
            return None;
        }
        let moved = shifted.base.checked_add(by);
        shifted.base = moved.unwrap_or(shifted.base);
        Some(moved.is_some())
    }

    /// Keeps the paused clock from moving on its own until [`allow`](Self::allow).
    pub(crate) fn inhibit(&self) {
        self.inhibitors.fetch_add(1, Relaxed);
    }

    /// Ends one [`inhibit`](Self::inhibit). True if it was the last on a paused clock.
    pub(crate) fn allow(&self) -> bool {
        // ORDERING: Release; pairs with the Acquire in may_move: what the blocking task woke
        // before is seen by whoever finds that nothing inhibits any more.
        self.inhibitors.fetch_sub(1, Release) == 1 && self.is_paused()
    }

    /// True if the clock stands still and nobody minds if the driver moves it.
    pub(crate) fn may_move(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in allow.
        self.is_paused() && self.inhibitors.load(Acquire) == 0
    }

    fn since_origin(&self) -> Duration {
        self.now().saturating_duration_since(self.origin)
    }

    fn lock(&self) -> MutexGuard<'_, Shifted> {
        self.shifted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shifted {
    fn now(&self) -> Instant {
        match self.running_since {
            None => self.base,
            Some(since) => self.base + since.elapsed(),
        }
    }
}

fn whole_millis(duration: Duration) -> u64 {
    let millis = duration.as_secs().saturating_mul(1000);
    millis.saturating_add(u64::from(duration.subsec_millis()))
}

fn ceil_millis(duration: Duration) -> u64 {
    let part = duration.subsec_nanos() % 1_000_000;
    whole_millis(duration).saturating_add(u64::from(part != 0))
}
