//! The flag of an owner that is not at its queue, for those who put something into it.
//!
//! `engine::local` has one round its sleep, `engine::local_set` one between two polls of the set.
//! Both have a queue for other threads beside it, and one rule:
//!
//! ```text
//!   owner:  listen, look at the queue, and only then sleep
//!   other:  push to the queue, then ask: is_listening, or call
//! ```
//!
//! - **Z4** `listen` and the question each have a fence (a Dekker pair): the owner's look finds
//!   what was pushed, or the question finds the owner listening.
//!
//! Every change is a read-modify-write, so that they are one chain, and whoever reads the flag in
//! `call` reads the last of them. A plain store would do in C++'s model; loom cannot tell.
//!
//! Not here: the sleep itself. It needs a permit that is left for it, since an owner that listens
//! may not sleep yet: the [`Sleeper`](super::Sleeper)'s, or a waker.

use crate::primitives::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
    fence,
};

pub(crate) struct Listening(AtomicBool);

impl Listening {
    pub(crate) fn new(listens: bool) -> Self {
        Self(AtomicBool::new(listens))
    }

    /// From now on whoever pushes is to say so. The owner's look at its queue comes after this.
    pub(crate) fn listen(&self) {
        self.0.swap(true, Relaxed);
        // ORDERING: SeqCst; pairs with the fences in `is_listening` and `call` (Z4).
        fence(SeqCst);
    }

    /// The owner is at its queue, and finds by itself what is pushed.
    pub(crate) fn stop(&self) {
        self.0.swap(false, Relaxed);
    }

    /// After a push: is the owner to be told? Everybody is to tell it.
    pub(crate) fn is_listening(&self) -> bool {
        // ORDERING: SeqCst; pairs with the fence in `listen` (Z4).
        fence(SeqCst);
        self.0.load(Relaxed)
    }

    /// After a push: is the owner to be told, and by us? Only the first is to tell it.
    pub(crate) fn call(&self) -> bool {
        // ORDERING: SeqCst; pairs with the fence in `listen` (Z4).
        fence(SeqCst);
        self.0.swap(false, Relaxed)
    }
}
