//! The pipes of a child, as seen from here.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll};

use mio::unix::pipe;

use crate::engine::context;
use crate::engine::reactor::{self, Direction, Registered};
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::leaf::Site;

/// What a child reads as its standard input. Dropping it ends that input.
///
/// It is written to with [`AsyncWriteExt`](crate::io::AsyncWriteExt). A flush and a shutdown have
/// nothing to do; the child sees the end when this is dropped, and [`Child::wait`] drops what is
/// still in the child's field.
///
/// [`Child::wait`]: super::Child::wait
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::process::Stdio;
/// use wakeful::io::AsyncWriteExt;
/// use wakeful::process::Command;
///
/// let mut command = Command::new("cat");
/// let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// let mut stdin = child.stdin.take().unwrap();
/// stdin.write_all(b"to be copied").await?;
/// drop(stdin); // the end of the input: without it `cat` goes on reading
/// assert_eq!(child.wait_with_output().await?.stdout, b"to be copied");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStdin {
    io: Registered<pipe::Sender>,
}

/// What a child writes to its standard output, to be read with
/// [`AsyncReadExt`](crate::io::AsyncReadExt).
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::process::Stdio;
/// use wakeful::io::{AsyncBufReadExt, BufReader};
/// use wakeful::process::Command;
///
/// let mut command = Command::new("sh");
/// let mut child = command.args(["-c", "echo 1; echo 2"]).stdout(Stdio::piped()).spawn()?;
/// let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
/// assert_eq!(lines.next_line().await?.as_deref(), Some("1"));
/// assert_eq!(lines.next_line().await?.as_deref(), Some("2"));
/// # child.wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStdout {
    io: Registered<pipe::Receiver>,
}

/// What a child writes to its standard error, to be read with
/// [`AsyncReadExt`](crate::io::AsyncReadExt).
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::process::Stdio;
/// use wakeful::io::AsyncReadExt;
/// use wakeful::process::Command;
///
/// let mut command = Command::new("sh");
/// let mut child = command.args(["-c", "echo no >&2"]).stderr(Stdio::piped()).spawn()?;
/// let mut complaint = String::new();
/// child.stderr.take().unwrap().read_to_string(&mut complaint).await?;
/// assert_eq!(complaint, "no\n");
/// # child.wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChildStderr {
    io: Registered<pipe::Receiver>,
}

/// What the three have in common.
macro_rules! child_pipe {
    ($type:ident, $end:ident, $interest:ident, $initial:ident, $piped:literal) => {
        impl $type {
            /// Takes over the pipe of a child that std has started.
            ///
            /// # Errors
            ///
            /// When the runtime has ended, or the pipe cannot be set to non-blocking mode.
            ///
            /// # Panics
            ///
            /// Outside of a runtime, and on one without I/O.
            ///
            /// # Examples
            ///
            /// ```
            /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
            /// # .block_on(async {
            /// use std::process::{Command, Stdio};
            #[doc = concat!("use wakeful::process::", stringify!($type), ";")]
            ///
            /// let mut command = Command::new("true");
            #[doc = concat!("let mut child = command.", $piped, "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let pipe = child.", $piped, ".take().unwrap();")]
            #[doc = concat!("let pipe = ", stringify!($type), "::from_std(pipe)?;")]
            /// drop(pipe);
            /// child.wait()?;
            /// # Ok::<(), std::io::Error>(()) }).unwrap();
            /// ```
            #[track_caller]
            pub fn from_std(inner: std::process::$type) -> io::Result<Self> {
                Self::register(inner, &context::reactor())
            }

            pub(super) fn register(
                inner: std::process::$type,
                reactor: &Arc<reactor::Handle>,
            ) -> io::Result<Self> {
                let end = pipe::$end::from(inner);
                end.set_nonblocking(true)?;
                let io =
                    Registered::with_interest(reactor, end, Interest::$interest, Ready::$initial)?;
                Ok(Self { io })
            }

            /// Gives the pipe back, in blocking mode: what other programs expect.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            ///
            /// # Examples
            ///
            /// ```
            /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
            /// # .block_on(async {
            /// use std::process::Stdio;
            /// use wakeful::process::Command;
            ///
            /// let mut command = Command::new("true");
            #[doc = concat!("let mut child = command.", $piped, "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let pipe = child.", $piped, ".take().unwrap();")]
            /// let file = std::fs::File::from(pipe.into_owned_fd()?);
            /// # drop(file);
            /// child.wait().await?;
            /// # Ok::<(), std::io::Error>(()) }).unwrap();
            /// ```
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                let end = self.io.into_inner()?;
                end.set_nonblocking(false)?;
                Ok(OwnedFd::from(end))
            }
        }

        /// For another child to read from or write to.
        impl TryFrom<$type> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $type) -> io::Result<Stdio> {
                pipe.into_owned_fd().map(Stdio::from)
            }
        }

        impl AsFd for $type {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.io.as_fd()
            }
        }

        impl AsRawFd for $type {
            fn as_raw_fd(&self) -> RawFd {
                self.io.as_raw_fd()
            }
        }
    };
}

// A new pipe has room, and nothing in it.
child_pipe!(ChildStdin, Sender, WRITABLE, WRITABLE, "stdin");
child_pipe!(ChildStdout, Receiver, READABLE, EMPTY, "stdout");
child_pipe!(ChildStderr, Receiver, READABLE, EMPTY, "stderr");

impl AsyncWrite for ChildStdin {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (len, site) = (buf.len(), Site::here());
        self.io
            .poll_stream_io(cx, Direction::Write, site, len, |mut io| io.write(buf))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.io
            .poll_stream_io(cx, Direction::Write, Site::here(), len, |mut io| {
                io.write_vectored(bufs)
            })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A pipe of a child that is read from.
pub(super) trait Output {
    /// Reads what is there. 0 is the end of the stream.
    fn poll_bytes(
        &self,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
        site: Site,
    ) -> Poll<io::Result<usize>>;
}

macro_rules! output {
    ($($type:ident),*) => {$(
        impl Output for $type {
            fn poll_bytes(
                &self,
                cx: &mut Context<'_>,
                bytes: &mut [u8],
                site: Site,
            ) -> Poll<io::Result<usize>> {
                let len = bytes.len();
                self.io
                    .poll_stream_io(cx, Direction::Read, site, len, |mut io| io.read(bytes))
            }
        }

        impl AsyncRead for $type {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let polled = self.poll_bytes(cx, buf.initialize_unfilled(), Site::here());
                polled.map_ok(|n| buf.advance(n))
            }
        }
    )*};
}

output!(ChildStdout, ChildStderr);
