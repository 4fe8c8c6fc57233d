//! `AsyncSeekExt` and its futures.

use super::AsyncSeek;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io::{self, SeekFrom};
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Methods for every [`AsyncSeek`].
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use wakeful::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut file = Cursor::new("abcdef");
/// assert_eq!(file.seek(SeekFrom::Start(2)).await?, 2);
/// assert_eq!(file.read_u8().await?, b'c');
/// assert_eq!(file.stream_position().await?, 3);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub trait AsyncSeekExt: AsyncSeek {
    /// Moves to `pos` and returns the new position in bytes from the start.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports, as for a position before its start.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing, but the move may happen or not.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::{Cursor, SeekFrom};
    /// use wakeful::io::{AsyncReadExt, AsyncSeekExt};
    ///
    /// let mut stream = Cursor::new("hello");
    /// assert_eq!(stream.seek(SeekFrom::End(-2)).await?, 3);
    /// assert_eq!(stream.read_u8().await?, b'l');
    /// assert!(stream.seek(SeekFrom::Current(-9)).await.is_err()); // before the start
    /// # Ok(())
    /// # }
    /// ```
    fn seek(&mut self, pos: SeekFrom) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        Seek {
            stream: self,
            to: Some(pos),
            pinned: PhantomPinned,
        }
    }

    /// Moves to the start.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing, but the move may happen or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use wakeful::io::{AsyncReadExt, AsyncSeekExt};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut file = Cursor::new("abcdef");
    /// file.read_u32().await?;
    /// assert_eq!(file.rewind().await?, 0);
    /// assert_eq!(file.read_u8().await?, b'a');
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn rewind(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Start(0))
    }

    /// The position in bytes from the start.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing moves.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use wakeful::io::{AsyncReadExt, AsyncSeekExt};
    ///
    /// let mut stream = Cursor::new("hello");
    /// stream.read_u16().await?;
    /// assert_eq!(stream.stream_position().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    fn stream_position(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Current(0))
    }
}

impl<S: AsyncSeek + ?Sized> AsyncSeekExt for S {}

pin_project! {
    /// What [`seek`](AsyncSeekExt::seek), [`rewind`](AsyncSeekExt::rewind) and
    /// [`stream_position`](AsyncSeekExt::stream_position) return.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::{Cursor, SeekFrom};
    /// use wakeful::io::AsyncSeekExt;
    ///
    /// let mut stream = Cursor::new("hello");
    /// assert_eq!(stream.seek(SeekFrom::End(0)).await?, 5); // how long it is
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Seek<'a, S: ?Sized> {
        stream: &'a mut S,
        // None once the seek was started.
        to: Option<SeekFrom>,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<S: AsyncSeek + Unpin + ?Sized> Future for Seek<'_, S> {
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut stream = Pin::new(&mut **this.stream);
        if let Some(to) = *this.to {
            // A seek that somebody else started and cancelled has to end first.
            ready!(stream.as_mut().poll_complete(cx))?;
            stream.as_mut().start_seek(to)?;
            *this.to = None;
        }
        stream.poll_complete(cx)
    }
}
