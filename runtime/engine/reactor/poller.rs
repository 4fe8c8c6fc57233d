//! The selector, and what is registered with it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mio::event::Source;

use crate::engine::metrics::Counter;
use crate::engine::reactor::registration::Registration;
use crate::engine::reactor::table::Table;
use crate::io::{Interest, Ready};
use crate::leaf::Kept;
use crate::primitives::Mutex;

/// The longest single sleep, in milliseconds (24.8 days): selectors take an `int`. Whoever wants
/// to sleep longer comes back and sleeps again.
const LONGEST_SLEEP_MS: u64 = i32::MAX as u64;

/// Wakers that are gathered under the table's lock before it is let go to wake them. A larger
/// batch locks less often and keeps registrations of other threads waiting for longer.
const WAKERS_PER_LOCK: usize = 64;

/// The token of the reactor's own waker. No source gets it: generations end before `u32::MAX`.
const WAKE: mio::Token = mio::Token(usize::MAX);

/// The side that sleeps. Owned by the driver.
pub(crate) struct Reactor {
    poll: mio::Poll,
    events: mio::Events,
    /// Empty between turns; kept for its memory.
    /// For looks that do not wait, if those are to take fewer events. See `is_busy`.
    other_events: Option<mio::Events>,
    /// The two have changed places, for a look that did not wait.
    is_busy: bool,
    woken: Vec<Kept>,
    handle: Arc<Handle>,
}

/// The side that registers and wakes. Shared by everything that does I/O on this runtime.
pub(crate) struct Handle {
    registry: mio::Registry,
    waker: mio::Waker,
    /// `None` after the shutdown.
    table: Mutex<Option<Table>>,
    /// How many are in the table, for those who do not want the lock.
    sources: AtomicUsize,
    first_source: Box<dyn Fn() + Send + Sync>,
    counts: Counts,
}

/// What the reactor has done so far.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) registered: Counter,
    pub(crate) deregistered: Counter,
    /// Only whoever polls writes it.
    pub(crate) events: Counter,
}

impl Reactor {
    /// `first_source` is called each time a source is registered while there was none.
    ///
    /// # Errors
    ///
    /// When the operating system has no selector for us.
    pub(crate) fn new(
        events_per_turn: usize,
        events_when_busy: Option<usize>,
        first_source: Box<dyn Fn() + Send + Sync>,
    ) -> io::Result<(Reactor, Arc<Handle>)> {
        let poll = mio::Poll::new()?;
        let handle = Arc::new(Handle {
            registry: poll.registry().try_clone()?,
            waker: mio::Waker::new(poll.registry(), WAKE)?,
            table: Mutex::new(Some(Table::new())),
            sources: AtomicUsize::new(0),
            first_source,
            counts: Counts::default(),
        });
        let reactor = Reactor {
            poll,
            events: mio::Events::with_capacity(events_per_turn),
            other_events: events_when_busy.map(mio::Events::with_capacity),
            is_busy: false,
            woken: Vec::new(),
            handle: handle.clone(),
        };
        Ok((reactor, handle))
    }

    /// [Waits](Self::wait), then [tells](Self::dispatch) who waits. Returns how many it woke.
    ///
    /// # Errors
    ///
    /// As `wait`.
    #[cfg(test)]
    pub(crate) fn turn(&mut self, limit: Option<Duration>) -> io::Result<usize> {
        self.wait(limit)?;
        Ok(self.dispatch())
    }

    /// Sleeps until an event, [`Handle::wake`], a signal or `limit`.
    ///
    /// It may return earlier than `limit` without a reason. `None` sleeps without limit,
    /// `Some(ZERO)` not at all.
    ///
    /// # Errors
    ///
    /// What the selector says. An interrupted sleep is not an error.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if let Some(other) = &mut self.other_events {
            let is_busy = limit == Some(Duration::ZERO);
            if is_busy != self.is_busy {
                self.is_busy = is_busy;
                std::mem::swap(&mut self.events, other);
            }
        }
        match self.poll.poll(&mut self.events, sleep_limit(limit)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            result => result,
        }
    }

    /// Tells who waits for the events of the last [`wait`](Self::wait). Returns how many wakers it
    /// woke.
    pub(crate) fn dispatch(&mut self) -> usize {
        let mut events = self
            .events
            .iter()
            .filter(|event| event.token() != WAKE)
            .map(|event| (event.token(), flags(event)));
        let mut woken = 0;
        let mut seen = 0;
        // The lock is not taken for a turn that only our own waker ended.
        while let Some(first) = events.next() {
            let table = self.handle.table.lock();
            for (token, ready) in [first].into_iter().chain(events.by_ref()) {
                dispatch(table.as_ref(), token, ready, &mut self.woken);
                seen += 1;
                if self.woken.len() >= WAKERS_PER_LOCK {
                    break;
                }
            }
            drop(table);
            woken += self.woken.len();
            wake_all(&mut self.woken);
        }
        self.handle.counts.events.add(seen);
        woken
    }

    /// Closes every source and wakes all who wait (R8).
    pub(crate) fn shutdown(&mut self) {
        let mut open = self.handle.table.lock();
        let table = open.take();
        self.handle.sources.store(0, Ordering::Relaxed);
        drop(open);
        for block in table.iter().flat_map(Table::blocks) {
            for source in block.sources() {
                source.readiness.close();
                source.readiness.wake(Ready::ALL, &mut self.woken);
                wake_all(&mut self.woken);
            }
        }
    }

    /// What `turn` does with an event of the selector.
    #[cfg(test)]
    pub(crate) fn inject(&mut self, token: usize, ready: Ready) {
        let table = self.handle.table.lock();
        dispatch(table.as_ref(), mio::Token(token), ready, &mut self.woken);
        drop(table);
        wake_all(&mut self.woken);
    }
}

impl Handle {
    /// Ends the current sleep in the selector, or the next one.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            // A sleeper that nobody can wake would hang in silence.
            panic!("the reactor's waker failed: {error}");
        }
    }

    /// How many sources are registered.
    pub(crate) fn sources(&self) -> usize {
        self.sources.load(Ordering::Relaxed)
    }

    /// Registers `source`, which is taken to be ready for `initial` before the first event.
    ///
    /// # Errors
    ///
    /// When the runtime has shut down, or the selector does not take the source. Nothing stays
    /// behind then (R7).
    pub(crate) fn register(
        self: &Arc<Self>,
        source: &mut (impl Source + ?Sized),
        interest: Interest,
        initial: Ready,
    ) -> io::Result<Registration> {
        let mut table = self.table.lock();
        let (block, token) = table.as_mut().ok_or_else(gone)?.insert(initial);
        // R9: before `first_source`.
        let before = self.sources.fetch_add(1, Ordering::Relaxed);
        drop(table);
        if before == 0 {
            (self.first_source)();
        }
        let registration = Registration::new(self.clone(), block, token);
        // On an error the registration is dropped, and leaves the table.
        self.registry
            .register(source, mio::Token(token), selector_interest(interest))?;
        self.counts.registered.add_shared(1);
        Ok(registration)
    }

    /// Takes `source` out of the selector.
    pub(crate) fn deregister(&self, source: &mut (impl Source + ?Sized)) -> io::Result<()> {
        self.registry.deregister(source)?;
        self.counts.deregistered.add_shared(1);
        Ok(())
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Gives the token back. Does nothing after a shutdown.
    pub(crate) fn remove(&self, token: usize) {
        let mut table = self.table.lock();
        let waiters = table.as_mut().and_then(|table| table.remove(token));
        if waiters.is_some() {
            self.sources.fetch_sub(1, Ordering::Relaxed);
        }
        drop(table);
        // It may hold wakers.
        drop(waiters);
    }

    #[cfg(test)]
    pub(crate) fn table_len(&self) -> usize {
        self.table.lock().as_ref().map_or(0, Table::len)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("reactor::Handle")
            .field("sources", &self.sources())
            .finish_non_exhaustive()
    }
}

fn dispatch(table: Option<&Table>, token: mio::Token, ready: Ready, woken: &mut Vec<Kept>) {
    // R6: an event for a source that is gone finds nothing.
    if let Some(source) = table.and_then(|table| table.find(token.0)) {
        source.readiness.set(ready);
        source.readiness.wake(ready, woken);
    }
}

/// What the error of a source whose runtime has shut down says, and what tells it from others.
pub(crate) const GONE: &str = "the wakeful runtime that drives this I/O resource is gone";

/// The error of every operation on a source whose reactor has shut down.
pub(crate) fn gone() -> io::Error {
    io::Error::other(GONE)
}

pub(crate) fn sleep_limit(limit: Option<Duration>) -> Option<Duration> {
    limit.map(|limit| limit.min(Duration::from_millis(LONGEST_SLEEP_MS)))
}

fn wake_all(woken: &mut Vec<Kept>) {
    woken.drain(..).for_each(Kept::wake_among_others);
}

fn flags(event: &mio::event::Event) -> Ready {
    let flags = [
        (event.is_readable(), Ready::READABLE),
        (event.is_writable(), Ready::WRITABLE),
        (event.is_read_closed(), Ready::READ_CLOSED),
        (event.is_write_closed(), Ready::WRITE_CLOSED),
        (event.is_priority(), Ready::PRIORITY),
        (event.is_error(), Ready::ERROR),
    ];
    flags
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag))
        .fold(Ready::EMPTY, |all, flag| all | flag)
}

fn selector_interest(interest: Interest) -> mio::Interest {
    let wanted = [
        (interest.is_readable(), mio::Interest::READABLE),
        (interest.is_writable(), mio::Interest::WRITABLE),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        (interest.is_priority(), mio::Interest::PRIORITY),
        // Errors are reported whatever the interest is, but the set must not be empty.
        (interest.is_error(), mio::Interest::READABLE),
    ];
    wanted
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag))
        .reduce(mio::Interest::add)
        .expect("an interest is never empty")
}
