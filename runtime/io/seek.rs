//! `AsyncSeek`: a stream with a position. Calls nothing.

use std::io::{self, Cursor, Seek as _, SeekFrom};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream whose position can be moved.
///
/// The asynchronous counterpart of [`std::io::Seek`]. Programs call the methods of
/// [`AsyncSeekExt`](super::AsyncSeekExt).
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use wakeful::io::{self, AsyncReadExt, AsyncSeekExt, SeekFrom};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut stream = Cursor::new(b"abcdef");
/// stream.seek(SeekFrom::End(-2)).await?;
/// assert_eq!(stream.read_u8().await?, b'e');
/// # Ok::<(), io::Error>(()) }).unwrap();
/// ```
pub trait AsyncSeek {
    /// Starts to move to `position`. [`poll_complete`](Self::poll_complete) ends it.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports; also if another seek has not completed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::io::{Cursor, SeekFrom};
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncSeek;
    ///
    /// let mut stream = Cursor::new("hello");
    /// Pin::new(&mut stream).start_seek(SeekFrom::End(-1))?;
    /// assert_eq!(poll_fn(|cx| Pin::new(&mut stream).poll_complete(cx)).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()>;

    /// Waits until the seek that was started has ended; returns the new position in bytes from
    /// the start.
    ///
    /// Without a seek under way it returns a position at once, which may be out of date.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::io::Cursor;
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncSeek;
    ///
    /// let mut stream = Cursor::new("hello");
    /// stream.set_position(3); // no seek is under way: it says where it is
    /// assert_eq!(poll_fn(|cx| Pin::new(&mut stream).poll_complete(cx)).await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>>;
}

impl<T: AsyncSeek + Unpin + ?Sized> AsyncSeek for Box<T> {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut **self).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut **self).poll_complete(cx)
    }
}

impl<T: AsyncSeek + Unpin + ?Sized> AsyncSeek for &mut T {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut **self).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut **self).poll_complete(cx)
    }
}

impl<P> AsyncSeek for Pin<P>
where
    P: DerefMut<Target: AsyncSeek>,
{
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.as_deref_mut().start_seek(position)
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.as_deref_mut().poll_complete(cx)
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncSeek for Cursor<T> {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.seek(position).map(drop)
    }

    fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position()))
    }
}
