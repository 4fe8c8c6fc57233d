//! The futures of `AsyncBufReadExt`.
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
pub(super) fn poll_until<R: AsyncBufRead + ?Sized>(
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
    /// let (mut far, mut field) = (BufReader::new(far), Vec::new());
    /// near.write_all(b"1").await?;
    /// let attempt = timeout(Duration::from_secs(1), far.read_until(b';', &mut field)).await;
    /// assert!(attempt.is_err());
    /// near.write_all(b"2;").await?;
    /// far.read_until(b';', &mut field).await?; // goes on from there
    /// assert_eq!(field, b"12;");
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut stream = &b"one\ntwo"[..];
    /// let mut text = String::new();
    /// while stream.read_line(&mut text).await? > 0 {} // appends
    /// assert_eq!(text, "one\ntwo");
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncBufReadExt;
    ///
    /// let mut reader = &b"hello"[..];
    /// assert_eq!(reader.fill_buf().await?, b"hello");
    /// reader.consume(1);
    /// assert_eq!(reader.fill_buf().await?, b"ello"); // what was not consumed comes again
    /// # Ok(())
    /// # }
    /// ```
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
