//! One worker of a simulation: between which decisions it is, and what it does next.
//!
//! Called by the `Simulation`, while the worker sits. A poll that takes long is two decisions: the
//! others see that it has begun, and it makes its effect later. So it is with a thread that blocks,
//! or that the system does not let go on.
//!
//! Absent: whose decision is next.

use std::mem;
use std::sync::Arc;

use super::super::GUEST;
use super::super::kit::Kit;
use super::super::oracle::Oracle;
use super::super::shared::Shared;
use super::super::worker::{Seen, Step, Worker};
use super::{PollMain, Seeded};
use crate::chance;
use crate::engine::task::Runnable;
use crate::engine::task::main_task::MainTask;

/// Times that a worker lies down for one that it naps first.
const NAPPING: usize = 4;

/// A worker that is simulated.
pub(super) struct Virtual {
    pub(super) worker: Worker,
    /// It found nothing to do, and lies down next.
    pub(super) is_idle: bool,
    /// Asleep since it lay down; on the driver or not.
    pub(super) asleep: Option<bool>,
    /// It will wake up by itself.
    pub(super) naps: bool,
    seen: Seen,
    /// The long poll that it is in.
    pub(super) stuck: Option<Stuck>,
}

/// What somebody polls for long.
pub(super) enum Stuck {
    Task(Runnable),
    Main,
}

impl Virtual {
    pub(super) fn new(shared: &Arc<Shared>, kit: Kit) -> Self {
        shared.idle.arrive();
        Self {
            worker: Worker::new(shared, kit),
            is_idle: false,
            asleep: None,
            naps: false,
            seen: Seen::default(),
            stuck: None,
        }
    }

    /// Its next step, which may be to begin a long poll. True if there is nothing to do.
    pub(super) fn step(&mut self, oracle: &mut Seeded) -> bool {
        let worker = &self.worker;
        let seat = &worker.shared.seats[worker.seat];
        let step = match worker.choose(seat, oracle) {
            Ok(task) if chance::one_in(oracle.0.long) => {
                seat.counters.begin_poll(task.as_ptr());
                self.stuck = Some(Stuck::Task(task));
                return false;
            }
            Ok(task) => worker.run(seat, task),
            Err(step) => step,
        };
        step == Step::Idle
    }

    /// The task that it polls for long makes its effect.
    pub(super) fn end_long_poll(&mut self) {
        let worker = &self.worker;
        let seat = &worker.shared.seats[worker.seat];
        match self.stuck.take() {
            Some(Stuck::Task(task)) => {
                let step = worker.run(seat, task);
                debug_assert_eq!(step, Step::Ran);
            }
            Some(Stuck::Main) => seat.counters.end_main_poll(),
            None => {}
        }
    }

    /// Polls the main future, or begins to.
    pub(super) fn step_main(
        &mut self,
        main: &MainTask,
        oracle: &mut Seeded,
        poll_main: PollMain<'_>,
    ) {
        self.worker.stop_searching();
        let counters = &self.worker.shared.seats[GUEST].counters;
        counters.begin_main_poll(main.as_ptr());
        if self.stuck.is_none() && chance::one_in(oracle.0.long) {
            self.stuck = Some(Stuck::Main);
            return;
        }
        self.stuck = None;
        oracle.before_poll();
        poll_main(main);
        counters.end_main_poll();
    }
}

/// What the other workers are doing.
#[derive(Clone, Copy)]
pub(super) struct Others {
    /// Some of them are awake.
    pub(super) awake: bool,
    /// One of them sleeps on the driver.
    pub(super) on_driver: bool,
}

impl Virtual {
    /// It found nothing to do.
    pub(super) fn lie_down(&mut self, main: Option<&MainTask>, others: Others) {
        self.is_idle = false;
        self.seen = Seen::default();
        let idle = &self.worker.shared.idle;
        let naps = self.worker.begin_nap(|| chance::one_in(NAPPING));
        // One that is awake may have the driver, just for a look.
        let is_looked_at = others.awake && chance::one_in(4);
        let is_left = is_looked_at || naps || idle.is_crowded();
        let on_driver = !others.on_driver && !is_left;
        if self.worker.lie_down(on_driver, main) {
            self.asleep = Some(on_driver);
            self.naps = naps;
            return;
        }
        if naps {
            idle.end_nap();
        }
        self.worker.get_up(on_driver);
    }

    /// It was called, or wakes up for no reason.
    pub(super) fn look_up(&mut self, main: Option<&MainTask>, others: Others) {
        let driver = &self.worker.shared.driver_handle;
        let called = match self.asleep {
            Some(true) => {
                driver.forget_call();
                false
            }
            _ => self.worker.forget_call(),
        };
        if mem::take(&mut self.naps) && self.worker.end_nap(main) {
            self.asleep = None;
            self.worker.get_up(false);
            return;
        }
        let is_left = others.on_driver || self.worker.shared.idle.is_left_to_others();
        if !(is_left || called && self.worker.leaves_driver()) {
            self.worker.sleep_on_driver();
            self.asleep = Some(true);
        }
        let shared = Arc::clone(&self.worker.shared);
        // Whoever sleeps on it has it.
        let is_held = others.on_driver || self.asleep == Some(true);
        let _driver = is_held.then(|| shared.driver.try_lock());
        self.get_up(main);
    }

    /// Gets up if there is a reason.
    pub(super) fn get_up(&mut self, main: Option<&MainTask>) {
        if self.worker.may_get_up(main, &mut self.seen) {
            let on_driver = self.asleep.take() == Some(true);
            self.worker.get_up(on_driver);
        }
    }
}
