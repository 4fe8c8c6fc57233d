//! What `io` is in a build without a reactor: nothing is ever registered.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::Config;
use crate::engine::sleeper::Sleeper;

pub(crate) type IoHandle = ();

pub(super) struct Io;

impl Io {
    pub(super) fn new(_: &Config, _: &Arc<Sleeper>) -> io::Result<(Io, IoHandle)> {
        Ok((Io, ()))
    }

    pub(super) fn turn(&mut self, _: Duration) -> bool {
        false
    }

    pub(super) fn shutdown(&mut self) {}
}

pub(super) fn has_sources(_: &IoHandle) -> bool {
    false
}
