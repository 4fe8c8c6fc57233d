//! The workers of the real scheduler, driven from one thread in an order that a seed decides.
//!
//! Each turn picks a worker and lets it make one decision: a step, lying down, getting up, the
//! sentinel's look, a poll of the main future. The [`Oracle`] answers the worker's own choices from
//! the same stream (`chance.rs`). A worker that sleeps gets up only if it was unparked, so a wake
//! that is lost shows as a simulation in which nobody is awake and a task is left.
//!
//! ```text
//!  turn:  a worker that is awake or called --> one decision
//!         now and then --> something from outside, a worker that nobody called,
//!                          a task that nobody woke, a poll that takes long
//!         all others asleep --> the sentinel looks, then a long poll ends
//!         all asleep, nothing outside --> the clock moves to the next timer
//!         no timer either --> stuck
//! ```
//!
//! Called by `wakeful::sim` with a main future, and by the worlds of `worlds.rs`, which check the
//! scheduler itself.
//!
//! - **E1** All workers of a simulated scheduler are driven by this thread: between two decisions
//!   nobody runs its tasks, and none can end.
//!
//! Not here: threads, sockets, the machine's clock. Nothing waits for anything but a turn.

#![expect(unsafe_code, reason = "wakes a task that nobody woke: E1")]

mod workers;
#[cfg(test)]
mod worlds;

use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use super::kit::OnDuty;
use super::oracle::{NEXT_STREAK, Oracle};
use super::shared::Shared;
use super::threads::{self, Starting};
use super::worker::Worker;
use super::{GUEST, kit};
use crate::budget::{self, POLL_BUDGET};
use crate::chance;
use crate::engine::task::main_task::MainTask;
use crate::engine::task::{self, Arena, pool};
use workers::{Others, Stuck, Virtual};

/// How often what need not happen does: once in so many times, never if 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Decisions for one poll of a task that nobody woke.
    pub(crate) spurious: usize,
    /// Polls for one that starts with next to no budget.
    pub(crate) short: usize,
    /// Polls for one that takes long: seen by the others it has begun, and it makes its effect
    /// after they have gone on.
    pub(crate) long: usize,
}

/// Units that a short poll starts with, at most. Few, so that it ends in the midst of things.
const SHORT_BUDGET: usize = 8;
/// Decisions for one of a worker that nobody called: a late call, or the sentinel's period.
const UNCALLED: usize = 32;
/// Times that a worker with an empty queue leaves what there is to others.
const STEPS_BACK: usize = 8;
/// Decisions for one event from outside, while workers are awake.
const OUTSIDE: usize = 16;
/// Times that the sentinel looks before a long poll ends that nobody else has to wait for: one more
/// than it needs to find it.
const SENTINELS_LOOKS: usize = 3;

/// Who runs the simulation, seen from it.
pub(crate) trait Outside {
    /// How many events could happen now.
    fn events(&self) -> usize;

    /// Makes one of them happen.
    fn happen(&mut self);

    /// Nothing can happen any more, and the main future is not done.
    fn stuck(&mut self);
}

/// How a main future ended.
pub(crate) enum Ended<T> {
    Ready(T),
    Panicked(Box<dyn Any + Send>),
    /// It waits, and nothing will ever wake it.
    Stuck,
}

/// The seed's answers.
struct Seeded(Rates);

impl Oracle for Seeded {
    fn first_victim(&mut self, seats: usize) -> usize {
        chance::first(seats)
    }

    fn look_outside(&mut self, _: bool) -> bool {
        chance::one_in(16)
    }

    fn turn_driver(&mut self, _: bool) -> bool {
        chance::one_in(16)
    }

    fn take_next(&mut self, streak: u32) -> bool {
        streak < NEXT_STREAK && !chance::one_in(8)
    }

    fn before_poll(&mut self) {
        let units = match chance::one_in(self.0.short) {
            true => chance::first(SHORT_BUDGET) as u8,
            false => POLL_BUDGET,
        };
        budget::set_full(units);
    }

    fn was_in_vain(&mut self, _: impl FnOnce() -> bool) -> bool {
        chance::one_in(STEPS_BACK)
    }

    /// Nobody goes on meanwhile.
    fn pause(&mut self) {}
}

/// What became of a turn.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Went,
    /// Nobody is awake, nothing is outside, and no timer is set.
    Stuck,
}

/// Polls the main future, when it is due.
type PollMain<'a> = &'a mut dyn FnMut(&MainTask);

struct Simulation {
    shared: Arc<Shared>,
    workers: Vec<Virtual>,
    oracle: Seeded,
    main: Option<MainTask>,
    outer_arena: Option<Box<Arena>>,
    _on_duty: OnDuty,
}

impl Simulation {
    fn new(starting: Starting, rates: Rates) -> Self {
        let Starting { shared, kits } = starting;
        // Nobody can take a seat over: who would block, blocks all.
        let _ = shared.hand_off.set(Box::new(|_| false));
        let workers = kits.into_iter().map(|kit| Virtual::new(&shared, kit));
        let workers = workers.collect();
        Self {
            shared,
            workers,
            oracle: Seeded(rates),
            main: None,
            outer_arena: pool::install(None),
            _on_duty: OnDuty::begin(),
        }
    }

    /// Takes the guest's seat, for a main future.
    fn seat_guest(&mut self, called: &'static Location<'static>) {
        let kit = self.shared.guest.lock().take().expect("a new scheduler");
        let mut guest = Virtual::new(&self.shared, kit);
        guest.worker.sit();
        self.main = Some(pool::with_local(|arena| {
            MainTask::new::<Shared>(arena, called)
        }));
        guest.worker.put_back();
        self.workers.push(guest);
    }

    /// Leaves it again.
    fn unseat_guest(&mut self) {
        let mut guest = self.workers.pop().expect("the guest came last");
        guest.worker.sit();
        guest.end_long_poll();
        if mem::take(&mut guest.naps) {
            self.shared.idle.end_nap();
        }
        if let Some(on_driver) = guest.asleep {
            guest.worker.get_up(on_driver);
        }
        self.main = None;
        let mut guest = guest.worker;
        let mut kit = guest.stand_up().expect("it just sat down");
        Worker::give_away(&self.shared, &mut kit.core);
        *self.shared.guest.lock() = Some(kit);
    }

    /// True if the worker would wake up if it were a thread.
    fn is_called(&self, index: usize) -> bool {
        let Virtual {
            worker,
            asleep,
            naps,
            stuck,
            ..
        } = &self.workers[index];
        match asleep {
            _ if stuck.is_some() => false,
            None => true,
            _ if *naps => true,
            Some(false) => worker.is_called(),
            Some(true) => {
                !self.shared.idle.is_parked(worker.seat) || self.shared.driver_handle.is_called()
            }
        }
    }

    /// One turn: somebody makes one decision.
    fn turn(&mut self, outside: &mut dyn Outside, poll_main: PollMain<'_>) -> Turn {
        let all = 0..self.workers.len();
        if chance::one_in(UNCALLED) {
            self.advance(chance::first(all.len()), poll_main);
            return Turn::Went;
        }
        let called = all.clone().filter(|&index| self.is_called(index)).count();
        if called == 0 && self.is_anybody_stuck() {
            self.wait_for_the_stuck(outside, poll_main);
        } else if called == 0 || chance::one_in(OUTSIDE) {
            if outside.events() > 0 {
                outside.happen();
            } else if called == 0 {
                return self.pass_time();
            }
        } else {
            let chosen = chance::first(called);
            let mut those = all.filter(|&index| self.is_called(index));
            let index = those.nth(chosen).expect("counted before");
            self.advance(index, poll_main);
        }
        Turn::Went
    }

    /// One decision of one worker.
    fn advance(&mut self, index: usize, poll_main: PollMain<'_>) {
        let others = self.others(index);
        let Self {
            shared,
            workers,
            oracle,
            main,
            ..
        } = self;
        let this = &mut workers[index];
        let main = main.as_ref().filter(|_| this.worker.seat == GUEST);
        this.worker.sit();
        if chance::one_in(oracle.0.spurious) {
            wake_somebody(shared);
        }
        let due = main.filter(|main| main.is_woken());
        match (due, &this.stuck) {
            (Some(main), Some(Stuck::Main)) => this.step_main(main, oracle, poll_main),
            (_, Some(_)) => this.end_long_poll(),
            (Some(main), None) if this.asleep.is_none() && chance::first(2) == 0 => {
                this.step_main(main, oracle, poll_main);
            }
            _ if this.asleep.is_some() => this.look_up(main, others),
            _ if this.is_idle => this.lie_down(main, others),
            _ => {
                kit::with_core(shared, |core| core.is_main_due = due.is_some());
                this.is_idle = this.step(oracle);
            }
        }
        this.worker.put_back();
    }

    fn is_anybody_stuck(&self) -> bool {
        self.workers.iter().any(|this| this.stuck.is_some())
    }

    /// Nobody goes on but those who are in a long poll. Whoever sleeps has had the time to look for
    /// what they keep waiting. Then something else happens, or one of these polls ends.
    fn wait_for_the_stuck(&mut self, outside: &mut dyn Outside, poll_main: PollMain<'_>) {
        for _ in 0..SENTINELS_LOOKS {
            for index in 0..self.workers.len() {
                if self.workers[index].asleep.is_some() {
                    self.advance(index, poll_main);
                }
            }
        }
        if (0..self.workers.len()).any(|index| self.is_called(index)) {
            return;
        }
        let sleeps = self.workers.iter().any(|this| this.asleep.is_some());
        assert!(
            !(sleeps && self.is_anything_queued()),
            "I4: somebody sleeps, and tasks wait behind a long poll"
        );
        match chance::first(3) {
            0 if outside.events() > 0 => outside.happen(),
            1 if sleeps => drop(self.pass_time()),
            _ => {
                let is_stuck = |this: &Virtual| this.stuck.is_some();
                let stuck = self.workers.iter().filter(|this| is_stuck(this)).count();
                let chosen = chance::first(stuck);
                let mut those = (0..self.workers.len()).filter(|&i| is_stuck(&self.workers[i]));
                let index = those.nth(chosen).expect("counted before");
                self.advance(index, poll_main);
            }
        }
    }

    fn is_anything_queued(&self) -> bool {
        let mut rings = self.shared.seats.iter().map(|seat| &seat.stealer);
        self.shared.injector.len() > 0 || rings.any(|ring| !ring.is_empty() || ring.has_next())
    }

    fn others(&self, index: usize) -> Others {
        let mut others = Others {
            awake: false,
            on_driver: false,
        };
        for (_, other) in self.workers.iter().enumerate().filter(|(i, _)| *i != index) {
            others.awake |= other.asleep.is_none();
            others.on_driver |= other.asleep == Some(true);
        }
        others
    }

    /// Everybody sleeps: moves the clock to the next timer.
    fn pass_time(&mut self) -> Turn {
        let time = self.shared.driver_handle.time();
        if !time.is_some_and(|time| time.has_deadline()) {
            return Turn::Stuck;
        }
        let driver = self.workers.iter().position(|w| w.asleep == Some(true));
        let driver = driver.expect("G1: a timer is set, so somebody sleeps on the driver");
        let on_seat_of_guest = self.workers[driver].worker.seat == GUEST;
        let main = self.main.as_ref().filter(|_| on_seat_of_guest);
        let sleeper = &mut self.workers[driver];
        sleeper.worker.sit();
        let moved = sleeper.worker.pass_time();
        sleeper.get_up(main);
        sleeper.worker.put_back();
        match moved {
            true => Turn::Went,
            false => Turn::Stuck,
        }
    }

    /// Drops every task. Nobody takes a turn after this.
    fn shut_down(&mut self) {
        threads::shutdown(&self.shared);
        for other in &mut self.workers {
            other.worker.sit();
            other.end_long_poll();
            other.worker.put_back();
            other.worker.retire();
        }
        let is_over = threads::wait_for_shutdown(&self.shared, Some(Duration::ZERO));
        debug_assert!(is_over, "G2, E1: everybody has retired");
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if thread::panicking() {
            // A check of the scheduler failed in the midst of a decision.
            drop(kit::stand_up());
        }
        budget::set_full(POLL_BUDGET);
        pool::install(self.outer_arena.take());
    }
}

/// Wakes an idle task, if there is one, although nothing happened to it.
fn wake_somebody(shared: &Shared) {
    // SAFETY: E1. We are between two decisions.
    unsafe { task::wake_one(&shared.registry, chance::first) };
}

/// Runs `future` to its end on the simulated scheduler, then drops all tasks.
pub(crate) fn block_on<F: Future>(
    starting: Starting,
    rates: Rates,
    outside: &mut dyn Outside,
    future: F,
    called: &'static Location<'static>,
) -> Ended<F::Output> {
    let mut simulation = Simulation::new(starting, rates);
    simulation.seat_guest(called);
    let mut main = MainFuture {
        future: Some(Box::pin(future)),
        ended: None,
    };
    let ended = loop {
        let turn = simulation.turn(outside, &mut |task| main.poll(task));
        if let Some(ended) = main.ended.take() {
            break ended;
        }
        if turn == Turn::Stuck {
            outside.stuck();
            break match main.drop_future() {
                Ok(()) => Ended::Stuck,
                Err(panic) => Ended::Panicked(panic),
            };
        }
    };
    simulation.unseat_guest();
    simulation.shut_down();
    ended
}

/// The main future, until it ends.
struct MainFuture<F: Future> {
    future: Option<Pin<Box<F>>>,
    ended: Option<Ended<F::Output>>,
}

impl<F: Future> MainFuture<F> {
    /// Polls it, and drops it as soon as it is done, on its seat. Does not panic.
    fn poll(&mut self, task: &MainTask) {
        let Some(future) = &mut self.future else {
            return;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| task.poll(future.as_mut())));
        let outcome = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(output)) => Ended::Ready(output),
            Err(panic) => Ended::Panicked(panic),
        };
        self.ended = Some(match (self.drop_future(), outcome) {
            (Err(panic), Ended::Ready(_)) => Ended::Panicked(panic),
            // The first panic is the one to report.
            (_, outcome) => outcome,
        });
    }

    fn drop_future(&mut self) -> thread::Result<()> {
        catch_unwind(AssertUnwindSafe(|| self.future = None))
    }
}
