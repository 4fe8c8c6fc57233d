//! [`Take`]: the beginning of a reader.

use super::read_buf::poll_limited;
use super::{AsyncBufRead, AsyncRead, ReadBuf};
use pin_project_lite::pin_project;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A reader that ends after so many bytes.
    ///
    /// Made by [`take`](super::AsyncReadExt::take).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut text = String::new();
    /// let mut reader = &b"hello, world"[..];
    /// (&mut reader).take(5).read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// assert_eq!(reader, b", world"); // not touched
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "readers do nothing unless they are read from"]
    pub struct Take<R> {
        #[pin]
        reader: R,
        limit: u64,
    }
}

impl<R> Take<R> {
    pub(super) fn new(reader: R, limit: u64) -> Self {
        Self { reader, limit }
    }

    /// How many more bytes can be read, if the reader has them.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut head = (&b"hello, world"[..]).take(5);
    /// head.read_u16().await?;
    /// assert_eq!(head.limit(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Lets so many more bytes be read, however many were before.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut part = (&b"one two"[..]).take(3);
    /// let mut text = String::new();
    /// part.read_to_string(&mut text).await?;
    /// part.set_limit(4); // goes on where it was
    /// part.read_to_string(&mut text).await?;
    /// assert_eq!(text, "one two");
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The reader.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let head = (&b"hello, world"[..]).take(5);
    /// assert_eq!(head.get_ref().len(), 12);
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader. What is read from it directly does not count.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut head = (&b"hello, world"[..]).take(5);
    /// head.get_mut().read_u16().await?;
    /// assert_eq!(head.limit(), 5); // not counted
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The pinned reader. What is read from it directly does not count.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut head = (&b"hello, world"[..]).take(5);
    /// assert_eq!(Pin::new(&mut head).get_pin_mut().len(), 12);
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().reader
    }

    /// Gives the reader back.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut head = (&b"hello, world"[..]).take(5);
    /// head.read_exact(&mut [0; 5]).await?;
    /// assert_eq!(head.into_inner(), b", world");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: AsyncRead> AsyncRead for Take<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        // At the end the reader is not asked: it might wait for bytes nobody wants.
        if *this.limit > 0 {
            let read = ready!(poll_limited(this.reader, cx, buf, *this.limit))?;
            *this.limit -= read as u64;
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead> AsyncBufRead for Take<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if *this.limit == 0 {
            return Poll::Ready(Ok(&[]));
        }
        let bytes = ready!(this.reader.poll_fill_buf(cx))?;
        let limit = usize::try_from(*this.limit).unwrap_or(usize::MAX);
        Poll::Ready(Ok(&bytes[..bytes.len().min(limit)]))
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        let this = self.project();
        let limit = usize::try_from(*this.limit).unwrap_or(usize::MAX);
        let amt = amt.min(limit);
        *this.limit -= amt as u64;
        this.reader.consume(amt);
    }
}
