//! Deadlines to wakers: a runtime's timers.
//!
//! Called by `time` (a sleeping future registers, looks, cancels) on any thread, and by the driver,
//! which [fires](Handle::fire) what is due on whichever thread holds it. Calls wakers, and the
//! [`Sleeper`] when the driver has to get up earlier than it meant to.
//!
//! ```text
//!            register                        fire
//! (future) ----------> armed: in the wheel --------> fired: the key is stale, the waker was woken
//!              ^             |        |
//!              +-- reset ----+        +-- cancel: the key is stale, the waker was dropped
//! ```
//!
//! Invariants:
//! - **V1** A waker leaves the wheel once, under the lock, with whoever will wake or drop it. So it
//!   is woken at most once, and it is the latest one that `poll` was given.
//! - **V2** Wakers are cloned, woken and dropped outside the lock.
//! - **V3** `next` is never later than the earliest deadline in the wheel while the lock is free.
//!   It may be earlier after a cancellation: [`Handle::refresh`] mends that before a sleep.
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
use crate::primitives::atomic::{AtomicU64, Ordering::Relaxed};
use crate::primitives::{Mutex, MutexGuard};

pub(crate) mod clock;
#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;
mod wakes;
mod wheel;

use clock::{Clock, NEVER};
use wakes::Wakes;
pub(crate) use wheel::Key;
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
    wheel: Wheel<Waker>,
    is_closed: bool,
}

/// The timers of one runtime.
pub(crate) struct Handle {
    state: Mutex<State>,
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
                is_closed: false,
            }),
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
        let earliest = self.state.lock().wheel.earliest();
        earliest.is_some_and(|tick| tick < NEVER)
    }

    /// Has `waker` woken once `deadline` comes.
    pub(crate) fn register(&self, deadline: u64, waker: Waker) -> Result<Key, Refused> {
        let mut state = self.state.lock();
        if state.is_closed {
            drop(state);
            return Err(Refused::Closed);
        }
        let inserted = state.wheel.insert(deadline, waker);
        let is_next = inserted.is_ok() && self.lower_next(deadline);
        drop(state);
        if is_next {
            self.sleeper.unpark_if_asleep();
        }
        inserted.map_err(|_waker| Refused::Due)
    }

    /// What has become of it. While it is armed, `waker` replaces the one it has.
    pub(crate) fn poll(&self, key: Key, waker: &Waker) -> Status {
        {
            let mut state = self.state.lock();
            match state.wheel.get_mut(key) {
                None => return state.departed(),
                Some(stored) if stored.will_wake(waker) => return Status::Armed,
                Some(_) => {}
            }
        }
        // V2: cloned and dropped with the lock free. It may fire meanwhile.
        let mut other = waker.clone();
        let mut state = self.state.lock();
        let status = match state.wheel.get_mut(key) {
            None => state.departed(),
            Some(stored) => {
                std::mem::swap(stored, &mut other);
                Status::Armed
            }
        };
        drop(state);
        status
    }

    /// What has become of it.
    pub(crate) fn status(&self, key: Key) -> Status {
        let state = self.state.lock();
        match state.wheel.deadline(key) {
            None => state.departed(),
            Some(_) => Status::Armed,
        }
    }

    /// Gives an armed timer another deadline; its waker stays, and is woken at once if that
    /// deadline has gone by. Anything but `Armed` means that it has to be registered anew.
    pub(crate) fn reset(&self, key: Key, deadline: u64) -> Status {
        let mut state = self.state.lock();
        let refiled = state.wheel.refile(key, deadline);
        let status = match refiled {
            Ok(true) => Status::Armed,
            Ok(false) => state.departed(),
            Err(_) => Status::Fired,
        };
        let is_next = status == Status::Armed && self.lower_next(deadline);
        drop(state);
        if is_next {
            self.sleeper.unpark_if_asleep();
        }
        if let Err(waker) = refiled {
            wakes::wake(waker);
        }
        status
    }

    /// Forgets a timer. Its waker is dropped here, unless it has been woken.
    pub(crate) fn cancel(&self, key: Key) {
        let waker = self.state.lock().wheel.remove(key);
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
        self.wake_each(|_| tick);
    }

    /// The runtime ends: wakes everything, fires nothing, refuses what comes later.
    pub(crate) fn shutdown(&self) {
        self.wake_each(|state| {
            state.is_closed = true;
            u64::MAX
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
        let earliest = self.state.lock().wheel.earliest();
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

    fn wake_each(&self, to: impl Fn(&mut State) -> u64) {
        loop {
            let mut wakes = Wakes::new();
            let mut state = self.state.lock();
            let to = to(&mut state);
            while !wakes.is_full() {
                match state.wheel.pop(to) {
                    Some(waker) => wakes.push(waker),
                    None => break,
                }
            }
            self.publish(&state);
            drop(state);
            let is_last = !wakes.is_full();
            wakes.wake();
            if is_last {
                return;
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

impl State {
    /// What has become of a timer that is not in the wheel.
    fn departed(&self) -> Status {
        match self.is_closed {
            true => Status::Closed,
            false => Status::Fired,
        }
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
