//! One deadline and its place among the runtime's timers: what sleeps, timeouts and intervals
//! have in common.
//!
//! ```text
//! Idle --poll: not yet--> Armed --poll: fired--> Rung
//!   ^                       |                      |
//!   +------- reset ---------+----------------------+   an armed one stays armed, with its waker
//! ```
//!
//! An alarm registers at its first poll that has to wait, so one that is never polled, or polled
//! too late, costs no lock. Dropping an armed one takes it out of the wheel.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Instant;
use crate::engine::timer::{Key, Refused, Status};
use crate::engine::{context, driver, timer};
use crate::leaf::{self, Site};

/// What a timer's future says when its runtime is gone.
const SHUT_DOWN: &str = "the wakeful runtime of this timer is being shutdown, or gone";

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Armed(Key),
    Rung,
}

pub(super) struct Alarm {
    driver: Arc<driver::Handle>,
    deadline: Instant,
    state: State,
}

/// The timers of a driver.
#[track_caller]
pub(super) fn timers(driver: &driver::Handle) -> &Arc<timer::Handle> {
    match driver.time() {
        Some(time) => time,
        None => panic!("{}", context::NO_TIME),
    }
}

impl Alarm {
    #[track_caller]
    pub(super) fn at(deadline: Instant) -> Self {
        let driver = context::driver();
        timers(&driver);
        Self {
            driver,
            deadline,
            state: State::Idle,
        }
    }

    #[track_caller]
    pub(super) fn after(duration: Duration) -> Self {
        let driver = context::driver();
        let now = timers(&driver).clock().now();
        Self {
            driver,
            deadline: Instant::saturating_after(now, duration),
            state: State::Idle,
        }
    }

    /// The present, by the clock of this alarm's runtime.
    pub(super) fn now(&self) -> Instant {
        Instant::from_std(timers(&self.driver).clock().now())
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// True once the time has come. It never comes for an alarm that is not polled.
    pub(super) fn is_rung(&self) -> bool {
        match self.state {
            State::Idle => false,
            State::Armed(key) => timers(&self.driver).status(key) != Status::Armed,
            State::Rung => true,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let status = match self.state {
            State::Rung => return Poll::Ready(()),
            State::Armed(key) => timers(&self.driver).poll(key, cx.waker()),
            State::Idle => self.arm(cx),
        };
        match status {
            Status::Armed => return Poll::Pending,
            Status::Fired => self.state = State::Rung,
            Status::Closed => {
                self.state = State::Idle;
                panic!("{SHUT_DOWN}");
            }
        }
        Poll::Ready(())
    }

    /// Registers, unless the time has come.
    fn arm(&mut self, cx: &mut Context<'_>) -> Status {
        let time = timers(&self.driver);
        let deadline = self.deadline.into_std();
        if deadline <= time.clock().now() {
            return Status::Fired;
        }
        match time.register(time.clock().tick_of(deadline), cx.waker().clone()) {
            Ok(key) => {
                self.state = State::Armed(key);
                Status::Armed
            }
            Err(Refused::Due) => Status::Fired,
            Err(Refused::Closed) => Status::Closed,
        }
    }

    /// Sets another deadline. Whoever waited for the old one is woken at the new one.
    pub(super) fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        let State::Armed(key) = self.state else {
            self.state = State::Idle;
            return;
        };
        let time = timers(&self.driver);
        if time.reset(key, time.clock().tick_of(deadline.into_std())) != Status::Armed {
            self.state = State::Idle;
        }
    }

    /// Notes in the task that it waits for this.
    pub(super) fn waiting(&self, cx: &Context<'_>, site: Site) {
        let tick = timers(&self.driver)
            .clock()
            .tick_of(self.deadline.into_std());
        leaf::waiting(cx, leaf::Kind::Sleep, tick as usize, site);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let State::Armed(key) = self.state {
            timers(&self.driver).cancel(key);
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm")
            .field("deadline", &self.deadline)
            .field("state", &self.state)
            .finish()
    }
}
