//! The futures of `AsyncReadExt`. Made by [`read_ext`](super::read_ext), they poll one reader.
//!
//! A future keeps what it has read so far and resumes there at the next poll. None of them waits
//! for anything itself: on `Pending` it is the reader that noted what for.
//!
//! Every loop retries a read that was interrupted by a signal, like its counterpart in std.

use super::read_buf::{Spare, poll_into_vec};
use super::{AsyncRead, ReadBuf};
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Polls until the answer is something else than "interrupted by a signal".
#[inline]
pub(super) fn uninterrupted<T>(
    mut poll: impl FnMut() -> Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    loop {
        match poll() {
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

pin_project! {
    /// What [`read`](super::AsyncReadExt::read) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex};
    /// use wakeful::time::timeout;
    ///
    /// let (mut near, mut far) = duplex(64);
    /// let mut buf = [0; 8];
    /// // Giving up loses no byte.
    /// assert!(timeout(Duration::from_secs(1), far.read(&mut buf)).await.is_err());
    /// near.write_all(b"hello").await?;
    /// assert_eq!(far.read(&mut buf).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Read<'a, R: ?Sized> {
        pub(super) reader: &'a mut R,
        pub(super) buf: &'a mut [u8],
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut buf = ReadBuf::new(this.buf);
        ready!(Pin::new(&mut **this.reader).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
pin_project! {
    /// What [`read_buf`](super::AsyncReadExt::read_buf) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut stream = &b"hello"[..];
    /// let mut buf = Vec::with_capacity(8);
    /// assert_eq!(stream.read_buf(&mut buf).await?, 5); // nothing was zeroed for it
    /// assert_eq!(buf, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadInto<'a, R: ?Sized, B: ?Sized> {
        pub(super) reader: &'a mut R,
        pub(super) buf: &'a mut B,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
impl<R, B> Future for ReadInto<'_, R, B>
where
    R: AsyncRead + Unpin + ?Sized,
    B: bytes::BufMut + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        super::read_buf::poll_into(Pin::new(&mut **this.reader), cx, &mut **this.buf)
    }
}

pin_project! {
    /// What [`read_exact`](super::AsyncReadExt::read_exact) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, ErrorKind};
    ///
    /// let mut stream = &b"hello"[..];
    /// let mut buf = [0; 3];
    /// stream.read_exact(&mut buf).await?;
    /// assert_eq!(&buf, b"hel");
    /// let error = stream.read_exact(&mut buf).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadExact<'a, R: ?Sized> {
        pub(super) reader: &'a mut R,
        pub(super) buf: ReadBuf<'a>,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

/// Fills `buf` to its end. False: the stream ended before.
#[inline]
fn poll_fill<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<bool>> {
    while buf.remaining() > 0 {
        let before = buf.remaining();
        ready!(uninterrupted(|| reader.as_mut().poll_read(cx, buf)))?;
        if buf.remaining() == before {
            return Poll::Ready(Ok(false));
        }
    }
    Poll::Ready(Ok(true))
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(
            match ready!(poll_fill(Pin::new(&mut **this.reader), cx, this.buf))? {
                true => Ok(this.buf.capacity()),
                false => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "early eof")),
            },
        )
    }
}

pin_project! {
    /// What [`read_u16`](super::AsyncReadExt::read_u16) and the other numbers return.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut stream = &[0x12, 0x34, 0x12, 0x34][..];
    /// assert_eq!(stream.read_u16().await?, 0x1234);
    /// assert_eq!(stream.read_u16_le().await?, 0x3412);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadNumber<'a, R: ?Sized, T, B> {
        reader: &'a mut R,
        bytes: B,
        read: u8,
        decode: fn(B) -> T,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, R: ?Sized, T, const N: usize> ReadNumber<'a, R, T, [u8; N]> {
    #[inline]
    pub(super) fn new(reader: &'a mut R, decode: fn([u8; N]) -> T) -> Self {
        Self {
            reader,
            bytes: [0; N],
            read: 0,
            decode,
            pinned: PhantomPinned,
        }
    }
}

impl<R, T, B> Future for ReadNumber<'_, R, T, B>
where
    R: AsyncRead + Unpin + ?Sized,
    B: AsMut<[u8]> + Copy,
{
    type Output = io::Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut buf = ReadBuf::new(this.bytes.as_mut());
        buf.set_filled(usize::from(*this.read));
        let filled = poll_fill(Pin::new(&mut **this.reader), cx, &mut buf);
        // At most 16 bytes.
        *this.read = buf.filled().len() as u8;
        Poll::Ready(match ready!(filled)? {
            true => Ok((this.decode)(*this.bytes)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        })
    }
}

/// Bytes that one read asks for at first. Doubled whenever a read fills them all, so that a
/// reader which zeroes what it is lent does not zero much more than it fills.
const FIRST_WINDOW: usize = 8 * 1024;

/// Bytes read on the side when a vector is about full, to see whether the stream ends there. Once
/// the vector is ours to grow, no read has less room than this.
const PROBE: usize = 32;

/// Reads to the end of the stream, and knows how to grow a vector for it.
#[derive(Debug)]
struct ToEnd {
    /// What the vector could hold before we grew it.
    first_capacity: usize,
    window: usize,
    spare: Spare,
    read: usize,
}

impl ToEnd {
    fn new(vec: &Vec<u8>) -> Self {
        Self {
            first_capacity: vec.capacity(),
            window: FIRST_WINDOW,
            spare: Spare::default(),
            read: 0,
        }
    }

    fn poll<R: AsyncRead + ?Sized>(
        &mut self,
        mut reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        vec: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let is_full = vec.capacity() - vec.len() < PROBE;
            let read = if is_full && vec.capacity() == self.first_capacity {
                // A vector of exactly the right size, as a caller may well have made it, is not
                // doubled only to find the end of the stream.
                let mut small = [MaybeUninit::uninit(); PROBE];
                let mut probe = ReadBuf::uninit(&mut small);
                ready!(uninterrupted(|| reader.as_mut().poll_read(cx, &mut probe)))?;
                vec.extend_from_slice(probe.filled());
                probe.filled().len()
            } else {
                vec.reserve(PROBE);
                let window = self.window.min(vec.capacity() - vec.len());
                let spare = &mut self.spare;
                let read = ready!(uninterrupted(|| {
                    poll_into_vec(reader.as_mut(), cx, vec, window, spare)
                }))?;
                if read == self.window {
                    self.window = self.window.saturating_mul(2);
                }
                read
            };
            if read == 0 {
                return Poll::Ready(Ok(mem::take(&mut self.read)));
            }
            self.read += read;
        }
    }
}

pin_project! {
    /// What [`read_to_end`](super::AsyncReadExt::read_to_end) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::AsyncReadExt;
    ///
    /// let mut all = b"> ".to_vec();
    /// (&b"hello"[..]).read_to_end(&mut all).await?; // appends
    /// assert_eq!(all, b"> hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadToEnd<'a, R: ?Sized> {
        reader: &'a mut R,
        buf: &'a mut Vec<u8>,
        to_end: ToEnd,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, R: ?Sized> ReadToEnd<'a, R> {
    pub(super) fn new(reader: &'a mut R, buf: &'a mut Vec<u8>) -> Self {
        let to_end = ToEnd::new(buf);
        Self {
            reader,
            buf,
            to_end,
            pinned: PhantomPinned,
        }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        this.to_end.poll(reader, cx, this.buf)
    }
}

/// A `String` whose bytes are appended to, and which is whole again whatever happens.
///
/// The bytes are taken out of the string meanwhile. [`finish`](Self::finish) puts them back if
/// they are UTF-8; a drop puts back what the string held at first.
#[derive(Debug)]
pub(super) struct Text<'a> {
    string: &'a mut String,
    pub(super) bytes: Vec<u8>,
    /// How much of `bytes` is the string as it was: UTF-8.
    before: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(string: &'a mut String) -> Self {
        let bytes = mem::take(string).into_bytes();
        Self {
            string,
            before: bytes.len(),
            bytes,
        }
    }

    /// Puts the bytes back.
    ///
    /// # Errors
    ///
    /// `InvalidData` if what was added is not UTF-8. It is gone then.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match String::from_utf8(mem::take(&mut self.bytes)) {
            Ok(string) => {
                self.before = 0;
                *self.string = string;
                Ok(())
            }
            Err(error) => {
                let invalid = io::Error::new(io::ErrorKind::InvalidData, error.utf8_error());
                self.bytes = error.into_bytes();
                self.restore();
                Err(invalid)
            }
        }
    }

    /// Makes the string what it was at first.
    pub(super) fn restore(&mut self) {
        let mut bytes = mem::take(&mut self.bytes);
        bytes.truncate(mem::take(&mut self.before));
        if let Ok(string) = String::from_utf8(bytes) {
            *self.string = string;
        }
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if self.before > 0 {
            self.restore();
        }
    }
}

pin_project! {
    /// What [`read_to_string`](super::AsyncReadExt::read_to_string) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, ErrorKind};
    ///
    /// let mut text = String::new();
    /// let error = (&[0xff][..]).read_to_string(&mut text).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidData); // no UTF-8
    /// assert_eq!(text, "");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadToString<'a, R: ?Sized> {
        reader: &'a mut R,
        text: Text<'a>,
        to_end: ToEnd,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<'a, R: ?Sized> ReadToString<'a, R> {
    pub(super) fn new(reader: &'a mut R, string: &'a mut String) -> Self {
        let text = Text::new(string);
        let to_end = ToEnd::new(&text.bytes);
        Self {
            reader,
            text,
            to_end,
            pinned: PhantomPinned,
        }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        match ready!(this.to_end.poll(reader, cx, &mut this.text.bytes)) {
            Ok(read) => Poll::Ready(this.text.finish().map(|()| read)),
            Err(error) => {
                this.text.restore();
                Poll::Ready(Err(error))
            }
        }
    }
}
