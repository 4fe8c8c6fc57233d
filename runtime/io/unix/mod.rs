//! Any file descriptor the poller takes, with the readiness of one.
//!
//! For descriptors that `net` knows nothing of: other libraries' sockets, devices, timers,
//! eventfds. Calls `engine::reactor`; what the descriptor does is the caller's.
//!
//! Here: [`AsyncFd`] itself. `waiting`: its waits. `guard`: what they return. `register`: making
//! one. Regular files are absent on purpose: they are always ready, and the poller refuses them.

mod guard;
mod register;
mod waiting;

#[cfg(test)]
mod tests;

pub use guard::{AsyncFdReadyGuard, AsyncFdReadyMutGuard, TryIoError};
pub use register::AsyncFdRegisterError;

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use mio::unix::SourceFd;

use crate::engine::reactor::Registration;
use crate::io::Interest;
use crate::leaf::Site;

/// A file descriptor that can be waited for.
///
/// The descriptor must be in non-blocking mode, and must stay open for as long as the `AsyncFd`
/// has it. A wait returns a guard, by which the caller says whether the descriptor is still ready:
/// [`AsyncFdReadyGuard::try_io`] does so by itself.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// use wakeful::io::unix::AsyncFd;
///
/// let (ours, mut theirs) = UnixStream::pair()?;
/// ours.set_nonblocking(true)?;
/// let ours = AsyncFd::new(ours)?;
/// theirs.write_all(b"hello")?;
///
/// let mut buf = [0; 16];
/// let n = loop {
///     let mut guard = ours.readable().await?;
///     match guard.try_io(|fd| fd.get_ref().read(&mut buf)) {
///         Ok(result) => break result?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&buf[..n], b"hello");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct AsyncFd<T: AsRawFd> {
    registration: Registration,
    /// `None` only while being taken apart.
    inner: Option<T>,
}

impl<T: AsRawFd> AsyncFd<T> {
    /// The object that owns the descriptor.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// assert!(fd.get_ref().peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &T {
        self.inner.as_ref().expect("taken only at the end")
    }

    /// The object that owns the descriptor. Its descriptor must stay the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let mut fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// assert_eq!(fd.get_mut().write(b"hello")?, 5);
    /// # drop(theirs);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("taken only at the end")
    }

    /// Deregisters the descriptor and gives its object back.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// let ours = fd.into_inner();
    /// ours.set_nonblocking(false)?; // for blocking calls again
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(mut self) -> T {
        self.deregister().expect("taken only at the end")
    }

    fn deregister(&mut self) -> Option<T> {
        let inner = self.inner.take()?;
        let fd = inner.as_raw_fd();
        // Closing it, which may come next, takes it out of the selector as well.
        let _ = self.registration.handle().deregister(&mut SourceFd(&fd));
        Some(inner)
    }

    /// Calls `f` as soon as it does not say `WouldBlock`.
    ///
    /// `f` must say `WouldBlock` only if the descriptor did.
    ///
    /// # Errors
    ///
    /// What `f` says, and when the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// `f` is called at a poll and its result returned at the same one: nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// use wakeful::io::Interest;
    ///
    /// theirs.write_all(b"hello")?;
    /// let mut buf = [0; 8];
    /// let read = fd.async_io(Interest::READABLE, |mut stream| stream.read(&mut buf)).await?;
    /// assert_eq!(&buf[..read], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn async_io<R>(
        &self,
        interest: Interest,
        mut f: impl FnMut(&T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        let op = move |_| f(self.get_ref());
        self.registration.io(interest, Site::here(), op)
    }

    /// As [`async_io`](Self::async_io), with access by `&mut`.
    ///
    /// # Errors
    ///
    /// What `f` says, and when the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// As for `async_io`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let mut fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// use wakeful::io::Interest;
    ///
    /// theirs.write_all(b"hello")?;
    /// let mut buf = [0; 8];
    /// let read = fd.async_io_mut(Interest::READABLE, |stream| stream.read(&mut buf)).await?;
    /// assert_eq!(&buf[..read], b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut f: impl FnMut(&mut T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        let inner = self.inner.as_mut().expect("taken only at the end");
        let op = move |_| f(inner);
        self.registration.io(interest, Site::here(), op)
    }

    /// Calls `f` if the descriptor is ready for `interest`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is not ready; otherwise what `f` says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// use wakeful::io::{ErrorKind, Interest};
    ///
    /// let read = fd.try_io(Interest::READABLE, |mut stream| stream.read(&mut [0; 8]));
    /// assert_eq!(read.unwrap_err().kind(), ErrorKind::WouldBlock);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.try_io(interest, || f(self.get_ref()))
    }

    /// As [`try_io`](Self::try_io), with access by `&mut`.
    ///
    /// # Errors
    ///
    /// Those of `try_io`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::io::{Read, Write};
    /// # let (ours, mut theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # ours.set_nonblocking(true)?;
    /// let mut fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// use wakeful::io::{ErrorKind, Interest};
    ///
    /// let read = fd.try_io_mut(Interest::READABLE, |stream| stream.read(&mut [0; 8]));
    /// assert_eq!(read.unwrap_err().kind(), ErrorKind::WouldBlock);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        f: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let inner = self.inner.as_mut().expect("taken only at the end");
        self.registration.try_io(interest, || f(inner))
    }
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

impl<T: AsRawFd + AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd")
            .field("inner", &self.inner)
            .finish()
    }
}

impl<T: AsRawFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        let _ = self.deregister();
    }
}
