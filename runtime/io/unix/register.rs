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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::UnixStream;
    /// use wakeful::io::unix::AsyncFd;
    ///
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// ours.set_nonblocking(true)?;
    /// let fd = AsyncFd::new(ours)?;
    /// assert!(fd.writable().await?.ready().is_writable());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::UnixStream;
    /// use wakeful::io::{Interest, unix::AsyncFd};
    ///
    /// let (ours, theirs) = UnixStream::pair()?;
    /// ours.set_nonblocking(true)?;
    /// let fd = AsyncFd::with_interest(ours, Interest::READABLE)?;
    /// drop(theirs);
    /// assert!(fd.readable().await?.ready().is_read_closed());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::unix::AsyncFd;
    ///
    /// let file = tempfile::tempfile()?;
    /// let file = match AsyncFd::try_new(file) {
    ///     Ok(_) => unreachable!("the poller takes no regular files"),
    ///     Err(error) => error.into_parts().0,
    /// };
    /// assert_eq!(file.metadata()?.len(), 0);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{Interest, unix::AsyncFd};
    ///
    /// let refused = AsyncFd::try_with_interest(tempfile::tempfile()?, Interest::READABLE);
    /// let (file, _error) = refused.unwrap_err().into_parts();
    /// assert_eq!(file.metadata()?.len(), 0);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::UnixStream;
    /// use wakeful::io::unix::AsyncFd;
    ///
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// ours.set_nonblocking(true)?;
    /// // SAFETY: the stream owns its descriptor, and keeps it.
    /// let fd = unsafe { AsyncFd::register(ours) }?;
    /// assert!(fd.writable().await?.ready().is_writable());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::UnixStream;
    /// use wakeful::io::{Interest, unix::AsyncFd};
    ///
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// ours.set_nonblocking(true)?;
    /// // SAFETY: the stream owns its descriptor, and keeps it.
    /// let fd = unsafe { AsyncFd::register_with_interest(ours, Interest::WRITABLE) }?;
    /// assert!(fd.writable().await?.ready().is_writable());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub unsafe fn register_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_with_interest(inner, interest)
    }
}

/// The poller does not take the descriptor. Gives the object that owns it back.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::unix::AsyncFd;
///
/// let file = tempfile::tempfile()?; // always ready: nothing to wait for
/// let (file, error) = AsyncFd::try_new(file).unwrap_err().into_parts();
/// assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
/// # drop(file);
/// # Ok(())
/// # }
/// ```
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

impl<T> AsyncFdRegisterError<T> {
    /// The object, and what the poller said.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::unix::AsyncFd;
    ///
    /// let (mut file, _error) = AsyncFd::try_new(tempfile::tempfile()?).unwrap_err().into_parts();
    /// std::io::Write::write_all(&mut file, b"then blocking")?; // it is not lost
    /// # Ok(())
    /// # }
    /// ```
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
