//! Streams that never change: [`empty`], [`repeat`], [`sink`].
//!
//! They never wait, so each operation on them charges the task's budget: otherwise a copy from
//! `repeat` to `sink` would keep its worker for ever.

use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use crate::budget;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

fn poll_charge(cx: &Context<'_>) -> Poll<()> {
    ready!(budget::poll_proceed(cx)).made_progress();
    Poll::Ready(())
}

/// A reader at its end, and a writer that forgets. Made by [`empty`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, empty};
///
/// let mut all = Vec::new();
/// assert_eq!(empty().read_to_end(&mut all).await?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty(());

/// A stream that has nothing to read and forgets what is written to it.
///
/// # Examples
///
/// ```
/// use wakeful::io::AsyncReadExt;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut text = String::new();
/// wakeful::io::empty().read_to_string(&mut text).await?;
/// assert!(text.is_empty());
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn empty() -> Empty {
    Empty(())
}

impl AsyncRead for Empty {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_charge(cx).map(Ok)
    }
}

impl AsyncBufRead for Empty {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        ready!(poll_charge(cx));
        Poll::Ready(Ok(&[]))
    }

    fn consume(self: Pin<&mut Self>, _amt: usize) {}
}

impl AsyncSeek for Empty {
    fn start_seek(self: Pin<&mut Self>, _position: SeekFrom) -> io::Result<()> {
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        ready!(poll_charge(cx));
        Poll::Ready(Ok(0))
    }
}

/// A writer that forgets. Made by [`sink`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{copy, sink};
///
/// // How long is it?
/// assert_eq!(copy(&mut &b"hello"[..], &mut sink()).await?, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sink(());

/// A writer that takes everything at once and forgets it.
///
/// # Examples
///
/// ```
/// use wakeful::io::AsyncWriteExt;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert_eq!(wakeful::io::sink().write(&[0; 1000]).await?, 1000);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn sink() -> Sink {
    Sink(())
}

macro_rules! forget_writes {
    ($target:ty) => {
        impl AsyncWrite for $target {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                poll_charge(cx).map(|()| Ok(buf.len()))
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                poll_charge(cx).map(Ok)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                poll_charge(cx).map(Ok)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                poll_charge(cx).map(|()| Ok(bufs.iter().map(|buf| buf.len()).sum()))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    };
}

forget_writes!(Empty);
forget_writes!(Sink);

/// A reader of one byte without end. Made by [`repeat`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, repeat};
///
/// let mut line = String::new();
/// repeat(b'-').take(5).read_to_string(&mut line).await?; // without a limit it has no end
/// assert_eq!(line, "-----");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Repeat {
    byte: u8,
}

/// A reader that fills every buffer with `byte` and never ends.
///
/// # Examples
///
/// ```
/// use wakeful::io::AsyncReadExt;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut buf = [0; 3];
/// wakeful::io::repeat(7).read_exact(&mut buf).await?;
/// assert_eq!(buf, [7; 3]);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn repeat(byte: u8) -> Repeat {
    Repeat { byte }
}

impl AsyncRead for Repeat {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(poll_charge(cx));
        let room = buf.remaining();
        buf.initialize_unfilled().fill(self.byte);
        buf.advance(room);
        Poll::Ready(Ok(()))
    }
}
