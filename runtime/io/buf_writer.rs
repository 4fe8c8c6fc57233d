//! [`BufWriter`]: fewer and larger writes.

use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, DEFAULT_CAPACITY, ReadBuf};
use pin_project_lite::pin_project;
use std::fmt;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A writer with a buffer: it takes small pieces and writes them together.
    ///
    /// A piece as large as the buffer goes past it when it is empty. Reads are passed on to the
    /// stream. A drop cannot wait, so it loses what the buffer holds:
    /// [`flush`](super::AsyncWriteExt::flush) or [`shutdown`](super::AsyncWriteExt::shutdown)
    /// before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut writer = BufWriter::new(Vec::new());
    /// for n in 0..3 {
    ///     writer.write_u8(n).await?;
    /// }
    /// writer.flush().await?;
    /// assert_eq!(writer.into_inner(), [0, 1, 2]);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    pub struct BufWriter<W> {
        #[pin]
        inner: W,
        // Never grows past its first capacity.
        buf: Vec<u8>,
        // How much of `buf` the stream has taken, while a flush is under way.
        written: usize,
        capacity: usize,
        seek: SeekState,
    }
}

/// A writer without its stream.
pub(super) struct WriterParts {
    buf: Vec<u8>,
    written: usize,
    capacity: usize,
    seek: SeekState,
}

#[derive(Clone, Copy, Debug)]
enum SeekState {
    /// None under way.
    Idle,
    /// Asked for; the stream does not know of it.
    Wanted(SeekFrom),
    /// The stream is at it.
    Started,
}

impl<W: AsyncWrite> BufWriter<W> {
    /// A writer with a buffer of 8 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// for word in ["one", "two"] {
    ///     writer.write_all(word.as_bytes()).await?;
    /// }
    /// writer.flush().await?; // both in one write
    /// assert_eq!(writer.into_inner(), b"onetwo");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(inner: W) -> Self {
        Self::with_capacity(DEFAULT_CAPACITY, inner)
    }

    /// A writer with a buffer of `capacity` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::with_capacity(4, Vec::new());
    /// writer.write_all(b"abc").await?;
    /// writer.write_all(b"def").await?; // no room: what was there goes on
    /// assert_eq!(writer.get_ref(), b"abc");
    /// assert_eq!(writer.buffer(), b"def");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_capacity(capacity: usize, inner: W) -> Self {
        Self {
            inner,
            buf: Vec::with_capacity(capacity),
            written: 0,
            capacity,
            seek: SeekState::Idle,
        }
    }

    /// Writes all that the buffer holds to the stream.
    fn poll_empty(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        let mut result = Ok(());
        while *this.written < this.buf.len() {
            let left = &this.buf[*this.written..];
            match ready!(this.inner.as_mut().poll_write(cx, left)) {
                Ok(0) => {
                    let message = "failed to write the buffered data";
                    result = Err(io::Error::new(io::ErrorKind::WriteZero, message));
                    break;
                }
                Ok(written) => *this.written += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        // On an error the rest stays, so that the caller may try again.
        let written = (*this.written).min(this.buf.len());
        this.buf.drain(..written);
        *this.written = 0;
        Poll::Ready(result)
    }

    fn room(&self) -> usize {
        self.capacity - self.buf.len()
    }
}

impl<W> BufWriter<W> {
    /// The stream.
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
    /// assert!(writer.get_ref().is_empty()); // not before a flush
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The stream. Writing to it directly overtakes what the buffer holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"second").await?;
    /// writer.get_mut().extend(b"first, "); // overtakes
    /// writer.flush().await?;
    /// assert_eq!(writer.into_inner(), b"first, second");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The pinned stream. Writing to it directly overtakes what the buffer holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"hello").await?;
    /// writer.flush().await?;
    /// assert_eq!(Pin::new(&mut writer).get_pin_mut().len(), 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.project().inner
    }

    /// Gives the stream back. What the buffer holds is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"kept").await?;
    /// writer.flush().await?;
    /// writer.write_all(b"lost").await?;
    /// assert_eq!(writer.into_inner(), b"kept");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// What the buffer holds.
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
    /// assert_eq!(writer.buffer(), b"hello");
    /// writer.flush().await?;
    /// assert!(writer.buffer().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buf
    }

    pub(super) fn into_parts(self) -> (W, WriterParts) {
        let parts = WriterParts {
            buf: self.buf,
            written: self.written,
            capacity: self.capacity,
            seek: self.seek,
        };
        (self.inner, parts)
    }

    pub(super) fn from_parts(inner: W, parts: WriterParts) -> Self {
        Self {
            inner,
            buf: parts.buf,
            written: parts.written,
            capacity: parts.capacity,
            seek: parts.seek,
        }
    }
}

impl<W: AsyncWrite> AsyncWrite for BufWriter<W> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if buf.len() > self.room() {
            ready!(self.as_mut().poll_empty(cx))?;
        }
        if buf.len() >= self.capacity {
            return self.get_pin_mut().poll_write(cx, buf);
        }
        self.project().buf.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.get_pin_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.get_pin_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.inner.is_write_vectored() {
            let total = bufs
                .iter()
                .fold(0_usize, |total, buf| total.saturating_add(buf.len()));
            if total > self.room() {
                ready!(self.as_mut().poll_empty(cx))?;
            }
            if total >= self.capacity {
                return self.get_pin_mut().poll_write_vectored(cx, bufs);
            }
            bufs.iter()
                .for_each(|buf| self.as_mut().project().buf.extend_from_slice(buf));
            return Poll::Ready(Ok(total));
        }
        // The first piece decides whether we wait; the others are taken while they fit in.
        let mut pieces = bufs.iter().skip_while(|buf| buf.is_empty());
        let Some(first) = pieces.next() else {
            return Poll::Ready(Ok(0));
        };
        let mut total = ready!(self.as_mut().poll_write(cx, first))?;
        if total < first.len() {
            return Poll::Ready(Ok(total));
        }
        for piece in pieces {
            if piece.len() > self.room() {
                break;
            }
            self.as_mut().project().buf.extend_from_slice(piece);
            total += piece.len();
        }
        Poll::Ready(Ok(total))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// The buffer is written out before the stream moves.
impl<W: AsyncWrite + AsyncSeek> AsyncSeek for BufWriter<W> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        *self.project().seek = SeekState::Wanted(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if let SeekState::Idle = self.seek {
            return self.get_pin_mut().poll_complete(cx);
        }
        if let SeekState::Wanted(to) = self.seek {
            ready!(self.as_mut().poll_empty(cx))?;
            // A seek of the stream that somebody cancelled has to end first.
            ready!(self.as_mut().get_pin_mut().poll_complete(cx))?;
            let this = self.as_mut().project();
            *this.seek = SeekState::Idle;
            this.inner.start_seek(to)?;
            *this.seek = SeekState::Started;
        }
        let position = ready!(self.as_mut().get_pin_mut().poll_complete(cx));
        *self.project().seek = SeekState::Idle;
        Poll::Ready(position)
    }
}

impl<W: AsyncRead> AsyncRead for BufWriter<W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_pin_mut().poll_read(cx, buf)
    }
}

impl<W: AsyncBufRead> AsyncBufRead for BufWriter<W> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_pin_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        self.get_pin_mut().consume(amt);
    }
}

impl<W: fmt::Debug> fmt::Debug for BufWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufWriter")
            .field("writer", &self.inner)
            .field(
                "buffer",
                &format_args!("{}/{}", self.buf.len(), self.capacity),
            )
            .field("written", &self.written)
            .finish()
    }
}
