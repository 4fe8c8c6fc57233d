//! Reactor and timers as one thing a thread can sleep on.

use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What a driver is made of.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) io: bool,
    pub(crate) time: bool,
    pub(crate) start_paused: bool,
    pub(crate) events_per_turn: usize,
}

pub(crate) struct Driver {}

pub(crate) struct Handle {}

impl Driver {
    pub(crate) fn new(_config: &Config) -> io::Result<(Driver, Arc<Handle>)> {
        unimplemented!()
    }

    pub(crate) fn park(&mut self, _limit: Option<Duration>) {
        unimplemented!()
    }

    pub(crate) fn shutdown(&mut self) {}
}

impl Handle {
    pub(crate) fn unpark(&self) {
        unimplemented!()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        true
    }
}
