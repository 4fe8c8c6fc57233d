//! [`Lines`] and [`Split`]: what lies between one delimiter and the next, as long as there is some.
//!
//! They hold a reader, and what was read of a piece that is not whole. Made by `AsyncBufReadExt`.

use super::AsyncBufRead;
use super::buf_read_futures::poll_until;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The lines of a reader, one after the other.
    ///
    /// Made by [`lines`](super::AsyncBufReadExt::lines).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut lines = (&b"one\r\ntwo"[..]).lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one")); // without its end
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// assert_eq!(lines.next_line().await?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "lines are read by `next_line` only"]
    pub struct Lines<R> {
        #[pin]
        reader: R,
        // The line that has not ended yet.
        line: Vec<u8>,
        read: usize,
    }
}

impl<R> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: Vec::new(),
            read: 0,
        }
    }

    /// The reader.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut lines = (&b"one\ntwo\n"[..]).lines();
    /// lines.next_line().await?;
    /// assert_eq!(*lines.get_ref(), b"two\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader. Reading from it directly may tear a line apart.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut lines = (&b"skipped\nread\n"[..]).lines();
    /// lines.get_mut().consume(8);
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("read"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The pinned reader. Reading from it directly may tear a line apart.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncBufRead, AsyncBufReadExt};
    ///
    /// let mut lines = (&b"skipped\nread\n"[..]).lines();
    /// Pin::new(&mut lines).get_pin_mut().consume(8);
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("read"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().reader
    }

    /// Gives the reader back. A line that was begun is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, AsyncReadExt};
    ///
    /// // A head of lines, then a body of bytes.
    /// let mut lines = (&b"head\n\nbody"[..]).lines();
    /// while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    /// let mut body = String::new();
    /// lines.into_inner().read_to_string(&mut body).await?;
    /// assert_eq!(body, "body");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: AsyncBufRead> Lines<R> {
    /// The next line without its `\n` or `\r\n`; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the line is not UTF-8, which is lost then; else whatever the stream
    /// reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a line that was begun is kept for the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut lines = b"one\r\ntwo".lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// assert_eq!(lines.next_line().await?, None);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    pub fn next_line(&mut self) -> NextLine<'_, R>
    where
        R: Unpin,
    {
        NextLine {
            lines: self,
            pinned: PhantomPinned,
        }
    }

    /// [`next_line`](Self::next_line) for hand-written futures.
    ///
    /// # Errors
    ///
    /// Those of `next_line`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut lines = (&b"one\ntwo\n"[..]).lines();
    /// let first = poll_fn(|cx| Pin::new(&mut lines).poll_next_line(cx)).await?;
    /// assert_eq!(first.as_deref(), Some("one"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_next_line(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<String>>> {
        let this = self.project();
        ready!(poll_until(this.reader, cx, b'\n', this.line, this.read))?;
        if this.line.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let mut line = mem::take(this.line);
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        let line = String::from_utf8(line)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Poll::Ready(Ok(Some(line)))
    }
}

pin_project! {
    /// What [`Lines::next_line`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex};
    /// use wakeful::time::timeout;
    ///
    /// let (mut near, far) = duplex(64);
    /// let mut lines = BufReader::new(far).lines();
    /// near.write_all(b"half ").await?;
    /// // Giving up keeps the half line.
    /// assert!(timeout(Duration::from_secs(1), lines.next_line()).await.is_err());
    /// near.write_all(b"a line\n").await?;
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("half a line"));
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct NextLine<'a, R> {
        lines: &'a mut Lines<R>,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<R: AsyncBufRead + Unpin> Future for NextLine<'_, R> {
    type Output = io::Result<Option<String>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut **self.project().lines).poll_next_line(cx)
    }
}

pin_project! {
    /// What a reader holds between two delimiters, one segment after the other.
    ///
    /// Made by [`split`](super::AsyncBufReadExt::split).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut words = BufReader::new(&b"one two"[..]).split(b' ');
    /// assert_eq!(words.next_segment().await?.as_deref(), Some(&b"one"[..]));
    /// assert_eq!(words.next_segment().await?.as_deref(), Some(&b"two"[..]));
    /// assert_eq!(words.next_segment().await?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "segments are read by `next_segment` only"]
    pub struct Split<R> {
        #[pin]
        reader: R,
        // The segment that has not ended yet.
        segment: Vec<u8>,
        delimiter: u8,
        read: usize,
    }
}

impl<R: AsyncBufRead> Split<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Self {
        Self {
            reader,
            segment: Vec::new(),
            delimiter,
            read: 0,
        }
    }

    /// The next segment without its delimiter; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a segment that was begun is kept for the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut words = Cursor::new("one two").split(b' ');
    /// assert_eq!(words.next_segment().await?.unwrap(), b"one");
    /// assert_eq!(words.next_segment().await?.unwrap(), b"two");
    /// assert_eq!(words.next_segment().await?, None);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    pub fn next_segment(&mut self) -> NextSegment<'_, R>
    where
        R: Unpin,
    {
        NextSegment {
            split: self,
            pinned: PhantomPinned,
        }
    }

    /// [`next_segment`](Self::next_segment) for hand-written futures.
    ///
    /// # Errors
    ///
    /// Those of `next_segment`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut words = BufReader::new(&b"one two"[..]).split(b' ');
    /// let first = poll_fn(|cx| Pin::new(&mut words).poll_next_segment(cx)).await?;
    /// assert_eq!(first.as_deref(), Some(&b"one"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_next_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Vec<u8>>>> {
        let this = self.project();
        let (delimiter, segment) = (*this.delimiter, this.segment);
        ready!(poll_until(this.reader, cx, delimiter, segment, this.read))?;
        if segment.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let mut segment = mem::take(segment);
        if segment.last() == Some(&delimiter) {
            segment.pop();
        }
        Poll::Ready(Ok(Some(segment)))
    }
}

pin_project! {
    /// What [`Split::next_segment`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex};
    /// use wakeful::time::timeout;
    ///
    /// let (mut near, far) = duplex(64);
    /// let mut fields = BufReader::new(far).split(b';');
    /// near.write_all(b"1").await?;
    /// // Giving up keeps what was read of the field.
    /// assert!(timeout(Duration::from_secs(1), fields.next_segment()).await.is_err());
    /// near.write_all(b"2;").await?;
    /// assert_eq!(fields.next_segment().await?.as_deref(), Some(&b"12"[..]));
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct NextSegment<'a, R> {
        split: &'a mut Split<R>,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<R: AsyncBufRead + Unpin> Future for NextSegment<'_, R> {
    type Output = io::Result<Option<Vec<u8>>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut **self.project().split).poll_next_segment(cx)
    }
}
