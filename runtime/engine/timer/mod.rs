//! Deadlines to wakers: a runtime's timers.
//!
//! Called by `time` (a sleeping future registers, looks, cancels) on any thread, and by the driver,
//! which [fires](Handle::fire) what is due on whichever thread holds it. Calls wakers, and the
//! [`Sleeper`] when the driver has to get up earlier than it meant to.
//!
//! ```text
//!            register                            fire
//! (future) ----------> armed: in the wheel ------------> fired: the waker was woken
//!                       |        ^       |                  |
//!                       +- reset +       +--- cancel <------+   the place is free
//! ```
//!
//! Each timer is in two tables under one number: its waker and its links in the wheel, under the
//! lock; what it is set to in [`deadlines`], a word that is read, and set to a later tick, without
//! the lock.
//!
//! Invariants:
//! - **V1** A waker leaves the wheel once, under the lock, with whoever will wake or drop it. So it
//!   is woken at most once, and it is the latest one that `poll` was given.
//! - **V2** Wakers are cloned, woken and dropped outside the lock.
//! - **V3** `next` is never later than the earliest deadline in the wheel while the lock is free.
//!   It may be earlier after a cancellation: [`Handle::refresh`] mends that before a sleep. After
//!   a reset to a later tick it stays: the driver gets up once, and files that timer again.
//! - **V4** Who lowers `next` then calls `unpark_if_asleep`: see Z3 in [`sleeper`].
//!
//! Not here: the clock's reading on each registration (the future compares its deadline itself),
//! and raising `next` on a cancellation: the next registration would look earlier than what the
//! driver sleeps for and wake it for nothing.
//!
//! [`sleeper`]: crate::engine::sleeper

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::engine::sleeper::Sleeper;
use crate::leaf::Kept;
use crate::primitives::atomic::{AtomicU64, Ordering::Relaxed};
use crate::primitives::{Mutex, MutexGuard};

pub(crate) mod clock;
mod deadlines;
#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;
mod wakes;
mod wheel;

use clock::{Clock, NEVER};
pub(crate) use deadlines::Timer;
use deadlines::{Deadlines, Extended, Free};
use wakes::Wakes;
use wheel::Wheel;

/// `next` when there is no timer.
const NONE: u64 = u64::MAX;

/// What has become of a registered timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// In the wheel: the waker will be woken.
    Armed,
    /// Its time has come.
    Fired,
    /// The runtime is gone. It will never fire.
    Closed,
}

/// Why a timer was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its time has come already.
    Due,
    /// The runtime is gone.
    Closed,
}

struct State {
    wheel: Wheel<Kept>,
    /// Numbers for timers to come.
    free: Free,
    is_closed: bool,
}

/// The timers of one runtime.
pub(crate) struct Handle {
    state: Mutex<State>,
    deadlines: Deadlines,
    /// The tick to be up at, or [`NONE`]. Written under the lock: V3.
    next: AtomicU64,
    clock: Clock,
    sleeper: Arc<Sleeper>,
    is_pausable: bool,
}

impl Handle {
    pub(crate) fn new(clock: Clock, sleeper: Arc<Sleeper>, is_pausable: bool) -> Self {
        Self {
            state: Mutex::new(State {
                wheel: Wheel::new(),
                free: Free::new(),
                is_closed: false,
            }),
            deadlines: Deadlines::new(),
            next: AtomicU64::new(NONE),
            clock,
            sleeper,
            is_pausable,
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// True if this runtime's clock may be paused: it has a single thread.
    pub(crate) fn is_pausable(&self) -> bool {
        self.is_pausable
    }

    /// True if no timer is registered; false also for a while after the last was cancelled.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.next.load(Relaxed) == NONE
    }

    /// True if a timer is registered that will fire.
    pub(crate) fn has_deadline(&self) -> bool {
        let earliest = self.earliest(&mut self.state.lock());
        earliest.is_some_and(|tick| tick < NEVER)
    }

    /// Has `waker` woken once `deadline` comes. Whatever becomes of the timer, it must be
    /// [cancelled](Self::cancel).
    pub(crate) fn register(&self, deadline: u64, waker: Waker) -> Result<Timer, Refused> {
        let waker = Kept::from(waker);
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if state.is_closed || deadline <= state.wheel.now() {
            let refused = match state.is_closed {
                true => Refused::Closed,
                false => Refused::Due,
            };
            // V2: before the waker is dropped.
            drop(guard);
            return Err(refused);
        }
        let timer = self.deadlines.allocate(&mut state.free, deadline);
        state.wheel.insert(timer.index(), deadline, waker);
        let is_next = self.lower_next(deadline);
        drop(guard);
        if is_next {
            self.sleeper.unpark_if_asleep();
        }
        Ok(timer)
    }

    /// What has become of it. While it is armed, `waker` replaces the one it has.
    pub(crate) fn poll(&self, timer: &Timer, waker: &Waker) -> Status {
        {
            let mut state = self.state.lock();
            match state.wheel.get_mut(timer.index()) {
                None => return self.status(timer),
                Some(stored) if stored.will_wake(waker) => return Status::Armed,
                Some(_) => {}
            }
        }
        // V2: cloned and dropped with the lock free. It may fire meanwhile.
        let mut other = Kept::from(waker.clone());
        let mut state = self.state.lock();
        let status = match state.wheel.get_mut(timer.index()) {
            None => self.status(timer),
            Some(stored) => {
                std::mem::swap(stored, &mut other);
                Status::Armed
            }
        };
        drop(state);
        status
    }

    /// What has become of it.
    #[inline]
    pub(crate) fn status(&self, timer: &Timer) -> Status {
        self.deadlines.status(timer)
    }

    /// Gives an armed timer another deadline; its waker stays, and is woken at once if that
    /// deadline has gone by. Anything but `Armed` means that it has to be cancelled, and registered
    /// anew.
    #[inline]
    pub(crate) fn reset(&self, timer: &Timer, deadline: u64) -> Status {
        match self.deadlines.extend(timer, deadline) {
            Extended::Done => Status::Armed,
            Extended::Departed(status) => status,
            Extended::Earlier => self.bring_forward(timer, deadline),
        }
    }

    fn bring_forward(&self, timer: &Timer, deadline: u64) -> Status {
        let mut state = self.state.lock();
        let Some(filed) = state.wheel.deadline(timer.index()) else {
            return self.status(timer);
        };
        if deadline <= state.wheel.now() {
            let waker = state.wheel.remove(timer.index());
            self.deadlines.fire_now(timer);
            drop(state);
            waker.into_iter().for_each(Kept::wake_among_others);
            return Status::Fired;
        }
        // V9: what it is set to first.
        self.deadlines.set(timer, deadline);
        if deadline < filed {
            state.wheel.refile(timer.index(), deadline);
        }
        let is_next = self.lower_next(deadline);
        drop(state);
        if is_next {
            self.sleeper.unpark_if_asleep();
        }
        Status::Armed
    }

    /// Forgets a timer. Its waker is dropped here, unless it has been woken.
    pub(crate) fn cancel(&self, timer: Timer) {
        if self.status(&timer) != Status::Armed {
            return self.deadlines.give_back(timer);
        }
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let waker = state.wheel.remove(timer.index());
        self.deadlines.release(&mut state.free, timer);
        drop(guard);
        drop(waker);
    }

    /// Wakes everything that is due by the clock.
    #[inline]
    pub(crate) fn fire(&self) {
        let next = self.next.load(Relaxed);
        if next == NONE {
            return;
        }
        let now = self.clock.now_tick();
        if next <= now {
            self.fire_until(now);
        }
    }

    /// Wakes everything that is due at `tick` or before, in the order of the deadlines.
    pub(crate) fn fire_until(&self, tick: u64) {
        self.wake_each(|state| {
            let index = state.wheel.pop(tick)?;
            if let Some(later) = self.deadlines.fire(index, tick) {
                state.wheel.file(index, later);
                return Some(None);
            }
            Some(state.wheel.take(index))
        });
    }

    /// The runtime ends: wakes everything, fires nothing, refuses what comes later.
    pub(crate) fn shutdown(&self) {
        self.wake_each(|state| {
            state.is_closed = true;
            let index = state.wheel.pop(u64::MAX)?;
            self.deadlines.close(index);
            Some(state.wheel.take(index))
        });
    }

    /// How long until the driver must be up again. Call it after `Sleeper::begin`: V4.
    pub(crate) fn until_next(&self) -> Option<Duration> {
        match self.next.load(Relaxed) {
            NONE => None,
            next => Some(self.clock.until(next)),
        }
    }

    /// Forgets cancelled deadlines: raises `next` to what the wheel knows.
    pub(crate) fn refresh(&self) {
        if !self.is_empty() {
            self.publish(&self.state.lock());
        }
    }

    /// Moves a paused clock to the earliest deadline, by at most `limit`, and fires it. False if
    /// there is none to move to.
    pub(crate) fn skip_to_next(&self, limit: Option<Duration>) -> bool {
        let earliest = self.earliest(&mut self.state.lock());
        let Some(earliest) = earliest.filter(|tick| *tick < NEVER) else {
            return false;
        };
        let until = self.clock.until(earliest);
        let by = limit.map_or(until, |limit| limit.min(until));
        let moved = self.clock.advance(by) == Some(true);
        self.fire();
        moved
    }

    /// Keeps a paused clock where it is until the guard drops: work is going on that the driver
    /// cannot see. Drop the guard after waking whoever waits for that work.
    pub(crate) fn inhibit_auto_advance(self: &Arc<Self>) -> Inhibit {
        self.clock.inhibit();
        Inhibit(Arc::clone(self))
    }

    /// Wakes what `next` takes out of the wheel, until that is `None`: a few for each hold of the
    /// lock. What it only moved is `Some(None)`.
    fn wake_each(&self, next: impl Fn(&mut State) -> Option<Option<Kept>>) {
        let mut is_last = false;
        while !is_last {
            let mut wakes = Wakes::new();
            let mut state = self.state.lock();
            for _ in 0..wakes::CAPACITY {
                match next(&mut state) {
                    Some(waker) => waker.into_iter().for_each(|waker| wakes.push(waker)),
                    None => {
                        is_last = true;
                        break;
                    }
                }
            }
            self.publish(&state);
            drop(state);
            wakes.wake();
        }
    }

    /// The earliest deadline exactly: what was set to a later tick is filed again first.
    fn earliest(&self, state: &mut State) -> Option<u64> {
        loop {
            let filed = state.wheel.earliest()?;
            let set = |index| self.deadlines.of_entry(index);
            state.wheel.refile_first(set);
            if state.wheel.earliest() == Some(filed) {
                return Some(filed);
            }
        }
    }

    /// True if `deadline` is now the earliest. The caller holds the lock: V3.
    fn lower_next(&self, deadline: u64) -> bool {
        let is_next = deadline < self.next.load(Relaxed);
        if is_next {
            self.next.store(deadline, Relaxed);
        }
        is_next
    }

    fn publish(&self, state: &MutexGuard<'_, State>) {
        let next = state.wheel.next_deadline().unwrap_or(NONE);
        self.next.store(next, Relaxed);
    }
}

/// See [`Handle::inhibit_auto_advance`].
pub(crate) struct Inhibit(Arc<Handle>);

impl Drop for Inhibit {
    fn drop(&mut self) {
        if self.0.clock.allow() {
            self.0.sleeper.unpark();
        }
    }
}
