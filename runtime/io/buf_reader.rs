//! [`BufReader`]: fewer and larger reads.

use super::write::write_through;
use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, DEFAULT_CAPACITY, ReadBuf};
use pin_project_lite::pin_project;
use std::fmt;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A reader with a buffer: it reads much at a time and hands it out in small pieces.
    ///
    /// A read as large as the buffer goes past it when it is empty. Writes and, after the buffer
    /// was dropped, seeks are passed on to the stream. What the buffer holds is lost with it:
    /// [`into_inner`](BufReader::into_inner) and a drop lose it, and so does reading the same
    /// stream through two of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut reader = BufReader::new(&b"a line\n"[..]);
    /// let mut line = String::new();
    /// reader.read_line(&mut line).await?;
    /// assert_eq!(line, "a line\n");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    pub struct BufReader<R> {
        #[pin]
        inner: R,
        buf: Box<[u8]>,
        // What `buf[start..end]` holds is read from the stream and not yet handed out.
        start: usize,
        end: usize,
        seek: SeekState,
    }
}

/// A reader without its stream.
pub(super) struct ReaderParts {
    buf: Box<[u8]>,
    start: usize,
    end: usize,
    seek: SeekState,
}

#[derive(Clone, Copy, Debug)]
enum SeekState {
    /// None under way.
    Idle,
    /// Asked for; the stream does not know of it.
    Wanted(SeekFrom),
    /// The distance from the stream's position does not fit in an `i64`. The stream first goes
    /// back to where the reader is, then by this many bytes on.
    GoingBack(i64),
    /// The stream is at it.
    Started,
}

impl<R: AsyncRead> BufReader<R> {
    /// A reader with a buffer of 8 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"one\ntwo\n"[..]);
    /// let mut line = String::new();
    /// reader.read_line(&mut line).await?;
    /// assert_eq!(line, "one\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(inner: R) -> Self {
        Self::with_capacity(DEFAULT_CAPACITY, inner)
    }

    /// A reader with a buffer of `capacity` bytes.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::with_capacity(4, &b"hello"[..]);
    /// assert_eq!(reader.fill_buf().await?, b"hell");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn with_capacity(capacity: usize, inner: R) -> Self {
        assert!(capacity > 0, "capacity must be greater than zero");
        Self {
            inner,
            buf: vec![0; capacity].into_boxed_slice(),
            start: 0,
            end: 0,
            seek: SeekState::Idle,
        }
    }
}

impl<R> BufReader<R> {
    /// The stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::with_capacity(4, &b"hello"[..]);
    /// reader.fill_buf().await?;
    /// assert_eq!(*reader.get_ref(), b"o"); // the rest is in the buffer
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The stream. Reading from it directly skips what the buffer holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use wakeful::io::{AsyncReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(Cursor::new("hello"));
    /// reader.get_mut().set_position(4); // nothing was read so far
    /// assert_eq!(reader.read_u8().await?, b'o');
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The pinned stream. Reading from it directly skips what the buffer holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(Cursor::new("hello"));
    /// Pin::new(&mut reader).get_pin_mut().set_position(4);
    /// assert_eq!(reader.read_u8().await?, b'o');
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// Gives the stream back. What the buffer holds is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, BufReader};
    ///
    /// let mut reader = BufReader::with_capacity(4, &b"hello"[..]);
    /// assert_eq!(reader.read_u8().await?, b'h');
    /// assert_eq!(reader.into_inner(), b"o"); // "ell" was in the buffer
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// What the buffer holds. Reads nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, BufReader};
    ///
    /// let mut reader = BufReader::with_capacity(4, &b"hello"[..]);
    /// assert_eq!(reader.buffer(), b"");
    /// assert_eq!(reader.read_u8().await?, b'h');
    /// assert_eq!(reader.buffer(), b"ell");
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    pub(super) fn into_parts(self) -> (R, ReaderParts) {
        let parts = ReaderParts {
            buf: self.buf,
            start: self.start,
            end: self.end,
            seek: self.seek,
        };
        (self.inner, parts)
    }

    pub(super) fn from_parts(inner: R, parts: ReaderParts) -> Self {
        Self {
            inner,
            buf: parts.buf,
            start: parts.start,
            end: parts.end,
            seek: parts.seek,
        }
    }

    /// Forgets what the buffer holds.
    fn discard(self: Pin<&mut Self>) {
        let this = self.project();
        *this.start = 0;
        *this.end = 0;
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.start == self.end && buf.remaining() >= self.buf.len() {
            return self.get_pin_mut().poll_read(cx, buf);
        }
        let held = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = held.len().min(buf.remaining());
        buf.put_slice(&held[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncRead> AsyncBufRead for BufReader<R> {
    #[inline]
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if *this.start == *this.end {
            let mut buf = ReadBuf::new(this.buf);
            ready!(this.inner.poll_read(cx, &mut buf))?;
            *this.end = buf.filled().len();
            *this.start = 0;
        }
        Poll::Ready(Ok(&this.buf[*this.start..*this.end]))
    }

    #[inline]
    fn consume(self: Pin<&mut Self>, amt: usize) {
        let this = self.project();
        *this.start = this.start.saturating_add(amt).min(*this.end);
    }
}

impl<R: AsyncRead + AsyncSeek> BufReader<R> {
    /// Starts the seek that the reader wants of the stream; returns the state after it.
    ///
    /// The stream is further than the reader by what the buffer holds.
    fn start_inner(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<SeekState> {
        // No more than `isize::MAX`, as a slice.
        let ahead = self.buffer().len() as i64;
        let mut inner = self.as_mut().get_pin_mut();
        match to {
            SeekFrom::Current(by) => match by.checked_sub(ahead) {
                Some(by) => inner.as_mut().start_seek(SeekFrom::Current(by))?,
                None => {
                    inner.as_mut().start_seek(SeekFrom::Current(-ahead))?;
                    return Ok(SeekState::GoingBack(by));
                }
            },
            to => inner.as_mut().start_seek(to)?,
        }
        Ok(SeekState::Started)
    }
}

/// A seek drops what the buffer holds, also when the new position lies inside it.
impl<R: AsyncRead + AsyncSeek> AsyncSeek for BufReader<R> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        *self.project().seek = SeekState::Wanted(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        loop {
            match self.seek {
                SeekState::Idle => return self.get_pin_mut().poll_complete(cx),
                SeekState::Wanted(to) => {
                    // A seek of the stream that somebody cancelled has to end first.
                    ready!(self.as_mut().get_pin_mut().poll_complete(cx))?;
                    *self.as_mut().project().seek = SeekState::Idle;
                    let next = self.as_mut().start_inner(to)?;
                    *self.as_mut().project().seek = next;
                }
                SeekState::GoingBack(by) => {
                    ready!(self.as_mut().get_pin_mut().poll_complete(cx))?;
                    self.as_mut().discard();
                    *self.as_mut().project().seek = SeekState::Wanted(SeekFrom::Current(by));
                }
                SeekState::Started => {
                    let position = ready!(self.as_mut().get_pin_mut().poll_complete(cx));
                    *self.as_mut().project().seek = SeekState::Idle;
                    let position = position?;
                    self.discard();
                    return Poll::Ready(Ok(position));
                }
            }
        }
    }
}

impl<R: AsyncWrite> AsyncWrite for BufReader<R> {
    write_through!(|this| this.get_pin_mut());

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<R: fmt::Debug> fmt::Debug for BufReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.end - self.start;
        f.debug_struct("BufReader")
            .field("reader", &self.inner)
            .field("buffer", &format_args!("{held}/{}", self.buf.len()))
            .finish()
    }
}
