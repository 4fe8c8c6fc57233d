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
/// theirs.write_all(b"hello")?;
/// let mut guard = fd.readable().await?;
/// let mut buf = [0; 8];
/// // The last read says `WouldBlock`: the guard takes note that the descriptor is not ready.
/// while let Ok(read) = guard.try_io(|fd| fd.get_ref().read(&mut buf)) {
///     assert_eq!(read?, 5);
/// }
/// assert!(guard.ready().is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "say whether the descriptor is still ready: `try_io`, `clear_ready`, `retain_ready`"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    fd: &'a AsyncFd<T>,
    /// `None` once cleared.
    event: Option<Event>,
}

/// An [`AsyncFd`] that was ready, with access by `&mut`.
///
/// As [`AsyncFdReadyGuard`].
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
/// theirs.write_all(b"hello")?;
/// let mut guard = fd.readable_mut().await?;
/// let mut buf = [0; 8];
/// while let Ok(read) = guard.try_io(|fd| fd.get_mut().read(&mut buf)) {
///     assert_eq!(read?, 5);
/// }
/// assert!(guard.ready().is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "say whether the descriptor is still ready: `try_io`, `clear_ready`, `retain_ready`"]
pub struct AsyncFdReadyMutGuard<'a, T: AsRawFd> {
    fd: &'a mut AsyncFd<T>,
    /// `None` once cleared.
    event: Option<Event>,
}

/// The operation said `WouldBlock`: the descriptor was not ready after all, and is now cleared.
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
/// let mut guard = fd.writable().await?;
/// let error = guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).unwrap_err();
/// println!("{error}"); // there is nothing to read: wait again
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TryIoError(());

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file descriptor is not ready")
    }
}

impl Error for TryIoError {}

/// What both guards do with the event they hold. `$wait` is a line of an example that gets one.
macro_rules! event_methods {
    ($wait:expr) => {
        /// The descriptor is not ready any more.
        ///
        /// Call it only after an operation has said `WouldBlock`. A report that came since the
        /// wait is not lost.
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
        /// use std::io::ErrorKind::WouldBlock;
        ///
        /// theirs.write_all(b"hello")?;
        #[doc = $wait]
        /// let mut buf = [0; 8];
        /// assert_eq!(guard.get_inner().read(&mut buf)?, 5);
        /// assert_eq!(guard.get_inner().read(&mut buf).unwrap_err().kind(), WouldBlock);
        /// guard.clear_ready(); // so that the next wait waits
        /// assert!(guard.ready().is_empty());
        /// # Ok(())
        /// # }
        /// ```
        pub fn clear_ready(&mut self) {
            if let Some(event) = self.event.take() {
                self.fd.registration.clear(event);
            }
        }

        /// The descriptor is not ready for `ready` any more, and still is for the rest.
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
        /// use wakeful::io::Ready;
        ///
        /// theirs.write_all(b"hello")?;
        #[doc = $wait]
        /// guard.clear_ready_matching(Ready::WRITABLE); // a write said `WouldBlock`
        /// assert!(guard.ready().is_readable());
        /// # Ok(())
        /// # }
        /// ```
        pub fn clear_ready_matching(&mut self, ready: Ready) {
            if let Some(event) = self.event.take() {
                let registration = &self.fd.registration;
                registration.clear(event.with_ready(event.ready() & ready));
                let left = event.with_ready(event.ready() - ready);
                self.event = Some(left).filter(|left| !left.ready().is_empty());
            }
        }

        /// The descriptor is still ready. Does nothing; it says that nothing was forgotten.
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
        /// theirs.write_all(b"hello")?;
        #[doc = $wait]
        /// assert_eq!(guard.get_inner().read(&mut [0; 2])?, 2);
        /// guard.retain_ready(); // there may be more
        /// assert!(guard.ready().is_readable());
        /// # Ok(())
        /// # }
        /// ```
        pub fn retain_ready(&mut self) {}

        /// What the descriptor is ready for, as far as this guard knows.
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
        /// theirs.write_all(b"hello")?;
        #[doc = $wait]
        /// assert!(guard.ready().is_readable());
        /// guard.clear_ready();
        /// assert!(guard.ready().is_empty());
        /// # Ok(())
        /// # }
        /// ```
        pub fn ready(&self) -> Ready {
            self.event.map_or(Ready::EMPTY, Event::ready)
        }
    };
}

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    event_methods!("let mut guard = fd.readable().await?;");

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
    /// theirs.write_all(b"hello")?;
    /// let mut buf = [0; 8];
    /// let read = loop {
    ///     let mut guard = fd.readable().await?;
    ///     match guard.try_io(|fd| fd.get_ref().read(&mut buf)) {
    ///         Ok(result) => break result?,
    ///         Err(_would_block) => {} // it was not ready after all
    ///     }
    /// };
    /// assert_eq!(read, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// let guard = fd.writable().await?;
    /// assert!(std::ptr::eq(guard.get_ref(), &fd));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.fd
    }

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
    /// let mut guard = fd.writable().await?;
    /// assert_eq!(guard.get_inner().write(b"hello")?, 5);
    /// guard.retain_ready();
    /// # drop(theirs);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_inner(&self) -> &'a T {
        self.fd.get_ref()
    }
}

impl<'a, T: AsRawFd> AsyncFdReadyMutGuard<'a, T> {
    event_methods!("let mut guard = fd.readable_mut().await?;");

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
    /// theirs.write_all(b"hello")?;
    /// let mut buf = [0; 8];
    /// let read = loop {
    ///     let mut guard = fd.readable_mut().await?;
    ///     match guard.try_io(|fd| fd.get_mut().read(&mut buf)) {
    ///         Ok(result) => break result?,
    ///         Err(_would_block) => {} // it was not ready after all
    ///     }
    /// };
    /// assert_eq!(read, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// let guard = fd.writable_mut().await?;
    /// assert!(guard.get_ref().get_ref().peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.fd
    }

    /// The `AsyncFd`.
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
    /// let mut guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_mut().get_mut().write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.fd
    }

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
    /// let mut fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// let guard = fd.writable_mut().await?;
    /// assert!(guard.get_inner().peer_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_inner(&self) -> &T {
        self.fd.get_ref()
    }

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
    /// let mut fd = wakeful::io::unix::AsyncFd::new(ours)?;
    /// let mut guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_inner_mut().write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
