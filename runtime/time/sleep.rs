//! Waiting for a point in time.

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

/// Waits until `duration` has gone by.
///
/// Time is kept in milliseconds: the wait is never shorter than `duration`, and longer by up to a
/// millisecond and whatever the scheduler needs. A duration that the platform cannot add to the
/// present, such as [`Duration::MAX`], waits for years. Nothing is registered before the first
/// poll that has to wait.
///
/// # Panics
///
/// When called outside of a runtime, or on one whose timers are not enabled. The future panics
/// when it is polled after its runtime has shut down.
///
/// # Cancel safety
///
/// Nothing is lost: dropping the future forgets the wait.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, sleep};
///
/// sleep(Duration::from_millis(10)).await;
/// println!("10 ms later");
/// # });
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::new(Alarm::after(duration))
}

/// Waits until `deadline`.
///
/// Ready at once if it has gone by; otherwise as [`sleep`].
///
/// # Panics
///
/// When called outside of a runtime, or on one whose timers are not enabled. The future panics
/// when it is polled after its runtime has shut down.
///
/// # Cancel safety
///
/// Nothing is lost: dropping the future forgets the wait.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, Instant, sleep_until};
///
/// sleep_until(Instant::now() + Duration::from_millis(10)).await;
/// # });
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep::new(Alarm::at(deadline))
}

pin_project! {
    /// The future of [`sleep`] and [`sleep_until`].
    ///
    /// It is not `Unpin`: to poll it more than once, as in a `select!` inside a loop, pin it
    /// first, with [`std::pin::pin!`] or `Box::pin`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// use std::pin::pin;
    /// use wakeful::time::{Duration, Instant, sleep};
    ///
    /// let mut nap = pin!(sleep(Duration::from_secs(3600)));
    /// nap.as_mut().reset(Instant::now() + Duration::from_millis(1));
    /// nap.as_mut().await;
    /// assert!(nap.is_elapsed());
    /// # });
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Sleep {
        alarm: Alarm,
        site: Site,
        // As in tokio: an implementation may tie the timer to the future's address.
        #[pin]
        pinned: PhantomPinned,
    }
}

// See `Alarm`.
const _: () = assert!(std::mem::offset_of!(Sleep, alarm) == 0);

impl Sleep {
    #[track_caller]
    fn new(alarm: Alarm) -> Self {
        Self {
            alarm,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// When the wait ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, sleep};
    ///
    /// let sleep = sleep(Duration::from_secs(2));
    /// assert_eq!(sleep.deadline(), Instant::now() + Duration::from_secs(2));
    /// # }
    /// ```
    pub fn deadline(&self) -> Instant {
        self.alarm.deadline()
    }

    /// True once the wait is over. It does not end before the future has been polled.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, sleep};
    ///
    /// let mut nap = std::pin::pin!(sleep(Duration::from_secs(2)));
    /// assert!(!nap.is_elapsed());
    /// nap.as_mut().await;
    /// assert!(nap.is_elapsed());
    /// # }
    /// ```
    pub fn is_elapsed(&self) -> bool {
        self.alarm.is_rung()
    }

    /// Sets another deadline, before or after the wait has ended.
    ///
    /// A task that waits in this future is woken at the new deadline, without polling it again;
    /// at once if that has gone by.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, sleep};
    ///
    /// let start = Instant::now();
    /// let mut idle = std::pin::pin!(sleep(Duration::from_secs(30)));
    /// // Something happened: the limit starts anew.
    /// idle.as_mut().reset(Instant::now() + Duration::from_secs(60));
    /// idle.await;
    /// assert_eq!(start.elapsed(), Duration::from_secs(60));
    /// # }
    /// ```
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().alarm.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let spent = ready!(budget::poll_proceed(cx));
        if this.alarm.poll(cx).is_pending() {
            this.alarm.waiting(cx, *this.site);
            return Poll::Pending;
        }
        spent.made_progress();
        Poll::Ready(())
    }
}
