//! `AsyncRead`: where bytes come from. Called by every reader in [`io`](super); calls nothing.

use super::ReadBuf;
use std::io::{self, Cursor};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A source of bytes that can say "not yet".
///
/// The asynchronous counterpart of [`std::io::Read`]. Programs call the methods of
/// [`AsyncReadExt`](super::AsyncReadExt); a stream implements this one.
///
/// # Examples
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use wakeful::io::{self, AsyncRead, AsyncReadExt, ReadBuf};
///
/// /// Counts up, one byte a read.
/// struct Counter(u8);
///
/// impl AsyncRead for Counter {
///     fn poll_read(
///         mut self: Pin<&mut Self>,
///         _cx: &mut Context<'_>,
///         buf: &mut ReadBuf<'_>,
///     ) -> Poll<io::Result<()>> {
///         if buf.remaining() > 0 {
///             buf.put_slice(&[self.0]);
///             self.0 += 1;
///         }
///         Poll::Ready(Ok(()))
///     }
/// }
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut bytes = [0; 3];
/// Counter(7).read_exact(&mut bytes).await?;
/// assert_eq!(bytes, [7, 8, 9]);
/// # Ok::<(), io::Error>(()) }).unwrap();
/// ```
pub trait AsyncRead {
    /// Reads what is there into the unfilled part of `buf`.
    ///
    /// `Ready(Ok(()))` with nothing added means the end of the stream, or that `buf` had no room.
    /// On `Pending` nothing was read and the task is woken when another attempt may succeed.
    /// The implementation must not take bytes out of the filled part.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. Nothing was added to `buf` then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncRead, ReadBuf};
    ///
    /// let mut reader = &b"hello"[..];
    /// let mut memory = [0; 4];
    /// let mut buf = ReadBuf::new(&mut memory);
    /// poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hell");
    /// # Ok(())
    /// # }
    /// ```
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>>;
}

impl<T: AsyncRead + Unpin + ?Sized> AsyncRead for Box<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read(cx, buf)
    }
}

impl<T: AsyncRead + Unpin + ?Sized> AsyncRead for &mut T {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read(cx, buf)
    }
}

impl<P> AsyncRead for Pin<P>
where
    P: DerefMut<Target: AsyncRead>,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.as_deref_mut().poll_read(cx, buf)
    }
}

impl AsyncRead for &[u8] {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (now, later) = self.split_at(self.len().min(buf.remaining()));
        buf.put_slice(now);
        *self = later;
        Poll::Ready(Ok(()))
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncRead for Cursor<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let at = self.position();
        let bytes = self.get_ref().as_ref();
        // A position past the end is an end of stream.
        let start = usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
        let count = (bytes.len() - start).min(buf.remaining());
        buf.put_slice(&bytes[start..start + count]);
        self.set_position(at + count as u64);
        Poll::Ready(Ok(()))
    }
}
