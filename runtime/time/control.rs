//! Stopping and moving the clock, for tests.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::alarm::timers;
use crate::chance;
use crate::engine::{context, driver};
use crate::leaf::{self, Kind, Site};

const NOT_FROZEN: &str = "time is not frozen";

/// Stops the clock of the current runtime.
///
/// Timers keep working: whenever the runtime has nothing else to do it moves the clock to the
/// next deadline, so a test that sleeps for an hour takes no time, and takes exactly an hour by
/// [`Instant`](crate::time::Instant). The clock stays where it is while a
/// [`spawn_blocking`](crate::task::spawn_blocking) closure runs. Deadlines are kept in whole
/// milliseconds, and the clock stops on one.
///
/// # Panics
///
/// If the clock stands still already; on a runtime with several threads; outside of a runtime,
/// or on one whose timers are not enabled.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{self, Duration, Instant};
///
/// time::pause();
/// let before = Instant::now();
/// time::sleep(Duration::from_secs(3600)).await; // no waiting
/// assert_eq!(before.elapsed(), Duration::from_secs(3600));
/// # });
/// ```
#[track_caller]
pub fn pause() {
    let driver = context::driver();
    let time = timers(&driver);
    assert!(
        time.is_pausable(),
        "`time::pause()` requires the `current_thread` runtime: only there is it known that \
         nothing else goes on"
    );
    assert!(time.clock().pause(), "time is already frozen");
}

/// Lets the clock of the current runtime run on from where it stands.
///
/// # Panics
///
/// If the clock is running; in a simulation; outside of a runtime, or on one whose timers are not
/// enabled.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// wakeful::time::pause();
/// wakeful::time::resume();
/// # });
/// ```
#[track_caller]
pub fn resume() {
    let driver = context::driver();
    assert!(
        !chance::is_simulated(),
        "a simulation's clock moves only when nothing else can happen"
    );
    assert!(timers(&driver).clock().resume(), "{NOT_FROZEN}");
}

/// Moves the stopped clock of the current runtime by `duration`, in one step.
///
/// Everything whose deadline is passed by this is woken, in the order of the deadlines, and the
/// task that advances yields once. To let each of several timers see its own time, [`sleep`]
/// instead.
///
/// # Panics
///
/// At its first poll: if the clock is running; if the platform cannot represent that time;
/// outside of a runtime, or on one whose timers are not enabled.
///
/// # Cancel safety
///
/// Once polled the clock has moved. Dropping the future then only leaves out the yield.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{self, Duration, Instant};
///
/// time::pause();
/// let before = Instant::now();
/// time::advance(Duration::from_micros(1500)).await;
/// assert_eq!(before.elapsed(), Duration::from_micros(1500));
/// # });
/// ```
///
/// [`sleep`]: fn@crate::time::sleep
#[track_caller]
pub fn advance(duration: Duration) -> Advance {
    Advance {
        by: Some(duration),
        site: Site::here(),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// The future of [`advance`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, advance, sleep};
    ///
    /// let waits = wakeful::spawn(sleep(Duration::from_secs(10)));
    /// let start = Instant::now();
    /// advance(Duration::from_secs(10)).await;
    /// waits.await.unwrap();
    /// assert_eq!(start.elapsed(), Duration::from_secs(10));
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Advance {
        // `None` once the clock has moved.
        by: Option<Duration>,
        site: Site,
        // Not needed. As an async function's.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for Advance {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let Some(by) = this.by.take() else {
            return Poll::Ready(());
        };
        let driver: Arc<driver::Handle> = context::driver();
        let time = timers(&driver);
        match time.clock().advance(by) {
            None => panic!("{NOT_FROZEN}"),
            Some(false) => panic!("overflow when adding duration to instant"),
            // All the way, also where nothing is due: a timer that is then reset to the present
            // is due at once.
            Some(true) => time.fire_until(time.clock().now_tick()),
        }
        cx.waker().wake_by_ref();
        leaf::waiting(cx, Kind::Yield, 0, *this.site);
        Poll::Pending
    }
}
