//! Tests of `io` by module, and what they share: an executor of one future, a scripted stream,
//! wakers that count or strike back.

mod buffered;
mod copying;
mod halves;
mod lines;
mod memory;
mod pipes;
mod reading;
pub(super) mod striking;
mod writing;

use super::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf, SeekFrom};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread. A wake that does not come within 10 s is a lost one.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        let limit = Duration::from_secs(10);
        let start = Instant::now();
        thread::park_timeout(limit);
        assert!(start.elapsed() < limit, "lost wake");
    }
}

/// Polls once with a waker that does nothing.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Counts its wakes.
#[derive(Default)]
pub(super) struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    pub(super) fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (Arc::clone(&count), Waker::from(count))
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A read finds these bytes, in as many reads as it takes.
    Data(Vec<u8>),
    /// A write takes no more than this.
    Take(usize),
    /// "Not yet", and a wake at once.
    Pending,
    Fail(io::ErrorKind),
}

/// A stream that does what its script says: then reads find the end and writes take all.
#[derive(Debug, Default)]
struct Script {
    reads: VecDeque<Step>,
    writes: VecDeque<Step>,
    written: Vec<u8>,
    /// What was written, each time it was flushed.
    flushed: Vec<usize>,
    shutdowns: usize,
    reads_at_end: usize,
    vectored: bool,
}

impl Script {
    fn reads(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            reads: steps.into_iter().collect(),
            ..Self::default()
        }
    }

    fn writes(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            writes: steps.into_iter().collect(),
            ..Self::default()
        }
    }

    fn accept(&mut self, cx: &Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let most = match self.writes.pop_front() {
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Fail(kind)) => return Poll::Ready(Err(kind.into())),
            Some(Step::Take(most)) => most,
            Some(Step::Data(_)) => panic!("a read step among the writes"),
            None => usize::MAX,
        };
        let mut left = most;
        for buf in bufs {
            let count = buf.len().min(left);
            self.written.extend_from_slice(&buf[..count]);
            left -= count;
        }
        Poll::Ready(Ok(most - left))
    }
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.reads.pop_front() {
            Some(Step::Data(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(buf.remaining()));
                buf.put_slice(&bytes);
                if !rest.is_empty() {
                    self.reads.push_front(Step::Data(rest));
                }
                Poll::Ready(Ok(()))
            }
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Fail(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Take(_)) => panic!("a write step among the reads"),
            None => {
                self.reads_at_end += 1;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.accept(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = self.written.len();
        self.flushed.push(written);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdowns += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        assert!(self.vectored, "asked for what it does not offer");
        self.accept(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }
}

/// A reader that answers with a buffer of its own instead of the one it was given.
struct Exchanger;

impl AsyncRead for Exchanger {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *buf = ReadBuf::new(Box::leak(vec![7; 16].into_boxed_slice()));
        buf.advance(16);
        Poll::Ready(Ok(()))
    }
}

/// Text with many line ends, and broken UTF-8 now and then.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => Just(b"a".to_vec()),
        3 => Just(b"\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        2 => Just("é".as_bytes().to_vec()),
        2 => Just(vec![b'x'; 40]),
        1 => prop::collection::vec(0x80_u8..=0xff, 0..2),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// `bytes` as a script of reads, cut at random, with interruptions in between.
fn cut(bytes: Vec<u8>, cuts: &[(usize, u8)]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = &bytes[..];
    for (length, between) in cuts {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*length).min(rest.len()));
        steps.push(Step::Data(now.to_vec()));
        rest = later;
        match between % 4 {
            0 => steps.push(Step::Pending),
            1 => steps.push(Step::Fail(io::ErrorKind::Interrupted)),
            _ => {}
        }
    }
    if !rest.is_empty() {
        steps.push(Step::Data(rest.to_vec()));
    }
    steps
}

fn cuts() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((1_usize..9, any::<u8>()), 0..40)
}

/// A script of partial, late and interrupted writes.
fn write_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_usize..9).prop_map(Step::Take),
        1 => Just(Step::Pending),
        1 => Just(Step::Fail(io::ErrorKind::Interrupted)),
    ];
    prop::collection::vec(step, 0..60)
}
