//! Who waits for which signal.
//!
//! Called by [`unix::Signal`](super::unix::Signal), by `process` and by the relays ([`tell`]). One
//! slot a number; each counts how often it was told, and each listener remembers the count it saw
//! last. So signals that come between two looks are one, and nobody takes a signal from another.
//!
//! Invariants:
//! - **SL1** A listener compares counts and stores its waker under the slot's lock; who tells
//!   counts up and takes the wakers under it. One of the two sees the other.
//! - **SL2** Wakers are cloned, woken and dropped outside of that lock.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::pending::LAST;
use crate::primitives::Mutex;

static SLOTS: [Slot; LAST as usize] = [const { Slot::new() }; LAST as usize];

struct Slot {
    state: Mutex<State>,
}

struct State {
    /// How often this number was told. It may wrap.
    told: usize,
    /// One entry a listener, `None` while it does not wait.
    wakers: Slab<Option<Waker>>,
}

impl Slot {
    const fn new() -> Self {
        let state = State {
            told: 0,
            wakers: Slab::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Counts up, and moves those who wait to `woken`.
    fn tell(&self, woken: &mut Vec<Waker>) {
        let mut state = self.state.lock();
        state.told = state.told.wrapping_add(1);
        for (_, waker) in &mut state.wakers {
            woken.extend(waker.take());
        }
    }
}

/// Tells all who listen to one of `numbers`. A waker that panics keeps none of the others from
/// being woken; the panic hook has reported it.
pub(super) fn tell(numbers: impl Iterator<Item = u32>) {
    let mut woken = Vec::new();
    for number in numbers {
        if let Some(slot) = SLOTS.get(number as usize - 1) {
            slot.tell(&mut woken);
        }
    }
    for waker in woken {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            // Its drop is foreign code, too.
            std::mem::forget(payload);
        }
    }
}

/// One who listens to a number. It has seen nothing yet of what comes after its making.
pub(crate) struct Listener {
    slot: &'static Slot,
    number: u32,
    key: usize,
    seen: usize,
}

impl Listener {
    /// `number` is from 1 to [`LAST`].
    pub(crate) fn new(number: u32) -> Self {
        let slot = &SLOTS[number as usize - 1];
        let mut state = slot.state.lock();
        Self {
            slot,
            number,
            key: state.wakers.insert(None),
            seen: state.told,
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Ready once for all signals since the last time. The last caller's waker is kept.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.slot.state.lock();
        let told = state.told;
        let slot = &mut state.wakers[self.key];
        // SL1.
        let is_new = told != self.seen;
        let unused = if is_new {
            self.seen = told;
            (slot.take(), Some(waker))
        } else if slot.as_ref().is_some_and(|stored| stored.will_wake(&waker)) {
            (None, Some(waker))
        } else {
            (slot.replace(waker), None)
        };
        drop(state);
        // SL2.
        drop(unused);
        if is_new {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        let waker = state.wakers.remove(self.key);
        drop(state);
        drop(waker);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
