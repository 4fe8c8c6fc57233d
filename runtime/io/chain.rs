//! [`Chain`]: one reader after the other.

use super::{AsyncBufRead, AsyncRead, ReadBuf};
use pin_project_lite::pin_project;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Two readers, one after the other.
    ///
    /// Made by [`chain`](super::AsyncReadExt::chain).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut both = (&b"head, "[..]).chain(&b"body"[..]);
    /// let mut text = String::new();
    /// both.read_to_string(&mut text).await?;
    /// assert_eq!(text, "head, body");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "readers do nothing unless they are read from"]
    pub struct Chain<T, U> {
        #[pin]
        first: T,
        #[pin]
        second: U,
        first_done: bool,
    }
}

impl<T, U> Chain<T, U> {
    pub(super) fn new(first: T, second: U) -> Self {
        Self {
            first,
            second,
            first_done: false,
        }
    }

    /// Both readers.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let both = (&b"head"[..]).chain(&b"body"[..]);
    /// assert_eq!(*both.get_ref().1, b"body");
    /// ```
    pub fn get_ref(&self) -> (&T, &U) {
        (&self.first, &self.second)
    }

    /// Both readers. Reading from them directly may lose bytes of the chain.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut both = (&b"head"[..]).chain(&b"body"[..]);
    /// *both.get_mut().1 = b"other";
    /// let mut text = String::new();
    /// both.read_to_string(&mut text).await?;
    /// assert_eq!(text, "headother");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> (&mut T, &mut U) {
        (&mut self.first, &mut self.second)
    }

    /// Both readers, pinned. Reading from them directly may lose bytes of the chain.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut both = (&b"head"[..]).chain(&b"body"[..]);
    /// let (first, second) = Pin::new(&mut both).get_pin_mut();
    /// assert_eq!((first.len(), second.len()), (4, 4));
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> (Pin<&mut T>, Pin<&mut U>) {
        let this = self.project();
        (this.first, this.second)
    }

    /// Gives both readers back.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut both = (&b"head"[..]).chain(&b"body"[..]);
    /// both.read_exact(&mut [0; 6]).await?;
    /// let (first, second) = both.into_inner();
    /// assert_eq!((first, second), (&b""[..], &b"dy"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> (T, U) {
        (self.first, self.second)
    }
}

impl<T: AsyncRead, U: AsyncRead> AsyncRead for Chain<T, U> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        // Without room nothing is read, and that is not the first reader's end.
        if !*this.first_done && buf.remaining() > 0 {
            let before = buf.remaining();
            ready!(this.first.poll_read(cx, buf))?;
            if buf.remaining() < before {
                return Poll::Ready(Ok(()));
            }
            *this.first_done = true;
        }
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        this.second.poll_read(cx, buf)
    }
}

impl<T: AsyncBufRead, U: AsyncBufRead> AsyncBufRead for Chain<T, U> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if !*this.first_done {
            let bytes = ready!(this.first.poll_fill_buf(cx))?;
            if !bytes.is_empty() {
                return Poll::Ready(Ok(bytes));
            }
            *this.first_done = true;
        }
        this.second.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        let this = self.project();
        if *this.first_done {
            this.second.consume(amt);
        } else {
            this.first.consume(amt);
        }
    }
}
