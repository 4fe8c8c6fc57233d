//! A set of tasks, joined in the order in which they complete.
//!
//! Each task in the set has a `Finished` waker of its own as its join waker. When the task
//! completes, that waker puts the task's key into the set's inbox and wakes whoever waits for the
//! set; so a completion costs the same however many tasks there are, and nobody looks at tasks that
//! still run.
//!
//! ```text
//!  task completes --> Finished: key --> inbox --> poll_join_next: entry taken out, its output read
//! ```
//!
//! A key in the inbox is a hint. A stale one, of an entry that is gone, finds nothing, or the key's
//! next owner still running, which is then left to its own waker.

mod builder;
mod futures;
mod inbox;
mod spawning;
#[cfg(all(test, not(loom)))]
mod tests;

pub use builder::Builder;
pub use futures::{JoinAll, JoinNext, JoinNextWithId, Shutdown};

use std::fmt;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use slab::Slab;

use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::task::{AbortHandle, Id, JoinError, JoinHandle};
use inbox::{Finished, Inbox};

/// A collection of tasks that return the same type.
///
/// Tasks run from the moment they are spawned. [`join_next`](JoinSet::join_next) hands their
/// results out one by one, in the order in which they complete. Dropping the set aborts every task
/// still in it.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::task::JoinSet;
///
/// let mut set = JoinSet::new();
/// for i in 0..10 {
///     set.spawn(async move { i * i });
/// }
///
/// let mut sum = 0;
/// while let Some(result) = set.join_next().await {
///     sum += result.unwrap();
/// }
/// assert_eq!(sum, 285);
/// # });
/// ```
#[must_use = "dropping the set aborts its tasks"]
pub struct JoinSet<T> {
    entries: Slab<JoinHandle<T>>,
    inbox: Arc<Inbox>,
    /// How many keys the inbox holds without allocating.
    inbox_capacity: usize,
    /// tokio's set is not unwind-safe, and so this is not: a set is changed in steps.
    not_unwind_safe: PhantomData<dyn Send + Sync + Unpin>,
}

impl<T> JoinSet<T> {
    /// Creates an empty set.
    ///
    /// # Examples
    ///
    /// ```
    /// let set = wakeful::task::JoinSet::<u32>::new();
    /// assert!(set.is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            entries: Slab::new(),
            inbox: Arc::default(),
            inbox_capacity: 0,
            not_unwind_safe: PhantomData,
        }
    }

    /// How many tasks are in the set: those that run, and those nobody has joined yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// wakeful::task::yield_now().await;
    /// assert_eq!(set.len(), 1); // it has ended, and nobody has joined it
    /// set.join_next().await;
    /// assert_eq!(set.len(), 0);
    /// # }
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if no task is in the set.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// while !set.is_empty() {
    ///     assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
    /// }
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T: 'static> JoinSet<T> {
    /// Makes the task of `handle` a member.
    fn insert(&mut self, handle: JoinHandle<T>) -> AbortHandle {
        let abort = handle.abort_handle();
        if self.entries.len() == self.inbox_capacity {
            // A waker must not allocate, so the inbox grows here.
            self.inbox_capacity = (self.inbox_capacity * 2).max(4);
            self.inbox.reserve(self.inbox_capacity);
        }
        let vacant = self.entries.vacant_entry();
        let waker = Waker::from(Arc::new(Finished {
            key: vacant.key(),
            inbox: Arc::clone(&self.inbox),
        }));
        let running = handle.set_waker(&waker);
        vacant.insert(handle);
        if !running {
            waker.wake();
        }
        abort
    }

    /// Waits until a task of the set completes, and returns its result; `None` if the set is empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Dropping the future takes no task out of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { "done" });
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), "done");
    /// assert!(set.join_next().await.is_none());
    /// # });
    /// ```
    #[track_caller]
    pub fn join_next(&mut self) -> JoinNext<'_, T> {
        let site = Site::here();
        let pinned = PhantomPinned;
        JoinNext {
            set: self,
            site,
            pinned,
        }
    }

    /// Waits until a task of the set completes, and returns its id and result; `None` if the set is
    /// empty. The id of a task that failed is in its [`JoinError`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Dropping the future takes no task out of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::collections::HashMap;
    ///
    /// let (mut set, mut names) = (wakeful::task::JoinSet::new(), HashMap::new());
    /// names.insert(set.spawn(async { 1 }).id(), "one");
    /// names.insert(set.spawn(async { panic!("no") }).id(), "panics");
    /// while let Some(result) = set.join_next_with_id().await {
    ///     match result {
    ///         Ok((id, _)) => assert_eq!(names[&id], "one"),
    ///         Err(error) => assert_eq!(names[&error.id()], "panics"),
    ///     }
    /// }
    /// # }
    /// ```
    #[track_caller]
    pub fn join_next_with_id(&mut self) -> JoinNextWithId<'_, T> {
        let site = Site::here();
        let pinned = PhantomPinned;
        JoinNextWithId {
            set: self,
            site,
            pinned,
        }
    }

    /// The result of a task that has completed; `None` if there is none yet, or the set is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// assert!(set.try_join_next().is_none()); // it has not run yet
    /// wakeful::task::yield_now().await;
    /// assert_eq!(set.try_join_next().unwrap().unwrap(), 1);
    /// # }
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.take_finished().map(|(_, result)| result)
    }

    /// The id and result of a task that has completed; `None` if there is none yet, or the set is
    /// empty. The id of a task that failed is in its [`JoinError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// let id = set.spawn(async { 1 }).id();
    /// assert!(set.try_join_next_with_id().is_none()); // it has not run yet
    /// wakeful::task::yield_now().await;
    /// assert_eq!(set.try_join_next_with_id().unwrap().unwrap(), (id, 1));
    /// # }
    /// ```
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.take_finished().map(with_id)
    }

    /// Aborts all tasks and waits until they have ended. Panics in them are ignored.
    ///
    /// Afterwards the set is empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: tasks that have not ended are still in the set, aborted.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// let handle = set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(set.is_empty() && handle.is_finished());
    /// # }
    /// ```
    #[track_caller]
    pub fn shutdown(&mut self) -> Shutdown<'_, T> {
        Shutdown {
            set: self,
            aborted: false,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Waits for all tasks and returns their outputs in the order in which they completed.
    ///
    /// # Panics
    ///
    /// When a task panicked, with its payload, and when a task was aborted. The tasks that remain
    /// are aborted.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: outputs already collected are lost, and the remaining tasks are aborted.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use wakeful::task::JoinSet;
    ///
    /// let set: JoinSet<u32> = (0..3).map(|i| async move { i }).collect();
    /// assert_eq!(set.join_all().await, [0, 1, 2]);
    /// # });
    /// ```
    #[track_caller]
    pub fn join_all(self) -> JoinAll<T> {
        JoinAll {
            outputs: Vec::with_capacity(self.len()),
            set: self,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Aborts all tasks. They stay in the set until they are joined.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// while let Some(result) = set.join_next().await {
    ///     assert!(result.unwrap_err().is_cancelled());
    /// }
    /// # }
    /// ```
    pub fn abort_all(&mut self) {
        self.abort_running();
    }

    /// Takes all tasks out of the set. They go on running.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, receiver) = oneshot::channel();
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { sender.send("done").unwrap() });
    /// set.detach_all();
    /// drop(set); // aborts nothing
    /// assert_eq!(receiver.await, Ok("done"));
    /// # }
    /// ```
    pub fn detach_all(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        self.inbox.state.lock().finished.clear();
        drop(entries);
    }

    /// Polls for a task of the set that has completed, and takes it out.
    ///
    /// `Ready(None)` if the set is empty. When `Pending`, the waker of `cx` is woken once a task
    /// completes; a later call with another waker replaces it. `Pending` also when the
    /// cooperative budget is used up.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::poll_fn;
    ///
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// let first = poll_fn(|cx| set.poll_join_next(cx)).await;
    /// assert_eq!(first.unwrap().unwrap(), 1);
    /// assert!(poll_fn(|cx| set.poll_join_next(cx)).await.is_none());
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_next(cx, Site::here())
            .map(|joined| joined.map(|(_, result)| result))
    }

    /// As [`poll_join_next`](JoinSet::poll_join_next), with the task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::poll_fn;
    ///
    /// let mut set = wakeful::task::JoinSet::new();
    /// let id = set.spawn(async { 1 }).id();
    /// let first = poll_fn(|cx| set.poll_join_next_with_id(cx)).await;
    /// assert_eq!(first.unwrap().unwrap(), (id, 1));
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_next(cx, Site::here())
            .map(|joined| joined.map(with_id))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        site: Site,
    ) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        let spent = ready!(budget::poll_proceed(cx));
        loop {
            if let Some(joined) = self.take_finished() {
                spent.made_progress();
                return Poll::Ready(Some(joined));
            }
            if self.inbox.wait(cx.waker()) {
                leaf::waiting(cx, Kind::Join, Arc::as_ptr(&self.inbox).addr(), site);
                return Poll::Pending;
            }
        }
    }

    /// Takes the task that completed first out of the set.
    fn take_finished(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        loop {
            let key = self.inbox.pop()?;
            if !self.entries.get(key).is_some_and(JoinHandle::is_finished) {
                continue;
            }
            let mut handle = self.entries.remove(key);
            // Whoever waits for the set has paid for this.
            let _unlimited = budget::lift();
            let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(result) = polled else {
                unreachable!("a finished task has its result")
            };
            return Some((handle.id(), result));
        }
    }
}

impl<T> JoinSet<T> {
    fn abort_running(&self) {
        for (_, handle) in &self.entries {
            handle.abort();
        }
    }
}

fn with_id<T>((id, result): (Id, Result<T, JoinError>)) -> Result<(Id, T), JoinError> {
    result.map(|output| (id, output))
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        // First: what the abort ends wakes nobody, for nobody waits any longer.
        let _waiting = self.inbox.state.lock().waiting.take();
        self.abort_running();
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
