//! Tasks that end together.
//!
//! ```text
//!   TaskGroup --> handles, in the order of spawning
//!      |              |
//!      +---> Shared <-+-- Member (in each task): runs the future until the token is canceled,
//!            token, first   and cancels it when the future fails
//! ```
//!
//! A failure takes effect where it happens, in the task, whether anybody waits for the group or
//! not. Absent: futures that borrow from outside of the task. A task may outlive whoever leaks the
//! group, so what it borrows would have to be `'static` all the same.

mod error;
mod member;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::runtime::Handle;
use crate::sync::CancellationToken;
use crate::task::{JoinError, JoinHandle};
use member::{Member, Shared};

pub use error::TaskGroupError;

/// The number of the body of `run` among the members.
const BODY: usize = usize::MAX;

/// A group of tasks that succeed together or are stopped together.
///
/// Each task returns a `Result<T, E>`. When one returns `Err` or panics, the group is canceled: the
/// others are dropped at their next poll, closures that block and have not begun do not begin, and
/// [`token`](Self::token) is canceled, so that running closures can see it. [`join`](Self::join)
/// waits until every task has ended, and gives the values in the order of spawning, or the first
/// failure. Dropping the group cancels it, and does not wait.
///
/// Results are kept until `join`: for tasks without end, use a
/// [`TaskTracker`](crate::task::TaskTracker).
///
/// # Examples
///
/// ```
/// use wakeful::task::{TaskGroup, TaskGroupError};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut group = TaskGroup::<u32, String>::new();
/// for number in 1..=3 {
///     group.spawn(async move { Ok(number * number) });
/// }
/// assert_eq!(group.join().await.unwrap(), [1, 4, 9]);
///
/// let mut group = TaskGroup::<u32, String>::new();
/// group.spawn(std::future::pending());
/// group.spawn(async { Err("no".to_string()) });
/// let Err(TaskGroupError::Failed(error)) = group.join().await else {
///     unreachable!();
/// };
/// assert_eq!(error, "no");
/// # });
/// ```
#[must_use = "dropping the group cancels its tasks"]
pub struct TaskGroup<T, E> {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Option<Result<T, E>>>>,
}

impl<T, E> TaskGroup<T, E> {
    /// Makes an empty group.
    ///
    /// # Examples
    ///
    /// ```
    /// let group = wakeful::task::TaskGroup::<(), ()>::new();
    /// assert!(group.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::over(CancellationToken::new())
    }

    /// Makes an empty group that is canceled with `parent`. Its failures leave the parent alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    /// use wakeful::task::TaskGroup;
    ///
    /// let parent = CancellationToken::new();
    /// let group = TaskGroup::<(), ()>::child_of(&parent);
    /// parent.cancel();
    /// assert!(group.token().is_cancelled());
    /// ```
    pub fn child_of(parent: &CancellationToken) -> Self {
        Self::over(parent.child_token())
    }

    fn over(token: CancellationToken) -> Self {
        Self {
            shared: Shared::new(token),
            tasks: Vec::new(),
        }
    }

    /// The token that is canceled when the group is: by a failure, by [`cancel`](Self::cancel), or
    /// by dropping the group.
    ///
    /// Clone it for closures that block, and for other tasks that are to know. Canceling it cancels
    /// the group; make a [child](CancellationToken::child_token) to be canceled alone.
    ///
    /// # Examples
    ///
    /// ```
    /// let group = wakeful::task::TaskGroup::<(), ()>::new();
    /// let token = group.token().clone();
    /// drop(group);
    /// assert!(token.is_cancelled());
    /// ```
    pub fn token(&self) -> &CancellationToken {
        &self.shared.token
    }

    /// Stops all tasks. [`join`](Self::join) then gives [`TaskGroupError::Cancelled`], unless all
    /// tasks had succeeded, or one failed before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::{TaskGroup, TaskGroupError};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut group = TaskGroup::<(), ()>::new();
    /// group.spawn(std::future::pending());
    /// group.cancel();
    /// assert!(matches!(group.join().await, Err(TaskGroupError::Cancelled)));
    /// # });
    /// ```
    pub fn cancel(&self) {
        self.shared.token.cancel();
    }

    /// How many tasks were spawned into the group.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wakeful::task::TaskGroup::<(), ()>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// True while no task was spawned.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::task::TaskGroup::<(), ()>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits until every task has ended. The values come in the order of spawning.
    ///
    /// # Errors
    ///
    /// The first failure, see [`TaskGroupError`]. Values of tasks that succeeded are dropped then.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the group, which cancels the tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut group = wakeful::task::TaskGroup::<&str, ()>::new();
    /// group.spawn_blocking(|| Ok("one"));
    /// group.spawn(async { Ok("two") });
    /// assert_eq!(group.join().await.unwrap(), ["one", "two"]);
    /// # });
    /// ```
    pub fn join(self) -> JoinGroup<T, E> {
        JoinGroup {
            values: Vec::with_capacity(self.tasks.len()),
            failure: None,
            next: 0,
            group: self,
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> TaskGroup<T, E> {
    /// Spawns a task of the group on the current runtime. In a group that is canceled, the future
    /// is dropped without being polled.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut group = wakeful::task::TaskGroup::<u32, ()>::new();
    /// group.spawn(async { Ok(7) });
    /// assert_eq!(group.join().await.unwrap(), [7]);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F)
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let member = Member::new(self.tasks.len(), Arc::clone(&self.shared), future);
        self.tasks.push(crate::task::spawn(member));
    }

    /// Spawns a task of the group on the runtime of `handle`.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let mut group = wakeful::task::TaskGroup::<u32, ()>::new();
    /// group.spawn_on(async { Ok(7) }, runtime.handle());
    /// assert_eq!(runtime.block_on(group.join()).unwrap(), [7]);
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle)
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let member = Member::new(self.tasks.len(), Arc::clone(&self.shared), future);
        self.tasks.push(handle.spawn(member));
    }

    /// Runs a closure of the group on the blocking pool.
    ///
    /// Nothing stops a closure that runs. A long one looks at a clone of [`token`](Self::token).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut group = wakeful::task::TaskGroup::<(), &str>::new();
    /// let token = group.token().clone();
    /// group.spawn_blocking(move || {
    ///     while !token.is_cancelled() {
    ///         std::thread::yield_now();
    ///     }
    ///     Ok(())
    /// });
    /// group.spawn(async { Err("stop") });
    /// assert!(group.join().await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F)
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        let (number, shared) = (self.tasks.len(), Arc::clone(&self.shared));
        let task = crate::task::spawn_blocking(move || shared.run(number, f));
        self.tasks.push(task);
    }

    /// Runs `body` with a new group, and waits for the body and all tasks that it spawned.
    ///
    /// The body counts as a member: if it returns `Err`, the tasks are canceled; if a task fails,
    /// the body is dropped at the point where it waits. Gives what the body returned, and the
    /// values of the tasks in the order of spawning.
    ///
    /// # Errors
    ///
    /// The first failure, see [`TaskGroupError`].
    ///
    /// # Panics
    ///
    /// When the body panics. The tasks are canceled then, and not waited for.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future cancels the tasks and drops the body.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::TaskGroup;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let ended = TaskGroup::<u32, String>::run(async |group| {
    ///     for number in 1..=3 {
    ///         group.spawn(async move { Ok(number) });
    ///     }
    ///     Ok("spawned")
    /// });
    /// assert_eq!(ended.await.unwrap(), ("spawned", vec![1, 2, 3]));
    /// # });
    /// ```
    pub async fn run<B, R>(body: B) -> Result<(R, Vec<T>), TaskGroupError<E>>
    where
        B: AsyncFnOnce(&mut Self) -> Result<R, E>,
    {
        let mut group = Self::new();
        let shared = Arc::clone(&group.shared);
        let outcome = shared.token.run_until_cancelled(body(&mut group)).await;
        if matches!(outcome, Some(Err(_))) {
            shared.fail(BODY);
        }
        let values = group.join().await;
        match outcome {
            Some(Err(error)) if shared.is_first(BODY) => Err(TaskGroupError::Failed(error)),
            Some(Ok(output)) => Ok((output, values?)),
            _ => Err(values.err().unwrap_or(TaskGroupError::Cancelled)),
        }
    }
}

impl<T, E> Default for TaskGroup<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> Drop for TaskGroup<T, E> {
    fn drop(&mut self) {
        self.shared.token.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl<T, E> fmt::Debug for TaskGroup<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup")
            .field("len", &self.len())
            .field("is_cancelled", &self.shared.token.is_cancelled())
            .finish()
    }
}

/// Waits for all tasks of a group; made by [`TaskGroup::join`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::time::Duration;
/// use wakeful::task::{TaskGroup, TaskGroupError};
/// use wakeful::time::timeout;
///
/// let mut group = TaskGroup::<(), &str>::new();
/// group.spawn(std::future::pending());
/// // Giving up the wait cancels the tasks of the group.
/// assert!(timeout(Duration::from_millis(1), group.join()).await.is_err());
///
/// let mut group = TaskGroup::<(), &str>::new();
/// group.spawn(std::future::pending());
/// group.spawn(async { Err("no") });
/// assert!(matches!(group.join().await, Err(TaskGroupError::Failed("no"))));
/// # }
/// ```
#[must_use = "dropping it cancels the tasks of the group"]
pub struct JoinGroup<T, E> {
    group: TaskGroup<T, E>,
    /// The task that is awaited. Those before it have ended.
    next: usize,
    values: Vec<T>,
    failure: Option<TaskGroupError<E>>,
}

// Nothing is pinned: the tasks are elsewhere.
impl<T, E> Unpin for JoinGroup<T, E> {}

impl<T, E> JoinGroup<T, E> {
    fn take(&mut self, number: usize, ended: Result<Option<Result<T, E>>, JoinError>) {
        let is_first = self.group.shared.is_first(number);
        let failure = match ended {
            Ok(Some(Ok(value))) => return self.values.push(value),
            Ok(Some(Err(error))) if is_first => TaskGroupError::Failed(error),
            Err(error) if is_first && error.is_panic() => TaskGroupError::Panicked(error),
            // It came later, or was stopped.
            _ if self.failure.is_some() => return,
            _ => TaskGroupError::Cancelled,
        };
        self.failure = Some(failure);
    }
}

impl<T, E> Future for JoinGroup<T, E> {
    type Output = Result<Vec<T>, TaskGroupError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some(task) = this.group.tasks.get_mut(this.next) {
            let ended = ready!(Pin::new(task).poll(cx));
            this.take(this.next, ended);
            this.next += 1;
        }
        Poll::Ready(match this.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(std::mem::take(&mut this.values)),
        })
    }
}

impl<T, E> fmt::Debug for JoinGroup<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinGroup")
            .field("group", &self.group)
            .field("ended", &self.next)
            .finish_non_exhaustive()
    }
}
