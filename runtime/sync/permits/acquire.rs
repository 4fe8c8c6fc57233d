//! The future that waits for permits, and the key that gives them back.
//!
//! Both reach the permits through whatever holds them: a borrow or an `Arc` of a semaphore or of
//! a lock. Absent: names. Each lock wraps them in futures and guards of its own.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Permits, Refused};
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::{Node, Stage};

/// Something with permits in it.
pub(crate) trait Pool {
    fn permits(&self) -> &Permits;
}

impl Pool for Permits {
    fn permits(&self) -> &Permits {
        self
    }
}

pin_project! {
    /// Waits for `count` permits of a pool.
    pub(crate) struct Acquiring<P>
    where
        P: Deref,
        P::Target: Pool,
    {
        // None once the permits were given out.
        pool: Option<P>,
        site: Site,
        count: u32,
        kind: Kind,
        #[pin]
        node: Node<usize>,
    }

    impl<P> PinnedDrop for Acquiring<P>
    where
        P: Deref,
        P::Target: Pool,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(pool) = this.pool {
                let permits = pool.permits();
                if this.node.stage() != Stage::New {
                    leaf::waits_no_more(None, *this.kind, permits.resource());
                }
                permits.cancel(this.node, *this.count as usize);
            }
        }
    }
}

impl<P> Acquiring<P>
where
    P: Deref,
    P::Target: Pool,
{
    pub(crate) fn new(pool: P, count: u32, kind: Kind, site: Site) -> Self {
        Self {
            pool: Some(pool),
            site,
            count,
            kind,
            node: Node::new(count as usize),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn site(&self) -> Site {
        self.site
    }

    /// Gives the pool back with the permits taken from it.
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Result<P, Refused>> {
        let this = self.project();
        let permits = match this.pool {
            Some(pool) => pool.permits(),
            None => panic!("a lock future was polled after it had completed"),
        };
        let count = *this.count as usize;
        let is_new = this.node.stage() == Stage::New;
        match permits.poll_acquire(this.node, count, cx) {
            Poll::Ready(Ok(())) => {
                permits.took(count, *this.site);
                if !is_new {
                    leaf::waits_no_more(Some(cx.waker()), *this.kind, permits.resource());
                    permits.tell_holder();
                }
                let pool = this.pool.take();
                Poll::Ready(Ok(pool.expect("it was there a moment ago")))
            }
            Poll::Ready(Err(refused)) => Poll::Ready(Err(refused)),
            Poll::Pending => {
                leaf::waiting(cx, *this.kind, permits.resource(), *this.site);
                Poll::Pending
            }
        }
    }
}

/// Permits that go back when it is dropped.
pub(crate) struct Hold<P>
where
    P: Deref,
    P::Target: Pool,
{
    pub(crate) pool: P,
    pub(crate) count: usize,
}

impl<P> Hold<P>
where
    P: Deref,
    P::Target: Pool,
{
    /// Gives all permits back but `count`.
    pub(crate) fn shrink(mut self, count: usize) -> Self {
        let excess = self.count - count;
        // First, since a waker may panic.
        self.count = count;
        self.pool.permits().release(excess);
        self
    }
}

impl<P> Drop for Hold<P>
where
    P: Deref,
    P::Target: Pool,
{
    fn drop(&mut self) {
        self.pool.permits().release(self.count);
    }
}
