//! What a `File` is doing: nothing, with a buffer at hand, or one call on the pool.
//!
//! At most one call of a file that moves its position is under way, and the buffer travels with it.
//! A call outlives the future that began it: whatever comes next finds it here and waits for it
//! first. So nothing that was read is lost by cancelling, and writes happen in their order.

use std::fs::File as StdFile;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, Seek, SeekFrom};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::buffer::Buffer;
use crate::budget;
use crate::engine::pool_call::{PoolCall, failed};
use crate::io::ReadBuf;
use crate::leaf::Site;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Stream {
    state: State,
    /// Why an accepted write failed, for the next write or flush. Something else saw it first.
    write_error: Option<ErrorKind>,
    /// Where the last seek that was waited for arrived.
    position: u64,
}

#[derive(Debug)]
enum State {
    /// The buffer may hold what was read and not given out.
    Idle(Buffer),
    Busy(PoolCall<(Outcome, Buffer)>),
}

impl Default for State {
    fn default() -> Self {
        State::Idle(Buffer::default())
    }
}

/// How a call ended.
#[derive(Debug)]
enum Outcome {
    Read(io::Result<()>),
    Write(io::Result<()>),
    Seek(io::Result<u64>),
    SetLen(io::Result<()>),
}

impl Stream {
    /// Starts a call with the buffer. The stream must be idle.
    #[track_caller]
    fn start(&mut self, site: Site, call: impl FnOnce(&mut Buffer) -> Outcome + Send + 'static) {
        let mut buffer = self.take_buffer();
        let call = PoolCall::start(site, move || (call(&mut buffer), buffer));
        self.state = State::Busy(call);
    }

    /// The buffer of an idle stream. If the caller does not put it back, it is a loss of memory to
    /// allocate anew and nothing else.
    fn take_buffer(&mut self) -> Buffer {
        match &mut self.state {
            State::Idle(buffer) => mem::take(buffer),
            State::Busy(_) => unreachable!("a call starts when the one before has ended"),
        }
    }

    /// Waits for the call under way. `None`: there is none.
    ///
    /// What concerns later operations is kept here: where a seek arrived.
    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Outcome>>> {
        let State::Busy(call) = &mut self.state else {
            return Poll::Ready(Ok(None));
        };
        let result = ready!(Pin::new(call).poll(cx));
        self.state = State::default();
        let (outcome, buffer) = result?;
        self.state = State::Idle(buffer);
        if let Outcome::Seek(Ok(position)) = outcome {
            self.position = position;
        }
        Poll::Ready(Ok(Some(outcome)))
    }

    /// Keeps the error of a write for whoever writes or flushes next.
    fn keep_write_error(&mut self, outcome: &Outcome) {
        if let Outcome::Write(Err(error)) = outcome {
            self.write_error = Some(error.kind());
        }
    }

    /// Waits until no call is under way.
    pub(super) async fn settle(&mut self) {
        poll_fn(|cx| {
            match ready!(self.poll_outcome(cx)) {
                Ok(Some(outcome)) => self.keep_write_error(&outcome),
                Ok(None) => {}
                Err(error) => self.write_error = Some(error.kind()),
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Gives out what was read before, or reads at most `limit` bytes into the buffer first.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        std: &Arc<StdFile>,
        to: &mut ReadBuf<'_>,
        limit: usize,
        site: Site,
    ) -> Poll<io::Result<()>> {
        loop {
            if let State::Idle(buffer) = &mut self.state {
                if !buffer.is_empty() || to.remaining() == 0 {
                    let spent = ready!(budget::poll_proceed(cx));
                    buffer.give(to);
                    spent.made_progress();
                    return Poll::Ready(Ok(()));
                }
                let (std, limit) = (Arc::clone(std), limit.min(to.remaining()));
                self.start(site, move |buffer| {
                    Outcome::Read(buffer.read_from(&*std, limit))
                });
            }
            match ready!(self.poll_outcome(cx))? {
                Some(Outcome::Read(result)) => {
                    result?;
                    // If nothing was read, this is the end of the file.
                    if let State::Idle(buffer) = &mut self.state {
                        buffer.give(to);
                    }
                    return Poll::Ready(Ok(()));
                }
                Some(outcome) => self.keep_write_error(&outcome),
                None => {}
            }
        }
    }

    /// Accepts at most `limit` bytes and starts to write them, from where the program is: what was
    /// read ahead is unread first.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        std: &Arc<StdFile>,
        pieces: &[IoSlice<'_>],
        limit: usize,
        site: Site,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        let mut buffer = self.take_buffer();
        let back = buffer.forget();
        let count = buffer.take(pieces, limit);
        let std = Arc::clone(std);
        let call = PoolCall::start_mandatory(site, move || {
            let result = move_by(&std, back).and_then(|()| buffer.write_to(&*std));
            buffer.forget();
            (Outcome::Write(result), buffer)
        });
        // The runtime is shut down: the bytes are not accepted.
        self.state = State::Busy(call.ok_or_else(failed)?);
        Poll::Ready(Ok(count))
    }

    /// Waits for the call under way, and reports the first write that failed since the last report.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(kind) = self.write_error.take() {
            return Poll::Ready(Err(kind.into()));
        }
        match ready!(self.poll_outcome(cx))? {
            Some(Outcome::Write(result)) => Poll::Ready(result),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Starts to move to `to`, seen from where the program is.
    #[track_caller]
    pub(super) fn start_seek(
        &mut self,
        std: &Arc<StdFile>,
        to: SeekFrom,
        site: Site,
    ) -> io::Result<()> {
        let State::Idle(buffer) = &mut self.state else {
            return Err(io::Error::other(
                "another operation is pending: call `poll_complete` before `start_seek`",
            ));
        };
        let back = buffer.forget();
        let std = Arc::clone(std);
        self.start(site, move |_| Outcome::Seek(seek(&std, back, to)));
        Ok(())
    }

    /// Waits for the seek that was started, and says where it arrived.
    pub(super) fn poll_seek(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        loop {
            match ready!(self.poll_outcome(cx))? {
                Some(Outcome::Seek(result)) => return Poll::Ready(result),
                Some(outcome) => self.keep_write_error(&outcome),
                None => return Poll::Ready(Ok(self.position)),
            }
        }
    }

    /// Gives the file another length. What was read ahead is unread: it may be gone.
    pub(super) async fn set_len(
        &mut self,
        std: &Arc<StdFile>,
        len: u64,
        site: Site,
    ) -> io::Result<()> {
        self.settle().await;
        let std = Arc::clone(std);
        self.start(site, move |buffer| {
            let unread = move_by(&std, buffer.forget());
            Outcome::SetLen(unread.and_then(|()| std.set_len(len)))
        });
        match poll_fn(|cx| self.poll_outcome(cx)).await? {
            Some(Outcome::SetLen(result)) => result,
            other => unreachable!("the call just started ended as {other:?}"),
        }
    }
}

/// Moves the file's position back over what the program has not seen.
fn move_by(mut std: &StdFile, back: i64) -> io::Result<()> {
    if back == 0 {
        // A pipe has no position, and needs none.
        return Ok(());
    }
    std.seek(SeekFrom::Current(back)).map(drop)
}

/// Moves to `to`, seen from `back` before the file's position. An error leaves the program where it
/// was.
fn seek(mut std: &StdFile, back: i64, to: SeekFrom) -> io::Result<u64> {
    let from_here = match to {
        // One call in place of two.
        SeekFrom::Current(by) => by.checked_add(back).map(SeekFrom::Current),
        SeekFrom::Start(_) | SeekFrom::End(_) => Some(to),
    };
    let result = match from_here {
        Some(to) => std.seek(to),
        // Farther back than can be said, so before the start.
        None => Err(ErrorKind::InvalidInput.into()),
    };
    result.or_else(|error| {
        move_by(std, back)?;
        Err(error)
    })
}
