//! How an `AsyncFd` is made, and what it says when the poller does not take it.

#![expect(
    unsafe_code,
    reason = "tokio's names for the same thing are unsafe to call; nothing here is unsafe to do"
)]

use std::error::Error;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;

use crate::engine::context;
use crate::io::unix::AsyncFd;
use crate::io::{Interest, Ready};

/// Making one.
impl<T: AsRawFd> AsyncFd<T> {
    /// Registers a descriptor for reading and writing.
    ///
    /// # Errors
    ///
    /// When the poller does not take it: it is closed, or a regular file. `inner` is dropped; see
    /// [`try_new`](Self::try_new).
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    #[track_caller]
    pub fn new(inner: T) -> io::Result<Self> {
        Ok(Self::try_new(inner)?)
    }

    /// As [`new`](Self::new), for `interest` only.
    ///
    /// # Errors
    ///
    /// As `new`.
    ///
    /// # Panics
    ///
    /// As `new`.
    #[track_caller]
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<Self> {
        Ok(Self::try_with_interest(inner, interest)?)
    }

    /// As [`new`](Self::new), with `inner` in the error.
    ///
    /// # Errors
    ///
    /// As `new`.
    ///
    /// # Panics
    ///
    /// As `new`.
    #[track_caller]
    pub fn try_new(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_with_interest(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// As [`with_interest`](Self::with_interest), with `inner` in the error.
    ///
    /// # Errors
    ///
    /// As `new`.
    ///
    /// # Panics
    ///
    /// As `new`.
    #[track_caller]
    pub fn try_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<Self, AsyncFdRegisterError<T>> {
        let fd = inner.as_raw_fd();
        match context::reactor().register(&mut SourceFd(&fd), interest, Ready::EMPTY) {
            Ok(registration) => Ok(Self {
                registration,
                inner: Some(inner),
            }),
            Err(cause) => Err(AsyncFdRegisterError { inner, cause }),
        }
    }

    /// [`try_new`](Self::try_new), under tokio's newer name.
    ///
    /// # Errors
    ///
    /// As `new`.
    ///
    /// # Panics
    ///
    /// As `new`.
    ///
    /// # Safety
    ///
    /// The descriptor of `inner` must be open, and the same, for as long as the `AsyncFd` has it.
    #[track_caller]
    pub unsafe fn register(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_new(inner)
    }

    /// [`try_with_interest`](Self::try_with_interest), under tokio's newer name.
    ///
    /// # Errors
    ///
    /// As `new`.
    ///
    /// # Panics
    ///
    /// As `new`.
    ///
    /// # Safety
    ///
    /// As [`register`](Self::register).
    #[track_caller]
    pub unsafe fn register_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_with_interest(inner, interest)
    }
}

/// The poller does not take the descriptor. Gives the object that owns it back.
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

impl<T> AsyncFdRegisterError<T> {
    /// The object, and what the poller said.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

impl<T> fmt::Display for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cause, f)
    }
}

impl<T> fmt::Debug for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, f)
    }
}

impl<T> Error for AsyncFdRegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdRegisterError<T>> for io::Error {
    fn from(error: AsyncFdRegisterError<T>) -> io::Error {
        error.cause
    }
}
