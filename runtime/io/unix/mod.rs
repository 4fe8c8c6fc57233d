//! Any file descriptor the poller takes, with the readiness of one.
//!
//! For descriptors that `net` knows nothing of: other libraries' sockets, devices, timers,
//! eventfds. Calls `engine::reactor`; what the descriptor does is the caller's.
//!
//! Here: [`AsyncFd`] itself. `guard`: what a wait returns. `register`: making one. Regular files
//! are absent on purpose: they are always ready, and the poller refuses them.

mod guard;
mod register;

#[cfg(test)]
mod tests;

pub use guard::{AsyncFdReadyGuard, AsyncFdReadyMutGuard, TryIoError};
pub use register::AsyncFdRegisterError;

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, ready};

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
    pub fn get_ref(&self) -> &T {
        self.inner.as_ref().expect("taken only at the end")
    }

    /// The object that owns the descriptor. Its descriptor must stay the same.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("taken only at the end")
    }

    /// Deregisters the descriptor and gives its object back.
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

    /// Polls for something to read. The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    #[track_caller]
    pub fn poll_read_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.registration.poll_read_ready(cx, Site::here()))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// As [`poll_read_ready`](Self::poll_read_ready), with access by `&mut` in the guard.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    #[track_caller]
    pub fn poll_read_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.registration.poll_read_ready(cx, Site::here()))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }

    /// Polls for room to write. The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    #[track_caller]
    pub fn poll_write_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.registration.poll_write_ready(cx, Site::here()))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// As [`poll_write_ready`](Self::poll_write_ready), with access by `&mut` in the guard.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    #[track_caller]
    pub fn poll_write_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.registration.poll_write_ready(cx, Site::here()))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }

    /// Waits until the descriptor is ready for any part of `interest`.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. The descriptor stays ready until a guard clears that.
    #[track_caller]
    pub fn ready(
        &self,
        interest: Interest,
    ) -> impl Future<Output = io::Result<AsyncFdReadyGuard<'_, T>>> {
        let guard = move |event| Ok(AsyncFdReadyGuard::new(self, event));
        self.registration.when_ready(interest, Site::here(), guard)
    }

    /// As [`ready`](Self::ready), with access by `&mut` in the guard.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[track_caller]
    pub fn ready_mut(
        &mut self,
        interest: Interest,
    ) -> impl Future<Output = io::Result<AsyncFdReadyMutGuard<'_, T>>> {
        let site = Site::here();
        async move {
            let event = self.registration.readiness(interest, site).await?;
            Ok(AsyncFdReadyMutGuard::new(self, event))
        }
    }

    /// Waits until there may be something to read.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[track_caller]
    pub fn readable<'a>(&'a self) -> impl Future<Output = io::Result<AsyncFdReadyGuard<'a, T>>> {
        self.ready(Interest::READABLE)
    }

    /// As [`readable`](Self::readable), with access by `&mut` in the guard.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[track_caller]
    pub fn readable_mut<'a>(
        &'a mut self,
    ) -> impl Future<Output = io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        self.ready_mut(Interest::READABLE)
    }

    /// Waits until there may be room to write.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[track_caller]
    pub fn writable<'a>(&'a self) -> impl Future<Output = io::Result<AsyncFdReadyGuard<'a, T>>> {
        self.ready(Interest::WRITABLE)
    }

    /// As [`writable`](Self::writable), with access by `&mut` in the guard.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[track_caller]
    pub fn writable_mut<'a>(
        &'a mut self,
    ) -> impl Future<Output = io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        self.ready_mut(Interest::WRITABLE)
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
