//! `AsyncBufReadExt`: what a program calls on a buffered reader. Makes the futures of
//! [`buf_read_futures`](super::buf_read_futures).

use super::operations::{FillBuf, ReadLine, ReadUntil};
use super::{AsyncBufRead, Lines, Split};
use std::marker::PhantomPinned;
use std::pin::Pin;

/// Methods for every [`AsyncBufRead`].
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut here, there) = wakeful::io::duplex(64);
/// here.write_all(b"hello\nworld\n").await?;
/// drop(here);
/// let mut lines = BufReader::new(there).lines();
/// let mut count = 0;
/// while let Some(_line) = lines.next_line().await? {
///     count += 1;
/// }
/// assert_eq!(count, 2);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub trait AsyncBufReadExt: AsyncBufRead {
    /// Reads up to and with the first `byte`, appends that to `buf`, and returns its length.
    ///
    /// At the end of the stream it reads what is left, without a delimiter; zero means that
    /// nothing was left.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. What was read before stays in `buf`.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing: what was read before the cancellation is in `buf`, and another call goes on
    /// from there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"key=value";
    /// let mut key = Vec::new();
    /// assert_eq!(stream.read_until(b'=', &mut key).await?, 4);
    /// assert_eq!(key, b"key=");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read_until<'a>(&'a mut self, byte: u8, buf: &'a mut Vec<u8>) -> ReadUntil<'a, Self>
    where
        Self: Unpin,
    {
        ReadUntil::new(self, byte, buf)
    }

    /// Reads one line with its `\n`, appends it to `buf`, and returns its length in bytes.
    ///
    /// Zero means the end of the stream. The last line need not have a `\n`.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the line is not UTF-8: it is lost and `buf` is as it was. Else whatever the
    /// stream reports: what was read before stays in `buf` if it is UTF-8.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read of the line before the cancellation is lost. `buf` is as it
    /// was. [`Lines::next_line`] keeps it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"one\ntwo";
    /// let mut line = String::new();
    /// stream.read_line(&mut line).await?;
    /// assert_eq!(line, "one\n");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read_line<'a>(&'a mut self, buf: &'a mut String) -> ReadLine<'a, Self>
    where
        Self: Unpin,
    {
        ReadLine::new(self, buf)
    }

    /// What lies between one `byte` and the next, as [`Split::next_segment`] reads it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut fields = Cursor::new("a,b").split(b',');
    /// assert_eq!(fields.next_segment().await?.unwrap(), b"a");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn split(self, byte: u8) -> Split<Self>
    where
        Self: Sized + Unpin,
    {
        Split::new(self, byte)
    }

    /// The bytes the reader holds, after it has read some if it held none.
    ///
    /// An empty slice means the end of the stream. Follow it with [`consume`](Self::consume).
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: bytes stay in the reader until they are consumed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"peek";
    /// assert_eq!(stream.fill_buf().await?, b"peek");
    /// stream.consume(2);
    /// assert_eq!(stream.fill_buf().await?, b"ek");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn fill_buf(&mut self) -> FillBuf<'_, Self>
    where
        Self: Unpin,
    {
        FillBuf {
            reader: Some(self),
            pinned: PhantomPinned,
        }
    }

    /// Marks the first `amt` bytes that [`fill_buf`](Self::fill_buf) lent as read.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"key=value"[..]);
    /// let key = reader.fill_buf().await?.iter().position(|byte| *byte == b'=').unwrap();
    /// reader.consume(key + 1);
    /// assert_eq!(reader.fill_buf().await?, b"value");
    /// # Ok(())
    /// # }
    /// ```
    fn consume(&mut self, amt: usize)
    where
        Self: Unpin,
    {
        Pin::new(self).consume(amt);
    }

    /// The lines of this reader, as [`Lines::next_line`] reads them.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut lines = b"one\ntwo\n".lines();
    /// assert_eq!(lines.next_line().await?.unwrap(), "one");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn lines(self) -> Lines<Self>
    where
        Self: Sized,
    {
        Lines::new(self)
    }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufReadExt for R {}
