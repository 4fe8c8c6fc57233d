//! Ticks at a fixed distance.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Instant;
use super::alarm::Alarm;
use crate::budget;
use crate::leaf::Site;

/// A tick that is late by no more than this counts as punctual: the lateness of a busy scheduler
/// must not shift a schedule. tokio's number.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks every `period`, for the first time at once.
///
/// # Panics
///
/// If `period` is zero; when called outside of a runtime, or on one whose timers are not enabled.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, interval};
///
/// let mut every = interval(Duration::from_millis(2));
/// every.tick().await; // at once
/// every.tick().await; // 2 ms later
/// # });
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    assert!(period > Duration::ZERO, "`period` must be non-zero.");
    Interval::new(Alarm::after(Duration::ZERO), period)
}

/// Ticks every `period`, for the first time at `start`.
///
/// # Panics
///
/// If `period` is zero; when called outside of a runtime, or on one whose timers are not enabled.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, Instant, interval_at};
///
/// let start = Instant::now() + Duration::from_millis(5);
/// let mut every = interval_at(start, Duration::from_millis(2));
/// assert_eq!(every.tick().await, start);
/// # });
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(period > Duration::ZERO, "`period` must be non-zero.");
    Interval::new(Alarm::at(start), period)
}

/// What an [`Interval`] does after a tick that came too late, by more than 5 ms.
///
/// ```text
/// on time    |     1     2     3     4     5     6
/// work       |     #--------------#--#--#  #     #
/// Burst      |     1              2  3  4  5     6      as many ticks as periods
/// Delay      |     1              2     3     4         a full period after each tick
/// Skip       |     1              2     4     5     6   the next one that is on schedule
/// ```
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use wakeful::time::{Duration, Instant, MissedTickBehavior, advance, interval};
///
/// for (behavior, next) in [
///     (MissedTickBehavior::Burst, 0), // the missed ones at once
///     (MissedTickBehavior::Delay, 1000),
///     (MissedTickBehavior::Skip, 500), // at the fourth second, as planned
/// ] {
///     let mut every = interval(Duration::from_secs(1));
///     every.set_missed_tick_behavior(behavior);
///     every.tick().await;
///     advance(Duration::from_millis(3500)).await;
///     every.tick().await;
///     let late = Instant::now();
///     every.tick().await;
///     assert_eq!(late.elapsed(), Duration::from_millis(next), "{behavior:?}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Ticks as fast as it is asked until it has caught up with the schedule.
    #[default]
    Burst,
    /// Starts the schedule anew from the late tick.
    Delay,
    /// Leaves the missed ticks out and stays on the schedule.
    Skip,
}

impl MissedTickBehavior {
    /// The tick after the one that was due at `due` and came at `now`.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => due.saturating_add(period),
            Self::Delay => now.saturating_add(period),
            Self::Skip => {
                let since_tick = remainder(now - due, period);
                now.saturating_add(period - since_tick)
            }
        }
    }
}

/// `duration % period`.
fn remainder(duration: Duration, period: Duration) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let nanos = duration.as_nanos() % period.as_nanos();
    // Both fit: the remainder is less than `period`.
    Duration::new((nanos / SECOND) as u64, (nanos % SECOND) as u32)
}

/// Ticks at a fixed distance. Made by [`interval`] and [`interval_at`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use wakeful::time::{Duration, Instant, interval, sleep};
///
/// let start = Instant::now();
/// let mut every = interval(Duration::from_secs(10));
/// every.tick().await; // the first one at once
/// for _ in 0..3 {
///     sleep(Duration::from_secs(4)).await; // work that takes less than a period
///     every.tick().await;
/// }
/// assert_eq!(start.elapsed(), Duration::from_secs(30)); // it does not drift
/// # }
/// ```
#[derive(Debug)]
pub struct Interval {
    alarm: Alarm,
    period: Duration,
    behavior: MissedTickBehavior,
}

impl Interval {
    fn new(alarm: Alarm, period: Duration) -> Self {
        Self {
            alarm,
            period,
            behavior: MissedTickBehavior::default(),
        }
    }

    /// Waits for the next tick and returns when it was due.
    ///
    /// # Panics
    ///
    /// The future panics when it is polled after its runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a tick not returned is returned by the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// use wakeful::time::{Duration, interval};
    ///
    /// let mut every = interval(Duration::from_millis(1));
    /// let first = every.tick().await;
    /// assert_eq!(every.tick().await - first, Duration::from_millis(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn tick(&mut self) -> Tick<'_> {
        Tick {
            interval: self,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Polls for the next tick: what [`tick`](Self::tick) awaits.
    ///
    /// On `Pending` the task of the last `cx` is woken when the tick is due.
    ///
    /// # Panics
    ///
    /// When the runtime has shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::future::poll_fn;
    /// use wakeful::time::{Duration, Instant, interval};
    ///
    /// let start = Instant::now();
    /// let mut every = interval(Duration::from_secs(1));
    /// assert_eq!(poll_fn(|cx| every.poll_tick(cx)).await, start);
    /// let second = poll_fn(|cx| every.poll_tick(cx)).await;
    /// assert_eq!(second - start, Duration::from_secs(1));
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        self.poll_tick_at(cx, Site::here())
    }

    fn poll_tick_at(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<Instant> {
        let spent = ready!(budget::poll_proceed(cx));
        if self.alarm.poll(cx).is_pending() {
            self.alarm.waiting(cx, site);
            return Poll::Pending;
        }
        spent.made_progress();
        let due = self.alarm.deadline();
        let now = self.alarm.now();
        let behavior = match now.duration_since(due) > TOLERANCE {
            true => self.behavior,
            false => MissedTickBehavior::Burst,
        };
        self.alarm.reset(behavior.next(due, now, self.period));
        Poll::Ready(due)
    }

    /// The next tick comes a full period from now.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// use wakeful::time::{Duration, Instant, interval};
    ///
    /// let mut every = interval(Duration::from_millis(3));
    /// let before = Instant::now();
    /// every.reset();
    /// every.tick().await;
    /// assert!(before.elapsed() >= Duration::from_millis(3));
    /// # });
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// The next tick comes at once, and the ones after it follow from there.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, interval};
    ///
    /// let mut every = interval(Duration::from_secs(60));
    /// every.tick().await;
    /// every.reset_immediately(); // somebody asks for an update now
    /// assert_eq!(every.tick().await, Instant::now());
    /// # }
    /// ```
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// The next tick comes after `after`, whatever the period.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, interval};
    ///
    /// let mut every = interval(Duration::from_secs(60));
    /// let start = every.tick().await;
    /// every.reset_after(Duration::from_secs(5));
    /// assert_eq!(every.tick().await - start, Duration::from_secs(5));
    /// assert_eq!(every.tick().await - start, Duration::from_secs(65)); // as ever
    /// # }
    /// ```
    pub fn reset_after(&mut self, after: Duration) {
        self.alarm.reset(self.alarm.now().saturating_add(after));
    }

    /// The next tick comes at `deadline`, at once if that has gone by.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, interval};
    ///
    /// let mut every = interval(Duration::from_secs(60));
    /// every.tick().await;
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// every.reset_at(deadline);
    /// assert_eq!(every.tick().await, deadline);
    /// # }
    /// ```
    pub fn reset_at(&mut self, deadline: Instant) {
        self.alarm.reset(deadline);
    }

    /// What happens after a tick that came too late.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, MissedTickBehavior, interval};
    ///
    /// let every = interval(Duration::from_secs(1));
    /// assert_eq!(every.missed_tick_behavior(), MissedTickBehavior::Burst);
    /// # }
    /// ```
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Sets what happens after a tick that came too late. It starts as
    /// [`Burst`](MissedTickBehavior::Burst).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, MissedTickBehavior, advance, interval};
    ///
    /// let mut every = interval(Duration::from_secs(1));
    /// every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    /// every.tick().await;
    /// advance(Duration::from_millis(3500)).await; // two ticks and a half too late
    /// every.tick().await;
    /// let late = Instant::now();
    /// assert_eq!(every.tick().await - late, Duration::from_secs(1));
    /// # }
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }

    /// The distance between two ticks.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, interval};
    ///
    /// assert_eq!(interval(Duration::from_secs(7)).period(), Duration::from_secs(7));
    /// # }
    /// ```
    pub fn period(&self) -> Duration {
        self.period
    }
}

pin_project! {
    /// The future of [`Interval::tick`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, interval, timeout};
    ///
    /// let mut every = interval(Duration::from_secs(10));
    /// let first = every.tick().await;
    /// // Giving up does not take the tick away.
    /// assert!(timeout(Duration::from_secs(4), every.tick()).await.is_err());
    /// assert_eq!(every.tick().await - first, Duration::from_secs(10));
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Tick<'a> {
        interval: &'a mut Interval,
        site: Site,
        // Not needed. As an async function's.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for Tick<'_> {
    type Output = Instant;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        let this = self.project();
        this.interval.poll_tick_at(cx, *this.site)
    }
}
