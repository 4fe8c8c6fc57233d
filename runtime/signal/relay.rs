//! A runtime's ear: the bell's readable end, registered with its reactor.
//!
//! Made by [`unix::signal`](super::unix::signal), once a runtime. The reactor knows it as a source
//! that a waker waits for; that waker is the relay itself, so answering happens in the driver's own
//! turn, outside of every lock, and needs no task.
//!
//! Invariants:
//! - **SR1** A relay stays with its runtime until the runtime ends, though the last listener goes:
//!   a signal that nobody listened to is told to nobody, and not to who comes an hour later.
//! - **SR2** Every relay of this process reads the same bell through a descriptor of its own, so
//!   each ring is an edge in every reactor that listens. Whoever is up first tells all listeners,
//!   whatever runtime they are of.
//! - **SR3** In a child of a fork the first to listen makes a new bell; the parent's relays are
//!   forgotten, not dropped: to drop one takes it out of the selector the parent still uses.

use std::io::{self, Read};
use std::mem;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use crate::budget;
use crate::engine::reactor::{self, Registered};
use crate::io::{Interest, Ready};
use crate::leaf::Site;
use crate::primitives::Mutex;

use super::{handler, listeners};

static BELL: Mutex<Bell> = Mutex::new(Bell {
    owner: 0,
    reader: None,
    relays: Vec::new(),
});

struct Bell {
    /// The process that made it. A fork's child finds its parent's id here.
    owner: u32,
    reader: Option<UnixStream>,
    relays: Vec<Arc<Relay>>,
}

impl Bell {
    /// The end to read from, to be duplicated.
    fn reader(&mut self) -> io::Result<&UnixStream> {
        if self.owner != process::id() || self.reader.is_none() {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            writer.set_nonblocking(true)?;
            // SR3.
            mem::forget(mem::take(&mut self.relays));
            mem::forget(self.reader.replace(reader));
            self.owner = process::id();
            handler::ring_at(writer);
        }
        Ok(self.reader.as_ref().expect("made above"))
    }
}

/// The bell's end in one reactor.
pub(super) struct Relay {
    source: Registered<mio::net::UnixStream>,
    waker: Waker,
}

/// What the reactor wakes. Weak: the reactor keeps it, and the relay keeps the reactor.
struct Ring(Weak<Relay>);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(relay) = self.0.upgrade() {
            relay.answer();
        }
    }
}

impl Relay {
    /// The relay of this reactor's runtime, made if there is none yet.
    ///
    /// # Errors
    ///
    /// When the runtime has ended, or the operating system has no descriptors for us.
    pub(super) fn of(reactor: &Arc<reactor::Handle>) -> io::Result<Arc<Relay>> {
        let mut bell = BELL.lock();
        // SR3: a fork's child has no relays after this.
        bell.reader()?;
        if let Some(relay) = bell.relays.iter().find(|relay| relay.serves(reactor)) {
            return Ok(relay.clone());
        }
        let reader = mio::net::UnixStream::from_std(bell.reader()?.try_clone()?);
        let source = Registered::with_interest(reactor, reader, Interest::READABLE, Ready::EMPTY)?;
        let relay = Arc::new_cyclic(|relay| Relay {
            source,
            waker: Waker::from(Arc::new(Ring(relay.clone()))),
        });
        bell.relays.push(relay.clone());
        drop(bell);
        // Leaves the waker with the reactor.
        relay.answer();
        Ok(relay)
    }

    /// True if this is the relay of that reactor's runtime.
    pub(super) fn serves(&self, reactor: &Arc<reactor::Handle>) -> bool {
        Arc::ptr_eq(self.source.registration().handle(), reactor)
    }

    /// Tells what has come, until nothing more is reported; then waits for the next report.
    fn answer(self: &Arc<Self>) {
        // This may run inside of a task's poll, and is not its doing.
        let _unlimited = budget::lift();
        let source = self.source.registration();
        let mut cx = Context::from_waker(&self.waker);
        while let Poll::Ready(event) = source.poll_read_ready(&mut cx, Site::here()) {
            let Ok(event) = event else {
                return self.retire();
            };
            let mut is_open = true;
            let taken = handler::PENDING.answer(|| is_open = self.silence());
            listeners::tell(taken);
            if !is_open {
                // Somebody has closed our descriptors under us: it would be readable for ever.
                return self.retire();
            }
            source.clear(event);
        }
    }

    /// Reads all that is there. False at the end of the stream.
    fn silence(&self) -> bool {
        let mut bytes = [0; 64];
        loop {
            match (&*self.source).read(&mut bytes) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }

    /// The runtime has ended.
    fn retire(self: &Arc<Self>) {
        let mut bell = BELL.lock();
        let place = bell
            .relays
            .iter()
            .position(|relay| Arc::ptr_eq(relay, self));
        let relay = place.map(|place| bell.relays.swap_remove(place));
        drop(bell);
        drop(relay);
    }
}

#[cfg(test)]
pub(super) fn listens(reactor: &Arc<reactor::Handle>) -> bool {
    BELL.lock().relays.iter().any(|relay| relay.serves(reactor))
}
