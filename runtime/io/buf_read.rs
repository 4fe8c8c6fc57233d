//! `AsyncBufRead`: a reader that lends out the bytes it holds. Calls nothing.

use super::AsyncRead;
use std::io::{self, BufRead as _, Cursor};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A reader with a buffer of its own, which can lend it out.
///
/// The asynchronous counterpart of [`std::io::BufRead`]. Programs call the methods of
/// [`AsyncBufReadExt`](super::AsyncBufReadExt); [`BufReader`](super::BufReader) makes one of any
/// reader.
///
/// # Examples
///
/// ```
/// use wakeful::io::{self, AsyncBufReadExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut poem: &[u8] = b"roses\nviolets\n"; // a slice is its own buffer
/// let mut line = String::new();
/// poem.read_line(&mut line).await?;
/// assert_eq!(line, "roses\n");
/// # Ok::<(), io::Error>(()) }).unwrap();
/// ```
pub trait AsyncBufRead: AsyncRead {
    /// The bytes that are there, read from the stream first if there are none.
    ///
    /// An empty slice means the end of the stream. Bytes stay in the buffer until
    /// [`consume`](Self::consume).
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncBufRead, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"hello"[..]);
    /// let length = poll_fn(|cx| Pin::new(&mut reader).poll_fill_buf(cx).map_ok(<[u8]>::len));
    /// assert_eq!(length.await.unwrap(), 5);
    /// assert_eq!(reader.buffer(), b"hello"); // lent, not taken
    /// # }
    /// ```
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>>;

    /// Marks the first `amt` bytes of what [`poll_fill_buf`](Self::poll_fill_buf) lent as read.
    ///
    /// `amt` must not be more than it lent.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncBufRead;
    ///
    /// let mut reader = &b"hello"[..];
    /// Pin::new(&mut reader).consume(2);
    /// assert_eq!(reader, b"llo");
    /// ```
    fn consume(self: Pin<&mut Self>, amt: usize);
}

impl<T: AsyncBufRead + Unpin + ?Sized> AsyncBufRead for Box<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut **self.get_mut()).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amt: usize) {
        Pin::new(&mut **self).consume(amt);
    }
}

impl<T: AsyncBufRead + Unpin + ?Sized> AsyncBufRead for &mut T {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut **self.get_mut()).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amt: usize) {
        Pin::new(&mut **self).consume(amt);
    }
}

impl<P> AsyncBufRead for Pin<P>
where
    P: DerefMut<Target: AsyncBufRead>,
{
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.as_deref_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        self.as_deref_mut().consume(amt);
    }
}

impl AsyncBufRead for &[u8] {
    fn poll_fill_buf(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(Ok(*self))
    }

    fn consume(mut self: Pin<&mut Self>, amt: usize) {
        *self = &self[amt..];
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncBufRead for Cursor<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(self.get_mut().fill_buf())
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        self.get_mut().consume(amt);
    }
}
