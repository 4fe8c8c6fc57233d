//! One direction of a connection: bytes on their way, and what may befall them.
//!
//! Each write has a delay of its own, and arrives when those before it have. Wakers are cloned,
//! woken and dropped outside of the lock.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::budget;
use crate::chance;
use crate::io::ReadBuf;
use crate::leaf::{self, Kind, Site};
use crate::primitives::Mutex;
use crate::time::{Instant, Sleep, sleep_until};

/// Bytes that may be on their way at a time. Little, so that writers have to wait, too.
const CAPACITY: usize = 4096;
/// Reads and writes for one that moves fewer bytes than it could.
const PARTIAL: usize = 3;

#[derive(Debug)]
pub(super) struct Link(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    flying: VecDeque<Segment>,
    /// Bytes in `flying`.
    held: usize,
    /// The writer sends no more.
    is_ended: bool,
    /// The reader is gone.
    is_deaf: bool,
    is_reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// What one write sent. Nothing is the end.
#[derive(Debug)]
struct Segment {
    arrives: Instant,
    bytes: VecDeque<u8>,
}

/// Whom a change wakes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wakes {
    Reader,
    Writer,
    Both,
}

/// A reader's timer, kept from poll to poll.
pub(super) type Clock = Option<Pin<Box<Sleep>>>;

impl Link {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::default()))
    }

    /// Changes the state, and wakes whoever waits at these ends.
    fn change<R>(&self, wakes: Wakes, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.0.lock();
        let result = change(&mut state);
        let reader = state.reader.take_if(|_| wakes != Wakes::Writer);
        let writer = state.writer.take_if(|_| wakes != Wakes::Reader);
        drop(state);
        let woken = [reader, writer].into_iter().flatten();
        woken.for_each(Waker::wake);
        result
    }

    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        clock: &mut Clock,
        site: Site,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let spent = ready!(budget::poll_proceed(cx));
        loop {
            // First, so that nothing falls between the look and the wait.
            let waker = cx.waker().clone();
            let old = self.0.lock().reader.replace(waker);
            drop(old);
            let arrives = match self.receive(buf) {
                Ok(result) => {
                    spent.made_progress();
                    return Poll::Ready(result);
                }
                Err(arrives) => arrives,
            };
            let Some(arrives) = arrives else {
                leaf::waiting(cx, Kind::Readable, std::ptr::from_ref(self).addr(), site);
                return Poll::Pending;
            };
            match clock {
                Some(clock) => clock.as_mut().reset(arrives),
                None => *clock = Some(Box::pin(sleep_until(arrives))),
            }
            if let Some(clock) = clock {
                ready!(clock.as_mut().poll(cx));
            }
        }
    }

    /// Reads what is there. `Err` tells when something will be, if that is known.
    fn receive(&self, buf: &mut ReadBuf<'_>) -> Result<io::Result<()>, Option<Instant>> {
        let mut state = self.0.lock();
        if state.is_reset {
            return Ok(Err(ErrorKind::ConnectionReset.into()));
        }
        let Some(first) = state.flying.front_mut() else {
            return Err(None);
        };
        if first.arrives > Instant::now() {
            return Err(Some(first.arrives));
        }
        if first.bytes.is_empty() {
            return Ok(Ok(()));
        }
        let count = some_of(first.bytes.len().min(buf.remaining()));
        for byte in first.bytes.drain(..count) {
            buf.put_slice(&[byte]);
        }
        let is_read = first.bytes.is_empty();
        drop(state);
        self.change(Wakes::Writer, |state| {
            state.held -= count;
            if is_read {
                state.flying.pop_front();
            }
        });
        Ok(Ok(()))
    }

    pub(super) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        delay: Duration,
        site: Site,
    ) -> Poll<io::Result<usize>> {
        let spent = ready!(budget::poll_proceed(cx));
        let waker = cx.waker().clone();
        let old = self.0.lock().writer.replace(waker);
        drop(old);
        let wanted: usize = bufs.iter().map(|buf| buf.len()).sum();
        let sent = {
            let state = self.0.lock();
            let room = CAPACITY - state.held;
            match () {
                () if state.is_reset => Err(ErrorKind::ConnectionReset.into()),
                () if state.is_ended || state.is_deaf => Err(ErrorKind::BrokenPipe.into()),
                () if wanted == 0 => Ok(0),
                () if room == 0 => {
                    drop(state);
                    leaf::waiting(cx, Kind::Writable, std::ptr::from_ref(self).addr(), site);
                    return Poll::Pending;
                }
                () => Ok(some_of(wanted.min(room))),
            }
        };
        if let Ok(count @ 1..) = sent {
            let bytes = bufs.iter().flat_map(|buf| buf.iter().copied());
            self.send(bytes.take(count).collect(), delay);
        }
        spent.made_progress();
        Poll::Ready(sent)
    }

    fn send(&self, bytes: VecDeque<u8>, delay: Duration) {
        let arrives = Instant::now() + some_delay(delay);
        self.change(Wakes::Reader, |state| {
            state.held += bytes.len();
            state.flying.push_back(Segment { arrives, bytes });
        });
    }

    /// The writer sends no more. What is on its way arrives.
    pub(super) fn end(&self, delay: Duration) {
        let end = |state: &mut State| std::mem::replace(&mut state.is_ended, true);
        let was_ended = self.change(Wakes::Writer, end);
        if !was_ended {
            self.send(VecDeque::new(), delay);
        }
    }

    /// The reader is gone.
    pub(super) fn deafen(&self) {
        self.change(Wakes::Writer, |state| state.is_deaf = true);
    }

    /// What is on its way is lost.
    pub(super) fn reset(&self) {
        self.change(Wakes::Both, |state| state.is_reset = true);
    }
}

/// So many, or fewer, but not none.
fn some_of(count: usize) -> usize {
    match chance::one_in(PARTIAL) {
        true => 1 + chance::first(count),
        false => count,
    }
}

/// Any whole number of milliseconds up to `longest`.
pub(super) fn some_delay(longest: Duration) -> Duration {
    let millis = usize::try_from(longest.as_millis()).unwrap_or(usize::MAX - 1);
    Duration::from_millis(chance::first(millis.saturating_add(1)) as u64)
}
