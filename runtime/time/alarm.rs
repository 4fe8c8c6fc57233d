//! One deadline and its place among the runtime's timers: what sleeps, timeouts and intervals
//! have in common.
//!
//! ```text
//! New, Idle --poll: not yet--> Armed --poll: fired--> Rung
//!        ^                       |                      |
//!        +------- reset ---------+----------------------+
//!                                     an armed one stays armed, with its waker
//! ```
//!
//! An alarm registers at its first poll that has to wait, so one that is never polled, or polled
//! too late, costs no lock. Dropping an armed one takes it out of the wheel. The clock is read when
//! the alarm is made, and not again at its first poll: if its time has come in between, the driver
//! sees it at its next turn.
//!
//! A poll of an armed alarm by the same task, and a reset to a later time, take no lock.

use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Instant;
use crate::engine::timer::{Refused, Status, Timer};
use crate::engine::{context, driver, timer};
use crate::leaf::{self, Site};

/// What a timer's future says when its runtime is gone.
const SHUT_DOWN: &str = "the wakeful runtime of this timer is being shutdown, or gone";

#[derive(Debug)]
enum State {
    /// Not polled, and its time was to come when it was made.
    New,
    Idle,
    Armed {
        timer: Timer,
        /// The task that is woken, for comparing. 0: not a task of ours.
        task: usize,
    },
    Rung,
}

/// In this order: what a poll looks at lies beside the header of a task that only sleeps.
#[repr(C)]
pub(super) struct Alarm {
    state: State,
    driver: Arc<driver::Handle>,
    deadline: Instant,
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
            state: match duration.is_zero() {
                true => State::Idle,
                false => State::New,
            },
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
        match &self.state {
            State::New | State::Idle => false,
            State::Armed { timer, .. } => timers(&self.driver).status(timer) != Status::Armed,
            State::Rung => true,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let status = match &mut self.state {
            State::Rung => return Poll::Ready(()),
            State::Armed { timer, task } => {
                let time = timers(&self.driver);
                let polling = leaf::task(cx);
                match time.status(timer) {
                    // Its waker is this task's, and keeps the task: no other has its address.
                    Status::Armed if polling == *task && polling != 0 => return Poll::Pending,
                    Status::Armed => {
                        *task = polling;
                        time.poll(timer, cx.waker())
                    }
                    departed => departed,
                }
            }
            State::New | State::Idle => self.arm(cx),
        };
        match status {
            Status::Armed => return Poll::Pending,
            Status::Fired => self.become_now(State::Rung),
            Status::Closed => {
                self.become_now(State::Idle);
                panic!("{SHUT_DOWN}");
            }
        }
        Poll::Ready(())
    }

    /// Registers, unless the time has come.
    fn arm(&mut self, cx: &mut Context<'_>) -> Status {
        let time = timers(&self.driver);
        let deadline = self.deadline.into_std();
        let is_new = matches!(self.state, State::New);
        if !is_new && deadline <= time.clock().now() {
            return Status::Fired;
        }
        match time.register(time.clock().tick_of(deadline), cx.waker().clone()) {
            Ok(timer) => {
                let task = leaf::task(cx);
                self.state = State::Armed { timer, task };
                Status::Armed
            }
            Err(Refused::Due) => Status::Fired,
            Err(Refused::Closed) => Status::Closed,
        }
    }

    /// Sets another deadline. Whoever waited for the old one is woken at the new one.
    pub(super) fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        if let State::Armed { timer, .. } = &self.state {
            let time = timers(&self.driver);
            let tick = time.clock().tick_of(deadline.into_std());
            if time.reset(timer, tick) == Status::Armed {
                return;
            }
        }
        self.become_now(State::Idle);
    }

    /// Leaves the state it is in. A timer goes back where it came from.
    fn become_now(&mut self, state: State) {
        if let State::Armed { timer, .. } = std::mem::replace(&mut self.state, state) {
            timers(&self.driver).cancel(timer);
        }
    }

    /// Notes in the task that it waits for this.
    #[inline]
    pub(super) fn waiting(&self, cx: &Context<'_>, site: Site) {
        let address = ptr::from_ref(self).addr();
        leaf::waiting(cx, leaf::Kind::Sleep, address, site);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.become_now(State::Idle);
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
