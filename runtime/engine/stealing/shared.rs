//! What the workers share: seats, injector, idle set, driver. Spawning and waking as seen from
//! anywhere.

#![expect(unsafe_code, reason = "cancels every task at shutdown: G2")]

use std::future::Future;
use std::mem;
use std::panic::Location;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::thread;

use super::GUEST;
use super::idle::{Idle, Notify};
use super::injector::Injector;
use super::kit::{self, Core, Kit, Reason};
use super::queue::{self, Stealer};
use super::threads::HandOff;
use super::worker::Seen;
use crate::engine::config::Config;
use crate::engine::driver::{self, Driver};
use crate::engine::hooks;
use crate::engine::metrics::{Counter, Counters};
use crate::engine::sleeper::Sleeper;
use crate::engine::task::list::TaskList;
use crate::engine::task::main_task::{MainTask, WakeMain};
use crate::engine::task::pool::{self, Registry};
use crate::engine::task::{self, Arena, Header, JoinHandle, Owner, Runnable, Schedule};
use crate::primitives::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, SeqCst},
    fence,
};
use crate::primitives::{Condvar, Mutex, MutexGuard};

/// What every thread that knows the runtime may touch.
pub(crate) struct Shared {
    pub(super) config: Config,
    pub(super) seats: Box<[Seat]>,
    pub(super) injector: Injector,
    pub(super) idle: Idle,
    pub(super) driver: Mutex<Driver>,
    pub(super) driver_handle: Arc<driver::Handle>,
    pub(crate) registry: Registry,
    /// Where other threads spawn. `None` once the runtime is shut down.
    foreign: Mutex<Option<Box<Arena>>>,
    spawned_outside: Counter,
    /// The guest's kit, while nobody sits there.
    pub(super) guest: Mutex<Option<Kit>>,
    pub(super) is_shut_down: AtomicBool,
    pub(super) retired: Mutex<Retired>,
    pub(super) all_retired: Condvar,
    pub(super) hand_off: OnceLock<HandOff>,
    /// The workers' threads, until a shutdown joins them.
    pub(super) threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

/// What others see of a seat.
pub(super) struct Seat {
    pub(super) stealer: Stealer,
    pub(super) counters: Counters,
    pub(super) sleeper: Sleeper,
    /// Its worker sleeps on the driver, not on `sleeper`.
    on_driver: AtomicBool,
    /// The sentinel found its worker stuck.
    stuck: AtomicBool,
}

#[derive(Default)]
pub(super) struct Retired {
    pub(super) kits: Vec<Kit>,
    /// Tasks that a thread polls although another has its seat. Only compared.
    pub(super) away: Vec<usize>,
    pub(super) is_over: bool,
}

/// Makes the scheduler of `workers` workers, without their threads.
pub(super) fn new(
    workers: usize,
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
) -> (Arc<Shared>, Vec<Kit>) {
    // A spare worker is one more seat. No more than `workers` are woken at a time, the stuck ones
    // not counted: it is up when somebody else cannot be.
    let last = workers + usize::from(config.spare_worker);
    let (queues, seats): (Vec<_>, Vec<_>) = (0..=last)
        .map(|_| {
            let (local, stealer) = queue::new();
            (local, Seat::new(stealer, &config))
        })
        .unzip();
    let shared = Arc::new(Shared {
        config,
        seats: seats.into(),
        injector: Injector::new(),
        idle: Idle::new(last + 1, workers),
        driver: Mutex::new(driver),
        driver_handle: handle,
        registry: Registry::default(),
        foreign: Mutex::new(None),
        spawned_outside: Counter::default(),
        guest: Mutex::new(None),
        is_shut_down: AtomicBool::new(false),
        retired: Mutex::new(Retired::default()),
        all_retired: Condvar::new(),
        hand_off: OnceLock::new(),
        threads: Mutex::new(Vec::new()),
    });
    *shared.foreign.lock() = Some(Arena::new(&shared));
    let weak = Arc::downgrade(&shared);
    shared.driver_handle.when_nobody_sleeps(Box::new(move || {
        if let Some(shared) = weak.upgrade() {
            // G1: whoever is awake may be stuck.
            shared.carry_out(shared.idle.watch());
        }
    }));
    let kit = |(seat, queue)| Kit {
        core: Core::new(seat, queue),
        arena: Arena::new(&shared),
    };
    let mut kits: Vec<Kit> = queues.into_iter().enumerate().map(kit).collect();
    *shared.guest.lock() = Some(kits.remove(GUEST));
    (shared, kits)
}

impl Seat {
    fn new(stealer: Stealer, config: &Config) -> Self {
        Self {
            stealer,
            counters: Counters::new(config.histogram.as_ref()),
            sleeper: Sleeper::new(),
            on_driver: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
        }
    }

    /// How many polls its worker has begun.
    pub(super) fn progress(&self) -> u64 {
        self.counters.polls.get()
    }

    /// Where its worker will sleep. Published by the bit that says that it sleeps.
    pub(super) fn sleep_on(&self, driver: bool) {
        self.on_driver.store(driver, Relaxed);
    }

    /// Its worker is between two polls.
    #[inline]
    pub(super) fn is_moving(&self, idle: &Idle) {
        if self.stuck.load(Relaxed) && self.stuck.swap(false, Relaxed) {
            idle.remove_stuck();
        }
    }

    /// Its worker leaves in the middle of a poll, or has taken over from one that did.
    pub(super) fn rest(&self, idle: &Idle) {
        self.counters.end_poll();
        self.is_moving(idle);
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
        if let Some(task) = kit::push_here(self, task, Reason::Woken) {
            self.inject(task);
        }
    }

    #[inline]
    fn is_current(&self) -> bool {
        kit::is_seated(self)
    }

    // A thread that polls holds an `Arc` of us.
    const TOLD_OF_PANICS: bool = true;

    fn panicked(&self) {
        // It may abort. To shut down the builder does not let us.
        let _ = self.config.unhandled_panic.shuts_down();
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
    pub(super) fn inject(&self, task: Runnable) {
        match self.injector.push(task) {
            Ok(()) => self.notify(),
            // G2: the last worker to retire finds the task without us.
            Err(task) => task.void(),
        }
    }

    pub(super) fn inject_all(&self, tasks: TaskList) {
        match self.injector.push_all(tasks) {
            Ok(()) => self.notify(),
            Err(mut tasks) => forget_all(&mut tasks),
        }
    }

    /// Half of the own ring. As after a push to the ring, the own worker comes to it.
    pub(super) fn take_overflow(&self, tasks: TaskList) {
        match self.injector.push_all(tasks) {
            Ok(()) => self.notify_cheaply(),
            Err(mut tasks) => forget_all(&mut tasks),
        }
    }

    /// Wakes a worker if one is to be woken, behind a fence (I2).
    pub(super) fn notify(&self) {
        self.carry_out(self.idle.notify());
    }

    /// The same after a push to this thread's own ring. Nothing depends on it, so the looks that
    /// come first need no fence: the own worker gets to the task, or is found stuck.
    #[inline]
    pub(super) fn notify_cheaply(&self) {
        if self.idle.may_notify() {
            self.notify();
        }
    }

    #[inline]
    pub(super) fn carry_out(&self, notify: Notify) {
        match notify {
            Notify::Nobody => {}
            Notify::Worker(seat) | Notify::Sentinel(seat) => self.unpark(seat),
        }
    }

    #[cold]
    fn unpark(&self, seat: usize) {
        let seat = &self.seats[seat];
        // Pairs with the fence in `Worker::takes_driver_over`.
        fence(SeqCst);
        if seat.on_driver.load(Relaxed) {
            self.driver_handle.unpark();
        } else {
            seat.sleeper.unpark();
        }
    }

    /// In a strict test: panics if the main future waits and nobody can ever wake it.
    pub(super) fn judge(&self, main: Option<&MainTask>) {
        if let (Some(judge), Some(main)) = (&self.config.judge, main) {
            if main.is_lost() && !self.config.unhandled_panic.may_end_main() {
                panic!("{}", judge.lies_down(true).unwrap_or_default());
            }
        }
    }

    pub(super) fn is_any_ring_filled(&self) -> bool {
        self.seats.iter().any(|seat| !seat.stealer.is_empty())
    }

    /// How many polls each seat has begun.
    pub(super) fn progress(&self) -> Vec<u64> {
        self.seats.iter().map(Seat::progress).collect()
    }

    /// What the sentinel does at each look: finds out who has been in one poll since the last,
    /// and whether that keeps anything waiting.
    pub(super) fn look_after_the_others(&self, sentinel: usize, seen: &mut Seen) -> bool {
        let before = mem::replace(&mut seen.polls, self.progress());
        let mut anyone = false;
        for (index, seat) in self.seats.iter().enumerate() {
            let same = before.get(index) == Some(&seen.polls[index]);
            if same && index != sentinel && !seat.counters.running().is_null() {
                seat.mark_stuck(&self.idle);
                // Pairs with the fence in `Idle::park`: the worker sees the mark before it
                // sleeps, or we see that it has ended its poll.
                fence(SeqCst);
                if seat.progress() != seen.polls[index] || seat.counters.running().is_null() {
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

    /// Starts a task. A runtime that is shut down leaves the future where it is.
    #[inline]
    pub(crate) fn spawn<F: Future + 'static>(
        &self,
        future: &mut Option<F>,
        spawned: &'static Location<'static>,
    ) -> Option<JoinHandle<F::Output>> {
        if !pool::is_local(self) {
            return self.spawn_from_afar(future, spawned);
        }
        if self.is_shut_down() {
            return None;
        }
        let (mut task, handle) =
            pool::with_local(|arena| task::allocate_from::<F, Self>(arena, None, future, spawned));
        if self.config.tasks.spawn.is_some() {
            task = hooks::spawned(task, &self.config);
        }
        if let Some(task) = kit::push_here(self, task, Reason::Spawned) {
            self.spawned_outside.add_shared(1);
            self.inject(task);
        }
        Some(handle)
    }

    #[cold]
    fn spawn_from_afar<F: Future + 'static>(
        &self,
        future: &mut Option<F>,
        spawned: &'static Location<'static>,
    ) -> Option<JoinHandle<F::Output>> {
        let mut foreign = self.foreign.lock();
        let arena = foreign.as_ref().filter(|_| !self.is_shut_down())?;
        let id = arena.next_id();
        if self.config.tasks.spawn.is_some() {
            drop(foreign);
            hooks::announce(id, spawned, &self.config);
            foreign = self.foreign.lock();
        }
        let arena = foreign.as_ref().filter(|_| !self.is_shut_down())?;
        let (task, handle) = task::allocate_from::<F, Self>(arena, Some(id), future, spawned);
        self.spawned_outside.add_shared(1);
        // Under the lock, so that the shutdown, which takes the arena, finds no task that is
        // about to be queued.
        self.inject(task);
        Some(handle)
    }

    /// The tasks being polled. Only to be compared.
    pub(crate) fn running(&self) -> Vec<*const Header> {
        let seats = self.seats.iter().map(|seat| seat.counters.running());
        let retired = self.retired.lock();
        let away = retired
            .away
            .iter()
            .map(|&task| ptr::without_provenance(task));
        seats.chain(away).collect()
    }

    /// Those of a worker's own seat.
    pub(crate) fn counters(&self, worker: usize) -> &Counters {
        &self.seats[worker + 1].counters
    }

    /// Those of the seats that are no worker's own: the guest's, and a spare one's.
    pub(crate) fn extra_counters(&self) -> impl Iterator<Item = &Counters> {
        let spare = self.seats.iter().skip(self.workers() + 1);
        let extra = self.seats[GUEST..=GUEST].iter().chain(spare);
        extra.map(|seat| &seat.counters)
    }

    pub(crate) fn all_counters(&self) -> impl Iterator<Item = &Counters> {
        self.seats.iter().map(|seat| &seat.counters)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Tasks in a worker's ring. The guest's and a spare one's are worker 0's, too.
    pub(crate) fn queue_len(&self, worker: usize) -> usize {
        let spare = self.workers() + 1..self.seats.len();
        let extra = [GUEST].into_iter().chain(spare).filter(|_| worker == 0);
        let seats = extra.chain([worker + 1]);
        seats.map(|seat| self.seats[seat].stealer.len()).sum()
    }

    pub(crate) fn spawned_outside(&self) -> u64 {
        self.spawned_outside.get()
    }

    pub(crate) fn scheduled_outside(&self) -> u64 {
        self.injector.pushed()
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

    /// A thread leaves its seat to another while it polls `task` (G3).
    pub(super) fn go_away(&self, task: *const Header) {
        self.retired.lock().away.push(task.addr());
    }

    /// It has ended that poll, or kept its seat.
    pub(super) fn come_back(&self, task: *const Header) {
        let mut retired = self.retired.lock();
        let at = retired.away.iter().position(|&away| away == task.addr());
        retired.away.swap_remove(at.expect("G3: went away before"));
        self.end_if_last(retired);
    }

    /// A worker gives its kit up.
    pub(super) fn retire(&self, mut kit: Kit) {
        forget_all(&mut kit.core.drain());
        let mut retired = self.retired.lock();
        retired.kits.push(kit);
        self.end_if_last(retired);
    }

    /// Ends the runtime if nobody can run a task any more (G2).
    fn end_if_last(&self, mut retired: MutexGuard<'_, Retired>) {
        if retired.kits.len() < self.seats.len() || !retired.away.is_empty() {
            return;
        }
        let kits = mem::take(&mut retired.kits);
        drop(retired);
        forget_all(&mut self.injector.close());
        let foreign = self.foreign.lock().take();
        // SAFETY: T1, G2, G3. All kits are here and nobody is away: nobody runs tasks any more.
        unsafe { task::cancel_all(&self.registry, |id, spawned| self.config.ended(id, spawned)) };
        self.driver.lock().shutdown();
        drop((kits, foreign));
        self.retired.lock().is_over = true;
        self.all_retired.notify_all();
    }
}

/// Turns that are void: whoever cancels all tasks finds them without.
fn forget_all(tasks: &mut TaskList) {
    while let Some(task) = tasks.pop_front() {
        task.void();
    }
}
