//! A worker's day: its own queue, then the injector, then what it can steal, then sleep.
//!
//! ```text
//!   step:  +-> due? look at the driver          +-> nothing: park
//!          |   next --> ring --> injector --> steal             |
//!          |     |                                              v
//!          +-----+--- run one task                  lie_down: bit, fence, last look
//!                                                   sleep on the driver, or alone
//!                                                   get_up: who woke us?
//! ```
//!
//! [`Worker::step`] makes one decision and never blocks; [`Worker::park`] blocks and decides
//! nothing. Threads loop round the two, a simulation calls the parts in an order of its own.
//!
//! - **X1** The core of a seat is in one place: the thread-local of the thread that sits, or
//!   the `Worker` while it does not sit.
//! - **X2** A poll may take the core away (`block_in_place`). After each poll the worker finds out
//!   and touches nothing of the seat any more.

use std::cell::{Cell, RefCell};
use std::hint;
use std::mem;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::idle::SENTINEL_PERIOD;
use super::oracle::Oracle;
use super::queue::{CAPACITY, Local};
use super::{GUEST, Shared};
use crate::engine::config;
use crate::engine::driver::Driver;
use crate::engine::sleeper::How;
use crate::engine::task::list::TaskList;
use crate::engine::task::main_task::MainTask;
use crate::engine::task::{Arena, Polled, Runnable, pool};

/// Rounds over all seats before a thief gives up. In the last it takes what would run next, too.
const STEAL_ROUNDS: usize = 3;
/// Pauses between two rounds: about as long as a short poll, so that a victim which is making
/// progress is seen to.
const PAUSES: usize = 32;
/// The most tasks taken from the injector at once: they must fit an empty ring.
const MOST_INJECTED: usize = CAPACITY / 2;

/// What only the worker on the seat touches.
pub(super) struct Core {
    pub(super) seat: usize,
    queue: Local,
    tick: u32,
    /// Tasks run in a row from the slot for the task woken last.
    streak: u32,
    /// We are counted in `searching`.
    is_searching: bool,
    /// We gave up a search, and saw work then (I3).
    owes_search: bool,
    /// The driver is waking tasks: notify once when it is through.
    in_turn: bool,
}

/// What goes with a seat: who has it may act as its worker.
pub(super) struct Kit {
    pub(super) core: Box<Core>,
    pub(super) arena: Box<Arena>,
}

/// A thread on a seat. Its arena is the thread's arena.
struct Seated {
    shared: Arc<Shared>,
    core: Box<Core>,
}

thread_local! {
    static CURRENT: RefCell<Option<Seated>> = const { RefCell::new(None) };
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// A seat's worker. The kit is in the thread-local while it sits.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) seat: usize,
    kit: Option<Kit>,
}

/// This thread runs tasks of a work-stealing runtime, with or without a seat, until this drops.
pub(super) struct OnDuty(bool);

impl OnDuty {
    pub(super) fn begin() -> Self {
        Self(IS_WORKER.replace(true))
    }
}

impl Drop for OnDuty {
    fn drop(&mut self) {
        IS_WORKER.set(self.0);
    }
}

/// True on a thread that runs tasks of a work-stealing runtime.
pub(super) fn is_worker() -> bool {
    IS_WORKER.get()
}

/// What came of one step.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A task had its turn.
    Ran,
    /// There is nothing to do.
    Idle,
    /// Another thread has the seat now (X2).
    HandedOff,
}

/// How many polls each seat had made at the sentinel's last look.
pub(super) type Seen = Vec<u64>;

impl Core {
    pub(super) fn new(seat: usize, queue: Local) -> Box<Self> {
        Box::new(Self {
            seat,
            queue,
            tick: 0,
            streak: 0,
            is_searching: false,
            owes_search: false,
            in_turn: false,
        })
    }

    /// Adds to the ring. Half of a full ring, and the task, go to the injector.
    fn push(&mut self, shared: &Shared, mut task: Runnable) {
        while let Err(back) = self.queue.push(task) {
            task = back;
            let mut half = self.queue.take_half();
            if !half.is_empty() {
                half.push_back(task);
                shared.inject_all(half);
                return;
            }
            // Thieves made room.
        }
    }

    /// Takes everything out: the seat is to be left.
    pub(super) fn drain(&mut self) -> TaskList {
        let mut tasks = TaskList::new();
        while let Some(task) = self.queue.take_next().or_else(|| self.queue.pop()) {
            tasks.push_back(task);
        }
        tasks
    }
}

/// Runs `f` with this thread's core, if it is on a seat of `shared`.
#[inline]
fn with_core<R>(shared: &Shared, f: impl FnOnce(&mut Core) -> R) -> Option<R> {
    let run = |current: &RefCell<Option<Seated>>| match &mut *current.borrow_mut() {
        Some(seated) if ptr::eq(&raw const *seated.shared, shared) => Some(f(&mut seated.core)),
        _ => None,
    };
    CURRENT.try_with(run).ok().flatten()
}

/// True if this thread sits on a seat of `shared`.
#[inline]
pub(super) fn is_seated(shared: &Shared) -> bool {
    with_core(shared, |_| ()).is_some()
}

/// How a task comes to be queued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Spawned,
    Woken,
}

/// Queues on this thread's seat, and sees to it that the task does not depend on this thread
/// alone. Gives the task back if the thread has no seat of `shared`.
#[inline]
pub(super) fn push_here(shared: &Shared, task: Runnable, reason: Reason) -> Option<Runnable> {
    let mut task = Some(task);
    let several = with_core(shared, |core| {
        let task = task.take()?;
        let alone = match reason {
            Reason::Spawned => {
                core.push(shared, task);
                core.queue.len() < 2 && !core.queue.has_next()
            }
            Reason::Woken => match core.queue.put_next(task) {
                Some(displaced) => {
                    core.push(shared, displaced);
                    false
                }
                None => true,
            },
        };
        (!core.in_turn).then_some(!alone)
    });
    match several {
        Some(Some(true)) => shared.notify_cheaply(),
        Some(Some(false)) => shared.carry_out(shared.idle.watch()),
        _ => {}
    }
    task
}

/// Takes this thread off its seat, if it has one.
pub(super) fn stand_up() -> Option<(Arc<Shared>, Kit)> {
    let Seated { shared, core } = CURRENT.with_borrow_mut(Option::take)?;
    let arena = pool::install(None).expect("X1: the arena goes with the core");
    Some((shared, Kit { core, arena }))
}

/// The same, if it is polling a task or a main future there, and not in a hook or a waker.
pub(super) fn stand_up_in_a_poll() -> Option<(Arc<Shared>, Kit)> {
    let polls = |seated: &Seated| {
        let seat = &seated.shared.seats[seated.core.seat];
        !seat.counters.running().is_null()
    };
    CURRENT
        .with_borrow(|current| current.as_ref().is_some_and(polls))
        .then(stand_up)?
}

/// Puts this thread on a seat. It must have none.
pub(super) fn sit_down(shared: Arc<Shared>, kit: Kit) {
    let Kit { core, arena } = kit;
    let outer = pool::install(Some(arena));
    let empty = CURRENT.replace(Some(Seated { shared, core }));
    debug_assert!(
        outer.is_none() && empty.is_none(),
        "X1: a thread has one seat"
    );
}

impl Worker {
    pub(super) fn new(shared: &Arc<Shared>, kit: Kit) -> Self {
        Self {
            shared: Arc::clone(shared),
            seat: kit.core.seat,
            kit: Some(kit),
        }
    }

    /// Takes place: from here on this thread's spawns and wakes go to this seat.
    pub(super) fn sit(&mut self) {
        let kit = self.kit.take().expect("X1: does not sit yet");
        sit_down(Arc::clone(&self.shared), kit);
    }

    /// The opposite. `None` if the seat was handed off (X2), or the worker does not sit.
    pub(super) fn stand_up(&mut self) -> Option<Kit> {
        if !self.has_core() {
            return self.kit.take();
        }
        stand_up().map(|(_, kit)| kit)
    }

    /// Stands up, to sit down again later.
    #[cfg(test)]
    pub(super) fn put_back(&mut self) {
        self.kit = self.stand_up();
    }

    /// True if somebody unparked the worker, which sleeps alone.
    #[cfg(test)]
    pub(super) fn is_called(&self) -> bool {
        self.shared.seats[self.seat].sleeper.has_permit()
    }

    #[cfg(test)]
    pub(super) fn forget_call(&self) {
        self.shared.seats[self.seat].sleeper.end();
    }

    fn has_core(&self) -> bool {
        with_core(&self.shared, |core| core.seat == self.seat).unwrap_or(false)
    }

    /// One scheduling decision.
    pub(super) fn step<O: Oracle>(&self, oracle: &mut O) -> Step {
        let shared = &*self.shared;
        let config = &shared.config;
        shared.seats[self.seat].is_moving(&shared.idle);
        let due = with_core(shared, |core| {
            core.tick = core.tick.wrapping_add(1);
            oracle.turn_driver(core.tick, config.event_interval)
        });
        match due {
            None => return Step::HandedOff,
            Some(true) => self.turn(),
            Some(false) => {}
        }
        let Some(task) = self.own_task(oracle).or_else(|| self.foreign_task(oracle)) else {
            return Step::Idle;
        };
        self.stop_searching();
        self.run(task)
    }

    /// Something was found, or the main future is due.
    pub(super) fn stop_searching(&self) {
        let shared = &*self.shared;
        let was_searching = with_core(shared, |core| mem::take(&mut core.is_searching));
        if was_searching == Some(true) && shared.idle.stop_searching() {
            // I3: others counted on our search.
            shared.notify();
        }
    }

    fn run(&self, task: Runnable) -> Step {
        let shared = &*self.shared;
        let counters = &shared.seats[self.seat].counters;
        let address = task.as_ptr();
        counters.begin_poll(address);
        let polled = task.run();
        let seated = self.has_core();
        if seated {
            counters.end_poll();
        }
        match polled {
            Ok(Polled::Done) if seated => counters.done.add(1),
            Ok(_) => {}
            Err(again) if seated => {
                let several = with_core(shared, |core| {
                    core.push(shared, again);
                    core.queue.len() > 1
                });
                if several == Some(true) {
                    shared.notify_cheaply();
                }
            }
            Err(again) => shared.inject(again),
        }
        if seated {
            return Step::Ran;
        }
        shared.come_back(address);
        Step::HandedOff
    }

    /// A task from our own queue, or from the injector when it is due.
    #[inline]
    fn own_task<O: Oracle>(&self, oracle: &mut O) -> Option<Runnable> {
        let shared = &*self.shared;
        with_core(shared, |core| {
            if oracle.look_outside(core.tick, shared.config.global_queue_interval) {
                if let Some(task) = shared.injector.pop(1).pop_front() {
                    return Some(task);
                }
            }
            if core.queue.has_next() && oracle.take_next(core.streak) {
                if let Some(task) = core.queue.take_next() {
                    core.streak += 1;
                    return Some(task);
                }
            }
            core.streak = 0;
            core.queue.pop().or_else(|| core.queue.take_next())
        })
        .flatten()
    }

    /// A task from the injector or another seat.
    fn foreign_task<O: Oracle>(&self, oracle: &mut O) -> Option<Runnable> {
        if let Some(task) = self.injected_tasks() {
            return Some(task);
        }
        let shared = &*self.shared;
        let may_search = with_core(shared, |core| {
            if !core.is_searching && !shared.idle.is_crowded() {
                core.is_searching = shared.idle.start_searching();
            }
            core.is_searching
        })?;
        if !may_search {
            return None;
        }
        let seats = shared.seats.len();
        let first = oracle.first_victim(seats);
        let others = || {
            (0..seats)
                .map(|i| (first + i) % seats)
                .filter(|&seat| seat != self.seat)
        };
        for round in 0..STEAL_ROUNDS {
            if let Some(task) = others().find_map(|victim| self.steal_ring(victim)) {
                return Some(task);
            }
            let is_last = round + 1 == STEAL_ROUNDS;
            let before: Vec<u64> = match is_last {
                true => others()
                    .map(|victim| shared.seats[victim].progress())
                    .collect(),
                false => Vec::new(),
            };
            (0..PAUSES).for_each(|_| hint::spin_loop());
            for (victim, polls) in others().zip(before) {
                let victim = &shared.seats[victim];
                if victim.progress() == polls {
                    if let Some(task) = victim.stealer.steal_next() {
                        shared.seats[self.seat].counters.steals.add(1);
                        return Some(task);
                    }
                }
            }
        }
        self.injected_tasks()
    }

    fn steal_ring(&self, victim: usize) -> Option<Runnable> {
        let shared = &*self.shared;
        let stealer = &shared.seats[victim].stealer;
        let (task, count) = with_core(shared, |core| stealer.steal(&mut core.queue)).flatten()?;
        shared.seats[self.seat].counters.steals.add(count as u64);
        Some(task)
    }

    /// This worker's share of the injector: one task out, the others into the ring.
    fn injected_tasks(&self) -> Option<Runnable> {
        let shared = &*self.shared;
        let share = shared
            .injector
            .len()
            .div_ceil(shared.workers())
            .min(MOST_INJECTED);
        let mut tasks = shared.injector.pop(share);
        let first = tasks.pop_front();
        with_core(shared, |core| {
            while let Some(task) = tasks.pop_front() {
                core.push(shared, task);
            }
        });
        first
    }

    /// Looks at I/O and timers without sleeping, unless somebody else does.
    fn turn(&self) {
        if self.shared.driver_handle.is_quiet() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        if let Some(mut driver) = shared.driver.try_lock() {
            self.drive(&mut driver, Some(Duration::ZERO));
        }
    }

    /// Lets the driver wake tasks into our queue, and shares them out once.
    fn drive(&self, driver: &mut Driver, limit: Option<Duration>) {
        with_core(&self.shared, |core| core.in_turn = true);
        driver.park(limit);
        with_core(&self.shared, |core| core.in_turn = false);
    }

    /// After tasks came into our queue from outside of a poll.
    fn share_out(&self) {
        let queued = with_core(&self.shared, |core| {
            core.queue.len() + usize::from(core.queue.has_next())
        });
        match queued.unwrap_or(0) {
            // The main future is due. It may block, with the driver left to nobody.
            0 if self.seat != GUEST => {}
            0 | 1 => self.shared.carry_out(self.shared.idle.watch()),
            _ => self.shared.notify_cheaply(),
        }
    }

    /// Sleeps until there is something to do, or somebody must look after a stuck worker.
    pub(super) fn park(&self, main: Option<&MainTask>) {
        let shared = Arc::clone(&self.shared);
        config::call(&shared.config.on_thread_park);
        let mut driver = shared.driver.try_lock();
        if self.lie_down(driver.is_some(), main) {
            shared.seats[self.seat].counters.parks.add(1);
            let mut seen = Seen::new();
            loop {
                let watches = shared.idle.is_sentinel(self.seat);
                let limit = watches.then_some(SENTINEL_PERIOD);
                match &mut driver {
                    Some(driver) => self.drive(driver, limit),
                    None => self.sleep_alone(limit),
                }
                if self.may_get_up(main, &mut seen) {
                    break;
                }
            }
        }
        drop(driver);
        self.get_up();
        config::call(&shared.config.on_thread_unpark);
    }

    fn sleep_alone(&self, limit: Option<Duration>) {
        let sleeper = &self.shared.seats[self.seat].sleeper;
        if sleeper.begin(How::Parked) {
            sleeper.wait(limit);
            sleeper.end();
        }
    }

    /// Announces that this worker sleeps, and looks a last time. True if it may.
    pub(super) fn lie_down(&self, on_driver: bool, main: Option<&MainTask>) -> bool {
        let shared = &*self.shared;
        let was_searching = with_core(shared, |core| mem::take(&mut core.is_searching));
        shared.seats[self.seat].sleep_on(on_driver);
        shared.idle.park(self.seat, was_searching == Some(true));
        // I2, I3: behind the fence in `park`. What lies in a ring has a worker of its own; only
        // somebody who searched must make up for those who counted on it.
        let searched = was_searching == Some(true);
        let is_filled = shared.injector.len() > 0 || searched && shared.is_any_ring_filled();
        if is_filled || self.has_reason(main) {
            with_core(shared, |core| core.owes_search = searched && is_filled);
            return false;
        }
        shared.idle.volunteer(self.seat);
        true
    }

    /// True if this worker itself is wanted.
    fn has_reason(&self, main: Option<&MainTask>) -> bool {
        let shared = &*self.shared;
        let own = with_core(shared, |core| core.queue.len() > 0 || core.queue.has_next());
        own == Some(true) || main.is_some_and(MainTask::is_woken) || shared.is_shut_down()
    }

    /// After a sleep: true to get up, false to sleep on.
    pub(super) fn may_get_up(&self, main: Option<&MainTask>, seen: &mut Seen) -> bool {
        let shared = &*self.shared;
        let idle = &shared.idle;
        if !idle.is_parked(self.seat) || self.has_reason(main) {
            return true;
        }
        if !idle.is_sentinel(self.seat) {
            return false;
        }
        if !idle.is_anyone_up() {
            // Who left may have had the driver. Somebody must sleep on it.
            let is_unattended = || shared.driver.try_lock().is_some();
            // A second quiet look in a row ends the watch. Whoever gets up from here on drops the
            // driver, then looks for a sentinel, behind the fence in `wake_self` (I4).
            return is_unattended()
                || mem::replace(seen, Seen::new()).is_empty()
                    && idle.retire_sentinel(self.seat)
                    && is_unattended();
        }
        shared.look_after_the_others(self.seat, seen)
    }

    /// Awake again.
    pub(super) fn get_up(&self) {
        let shared = &*self.shared;
        with_core(shared, |core| {
            let owes = mem::take(&mut core.owes_search);
            core.is_searching = shared.idle.wake_self(self.seat, owes);
        });
        shared.carry_out(shared.idle.hand_over_watch(self.seat));
        self.share_out();
    }

    /// Leaves the seat for good, or for as long as this thread blocks: what is queued goes to
    /// the injector, and others are told.
    pub(super) fn give_away(shared: &Shared, core: &mut Core) {
        if mem::take(&mut core.is_searching) && shared.idle.stop_searching() {
            shared.notify();
        }
        shared.seats[core.seat].counters.end_poll();
        let tasks = core.drain();
        shared.idle.leave();
        if !tasks.is_empty() {
            shared.inject_all(tasks);
        }
    }
}
