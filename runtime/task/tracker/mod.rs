//! Counting tasks, to wait until all have ended.
//!
//! Called by users; the count is a `sync::tally`.
//!
//! Absent: the tasks' results, and aborting them. `JoinSet` and `TaskGroup` have both.

mod futures;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::runtime::Handle;
use crate::sync::tally::Tally;
use crate::task::{JoinHandle, LocalSet};

pub use futures::{TaskTrackerWaitFuture, TrackedFuture};

/// Knows how many of its tasks are still there, and waits until none is.
///
/// [`wait`](Self::wait) ends once the tracker is [closed](Self::close) and empty. Closing keeps
/// nobody from adding tasks. Unlike a [`JoinSet`](crate::task::JoinSet) it keeps no results, so a
/// task that has ended costs nothing; and dropping it aborts nothing. Clones are the same tracker.
///
/// For a graceful shutdown, cancel a [`CancellationToken`](crate::sync::CancellationToken) that the
/// tasks look at, and then wait for the tracker.
///
/// # Examples
///
/// ```
/// use wakeful::sync::CancellationToken;
/// use wakeful::task::TaskTracker;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
/// for _ in 0..10 {
///     let token = token.clone();
///     tracker.spawn(async move { token.cancelled().await });
/// }
/// tracker.close();
/// token.cancel();
/// tracker.wait().await;
/// assert!(tracker.is_empty());
/// # });
/// ```
pub struct TaskTracker {
    tally: Arc<Tally>,
}

/// Counts as one task of its tracker while it lives; made by [`TaskTracker::token`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::task::TaskTracker;
///
/// let tracker = TaskTracker::new();
/// let token = tracker.token();
/// std::thread::spawn(move || drop(token)); // for what is not a future
/// tracker.close();
/// tracker.wait().await;
/// assert!(tracker.is_empty());
/// # }
/// ```
#[must_use = "dropping it ends what it stands for"]
#[derive(Debug)]
pub struct TaskTrackerToken {
    task_tracker: TaskTracker,
}

impl TaskTracker {
    /// Makes an empty tracker that is open.
    ///
    /// # Examples
    ///
    /// ```
    /// let tracker = wakeful::task::TaskTracker::new();
    /// assert!(tracker.is_empty() && !tracker.is_closed());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            tally: Arc::new(Tally::new()),
        }
    }

    /// Waits until the tracker is closed and empty at the same time.
    ///
    /// It ends also if that was so only for a moment after this call.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the state of then.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let tracker = wakeful::task::TaskTracker::new();
    /// tracker.spawn(async {});
    /// tracker.close();
    /// tracker.wait().await;
    /// # });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> TaskTrackerWaitFuture<'_> {
        TaskTrackerWaitFuture {
            tracker: self,
            over: self.tally.wait(),
        }
    }

    /// Lets [`wait`](Self::wait) end once no task is left. True: it was open.
    ///
    /// # Examples
    ///
    /// ```
    /// let tracker = wakeful::task::TaskTracker::new();
    /// assert!(tracker.close());
    /// assert!(!tracker.close());
    /// ```
    pub fn close(&self) -> bool {
        self.tally.close()
    }

    /// Undoes [`close`](Self::close). True: it was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let tracker = wakeful::task::TaskTracker::new();
    /// tracker.close();
    /// assert!(tracker.reopen());
    /// assert!(!tracker.is_closed());
    /// ```
    pub fn reopen(&self) -> bool {
        self.tally.reopen()
    }

    /// True while it is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::task::TaskTracker::new().is_closed());
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.tally.look().is_closed()
    }

    /// How many tasks and tokens there are.
    ///
    /// # Examples
    ///
    /// ```
    /// let tracker = wakeful::task::TaskTracker::new();
    /// let token = tracker.token();
    /// assert_eq!(tracker.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.tally.look().len()
    }

    /// True while there is none, closed or not.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::task::TaskTracker::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Spawns a task on the current runtime, and counts it until it has ended.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let tracker = wakeful::task::TaskTracker::new();
    /// assert_eq!(tracker.spawn(async { 7 }).await.unwrap(), 7);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        crate::task::spawn(self.track_future(task))
    }

    /// Spawns a task on the runtime of `handle`, and counts it until it has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let tracker = wakeful::task::TaskTracker::new();
    /// let task = tracker.spawn_on(async { 7 }, runtime.handle());
    /// assert_eq!(runtime.block_on(task).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&self, task: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle.spawn(self.track_future(task))
    }

    /// Spawns a task on the current [`LocalSet`] or local runtime, and counts it.
    ///
    /// # Panics
    ///
    /// Outside of both.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # let runtime = runtime.unwrap();
    /// let tracker = wakeful::task::TaskTracker::new();
    /// wakeful::task::LocalSet::new().block_on(&runtime, async {
    ///     assert_eq!(tracker.spawn_local(async { 7 }).await.unwrap(), 7);
    /// });
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        crate::task::spawn_local(self.track_future(task))
    }

    /// Spawns a task on a [`LocalSet`], and counts it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # let runtime = runtime.unwrap();
    /// let (tracker, set) = (wakeful::task::TaskTracker::new(), wakeful::task::LocalSet::new());
    /// let task = tracker.spawn_local_on(async { 7 }, &set);
    /// assert_eq!(set.block_on(&runtime, task).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(&self, task: F, local_set: &LocalSet) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        local_set.spawn_local(self.track_future(task))
    }

    /// Runs a closure that blocks on the blocking pool, and counts it until it has returned.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let tracker = wakeful::task::TaskTracker::new();
    /// assert_eq!(tracker.spawn_blocking(|| 7).await.unwrap(), 7);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, task: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        crate::task::spawn_blocking(self.tracked(task))
    }

    /// Runs a closure that blocks on the pool of another runtime, and counts it.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let tracker = wakeful::task::TaskTracker::new();
    /// let task = tracker.spawn_blocking_on(|| 7, runtime.handle());
    /// assert_eq!(runtime.block_on(task).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn_blocking_on<F, T>(&self, task: F, handle: &Handle) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        handle.spawn_blocking(self.tracked(task))
    }

    fn tracked<T, F: FnOnce() -> T>(&self, task: F) -> impl FnOnce() -> T + use<T, F> {
        let token = self.token();
        move || {
            let _token = token;
            task()
        }
    }

    /// Counts a future, until it is dropped. It need not be a task of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let tracker = wakeful::task::TaskTracker::new();
    /// let future = tracker.track_future(async { 7 });
    /// assert_eq!(tracker.len(), 1);
    /// assert_eq!(future.await, 7);
    /// assert!(tracker.is_empty());
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As the future that it wraps.
    pub fn track_future<F: Future>(&self, future: F) -> TrackedFuture<F> {
        TrackedFuture {
            future,
            token: self.token(),
        }
    }

    /// Counts as a task until the token is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let tracker = wakeful::task::TaskTracker::new();
    /// let token = tracker.token();
    /// drop(token);
    /// assert!(tracker.is_empty());
    /// ```
    pub fn token(&self) -> TaskTrackerToken {
        self.tally.enter();
        TaskTrackerToken {
            task_tracker: self.clone(),
        }
    }

    /// True when both are the same tracker.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::TaskTracker;
    ///
    /// let tracker = TaskTracker::new();
    /// assert!(TaskTracker::ptr_eq(&tracker, &tracker.clone()));
    /// ```
    #[must_use]
    pub fn ptr_eq(left: &TaskTracker, right: &TaskTracker) -> bool {
        Arc::ptr_eq(&left.tally, &right.tally)
    }
}

impl Default for TaskTracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for TaskTracker {
    fn clone(&self) -> Self {
        Self {
            tally: Arc::clone(&self.tally),
        }
    }
}

impl fmt::Debug for TaskTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.tally.look();
        f.debug_struct("TaskTracker")
            .field("len", &seen.len())
            .field("is_closed", &seen.is_closed())
            .field("inner", &Arc::as_ptr(&self.tally).cast::<()>())
            .finish()
    }
}

impl TaskTrackerToken {
    /// The tracker that it counts for.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::TaskTracker;
    ///
    /// let tracker = TaskTracker::new();
    /// let token = tracker.token();
    /// assert!(TaskTracker::ptr_eq(token.task_tracker(), &tracker));
    /// ```
    #[must_use]
    pub fn task_tracker(&self) -> &TaskTracker {
        &self.task_tracker
    }
}

impl Clone for TaskTrackerToken {
    fn clone(&self) -> Self {
        self.task_tracker.token()
    }
}

impl Drop for TaskTrackerToken {
    fn drop(&mut self) {
        self.task_tracker.tally.leave();
    }
}
