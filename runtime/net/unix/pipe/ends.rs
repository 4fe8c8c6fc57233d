//! What both ends of a pipe have in common, written once.

/// What both ends have in common. `$wait`, `$poll` and `$interest` are the end's direction;
/// `$end` is a part of an example that makes it.
macro_rules! end_methods {
    (
        $type:ident, $wait:ident, $poll:ident, $poll_ready:ident, $interest:ident, $other:ident,
        $end:literal
    ) => {
        impl $type {
            /// Takes over an end that another library or process has made, and sets it to
            /// non-blocking mode.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if it is no pipe, or the other end of one.
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
            /// use wakeful::net::unix::pipe;
            ///
            #[doc = $end]
            /// let file = std::fs::File::from(end.into_blocking_fd()?);
            #[doc = concat!("let end = pipe::", stringify!($type), "::from_file(file)?;")]
            /// # drop((end, _other));
            /// let file = tempfile::tempfile()?;
            #[doc = concat!("let no_pipe = pipe::", stringify!($type), "::from_file(file);")]
            /// assert!(no_pipe.is_err());
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn from_file(file: File) -> io::Result<$type> {
                check_pipe(&file)?;
                check_access(&file, libc::$other)?;
                Self::from_file_unchecked(file)
            }

            /// As [`from_file`](Self::from_file), from a descriptor.
            ///
            /// # Errors
            ///
            /// As `from_file`.
            ///
            /// # Panics
            ///
            /// As `from_file`.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use wakeful::net::unix::pipe;
            ///
            #[doc = $end]
            /// let fd = end.into_blocking_fd()?;
            #[doc = concat!("let end = pipe::", stringify!($type), "::from_owned_fd(fd)?;")]
            /// # drop((end, _other));
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<$type> {
                Self::from_file(owned_fd.into())
            }

            /// As [`from_file`](Self::from_file), without asking whether it is a pipe.
            ///
            /// # Errors
            ///
            /// When the poller does not take it.
            ///
            /// # Panics
            ///
            /// As `from_file`.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use wakeful::net::unix::pipe;
            ///
            #[doc = $end]
            /// let file = std::fs::File::from(end.into_blocking_fd()?);
            #[doc = concat!("let end = pipe::", stringify!($type), "::from_file_unchecked(file)?;")]
            /// # drop((end, _other));
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn from_file_unchecked(file: File) -> io::Result<$type> {
                Self::from_owned_fd_unchecked(file.into())
            }

            /// As [`from_owned_fd`](Self::from_owned_fd), without asking whether it is a pipe.
            ///
            /// # Errors
            ///
            /// When the poller does not take it.
            ///
            /// # Panics
            ///
            /// As `from_file`.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use wakeful::net::unix::pipe;
            ///
            #[doc = $end]
            /// let fd = end.into_blocking_fd()?;
            #[doc = concat!("pipe::", stringify!($type), "::from_owned_fd_unchecked(fd)?;")]
            /// # drop(_other);
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<$type> {
                set_nonblocking(&owned_fd, true)?;
                Self::from_nonblocking(owned_fd)
            }

            #[track_caller]
            fn from_nonblocking(fd: OwnedFd) -> io::Result<$type> {
                Self::from_mio(fd.into())
            }

            #[track_caller]
            fn from_mio(end: mio::unix::pipe::$type) -> io::Result<$type> {
                let reactor = crate::engine::context::reactor();
                let interest = Interest::$interest;
                let io = Registered::with_interest(&reactor, end, interest, Ready::EMPTY)?;
                Ok(Self { io })
            }

            /// Gives the descriptor back, in blocking mode.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use std::process::{Command, Stdio};
            ///
            #[doc = $end]
            /// // For a child, which expects to wait in its reads and writes.
            /// let stdio = Stdio::from(end.into_blocking_fd()?);
            /// # drop(_other);
            /// let mut child = Command::new("true").stdout(stdio).spawn()?;
            /// # child.wait()?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
                let fd = self.into_nonblocking_fd()?;
                set_nonblocking(&fd, false)?;
                Ok(fd)
            }

            /// Gives the descriptor back, in non-blocking mode.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $end]
            /// let fd = end.into_nonblocking_fd()?;
            /// # drop((fd, _other));
            /// # Ok(())
            /// # }
            /// ```
            pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
                self.io.into_inner().map(OwnedFd::from)
            }

            /// Waits until the end is ready for any part of `interest`, and says for which.
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
            /// use wakeful::io::Interest;
            ///
            #[doc = $end]
            /// drop(_other);
            #[doc = concat!("let ready = end.ready(Interest::", stringify!($interest), ").await?;")]
            /// assert!(ready.is_read_closed() || ready.is_write_closed());
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> {
                self.io
                    .when_ready(interest, Site::here(), |event| Ok(event.ready()))
            }

            /// Waits until the end may be ready for its direction.
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
            #[doc = $end]
            /// drop(_other); // an operation would say so at once
            #[doc = concat!("end.", stringify!($wait), "().await?;")]
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn $wait(&self) -> impl Future<Output = io::Result<()>> {
                self.io
                    .when_ready(Interest::$interest, Site::here(), |_| Ok(()))
            }

            /// Polls for the end to be ready. The last caller's waker is the one that is woken.
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
            #[doc = $end]
            /// drop(_other); // an operation would say so at once
            #[doc = concat!("std::future::poll_fn(|cx| end.", stringify!($poll), "(cx)).await?;")]
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn $poll(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let poll = self.io.registration().$poll_ready(cx, Site::here());
                poll.map_ok(drop)
            }

            /// Calls `f` if the end is ready. `f` must say `WouldBlock` only if the pipe did.
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
            /// use wakeful::io::ErrorKind;
            ///
            #[doc = $end]
            /// // The system's own call comes here; it is made only if the end may be ready.
            /// let result = end.try_io(|| Err::<(), _>(ErrorKind::WouldBlock.into()));
            /// assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
            /// # drop(_other);
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
                self.io.try_io(Interest::$interest, |_| f())
            }
        }

        impl AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.io.as_raw_fd()
            }
        }

        impl AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.io.as_fd()
            }
        }
    };
}
