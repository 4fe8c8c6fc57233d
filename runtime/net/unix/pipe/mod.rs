//! Pipes, anonymous and named (FIFOs): bytes in one direction.
//!
//! [`pipe`] makes both ends. Named pipes are opened by [`OpenOptions`]. `ends` is what both ends
//! have in common.

#[macro_use]
mod ends;
mod open;

pub use open::OpenOptions;

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
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

/// The end of a pipe to write to.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncWriteExt, ErrorKind};
/// use wakeful::net::unix::pipe;
///
/// let (mut sender, receiver) = pipe::pipe()?;
/// sender.write_all(b"hello").await?;
/// drop(receiver);
/// assert_eq!(sender.write_all(b"?").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sender {
    io: Registered<mio::unix::pipe::Sender>,
}

/// The end of a pipe to read from.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::unix::pipe;
///
/// let (mut sender, mut receiver) = pipe::pipe()?;
/// sender.write_all(b"hello").await?;
/// drop(sender); // the end
/// let mut text = String::new();
/// receiver.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Receiver {
    io: Registered<mio::unix::pipe::Receiver>,
}

end_methods!(
    Sender,
    writable,
    poll_write_ready,
    poll_write_ready,
    WRITABLE,
    O_RDONLY,
    "let (end, _other) = wakeful::net::unix::pipe::pipe()?;"
);
end_methods!(
    Receiver,
    readable,
    poll_read_ready,
    poll_read_ready,
    READABLE,
    O_WRONLY,
    "let (_other, end) = wakeful::net::unix::pipe::pipe()?;"
);

impl Sender {
    /// Writes as much as there is room for, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, `BrokenPipe` if there is no reader.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, _receiver) = wakeful::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// while sender.try_write(&[0; 4096]).is_ok() {} // until there is no room
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_io(Interest::WRITABLE, |mut io| io.write(buf))
    }

    /// As [`try_write`](Self::try_write), from several buffers.
    ///
    /// # Errors
    ///
    /// Those of `try_write`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::IoSlice;
    ///
    /// let (sender, _receiver) = wakeful::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// assert_eq!(sender.try_write_vectored(&[IoSlice::new(b"he"), IoSlice::new(b"llo")])?, 5);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (sender, receiver) = wakeful::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// sender.try_write(b"hello")?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
    /// assert!(receiver.try_read(&mut [0; 8]).is_err()); // `WouldBlock`: that was all
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, |mut io| io.read(buf))
    }

    /// As [`try_read`](Self::try_read), into several buffers.
    ///
    /// # Errors
    ///
    /// Those of `try_read`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::IoSliceMut;
    ///
    /// let (sender, receiver) = wakeful::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// sender.try_write(b"hello")?;
    /// receiver.readable().await?;
    /// let (mut head, mut rest) = ([0; 1], [0; 8]);
    /// let mut bufs = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut rest)];
    /// assert_eq!(receiver.try_read_vectored(&mut bufs)?, 5);
    /// assert_eq!((&head, &rest[..4]), (b"h", &b"ello"[..]));
    /// # Ok(())
    /// # }
    /// ```
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
