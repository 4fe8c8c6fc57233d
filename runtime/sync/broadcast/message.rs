//! One message, shared by those who have not received it yet.
//!
//! Called by `ring` and the receivers. Receivers need a `T: Clone + Send` and no `Sync`, so two of
//! them must not clone one message at the same time: they take turns. A clone is code of others. It
//! may come back to the channel and clone the same message, on the same thread: that is a second
//! borrow of a value, nothing more, so whoever has the turn may take it again.
//!
//! Invariants:
//! - BM1. Only the thread that has the turn borrows the value. `owner` is its token from after it
//!   took the turn until before it gives it up, and 0 otherwise; no other thread has this token.
//!
//! Absent: any lock of the channel. A slow clone holds up who wants the same message, and nobody
//! else.

#![expect(unsafe_code, reason = "a value that one thread at a time may borrow")]

use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicUsize, Ordering};

pub(super) struct Message<T> {
    owner: AtomicUsize,
    turn: Mutex<()>,
    value: T,
}

// SAFETY: BM1. One thread at a time has a `&T`, and any thread may drop the message: both ask for
// a `T: Send` only.
unsafe impl<T: Send> Sync for Message<T> {}

impl<T> Message<T> {
    #[inline]
    pub(super) fn new(value: T) -> Self {
        Self {
            owner: AtomicUsize::new(0),
            turn: Mutex::new(()),
            value,
        }
    }

    pub(super) fn into_value(self) -> T {
        self.value
    }

    #[inline]
    pub(super) fn clone_value(&self) -> T
    where
        T: Clone,
    {
        let me = token();
        // Only we write our token: seeing it means that the turn is ours (BM1).
        if self.owner.load(Ordering::Relaxed) == me {
            return self.value.clone();
        }
        let _turn = self.turn.lock();
        self.owner.store(me, Ordering::Relaxed);
        let _over = Over(&self.owner);
        self.value.clone()
    }
}

/// Ends a turn, also when the clone panics. Dropped before the guard of the mutex.
struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A number that no other living thread has, and that is not 0: an address of this thread's.
fn token() -> usize {
    thread_local! {
        static HERE: u8 = const { 0 };
    }
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
