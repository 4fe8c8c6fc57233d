//! The futures of `AsyncBufReadExt`, and [`Lines`] and [`Split`], which hold a reader.
//!
//! All of them search what the reader lends for a byte, with [`poll_until`].

use super::AsyncBufRead;
use super::read_futures::Text;
use crate::budget;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Moves bytes from the reader to the end of `buf`, up to and with the first `byte`.
///
/// `read` counts them across polls and is zero again after the last one.
fn poll_until<R: AsyncBufRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    byte: u8,
    buf: &mut Vec<u8>,
    read: &mut usize,
) -> Poll<io::Result<usize>> {
    loop {
        let (count, done) = {
            let lent = match ready!(reader.as_mut().poll_fill_buf(cx)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let (count, found) = match position(byte, lent) {
                Some(at) => (at + 1, true),
                None => (lent.len(), false),
            };
            buf.extend_from_slice(&lent[..count]);
            (count, found || count == 0)
        };
        reader.as_mut().consume(count);
        *read += count;
        if done {
            return Poll::Ready(Ok(mem::take(read)));
        }
    }
}

/// Where the first `byte` is. Looks at 32 bytes a step, which compiles to vector code.
fn position(byte: u8, bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 32;
    let mut at = 0;
    for step in bytes.chunks_exact(STEP) {
        if step.iter().fold(false, |any, b| any | (*b == byte)) {
            break;
        }
        at += STEP;
    }
    let rest = bytes[at..].iter().position(|b| *b == byte)?;
    Some(at + rest)
}

pin_project! {
    /// What [`read_until`](super::AsyncBufReadExt::read_until) returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadUntil<'a, R: ?Sized> {
        reader: &'a mut R,
        byte: u8,
        buf: &'a mut Vec<u8>,
        read: usize,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, R: ?Sized> ReadUntil<'a, R> {
    pub(super) fn new(reader: &'a mut R, byte: u8, buf: &'a mut Vec<u8>) -> Self {
        Self {
            reader,
            byte,
            buf,
            read: 0,
            pinned: PhantomPinned,
        }
    }
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        poll_until(reader, cx, *this.byte, this.buf, this.read)
    }
}

pin_project! {
    /// What [`read_line`](super::AsyncBufReadExt::read_line) returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadLine<'a, R: ?Sized> {
        reader: &'a mut R,
        text: Text<'a>,
        read: usize,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, R: ?Sized> ReadLine<'a, R> {
    pub(super) fn new(reader: &'a mut R, string: &'a mut String) -> Self {
        Self {
            reader,
            text: Text::new(string),
            read: 0,
            pinned: PhantomPinned,
        }
    }
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        let bytes = &mut this.text.bytes;
        let result = ready!(poll_until(reader, cx, b'\n', bytes, this.read));
        let text = this.text.finish();
        // The stream's own error says more than that the half line it left is not UTF-8.
        Poll::Ready(result.and_then(|read| text.map(|()| read)))
    }
}

pin_project! {
    /// What [`fill_buf`](super::AsyncBufReadExt::fill_buf) returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct FillBuf<'a, R: ?Sized> {
        // None once the bytes were lent.
        pub(super) reader: Option<&'a mut R>,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<'a, R: AsyncBufRead + Unpin + ?Sized> Future for FillBuf<'a, R> {
    type Output = io::Result<&'a [u8]>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reader = this.reader.take().expect("polled after it completed");
        match Pin::new(&mut *reader).poll_fill_buf(cx) {
            Poll::Ready(Ok([])) => return Poll::Ready(Ok(&[])),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {
                *this.reader = Some(reader);
                return Poll::Pending;
            }
        }
        // The bytes are there. They are asked for once more, as the borrow checker would hold
        // what `poll_fill_buf` lends for `'a` borrowed on the `Pending` path, too.
        let _free = budget::lift();
        match Pin::new(reader).poll_fill_buf(cx) {
            Poll::Pending => panic!("poll_fill_buf lent bytes and took them back unconsumed"),
            ready => ready,
        }
    }
}

pin_project! {
    /// The lines of a reader, one after the other.
    ///
    /// Made by [`lines`](super::AsyncBufReadExt::lines).
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
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader. Reading from it directly may tear a line apart.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The pinned reader. Reading from it directly may tear a line apart.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().reader
    }

    /// Gives the reader back. A line that was begun is lost.
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
