//! `Handle`: a runtime as everybody but its owner sees it.

use std::fmt;
use std::future::Future;
use std::mem;
use std::num::NonZeroU64;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

use super::blocking::{self, tasks::Tasks};
use super::context;
use super::dump::{self, Dump};
use super::local_set::Sets;
use super::main_future::{Main, MainFuture};
use super::metrics::{Counter, RuntimeMetrics};
use super::task::{self, JoinHandle};
use super::{driver, local, park, stealing};
use crate::seed::Seeds;

/// A future larger than this is boxed before it is spawned: moving it around on the stack would
/// cost more than the allocation, and may not fit a small stack. Debug builds copy more often.
pub(crate) const BOX_ABOVE_BYTES: usize = if cfg!(debug_assertions) {
    2 * 1024
} else {
    16 * 1024
};

/// Which scheduler a runtime has.
///
/// # Examples
///
/// ```
/// # #[wakeful::main]
/// # async fn main() {
/// use wakeful::runtime::{Handle, RuntimeFlavor};
///
/// match Handle::current().runtime_flavor() {
///     RuntimeFlavor::MultiThread => wakeful::task::block_in_place(|| println!("takes long")),
///     _ => panic!("`#[wakeful::main]` makes a work-stealing one"),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// One thread: the one inside `block_on`.
    CurrentThread,
    /// Several threads that steal work from each other.
    MultiThread,
}

/// Names a runtime among those of the process.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
/// use wakeful::runtime::{Builder, Handle};
///
/// let mut names = HashMap::new();
/// let runtime = Builder::new_current_thread().build().unwrap();
/// names.insert(runtime.handle().id(), "requests");
/// runtime.block_on(async { assert_eq!(names[&Handle::current().id()], "requests") });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Relaxed);
        Self(NonZeroU64::new(id).expect("2^64 runtimes were not built"))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone)]
pub(crate) enum Scheduler {
    Local(Arc<local::Shared>),
    Stealing(Arc<stealing::Shared>),
}

pub(crate) struct Parts {
    pub(crate) scheduler: Scheduler,
    pub(crate) driver: Arc<driver::Handle>,
    pub(crate) pool: Arc<blocking::Pool>,
    pub(crate) blocking_tasks: Arc<Tasks>,
    pub(crate) records: dump::Records,
    pub(crate) local_sets: Sets,
    pub(crate) id: Id,
    pub(crate) name: Option<String>,
    /// Polls cut short because the task's budget was used up.
    pub(crate) forced_yields: Counter,
}

/// A counted reference to a runtime, for spawning onto it and looking into it.
///
/// It does not keep the runtime running: once the [`Runtime`](super::runtime::Runtime) is dropped,
/// what is spawned is cancelled at once.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, Handle};
///
/// let runtime = Builder::new_current_thread().build().unwrap();
/// let handle: Handle = runtime.handle().clone();
/// let task = handle.spawn(async { 1 + 1 });
/// assert_eq!(runtime.block_on(task).unwrap(), 2);
/// ```
#[derive(Clone)]
pub struct Handle {
    parts: Arc<Parts>,
}

// What a panic may leave half-done behind a handle is ours, and made to bear it (T1 to T4).
impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

#[track_caller]
fn wait_for<F: Future>(future: F) -> F::Output {
    let mut main = pin!(MainFuture::new(future));
    park::block_on(main.as_mut() as Main<'_>);
    main.into_output()
}

impl Handle {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
        }
    }

    pub(crate) fn downgrade(&self) -> WeakHandle {
        WeakHandle(Arc::downgrade(&self.parts))
    }

    /// The single-threaded scheduler, if it is that.
    pub(crate) fn local(&self) -> Option<&Arc<local::Shared>> {
        match &self.parts.scheduler {
            Scheduler::Local(shared) => Some(shared),
            Scheduler::Stealing(_) => None,
        }
    }

    pub(crate) fn seeds(&self) -> Option<&Seeds> {
        let config = match &self.parts.scheduler {
            Scheduler::Local(shared) => &shared.config,
            Scheduler::Stealing(shared) => shared.config(),
        };
        config.seeds.as_deref()
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn driver(&self) -> &Arc<driver::Handle> {
        &self.parts.driver
    }

    /// Starts a task on the runtime.
    ///
    /// It begins to run whether or not the handle is awaited. On a runtime that is shut down the
    /// future is dropped and the handle gives a cancelled error.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// let handle = runtime.handle().clone();
    /// let task = handle.spawn(async { 1 });
    /// assert_eq!(runtime.block_on(task).unwrap(), 1);
    ///
    /// drop(runtime);
    /// let late = handle.spawn(async { 1 });
    /// assert!(late.is_finished()); // cancelled
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned = Location::caller();
        // Here and not further in: a debug build copies the future at every call.
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return self.spawn_unsend(Box::pin(future), spawned);
        }
        self.spawn_unsend(future, spawned)
    }

    /// As `spawn`. That the future may go to other threads if they run tasks is the caller's to
    /// know, and to box what is large.
    #[inline]
    pub(crate) fn spawn_unsend<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output> {
        let mut future = Some(future);
        match self.try_spawn(&mut future, spawned) {
            Some(handle) => handle,
            None => refused(future, spawned),
        }
    }

    /// Spawns the future that is there, or leaves it there if the runtime is shut down.
    #[inline]
    fn try_spawn<F: Future + 'static>(
        &self,
        future: &mut Option<F>,
        spawned: &'static Location<'static>,
    ) -> Option<JoinHandle<F::Output>> {
        match &self.parts.scheduler {
            Scheduler::Local(shared) => shared.spawn(future, spawned),
            Scheduler::Stealing(shared) => shared.spawn(future, spawned),
        }
    }

    /// Runs `f` on a thread kept for calls that block.
    ///
    /// Aborting has an effect only before it starts. While it waits or runs, a paused clock does
    /// not advance on its own.
    ///
    /// # Panics
    ///
    /// If the system refuses the pool's first thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::Handle;
    ///
    /// let sum = Handle::current().spawn_blocking(|| (1..=1_000_000_u64).sum::<u64>());
    /// assert_eq!(sum.await.unwrap(), 500_000_500_000);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        match self.spawn_call(f, false, Location::caller()) {
            Ok(handle) | Err(handle) => handle,
        }
    }

    /// As `spawn_blocking`; a `mandatory` call runs although the runtime shuts down first.
    ///
    /// # Errors
    ///
    /// The runtime is shut down already. The handle says that the call was cancelled.
    #[track_caller]
    pub(crate) fn spawn_call<F, R>(
        &self,
        f: F,
        mandatory: bool,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<R>, JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let parts = &self.parts;
        let time_stands = parts.driver.time().map(|time| time.inhibit_auto_advance());
        parts
            .blocking_tasks
            .spawn(&parts.pool, f, mandatory, time_stands, spawned)
    }

    /// Blocks this thread until `future` is done.
    ///
    /// It runs nothing else: on a single-threaded runtime tasks, I/O and timers make progress only
    /// while some thread is inside `Runtime::block_on`.
    ///
    /// # Panics
    ///
    /// On a thread that is running async tasks already.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main]
    /// # async fn main() {
    /// use wakeful::runtime::Handle;
    /// use wakeful::task::spawn_blocking;
    ///
    /// let handle = Handle::current();
    /// // A closure that blocks, and has to wait for something async.
    /// let task = spawn_blocking(move || handle.block_on(wakeful::spawn(async { 1 })).unwrap());
    /// assert_eq!(task.await.unwrap(), 1);
    /// # }
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _running = context::start_running(self);
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return wait_for(Box::pin(future));
        }
        wait_for(future)
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        match &self.parts.scheduler {
            Scheduler::Local(shared) => shared.is_shut_down(),
            Scheduler::Stealing(shared) => shared.is_shut_down(),
        }
    }

    /// Which scheduler the runtime has.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::{Handle, RuntimeFlavor};
    ///
    /// assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
    /// # }
    /// ```
    #[must_use]
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match &self.parts.scheduler {
            Scheduler::Local(_) => RuntimeFlavor::CurrentThread,
            Scheduler::Stealing(_) => RuntimeFlavor::MultiThread,
        }
    }

    /// The runtime's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::{Builder, Handle};
    ///
    /// let other = Builder::new_current_thread().build().unwrap();
    /// assert_ne!(Handle::current().id(), other.handle().id());
    /// # other.shutdown_background();
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.parts.id
    }

    /// The name given with `Builder::name`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let named = Builder::new_current_thread().name("requests").build().unwrap();
    /// assert_eq!(named.handle().name(), Some("requests"));
    /// let other = Builder::new_current_thread().build().unwrap();
    /// assert_eq!(other.handle().name(), None);
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parts.name.as_deref()
    }

    /// A view of what the runtime counts.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let metrics = wakeful::runtime::Handle::current().metrics();
    /// let before = metrics.num_alive_tasks();
    /// let _task = wakeful::spawn(std::future::pending::<()>());
    /// assert_eq!(metrics.num_alive_tasks(), before + 1);
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics::new(self.clone())
    }

    /// Every live task: its id, state, what it waits for and where, who holds the lock it waits
    /// for, and where it was spawned. Tasks that wait for each other, and tasks that nobody can
    /// wake any more, are told.
    ///
    /// It only reads. It polls nothing, takes no lock that a task holds, and works from any thread
    /// while workers are busy or stuck. Tasks change while it reads, so it shows each task at some
    /// moment of the call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// wakeful::task::yield_now().await;
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// assert!(dump.tasks().any(|entry| entry.id() == task.id()));
    /// println!("{dump}");
    /// # });
    /// ```
    #[must_use]
    pub fn dump(&self) -> Dump {
        dump::dump(self)
    }
}

/// A handle that does not keep its runtime's memory.
pub(crate) struct WeakHandle(Weak<Parts>);

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.0.upgrade().map(|parts| Handle { parts })
    }
}

/// Spawns onto the runtime this thread is in.
#[track_caller]
#[inline]
pub(crate) fn spawn_here<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    let spawned = Location::caller();
    // Here, and not in the closure, so that it moves only once, and is dropped outside of the
    // borrow that `with_current` holds.
    let mut future = Some(future);
    match context::with_current(|handle| handle.try_spawn(&mut future, spawned)) {
        Some(Some(handle)) => {
            // It has been moved out, which the compiler does not know.
            mem::forget(future);
            handle
        }
        Some(None) => refused(future, spawned),
        None => panic!("{}", context::NO_RUNTIME),
    }
}

/// Drops a future that came too late, and gives a handle that says so.
#[cold]
fn refused<F: Future>(
    future: Option<F>,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    let future = future.expect("a future that was refused is still there");
    task::allocate_cancelled::<F, local::Shared>(future, spawned)
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.parts.id)
            .field("flavor", &self.runtime_flavor())
            .finish()
    }
}

impl futures_task::Spawn for Handle {
    #[track_caller]
    fn spawn_obj(
        &self,
        future: futures_task::FutureObj<'static, ()>,
    ) -> Result<(), futures_task::SpawnError> {
        drop(self.spawn(future));
        Ok(())
    }
}
