//! `LocalSet`: tasks that stay on one thread, inside somebody else's future.
//!
//! ```text
//!  block_on / a LocalRuntime's task / any executor
//!      polls --> LocalSet or RunUntil --tick--> run, run, ... (61 at most, then Pending and woken)
//!                   ^                             |
//!                   +-- waker <--- inbox <--------+ wake, abort, spawn_local: from any thread
//! ```
//!
//! It is a scheduler like `local.rs` without a driver: where that sleeps, this one returns
//! `Pending`. Every wake takes the inbox, so there is one way in.
//!
//! - **S1** Only `tick` and `drop` touch futures, and `LocalSet` does not leave its thread.
//! - **S2** `schedule` pushes, then looks at `notified`; `tick` clears `notified`, then looks at
//!   the inbox (a Dekker pair of fences). So a pushed task has woken the set's poller or is seen.

#![expect(unsafe_code, reason = "cancels every task when the set is dropped: S1")]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::config::{EVENT_INTERVAL, UnhandledPanic};
use super::context;
use super::handle::Id;
use super::metrics::Counters;
use super::runtime::Runtime;
use super::task::list::{Inbox, TaskList};
use super::task::pool::{self, Registry};
use super::task::{self, Arena, Header, JoinHandle, Owner, Polled, Runnable, Schedule};
use crate::primitives::Mutex;
use crate::primitives::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    fence,
};

pub(crate) struct Shared {
    inbox: Inbox,
    registry: Registry,
    /// The poller has been woken since the last tick, or a tick is under way (S2).
    notified: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Where tasks are made. Moves to the thread-local during a tick; `None` after the end.
    arena: Mutex<Option<Box<Arena>>>,
    /// Tasks that are not done. Only the set's thread writes it.
    alive: AtomicUsize,
    counters: Counters,
    id: Id,
    unhandled_panic: Mutex<UnhandledPanic>,
    /// A task has panicked, and the set is to end with it.
    panicked: AtomicBool,
}

/// The sets that a runtime's threads have run, for its dumps.
#[derive(Default)]
pub(crate) struct Sets(Mutex<Vec<Weak<Shared>>>);

impl Sets {
    fn add(&self, set: &Arc<Shared>) {
        let mut sets = self.0.lock();
        // Those that are gone, and this one if it was here before.
        sets.retain(|other| other.strong_count() > 0 && !ptr::eq(other.as_ptr(), Arc::as_ptr(set)));
        sets.push(Arc::downgrade(set));
    }

    /// Shows each set's registry, and the task it is polling.
    pub(crate) fn visit(&self, mut f: impl FnMut(&Registry, *const Header)) {
        let sets: Vec<_> = self.0.lock().iter().filter_map(Weak::upgrade).collect();
        for set in &sets {
            f(&set.registry, set.counters.running());
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

impl Owner for Shared {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Shared {
    fn schedule(&self, task: Runnable) {
        match self.inbox.push(task) {
            Ok(()) => self.notify(),
            // The set is dropped, and found the task without us.
            Err(task) => task.void(),
        }
    }

    fn is_current(&self) -> bool {
        pool::is_local(self)
    }

    // `tick` holds an `Arc` of us.
    const TOLD_OF_PANICS: bool = true;

    fn panicked(&self) {
        if self.unhandled_panic.lock().shuts_down() {
            self.panicked.store(true, Relaxed);
        }
    }
}

impl Shared {
    fn notify(&self) {
        // S2. Pairs with the fence in `tick`.
        fence(SeqCst);
        if !self.notified.swap(true, Relaxed) {
            let waker = self.waker.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn set_waker(&self, waker: &Waker) {
        let is_same = self
            .waker
            .lock()
            .as_ref()
            .is_some_and(|old| old.will_wake(waker));
        if !is_same {
            let new = Some(waker.clone());
            let old = mem::replace(&mut *self.waker.lock(), new);
            drop(old);
        }
    }

    fn spawn<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output> {
        let (task, handle) = if pool::is_local(self) {
            pool::with_local(|arena| task::allocate::<F, Self>(arena, None, future, spawned))
        } else {
            let arena = self.arena.lock();
            let Some(arena) = &*arena else {
                drop(arena);
                return task::allocate_cancelled::<F, Self>(future, spawned);
            };
            task::allocate::<F, Self>(arena, None, future, spawned)
        };
        self.alive.fetch_add(1, Relaxed);
        self.schedule(task);
        handle
    }

    /// Runs what is queued, for a while. True if there may be more.
    fn tick(self: &Arc<Self>, queue: &mut TaskList) -> bool {
        let _current = Current::enter(self);
        let _seat = Seat::take(self);
        self.notified.store(true, Relaxed);
        for _ in 0..EVENT_INTERVAL {
            let next = queue.pop_front().or_else(|| {
                self.inbox.collect(queue);
                queue.pop_front()
            });
            let Some(task) = next else { break };
            self.counters.begin_poll(task.as_ptr());
            let polled = task.run();
            self.counters.end_poll();
            match polled {
                Err(again) => queue.push_back(again),
                Ok(Polled::Done) => drop(self.alive.fetch_sub(1, Relaxed)),
                Ok(_) => {}
            }
            if self.panicked.load(Relaxed) {
                break;
            }
        }
        self.notified.store(false, Relaxed);
        // S2. Pairs with the fence in `notify`.
        fence(SeqCst);
        !queue.is_empty() || !self.inbox.is_empty()
    }
}

/// The set's arena is this thread's, until the guard drops.
struct Seat<'a> {
    shared: &'a Shared,
    outer: Option<Box<Arena>>,
}

impl<'a> Seat<'a> {
    /// `None` if this thread has it: one of the set's tasks polls the set.
    fn take(shared: &'a Shared) -> Option<Self> {
        if pool::is_local(shared) {
            return None;
        }
        let arena = shared.arena.lock().take();
        Some(Self {
            shared,
            outer: pool::install(arena),
        })
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let arena = pool::install(self.outer.take());
        *self.shared.arena.lock() = arena;
    }
}

/// `spawn_local` goes to this set, until the guard drops.
struct Current(Option<Arc<Shared>>);

impl Current {
    fn enter(shared: &Arc<Shared>) -> Self {
        // A set in a thread-local may go after ours: then nothing spawns into it any more.
        let enter = |current: &RefCell<_>| current.replace(Some(Arc::clone(shared)));
        Self(CURRENT.try_with(enter).unwrap_or(None))
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let outer = self.0.take();
        if let Ok(inner) = CURRENT.try_with(|current| current.replace(outer)) {
            drop(inner);
        }
    }
}

/// True while this thread runs the tasks of a set.
pub(crate) fn is_ticking() -> bool {
    let ticking = |current: &RefCell<Option<Arc<Shared>>>| {
        current
            .borrow()
            .as_ref()
            .is_some_and(|shared| pool::is_local(&**shared))
    };
    CURRENT.try_with(ticking).unwrap_or(false)
}

/// Spawns onto the set, or the `LocalRuntime`, that this thread is in.
#[track_caller]
pub(crate) fn spawn_here<F: Future + 'static>(
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    if let Some(shared) = CURRENT.with_borrow(Clone::clone) {
        return shared.spawn(future, spawned);
    }
    match context::try_handle() {
        Some(handle) if handle.local().is_some_and(|shared| shared.is_owned_here()) => {
            handle.spawn_unsend(future, spawned)
        }
        _ => panic!(
            "`spawn_local` called from outside of a `task::LocalSet` or `LocalRuntime`: run it \
             inside `LocalSet::run_until`, `LocalSet::block_on` or `LocalRuntime::block_on`"
        ),
    }
}

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
    queue: RefCell<TaskList>,
    /// The runtime that ran the set last, and lists it in its dumps.
    listed_by: Cell<Option<Id>>,
    not_send: PhantomData<*mut u8>,
}

/// `spawn_local` goes to a set until this is dropped. Made by [`LocalSet::enter`].
#[must_use = "dropping the guard leaves the set again"]
pub struct LocalEnterGuard {
    _current: Current,
    not_send: PhantomData<*mut u8>,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

impl LocalSet {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        let shared = Arc::new(Shared {
            inbox: Inbox::new(),
            registry: Registry::default(),
            notified: AtomicBool::new(false),
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
            queue: RefCell::new(TaskList::new()),
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
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard {
            _current: Current::enter(&self.shared),
            not_send: PhantomData,
        }
    }

    /// Adds a task. It runs when the set is polled.
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
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &Runtime, future: F) -> F::Output {
        runtime.block_on(self.run_until(future))
    }

    /// Runs this set's tasks until `future` is done.
    ///
    /// # Cancel safety
    ///
    /// The set's tasks stay in it. `future` is dropped.
    pub fn run_until<F: Future>(&self, future: F) -> RunUntil<'_, F> {
        RunUntil { set: self, future }
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
        let mut queue = self.queue.take();
        let more = self.shared.tick(&mut queue);
        queue.append(&mut self.queue.borrow_mut());
        *self.queue.borrow_mut() = queue;
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
        let mut queue = self.queue.take();
        shared.inbox.close(&mut queue);
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
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct RunUntil<'a, F> {
        set: &'a LocalSet,
        #[pin]
        future: F,
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
