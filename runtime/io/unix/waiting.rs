//! The waits of an `AsyncFd`, and the polls they are made of.
//!
//! Each returns a guard. Absent: what a guard does (`guard.rs`).

use std::future::Future;
use std::io;
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

use super::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard};
use crate::io::Interest;
use crate::leaf::Site;

impl<T: AsRawFd> AsyncFd<T> {
    /// Polls for something to read. The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// When the runtime is gone.
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
    /// use std::future::poll_fn;
    ///
    /// theirs.write_all(b"hello")?;
    /// let guard = poll_fn(|cx| fd.poll_read_ready(cx)).await?;
    /// assert_eq!(guard.get_inner().read(&mut [0; 8])?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(fd.poll_read_ready_mut(&mut cx).is_pending()); // nothing came so far
    /// # Ok(())
    /// # }
    /// ```
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
    /// use std::future::poll_fn;
    ///
    /// let guard = poll_fn(|cx| fd.poll_write_ready(cx)).await?;
    /// assert_eq!(guard.get_inner().write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// fd.writable().await?.retain_ready();
    /// let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// assert!(fd.poll_write_ready_mut(&mut cx).is_ready());
    /// # Ok(())
    /// # }
    /// ```
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
    /// let mut guard = fd.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(guard.ready().is_writable() && !guard.ready().is_readable());
    /// guard.retain_ready();
    /// # Ok(())
    /// # }
    /// ```
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
    /// let mut guard = fd.ready_mut(Interest::WRITABLE).await?;
    /// assert_eq!(guard.get_inner_mut().write(b"hello")?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// let read = guard.try_io(|fd| fd.get_ref().read(&mut [0; 8]));
    /// assert_eq!(read.unwrap()?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// let read = guard.try_io(|fd| fd.get_mut().read(&mut [0; 8]));
    /// assert_eq!(read.unwrap()?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// assert_eq!(guard.try_io(|fd| fd.get_ref().write(b"hello")).unwrap()?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    /// assert_eq!(guard.try_io(|fd| fd.get_mut().write(b"hello")).unwrap()?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn writable_mut<'a>(
        &'a mut self,
    ) -> impl Future<Output = io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        self.ready_mut(Interest::WRITABLE)
    }
}
