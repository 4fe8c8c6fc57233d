//! The driver's side of the reactor. Without the feature `reactor`, `no_io` stands here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::Config;
use crate::engine::reactor::{self, Reactor};
use crate::engine::sleeper::Sleeper;

/// The part that is shared: the reactor's handle, if the runtime does I/O.
pub(crate) type IoHandle = Option<Arc<reactor::Handle>>;

/// The part that sleeps.
pub(super) struct Io {
    reactor: Option<Reactor>,
}

impl Io {
    pub(super) fn new(config: &Config, sleeper: &Arc<Sleeper>) -> io::Result<(Io, IoHandle)> {
        if !config.io {
            return Ok((Io { reactor: None }, None));
        }
        // Weak: the sleeper holds the handle, which holds this.
        let weak = Arc::downgrade(sleeper);
        let unpark = move || {
            if let Some(sleeper) = weak.upgrade() {
                sleeper.unpark();
            }
        };
        let (reactor, handle) = Reactor::new(config.events_per_turn, Box::new(unpark))?;
        let shared = Arc::clone(&handle);
        sleeper.interrupt_with(Box::new(move || shared.wake()));
        let reactor = Some(reactor);
        Ok((Io { reactor }, Some(handle)))
    }

    /// Sleeps in the selector, then wakes what is ready. True if there was any.
    pub(super) fn turn(&mut self, limit: Duration) -> bool {
        let Some(reactor) = &mut self.reactor else {
            return false;
        };
        match reactor.turn(Some(limit)) {
            Ok(woken) => woken > 0,
            Err(error) => panic!("the poller failed: {error}"),
        }
    }

    pub(super) fn shutdown(&mut self) {
        if let Some(reactor) = &mut self.reactor {
            reactor.shutdown();
        }
    }
}

pub(super) fn has_sources(handle: &IoHandle) -> bool {
    handle.as_ref().is_some_and(|handle| handle.sources() > 0)
}
