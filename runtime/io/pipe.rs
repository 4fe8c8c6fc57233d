//! Streams in memory: [`duplex`] and [`simplex`].
//!
//! ```text
//!   DuplexStream ── write ──> Pipe ── read ──> DuplexStream        SimplexStream: one Pipe,
//!        └───────── read <─── Pipe <── write ───────┘              both ends in one value
//! ```
//!
//! A [`Pipe`] is a queue of bytes with a bound, and the waker of whoever waits at either end.
//!
//! - **PI1** A reader waits only while the queue is empty and open, a writer only while it is full
//!   and open. Both leave their waker under the lock under which they see that.
//! - **PI2** Whoever changes that takes the other end's waker under the same lock and wakes it
//!   after: no wake is lost. A wake that finds nothing to do is harmless.
//! - **PI3** Wakers are cloned, woken and dropped outside the lock.

use super::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf, split};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::primitives::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

struct Pipe {
    state: Mutex<State>,
    /// In bytes; more than zero.
    capacity: usize,
    /// Where the pipe was made.
    site: Site,
}

#[derive(Default)]
struct State {
    /// Grows as it is written to, up to the capacity.
    bytes: VecDeque<u8>,
    /// No more bytes are written.
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Clone, Copy)]
enum End {
    Read,
    Write,
}

impl State {
    fn waker(&mut self, end: End) -> &mut Option<Waker> {
        match end {
            End::Read => &mut self.reader,
            End::Write => &mut self.writer,
        }
    }

    /// Moves bytes to `buf`.
    fn take(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.bytes.len().min(buf.remaining());
        let (front, back) = self.bytes.as_slices();
        let split = front.len().min(count);
        buf.put_slice(&front[..split]);
        buf.put_slice(&back[..count - split]);
        self.bytes.drain(..count);
    }
}

impl Pipe {
    #[track_caller]
    fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "`max_buf_size` must be greater than 0");
        Self {
            state: Mutex::new(State::default()),
            capacity,
            site: Site::here(),
        }
    }

    /// Does `attempt` under the lock, or waits until it can be done.
    ///
    /// When it was done, the other end is woken (PI2).
    fn poll<R>(
        &self,
        end: End,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&mut State) -> Poll<R>,
    ) -> Poll<R> {
        let spent = ready!(budget::poll_proceed(cx));
        let mut fresh: Option<Waker> = None;
        loop {
            let mut state = self.state.lock();
            if let Poll::Ready(result) = attempt(&mut state) {
                wake_both(state, end);
                spent.made_progress();
                return Poll::Ready(result);
            }
            let stored = state.waker(end);
            let known = stored
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()));
            if known || fresh.is_some() {
                let old = fresh.take().and_then(|waker| stored.replace(waker));
                drop(state);
                drop(old);
                break;
            }
            drop(state);
            fresh = Some(cx.waker().clone());
        }
        let kind = match end {
            End::Read => Kind::Readable,
            End::Write => Kind::Writable,
        };
        leaf::waiting(cx, kind, std::ptr::from_ref(self).addr(), self.site);
        Poll::Pending
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll(End::Read, cx, |state| {
            if state.bytes.is_empty() && !state.closed {
                return Poll::Pending;
            }
            state.take(buf);
            Poll::Ready(Ok(()))
        })
    }

    fn poll_write(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let empty = bufs.iter().all(|buf| buf.is_empty());
        self.poll(End::Write, cx, |state| {
            if state.closed {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            let room = self.capacity - state.bytes.len();
            if room == 0 && !empty {
                return Poll::Pending;
            }
            let mut left = room;
            for buf in bufs {
                let count = buf.len().min(left);
                state.bytes.extend(&buf[..count]);
                left -= count;
            }
            Poll::Ready(Ok(room - left))
        })
    }

    /// No more bytes are written. What is in the queue can still be read.
    fn close(&self, end: End) {
        let mut state = self.state.lock();
        state.closed = true;
        wake_both(state, end);
    }
}

/// Unlocks, wakes who waits at the other end, and forgets who waited at this one.
fn wake_both(mut state: MutexGuard<'_, State>, end: End) {
    let (reader, writer) = (state.reader.take(), state.writer.take());
    drop(state);
    let (own, other) = match end {
        End::Read => (reader, writer),
        End::Write => (writer, reader),
    };
    if let Some(waker) = other {
        waker.wake();
    }
    drop(own);
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Pipe")
            .field("held", &state.bytes.len())
            .field("capacity", &self.capacity)
            .field("closed", &state.closed)
            .finish()
    }
}

/// Makes two streams: what is written to one is read from the other.
///
/// `max_buf_size` is how many bytes can be written to one before a write waits for a read.
///
/// # Panics
///
/// If `max_buf_size` is zero.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut client, mut server) = wakeful::io::duplex(64);
/// client.write_all(b"ping").await?;
/// let mut buf = [0; 4];
/// server.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ping");
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn duplex(max_buf_size: usize) -> (DuplexStream, DuplexStream) {
    let one = Arc::new(Pipe::new(max_buf_size));
    let two = Arc::new(Pipe::new(max_buf_size));
    let first = DuplexStream {
        read: Arc::clone(&one),
        write: Arc::clone(&two),
        not_unwind_safe: PhantomData,
    };
    let second = DuplexStream {
        read: two,
        write: one,
        not_unwind_safe: PhantomData,
    };
    (first, second)
}

/// One of two streams in memory. Made by [`duplex`].
///
/// A shutdown or a drop ends the stream: the other side reads what was written and then the end.
/// After a drop its writes fail with `BrokenPipe`.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt, ErrorKind, duplex};
///
/// let (mut near, mut far) = duplex(64);
/// near.write_all(b"good-bye").await?;
/// drop(near);
/// let mut text = String::new();
/// far.read_to_string(&mut text).await?;
/// assert_eq!(text, "good-bye");
/// assert_eq!(far.write_all(b"?").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DuplexStream {
    read: Arc<Pipe>,
    write: Arc<Pipe>,
    /// A panic may leave half a message in it.
    not_unwind_safe: PhantomData<Box<dyn Send + Sync>>,
}

impl AsyncRead for DuplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.read.poll_read(cx, buf)
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        self.write.close(End::Write);
        self.read.close(End::Read);
    }
}

/// Makes a stream in one direction: what is written to one half is read from the other.
///
/// `max_buf_size` is how many bytes can be written before a write waits for a read. A drop of a
/// half does not end the stream: the writer's [`shutdown`](super::AsyncWriteExt::shutdown) does.
///
/// # Panics
///
/// If `max_buf_size` is zero.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut reader, mut writer) = wakeful::io::simplex(64);
/// writer.write_all(b"one way").await?;
/// writer.shutdown().await?;
/// let mut text = String::new();
/// reader.read_to_string(&mut text).await?;
/// assert_eq!(text, "one way");
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn simplex(max_buf_size: usize) -> (ReadHalf<SimplexStream>, WriteHalf<SimplexStream>) {
    split(SimplexStream::new_unsplit(max_buf_size))
}

/// A queue of bytes: what is written to it is read from it. Made by [`simplex`], in two halves.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt, simplex};
///
/// let (mut reader, mut writer) = simplex(64);
/// writer.write_all(b"hello").await?;
/// writer.shutdown().await?; // a drop alone does not end it
/// let mut text = String::new();
/// reader.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SimplexStream {
    pipe: Pipe,
}

impl SimplexStream {
    /// The queue in one piece. `max_buf_size` is as for [`simplex`].
    ///
    /// # Panics
    ///
    /// If `max_buf_size` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, SimplexStream};
    ///
    /// let mut queue = SimplexStream::new_unsplit(64);
    /// queue.write_u32(7).await?;
    /// assert_eq!(queue.read_u32().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn new_unsplit(max_buf_size: usize) -> SimplexStream {
        SimplexStream {
            pipe: Pipe::new(max_buf_size),
        }
    }
}

impl AsyncRead for SimplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pipe.poll_read(cx, buf)
    }
}

/// Writes into the pipe in the field `$field`.
macro_rules! write_to_pipe {
    ($target:ty, $field:ident) => {
        impl AsyncWrite for $target {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.$field.poll_write(cx, &[IoSlice::new(buf)])
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.$field.close(End::Write);
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.$field.poll_write(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    };
}

write_to_pipe!(DuplexStream, write);
write_to_pipe!(SimplexStream, pipe);
