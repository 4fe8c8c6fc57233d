//! A source and its registration, together.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mio::event::Source;

use crate::engine::reactor::poller::Handle;
use crate::engine::reactor::readiness::{Direction, Event};
use crate::engine::reactor::registration::{Io, Registration};
use crate::io::{Interest, Ready};
use crate::leaf::Site;

/// Selectors that report an edge when a source that was not quite drained gets more. With these,
/// a read that fills only a part of the buffer tells that the source is empty.
const PARTIAL_MEANS_DRAINED: bool = cfg!(unix);

/// A mio source that is registered for as long as this lives.
pub(crate) struct Registered<E: Source> {
    /// `None` only while being taken apart.
    source: Option<E>,
    registration: Registration,
}

impl<E: Source> Registered<E> {
    /// Registers `source` for reading and writing.
    ///
    /// # Errors
    ///
    /// When the runtime has shut down, or the selector does not take the source, which is dropped.
    pub(crate) fn new(handle: &Arc<Handle>, source: E, initial: Ready) -> io::Result<Self> {
        let both = Interest::READABLE | Interest::WRITABLE;
        Self::with_interest(handle, source, both, initial)
    }

    pub(crate) fn with_interest(
        handle: &Arc<Handle>,
        mut source: E,
        interest: Interest,
        initial: Ready,
    ) -> io::Result<Self> {
        let registration = handle.register(&mut source, interest, initial)?;
        Ok(Self {
            source: Some(source),
            registration,
        })
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Deregisters the source and gives it back.
    ///
    /// # Errors
    ///
    /// When the selector does not let it go; the source is dropped.
    pub(crate) fn into_inner(mut self) -> io::Result<E> {
        let mut source = self.source.take().expect("taken only here");
        self.registration.handle().deregister(&mut source)?;
        Ok(source)
    }

    /// The leaf future that does `op` as soon as it does not say `WouldBlock`.
    pub(crate) fn io<R, F>(&self, interest: Interest, site: Site, op: F) -> Io<'_, F>
    where
        F: FnMut(Event) -> io::Result<R>,
    {
        self.registration.io(interest, site, op)
    }

    /// The leaf future of the next moment when the source is ready, and of what that makes.
    pub(crate) fn when_ready<R, F>(&self, interest: Interest, site: Site, answer: F) -> Io<'_, F>
    where
        F: FnMut(Event) -> io::Result<R>,
    {
        self.registration.when_ready(interest, site, answer)
    }

    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce(&E) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.try_io(interest, || op(self))
    }

    pub(crate) fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        site: Site,
        mut op: impl FnMut(&E) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.registration.poll_io(cx, direction, site, || op(self))
    }

    /// As [`poll_io`](Self::poll_io), for an `op` that moves up to `len` bytes of a stream.
    ///
    /// When it moves some but not all, the next one would say `WouldBlock`: this saves that call.
    pub(crate) fn poll_stream_io(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        site: Site,
        len: usize,
        mut op: impl FnMut(&E) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let event = ready!(self.registration.poll_ready(cx, direction, site))?;
            match op(self) {
                Ok(moved) => {
                    if PARTIAL_MEANS_DRAINED && 0 < moved && moved < len {
                        self.registration.clear(event);
                    }
                    return Poll::Ready(Ok(moved));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.registration.clear(event);
                }
                // A signal is none of the caller's business.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

// A panic in between leaves nothing half done that another thread could see: the readiness word is
// changed by single atomic steps, the wakers beside it under a lock in which no foreign code runs.
impl<E: Source> UnwindSafe for Registered<E> {}
impl<E: Source> RefUnwindSafe for Registered<E> {}

impl<E: Source> Deref for Registered<E> {
    type Target = E;

    fn deref(&self) -> &E {
        self.source.as_ref().expect("taken only by into_inner")
    }
}

impl<E: Source> Drop for Registered<E> {
    fn drop(&mut self) {
        if let Some(mut source) = self.source.take() {
            // The source is closed next, which takes it out of the selector in any case.
            let _ = self.registration.handle().deregister(&mut source);
        }
    }
}

impl<E: Source + fmt::Debug> fmt::Debug for Registered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => source.fmt(f),
            None => f.write_str("taken apart"),
        }
    }
}
