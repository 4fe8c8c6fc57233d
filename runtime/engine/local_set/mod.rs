//! `LocalSet`: tasks that stay on one thread, inside somebody else's future.
//!
//! ```text
//!  block_on / a LocalRuntime's task / any executor
//!      polls --> LocalSet or RunUntil --tick--> run, run, ... (61 at most, then Pending and woken)
//!                   ^                             |
//!                   +-- waker <--- inbox <--------+ wake, abort, spawn_local: from any thread
//! ```
//!
//! It is a scheduler like `local/` without a driver: where that sleeps, this one returns
//! `Pending`. Every wake takes the inbox, so there is one way in.
//!
//! - **S1** Only `tick` and `drop` touch futures, and `LocalSet` does not leave its thread.
//! - **S2** `schedule` pushes, then calls at `waiting`; `tick` listens at `waiting`, then looks at
//!   the inbox. So a pushed task has woken the set's poller or is seen (Z4).

mod set;

pub use set::{LocalEnterGuard, LocalSet, RunUntil};

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::panic::Location;
use std::ptr;
use std::sync::{Arc, Weak};
use std::task::Waker;

use super::config::{EVENT_INTERVAL, UnhandledPanic};
use super::context;
use super::handle::Id;
use super::metrics::Counters;
use super::sleeper::Listening;
use super::task::list::{Inbox, TaskList};
use super::task::pool::{self, Registry};
use super::task::{self, Arena, Header, JoinHandle, Owner, Polled, Runnable, Schedule};
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

pub(crate) struct Shared {
    inbox: Inbox,
    registry: Registry,
    /// Since the last tick nobody has woken the poller (S2).
    waiting: Listening,
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
    #[cfg(feature = "tracing")]
    const KIND: &'static str = "local";

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
        // S2.
        if self.waiting.call() {
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
    fn tick(self: &Arc<Self>, queue: &TaskList) -> bool {
        let _current = Current::enter(self);
        let _seat = Seat::take(self);
        self.waiting.stop();
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
        // S2.
        self.waiting.listen();
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

/// True while this thread runs the tasks of a set, or drops them with it: then the set is without
/// its arena.
pub(crate) fn is_ticking() -> bool {
    let ticking = |current: &RefCell<Option<Arc<Shared>>>| {
        current
            .borrow()
            .as_ref()
            .is_some_and(|shared| shared.arena.lock().is_none())
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
        Some(handle) if handle.local().is_some_and(|shared| shared.has_owner()) => panic!(
            "Local tasks can only be spawned on a LocalRuntime from the thread the runtime was \
             created on"
        ),
        _ => panic!(
            "`spawn_local` called from outside of a `task::LocalSet` or `runtime::LocalRuntime`: \
             run it inside `LocalSet::run_until`, `LocalSet::block_on` or `LocalRuntime::block_on`"
        ),
    }
}
