//! [`join`]: a reader and a writer as one stream.

use super::write::write_through;
use super::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use pin_project_lite::pin_project;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Makes one stream of a reader and a writer, as of a child's stdout and stdin.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut both = wakeful::io::join(&b"in"[..], Vec::new());
/// both.write_all(b"out").await?;
/// let mut text = String::new();
/// both.read_to_string(&mut text).await?;
/// assert_eq!((text.as_str(), both.writer().as_slice()), ("in", &b"out"[..]));
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub fn join<R, W>(reader: R, writer: W) -> Join<R, W>
where
    R: AsyncRead,
    W: AsyncWrite,
{
    Join { reader, writer }
}

pin_project! {
    /// A reader and a writer as one stream. Made by [`join`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, join};
    ///
    /// let mut stream = join(&b"question"[..], Vec::new());
    /// let mut question = String::new();
    /// stream.read_to_string(&mut question).await?;
    /// stream.write_all(b"answer").await?;
    /// assert_eq!((question.as_str(), stream.writer().as_slice()), ("question", &b"answer"[..]));
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct Join<R, W> {
        #[pin]
        reader: R,
        #[pin]
        writer: W,
    }
}

impl<R, W> Join<R, W> {
    /// Gives the reader and the writer back.
    ///
    /// # Examples
    ///
    /// ```
    /// let stream = wakeful::io::join(&b"in"[..], Vec::<u8>::new());
    /// assert_eq!(stream.into_inner(), (&b"in"[..], Vec::new()));
    /// ```
    pub fn into_inner(self) -> (R, W) {
        (self.reader, self.writer)
    }

    /// The reader.
    ///
    /// # Examples
    ///
    /// ```
    /// let stream = wakeful::io::join(&b"in"[..], Vec::<u8>::new());
    /// assert_eq!(*stream.reader(), b"in");
    /// ```
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The writer.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// let mut stream = wakeful::io::join(wakeful::io::empty(), Vec::new());
    /// stream.write_all(b"out").await?;
    /// assert_eq!(stream.writer(), b"out");
    /// # Ok(())
    /// # }
    /// ```
    pub fn writer(&self) -> &W {
        &self.writer
    }

    /// The reader.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut stream = wakeful::io::join(&b"in"[..], wakeful::io::sink());
    /// *stream.reader_mut() = b"other";
    /// let mut text = String::new();
    /// stream.read_to_string(&mut text).await?;
    /// assert_eq!(text, "other");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The writer.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// let mut stream = wakeful::io::join(wakeful::io::empty(), Vec::new());
    /// stream.write_all(b"out").await?;
    /// stream.writer_mut().clear();
    /// assert!(stream.writer().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// The pinned reader.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    ///
    /// let mut stream = wakeful::io::join(&b"in"[..], wakeful::io::sink());
    /// assert_eq!(Pin::new(&mut stream).reader_pin_mut().len(), 2);
    /// ```
    pub fn reader_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().reader
    }

    /// The pinned writer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    ///
    /// let mut stream = wakeful::io::join(wakeful::io::empty(), Vec::<u8>::new());
    /// assert_eq!(Pin::new(&mut stream).writer_pin_mut().len(), 0);
    /// ```
    pub fn writer_pin_mut(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.project().writer
    }
}

impl<R: AsyncRead, W> AsyncRead for Join<R, W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().reader.poll_read(cx, buf)
    }
}

impl<R: AsyncBufRead, W> AsyncBufRead for Join<R, W> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().reader.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        self.project().reader.consume(amt);
    }
}

impl<R, W: AsyncWrite> AsyncWrite for Join<R, W> {
    write_through!(|this| this.project().writer);

    fn is_write_vectored(&self) -> bool {
        self.writer.is_write_vectored()
    }
}
