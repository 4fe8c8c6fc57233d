//! What a wait for an `AsyncFd` returns: the moment it was ready, to be confirmed or taken back.

use std::error::Error;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

use crate::engine::reactor::Event;
use crate::io::Ready;
use crate::io::unix::AsyncFd;

/// An [`AsyncFd`] that was ready.
///
/// It stays ready until a guard clears that, and must be cleared when an operation says
/// `WouldBlock`: otherwise the next wait ends at once.
#[must_use = "say whether the descriptor is still ready: `try_io`, `clear_ready`, `retain_ready`"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    fd: &'a AsyncFd<T>,
    /// `None` once cleared.
    event: Option<Event>,
}

/// An [`AsyncFd`] that was ready, with access by `&mut`.
///
/// As [`AsyncFdReadyGuard`].
#[must_use = "say whether the descriptor is still ready: `try_io`, `clear_ready`, `retain_ready`"]
pub struct AsyncFdReadyMutGuard<'a, T: AsRawFd> {
    fd: &'a mut AsyncFd<T>,
    /// `None` once cleared.
    event: Option<Event>,
}

/// The operation said `WouldBlock`: the descriptor was not ready after all, and is now cleared.
#[derive(Debug)]
pub struct TryIoError(());

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file descriptor is not ready")
    }
}

impl Error for TryIoError {}

/// What both guards do with the event they hold.
macro_rules! event_methods {
    () => {
        /// The descriptor is not ready any more.
        ///
        /// Call it only after an operation has said `WouldBlock`. A report that came since the
        /// wait is not lost.
        pub fn clear_ready(&mut self) {
            if let Some(event) = self.event.take() {
                self.fd.registration.clear(event);
            }
        }

        /// The descriptor is not ready for `ready` any more, and still is for the rest.
        pub fn clear_ready_matching(&mut self, ready: Ready) {
            if let Some(event) = self.event.take() {
                let registration = &self.fd.registration;
                registration.clear(event.with_ready(event.ready() & ready));
                let left = event.with_ready(event.ready() - ready);
                self.event = Some(left).filter(|left| !left.ready().is_empty());
            }
        }

        /// The descriptor is still ready. Does nothing; it says that nothing was forgotten.
        pub fn retain_ready(&mut self) {}

        /// What the descriptor is ready for, as far as this guard knows.
        pub fn ready(&self) -> Ready {
            self.event.map_or(Ready::EMPTY, Event::ready)
        }
    };
}

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    event_methods!();

    pub(super) fn new(fd: &'a AsyncFd<T>, event: Event) -> Self {
        let event = Some(event);
        Self { fd, event }
    }

    /// Does an operation, and clears the readiness if it says `WouldBlock`.
    ///
    /// `f` must say so only if the descriptor did.
    ///
    /// # Errors
    ///
    /// `TryIoError` for `WouldBlock`: wait again. What else `f` returns is in the `Ok`.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = f(self.fd);
        if would_block(&result) {
            self.clear_ready();
            return Err(TryIoError(()));
        }
        Ok(result)
    }

    /// The `AsyncFd`.
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.fd
    }

    /// The object that owns the descriptor.
    pub fn get_inner(&self) -> &'a T {
        self.fd.get_ref()
    }
}

impl<'a, T: AsRawFd> AsyncFdReadyMutGuard<'a, T> {
    event_methods!();

    pub(super) fn new(fd: &'a mut AsyncFd<T>, event: Event) -> Self {
        let event = Some(event);
        Self { fd, event }
    }

    /// Does an operation, and clears the readiness if it says `WouldBlock`.
    ///
    /// `f` must say so only if the descriptor did.
    ///
    /// # Errors
    ///
    /// `TryIoError` for `WouldBlock`: wait again. What else `f` returns is in the `Ok`.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = f(self.fd);
        if would_block(&result) {
            self.clear_ready();
            return Err(TryIoError(()));
        }
        Ok(result)
    }

    /// The `AsyncFd`.
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.fd
    }

    /// The `AsyncFd`.
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.fd
    }

    /// The object that owns the descriptor.
    pub fn get_inner(&self) -> &T {
        self.fd.get_ref()
    }

    /// The object that owns the descriptor.
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.fd.get_mut()
    }
}

fn would_block<R>(result: &io::Result<R>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFdReadyGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFdReadyGuard")
            .field("async_fd", &self.fd)
            .field("ready", &self.ready())
            .finish()
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFdReadyMutGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFdReadyMutGuard")
            .field("async_fd", &self.fd)
            .field("ready", &self.ready())
            .finish()
    }
}
