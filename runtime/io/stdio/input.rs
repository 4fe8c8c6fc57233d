//! A thread that reads from what blocks, one read at a time and only when it is asked to.
//!
//! It belongs to no runtime, and nobody joins it: a read that never returns holds up nothing. What
//! it has read stays here until somebody takes it, whoever asked.
//!
//! ```text
//!   Idle ── poll_read ──> Asked ── the thread ──> Reading ── it returns ──> Done ── taken ──> Idle
//! ```
//!
//! A reader that finds another's request or read under way waits for its end with it. If nothing is
//! left then, it asks itself.
//!
//! Wakers are woken, cloned and dropped outside of the lock.

use std::cmp::min;
use std::fmt;
use std::io::{self, ErrorKind};
use std::mem;
use std::ops::ControlFlow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::thread;

use crate::budget;
use crate::engine::blocking::survive;
use crate::io::ReadBuf;
use crate::leaf::{self, Kind, Site};
use crate::primitives::{Condvar, Mutex};

/// The most bytes of one read.
const MAX_READ: usize = 2 * 1024 * 1024;

/// Reads once into the slice; it may block for ever.
pub(super) type Source = dyn Fn(&mut [u8]) -> io::Result<usize> + Send + Sync;

/// See the module.
pub(super) struct Input {
    source: Box<Source>,
    state: Mutex<State>,
    asked: Condvar,
}

// No panic of a waker or of the source leaves anything half done: none comes under the lock.
impl UnwindSafe for Input {}
impl RefUnwindSafe for Input {}

#[derive(Default)]
struct State {
    read: Read,
    has_thread: bool,
    next_reader: u64,
    /// Those who wait, each with the last waker it polled with.
    waiting: Vec<(u64, Waker)>,
}

#[derive(Default)]
enum Read {
    #[default]
    Idle,
    /// For at most so many bytes.
    Asked(usize),
    Reading,
    /// What came, and how much of it is taken. Nothing: the end of the stream.
    Done(io::Result<Vec<u8>>, usize),
}

impl Input {
    pub(super) fn new(source: Box<Source>) -> Arc<Self> {
        Arc::new(Self {
            source,
            state: Mutex::new(State::default()),
            asked: Condvar::new(),
        })
    }

    /// A number for one who reads.
    pub(super) fn reader(&self) -> u64 {
        let mut state = self.state.lock();
        state.next_reader += 1;
        state.next_reader
    }

    /// The reader is gone: it waits no more.
    pub(super) fn leave(&self, reader: u64) {
        let mut state = self.state.lock();
        let waker = state.forget(reader);
        drop(state);
        drop(waker);
    }

    pub(super) fn poll_read(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        reader: u64,
        buf: &mut ReadBuf<'_>,
        site: Site,
    ) -> Poll<io::Result<()>> {
        let spent = ready!(budget::poll_proceed(cx));
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let (taken, old) = {
            let mut state = self.state.lock();
            (state.take(buf), state.forget(reader))
        };
        let waker = match (taken, old) {
            (ControlFlow::Break(result), old) => {
                drop(old);
                spent.made_progress();
                return Poll::Ready(result);
            }
            (ControlFlow::Continue(()), Some(old)) if old.will_wake(cx.waker()) => old,
            (ControlFlow::Continue(()), _) => cx.waker().clone(),
        };
        // Meanwhile the thread may have finished.
        let mut state = self.state.lock();
        if let ControlFlow::Break(result) = state.take(buf) {
            drop(state);
            drop(waker);
            spent.made_progress();
            return Poll::Ready(result);
        }
        if matches!(state.read, Read::Idle) {
            if let Err(error) = self.start_thread(&mut state) {
                drop(state);
                drop(waker);
                return Poll::Ready(Err(error));
            }
            state.read = Read::Asked(min(buf.remaining(), MAX_READ));
            self.asked.notify_one();
        }
        state.waiting.push((reader, waker));
        drop(state);
        leaf::waiting(cx, Kind::Readable, 0, site);
        Poll::Pending
    }

    fn start_thread(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if !state.has_thread {
            let input = Arc::clone(self);
            let thread = thread::Builder::new().name("wakeful-stdin".into());
            thread.spawn(move || input.run())?;
            state.has_thread = true;
        }
        Ok(())
    }

    /// The life of the thread: as long as the process.
    fn run(&self) {
        let mut state = self.state.lock();
        loop {
            let Read::Asked(limit) = state.read else {
                state = self.asked.wait(state);
                continue;
            };
            state.read = Read::Reading;
            drop(state);
            let result = self.read(limit);
            state = self.state.lock();
            state.read = Read::Done(result, 0);
            let waiting = mem::take(&mut state.waiting);
            drop(state);
            for (_, waker) in waiting {
                survive(|| waker.wake());
            }
            state = self.state.lock();
        }
    }

    fn read(&self, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; limit];
        let count = loop {
            match (self.source)(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        bytes.truncate(count);
        Ok(bytes)
    }
}

impl State {
    /// Takes of what was read as much as there is room for. An error, or the end, is taken once.
    fn take(&mut self, buf: &mut ReadBuf<'_>) -> ControlFlow<io::Result<()>> {
        let Read::Done(result, taken) = &mut self.read else {
            return ControlFlow::Continue(());
        };
        if let Ok(bytes) = result {
            let count = min(bytes.len() - *taken, buf.remaining());
            buf.put_slice(&bytes[*taken..*taken + count]);
            *taken += count;
            if *taken < bytes.len() {
                return ControlFlow::Break(Ok(()));
            }
        }
        match mem::take(&mut self.read) {
            Read::Done(result, _) => ControlFlow::Break(result.map(drop)),
            _ => unreachable!("it was done, and we hold the lock"),
        }
    }

    fn forget(&mut self, reader: u64) -> Option<Waker> {
        let index = self
            .waiting
            .iter()
            .position(|(other, _)| *other == reader)?;
        Some(self.waiting.swap_remove(index).1)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}
