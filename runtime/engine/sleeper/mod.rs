//! Where one thread sleeps, and how another wakes it.
//!
//! Called by `engine::driver`, which sleeps here, and by everybody with something to report:
//! wakes from other threads, the timers, the reactor's first source.
//!
//! ```text
//!            begin(how)                  wait / poll
//! RUNNING ---------------> PARKED or POLLING --------> end: RUNNING
//!    |                          |
//!    +--- unpark: NOTIFIED -----+     a permit: the next `begin` or the running `end` takes it
//! ```
//!
//! A thread that is PARKED sleeps on a condition variable (a futex on Linux). One that is POLLING
//! sleeps in the reactor, and only then does `unpark` pay for a write to its eventfd.
//!
//! Invariants:
//! - **Z1** Only the sleeping thread leaves RUNNING for PARKED or POLLING, and only it returns to
//!   RUNNING. Everybody else does nothing but `swap(NOTIFIED)`.
//! - **Z2** `unpark` always does its read-modify-write, so what came before it is seen by the
//!   thread whose `begin` or `end` takes the permit.
//! - **Z3** A deadline published before [`Sleeper::unpark_if_asleep`] is either read by the
//!   sleeper after `begin`, or finds it asleep and wakes it (a Dekker pair of fences).
//!
//! `listening.rs` has the flag for owners of a queue that may not be at it (Z4).
//!
//! Not here: loops against spurious wakes. Who sleeps looks again for work anyway.

use std::sync::OnceLock;
use std::time::Duration;

use crate::primitives::atomic::{
    AtomicU8,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use crate::primitives::{Condvar, Mutex};

mod listening;
#[cfg(all(test, loom))]
mod models;

#[cfg_attr(loom, allow(unused_imports, reason = "its users are no models"))]
pub(crate) use listening::Listening;

const RUNNING: u8 = 0;
const PARKED: u8 = 1;
const POLLING: u8 = 2;
const NOTIFIED: u8 = 3;

/// How a thread is about to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In [`Sleeper::wait`].
    Parked,
    /// In the reactor's poll.
    Polling,
}

/// One thread's bed.
pub(crate) struct Sleeper {
    word: AtomicU8,
    lock: Mutex<()>,
    condvar: Condvar,
    /// Ends a poll of the reactor.
    interrupt: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Told of news when nobody sleeps.
    absent: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Sleeper {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU8::new(RUNNING),
            lock: Mutex::new(()),
            condvar: Condvar::new(),
            interrupt: OnceLock::new(),
            absent: OnceLock::new(),
        }
    }

    /// Says how to end a poll. Without it nobody may sleep as [`How::Polling`].
    #[cfg(feature = "net")]
    pub(crate) fn interrupt_with(&self, interrupt: Box<dyn Fn() + Send + Sync>) {
        let set = self.interrupt.set(interrupt);
        debug_assert!(set.is_ok(), "one sleeper, one reactor");
    }

    /// Says who sees to it that somebody comes to sleep here, if there is news and nobody does.
    /// Without it the awake are trusted to come by themselves.
    pub(crate) fn when_absent(&self, absent: Box<dyn Fn() + Send + Sync>) {
        let set = self.absent.set(absent);
        debug_assert!(set.is_ok(), "one sleeper, one scheduler");
    }

    /// Announces that this thread goes to sleep. False if a permit was there, which is now
    /// taken; otherwise [`end`](Self::end) must follow.
    #[must_use = "false means: do not sleep"]
    pub(crate) fn begin(&self, how: How) -> bool {
        let asleep = match how {
            How::Parked => PARKED,
            How::Polling => POLLING,
        };
        let begun = self
            .word
            .compare_exchange(RUNNING, asleep, Relaxed, Relaxed)
            .is_ok();
        if begun {
            // Z3. Pairs with the fence in unpark_if_asleep: the deadline is read after this.
            fence(SeqCst);
        } else {
            self.end();
        }
        begun
    }

    /// Sleeps until [`unpark`](Self::unpark), or for `limit`, or for no reason at all.
    pub(crate) fn wait(&self, limit: Option<Duration>) {
        let guard = self.lock.lock();
        // The lock makes this look and the wait one step for `unpark`. Relaxed: `end` acquires.
        if self.word.load(Relaxed) != PARKED {
            return;
        }
        match limit {
            None => drop(self.condvar.wait(guard)),
            Some(limit) => drop(self.condvar.wait_timeout(guard, limit)),
        }
    }

    /// Awake again. True if there was a permit, which is now taken.
    pub(crate) fn end(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in unpark.
        self.word.swap(RUNNING, Acquire) == NOTIFIED
    }

    /// True while a permit is there.
    #[cfg(not(loom))]
    pub(crate) fn has_permit(&self) -> bool {
        self.word.load(Relaxed) == NOTIFIED
    }

    /// As [`unpark`](Self::unpark), and if nobody sleeps, whoever sees to that is told.
    #[cfg(feature = "net")]
    pub(crate) fn unpark_or_tell(&self) {
        if !self.unpark() {
            self.tell();
        }
    }

    fn tell(&self) {
        if let Some(absent) = self.absent.get() {
            absent();
        }
    }

    /// Wakes the sleeper, or leaves a permit for the next one. True if somebody slept. Never
    /// allocates.
    pub(crate) fn unpark(&self) -> bool {
        // ORDERING: Release, for what the sleeper is to see; pairs with the Acquire in end.
        match self.word.swap(NOTIFIED, Release) {
            PARKED => {
                // The sleeper holds the lock from its look at the word until it waits: once we
                // have had it, the notification cannot come in between.
                drop(self.lock.lock());
                self.condvar.notify_one();
                true
            }
            POLLING => {
                if let Some(interrupt) = self.interrupt.get() {
                    interrupt();
                }
                true
            }
            _ => false,
        }
    }

    /// Wakes the sleeper if there is one. For news it reads itself after `begin`: Z3.
    pub(crate) fn unpark_if_asleep(&self) {
        // Z3. Pairs with the fence in begin: either we see it asleep, or it sees our news.
        fence(SeqCst);
        if matches!(self.word.load(Relaxed), PARKED | POLLING) {
            self.unpark();
        } else {
            self.tell();
        }
    }

    /// True while a thread sleeps here, or is about to.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn is_asleep(&self) -> bool {
        matches!(self.word.load(Relaxed), PARKED | POLLING)
    }
}
