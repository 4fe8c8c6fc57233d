//! [`split`]: one stream with two owners, one that reads and one that writes.
//!
//! Called by user code and by [`simplex`](super::simplex). The stream lies in a slot that both
//! halves share. A half that is polled takes it out, polls it, and puts it back:
//!
//! ```text
//!            lock          no lock: the stream's own code runs         lock
//!   poll ──> take stream ─────────────> poll it ─────────────────────> put it back ──> wake
//!              │ not there: the other half is polling it                                ^
//!              └─ leave a waker, return Pending ────────────────────────────────────────┘
//! ```
//!
//! - **SP1** Whoever takes the stream puts it back, also when it panics (a drop guard).
//! - **SP2** A half leaves its waker under the same lock under which it sees the slot empty, and
//!   the other one takes all wakers under the lock under which it fills the slot: no wake is
//!   lost.
//! - **SP3** Neither the stream's code nor a waker's runs under the lock, so that a waker may use
//!   the other half.
//!
//! Absent on purpose: blocking. Where two threads poll both halves at once, one of them is polled
//! again; neither thread sleeps.

use super::{AsyncRead, AsyncWrite, ReadBuf};
use crate::leaf::{self, Kind, Site};
use crate::primitives::Mutex;
use std::fmt;
use std::io::{self, IoSlice};
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Splits a stream into a half that reads and a half that writes.
///
/// The halves may go to different tasks. [`unsplit`](ReadHalf::unsplit) joins them again. Dropping
/// a half does nothing to the stream: to end it, shut the write half down, or drop both.
///
/// The sockets of `net` have halves of their own, which share nothing that is taken in turns:
/// prefer those.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (here, mut there) = wakeful::io::duplex(64);
/// let (mut reader, mut writer) = wakeful::io::split(here);
/// writer.write_all(b"ping").await?;
/// there.write_all(b"pong").await?;
/// assert_eq!(reader.read_u32().await?, u32::from_be_bytes(*b"pong"));
/// let _here = reader.unsplit(writer);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn split<T>(stream: T) -> (ReadHalf<T>, WriteHalf<T>)
where
    T: AsyncRead + AsyncWrite,
{
    let shared = Arc::new(Shared {
        vectored: stream.is_write_vectored(),
        site: Site::here(),
        slot: Mutex::new(Slot {
            stream: Some(Box::pin(stream)),
            reader: None,
            writer: None,
        }),
    });
    let reader = ReadHalf {
        shared: Arc::clone(&shared),
        stream: PhantomData,
    };
    let writer = WriteHalf {
        shared,
        stream: PhantomData,
    };
    (reader, writer)
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    vectored: bool,
    /// Where `split` was called.
    site: Site,
}

struct Slot<T> {
    /// None while a half polls it. Boxed: it must not move once polled.
    stream: Option<Pin<Box<T>>>,
    /// The half that found the slot empty.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Clone, Copy)]
enum Side {
    Read,
    Write,
}

impl<T> Slot<T> {
    fn waker(&mut self, side: Side) -> &mut Option<Waker> {
        match side {
            Side::Read => &mut self.reader,
            Side::Write => &mut self.writer,
        }
    }
}

impl<T> Shared<T> {
    /// Polls the stream, alone.
    fn poll<R>(
        &self,
        side: Side,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Some(mut taken) = self.take(side, cx) else {
            let kind = match side {
                Side::Read => Kind::Readable,
                Side::Write => Kind::Writable,
            };
            leaf::waiting(cx, kind, std::ptr::from_ref(self).addr(), self.site);
            return Poll::Pending;
        };
        match &mut taken.stream {
            Some(stream) => poll(stream.as_mut(), cx),
            None => unreachable!("the stream is put back on drop only (SP1)"),
        }
    }

    /// Takes the stream out of the slot, or leaves the waker there (SP2).
    fn take(&self, side: Side, cx: &Context<'_>) -> Option<Taken<'_, T>> {
        let mut fresh: Option<Waker> = None;
        loop {
            let mut slot = self.slot.lock();
            if let Some(stream) = slot.stream.take() {
                return Some(Taken {
                    shared: self,
                    stream: Some(stream),
                });
            }
            let stored = slot.waker(side);
            if stored
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                return None;
            }
            if let Some(waker) = fresh.take() {
                let old = stored.replace(waker);
                drop(slot);
                drop(old);
                return None;
            }
            drop(slot);
            fresh = Some(cx.waker().clone());
        }
    }
}

/// The stream, while one half has it.
struct Taken<'a, T> {
    shared: &'a Shared<T>,
    stream: Option<Pin<Box<T>>>,
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        let mut slot = self.shared.slot.lock();
        slot.stream = self.stream.take();
        let wakers = [slot.reader.take(), slot.writer.take()];
        drop(slot);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

/// The half that reads. Made by [`split`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
///
/// let (stream, mut far) = duplex(64);
/// let (mut reader, _writer) = split(stream);
/// let task = wakeful::spawn(async move { reader.read_u8().await });
/// far.write_u8(7).await?;
/// assert_eq!(task.await??, 7);
/// # Ok(())
/// # }
/// ```
pub struct ReadHalf<T> {
    shared: Arc<Shared<T>>,
    /// `Sync` if the stream is.
    stream: PhantomData<T>,
}

/// The half that writes. Made by [`split`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
///
/// let (stream, mut far) = duplex(64);
/// let (_reader, mut writer) = split(stream);
/// wakeful::spawn(async move { writer.write_u8(7).await });
/// assert_eq!(far.read_u8().await?, 7);
/// # Ok(())
/// # }
/// ```
pub struct WriteHalf<T> {
    shared: Arc<Shared<T>>,
    /// `Sync` if the stream is.
    stream: PhantomData<T>,
}

// The stream is boxed, and is put back after a poll that panics (SP1).
impl<T> Unpin for ReadHalf<T> {}
impl<T> Unpin for WriteHalf<T> {}
impl<T> UnwindSafe for ReadHalf<T> {}
impl<T> UnwindSafe for WriteHalf<T> {}
impl<T> RefUnwindSafe for ReadHalf<T> {}
impl<T> RefUnwindSafe for WriteHalf<T> {}

impl<T> ReadHalf<T> {
    /// True if both halves are of the same stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{duplex, split};
    ///
    /// let (one, other) = duplex(64);
    /// let ((reader, writer), (_, other_writer)) = (split(one), split(other));
    /// assert!(reader.is_pair_of(&writer));
    /// assert!(!reader.is_pair_of(&other_writer));
    /// ```
    pub fn is_pair_of(&self, other: &WriteHalf<T>) -> bool {
        other.is_pair_of(self)
    }

    /// Joins both halves to the stream they were split from.
    ///
    /// Only for streams that may move ([`Unpin`]), as this moves it out of where it was pinned.
    ///
    /// # Panics
    ///
    /// If the halves are not of the same stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
    ///
    /// let (near, mut far) = duplex(64);
    /// let (reader, mut writer) = split(near);
    /// writer.write_u8(7).await?;
    /// let mut near = reader.unsplit(writer);
    /// near.write_u8(8).await?;
    /// assert_eq!(far.read_u16().await?, 0x0708);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn unsplit(self, wr: WriteHalf<T>) -> T
    where
        T: Unpin,
    {
        assert!(
            self.is_pair_of(&wr),
            "Unrelated `split::Write` passed to `split::Read::unsplit`."
        );
        drop(wr);
        let stream = self.shared.slot.lock().stream.take();
        match stream {
            Some(stream) => *Pin::into_inner(stream),
            // Both halves are here, so none of them polls.
            None => unreachable!("the stream is back in its slot (SP1)"),
        }
    }
}

impl<T> WriteHalf<T> {
    /// True if both halves are of the same stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{duplex, split};
    ///
    /// let (reader, writer) = split(duplex(64).0);
    /// assert!(writer.is_pair_of(&reader));
    /// ```
    pub fn is_pair_of(&self, other: &ReadHalf<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T: AsyncRead> AsyncRead for ReadHalf<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.shared
            .poll(Side::Read, cx, |stream, cx| stream.poll_read(cx, buf))
    }
}

impl<T: AsyncWrite> AsyncWrite for WriteHalf<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared
            .poll(Side::Write, cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared
            .poll(Side::Write, cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared
            .poll(Side::Write, cx, |stream, cx| stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll(Side::Write, cx, |stream, cx| {
            stream.poll_write_vectored(cx, bufs)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.shared.vectored
    }
}

impl<T> fmt::Debug for ReadHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WriteHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}

/// What is pinned stays where it is:
///
/// ```compile_fail,E0277
/// use std::marker::PhantomPinned;
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use wakeful::io::{self, AsyncRead, AsyncWrite, ReadBuf};
///
/// struct Pinned(PhantomPinned);
///
/// impl AsyncRead for Pinned {
///     fn poll_read(
///         self: Pin<&mut Self>,
///         _cx: &mut Context<'_>,
///         _buf: &mut ReadBuf<'_>,
///     ) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
/// }
///
/// impl AsyncWrite for Pinned {
///     fn poll_write(
///         self: Pin<&mut Self>,
///         _cx: &mut Context<'_>,
///         buf: &[u8],
///     ) -> Poll<io::Result<usize>> {
///         Poll::Ready(Ok(buf.len()))
///     }
///     fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
///     fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
/// }
///
/// let (reader, writer) = io::split(Pinned(PhantomPinned));
/// let _ = reader.unsplit(writer); // error: `PhantomPinned` cannot be unpinned
/// ```
#[cfg(doctest)]
fn r51_unsplit_takes_only_what_may_move() {}
