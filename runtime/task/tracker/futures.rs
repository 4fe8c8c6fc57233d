//! A future that is counted, and the wait for all of them.
//!
//! Absent: the count.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{TaskTracker, TaskTrackerToken};
use crate::sync::tally::Over;

pin_project! {
    /// A future that counts as a task of a tracker; made by [`TaskTracker::track_future`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::TaskTracker;
    ///
    /// let tracker = TaskTracker::new();
    /// let future = tracker.track_future(async { 1 });
    /// assert_eq!(tracker.len(), 1); // it counts from its making to its drop
    /// assert_eq!(future.await, 1);
    /// assert_eq!(tracker.len(), 0);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct TrackedFuture<F> {
        // First, so that the future is gone when the token is.
        #[pin]
        pub(super) future: F,
        pub(super) token: TaskTrackerToken,
    }
}

pin_project! {
    /// Waits until a tracker is closed and empty; made by [`TaskTracker::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::TaskTracker;
    ///
    /// let tracker = TaskTracker::new();
    /// let task = tracker.spawn(async { 1 });
    /// tracker.close();
    /// tracker.wait().await; // until the task has ended, whoever holds its handle
    /// assert!(task.is_finished());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct TaskTrackerWaitFuture<'a> {
        pub(super) tracker: &'a TaskTracker,
        #[pin]
        pub(super) over: Over<'a>,
    }
}

impl<F: Future> Future for TrackedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F: fmt::Debug> fmt::Debug for TrackedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedFuture")
            .field("future", &self.future)
            .field("task_tracker", self.token.task_tracker())
            .finish()
    }
}

impl Future for TaskTrackerWaitFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().over.poll(cx)
    }
}

impl fmt::Debug for TaskTrackerWaitFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTrackerWaitFuture")
            .field("task_tracker", self.tracker)
            .finish_non_exhaustive()
    }
}
