//! Pipes, anonymous and named (FIFOs): bytes in one direction.
//!
//! [`pipe`] makes both ends. Named pipes are opened by [`OpenOptions`].

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, ReadBuf, Ready};
use crate::leaf::Site;
use crate::net::kernel::{self, receive_into};

/// A new pipe: the end to write to, and the end to read from.
///
/// # Errors
///
/// What the operating system says, such as too many open files.
///
/// # Panics
///
/// Outside of a runtime, and on one without I/O.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::unix::pipe;
///
/// let (mut sender, mut receiver) = pipe::pipe()?;
/// sender.write_all(b"down the pipe").await?;
/// drop(sender);
/// let mut text = String::new();
/// receiver.read_to_string(&mut text).await?;
/// assert_eq!(text, "down the pipe");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = mio::unix::pipe::new()?;
    Ok((Sender::from_mio(sender)?, Receiver::from_mio(receiver)?))
}

/// How to open a named pipe.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// As strict as it goes: one direction, and only if the file is a pipe.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens the file for both directions, so that the other end may come and go: a receiver
    /// sees no end of the stream, and a sender opens without a reader. Only on Linux.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut Self {
        self.read_write = value;
        self
    }

    /// Does not ask whether the file is a pipe.
    pub fn unchecked(&mut self, value: bool) -> &mut Self {
        self.unchecked = value;
        self
    }

    /// Opens the end to read from. A writer need not be there yet.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the file is no pipe, and what the operating system says.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        let file = self.open(path.as_ref(), true)?;
        Receiver::from_nonblocking(file.into())
    }

    /// Opens the end to write to.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the file is no pipe, `ENXIO` if there is no reader, and what else the
    /// operating system says.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        let file = self.open(path.as_ref(), false)?;
        Sender::from_nonblocking(file.into())
    }

    fn open(&self, path: &Path, is_receiver: bool) -> io::Result<File> {
        let file = File::options()
            .read(is_receiver || self.read_write)
            .write(!is_receiver || self.read_write)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)?;
        if !self.unchecked {
            check_pipe(&file)?;
        }
        Ok(file)
    }
}

/// The end of a pipe to write to.
#[derive(Debug)]
pub struct Sender {
    io: Registered<mio::unix::pipe::Sender>,
}

/// The end of a pipe to read from.
#[derive(Debug)]
pub struct Receiver {
    io: Registered<mio::unix::pipe::Receiver>,
}

/// What both ends have in common. `$wait`, `$poll` and `$interest` are the end's direction.
macro_rules! end_methods {
    ($type:ident, $wait:ident, $poll:ident, $poll_ready:ident, $interest:ident, $other:ident) => {
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

end_methods!(
    Sender,
    writable,
    poll_write_ready,
    poll_write_ready,
    WRITABLE,
    O_RDONLY
);
end_methods!(
    Receiver,
    readable,
    poll_read_ready,
    poll_read_ready,
    READABLE,
    O_WRONLY
);

impl Sender {
    /// Writes as much as there is room for, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, `BrokenPipe` if there is no reader.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_io(Interest::WRITABLE, |mut io| io.write(buf))
    }

    /// As [`try_write`](Self::try_write), from several buffers.
    ///
    /// # Errors
    ///
    /// Those of `try_write`.
    pub fn try_write_vectored(&self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, |mut io| io.write_vectored(bufs))
    }

    #[track_caller]
    fn poll_write_shared(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let (len, site) = (buf.len(), Site::here());
        self.io
            .poll_stream_io(cx, Direction::Write, site, len, |mut io| io.write(buf))
    }

    #[track_caller]
    fn poll_write_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.io
            .poll_stream_io(cx, Direction::Write, Site::here(), len, |mut io| {
                io.write_vectored(bufs)
            })
    }
}

impl Receiver {
    /// Reads what is there, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, |mut io| io.read(buf))
    }

    /// As [`try_read`](Self::try_read), into several buffers.
    ///
    /// # Errors
    ///
    /// Those of `try_read`.
    pub fn try_read_vectored(&self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::READABLE, |mut io| io.read_vectored(bufs))
    }

    #[track_caller]
    fn poll_read_shared(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Not as of a stream: a pipe in packet mode has more after a read that was partial.
        self.io
            .poll_io(cx, Direction::Read, Site::here(), |io| {
                receive_into(buf, |buf| Ok((kernel::read(io.as_fd(), buf)?, ())))
            })
            .map_ok(drop)
    }
}

impl_async_read!(Receiver, |this| this);
// The pipe ends when the sender is dropped: there is nothing to shut down before.
impl_async_write!(Sender, |this| this, shut_down: |_this| Ok(()));

fn check_pipe(file: &File) -> io::Result<()> {
    if file.metadata()?.file_type().is_fifo() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a pipe"))
}

/// Refuses a descriptor whose access mode is `other`.
fn check_access(file: &File, other: libc::c_int) -> io::Result<()> {
    if kernel::status_flags(file.as_fd())? & libc::O_ACCMODE != other {
        return Ok(());
    }
    let kind = io::ErrorKind::InvalidInput;
    Err(io::Error::new(kind, "the other end of a pipe"))
}

/// `O_NONBLOCK` is a property of any descriptor; socket2 sets it by `fcntl`.
fn set_nonblocking(fd: &OwnedFd, nonblocking: bool) -> io::Result<()> {
    SockRef::from(fd).set_nonblocking(nonblocking)
}
