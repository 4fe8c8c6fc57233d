//! `AsyncWrite`: where bytes go. Called by every writer in [`io`](super); calls nothing.

use std::io::{self, Cursor, IoSlice, Write as _};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A destination for bytes that can say "not yet".
///
/// The asynchronous counterpart of [`std::io::Write`]. Programs call the methods of
/// [`AsyncWriteExt`](super::AsyncWriteExt); a stream implements this one.
///
/// # Examples
///
/// ```
/// use wakeful::io::{self, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut page = Vec::new(); // a Vec is a writer that never waits
/// page.write_all(b"one line\n").await?;
/// assert_eq!(page, b"one line\n");
/// # Ok::<(), io::Error>(()) }).unwrap();
/// ```
pub trait AsyncWrite {
    /// Writes a part of `buf`, at least one byte if it can, and says how many bytes it took.
    ///
    /// `Ready(Ok(0))` means that the writer takes no more bytes, or that `buf` is empty.
    /// On `Pending` nothing was taken and the task is woken when another attempt may succeed.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. Nothing was taken then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncWrite;
    ///
    /// let mut writer = std::io::Cursor::new([0; 4]);
    /// let took = poll_fn(|cx| Pin::new(&mut writer).poll_write(cx, b"hello")).await?;
    /// assert_eq!(took, 4); // there is no room for more
    /// # Ok(())
    /// # }
    /// ```
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Passes on everything the writer itself still holds.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncWrite, AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"hello").await?;
    /// poll_fn(|cx| Pin::new(&mut writer).poll_flush(cx)).await?;
    /// assert_eq!(writer.get_ref(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the stream: flushes, and tells the other side that no more bytes come.
    ///
    /// After `Ready(Ok(()))` a write is an error or is lost. It must be safe to call this again.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncReadExt, AsyncWrite, duplex};
    ///
    /// let (mut near, mut far) = duplex(64);
    /// poll_fn(|cx| Pin::new(&mut near).poll_shutdown(cx)).await?;
    /// assert_eq!(far.read(&mut [0; 4]).await?, 0); // the end
    /// # Ok(())
    /// # }
    /// ```
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Like [`poll_write`](Self::poll_write) with the bytes in several pieces.
    ///
    /// The default writes from the first piece that is not empty.
    ///
    /// # Errors
    ///
    /// Those of `poll_write`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::future::poll_fn;
    /// use std::io::IoSlice;
    /// use std::pin::Pin;
    /// use wakeful::io::AsyncWrite;
    ///
    /// let mut out = Vec::new();
    /// let pieces = [IoSlice::new(b"head, "), IoSlice::new(b"body")];
    /// poll_fn(|cx| Pin::new(&mut out).poll_write_vectored(cx, &pieces)).await?;
    /// assert_eq!(out, b"head, body");
    /// # Ok(())
    /// # }
    /// ```
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[][..], |buf| &**buf))
    }

    /// True if [`poll_write_vectored`](Self::poll_write_vectored) does better than the default,
    /// so that it pays not to copy the pieces together first.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWrite;
    ///
    /// assert!(Vec::<u8>::new().is_write_vectored());
    /// ```
    fn is_write_vectored(&self) -> bool {
        false
    }
}

/// The five methods, each passed on to what `$inner` makes of `self`.
macro_rules! write_through {
    (|$this:ident| $inner:expr) => {
        fn poll_write(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let $this = self;
            $inner.poll_write(cx, buf)
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let $this = self;
            $inner.poll_flush(cx)
        }

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let $this = self;
            $inner.poll_shutdown(cx)
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bufs: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let $this = self;
            $inner.poll_write_vectored(cx, bufs)
        }
    };
}
pub(super) use write_through;

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for Box<T> {
    write_through!(|this| Pin::new(&mut **this.get_mut()));

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for &mut T {
    write_through!(|this| Pin::new(&mut **this.get_mut()));

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

impl<P> AsyncWrite for Pin<P>
where
    P: DerefMut<Target: AsyncWrite>,
{
    write_through!(|this| this.as_deref_mut());

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

/// A writer into memory: std's own impl does the work, nothing waits, flush and shutdown are
/// no-ops.
macro_rules! write_to_memory {
    ($($target:ty $(where [$($generics:tt)*])?;)*) => {$(
        impl $(<$($generics)*>)? AsyncWrite for $target {
            fn poll_write(
                self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(self.get_mut().write(buf))
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(self.get_mut().write_vectored(bufs))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    )*};
}

write_to_memory! {
    Vec<u8>;
    Cursor<&mut [u8]>;
    Cursor<&mut Vec<u8>>;
    Cursor<Vec<u8>>;
    Cursor<Box<[u8]>>;
    Cursor<[u8; N]> where [const N: usize];
}
