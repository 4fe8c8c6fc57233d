//! The futures of `AsyncWriteExt`. Made by [`write_ext`](super::write_ext), they poll one writer.
//!
//! A future keeps what it has written so far and resumes there at the next poll. None of them
//! waits for anything itself: on `Pending` it is the writer that noted what for.
//!
//! Every loop retries a write that was interrupted by a signal, like its counterpart in std.

use super::AsyncWrite;
use super::read_futures::uninterrupted;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io::{self, IoSlice};
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// What [`write`](super::AsyncWriteExt::write) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, duplex};
    ///
    /// let (mut near, _far) = duplex(4);
    /// assert_eq!(near.write(b"hello").await?, 4); // as much as there is room for
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Write<'a, W: ?Sized> {
        pub(super) writer: &'a mut W,
        pub(super) buf: &'a [u8],
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Pin::new(&mut **this.writer).poll_write(cx, this.buf)
    }
}

pin_project! {
    /// What [`write_vectored`](super::AsyncWriteExt::write_vectored) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::IoSlice;
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// let mut out = Vec::new();
    /// out.write_vectored(&[IoSlice::new(b"head, "), IoSlice::new(b"body")]).await?;
    /// assert_eq!(out, b"head, body");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WriteVectored<'a, 'b, W: ?Sized> {
        pub(super) writer: &'a mut W,
        pub(super) bufs: &'a [IoSlice<'b>],
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteVectored<'_, '_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Pin::new(&mut **this.writer).poll_write_vectored(cx, this.bufs)
    }
}

/// Writes `buf` and shortens it by what was written, until it is empty.
#[inline]
fn poll_write_all<W: AsyncWrite + ?Sized>(
    mut writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &mut &[u8],
) -> Poll<io::Result<()>> {
    while !buf.is_empty() {
        let written = ready!(uninterrupted(|| writer.as_mut().poll_write(cx, buf)))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        *buf = &buf[written..];
    }
    Poll::Ready(Ok(()))
}

pin_project! {
    /// What [`write_all`](super::AsyncWriteExt::write_all) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex};
    ///
    /// let (mut near, mut far) = duplex(4); // less than the text: it waits until some is read
    /// let reads = async {
    ///     let mut buf = [0; 5];
    ///     far.read_exact(&mut buf).await.map(|_| buf)
    /// };
    /// let (written, read) = wakeful::join!(near.write_all(b"hello"), reads);
    /// written?;
    /// assert_eq!(&read?, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WriteAll<'a, W: ?Sized> {
        pub(super) writer: &'a mut W,
        // What is left to write.
        pub(super) buf: &'a [u8],
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_write_all(Pin::new(&mut **this.writer), cx, this.buf)
    }
}

pin_project! {
    /// What [`write_u16`](super::AsyncWriteExt::write_u16) and the other numbers return.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// let mut out = Vec::new();
    /// out.write_u16(0x1234).await?;
    /// out.write_u16_le(0x1234).await?;
    /// assert_eq!(out, [0x12, 0x34, 0x34, 0x12]);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WriteNumber<'a, W: ?Sized, B> {
        writer: &'a mut W,
        bytes: B,
        written: u8,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, W: ?Sized, B> WriteNumber<'a, W, B> {
    #[inline]
    pub(super) fn new(writer: &'a mut W, bytes: B) -> Self {
        Self {
            writer,
            bytes,
            written: 0,
            pinned: PhantomPinned,
        }
    }
}

impl<W: AsyncWrite + Unpin + ?Sized, B: AsRef<[u8]>> Future for WriteNumber<'_, W, B> {
    type Output = io::Result<()>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let bytes = this.bytes.as_ref();
        let mut left = &bytes[usize::from(*this.written)..];
        let result = poll_write_all(Pin::new(&mut **this.writer), cx, &mut left);
        // At most 16 bytes.
        *this.written = (bytes.len() - left.len()) as u8;
        result
    }
}

pin_project! {
    /// What [`flush`](super::AsyncWriteExt::flush) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"hello").await?;
    /// assert!(writer.get_ref().is_empty());
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Flush<'a, W: ?Sized> {
        pub(super) writer: &'a mut W,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut **self.project().writer).poll_flush(cx)
    }
}

pin_project! {
    /// What [`shutdown`](super::AsyncWriteExt::shutdown) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex};
    ///
    /// let (mut near, mut far) = duplex(64);
    /// near.shutdown().await?; // the other side reads the end; what it writes still arrives
    /// assert_eq!(far.read(&mut [0; 8]).await?, 0);
    /// far.write_u8(7).await?;
    /// assert_eq!(near.read_u8().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Shutdown<'a, W: ?Sized> {
        pub(super) writer: &'a mut W,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Shutdown<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut **self.project().writer).poll_shutdown(cx)
    }
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
mod buf {
    use super::{AsyncWrite, Context, Future, IoSlice, PhantomPinned, Pin, Poll, io, ready};
    use super::{pin_project, uninterrupted};
    use bytes::Buf;

    /// Pieces of a `Buf` handed to one vectored write.
    const MOST_PIECES: usize = 64;

    /// Writes a part of what `buf` has left and advances it by that much.
    fn poll_write_buf<W, B>(
        writer: Pin<&mut W>,
        cx: &mut Context<'_>,
        buf: &mut B,
    ) -> Poll<io::Result<usize>>
    where
        W: AsyncWrite + ?Sized,
        B: Buf + ?Sized,
    {
        if !buf.has_remaining() {
            return Poll::Ready(Ok(0));
        }
        let written = if writer.is_write_vectored() {
            let mut pieces = [IoSlice::new(&[]); MOST_PIECES];
            let count = buf.chunks_vectored(&mut pieces);
            ready!(writer.poll_write_vectored(cx, &pieces[..count]))?
        } else {
            ready!(writer.poll_write(cx, buf.chunk()))?
        };
        buf.advance(written);
        Poll::Ready(Ok(written))
    }

    pin_project! {
        /// What [`write_buf`](crate::io::AsyncWriteExt::write_buf) returns.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use std::io::Cursor;
        /// use wakeful::io::{AsyncWriteExt, duplex};
        ///
        /// let (mut near, _far) = duplex(4);
        /// let mut from = Cursor::new(b"hello");
        /// assert_eq!(near.write_buf(&mut from).await?, 4);
        /// assert_eq!(from.position(), 4); // the cursor knows how far it came
        /// # Ok(())
        /// # }
        /// ```
        #[derive(Debug)]
        #[must_use = "futures do nothing unless you `.await` or poll them"]
        pub struct WriteBuf<'a, W: ?Sized, B: ?Sized> {
            pub(in crate::io) writer: &'a mut W,
            pub(in crate::io) buf: &'a mut B,
            #[pin]
            pub(in crate::io) pinned: PhantomPinned,
        }
    }

    impl<W, B> Future for WriteBuf<'_, W, B>
    where
        W: AsyncWrite + Unpin + ?Sized,
        B: Buf + ?Sized,
    {
        type Output = io::Result<usize>;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let this = self.project();
            poll_write_buf(Pin::new(&mut **this.writer), cx, this.buf)
        }
    }

    pin_project! {
        /// What [`write_all_buf`](crate::io::AsyncWriteExt::write_all_buf) returns.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use std::io::Cursor;
        /// use wakeful::io::AsyncWriteExt;
        ///
        /// let (mut from, mut out) = (Cursor::new(b"hello"), Vec::new());
        /// out.write_all_buf(&mut from).await?;
        /// assert_eq!(from.position(), 5); // counts what is written: a new call goes on from there
        /// # Ok(())
        /// # }
        /// ```
        #[derive(Debug)]
        #[must_use = "futures do nothing unless you `.await` or poll them"]
        pub struct WriteAllBuf<'a, W: ?Sized, B: ?Sized> {
            pub(in crate::io) writer: &'a mut W,
            pub(in crate::io) buf: &'a mut B,
            #[pin]
            pub(in crate::io) pinned: PhantomPinned,
        }
    }

    impl<W, B> Future for WriteAllBuf<'_, W, B>
    where
        W: AsyncWrite + Unpin + ?Sized,
        B: Buf + ?Sized,
    {
        type Output = io::Result<()>;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let this = self.project();
            while this.buf.has_remaining() {
                let written = ready!(uninterrupted(|| {
                    poll_write_buf(Pin::new(&mut **this.writer), cx, &mut **this.buf)
                }))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
            }
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
pub use buf::{WriteAllBuf, WriteBuf};
