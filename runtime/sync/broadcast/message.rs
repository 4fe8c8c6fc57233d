//! One message: for one receiver, or shared by those who have not received it yet.
//!
//! Called by `ring` and the receivers. Receivers need a `T: Clone + Send` and no `Sync`, so two of
//! them must not clone one message at the same time: they take turns. A clone is code of others. It
//! may come back to the channel and clone the same message, on the same thread: that is a second
//! borrow of a value, nothing more, so whoever has the turn may take it again.
//!
//! Invariants:
//! - BM1. Only the thread whose token is in `owner` borrows the value; no other thread has this
//!   token. It gets there by a compare-and-swap with 0, and 0 comes back when the clone is over.
//!
//! Absent: any lock of the channel. A slow clone holds up who wants the same message, and nobody
//! else.

#![expect(unsafe_code, reason = "a value that one thread at a time may borrow")]

use std::sync::Arc;

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{Mutex, thread};

/// A message on its way.
pub(super) enum Message<T> {
    /// For the only receiver there was when it was sent.
    Sole(T),
    Shared(Arc<Shared<T>>),
}

impl<T> Message<T> {
    /// A message for so many receivers.
    #[inline]
    pub(super) fn to(receivers: usize, value: T) -> Self {
        match receivers {
            1 => Self::Sole(value),
            _ => Self::Shared(Arc::new(Shared::new(value))),
        }
    }

    /// For one of several receivers that are still to see it.
    #[inline]
    pub(super) fn share(&self) -> Self {
        match self {
            Self::Sole(_) => unreachable!("a message for one receiver is taken, not shared"),
            Self::Shared(shared) => Self::Shared(shared.clone()),
        }
    }

    /// What a receiver gets: a clone, which is code of others, also of a message that is its own.
    #[inline]
    pub(super) fn receive(self) -> T
    where
        T: Clone,
    {
        match self {
            Self::Sole(value) => value.clone(),
            Self::Shared(shared) => shared.clone_value(),
        }
    }
}

pub(super) struct Shared<T> {
    owner: AtomicUsize,
    /// Those who find another owner wait in here, but for the first of them.
    queue: Mutex<()>,
    value: T,
}

// SAFETY: BM1. One thread at a time has a `&T`, and any thread may drop the message: both ask for
// a `T: Send` only.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    #[inline]
    pub(super) fn new(value: T) -> Self {
        Self {
            owner: AtomicUsize::new(0),
            queue: Mutex::new(()),
            value,
        }
    }

    #[cfg(all(test, loom))]
    pub(super) fn into_inner(self) -> T {
        self.value
    }

    #[inline]
    pub(super) fn clone_value(&self) -> T
    where
        T: Clone,
    {
        let me = token();
        let _over = match self.take_turn(me) {
            Ok(over) => over,
            // Only we write our token: the turn is ours already.
            Err(owner) if owner == me => return self.value.clone(),
            Err(_) => self.wait_for_turn(me),
        };
        self.value.clone()
    }

    #[inline]
    fn take_turn(&self, me: usize) -> Result<Over<'_>, usize> {
        // ORDERING: Acquire; pairs with the Release in `Over`: what the last clone did is done.
        self.owner
            .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
            .map(|_| Over(&self.owner))
    }

    /// Another thread clones the value. One of those who wait looks again and again.
    #[cold]
    fn wait_for_turn(&self, me: usize) -> Over<'_> {
        let _first = self.queue.lock();
        loop {
            if let Ok(over) = self.take_turn(me) {
                return over;
            }
            thread::yield_now();
        }
    }
}

/// Ends a turn, also when the clone panics.
struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        // ORDERING: Release; pairs with the Acquire in `take_turn`.
        self.0.store(0, Ordering::Release);
    }
}

/// A number that no other living thread has, and that is not 0: an address of this thread's.
fn token() -> usize {
    #[cfg(not(loom))]
    thread_local! {
        static HERE: u8 = const { 0 };
    }
    #[cfg(loom)]
    loom::thread_local! {
        static HERE: u8 = 0;
    }
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
