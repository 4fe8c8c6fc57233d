//! Who holds a channel: senders, weak senders, the receiver. Bounded and unbounded alike.
//!
//! Called by the public types, each of which wraps one of these. The memory is counted by an
//! `Arc`; the counts in the channel say how many senders there are of each sort.
//!
//! Absent: names and documentation for users.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use super::backlog::Backlog;
use super::channel::{Channel, Found, Refused};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::primitives::Arc;
use crate::primitives::atomic::Ordering;

/// A sender: while there is one, messages may come.
pub(super) struct SendEnd<T>(Arc<Channel<T>>);

/// Keeps the channel's memory, and not the receiver waiting.
pub(super) struct WeakEnd<T>(Arc<Channel<T>>);

pub(super) struct ReceiveEnd<T> {
    channel: Arc<Channel<T>>,
    /// Taken over, and not yet handed out. The lock is there to make the receiver `Sync` for any
    /// message that is `Send`; it is std's since it is reached as mutable, which loom's cannot be.
    own: std::sync::Mutex<Backlog<T>>,
}

// What the ends share is whole whenever no method of ours is at work.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}
impl<T> UnwindSafe for ReceiveEnd<T> {}
impl<T> RefUnwindSafe for ReceiveEnd<T> {}

// Messages are never pinned.
impl<T> Unpin for ReceiveEnd<T> {}

/// A channel with one sender. `None`: room without end.
pub(super) fn open<T>(capacity: Option<usize>) -> (SendEnd<T>, ReceiveEnd<T>) {
    let channel = Arc::new(Channel::new(capacity));
    let receiver = ReceiveEnd {
        channel: channel.clone(),
        own: std::sync::Mutex::new(Backlog::new()),
    };
    (SendEnd(channel), receiver)
}

impl<T> SendEnd<T> {
    pub(super) fn shared(&self) -> &Channel<T> {
        &self.0
    }

    /// Sends with a permit that was taken before.
    pub(super) fn send_permitted(&self, message: T) {
        self.0.push(self.0.lock(), message);
    }

    /// Takes permits if they are free.
    pub(super) fn try_reserve(&self, count: usize) -> Result<(), Refused> {
        self.0.enter(count).map(drop)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> WeakEnd<T> {
        self.0.weak_senders.fetch_add(1, Ordering::Relaxed);
        WeakEnd(self.0.clone())
    }
}

impl<T> Clone for SendEnd<T> {
    fn clone(&self) -> Self {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone())
    }
}

impl<T> Drop for SendEnd<T> {
    fn drop(&mut self) {
        // ORDERING: AcqRel; pairs with the Acquire in `is_at_end`, and with other senders' drops.
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.call_receiver();
        }
    }
}

impl<T> WeakEnd<T> {
    pub(super) fn upgrade(&self) -> Option<SendEnd<T>> {
        let mut count = self.0.senders.load(Ordering::Relaxed);
        while count > 0 {
            match self.0.senders.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(SendEnd(self.0.clone())),
                Err(now) => count = now,
            }
        }
        None
    }

    pub(super) fn shared(&self) -> &Channel<T> {
        &self.0
    }
}

impl<T> Clone for WeakEnd<T> {
    fn clone(&self) -> Self {
        self.0.weak_senders.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone())
    }
}

impl<T> Drop for WeakEnd<T> {
    fn drop(&mut self) {
        self.0.weak_senders.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> ReceiveEnd<T> {
    pub(super) fn shared(&self) -> &Channel<T> {
        &self.channel
    }

    fn own(&mut self) -> &mut Backlog<T> {
        self.own.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the shared backlog over, and the first message out of it.
    fn fetch(&mut self, cx: Option<&Context<'_>>) -> Result<T, Found> {
        let own = self.own.get_mut().unwrap_or_else(PoisonError::into_inner);
        let found = self.channel.fetch(own, cx);
        own.pop().ok_or(found)
    }

    /// A leaf: waits for a message. `None`: there will be none.
    #[inline]
    pub(super) fn poll_recv(&mut self, cx: &Context<'_>, site: Site) -> Poll<Option<T>> {
        let spent = ready!(budget::poll_proceed(cx));
        let message = match self.own().pop() {
            Some(message) => message,
            None => match self.fetch(Some(cx)) {
                Ok(message) => message,
                Err(Found::End) => {
                    spent.made_progress();
                    return Poll::Ready(None);
                }
                Err(_) => return self.wait(cx, site),
            },
        };
        spent.made_progress();
        self.channel.give_back(1);
        Poll::Ready(Some(message))
    }

    /// A leaf: waits for messages and appends up to `limit` of them. 0: there will be none, or
    /// none are asked for.
    pub(super) fn poll_recv_many(
        &mut self,
        cx: &Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
        site: Site,
    ) -> Poll<usize> {
        let spent = ready!(budget::poll_proceed(cx));
        let mut count = self.pop_many(buffer, limit);
        if count < limit {
            // With messages at hand there is no need to wait for more.
            match self.fetch((count == 0).then_some(cx)) {
                Ok(message) => {
                    buffer.push(message);
                    count += 1 + self.pop_many(buffer, limit - count - 1);
                }
                Err(Found::Nothing) if count == 0 => return self.wait(cx, site),
                Err(_) => {}
            }
        }
        spent.made_progress();
        self.channel.give_back(count);
        Poll::Ready(count)
    }

    fn wait<R>(&self, cx: &Context<'_>, site: Site) -> Poll<R> {
        let resource = std::ptr::from_ref(self.shared()).addr();
        leaf::waiting(cx, Kind::Channel, resource, site);
        Poll::Pending
    }

    /// Takes messages of the own backlog, and keeps their permits.
    fn pop_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        let own = self.own();
        let mut count = 0;
        while count < limit {
            let Some(message) = own.pop() else { break };
            buffer.push(message);
            count += 1;
        }
        count
    }

    /// A message that is there.
    pub(super) fn try_recv(&mut self) -> Result<T, Found> {
        let message = match self.own().pop() {
            Some(message) => message,
            None => self.fetch(None)?,
        };
        self.channel.give_back(1);
        Ok(message)
    }

    /// Messages that can be received at once.
    pub(super) fn len(&self) -> usize {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.len() + self.channel.queued()
    }

    /// No message will be sent any more, except for those with permits.
    pub(super) fn is_closed(&self) -> bool {
        // ORDERING: Acquire; pairs with the AcqRel by which the last sender leaves.
        self.channel.is_closed() || self.channel.senders.load(Ordering::Acquire) == 0
    }
}

impl<T> Drop for ReceiveEnd<T> {
    fn drop(&mut self) {
        let own = mem::replace(self.own(), Backlog::new());
        self.channel.abandon(own);
    }
}

impl<T> Channel<T> {
    pub(super) fn strong_count(&self) -> usize {
        self.senders.load(Ordering::Relaxed)
    }

    pub(super) fn weak_count(&self) -> usize {
        self.weak_senders.load(Ordering::Relaxed)
    }
}

/// The channel, as its ends show it.
impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Channel");
        if let Some(capacity) = self.bound() {
            out.field("capacity", &self.available());
            out.field("max_capacity", &capacity);
        }
        out.field("is_closed", &self.is_closed())
            .field("senders", &self.strong_count())
            .finish_non_exhaustive()
    }
}
