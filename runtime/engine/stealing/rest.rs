//! How a worker sleeps: alone or on the driver, for a nap or until it is wanted.
//!
//! ```text
//!   park: short stint? --> nap ------------------------------> a ring is filled: get up
//!            |              | nothing
//!            v              v
//!         lie_down --> on the driver, if it is free, or alone --> may_get_up --> get_up
//!                           ^                                        |
//!                           +----- called to keep watch only --------+
//! ```
//!
//! Called by the loops of threads; a simulation calls the parts. Why no wake is lost is argued in
//! `idle.rs`, who has the driver in ARCHITECTURE.md, section 6.
//!
//! Absent: work. Who is up is in `worker.rs`.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::idle::{NAP, SENTINEL_PERIOD, SHORT_STINT};
use super::kit::with_core;
use super::worker::{Seen, Worker};
use crate::engine::config;
use crate::engine::driver::Driver;
use crate::engine::sleeper::How;
use crate::engine::task::main_task::MainTask;
use crate::primitives::MutexGuard;
use crate::primitives::atomic::{Ordering::SeqCst, fence};

impl Worker {
    /// Sleeps until there is something to do, or somebody must look after a stuck worker.
    pub(super) fn park(&self, main: Option<&MainTask>) {
        let shared = Arc::clone(&self.shared);
        shared.judge(main);
        config::call(&shared.config.on_thread_park);
        let naps = self.begin_nap(|| self.had_short_stint());
        // Who is awake, if enough are, looks at the driver: sleeping on it would get us up, too.
        let mut driver = match naps || shared.idle.is_crowded() {
            true => None,
            false => shared.driver.try_lock(),
        };
        if self.lie_down(driver.is_some(), main) {
            let counters = &shared.seats[self.seat].counters;
            counters.park();
            if !(naps && self.nap(main)) {
                self.sleep(&mut driver, main);
            }
            counters.unpark();
        } else if naps {
            shared.idle.end_nap();
        }
        let had_driver = driver.is_some();
        drop(driver);
        self.get_up(had_driver);
        config::call(&shared.config.on_thread_unpark);
    }

    /// True if the worker, about to park, is to nap first: it was up for `too_short` a time, or it
    /// steps back. Not twice without a poll in between: it may be the one who must keep watch.
    pub(super) fn begin_nap(&self, too_short: impl FnOnce() -> bool) -> bool {
        let shared = &*self.shared;
        let progress = shared.seats[self.seat].progress();
        let found = with_core(shared, |core| {
            let is_new = core.napped_at.replace(progress) != Some(progress);
            (is_new, core.steps_back)
        });
        let (is_new, steps_back) = found.unwrap_or_default();
        let naps = is_new && (steps_back || too_short()) && shared.idle.begin_nap(steps_back);
        if !naps {
            with_core(shared, |core| core.steps_back = false);
        }
        naps
    }

    fn had_short_stint(&self) -> bool {
        self.shared.seats[self.seat].counters.stint() < SHORT_STINT
    }

    /// True to get up after it.
    fn nap(&self, main: Option<&MainTask>) -> bool {
        self.sleep_alone(Some(NAP));
        self.end_nap(main)
    }

    /// A nap is over. True if there is something to do.
    pub(super) fn end_nap(&self, main: Option<&MainTask>) -> bool {
        let shared = &*self.shared;
        let finds = shared.idle.end_nap() && shared.is_any_ring_filled();
        // What it left to others may be there still.
        let steps_back = with_core(shared, |core| core.steps_back);
        finds || steps_back == Some(true) || self.is_wanted(main)
    }

    /// Sleeps on the driver or alone, until there is a reason to get up.
    fn sleep<'a>(&'a self, driver: &mut Option<MutexGuard<'a, Driver>>, main: Option<&MainTask>) {
        let shared = &*self.shared;
        let mut seen = Seen::default();
        let mut called = false;
        loop {
            if driver.is_none() && self.takes_driver_over(driver, called) {
                // G1: the last look was for a sleep elsewhere.
                if self.may_get_up(main, &mut seen) {
                    return;
                }
            }
            let watches = shared.idle.is_sentinel(self.seat);
            let limit = watches.then_some(SENTINEL_PERIOD);
            called = match driver {
                Some(driver) => {
                    self.drive(driver, limit);
                    false
                }
                None => self.sleep_alone(limit),
            };
            if self.may_get_up(main, &mut seen) {
                return;
            }
        }
    }

    /// Its holder may have gone to work, or away.
    fn takes_driver_over<'a>(
        &'a self,
        driver: &mut Option<MutexGuard<'a, Driver>>,
        called: bool,
    ) -> bool {
        let shared = &*self.shared;
        // G1: behind the fence in `Idle::park`. Of those who lie down at once the last one stays.
        if shared.idle.is_left_to_others() || called && self.leaves_driver() {
            return false;
        }
        *driver = shared.driver.try_lock();
        if driver.is_none() {
            return false;
        }
        self.sleep_on_driver();
        true
    }

    /// Whoever calls this worker from now on calls it through the driver.
    pub(super) fn sleep_on_driver(&self) {
        self.shared.seats[self.seat].sleep_on(true);
        // Pairs with the fence in `Shared::unpark`: who calls us calls us there, or we see why.
        fence(SeqCst);
    }

    /// True if a worker that was called, and sleeps on, leaves the driver to those who are up.
    ///
    /// They lie down on it in a moment, mostly, and whoever moved it for that would move it for
    /// each event. A sentinel has it at its next look if they do not.
    pub(super) fn leaves_driver(&self) -> bool {
        let idle = &self.shared.idle;
        // G1: if they get stuck, somebody must come for it.
        idle.volunteer(self.seat);
        idle.is_anybody_up()
    }

    /// True if somebody called.
    fn sleep_alone(&self, limit: Option<Duration>) -> bool {
        let sleeper = &self.shared.seats[self.seat].sleeper;
        if !sleeper.begin(How::Parked) {
            return true;
        }
        sleeper.wait(limit);
        sleeper.end()
    }

    /// Announces that this worker sleeps, and looks a last time. True if it may.
    pub(super) fn lie_down(&self, on_driver: bool, main: Option<&MainTask>) -> bool {
        let shared = &*self.shared;
        let taken = with_core(shared, |core| {
            (mem::take(&mut core.is_searching), core.steps_back)
        });
        let (searched, steps_back) = taken.unwrap_or_default();
        shared.seats[self.seat].sleep_on(on_driver);
        shared.idle.park(self.seat, searched);
        // Behind the fence: the sentinel may have taken us for stuck just now.
        shared.seats[self.seat].is_moving(&shared.idle);
        // I2, I3: behind the fence in `park`. What lies in a ring has a worker of its own; only
        // somebody who searched must make up for those who counted on it. Who steps back only naps,
        // and looks then.
        let is_left = steps_back || shared.idle.is_left_to_others();
        let is_injected = shared.injector.len() > 0 && !is_left;
        let is_filled = is_injected || searched && shared.is_any_ring_filled();
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

    /// True if somebody woke this parked worker, or it is wanted for another reason.
    fn is_wanted(&self, main: Option<&MainTask>) -> bool {
        !self.shared.idle.is_parked(self.seat) || self.has_reason(main)
    }

    /// After a sleep: true to get up, false to sleep on.
    pub(super) fn may_get_up(&self, main: Option<&MainTask>, seen: &mut Seen) -> bool {
        let shared = &*self.shared;
        let idle = &shared.idle;
        if self.is_wanted(main) {
            return true;
        }
        if !idle.is_sentinel(self.seat) {
            return false;
        }
        if !idle.is_anybody_up() {
            // The watch goes on over short sleeps, so that nobody is called for each of them.
            let now = shared.progress();
            if seen.polls == now {
                idle.retire_sentinel(self.seat);
            }
            seen.polls = now;
            return false;
        }
        shared.look_after_the_others(self.seat, seen)
            || idle.is_left_to_others() && self.looks_for_them(seen) && self.is_wanted(main)
    }

    /// Enough are awake to look at the driver, but their polls may be long. If none has looked
    /// since the sentinel did, it looks. True if it has.
    fn looks_for_them(&self, seen: &mut Seen) -> bool {
        let shared = &*self.shared;
        if shared.driver_handle.is_quiet() {
            return false;
        }
        let Some(mut driver) = shared.driver.try_lock() else {
            return false;
        };
        let is_due = driver.looks() == seen.looks;
        if is_due {
            self.drive(&mut driver, Some(Duration::ZERO));
        }
        seen.looks = driver.looks();
        is_due
    }

    /// Awake again.
    pub(super) fn get_up(&self, had_driver: bool) {
        let shared = &*self.shared;
        with_core(shared, |core| {
            core.steps_back = false;
            let owes = mem::take(&mut core.owes_search);
            core.is_searching = shared.idle.wake_self(self.seat, owes);
        });
        shared.carry_out(shared.idle.hand_over_watch(self.seat));
        if had_driver && !shared.driver_handle.is_quiet() {
            // G1: if we get stuck now, somebody must come for the driver.
            shared.carry_out(shared.idle.watch());
        }
        self.share_out();
    }
}
