//! Reactor and timers as one thing a thread can sleep on.
//!
//! Called by the schedulers: one thread at a time owns the [`Driver`] and parks on it, all others
//! reach it through the [`Handle`]. Calls the reactor, the timers and the [`Sleeper`].
//!
//! ```text
//! park: permit there? ----------------------> look at I/O, fire timers, return
//!       no source registered ---------------> sleep in the Sleeper \  until the earliest of
//!       a source registered ----------------> sleep in the reactor /  limit, timer, unpark, event
//!       clock paused, nothing woken --------> move the clock to the next timer instead
//! ```
//!
//! Registering the first source, or a timer earlier than all others, unparks a sleeper, so the
//! choice made before going to sleep is never one that misses it.
//!
//! Invariants:
//! - **D1** Whoever changes what a sleeper waits for does so before it unparks, and `park` looks
//!   at sources before `begin` (an `unpark` in between makes `begin` fail) and at deadlines after
//!   it (Z3 of [`sleeper`]).
//! - **D2** Timers fire and I/O wakers wake with no lock held, in `park`, on the owner's thread.
//!
//! Not here: a promise to sleep. `park` may return early, and its caller looks for work anyway.
//!
//! [`sleeper`]: crate::engine::sleeper

use std::io;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "net")]
use crate::engine::reactor::{self, Reactor};
use crate::engine::sleeper::{How, Sleeper};
use crate::engine::timer::{self, clock::Clock};

#[cfg(test)]
mod tests;

/// The longest single sleep, 12 days: pollers take a timeout in 31 bits of milliseconds, and an
/// early return costs nothing. Doubling it comes to their limit.
const LONGEST_SLEEP: Duration = Duration::from_millis(1 << 30);

/// What a driver is made of.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    #[cfg_attr(
        not(feature = "net"),
        expect(dead_code, reason = "what a reactor reads")
    )]
    pub(crate) io: bool,
    pub(crate) time: bool,
    /// Start with a clock that stands still.
    pub(crate) start_paused: bool,
    /// Whether `time::pause` is allowed: the runtime has a single thread.
    pub(crate) pausable: bool,
    /// How many I/O events one look at the reactor takes.
    #[cfg_attr(
        not(feature = "net"),
        expect(dead_code, reason = "what a reactor reads")
    )]
    pub(crate) events_per_turn: usize,
    /// The same for a look that does not wait. `None`: as many.
    #[cfg_attr(
        not(feature = "net"),
        expect(dead_code, reason = "what a reactor reads")
    )]
    pub(crate) events_when_busy: Option<usize>,
}

/// What the thread that parks owns.
pub(crate) struct Driver {
    handle: Arc<Handle>,
    looks: u64,
    #[cfg(feature = "net")]
    reactor: Option<Reactor>,
}

/// What everybody else holds.
pub(crate) struct Handle {
    sleeper: Arc<Sleeper>,
    time: Option<Arc<timer::Handle>>,
    #[cfg(feature = "net")]
    io: Option<Arc<reactor::Handle>>,
}

impl Driver {
    pub(crate) fn new(config: &Config) -> io::Result<(Driver, Arc<Handle>)> {
        let sleeper = Arc::new(Sleeper::new());
        let time = config.time.then(|| {
            let clock = Clock::new(config.start_paused);
            let sleeper = Arc::clone(&sleeper);
            Arc::new(timer::Handle::new(clock, sleeper, config.pausable))
        });
        #[cfg(feature = "net")]
        let (reactor, io) = match config.io {
            true => connect(config, &sleeper).map(|(reactor, io)| (Some(reactor), Some(io)))?,
            false => (None, None),
        };
        let handle = Arc::new(Handle {
            sleeper,
            time,
            #[cfg(feature = "net")]
            io,
        });
        let driver = Driver {
            handle: Arc::clone(&handle),
            looks: 0,
            #[cfg(feature = "net")]
            reactor,
        };
        Ok((driver, handle))
    }

    /// Sleeps until there is an event, a due timer, an [`unpark`](Handle::unpark), or for
    /// `limit`; then wakes what is ready. `Some(ZERO)` only wakes what is ready.
    pub(crate) fn park(&mut self, limit: Option<Duration>) {
        self.looks += 1;
        let is_paused = self.time().is_some_and(|time| time.clock().is_paused());
        if limit == Some(Duration::ZERO) {
            self.look();
        } else if is_paused {
            self.park_paused(limit);
        } else {
            self.sleep(limit, true);
        }
        if let Some(time) = self.time() {
            time.fire();
        }
    }

    /// How often somebody has parked here, or looked.
    pub(crate) fn looks(&self) -> u64 {
        self.looks
    }

    /// The runtime ends: everything that waits here is woken, and what comes later is refused.
    pub(crate) fn shutdown(&mut self) {
        #[cfg(feature = "net")]
        if let Some(reactor) = &mut self.reactor {
            reactor.shutdown();
        }
        if let Some(time) = self.time() {
            time.shutdown();
        }
    }

    fn time(&self) -> Option<&timer::Handle> {
        self.handle.time.as_deref()
    }

    /// With the clock paused, time passes when there is nothing else to do.
    fn park_paused(&mut self, limit: Option<Duration>) {
        // Asked first: whoever inhibits wakes what waits for it, then allows.
        let may_move = self.time().is_some_and(|time| time.clock().may_move());
        let found = self.look();
        // Not a short cut: both must happen.
        let notified = self.handle.sleeper.end();
        if found || notified {
            return;
        }
        if may_move && self.time().is_some_and(|time| time.skip_to_next(limit)) {
            return;
        }
        self.sleep(limit, false);
    }

    /// Sleeps, if there is no permit. `by_clock` is false if deadlines do not come by waiting.
    fn sleep(&mut self, limit: Option<Duration>, by_clock: bool) {
        let timers = self.handle.time.as_ref().filter(|_| by_clock);
        if let Some(time) = timers {
            time.refresh();
        }
        // D1: read before `begin`.
        let how = match self.handle.sources() {
            0 => How::Parked,
            _ => How::Polling,
        };
        if !self.handle.sleeper.begin(how) {
            self.look();
            return;
        }
        // D1: read after `begin`.
        let until_next = timers.and_then(|time| time.until_next());
        let limit = shortest(limit, until_next);
        match how {
            How::Parked if limit.is_zero() => {}
            How::Parked => self.handle.sleeper.wait(Some(limit)),
            How::Polling => self.wait_for_events(limit),
        }
        // Before anything is woken: from here on nobody writes to the eventfd.
        self.handle.sleeper.end();
        if how == How::Polling {
            self.wake_by_events();
        }
    }

    /// Wakes for what I/O is ready, without sleeping. True if there was any.
    fn look(&mut self) -> bool {
        if self.handle.sources() == 0 {
            return false;
        }
        self.wait_for_events(Duration::ZERO);
        self.wake_by_events()
    }

    #[cfg(feature = "net")]
    fn wait_for_events(&mut self, limit: Duration) {
        if let Some(reactor) = &mut self.reactor {
            // It cannot fail but by our fault, and a runtime without I/O would hang in silence.
            let waited = reactor.wait(Some(limit));
            waited.unwrap_or_else(|error| panic!("the I/O selector failed: {error}"));
        }
    }

    #[cfg(not(feature = "net"))]
    fn wait_for_events(&mut self, _limit: Duration) {}

    /// True if it woke anything.
    fn wake_by_events(&mut self) -> bool {
        #[cfg(feature = "net")]
        if let Some(reactor) = &mut self.reactor {
            return reactor.dispatch() > 0;
        }
        false
    }
}

/// Starts a reactor that the sleeper interrupts, and that wakes the sleeper for its first source.
#[cfg(feature = "net")]
fn connect(config: &Config, sleeper: &Arc<Sleeper>) -> io::Result<(Reactor, Arc<reactor::Handle>)> {
    // Weak: the sleeper keeps the reactor's handle.
    let first_source = Arc::downgrade(sleeper);
    let first_source = Box::new(move || {
        if let Some(sleeper) = first_source.upgrade() {
            sleeper.unpark_or_tell();
        }
    });
    let (reactor, io) = Reactor::new(
        config.events_per_turn,
        config.events_when_busy,
        first_source,
    )?;
    let interrupt = Arc::clone(&io);
    sleeper.interrupt_with(Box::new(move || interrupt.wake()));
    Ok((reactor, io))
}

impl Handle {
    /// Ends the sleep of whoever parks, or leaves a permit that makes the next park not sleep.
    #[inline]
    pub(crate) fn unpark(&self) {
        self.sleeper.unpark();
    }

    /// For a simulation, in which nobody sleeps for good: true if somebody unparked.
    pub(crate) fn is_called(&self) -> bool {
        self.sleeper.has_permit()
    }

    pub(crate) fn forget_call(&self) {
        self.sleeper.end();
    }

    /// Called when a source or an earlier timer is registered while nobody sleeps here.
    pub(crate) fn when_nobody_sleeps(&self, call: Box<dyn Fn() + Send + Sync>) {
        self.sleeper.when_absent(call);
    }

    /// True if looking at the driver would find nothing: no source and no timer is registered.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        self.sources() == 0 && self.time.as_ref().is_none_or(|time| time.is_empty())
    }

    /// True if only an [`unpark`](Self::unpark) can end a sleep here: there is no source, and no
    /// timer that will fire.
    pub(crate) fn expects_nothing(&self) -> bool {
        self.sources() == 0 && self.time.as_ref().is_none_or(|time| !time.has_deadline())
    }

    /// How many I/O sources are registered.
    #[inline]
    fn sources(&self) -> usize {
        #[cfg(feature = "net")]
        if let Some(io) = &self.io {
            return io.sources();
        }
        0
    }

    #[cfg(feature = "net")]
    #[inline]
    pub(crate) fn io(&self) -> Option<&Arc<reactor::Handle>> {
        self.io.as_ref()
    }

    #[inline]
    pub(crate) fn time(&self) -> Option<&Arc<timer::Handle>> {
        self.time.as_ref()
    }
}

/// How long to sleep, given a caller's limit and the next timer.
fn shortest(limit: Option<Duration>, until_next: Option<Duration>) -> Duration {
    let limits = [limit, until_next, Some(LONGEST_SLEEP)];
    limits.into_iter().flatten().min().unwrap_or(LONGEST_SLEEP)
}
