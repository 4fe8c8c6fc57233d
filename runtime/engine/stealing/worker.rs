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
//! [`Worker::step`] makes one decision and never blocks; [`Worker::park`], in `rest.rs`, blocks
//! and decides nothing. Threads loop round the two, a simulation calls the parts in an order of
//! its own.
//!
//! - **X2** A poll may take the core away (`block_in_place`). After each poll the worker finds out
//!   and touches nothing of the seat any more.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::idle::HAUL;
use super::kit::{self, Haul, Kit, with_core};
use super::oracle::{Oracle, Production};
use super::shared::{Seat, Shared};
use crate::engine::driver::Driver;
use crate::engine::hooks;
use crate::engine::task::Runnable;

/// Rounds over all seats before a thief gives up. In the last it takes what would run next, too.
const STEAL_ROUNDS: usize = 3;

/// A seat's worker. The kit is in the thread-local while it sits.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) seat: usize,
    kit: Option<Kit>,
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

/// What a worker comes to next on its own seat.
enum Next {
    TurnFirst,
    /// And whether it is counted in `searching`.
    Own(Option<Runnable>, bool),
}

/// What the sentinel saw at its last look.
#[derive(Default)]
pub(super) struct Seen {
    /// How many polls each seat had made.
    pub(super) polls: Vec<u64>,
    /// How many looks at the driver there had been.
    pub(super) looks: u64,
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
        kit::sit_down(Arc::clone(&self.shared), kit);
    }

    /// The opposite. `None` if the seat was handed off (X2), or the worker does not sit.
    pub(super) fn stand_up(&mut self) -> Option<Kit> {
        if !self.has_core() {
            return self.kit.take();
        }
        kit::stand_up().map(|(_, kit)| kit)
    }

    /// Sits down again where it was, for a thread that keeps its own `Worker`.
    pub(super) fn sit_again(mut self) {
        if let Some(kit) = self.kit.take() {
            kit::sit_down(Arc::clone(&self.shared), kit);
        }
    }

    /// Stands up, with the kit.
    pub(super) fn put_back(&mut self) {
        self.kit = self.stand_up();
    }

    /// For a simulation: true if somebody unparked the worker, which sleeps alone.
    pub(super) fn is_called(&self) -> bool {
        self.shared.seats[self.seat].sleeper.has_permit()
    }

    /// True if there was one.
    pub(super) fn forget_call(&self) -> bool {
        self.shared.seats[self.seat].sleeper.end()
    }

    /// For a simulation in which everybody sleeps: moves the clock to the next timer, and fires it.
    /// False if it cannot be moved so far.
    pub(super) fn pass_time(&self) -> bool {
        let driver = Arc::clone(&self.shared.driver_handle);
        with_core(&self.shared, |core| core.in_turn = true);
        let moved = driver.time().is_some_and(|time| time.skip_to_next(None));
        with_core(&self.shared, |core| core.in_turn = false);
        moved
    }

    fn has_core(&self) -> bool {
        with_core(&self.shared, |core| core.seat == self.seat).unwrap_or(false)
    }

    /// Up to `most` decisions, until one finds nothing to do.
    pub(super) fn steps(&self, oracle: &mut Production, most: u32) -> Step {
        for _ in 0..most {
            match self.step(oracle) {
                Step::Ran => {}
                other => return other,
            }
        }
        Step::Ran
    }

    /// One scheduling decision.
    // Inlined into the loops: what it reads of `self` is in registers then.
    #[inline(always)]
    pub(super) fn step<O: Oracle>(&self, oracle: &mut O) -> Step {
        let seat = &self.shared.seats[self.seat];
        match self.choose(seat, oracle) {
            Ok(task) => self.run(seat, task),
            Err(step) => step,
        }
    }

    /// The first half of a step: whose turn it is.
    #[inline(always)]
    pub(super) fn choose<O: Oracle>(&self, seat: &Seat, oracle: &mut O) -> Result<Runnable, Step> {
        let shared = &*self.shared;
        seat.is_moving(&shared.idle);
        let next = with_core(shared, |core| {
            match core.begin_step(&shared.config, oracle) {
                true => Next::TurnFirst,
                false => Next::Own(core.next(shared, oracle), core.is_searching),
            }
        });
        let (own, is_searching) = match next {
            None => return Err(Step::HandedOff),
            Some(Next::Own(task, is_searching)) => (task, is_searching),
            Some(Next::TurnFirst) if shared.idle.is_crowded() => return Err(self.make_room()),
            Some(Next::TurnFirst) => {
                self.turn();
                (
                    with_core(shared, |core| core.next(shared, oracle)).flatten(),
                    true,
                )
            }
        };
        let (task, may_be_searching) = match own {
            Some(task) => (task, is_searching),
            None => match self.foreign_task(oracle) {
                Some(task) => (task, true),
                None => return Err(Step::Idle),
            },
        };
        if may_be_searching {
            self.stop_searching();
        }
        oracle.before_poll();
        Ok(task)
    }

    /// More are awake than should be: one was stuck, somebody got up in its place, and it went on.
    /// This worker leaves its tasks to the others and lies down.
    #[cold]
    fn make_room(&self) -> Step {
        let shared = &*self.shared;
        let tasks = with_core(shared, kit::Core::drain);
        if let Some(tasks) = tasks.filter(|tasks| !tasks.is_empty()) {
            shared.inject_all(tasks);
        }
        Step::Idle
    }

    /// Before anything that may take long. Others may have counted on our search (I3).
    pub(super) fn stop_searching(&self) {
        let shared = &*self.shared;
        let was_searching = with_core(shared, |core| mem::take(&mut core.is_searching));
        if was_searching == Some(true) && shared.idle.stop_searching() {
            shared.notify();
        }
    }

    /// The second half: its poll, and where it goes afterwards.
    #[inline(always)]
    pub(super) fn run(&self, seat: &Seat, task: Runnable) -> Step {
        let shared = &*self.shared;
        let counters = &seat.counters;
        let header = task.as_ptr();
        counters.begin_poll(header);
        let polled = match shared.config.watch_polls {
            false => task.run(),
            true => hooks::run(task, &shared.config, counters, || self.has_core()),
        };
        let mut again = polled.err();
        let several = with_core(shared, |core| {
            if core.seat != self.seat {
                return None;
            }
            counters.end_poll();
            Some(again.take().is_some_and(|again| {
                counters.scheduled.add(1);
                core.push(shared, again);
                core.queue.len() > 1
            }))
        });
        let Some(several) = several.flatten() else {
            again.into_iter().for_each(|again| shared.inject(again));
            shared.come_back(header);
            return Step::HandedOff;
        };
        if several {
            shared.notify_cheaply();
        }
        Step::Ran
    }

    /// A task from the injector or another seat.
    #[cold]
    fn foreign_task<O: Oracle>(&self, oracle: &mut O) -> Option<Runnable> {
        let in_vain = oracle.was_in_vain(|| self.end_haul());
        let steps_back = with_core(&self.shared, |core| {
            // Others count on a searcher (I3).
            core.steps_back = in_vain && !core.is_searching;
            core.steps_back
        });
        if steps_back == Some(true) {
            return None;
        }
        if let Some(task) = self.injected_tasks() {
            return Some(task);
        }
        let shared = &*self.shared;
        let may_search = with_core(shared, |core| {
            if core.is_main_due {
                return false;
            }
            core.is_searching = core.is_searching || shared.idle.start_searching();
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
            oracle.pause();
            for (victim, polls) in others().zip(before) {
                let victim = &shared.seats[victim];
                if victim.progress() == polls {
                    if let Some(task) = victim.stealer.steal_next() {
                        self.count_steal(1);
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
        self.count_steal(count);
        Some(task)
    }

    fn count_steal(&self, tasks: usize) {
        let counters = &self.shared.seats[self.seat].counters;
        counters.steals.add(tasks as u64);
        counters.steal_operations.add(1);
        self.begin_haul(tasks);
    }

    /// So many tasks came from elsewhere.
    fn begin_haul(&self, tasks: usize) {
        if tasks >= HAUL {
            let haul = Haul {
                began: Instant::now(),
                polls: self.shared.seats[self.seat].progress(),
            };
            with_core(&self.shared, |core| core.haul = Some(haul));
        }
    }

    /// The queue is empty: what was fetched is through.
    fn end_haul(&self) -> bool {
        let is_tiny = with_core(&self.shared, |core| {
            let is_tiny = core.is_haul_tiny(&self.shared);
            core.haul = None;
            is_tiny
        });
        is_tiny == Some(true)
    }

    /// This worker's share of the injector.
    fn injected_tasks(&self) -> Option<Runnable> {
        let shared = &*self.shared;
        let share = with_core(shared, |core| core.share(shared))?;
        self.begin_haul(share);
        with_core(shared, |core| core.take_injected(shared, share)).flatten()
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
    pub(super) fn drive(&self, driver: &mut Driver, limit: Option<Duration>) {
        with_core(&self.shared, |core| core.begin_turn());
        driver.park(limit);
        with_core(&self.shared, |core| core.in_turn = false);
    }

    /// After tasks came into our queue from outside of a poll.
    pub(super) fn share_out(&self) {
        let queued = with_core(&self.shared, |core| {
            core.queue.len() + usize::from(core.queue.has_next())
        });
        match queued.unwrap_or(0) {
            0 => {}
            1 => self.shared.carry_out(self.shared.idle.watch()),
            _ => self.shared.notify_cheaply(),
        }
    }

    /// Leaves the seat for good, or for as long as this thread blocks: what is queued goes to
    /// the injector, and others are told.
    pub(super) fn give_away(shared: &Shared, core: &mut kit::Core) {
        if mem::take(&mut core.is_searching) && shared.idle.stop_searching() {
            shared.notify();
        }
        shared.seats[core.seat].rest(&shared.idle);
        let tasks = core.drain();
        shared.idle.leave();
        if !tasks.is_empty() {
            shared.inject_all(tasks);
        }
        if !shared.driver_handle.is_quiet() {
            // G1: the driver may have been ours last.
            shared.carry_out(shared.idle.call_somebody());
        }
    }
}

impl Worker {
    /// Gives up a kit that is with the worker.
    pub(super) fn retire(&mut self) {
        if let Some(kit) = self.kit.take() {
            self.shared.idle.leave();
            self.shared.retire(kit);
        }
    }
}

impl Drop for Worker {
    /// A worker that nobody runs has retired.
    fn drop(&mut self) {
        self.retire();
    }
}
