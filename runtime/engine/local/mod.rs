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
//! - **L2** No wake is lost: `schedule` pushes, then asks `asleep`; the worker listens at `asleep`,
//!   then looks at the inbox. One of the two sees the other (Z4).
//! - **L3** After `shutdown` took the seat, both queues are closed and nothing runs: every task
//!   that is not done may be cancelled by that thread.

#![expect(unsafe_code, reason = "cancels every task at shutdown: L3")]

mod worker;

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};

use self::worker::Worker;
use super::config::Config;
use super::driver::{self, Driver};
use super::hooks;
use super::metrics::{Counter, Counters};
use super::park::Parked;
use super::sleeper::Listening;
use super::task::list::{Inbox, TaskList};
use super::task::main_task::WakeMain;
use super::task::pool::{self, Registry};
use super::task::{self, Arena, Header, JoinHandle, Owner, Runnable, Schedule};
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicBool, Ordering::Relaxed};

/// What every thread that knows the runtime may touch.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) driver: Arc<driver::Handle>,
    pub(crate) counters: Counters,
    inbox: Inbox,
    /// Tasks that other threads queued, and those of them that they spawned.
    scheduled_outside: Counter,
    spawned_outside: Counter,
    /// A task has panicked, and the builder wants the runtime to end with it.
    panicked: AtomicBool,
    /// The only thread that may run tasks, if they need not be `Send`.
    owner: Option<ThreadId>,
    /// The worker is about to sleep, or sleeps (L2).
    asleep: Listening,
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
    /// Null while this thread does not sit.
    shared: Cell<*const Shared>,
    queue: TaskList,
}

thread_local! {
    // Without a destructor: there to the end of the thread.
    static CURRENT: Current = const {
        Current {
            shared: Cell::new(ptr::null()),
            queue: TaskList::new(),
        }
    };
}

/// Makes the runtime's scheduler. Nothing runs until somebody calls [`block_on`].
/// With an `owner` it is a `LocalRuntime`'s, which stays on that thread.
pub(crate) fn new(
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
    owner: Option<ThreadId>,
) -> Arc<Shared> {
    let shared = Arc::new(Shared {
        driver: handle,
        counters: Counters::new(config.histogram.as_ref()),
        config,
        inbox: Inbox::new(),
        scheduled_outside: Counter::default(),
        spawned_outside: Counter::default(),
        panicked: AtomicBool::new(false),
        owner,
        asleep: Listening::new(false),
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
        CURRENT.with(|current| ptr::eq(current.shared.get(), self))
    }

    // The thread on the seat holds an `Arc` of us.
    const TOLD_OF_PANICS: bool = true;

    fn panicked(&self) {
        if self.config.unhandled_panic.shuts_down() {
            self.panicked.store(true, Relaxed);
            // No other task gets a turn. The shutdown will find them without.
            CURRENT.with(|current| {
                self.inbox.close(&current.queue);
                void_all(&current.queue);
            });
        }
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
        CURRENT.with(|current| {
            if !ptr::eq(current.shared.get(), self) {
                return Some(task);
            }
            self.counters.scheduled.add(1);
            current.queue.push_back(task);
            None
        })
    }

    fn push_from_afar(&self, task: Runnable) {
        match self.inbox.push(task) {
            Ok(()) => {
                self.scheduled_outside.add_shared(1);
                self.get_up();
            }
            // L3: the shutdown finds the task without us.
            Err(task) => task.void(),
        }
    }

    fn get_up(&self) {
        // L2.
        if self.asleep.is_listening() {
            self.driver.unpark();
        }
    }

    /// Starts a task with the future that is there. A runtime that is shut down leaves it there.
    #[inline]
    pub(crate) fn spawn<F: Future + 'static>(
        &self,
        future: &mut Option<F>,
        spawned: &'static Location<'static>,
    ) -> Option<JoinHandle<F::Output>> {
        if !pool::is_local(self) {
            return self.spawn_from_afar(future, spawned);
        }
        let (mut task, handle) =
            pool::with_local(|arena| task::allocate_from::<F, Self>(arena, None, future, spawned));
        self.counters.spawned.add(1);
        if self.config.tasks.spawn.is_some() {
            task = hooks::spawned(task, &self.config);
        }
        self.schedule(task);
        Some(handle)
    }

    #[cold]
    fn spawn_from_afar<F: Future + 'static>(
        &self,
        future: &mut Option<F>,
        spawned: &'static Location<'static>,
    ) -> Option<JoinHandle<F::Output>> {
        let mut foreign = self.foreign.lock();
        let id = foreign.as_ref()?.next_id();
        if self.config.tasks.spawn.is_some() {
            drop(foreign);
            hooks::announce(id, spawned, &self.config);
            foreign = self.foreign.lock();
        }
        let arena = foreign.as_ref()?;
        let (task, handle) = task::allocate_from::<F, Self>(arena, Some(id), future, spawned);
        self.spawned_outside.add(1);
        // Under the lock, so that the shutdown, which takes the arena, finds no task that is
        // about to be queued.
        self.push_from_afar(task);
        Some(handle)
    }

    /// The task being polled, if any.
    pub(crate) fn running(&self) -> Vec<*const Header> {
        vec![self.counters.running()]
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.inbox.is_closed()
    }

    /// True if this belongs to a `LocalRuntime`.
    pub(crate) fn has_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// True on the thread of the `LocalRuntime` that this belongs to.
    pub(crate) fn is_owned_here(&self) -> bool {
        self.owner == Some(thread::current().id())
    }

    pub(crate) fn spawned_outside(&self) -> u64 {
        self.spawned_outside.get()
    }

    pub(crate) fn scheduled_outside(&self) -> u64 {
        self.scheduled_outside.get()
    }

    /// Tasks that wait for the worker to collect them.
    pub(crate) fn inbox_len(&self) -> usize {
        if self.is_shut_down() {
            return 0;
        }
        let collected = self.counters.collected.get();
        self.scheduled_outside().saturating_sub(collected) as usize
    }

    fn collect(&self, queue: &TaskList) {
        let before = queue.len();
        if self.inbox.collect(queue) {
            self.counters.collected.add((queue.len() - before) as u64);
        }
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
        if shared.panicked.load(Relaxed) {
            end_for_panic(shared);
        }
        if let Some(mut worker) = Worker::sit(shared, &parked) {
            match worker.block_on(future.as_mut(), called) {
                Some(output) => return output,
                None => continue,
            }
        }
        // Somebody else runs the tasks.
        let waker = parked.waker();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        parked.park();
    }
}

/// Ends the runtime as the builder wanted for when a task panics.
#[cold]
fn end_for_panic(shared: &Arc<Shared>) -> ! {
    shutdown(shared);
    let waiting = std::mem::take(&mut shared.seat.lock().waiting);
    waiting.iter().for_each(|parked| parked.unpark());
    panic!("a spawned task panicked and the runtime is configured to shut down on unhandled panic");
}

/// True on the thread that sits on the seat of some runtime.
pub(crate) fn is_worker() -> bool {
    CURRENT.with(|current| !current.shared.get().is_null())
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

/// Ends the runtime: every task is dropped, every handle completes, nothing can be spawned.
/// Nobody may be inside [`block_on`].
pub(crate) fn shutdown(shared: &Arc<Shared>) {
    let Some(Seat {
        queue,
        arena,
        mut driver,
    }) = shared.seat.lock().seat.take()
    else {
        return;
    };
    shared.inbox.close(&queue);
    void_all(&queue);
    let foreign = shared.foreign.lock().take();
    // SAFETY: T1, L3. We had the seat, nobody gets it again, and both queues are closed.
    unsafe {
        task::cancel_all(&shared.registry, |id, spawned| {
            shared.config.ended(id, spawned)
        })
    };
    driver.shutdown();
    drop((arena, foreign));
}

/// Takes the turns back. The shutdown takes the tasks themselves.
fn void_all(queue: &TaskList) {
    while let Some(task) = queue.pop_front() {
        task.void();
    }
}
