//! One end of a connection, whose peer is a script.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use wakeful::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the peer makes of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// So many bytes at most.
    Most(usize),
    /// Not yet, but at once.
    Later,
    Interrupted,
    Fails(ErrorKind),
    /// A read that waits for so many bytes of ours: the peer answers. They have to be flushed.
    Answer(usize),
    /// A read that waits for our shutdown: the peer answers at the end.
    AnswerAtEnd,
}

/// Calls that have no step left go through whole.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    /// What the peer sends, and how much of it was read.
    input: Vec<u8>,
    pub(crate) read: usize,
    pub(crate) reads: VecDeque<Step>,
    pub(crate) writes: VecDeque<Step>,
    /// Of flushes and shutdowns.
    pub(crate) flushes: VecDeque<Step>,
    pub(crate) written: Vec<u8>,
    pub(crate) flushed: usize,
    pub(crate) shutdowns: usize,
    pub(crate) saw_end: bool,
    reader: Option<Waker>,
    /// Of both ends: after an error nobody is asked for anything.
    failed: Rc<Cell<Option<ErrorKind>>>,
    /// Errors are passed on, and it goes on.
    pub(crate) goes_on: bool,
}

impl Socket {
    pub(crate) fn new(input: &[u8], reads: &[Step], writes: &[Step], flushes: &[Step]) -> Self {
        Self {
            input: input.to_vec(),
            reads: reads.iter().copied().collect(),
            writes: writes.iter().copied().collect(),
            flushes: flushes.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// Fails together with another.
    pub(crate) fn with(mut self, other: &Socket) -> Self {
        self.failed = Rc::clone(&other.failed);
        self
    }

    pub(crate) fn failure(&self) -> Option<ErrorKind> {
        self.failed.get()
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.input[self.read..]
    }

    fn step(&self, step: Option<Step>, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        assert!(
            self.goes_on || self.failed.get().is_none(),
            "asked for more after an error"
        );
        match step {
            None => Poll::Ready(Ok(usize::MAX)),
            Some(Step::Most(most)) => Poll::Ready(Ok(most)),
            Some(Step::Interrupted) => Poll::Ready(Err(ErrorKind::Interrupted.into())),
            Some(Step::Fails(kind)) => {
                self.failed.set(Some(kind));
                Poll::Ready(Err(kind.into()))
            }
            Some(Step::Later | Step::Answer(_) | Step::AnswerAtEnd) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_answered(&self, step: Step) -> bool {
        match step {
            Step::Answer(bytes) => self.flushed >= bytes,
            Step::AnswerAtEnd => self.shutdowns > 0,
            _ => true,
        }
    }

    /// The peer may have waited for this.
    fn wake_reader(&mut self) {
        if self
            .reads
            .front()
            .is_none_or(|&step| self.is_answered(step))
        {
            if let Some(waker) = self.reader.take() {
                waker.wake();
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        assert!(!self.saw_end || self.goes_on, "read after the end");
        if let Some(&step @ (Step::Answer(_) | Step::AnswerAtEnd)) = self.reads.front() {
            if !self.is_answered(step) {
                self.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            self.reads.pop_front();
        }
        let step = self.reads.pop_front();
        let most = std::task::ready!(self.step(step, cx))?;
        let this = &mut *self;
        let count = most.min(buf.remaining()).min(this.input.len() - this.read);
        buf.put_slice(&this.input[this.read..this.read + count]);
        this.read += count;
        this.saw_end |= count == 0 && buf.remaining() > 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert_eq!(self.shutdowns, 0, "written to after the shutdown");
        let step = self.writes.pop_front();
        let most = std::task::ready!(self.step(step, cx))?;
        let count = most.min(buf.len());
        self.written.extend_from_slice(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = self.flushes.pop_front();
        std::task::ready!(self.step(step, cx))?;
        self.flushed = self.written.len();
        self.wake_reader();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = self.flushes.pop_front();
        std::task::ready!(self.step(step, cx))?;
        self.flushed = self.written.len();
        self.shutdowns += 1;
        self.wake_reader();
        Poll::Ready(Ok(()))
    }
}

/// A script. With `fails` some steps are errors that end it.
pub(crate) fn steps(interrupted: u32, fails: u32) -> impl Strategy<Value = Vec<Step>> {
    let kinds = [
        ErrorKind::ConnectionReset,
        ErrorKind::BrokenPipe,
        ErrorKind::Other,
    ];
    let step = prop_oneof![
        12 => (1_usize..9).prop_map(Step::Most),
        4 => Just(Step::Most(usize::MAX)),
        6 => Just(Step::Later),
        interrupted => Just(Step::Interrupted),
        fails => prop::sample::select(kinds.to_vec()).prop_map(Step::Fails),
    ];
    prop::collection::vec(step, 0..40)
}

/// Bytes, no two near each other the same.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    (0_usize..120, any::<u8>())
        .prop_map(|(length, from)| (0..length).map(|at| from.wrapping_add(at as u8)).collect())
}
