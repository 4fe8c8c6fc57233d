//! To and from the I/O traits of the `futures` crates (feature `futures-io`).
//!
//! The streams of this library implement those traits themselves, too: a
//! [`TcpStream`](crate::net::TcpStream) can be given to a crate that wants
//! `futures_io::AsyncRead` as it is. [`Compat`] is for the rest:
//!
//! | there is | wanted | in scope |
//! |---|---|---|
//! | a stream of ours | the traits of `futures` | nothing |
//! | another type with our traits | the traits of `futures` | [`TokioAsyncReadCompatExt`] |
//! | the same, only for writing | the traits of `futures` | [`TokioAsyncWriteCompatExt`] |
//! | a type with the traits of `futures` | ours | [`FuturesAsyncReadCompatExt`] |
//! | the same, only for writing | ours | [`FuturesAsyncWriteCompatExt`] |
//!
//! What is in scope gives `compat()`, or `compat_write()` to what only writes.
//!
//! The names are those of the `compat` module of `tokio-util`. A stream of ours has both kinds of
//! traits, so only one of the four extension traits should be in scope for it.
//!
//! Seeking is one operation in `futures` and two here, with a state in between, which only
//! [`Compat`] has room for: streams of ours do not implement `futures_io::AsyncSeek` themselves.
//!
//! Called by programs; calls nothing but the traits. Files: `wrapper` (the traits of [`Compat`]),
//! `direct` (those of the types in `io`; `net` has its own). Absent: any buffering.

pub(crate) mod direct;
mod wrapper;

#[cfg(all(test, not(loom)))]
mod tests;

use std::io::SeekFrom;

use pin_project_lite::pin_project;

use crate::io::{AsyncRead, AsyncWrite};

pin_project! {
    /// A stream that has the I/O traits of this library and those of `futures`, made of one that
    /// has either.
    ///
    /// Every call is passed on as it is. Dropping it drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    /// use wakeful::io::compat::FuturesAsyncReadCompatExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// // A reader of the `futures` crates.
    /// let theirs: Box<dyn futures_io::AsyncRead + Unpin> = Box::new(&b"hello"[..]);
    /// let mut text = String::new();
    /// theirs.compat().read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct Compat<T> {
        #[pin]
        inner: T,
        // The seek under way.
        seek: Option<SeekFrom>,
    }
}

impl<T> Compat<T> {
    fn new(inner: T) -> Self {
        Self { inner, seek: None }
    }

    /// The stream inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::compat::TokioAsyncReadCompatExt;
    ///
    /// let theirs = (&b"hello"[..]).compat();
    /// assert_eq!(theirs.get_ref().len(), 5);
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The stream inside. A seek that is under way is not known to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::compat::TokioAsyncReadCompatExt;
    ///
    /// let mut theirs = (&b"hello"[..]).compat();
    /// *theirs.get_mut() = b"other";
    /// assert_eq!(theirs.into_inner(), b"other");
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Unwraps the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::compat::TokioAsyncReadCompatExt;
    ///
    /// let theirs = (&b"hello"[..]).compat();
    /// assert_eq!(theirs.into_inner(), b"hello");
    /// ```
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// `compat` for readers of the `futures` crates.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::AsyncReadExt;
/// use wakeful::io::compat::FuturesAsyncReadCompatExt;
///
/// # let theirs = wakeful::io::compat::TokioAsyncReadCompatExt::compat(&b"hello"[..]);
/// // `theirs` implements `futures::io::AsyncRead`.
/// let mut text = String::new();
/// theirs.compat().read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }
/// ```
pub trait FuturesAsyncReadCompatExt: futures_io::AsyncRead {
    /// Gives the reader the traits of this library, [`AsyncWrite`] too if it also writes.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    /// use wakeful::io::compat::FuturesAsyncReadCompatExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let theirs: Box<dyn futures_io::AsyncRead + Unpin> = Box::new(&[7, 8][..]);
    /// assert_eq!(theirs.compat().read_u8().await?, 7);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    fn compat(self) -> Compat<Self>
    where
        Self: Sized,
    {
        Compat::new(self)
    }
}

impl<T: futures_io::AsyncRead> FuturesAsyncReadCompatExt for T {}

/// `compat_write` for writers of the `futures` crates.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::AsyncWriteExt;
/// use wakeful::io::compat::FuturesAsyncWriteCompatExt;
///
/// # let theirs = wakeful::io::compat::TokioAsyncWriteCompatExt::compat_write(Vec::new());
/// // `theirs` implements `futures::io::AsyncWrite`.
/// let mut ours = theirs.compat_write();
/// ours.write_all(b"hello").await?;
/// assert_eq!(ours.into_inner().into_inner(), b"hello");
/// # Ok(())
/// # }
/// ```
pub trait FuturesAsyncWriteCompatExt: futures_io::AsyncWrite {
    /// Gives the writer the traits of this library.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    /// use wakeful::io::compat::FuturesAsyncWriteCompatExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let theirs: Box<dyn futures_io::AsyncWrite + Unpin> = Box::new(Vec::new());
    /// theirs.compat_write().write_all(b"hello").await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    fn compat_write(self) -> Compat<Self>
    where
        Self: Sized,
    {
        Compat::new(self)
    }
}

impl<T: futures_io::AsyncWrite> FuturesAsyncWriteCompatExt for T {}

/// `compat` for readers with the traits of this library.
///
/// # Examples
///
/// ```
/// use wakeful::io::compat::TokioAsyncReadCompatExt;
///
/// fn takes(_: impl futures_io::AsyncRead) {}
/// takes((&b"hello"[..]).compat());
/// ```
pub trait TokioAsyncReadCompatExt: AsyncRead {
    /// Gives the reader the traits of `futures`, `AsyncWrite` and `AsyncSeek` too if it has ours.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use wakeful::io::compat::TokioAsyncReadCompatExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let ours = std::io::Cursor::new(b"hello");
    /// let mut theirs = ours.compat();
    /// let mut buf = [0; 8];
    /// let n = std::future::poll_fn(|cx| {
    ///     futures_io::AsyncRead::poll_read(Pin::new(&mut theirs), cx, &mut buf)
    /// })
    /// .await?;
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    fn compat(self) -> Compat<Self>
    where
        Self: Sized,
    {
        Compat::new(self)
    }
}

impl<T: AsyncRead> TokioAsyncReadCompatExt for T {}

/// `compat_write` for writers with the traits of this library.
///
/// # Examples
///
/// ```
/// use wakeful::io::compat::TokioAsyncWriteCompatExt;
///
/// fn takes(_: impl futures_io::AsyncWrite) {}
/// takes(Vec::new().compat_write());
/// ```
pub trait TokioAsyncWriteCompatExt: AsyncWrite {
    /// Gives the writer the traits of `futures`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use wakeful::io::compat::TokioAsyncWriteCompatExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut theirs = std::io::Cursor::new(Vec::new()).compat_write();
    /// std::future::poll_fn(|cx| {
    ///     futures_io::AsyncWrite::poll_write(Pin::new(&mut theirs), cx, b"hello")
    /// })
    /// .await?;
    /// assert_eq!(theirs.into_inner().into_inner(), b"hello");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    fn compat_write(self) -> Compat<Self>
    where
        Self: Sized,
    {
        Compat::new(self)
    }
}

impl<T: AsyncWrite> TokioAsyncWriteCompatExt for T {}
