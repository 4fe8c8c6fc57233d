//! What a queue gives out: keys, expired values, the future that waits for them.
//!
//! Absent: logic.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::DelayQueue;
use crate::leaf::Site;
use crate::time::Instant;

/// Names a value in a [`DelayQueue`]. Given by [`DelayQueue::insert`].
///
/// It is good until its value is out of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) index: usize,
    pub(super) id: u64,
}

/// A value that came out of a [`DelayQueue`].
#[derive(Debug)]
pub struct Expired<T> {
    pub(super) data: T,
    pub(super) deadline: Instant,
    pub(super) key: Key,
}

impl<T> Expired<T> {
    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.data
    }

    /// The value, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The value, for good.
    pub fn into_inner(self) -> T {
        self.data
    }

    /// When its time was.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The key that it had. It names nothing any more.
    pub fn key(&self) -> Key {
        self.key
    }
}

/// Waits for the next value of a queue; made by [`DelayQueue::expired`].
#[must_use = "futures do nothing unless polled"]
pub struct NextExpired<'a, T> {
    queue: &'a mut DelayQueue<T>,
    site: Site,
}

impl<'a, T> NextExpired<'a, T> {
    pub(super) fn new(queue: &'a mut DelayQueue<T>, site: Site) -> Self {
        Self { queue, site }
    }
}

impl<T> Future for NextExpired<'_, T> {
    type Output = Option<Expired<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.queue.poll_at(cx, this.site)
    }
}

impl<T> fmt::Debug for NextExpired<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextExpired")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
