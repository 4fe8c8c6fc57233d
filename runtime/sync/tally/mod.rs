//! How many there are, and the wait until it is closed with none left.
//!
//! Called by `task::TaskTracker`; calls `Notify`. One word holds a bit and a count:
//!
//! ```text
//!   entered (63 bits) | CLOSED        the wait ends when it is exactly CLOSED
//! ```
//!
//! Invariants:
//! - TY1. Whoever makes the word CLOSED alone then tells everybody who waits.
//! - TY2. A wait looks at the word after it has begun to listen. So it sees the end, or is told.
//! - TY3. Who sees the end sees what all did before they left.
//!
//! Absent: who they are.

#[cfg(all(test, loom))]
mod models;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::notify::{Notified, Notify};

const CLOSED: usize = 1;
const ONE: usize = 2;

/// Counts who enters and leaves.
pub(crate) struct Tally {
    word: AtomicUsize,
    ended: Notify,
}

/// What a tally showed at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Seen(usize);

pin_project! {
    /// Ready once the tally was closed and empty at the same time.
    pub(crate) struct Over<'a> {
        tally: &'a Tally,
        is_over: bool,
        #[pin]
        told: Notified<'a>,
    }
}

impl Seen {
    pub(crate) fn len(self) -> usize {
        self.0 / ONE
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    fn is_over(self) -> bool {
        self.0 == CLOSED
    }
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            ended: Notify::new(),
        }
    }

    pub(crate) fn look(&self) -> Seen {
        // ORDERING: Acquire; pairs with the Release of `close` and `leave` (TY3).
        Seen(self.word.load(Ordering::Acquire))
    }

    /// One more.
    pub(crate) fn enter(&self) {
        self.word.fetch_add(ONE, Ordering::Relaxed);
    }

    /// One less.
    pub(crate) fn leave(&self) {
        // ORDERING: Release for what this one did; Acquire so that who is told by the last sees
        // what all did (TY3).
        let before = self.word.fetch_sub(ONE, Ordering::AcqRel);
        if before == ONE | CLOSED {
            // TY1.
            self.ended.notify_waiters();
        }
    }

    /// True: it was open.
    pub(crate) fn close(&self) -> bool {
        // ORDERING: AcqRel; as in `leave`.
        let before = self.word.fetch_or(CLOSED, Ordering::AcqRel);
        if before == 0 {
            // TY1.
            self.ended.notify_waiters();
        }
        before & CLOSED == 0
    }

    /// True: it was closed.
    pub(crate) fn reopen(&self) -> bool {
        // Relaxed: nobody waits for it, and a read-modify-write leaves what came before visible.
        let before = self.word.fetch_and(!CLOSED, Ordering::Relaxed);
        before & CLOSED != 0
    }

    #[track_caller]
    pub(crate) fn wait(&self) -> Over<'_> {
        // TY2: first. It is told also of an end that lasts for a moment.
        let told = self.ended.notified();
        Over {
            tally: self,
            is_over: self.look().is_over(),
            told,
        }
    }
}

impl Future for Over<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        *this.is_over =
            *this.is_over || this.tally.look().is_over() || this.told.poll(cx).is_ready();
        match *this.is_over {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
