//! A future with a limit on its time.

use std::future::{Future, IntoFuture};
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Instant;
use super::alarm::Alarm;
use super::error::Elapsed;
use crate::budget;
use crate::leaf::Site;

/// Runs `future` for at most `duration`.
///
/// The future is polled before the time is looked at: one that is ready at its first poll
/// completes even if `duration` is zero. While the future never returns to the runtime the limit
/// cannot be noticed; one that merely always finds something ready is stopped in time.
///
/// # Errors
///
/// [`Elapsed`] if the time ran out first. The future is dropped with the `Timeout`.
///
/// # Panics
///
/// When called outside of a runtime, or on one whose timers are not enabled. The returned future
/// panics when it has to wait after its runtime has shut down.
///
/// # Cancel safety
///
/// Dropping it drops `future`: what that loses is lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, timeout};
///
/// let answer = timeout(Duration::from_millis(1), std::future::pending::<()>()).await;
/// assert!(answer.is_err());
/// let answer = timeout(Duration::from_secs(1), async { 42 }).await;
/// assert_eq!(answer.unwrap(), 42);
/// # });
/// ```
#[track_caller]
pub fn timeout<F>(duration: Duration, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    Timeout::new(Alarm::after(duration), future.into_future())
}

/// Runs `future` until `deadline` at the latest. Otherwise as [`timeout`].
///
/// # Errors
///
/// [`Elapsed`] if the deadline came first.
///
/// # Panics
///
/// When called outside of a runtime, or on one whose timers are not enabled. The returned future
/// panics when it has to wait after its runtime has shut down.
///
/// # Cancel safety
///
/// Dropping it drops `future`: what that loses is lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, Instant, timeout_at};
///
/// let deadline = Instant::now() + Duration::from_millis(1);
/// assert!(timeout_at(deadline, std::future::pending::<()>()).await.is_err());
/// # });
/// ```
#[track_caller]
pub fn timeout_at<F>(deadline: Instant, future: F) -> Timeout<F::IntoFuture>
where
    F: IntoFuture,
{
    Timeout::new(Alarm::at(deadline), future.into_future())
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, timeout};
    ///
    /// let quick = timeout(Duration::from_secs(1), async { 1 });
    /// assert_eq!(quick.await, Ok(1));
    /// let never = timeout(Duration::from_secs(1), std::future::pending::<()>());
    /// assert!(never.await.is_err());
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<T> {
        #[pin]
        future: T,
        alarm: Alarm,
        site: Site,
        // As in `Sleep`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<T> Timeout<T> {
    #[track_caller]
    fn new(alarm: Alarm, future: T) -> Self {
        Self {
            future,
            alarm,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// The future inside.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, sleep, timeout};
    ///
    /// let limited = timeout(Duration::from_secs(1), sleep(Duration::from_secs(5)));
    /// assert!(!limited.get_ref().is_elapsed());
    /// # }
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.future
    }

    /// The future inside.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, timeout};
    ///
    /// let mut limited = timeout(Duration::from_secs(1), std::future::ready(1));
    /// *limited.get_mut() = std::future::ready(2);
    /// assert_eq!(limited.await, Ok(2));
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.future
    }

    /// Gives the future back without its limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{Duration, Instant, sleep, timeout};
    ///
    /// let start = Instant::now();
    /// let limited = timeout(Duration::from_secs(1), sleep(Duration::from_secs(5)));
    /// limited.into_inner().await;
    /// assert_eq!(start.elapsed(), Duration::from_secs(5));
    /// # }
    /// ```
    pub fn into_inner(self) -> T {
        self.future
    }
}

impl<T: Future> Future for Timeout<T> {
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Before the inner poll: what the future inside notes is the better answer to "what does
        // the task wait for", and a foreign one notes nothing.
        this.alarm.waiting(cx, *this.site);
        let had_budget = budget::has_remaining();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        if had_budget && !budget::has_remaining() {
            // The future used the budget up. It may do so each time, so the time is looked at
            // for free.
            ready!(this.alarm.poll(cx));
        } else {
            let spent = ready!(budget::poll_proceed(cx));
            ready!(this.alarm.poll(cx));
            spent.made_progress();
        }
        Poll::Ready(Err(Elapsed::new()))
    }
}
