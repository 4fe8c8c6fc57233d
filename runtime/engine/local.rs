//! The single-threaded scheduler, whole. Read this before `stealing/`.
//!
//! ```text
//!  spawn, wake on this thread --> queue ---+
//!                                          |   run: a turn each       (61 polls, then the driver)
//!  wake on another thread --> inbox -------+--> worker --> poll
//!                               |          |      |
//!                               +- unpark  |      | nothing queued
//!                                  if      |      v
//!                                  asleep  +--- driver.park: I/O, timers, unpark
//! ```
//!
//! There is one *seat*: queue, arena and driver. Whoever calls `block_on` takes it, runs tasks
//! while its own future waits, and leaves it for the next. A second `block_on` at the same time
//! polls its future on its own thread and takes over the seat when it becomes free.
//!
//! - **L1** Only the thread on the seat runs tasks, so tasks need not be `Send` as long as the
//!   seat stays on its thread (`LocalRuntime`).
//! - **L2** No wake is lost: `schedule` pushes, fences, then looks at `asleep`; the worker sets
//!   `asleep`, fences, then looks at the inbox. One of the two sees the other (a Dekker pair).
//! - **L3** After `shutdown` took the seat, both queues are closed and nothing runs: every task
//!   that is not done may be cancelled by that thread.

#![expect(unsafe_code, reason = "cancels every task at shutdown: L3")]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::config::{self, Config};
use super::driver::{self, Driver};
use super::metrics::Counters;
use super::park::Parked;
use super::task::list::{Inbox, TaskList};
use super::task::main_task::{MainTask, WakeMain};
use super::task::pool::{self, Registry};
use super::task::{self, Arena, Header, JoinHandle, Owner, Polled, Runnable, Schedule};
use crate::leaf;
use crate::primitives::Mutex;
use crate::primitives::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
    fence,
};

/// What every thread that knows the runtime may touch.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) driver: Arc<driver::Handle>,
    pub(crate) counters: Counters,
    inbox: Inbox,
    /// The worker is about to sleep, or sleeps (L2).
    asleep: AtomicBool,
    pub(crate) registry: Registry,
    /// Where other threads spawn. `None` once the runtime is shut down.
    foreign: Mutex<Option<Box<Arena>>>,
    seat: Mutex<Vacancy>,
}

struct Vacancy {
    /// `None` while somebody sits on it, and for ever after the shutdown.
    seat: Option<Seat>,
    /// The threads that want it.
    waiting: Vec<Arc<Parked>>,
}

/// The right to run this runtime's tasks.
struct Seat {
    queue: TaskList,
    arena: Box<Arena>,
    driver: Driver,
}

/// The queue of the thread that sits, where a wake on the same thread finds it.
struct Current {
    shared: *const Shared,
    queue: TaskList,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// Makes the runtime's scheduler. Nothing runs until somebody calls [`block_on`].
pub(crate) fn new(config: Config, driver: Driver, handle: Arc<driver::Handle>) -> Arc<Shared> {
    let shared = Arc::new(Shared {
        config,
        driver: handle,
        counters: Counters::default(),
        inbox: Inbox::new(),
        asleep: AtomicBool::new(false),
        registry: Registry::default(),
        foreign: Mutex::new(None),
        seat: Mutex::new(Vacancy {
            seat: None,
            waiting: Vec::new(),
        }),
    });
    *shared.foreign.lock() = Some(Arena::new(&shared));
    let seat = Seat {
        queue: TaskList::new(),
        arena: Arena::new(&shared),
        driver,
    };
    shared.seat.lock().seat = Some(seat);
    shared
}

impl Owner for Shared {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Shared {
    #[inline]
    fn schedule(&self, task: Runnable) {
        if let Some(task) = self.push_here(task) {
            self.push_from_afar(task);
        }
    }

    #[inline]
    fn is_current(&self) -> bool {
        let here = |current: &RefCell<Option<Current>>| {
            current
                .borrow()
                .as_ref()
                .is_some_and(|current| ptr::eq(current.shared, self))
        };
        CURRENT.try_with(here).unwrap_or(false)
    }
}

impl WakeMain for Shared {
    /// The state word says that the future is due; here only the thread must be got up.
    fn wake_main(&self) {
        self.get_up();
    }
}

impl Shared {
    /// Queues a task if this thread sits on the seat; gives it back otherwise.
    #[inline]
    fn push_here(&self, task: Runnable) -> Option<Runnable> {
        let mut task = Some(task);
        let _ = CURRENT.try_with(|current| {
            if let Some(current) = &mut *current.borrow_mut() {
                if ptr::eq(current.shared, self) {
                    task.take()
                        .into_iter()
                        .for_each(|task| current.queue.push_back(task));
                }
            }
        });
        task
    }

    fn push_from_afar(&self, task: Runnable) {
        match self.inbox.push(task) {
            Ok(()) => {
                self.counters.remote_schedules.add(1);
                self.get_up();
            }
            // L3: the shutdown finds the task without us.
            Err(task) => task.void(),
        }
    }

    fn get_up(&self) {
        // L2. Pairs with the fence in `park`.
        fence(SeqCst);
        if self.asleep.load(Relaxed) {
            self.driver.unpark();
        }
    }

    /// Starts a task. A runtime that is shut down gives the future back.
    #[inline]
    pub(crate) fn spawn<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<F::Output>, F> {
        if !pool::is_local(self) {
            return self.spawn_from_afar(future, spawned);
        }
        let (task, handle) =
            pool::with_local(|arena| task::allocate::<F, Self>(arena, future, spawned));
        self.schedule(task);
        Ok(handle)
    }

    #[cold]
    fn spawn_from_afar<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<F::Output>, F> {
        let foreign = self.foreign.lock();
        let Some(arena) = &*foreign else {
            return Err(future);
        };
        let (task, handle) = task::allocate::<F, Self>(arena, future, spawned);
        // Under the lock, so that the shutdown, which takes the arena, finds no task that is
        // about to be queued.
        self.push_from_afar(task);
        Ok(handle)
    }

    /// The task being polled, if any.
    pub(crate) fn running(&self) -> Vec<*const Header> {
        vec![self.counters.running()]
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.inbox.is_closed()
    }
}

/// Runs `future` to its end on this thread, and the runtime's tasks while it waits.
pub(crate) fn block_on<F: Future>(
    shared: &Arc<Shared>,
    future: F,
    called: &'static Location<'static>,
) -> F::Output {
    let mut future = pin!(future);
    let parked = Arc::new(Parked::new());
    let _queued = Queued {
        shared,
        parked: &parked,
    };
    loop {
        if let Some(mut worker) = Worker::sit(shared, &parked) {
            return worker.block_on(future.as_mut(), called);
        }
        // Somebody else runs the tasks.
        let waker = parked.waker();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        parked.park();
    }
}

/// A thread that may wait for the seat. When it goes, the seat is the next one's.
struct Queued<'a> {
    shared: &'a Shared,
    parked: &'a Arc<Parked>,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let mut vacancy = self.shared.seat.lock();
        vacancy
            .waiting
            .retain(|other| !Arc::ptr_eq(other, self.parked));
        // It may have been us who were told of the free seat.
        let next = match vacancy.seat {
            Some(_) => vacancy.waiting.pop(),
            None => None,
        };
        drop(vacancy);
        if let Some(next) = next {
            next.unpark();
        }
    }
}

/// A thread on the seat. Gives it back when dropped, also by a panic of the main future.
struct Worker<'a> {
    shared: &'a Arc<Shared>,
    driver: Option<Driver>,
    /// The arena and queue this thread had before: `block_on` may be called inside a `LocalSet`.
    outer_arena: Option<Box<Arena>>,
    outer_current: Option<Current>,
    /// Counts polls, for the intervals.
    tick: u32,
    _alone: leaf::Alone,
}

impl<'a> Worker<'a> {
    fn sit(shared: &'a Arc<Shared>, parked: &Arc<Parked>) -> Option<Self> {
        let mut vacancy = shared.seat.lock();
        vacancy.waiting.retain(|other| !Arc::ptr_eq(other, parked));
        let Some(seat) = vacancy.seat.take() else {
            vacancy.waiting.push(Arc::clone(parked));
            return None;
        };
        drop(vacancy);
        let current = Current {
            shared: Arc::as_ptr(shared),
            queue: seat.queue,
        };
        Some(Self {
            shared,
            driver: Some(seat.driver),
            outer_arena: pool::install(Some(seat.arena)),
            outer_current: CURRENT.replace(Some(current)),
            tick: 0,
            _alone: leaf::Alone::begin(),
        })
    }

    fn block_on<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        called: &'static Location<'static>,
    ) -> F::Output {
        let main = pool::with_local(|arena| MainTask::new::<Shared>(arena, called));
        let event_interval = self.shared.config.event_interval;
        let mut polls = 0;
        loop {
            if main.is_woken() {
                polls += 1;
                self.shared.counters.begin_poll(main.as_ptr());
                let polled = main.poll(future.as_mut());
                self.shared.counters.end_poll();
                if let Poll::Ready(output) = polled {
                    return output;
                }
            }
            let (mut queued, before) = (true, polls);
            while polls < event_interval && queued {
                queued = self.step();
                polls += 1;
            }
            // It waits for something by yielding: what it waits for may be an event.
            let main_alone = !queued && polls == before + 1;
            if !queued && !main.is_woken() {
                self.park(&main);
                polls = 0;
            } else if polls >= event_interval || main_alone {
                self.turn();
                polls = 0;
            }
        }
    }

    /// One scheduling decision: runs the next task. False if there is none.
    #[inline]
    fn step(&mut self) -> bool {
        self.tick = self.tick.wrapping_add(1);
        let look_first = self.tick % self.shared.config.global_queue_interval == 0;
        let Some(task) = self.with_queue(|queue, shared| {
            if look_first {
                shared.inbox.collect(queue);
            }
            queue.pop_front().or_else(|| {
                shared.inbox.collect(queue);
                queue.pop_front()
            })
        }) else {
            return false;
        };
        let counters = &self.shared.counters;
        counters.begin_poll(task.as_ptr());
        let polled = task.run();
        counters.end_poll();
        match polled {
            Err(again) => self.with_queue(|queue, _| queue.push_back(again)),
            Ok(Polled::Done) => self.shared.counters.done.add(1),
            Ok(_) => {}
        }
        true
    }

    /// Sleeps until there is something to do.
    fn park(&mut self, main: &MainTask) {
        let shared = self.shared;
        // Before the last look: a hook may wake or spawn.
        config::call(&shared.config.on_thread_park);
        shared.asleep.store(true, Relaxed);
        // L2. Pairs with the fence in `get_up`.
        fence(SeqCst);
        let has_work = self.with_queue(|queue, shared| {
            !queue.is_empty() || !shared.inbox.is_empty() || main.is_woken()
        });
        let limit = has_work.then_some(Duration::ZERO);
        if limit.is_none() {
            shared.counters.parks.add(1);
        }
        self.driver().park(limit);
        shared.asleep.store(false, Relaxed);
        config::call(&shared.config.on_thread_unpark);
    }

    /// Looks at I/O and timers without sleeping.
    fn turn(&mut self) {
        if !self.shared.driver.is_quiet() {
            self.driver().park(Some(Duration::ZERO));
        }
    }

    fn driver(&mut self) -> &mut Driver {
        self.driver
            .as_mut()
            .expect("a worker has the driver until it is dropped")
    }

    #[inline]
    fn with_queue<R>(&self, f: impl FnOnce(&mut TaskList, &Shared) -> R) -> R {
        CURRENT.with_borrow_mut(|current| {
            let current = current.as_mut().expect("a worker's thread sits");
            f(&mut current.queue, self.shared)
        })
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let current = CURRENT.replace(self.outer_current.take());
        let arena = pool::install(self.outer_arena.take());
        let (Some(current), Some(arena), Some(driver)) = (current, arena, self.driver.take())
        else {
            unreachable!("a worker's thread sits until here");
        };
        // Whoever waits for it is told when our `Queued` goes.
        let seat = Seat {
            queue: current.queue,
            arena,
            driver,
        };
        self.shared.seat.lock().seat = Some(seat);
    }
}

thread_local! {
    static OWNED: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// This thread is the one that a `LocalRuntime` stays on. Restores what was before when dropped.
pub(crate) struct OwnerThread(*const Shared);

impl OwnerThread {
    pub(crate) fn enter(shared: &Arc<Shared>) -> Self {
        Self(OWNED.replace(Arc::as_ptr(shared)))
    }

    /// True inside the `block_on` of the `LocalRuntime` that `shared` belongs to.
    pub(crate) fn is_here(shared: &Arc<Shared>) -> bool {
        ptr::eq(OWNED.get(), Arc::as_ptr(shared))
    }
}

impl Drop for OwnerThread {
    fn drop(&mut self) {
        OWNED.set(self.0);
    }
}

/// Ends the runtime: every task is dropped, every handle completes, nothing can be spawned.
/// Nobody may be inside [`block_on`].
pub(crate) fn shutdown(shared: &Arc<Shared>) {
    let Some(Seat {
        mut queue,
        arena,
        mut driver,
    }) = shared.seat.lock().seat.take()
    else {
        return;
    };
    shared.inbox.close(&mut queue);
    // The turns in the queue are void: below we take the tasks themselves.
    while let Some(task) = queue.pop_front() {
        task.void();
    }
    let foreign = shared.foreign.lock().take();
    // SAFETY: T1, L3. We had the seat, nobody gets it again, and both queues are closed.
    unsafe { task::cancel_all(&shared.registry) };
    driver.shutdown();
    drop((arena, foreign));
}
