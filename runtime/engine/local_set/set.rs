//! `LocalSet`, `RunUntil` and the guard: the set as its user holds it. S1 and S2 are in `mod.rs`.

#![expect(unsafe_code, reason = "cancels every task when the set is dropped: S1")]

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Current, Shared};
use crate::engine::config::UnhandledPanic;
use crate::engine::context;
use crate::engine::handle::Id;
use crate::engine::metrics::Counters;
use crate::engine::runtime::Runtime;
use crate::engine::sleeper::Listening;
use crate::engine::task::list::{Inbox, TaskList};
use crate::engine::task::pool::Registry;
use crate::engine::task::{self, Arena, JoinHandle};
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// A set of tasks that stay on this thread, so that they need not be `Send`.
///
/// Its tasks run while the set is awaited, or a future given to [`run_until`](Self::run_until) or
/// [`block_on`](Self::block_on) is. Awaiting the set itself waits for all of its tasks. Dropping it
/// drops them.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use wakeful::task::{self, LocalSet};
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
/// let local = LocalSet::new();
/// local.block_on(&runtime, async {
///     let shared = Rc::new(3);
///     let task = task::spawn_local(async move { *shared * 2 });
///     assert_eq!(task.await.unwrap(), 6);
/// });
/// ```
pub struct LocalSet {
    shared: Arc<Shared>,
    queue: TaskList,
    /// The runtime that ran the set last, and lists it in its dumps.
    listed_by: Cell<Option<Id>>,
    not_send: PhantomData<*mut u8>,
}

/// `spawn_local` goes to a set until this is dropped. Made by [`LocalSet::enter`].
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Builder;
/// use wakeful::task::{LocalSet, spawn_local};
///
/// let runtime = Builder::new_current_thread().build().unwrap();
/// let set = LocalSet::new();
/// let task = {
///     let _guard = set.enter();
///     spawn_local(async { 1 }) // would panic outside of a set
/// };
/// assert_eq!(set.block_on(&runtime, task).unwrap(), 1);
/// ```
#[must_use = "dropping the guard leaves the set again"]
pub struct LocalEnterGuard {
    _current: Current,
    // Neither `Send` nor `Sync`, nor unwind-safe: as tokio's.
    not_send: PhantomData<dyn Unpin>,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

impl LocalSet {
    /// An empty set.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::rc::Rc;
    /// use wakeful::task::LocalSet;
    ///
    /// let set = LocalSet::new();
    /// let text = Rc::new("not Send");
    /// set.spawn_local(async move { assert_eq!(*text, "not Send") });
    /// set.await; // until its tasks have ended
    /// # }
    /// ```
    #[must_use]
    pub fn new() -> Self {
        let shared = Arc::new(Shared {
            inbox: Inbox::new(),
            registry: Registry::default(),
            waiting: Listening::new(true),
            waker: Mutex::new(None),
            arena: Mutex::new(None),
            alive: AtomicUsize::new(0),
            counters: Counters::default(),
            id: Id::next(),
            unhandled_panic: Mutex::new(UnhandledPanic::Ignore),
            panicked: AtomicBool::new(false),
        });
        *shared.arena.lock() = Some(Arena::new(&shared));
        Self {
            shared,
            queue: TaskList::new(),
            listed_by: Cell::new(None),
            not_send: PhantomData,
        }
    }

    /// The set's id, of the same kind as a runtime's, and different from all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::LocalSet;
    ///
    /// assert_ne!(LocalSet::new().id(), LocalSet::new().id());
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.shared.id
    }

    /// What happens when a task of the set panics. By default nothing but that it ends.
    ///
    /// With `UnhandledPanic::ShutdownRuntime` all tasks of the set are dropped, and whoever polls
    /// the set or its `run_until` panics.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// use wakeful::runtime::UnhandledPanic;
    /// use wakeful::task::{self, LocalSet};
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// let mut set = LocalSet::new();
    /// set.unhandled_panic(UnhandledPanic::ShutdownRuntime);
    /// set.spawn_local(async { panic!("boom") });
    /// set.block_on(&runtime, std::future::pending::<()>());
    /// ```
    pub fn unhandled_panic(&mut self, behavior: UnhandledPanic) -> &mut Self {
        *self.shared.unhandled_panic.lock() = behavior;
        self
    }

    /// Makes `spawn_local` on this thread go to this set, until the guard drops. Runs nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let guard = set.enter();
    /// let task = spawn_local(async { 1 });
    /// drop(guard);
    /// assert!(!task.is_finished()); // entering runs nothing
    /// set.await;
    /// assert_eq!(task.await.unwrap(), 1);
    /// # }
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard {
            _current: Current::enter(&self.shared),
            not_send: PhantomData,
        }
    }

    /// Adds a task. It runs when the set is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    /// use wakeful::task::LocalSet;
    ///
    /// let (set, count) = (LocalSet::new(), Rc::new(Cell::new(0)));
    /// for _ in 0..3 {
    ///     let count = Rc::clone(&count);
    ///     set.spawn_local(async move { count.set(count.get() + 1) });
    /// }
    /// set.await;
    /// assert_eq!(count.get(), 3);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.shared.spawn(future, Location::caller())
    }

    /// Runs `future` to its end on `runtime`, and this set's tasks meanwhile.
    ///
    /// # Panics
    ///
    /// As `Runtime::block_on`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use wakeful::runtime::Builder;
    /// use wakeful::task::{LocalSet, spawn_local};
    ///
    /// let runtime = Builder::new_current_thread().build().unwrap();
    /// let answer = LocalSet::new().block_on(&runtime, async {
    ///     let here = Rc::new(42);
    ///     spawn_local(async move { *here }).await.unwrap()
    /// });
    /// assert_eq!(answer, 42);
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &Runtime, future: F) -> F::Output {
        runtime.block_on(self.run_until(future))
    }

    /// Runs this set's tasks until `future` is done.
    ///
    /// # Cancel safety
    ///
    /// The set's tasks stay in it. `future` is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::rc::Rc;
    /// use wakeful::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let here = Rc::new(42);
    /// let answer = set.run_until(async move {
    ///     spawn_local(std::future::pending::<()>()); // not waited for
    ///     spawn_local(async move { *here }).await.unwrap()
    /// });
    /// assert_eq!(answer.await, 42);
    /// # }
    /// ```
    pub fn run_until<F: Future>(&self, future: F) -> RunUntil<'_, F> {
        RunUntil {
            set: self,
            future,
            pinned: PhantomPinned,
        }
    }

    /// Runs queued tasks. True if there may be more.
    fn tick(&self) -> bool {
        let _ = context::with_handle((), |handle, ()| {
            if self.listed_by.replace(Some(handle.id())) != Some(handle.id()) {
                handle.parts().local_sets.add(&self.shared);
            }
        });
        self.check();
        // Taken out: a task may poll this set's futures again from inside.
        let queue = self.queue.take();
        let more = self.shared.tick(&queue);
        queue.append(&self.queue);
        self.queue.append(&queue);
        self.check();
        more
    }

    /// Ends the set, and panics, if one of its tasks has and that is what was asked for.
    #[inline]
    fn check(&self) {
        if self.shared.panicked.load(Relaxed) {
            self.end();
            panic!(
                "a spawned task panicked and the LocalSet is configured to shutdown on unhandled \
                 panic"
            );
        }
    }

    /// Drops all tasks, and lets none in any more.
    fn end(&self) {
        let shared = &self.shared;
        let _current = Current::enter(shared);
        let queue = self.queue.take();
        shared.inbox.close(&queue);
        while let Some(task) = queue.pop_front() {
            task.void();
        }
        let arena = shared.arena.lock().take();
        // SAFETY: T1, S1. We are the only one that ran tasks, both queues are closed, and
        // `spawn` finds no arena.
        unsafe { task::cancel_all(&shared.registry, |_, _| {}) };
        let waker = shared.waker.lock().take();
        drop((arena, waker));
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.set_waker(cx.waker());
        if self.tick() {
            cx.waker().wake_by_ref();
            Poll::Pending
        } else if self.shared.alive.load(Relaxed) == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

pin_project! {
    /// The future of [`LocalSet::run_until`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::LocalSet;
    ///
    /// let set = LocalSet::new();
    /// let task = set.spawn_local(async { 1 });
    /// // The set's tasks run while this one is awaited.
    /// assert_eq!(set.run_until(task).await.unwrap(), 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct RunUntil<'a, F> {
        set: &'a LocalSet,
        #[pin]
        future: F,
        // As the future of tokio's `async fn`.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<F> fmt::Debug for RunUntil<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunUntil").finish_non_exhaustive()
    }
}

impl<F: Future> Future for RunUntil<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.set.shared.set_waker(cx.waker());
        {
            let _current = Current::enter(&this.set.shared);
            if let Poll::Ready(output) = this.future.poll(cx) {
                return Poll::Ready(output);
            }
        }
        if this.set.tick() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        self.end();
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet")
            .field("alive", &self.shared.alive.load(Relaxed))
            .finish_non_exhaustive()
    }
}
