//! [`copy`], [`copy_buf`] and [`copy_bidirectional`].
//!
//! A copy between two streams that are always ready would never return `Pending`, so each round
//! of each copy charges the task's budget. It notes nothing: that is for the streams.

use super::read_futures::uninterrupted;
use super::{AsyncBufRead, AsyncRead, AsyncWrite, DEFAULT_CAPACITY, ReadBuf};
use crate::budget::{self, Spent};
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies everything from `reader` to `writer` and returns how many bytes that was.
///
/// The writer is flushed at the end, and whenever the reader makes the copy wait, but not shut
/// down. There is a buffer of 8 KiB in between; [`copy_buf`] does without.
///
/// # Errors
///
/// What either stream reports; `WriteZero` if the writer takes no more bytes. What was read and
/// not written is lost then.
///
/// # Cancel safety
///
/// Not cancel safe: bytes that were read and not yet written are lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut page = Vec::new();
/// assert_eq!(wakeful::io::copy(&mut &b"hello"[..], &mut page).await?, 5);
/// assert_eq!(page, b"hello");
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn copy<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> Copy<'a, R, W>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    Copy {
        reader,
        writer,
        transfer: Transfer::new(DEFAULT_CAPACITY),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// What [`copy`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut from, mut to) = (&b"hello"[..], Vec::new());
    /// assert_eq!(wakeful::io::copy(&mut from, &mut to).await?, 5);
    /// assert_eq!(to, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Copy<'a, R: ?Sized, W: ?Sized> {
        reader: &'a mut R,
        writer: &'a mut W,
        transfer: Transfer,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<R, W> Future for Copy<'_, R, W>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (reader, writer) = (Pin::new(&mut **this.reader), Pin::new(&mut **this.writer));
        this.transfer.poll(cx, reader, writer)
    }
}

/// One direction of a copy: a buffer, and where in it the reader and the writer are.
#[derive(Debug)]
struct Transfer {
    buf: Box<[u8]>,
    /// `buf[start..end]` is read and not written.
    start: usize,
    end: usize,
    copied: u64,
    at_end: bool,
    unflushed: bool,
}

impl Transfer {
    fn new(capacity: usize) -> Self {
        Self {
            buf: vec![0; capacity].into_boxed_slice(),
            start: 0,
            end: 0,
            copied: 0,
            at_end: false,
            unflushed: false,
        }
    }

    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            let mut spent = Some(ready!(budget::poll_proceed(cx)));
            let mut progress = || spent.take().map_or((), Spent::made_progress);
            // Read on top of what is there: the larger the write the better.
            if !self.at_end && self.end < self.buf.len() {
                match self.poll_read(cx, reader.as_mut()) {
                    Poll::Ready(result) => {
                        progress();
                        result?;
                    }
                    Poll::Pending if self.start < self.end => {}
                    Poll::Pending => {
                        // The reader may be waiting for an answer to what the writer holds.
                        if self.unflushed {
                            ready!(writer.as_mut().poll_flush(cx))?;
                            self.unflushed = false;
                        }
                        return Poll::Pending;
                    }
                }
            }
            if self.start < self.end {
                match self.poll_write(cx, writer.as_mut()) {
                    Poll::Ready(result) => {
                        progress();
                        result?;
                    }
                    Poll::Pending => return self.poll_top_up(cx, reader),
                }
            } else if self.at_end {
                ready!(writer.poll_flush(cx))?;
                progress();
                return Poll::Ready(Ok(self.copied));
            }
        }
    }

    fn poll_read<R: AsyncRead + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
    ) -> Poll<io::Result<()>> {
        let mut buf = ReadBuf::new(&mut self.buf);
        buf.set_filled(self.end);
        ready!(uninterrupted(|| reader.as_mut().poll_read(cx, &mut buf)))?;
        let end = buf.filled().len();
        self.at_end = end == self.end;
        self.end = end;
        Poll::Ready(Ok(()))
    }

    fn poll_write<W: AsyncWrite + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<()>> {
        let left = &self.buf[self.start..self.end];
        let written = ready!(uninterrupted(|| writer.as_mut().poll_write(cx, left)))?;
        if written == 0 {
            let message = "write zero byte into writer";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::WriteZero, message)));
        }
        assert!(written <= left.len(), "poll_write took more than it got");
        self.start += written;
        self.copied += written as u64;
        self.unflushed = true;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        Poll::Ready(Ok(()))
    }

    /// While the writer makes the copy wait: reads until the buffer is full or the reader waits.
    ///
    /// Either stream wakes the task, whichever is ready first.
    fn poll_top_up<R: AsyncRead + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
    ) -> Poll<io::Result<u64>> {
        while !self.at_end && self.end < self.buf.len() {
            ready!(self.poll_read(cx, reader.as_mut()))?;
        }
        Poll::Pending
    }
}

/// Copies everything from `reader` to `writer`, straight out of the reader's own buffer.
///
/// The writer is flushed at the end, and whenever the reader makes the copy wait, but not shut
/// down.
///
/// # Errors
///
/// What either stream reports; `WriteZero` if the writer takes no more bytes.
///
/// # Cancel safety
///
/// Loses nothing: what was not written is still in the reader. Nothing says how much was.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut page = Vec::new();
/// assert_eq!(wakeful::io::copy_buf(&mut &b"hello"[..], &mut page).await?, 5);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn copy_buf<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> CopyBuf<'a, R, W>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    CopyBuf {
        reader,
        writer,
        copied: 0,
        at_end: false,
        unflushed: false,
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// What [`copy_buf`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::copy_buf;
    /// let (mut from, mut to) = (&b"hello"[..], Vec::new());
    /// assert_eq!(copy_buf(&mut from, &mut to).await?, 5); // with no buffer besides the reader's
    /// assert_eq!(to, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct CopyBuf<'a, R: ?Sized, W: ?Sized> {
        reader: &'a mut R,
        writer: &'a mut W,
        copied: u64,
        at_end: bool,
        unflushed: bool,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<R, W> Future for CopyBuf<'_, R, W>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut writer = Pin::new(&mut **this.writer);
        loop {
            let spent = ready!(budget::poll_proceed(cx));
            if *this.at_end {
                ready!(writer.poll_flush(cx))?;
                spent.made_progress();
                return Poll::Ready(Ok(*this.copied));
            }
            let lent = match Pin::new(&mut **this.reader).poll_fill_buf(cx) {
                Poll::Ready(Ok(lent)) => lent,
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if *this.unflushed {
                        ready!(writer.as_mut().poll_flush(cx))?;
                        *this.unflushed = false;
                    }
                    return Poll::Pending;
                }
            };
            if lent.is_empty() {
                // Nobody is asked twice for the end: a terminal would wait for another.
                *this.at_end = true;
                continue;
            }
            let written = ready!(uninterrupted(|| writer.as_mut().poll_write(cx, lent)))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            Pin::new(&mut **this.reader).consume(written);
            *this.copied += written as u64;
            *this.unflushed = true;
            spent.made_progress();
        }
    }
}

/// Copies from `a` to `b` and from `b` to `a` until both have ended; returns how many bytes went
/// each way.
///
/// When one has ended, the other is shut down for writing, and the copy goes on in the other
/// direction. There is a buffer of 8 KiB for each.
///
/// # Errors
///
/// The first that either stream reports. What was read and not written is lost then.
///
/// # Cancel safety
///
/// Not cancel safe: bytes that were read and not yet written are lost.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut client, mut proxy_front) = duplex(64);
/// let (mut proxy_back, mut server) = duplex(64);
/// client.write_all(b"question").await?;
/// client.shutdown().await?;
/// server.write_all(b"answer").await?;
/// server.shutdown().await?;
/// let both = copy_bidirectional(&mut proxy_front, &mut proxy_back).await?;
/// assert_eq!(both, (8, 6));
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn copy_bidirectional<'a, A, B>(a: &'a mut A, b: &'a mut B) -> CopyBidirectional<'a, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    copy_bidirectional_with_sizes(a, b, DEFAULT_CAPACITY, DEFAULT_CAPACITY)
}

/// [`copy_bidirectional`] with buffers of so many bytes.
///
/// # Errors
///
/// Those of `copy_bidirectional`.
///
/// # Panics
///
/// If one of the sizes is zero.
///
/// # Cancel safety
///
/// Not cancel safe: bytes that were read and not yet written are lost.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncWriteExt, copy_bidirectional_with_sizes, duplex};
///
/// let ((mut client, mut near), (mut far, mut server)) = (duplex(64), duplex(64));
/// client.write_all(b"question").await?;
/// server.write_all(b"answer").await?;
/// client.shutdown().await?;
/// server.shutdown().await?;
/// let copied = copy_bidirectional_with_sizes(&mut near, &mut far, 16 * 1024, 512).await?;
/// assert_eq!(copied, (8, 6));
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn copy_bidirectional_with_sizes<'a, A, B>(
    a: &'a mut A,
    b: &'a mut B,
    a_to_b_buf_size: usize,
    b_to_a_buf_size: usize,
) -> CopyBidirectional<'a, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    assert!(
        a_to_b_buf_size > 0,
        "`a_to_b_buf_size` must be greater than 0"
    );
    assert!(
        b_to_a_buf_size > 0,
        "`b_to_a_buf_size` must be greater than 0"
    );
    CopyBidirectional {
        a,
        b,
        a_to_b: Direction::Copying(Transfer::new(a_to_b_buf_size)),
        b_to_a: Direction::Copying(Transfer::new(b_to_a_buf_size)),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// What [`copy_bidirectional`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, copy_bidirectional, duplex};
    ///
    /// let ((mut client, mut near), (mut far, mut server)) = (duplex(64), duplex(64));
    /// client.write_all(b"hello").await?;
    /// client.shutdown().await?;
    /// server.shutdown().await?;
    /// assert_eq!(copy_bidirectional(&mut near, &mut far).await?, (5, 0)); // until both have ended
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct CopyBidirectional<'a, A: ?Sized, B: ?Sized> {
        a: &'a mut A,
        b: &'a mut B,
        a_to_b: Direction,
        b_to_a: Direction,
        #[pin]
        pinned: PhantomPinned,
    }
}

#[derive(Debug)]
enum Direction {
    Copying(Transfer),
    /// The reader has ended and the writer is to end, too.
    Ending(u64),
    Done(u64),
}

impl Direction {
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            *self = match self {
                Self::Copying(transfer) => {
                    Self::Ending(ready!(transfer.poll(cx, reader.as_mut(), writer.as_mut()))?)
                }
                Self::Ending(copied) => {
                    ready!(writer.as_mut().poll_shutdown(cx))?;
                    Self::Done(*copied)
                }
                Self::Done(copied) => return Poll::Ready(Ok(*copied)),
            }
        }
    }
}

impl<A, B> Future for CopyBidirectional<'_, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    type Output = io::Result<(u64, u64)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut a, mut b) = (Pin::new(&mut **this.a), Pin::new(&mut **this.b));
        // Both directions are polled every time, so that neither waits for the other.
        let a_to_b = this.a_to_b.poll(cx, a.as_mut(), b.as_mut())?;
        let b_to_a = this.b_to_a.poll(cx, b, a)?;
        Poll::Ready(Ok((ready!(a_to_b), ready!(b_to_a))))
    }
}
