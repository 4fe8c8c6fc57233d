//! What all ends of a channel share: the messages, who waits for them, and how many ends there are.
//!
//! ```text
//!   senders --- room (permits) ---> queue: m m m m m ---> receivers
//!                                          +-+           told: one message each
//!                                       promised         queued: in a list, first come first told
//! ```
//!
//! Invariants, each about a channel that is not closed:
//! - MP1. At most as many messages are promised as there are. A receiver that was told has one
//!   promised, until it takes one or leaves.
//! - MP2. While a receiver is queued, every message is promised: nobody overtakes it.
//!
//! A channel that closes takes all promises back and calls everybody. From then on whoever comes
//! takes what there is, so a future that was told and forgotten keeps no message.
//!
//! Absent: the handles, and waiting for room, which is the business of `permits`.

use std::collections::VecDeque;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::budget;
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::notify::Notify;
use crate::sync::permits::Permits;
use crate::sync::waiters::{Called, Locked, Node, Stage, Waiters, Wakers};

pub(super) struct Channel<T> {
    waiters: Waiters<Messages<T>, ()>,
    /// `None`: without a bound.
    pub(super) room: Option<Permits>,
    pub(super) max_capacity: usize,
    pub(super) senders: Ends,
    pub(super) receivers: Ends,
    /// Tells those who wait for the close.
    pub(super) closed: Notify,
}

struct Messages<T> {
    queue: VecDeque<T>,
    promised: usize,
    is_closed: bool,
}

/// No user code runs under the lock, so a panic leaves nothing half done.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}

/// There is no message, and perhaps there will never be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoMessage {
    Yet,
    Ever,
}

impl<T> Channel<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        Self {
            waiters: Waiters::new(Messages {
                queue: VecDeque::new(),
                promised: 0,
                is_closed: false,
            }),
            room: capacity.map(Permits::new),
            max_capacity: capacity.unwrap_or(0),
            senders: Ends::one(),
            receivers: Ends::one(),
            closed: Notify::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiters.lock().state.queue.len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.waiters.lock().state.is_closed
    }

    /// Puts a message in, for which there is room. Closed: it comes back.
    pub(super) fn push(&self, message: T) -> Result<(), T> {
        let mut waiters = self.waiters.lock();
        if waiters.state.is_closed {
            return Err(message);
        }
        waiters.state.queue.push_back(message);
        let called = promise_next(&mut waiters);
        drop(waiters);
        if let Some(called) = called {
            called.wake();
        }
        Ok(())
    }

    /// Takes a message that is promised to nobody.
    pub(super) fn try_take(&self) -> Result<T, NoMessage> {
        let mut waiters = self.waiters.lock();
        let messages = &mut waiters.state;
        let message = if messages.is_closed {
            messages.queue.pop_front().ok_or(NoMessage::Ever)?
        } else if messages.is_one_free() {
            messages.queue.pop_front().ok_or(NoMessage::Yet)?
        } else {
            return Err(NoMessage::Yet);
        };
        drop(waiters);
        self.make_room();
        Ok(message)
    }

    /// Moves messages that are promised to nobody into `buffer`, `limit` at most, and counts them.
    pub(super) fn take_more(&self, buffer: &mut Vec<T>, limit: usize) -> usize {
        let mut waiters = self.waiters.lock();
        let messages = &mut waiters.state;
        let count = limit.min(messages.queue.len() - messages.promised);
        buffer.extend(messages.queue.drain(..count));
        drop(waiters);
        if let Some(room) = &self.room {
            room.release(count);
        }
        count
    }

    /// Takes a message, or a place in the queue. `None`: closed and empty.
    pub(super) fn poll_take(
        &self,
        mut node: Pin<&mut Node<()>>,
        cx: &Context<'_>,
    ) -> Poll<Option<T>> {
        // Who is out of budget takes its place all the same, and comes back.
        let spent = match budget::poll_proceed(cx) {
            Poll::Ready(spent) => Some(spent),
            Poll::Pending => None,
        };
        let stage = match node.stage() {
            Stage::New => {
                if spent.is_some() {
                    if let Ok(message) = self.try_take() {
                        return finish(node, spent, Some(message));
                    }
                }
                self.enter(node.as_mut(), cx.waker())
            }
            Stage::Queued => self.waiters.refresh(node.as_ref(), cx.waker()),
            Stage::Done => panic!("a receive was polled after it had completed"),
            stage => stage,
        };
        if stage == Stage::Queued || spent.is_none() {
            return Poll::Pending;
        }
        let message = self.collect(stage);
        finish(node, spent, message)
    }

    /// Has a message promised, or enters the queue.
    fn enter(&self, node: Pin<&mut Node<()>>, waker: &Waker) -> Stage {
        let waker = waker.clone();
        let mut waiters = self.waiters.lock();
        let stage = if waiters.state.is_closed {
            Stage::Closed
        } else if waiters.state.is_one_free() {
            waiters.state.promised += 1;
            Stage::Granted
        } else {
            waiters.push_back(node.as_ref(), (), Some(waker));
            return Stage::Queued;
        };
        drop(waiters);
        node.settle(stage);
        stage
    }

    /// The message of one who was told, or what is left of a closed channel.
    fn collect(&self, stage: Stage) -> Option<T> {
        let mut waiters = self.waiters.lock();
        let messages = &mut waiters.state;
        if stage == Stage::Granted && !messages.is_closed {
            messages.promised -= 1;
        }
        let message = messages.queue.pop_front();
        drop(waiters);
        if message.is_some() {
            self.make_room();
        }
        message
    }

    /// Leaves the queue; a message that was promised goes to the next. For a future that is
    /// dropped, whatever its stage.
    pub(super) fn leave(&self, node: Pin<&mut Node<()>>) {
        if matches!(node.stage(), Stage::New | Stage::Done) {
            return;
        }
        let mut waiters = self.waiters.lock();
        let left = waiters.remove(node.as_ref());
        let mut called = None;
        if left.is_none() && node.stage() == Stage::Granted && !waiters.state.is_closed {
            waiters.state.promised -= 1;
            called = promise_next(&mut waiters);
        }
        drop(waiters);
        node.settle(Stage::Done);
        drop(left);
        if let Some(called) = called {
            called.wake();
        }
    }

    /// Takes no more messages. Those that are there can still be received.
    pub(super) fn close(&self) {
        let mut waiters = self.waiters.lock();
        waiters.state.is_closed = true;
        waiters.state.promised = 0;
        let mut wakers = Wakers::new();
        while let Some(called) = waiters.pop_front(Stage::Closed) {
            wakers.push(called);
        }
        drop(waiters);
        let _later = Tell(self);
        wakers.wake();
    }

    /// Drops the messages. For the last receiver, which has closed the channel.
    pub(super) fn drain(&self) {
        let left = std::mem::take(&mut self.waiters.lock().state.queue);
        drop(left);
    }

    fn make_room(&self) {
        if let Some(room) = &self.room {
            room.release(1);
        }
    }
}

/// Tells the senders of a close, also when a receiver's waker has panicked.
struct Tell<'a, T>(&'a Channel<T>);

impl<T> Drop for Tell<'_, T> {
    fn drop(&mut self) {
        if let Some(room) = &self.0.room {
            room.close();
        }
        self.0.closed.notify_waiters();
    }
}

impl<T> Messages<T> {
    fn is_one_free(&self) -> bool {
        self.queue.len() > self.promised
    }
}

/// Promises a free message to the first in the queue, if there are both.
fn promise_next<T>(waiters: &mut Locked<Messages<T>, ()>) -> Option<Called> {
    if !waiters.state.is_one_free() {
        return None;
    }
    let called = waiters.pop_front(Stage::Granted)?;
    waiters.state.promised += 1;
    Some(called)
}

fn finish<T>(
    node: Pin<&mut Node<()>>,
    spent: Option<budget::Spent>,
    message: Option<T>,
) -> Poll<Option<T>> {
    node.settle(Stage::Done);
    if let Some(spent) = spent {
        spent.made_progress();
    }
    Poll::Ready(message)
}

/// How many handles of one kind there are.
pub(super) struct Ends(AtomicUsize);

impl Ends {
    fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// One more, made from one that is there.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One more, if there is one.
    pub(super) fn try_add(&self) -> bool {
        let mut count = self.0.load(Ordering::Relaxed);
        while count > 0 {
            let more = self.0.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match more {
                Ok(_) => return true,
                Err(now) => count = now,
            }
        }
        false
    }

    /// One less. True: it was the last.
    pub(super) fn remove(&self) -> bool {
        // What the others did with the channel, they did under its lock.
        self.0.fetch_sub(1, Ordering::Relaxed) == 1
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
