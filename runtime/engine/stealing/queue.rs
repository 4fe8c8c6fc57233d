//! One worker's run queue: a ring that others steal half of, and a slot for the task woken last.
//!
//! ```text
//!              head                 tail                      next
//!   slots  [ . | A | B | C | D | E | . | . ]      and        [ F ]
//!     pop: CAS head by 1 ^             ^ push: store      put: load, store or swap
//!   steal: CAS head by half            | owner only       take, steal: swap
//! ```
//!
//! The owner's end is [`Local`], the thieves' end is [`Stealer`]. Slots are atomic pointers, so a
//! thief may read one that is being overwritten; the CAS on `head` then tells it that it lost.
//!
//! - **Q1** Positions in `head..tail` hold tasks; `tail - head <= CAPACITY`. Only the owner moves
//!   `tail`, and only up. Whoever moves `head` by CAS from `h` to `h + n` gets the tasks that were
//!   in `h..h + n`, and nobody else does. Both count in 64 bits and never wrap.
//! - **Q2** The owner writes a position only after it saw `head` pass its last occupant, and the
//!   CAS that moved `head` came after the thief's reads. So what a winning CAS read was current.
//! - **Q3** Only the owner fills `next`. Whoever swaps a task out of it has it.
//!
//! Not here: growth. When the ring is full half of it goes to the injector.

#![expect(unsafe_code, reason = "turns pointers back into tasks: Q1 to Q3")]

use std::array;
use std::ptr;

use crate::engine::task::list::TaskList;
use crate::engine::task::{Header, Runnable};
use crate::primitives::Arc;
use crate::primitives::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// Tasks a ring holds. Doubling it doubles what a stuck worker can hold back until it is stolen
/// from, and halves how often a burst of spawns takes the injector's lock.
pub(crate) const CAPACITY: usize = if cfg!(any(loom, miri)) { 4 } else { 256 };

/// On lines of their own: thieves write `head`, the owner writes `tail`.
#[repr(align(64))]
struct OwnLine<T>(T);

struct Ring {
    head: OwnLine<AtomicU64>,
    tail: OwnLine<AtomicU64>,
    next: AtomicPtr<Header>,
    slots: [AtomicPtr<Header>; CAPACITY],
}

/// The owner's end.
pub(crate) struct Local(Arc<Ring>);

/// The end that any thread may have.
#[derive(Clone)]
pub(crate) struct Stealer(Arc<Ring>);

pub(crate) fn new() -> (Local, Stealer) {
    let ring = Arc::new(Ring {
        head: OwnLine(AtomicU64::new(0)),
        tail: OwnLine(AtomicU64::new(0)),
        next: AtomicPtr::new(ptr::null_mut()),
        slots: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
    });
    (Local(Arc::clone(&ring)), Stealer(ring))
}

impl Ring {
    #[inline]
    fn slot(&self, position: u64) -> &AtomicPtr<Header> {
        &self.slots[position as usize % CAPACITY]
    }

    #[inline]
    fn len(&self) -> usize {
        let head = self.head.0.load(Relaxed);
        let tail = self.tail.0.load(Relaxed);
        // The two loads are two moments.
        (tail.saturating_sub(head) as usize).min(CAPACITY)
    }

    fn take_next(&self) -> Option<Runnable> {
        if self.next.load(Relaxed).is_null() {
            return None;
        }
        // ORDERING: Acquire; pairs with the Release in `put_next`.
        let task = self.next.swap(ptr::null_mut(), Acquire);
        // SAFETY: Q3. The swap gave it to us alone.
        (!task.is_null()).then(|| unsafe { Runnable::from_ptr(task) })
    }
}

impl Local {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn has_next(&self) -> bool {
        !self.0.next.load(Relaxed).is_null()
    }

    /// Adds a task at the back. A full ring gives it back.
    #[inline]
    pub(crate) fn push(&mut self, task: Runnable) -> Result<(), Runnable> {
        let ring = &*self.0;
        let tail = ring.tail.0.load(Relaxed);
        // ORDERING: Acquire; pairs with the Release of the CAS that moved `head` (Q2).
        if tail - ring.head.0.load(Acquire) >= CAPACITY as u64 {
            return Err(task);
        }
        ring.slot(tail).store(task.into_ptr(), Relaxed);
        // ORDERING: Release publishes the slot and the task; pairs with the Acquire in `steal`.
        ring.tail.0.store(tail + 1, Release);
        Ok(())
    }

    /// Takes the task at the front.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Runnable> {
        let ring = &*self.0;
        let tail = ring.tail.0.load(Relaxed);
        let mut head = ring.head.0.load(Relaxed);
        while head != tail {
            let task = ring.slot(head).load(Relaxed);
            // Relaxed: the slots are our own writes, and no one reads ours through `head`.
            match ring
                .head
                .0
                .compare_exchange_weak(head, head + 1, Relaxed, Relaxed)
            {
                // SAFETY: Q1. The CAS gave us the position.
                Ok(_) => return Some(unsafe { Runnable::from_ptr(task) }),
                Err(now) => head = now,
            }
        }
        None
    }

    /// Takes the front half of a full ring, for the injector. Empty if thieves came first.
    pub(crate) fn take_half(&mut self) -> TaskList {
        let half = TaskList::new();
        self.take_half_with(|task| half.push_back(task));
        half
    }

    pub(crate) fn take_half_with(&mut self, mut take: impl FnMut(Runnable)) {
        let ring = &*self.0;
        let head = ring.head.0.load(Relaxed);
        let count = (CAPACITY / 2) as u64;
        if ring.tail.0.load(Relaxed) - head < count
            || ring
                .head
                .0
                .compare_exchange(head, head + count, Relaxed, Relaxed)
                .is_err()
        {
            return;
        }
        for position in head..head + count {
            let task = ring.slot(position).load(Relaxed);
            // SAFETY: Q1. The CAS gave us the position.
            take(unsafe { Runnable::from_ptr(task) });
        }
    }

    /// Puts `task` where it runs next. Gives back the one that was there.
    #[inline]
    pub(crate) fn put_next(&mut self, task: Runnable) -> Option<Runnable> {
        let next = &self.0.next;
        if next.load(Relaxed).is_null() {
            // ORDERING: Release publishes the task; pairs with the Acquire in `take_next`.
            // Thieves only empty the slot (Q3), so it is still empty.
            next.store(task.into_ptr(), Release);
            return None;
        }
        // ORDERING: AcqRel; as above, and for the one that comes out.
        let old = next.swap(task.into_ptr(), AcqRel);
        // SAFETY: Q3. The swap gave it to us alone.
        (!old.is_null()).then(|| unsafe { Runnable::from_ptr(old) })
    }

    #[inline]
    pub(crate) fn take_next(&mut self) -> Option<Runnable> {
        self.0.take_next()
    }
}

impl Stealer {
    /// A hint, unless a fence orders it.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// A hint, unless a fence orders it.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn has_next(&self) -> bool {
        !self.0.next.load(Relaxed).is_null()
    }

    /// Moves half of the ring to `to`, which is the caller's. Gives one of the tasks out, and how
    /// many were taken.
    pub(crate) fn steal(&self, to: &mut Local) -> Option<(Runnable, usize)> {
        let ring = &*self.0;
        let target = &*to.0;
        let free_from = target.tail.0.load(Relaxed);
        // ORDERING: Acquire; pairs with the Release of whoever stole from us (Q2).
        let free = CAPACITY as u64 - (free_from - target.head.0.load(Acquire));
        loop {
            // ORDERING: Acquire, so that `tail` is not read from before `head`.
            let head = ring.head.0.load(Acquire);
            // ORDERING: Acquire; pairs with the Release in `push`.
            let tail = ring.tail.0.load(Acquire);
            let queued = tail.saturating_sub(head);
            if queued == 0 {
                return None;
            }
            if queued > CAPACITY as u64 {
                // `head` was old: the owner has gone round since.
                continue;
            }
            // One is given out, the others must fit.
            let count = (queued - queued / 2).min(free + 1);
            for index in 1..count {
                let task = ring.slot(head + index).load(Relaxed);
                target.slot(free_from + index - 1).store(task, Relaxed);
            }
            let first = ring.slot(head).load(Relaxed);
            // ORDERING: Release keeps our reads before the owner's overwriting (Q2).
            if ring
                .head
                .0
                .compare_exchange(head, head + count, AcqRel, Relaxed)
                .is_ok()
            {
                // ORDERING: Release; as in `push`.
                target.tail.0.store(free_from + count - 1, Release);
                // SAFETY: Q1. The CAS gave us the position.
                return Some((unsafe { Runnable::from_ptr(first) }, count as usize));
            }
        }
    }

    /// Takes the task that would run next. For a worker that is stuck (Q3).
    pub(crate) fn steal_next(&self) -> Option<Runnable> {
        self.0.take_next()
    }
}
