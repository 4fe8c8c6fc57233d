//! The work-stealing scheduler: several workers, one driver.
//!
//! ```text
//!  spawn, wake on a worker --> its own ring and slot --+--> that worker
//!                                    |  half, when it  |
//!                                    v  is full        +--> thieves, when they have nothing
//!  from other threads -------> injector ---------------+--> any worker
//!
//!  I/O, timers --> the driver, of which one parked worker at a time is the holder
//! ```
//!
//! Read `local.rs` first: this is the same ring with several workers. Then `idle.rs`, where the
//! waking is argued (I1 to I4), `worker.rs`, and `queue.rs`.
//!
//! There are as many seats as worker threads, and one for a guest: the thread inside `block_on`
//! (`guest.rs`). No more workers than threads are woken at a time, so with a guest one of the
//! threads usually sleeps; it keeps watch and steps in when another is stuck.
//!
//! - **G1** Nobody holds the driver while polling a task, and every queue can be stolen from. So a
//!   worker that is stuck in a task keeps nothing from the others but that task.
//! - **G2** After `is_shut_down` each worker retires. The last to do so is the only one that could
//!   run tasks, finds all queues closed or emptied, and cancels what is left.
//!
//! Not here: per-worker drivers and sharded injectors. They pay from about 16 workers on.

#![expect(unsafe_code, reason = "cancels every task at shutdown: G2")]

mod guest;
mod idle;
mod injector;
mod oracle;
mod queue;
mod worker;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod sim;

use std::any::Any;
use std::future::Future;
use std::io;
use std::mem;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub(crate) use guest::{block_in_place, block_on};

use self::idle::{Idle, Notify};
use self::injector::Injector;
use self::oracle::Production;
use self::queue::Stealer;
use self::worker::{Core, Kit, OnDuty, Reason, Seen, Step, Worker};
use super::config::{self, Config};
use super::driver::{self, Driver};
use super::metrics::Counters;
use super::sleeper::Sleeper;
use super::task::list::TaskList;
use super::task::main_task::WakeMain;
use super::task::pool::{self, Registry};
use super::task::{self, Arena, Header, JoinHandle, Owner, Runnable, Schedule};
use crate::leaf;
use crate::primitives::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use crate::primitives::{Condvar, Mutex};

/// The seat of the thread inside `block_on`.
const GUEST: usize = 0;

/// What every thread that knows the runtime may touch.
pub(crate) struct Shared {
    config: Config,
    seats: Box<[Seat]>,
    injector: Injector,
    idle: Idle,
    driver: Mutex<Driver>,
    driver_handle: Arc<driver::Handle>,
    pub(crate) registry: Registry,
    /// Where other threads spawn. `None` once the runtime is shut down.
    foreign: Mutex<Option<Box<Arena>>>,
    /// The guest's kit, while nobody sits there.
    guest: Mutex<Option<Kit>>,
    is_shut_down: AtomicBool,
    retired: Mutex<Retired>,
    all_retired: Condvar,
    hand_off: OnceLock<HandOff>,
}

/// What others see of a seat.
struct Seat {
    stealer: Stealer,
    counters: Counters,
    sleeper: Sleeper,
    /// Its worker sleeps on the driver, not on `sleeper`.
    on_driver: AtomicBool,
    /// The sentinel found its worker stuck.
    stuck: AtomicBool,
}

#[derive(Default)]
struct Retired {
    kits: Vec<Kit>,
    is_over: bool,
}

/// Runs a closure on another thread that is inside the runtime.
pub(crate) type HandOff = Box<dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync>;

/// What the threads of the workers are like.
pub(crate) struct Threads {
    pub(crate) name: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) stack_size: Option<usize>,
    /// The first thing a worker's thread calls. It drops what it got as the last thing.
    pub(crate) enter: Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>,
    /// Finds a thread for a worker whose own is about to block.
    pub(crate) hand_off: HandOff,
}

/// Makes the scheduler of `workers` workers, without their threads.
fn new(
    workers: usize,
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
) -> (Arc<Shared>, Vec<Kit>) {
    let (queues, seats): (Vec<_>, Vec<_>) = (0..=workers)
        .map(|_| {
            let (local, stealer) = queue::new();
            (local, Seat::new(stealer))
        })
        .unzip();
    let shared = Arc::new(Shared {
        config,
        seats: seats.into(),
        injector: Injector::new(),
        idle: Idle::new(workers + 1, workers),
        driver: Mutex::new(driver),
        driver_handle: handle,
        registry: Registry::default(),
        foreign: Mutex::new(None),
        guest: Mutex::new(None),
        is_shut_down: AtomicBool::new(false),
        retired: Mutex::new(Retired::default()),
        all_retired: Condvar::new(),
        hand_off: OnceLock::new(),
    });
    *shared.foreign.lock() = Some(Arena::new(&shared));
    let kit = |(seat, queue)| Kit {
        core: Core::new(seat, queue),
        arena: Arena::new(&shared),
    };
    let mut kits: Vec<Kit> = queues.into_iter().enumerate().map(kit).collect();
    *shared.guest.lock() = Some(kits.remove(GUEST));
    (shared, kits)
}

/// Makes the scheduler and starts its threads.
pub(crate) fn start(
    workers: usize,
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
) -> Starting {
    let (shared, kits) = new(workers, config, driver, handle);
    Starting { shared, kits }
}

/// A scheduler whose threads do not run yet.
pub(crate) struct Starting {
    pub(crate) shared: Arc<Shared>,
    kits: Vec<Kit>,
}

impl Starting {
    /// Starts a thread for each worker.
    ///
    /// # Errors
    ///
    /// If the system refuses one. Those that were started end again.
    pub(crate) fn run(self, threads: Threads) -> io::Result<()> {
        let Threads {
            name,
            stack_size,
            enter,
            hand_off,
        } = threads;
        let Self { shared, kits } = self;
        let _ = shared.hand_off.set(hand_off);
        let mut refused = None;
        for kit in kits {
            if refused.is_some() {
                shared.retire(kit);
                continue;
            }
            shared.idle.arrive();
            // The kit must come back if there is no thread for it.
            let slot = Arc::new(Mutex::new(Some(kit)));
            let mut builder = std::thread::Builder::new().name(name());
            if let Some(bytes) = stack_size {
                builder = builder.stack_size(bytes);
            }
            let (runtime, kit, enter) = (Arc::clone(&shared), Arc::clone(&slot), enter.clone());
            let started = builder.spawn(move || {
                let _inside = enter();
                let kit = kit.lock().take();
                config::call(&runtime.config.on_thread_start);
                kit.into_iter()
                    .for_each(|kit| work(Worker::new(&runtime, kit)));
                config::call(&runtime.config.on_thread_stop);
            });
            if let Err(error) = started {
                shared.idle.leave();
                shared.is_shut_down.store(true, Relaxed);
                let kit = slot.lock().take();
                kit.into_iter().for_each(|kit| shared.retire(kit));
                refused = Some(error);
            }
        }
        match refused {
            None => Ok(()),
            Some(error) => {
                shutdown(&shared);
                wait_for_shutdown(&shared, None);
                Err(error)
            }
        }
    }
}

/// A worker's thread: works until the shutdown, or until the seat is handed off.
fn work(mut worker: Worker) {
    let _on_duty = OnDuty::begin();
    let _no_blocking = leaf::forbid_blocking();
    let mut oracle = Production::new(worker.seat);
    worker.sit();
    loop {
        if worker.shared.is_shut_down() {
            break;
        }
        match worker.step(&mut oracle) {
            Step::Ran => {}
            Step::Idle => worker.park(None),
            Step::HandedOff => return,
        }
    }
    if let Some(kit) = worker.stand_up() {
        worker.shared.idle.leave();
        worker.shared.retire(kit);
    }
}

impl Seat {
    fn new(stealer: Stealer) -> Self {
        Self {
            stealer,
            counters: Counters::default(),
            sleeper: Sleeper::new(),
            on_driver: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
        }
    }

    /// How many polls its worker has begun.
    fn progress(&self) -> u64 {
        self.counters.polls.get()
    }

    /// Where its worker will sleep. Published by the bit that says that it sleeps.
    fn sleep_on(&self, driver: bool) {
        self.on_driver.store(driver, Relaxed);
    }

    /// Its worker is between two polls.
    #[inline]
    fn is_moving(&self, idle: &Idle) {
        if self.stuck.load(Relaxed) && self.stuck.swap(false, Relaxed) {
            idle.remove_stuck();
        }
    }

    fn mark_stuck(&self, idle: &Idle) {
        if !self.stuck.swap(true, Relaxed) {
            idle.add_stuck();
        }
    }
}

impl Owner for Shared {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Shared {
    #[inline]
    fn schedule(&self, task: Runnable) {
        if let Some(task) = worker::push_here(self, task, Reason::Woken) {
            self.inject(task);
        }
    }

    #[inline]
    fn is_current(&self) -> bool {
        worker::is_seated(self)
    }
}

impl WakeMain for Shared {
    /// The state word says that the future is due; here only the thread must be got up.
    fn wake_main(&self) {
        // Pairs with the fence in `Idle::park`: we see the guest's bit, or it sees the word.
        fence(SeqCst);
        if self.idle.is_parked(GUEST) {
            self.unpark(GUEST);
        }
    }
}

impl Shared {
    /// Queues a task for whoever comes first, and wakes somebody for it.
    fn inject(&self, task: Runnable) {
        match self.injector.push(task) {
            Ok(()) => self.notify(),
            // G2: the last worker to retire finds the task without us.
            Err(task) => mem::forget(task),
        }
    }

    fn inject_all(&self, tasks: TaskList) {
        match self.injector.push_all(tasks) {
            Ok(()) => self.notify(),
            Err(mut tasks) => forget_all(&mut tasks),
        }
    }

    /// Wakes a worker if one is to be woken, behind a fence (I2).
    fn notify(&self) {
        self.carry_out(self.idle.notify());
    }

    /// The same after a push to this thread's own ring. Nothing depends on it, so the looks that
    /// come first need no fence: the own worker gets to the task, or is found stuck.
    #[inline]
    fn notify_cheaply(&self) {
        if self.idle.may_notify() {
            self.notify();
        }
    }

    #[inline]
    fn carry_out(&self, notify: Notify) {
        match notify {
            Notify::Nobody => {}
            Notify::Worker(seat) | Notify::Sentinel(seat) => self.unpark(seat),
        }
    }

    #[cold]
    fn unpark(&self, seat: usize) {
        let seat = &self.seats[seat];
        if seat.on_driver.load(Relaxed) {
            self.driver_handle.unpark();
        } else {
            seat.sleeper.unpark();
        }
    }

    fn is_any_ring_filled(&self) -> bool {
        self.seats.iter().any(|seat| !seat.stealer.is_empty())
    }

    /// What the sentinel does at each look: finds out who has been in one poll since the last,
    /// and whether that keeps anything waiting.
    fn look_after_the_others(&self, sentinel: usize, seen: &mut Seen) -> bool {
        let now: Seen = self.seats.iter().map(Seat::progress).collect();
        let before = mem::replace(seen, now);
        let mut anyone = false;
        for (index, seat) in self.seats.iter().enumerate() {
            let same = before.get(index) == Some(&seen[index]);
            if same && index != sentinel && !seat.counters.running().is_null() {
                seat.mark_stuck(&self.idle);
                if self.seats[index].progress() != seen[index] {
                    // It moved on while we marked it, and may not have seen the mark.
                    seat.is_moving(&self.idle);
                    continue;
                }
                anyone = true;
            }
        }
        anyone && self.is_anything_waiting()
    }

    fn is_anything_waiting(&self) -> bool {
        self.injector.len() > 0
            || self
                .seats
                .iter()
                .any(|seat| !seat.stealer.is_empty() || seat.stealer.has_next())
            || !self.driver_handle.is_quiet() && self.driver.try_lock().is_some()
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
        if self.is_shut_down() {
            return Err(future);
        }
        let (task, handle) =
            pool::with_local(|arena| task::allocate::<F, Self>(arena, future, spawned));
        if let Some(task) = worker::push_here(self, task, Reason::Spawned) {
            self.inject(task);
        }
        Ok(handle)
    }

    #[cold]
    fn spawn_from_afar<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<F::Output>, F> {
        let foreign = self.foreign.lock();
        let Some(arena) = foreign.as_ref().filter(|_| !self.is_shut_down()) else {
            return Err(future);
        };
        let (task, handle) = task::allocate::<F, Self>(arena, future, spawned);
        // Under the lock, so that the shutdown, which takes the arena, finds no task that is
        // about to be queued.
        self.inject(task);
        Ok(handle)
    }

    /// The tasks being polled.
    pub(crate) fn running(&self) -> Vec<*const Header> {
        self.seats
            .iter()
            .map(|seat| seat.counters.running())
            .collect()
    }

    pub(crate) fn counters(&self, worker: usize) -> &Counters {
        let workers = self.workers();
        assert!(
            worker < workers,
            "this runtime has {workers} workers, and none is number {worker}"
        );
        &self.seats[worker + 1].counters
    }

    pub(crate) fn workers(&self) -> usize {
        self.idle.limit()
    }

    pub(crate) fn injected(&self) -> usize {
        self.injector.len()
    }

    #[inline]
    pub(crate) fn is_shut_down(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in `shutdown`.
        self.is_shut_down.load(Acquire)
    }

    /// Runs `worker` on another thread.
    fn hand_off(self: &Arc<Self>, worker: Worker) {
        let hand_off = self.hand_off.get().expect("set before the threads start");
        hand_off(Box::new(move || work(worker)));
    }

    /// A worker gives its kit up. The last one ends the runtime (G2).
    fn retire(&self, mut kit: Kit) {
        forget_all(&mut kit.core.drain());
        let mut retired = self.retired.lock();
        retired.kits.push(kit);
        if retired.kits.len() < self.seats.len() {
            return;
        }
        let kits = mem::take(&mut retired.kits);
        drop(retired);
        forget_all(&mut self.injector.close());
        let foreign = self.foreign.lock().take();
        // SAFETY: T1, G2. All kits are here, so nobody runs tasks or ever will again.
        unsafe { task::cancel_all(&self.registry) };
        self.driver.lock().shutdown();
        drop((kits, foreign));
        self.retired.lock().is_over = true;
        self.all_retired.notify_all();
    }
}

/// Turns that are void: whoever cancels all tasks finds them without.
fn forget_all(tasks: &mut TaskList) {
    while let Some(task) = tasks.pop_front() {
        mem::forget(task);
    }
}

/// Asks every worker to retire. Nobody may be inside [`block_on`].
pub(crate) fn shutdown(shared: &Arc<Shared>) {
    // ORDERING: Release; pairs with the Acquire in `is_shut_down`.
    shared.is_shut_down.store(true, Release);
    // Pairs with the fence in `Idle::park`: who lies down sees the flag, or is unparked here.
    fence(SeqCst);
    let guest = shared.guest.lock().take();
    for seat in &shared.seats {
        seat.sleeper.unpark();
    }
    shared.driver_handle.unpark();
    guest.into_iter().for_each(|kit| shared.retire(kit));
}

/// Waits until all tasks are dropped, at most `limit`. True if they are.
pub(crate) fn wait_for_shutdown(shared: &Shared, limit: Option<Duration>) -> bool {
    // A limit near `Duration::MAX` has no deadline: that is for ever, too.
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut retired = shared.retired.lock();
    while !retired.is_over {
        retired = match deadline {
            None => shared.all_retired.wait(retired),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                shared.all_retired.wait_timeout(retired, left).0
            }
        };
    }
    true
}
