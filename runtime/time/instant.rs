//! A point in time by the runtime's clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use crate::engine::context;
use crate::engine::timer::clock;

/// Thirty years: an instant that every platform can represent and no program lives to see.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// A point in time, as [`std::time::Instant`], by the clock of the current runtime.
///
/// The two differ only where a test has [paused](crate::time::pause) the runtime's clock; outside
/// of a runtime this is the machine's monotonic clock.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, Instant, sleep};
///
/// let before = Instant::now();
/// sleep(Duration::from_millis(5)).await;
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// # });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    std: std::time::Instant,
}

impl Instant {
    /// The present by the current runtime's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::Instant;
    ///
    /// let now = Instant::now();
    /// assert!(Instant::now() >= now);
    /// ```
    pub fn now() -> Instant {
        if !clock::any_paused() {
            return Instant::from_std(std::time::Instant::now());
        }
        let std = match context::try_driver()
            .as_ref()
            .and_then(|driver| driver.time())
        {
            Some(time) => time.clock().now(),
            None => std::time::Instant::now(),
        };
        Instant::from_std(std)
    }

    /// The same point in time, from std's type.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::Instant;
    ///
    /// let std = std::time::Instant::now();
    /// assert_eq!(Instant::from_std(std).into_std(), std);
    /// ```
    pub fn from_std(std: std::time::Instant) -> Instant {
        Instant { std }
    }

    /// The same point in time, in std's type.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::Instant;
    ///
    /// let now = Instant::now();
    /// let std: std::time::Instant = now.into_std();
    /// assert_eq!(Instant::from(std), now);
    /// ```
    pub fn into_std(self) -> std::time::Instant {
        self.std
    }

    /// `after` from now, or years away when that cannot be represented.
    pub(crate) fn saturating_after(now: std::time::Instant, after: Duration) -> Instant {
        let std = now.checked_add(after).or_else(|| now.checked_add(FAR));
        Instant::from_std(std.unwrap_or(now))
    }

    /// `self + after`, or years after `self` when that cannot be represented.
    pub(super) fn saturating_add(self, after: Duration) -> Instant {
        Instant::saturating_after(self.std, after)
    }

    /// The time from `earlier` to `self`, zero if `earlier` is the later one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// let early = Instant::now();
    /// let late = early + Duration::from_secs(1);
    /// assert_eq!(late.duration_since(early), Duration::from_secs(1));
    /// assert_eq!(early.duration_since(late), Duration::ZERO);
    /// ```
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// The time from `earlier` to `self`, `None` if `earlier` is the later one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// let early = Instant::now();
    /// let late = early + Duration::from_secs(1);
    /// assert_eq!(late.checked_duration_since(early), Some(Duration::from_secs(1)));
    /// assert_eq!(early.checked_duration_since(late), None);
    /// ```
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.std.checked_duration_since(earlier.std)
    }

    /// The time from `earlier` to `self`, zero if `earlier` is the later one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// let early = Instant::now();
    /// let late = early + Duration::from_secs(1);
    /// assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
    /// ```
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// The time from `self` to now, zero if `self` is still to come.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// let later = Instant::now() + Duration::from_secs(60);
    /// assert_eq!(later.elapsed(), Duration::ZERO);
    /// ```
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(*self)
    }

    /// `self + duration`, `None` if the platform cannot represent it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// assert_eq!(Instant::now().checked_add(Duration::MAX), None);
    /// ```
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_add(duration).map(Instant::from_std)
    }

    /// `self - duration`, `None` if the platform cannot represent it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{Duration, Instant};
    ///
    /// assert_eq!(Instant::now().checked_sub(Duration::MAX), None);
    /// ```
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_sub(duration).map(Instant::from_std)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(std: std::time::Instant) -> Instant {
        Instant::from_std(std)
    }
}

impl From<Instant> for std::time::Instant {
    fn from(instant: Instant) -> std::time::Instant {
        instant.std
    }
}

/// Panics when the platform cannot represent the sum, as std's does.
impl Add<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn add(self, duration: Duration) -> Instant {
        Instant::from_std(self.std + duration)
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

/// Zero if the right-hand side is the later one.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

/// Panics when the platform cannot represent the difference, as std's does.
impl Sub<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn sub(self, duration: Duration) -> Instant {
        Instant::from_std(self.std - duration)
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.std.fmt(f)
    }
}
