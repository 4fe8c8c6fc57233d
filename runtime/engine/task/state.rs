//! The state word: every bit, every transition. No `unsafe`, no I/O, no waking.
//!
//! Each transition is one method. It decides, and returns an order that the caller carries out.
//!
//! ```text
//!                 spawn
//!                   |
//!                   v     1 begin_poll            2 end_poll: Idle
//!               [ queued ] ---------> [ running ] ----------------> [ idle ]
//!                   ^   ^                |    |                        |
//!                   |   +----------------+    | 4 complete             |
//!                   |     3 end_poll: Again,  v                        |
//!                   |       stay_queued    [ done ]                    |
//!                   +--------------------------------------------------+
//!                                 5 wake, cancel: Enqueue
//! ```
//!
//! | phase   | `SCHEDULED` | `DONE` | who owns the future                               |
//! |---------|-------------|--------|---------------------------------------------------|
//! | queued  | 1           | 0      | the run queue that holds the task                 |
//! | running | 1           | 0      | the worker that polls it                          |
//! | idle    | 0           | 0      | nobody: the next to set `SCHEDULED` gives it away |
//! | done    | any         | 1      | it is gone; the output belongs to the `HANDLE`    |
//!
//! Queued and running are one in the word: the difference is only which worker says that it is
//! polling. That saves an atomic operation at each poll.
//!
//! - **T1** Whoever moves `SCHEDULED` from 0 to 1 puts the task into a queue, and only the worker
//!   that took it out of the queue may touch the future, until it clears `SCHEDULED` again.
//! - **T2** After `DONE` the output belongs to the join handle while `HANDLE` is set, and it has
//!   been dropped by the completer otherwise.
//! - **T3** The join waker's slot belongs to the join handle while `JOIN_WAKER` is clear and the
//!   task is not done. While it is set nobody touches the slot; after `DONE` the completer takes
//!   it out and clears the bit.
//! - **T4** The allocation lives until the task is done, no reference is left and `JOIN_WAKER` is
//!   clear. Whoever makes the last of the three true frees it, exactly once.
//! - **T5** Every wake does a release read-modify-write on the word, also when the task is woken
//!   already, so that what the waker's thread wrote is visible to the next poll.
//!
//! Owner references (join and abort handles) and waker references are counted apart: an idle task
//! without waker references can never run again, and a dump says so.

use std::fmt;

use super::snapshot::Snapshot;

use crate::primitives::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// Queued or running. Ignored once `DONE`: a late wake may leave it set.
pub(super) const SCHEDULED: u64 = 1 << 0;
/// Woken while scheduled: the poll that is due or under way is not the last.
pub(super) const WOKEN: u64 = 1 << 1;
/// The future is gone and the outcome is decided.
pub(super) const DONE: u64 = 1 << 2;
/// Somebody asked for the task to be aborted.
pub(super) const CANCEL: u64 = 1 << 3;
/// A waker lies in the join slot.
pub(super) const JOIN_WAKER: u64 = 1 << 4;
/// The join handle exists and has not taken the output.
pub(super) const HANDLE: u64 = 1 << 5;
/// The outcome, valid once `DONE`: neither bit is "a value".
pub(super) const CANCELLED: u64 = 1 << 6;
pub(super) const PANICKED: u64 = 1 << 7;

/// Not a spawned task but the future of a `block_on`.
pub(super) const MAIN: u64 = 1 << 8;

/// 23 bits of owner references from here.
pub(super) const OWNER: u64 = 1 << 9;
pub(super) const OWNERS: u64 = (WAKER - 1) & !(OWNER - 1);
/// 32 bits of waker references from here.
pub(super) const WAKER: u64 = 1 << 32;
const WAKERS: u64 = !(WAKER - 1);
const REFERENCES: u64 = OWNERS | WAKERS;

/// Past this many references of a kind the process aborts, as `Arc` does: it can only be a leak
/// in a loop, and an overflow would free a live task.
const MAX_OWNERS: u64 = OWNERS >> 1;
const MAX_WAKERS: u64 = WAKERS >> 1;

/// The state word of one task.
pub(crate) struct State(AtomicU64);

/// What a worker that took the task from a queue does with it.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BeginPoll {
    Poll,
    /// Drop the future and complete as cancelled.
    Cancel,
}

/// What a worker does after the future returned `Pending`.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EndPoll {
    /// The task sleeps; the worker must not touch it again.
    Idle,
    /// It was woken meanwhile: put it at the back of the queue.
    Again,
    /// Drop the future and complete as cancelled.
    Cancel,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value,
    Cancelled,
    Panicked,
}

/// What the completer does next.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Complete {
    /// Nothing: somebody else frees the task.
    Nothing,
    /// No join handle is left: drop the output, then complete again.
    DropOutput,
    /// Take the join waker, call `join_waker_taken`, then wake it.
    WakeJoin,
    /// Free the task.
    Free,
}

/// What the caller of a wake does next.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Nothing,
    /// Put the task into a queue.
    Enqueue,
    /// Free the task: it was done, and this was the last reference.
    Free,
}

/// What a join handle's poll or drop finds.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Not done; the slot is the handle's to write.
    SlotIsMine,
    /// Not done; the slot holds a waker, and must be taken back before it is touched.
    SlotIsSet,
    /// Done; the output is the handle's.
    Done,
    /// Done; the handle has taken the output.
    Taken,
}

impl State {
    /// A task that was just spawned: queued, with its join handle.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(Self::SPAWNED))
    }

    /// The future of a `block_on`: queued, owned by the thread that called.
    pub(crate) fn new_main() -> Self {
        Self(AtomicU64::new(SCHEDULED | MAIN | OWNER))
    }

    const SPAWNED: u64 = SCHEDULED | HANDLE | OWNER;

    /// Starts a new life in a reused slot. A dump may be reading, so it is an atomic store.
    pub(crate) fn reset(&self) {
        self.0.store(Self::SPAWNED, Relaxed);
    }

    #[inline]
    pub(crate) fn snapshot(&self) -> Snapshot {
        // ORDERING: Acquire; pairs with the Release in `complete` and `end_poll`.
        Snapshot(self.0.load(Acquire))
    }

    /// Arrow 1. The caller took the task out of a queue (T1).
    #[inline]
    pub(crate) fn begin_poll(&self) -> BeginPoll {
        // ORDERING: Acquire; pairs with the Release in `wake_by_ref` that queued the task.
        let mut word = self.0.load(Acquire);
        if word & WOKEN != 0 {
            // ORDERING: Acquire; pairs with the Release of every wake since it was queued (T5).
            word = self.0.fetch_and(!WOKEN, Acquire);
        }
        if word & CANCEL != 0 {
            BeginPoll::Cancel
        } else {
            BeginPoll::Poll
        }
    }

    /// Arrows 2 and 3, after `Pending`.
    #[inline]
    pub(crate) fn end_poll(&self) -> EndPoll {
        let mut word = self.0.load(Relaxed);
        loop {
            debug_assert!(
                word & SCHEDULED != 0 && word & DONE == 0,
                "end_poll: {word:#x}"
            );
            let (next, order) = if word & CANCEL != 0 {
                return EndPoll::Cancel;
            } else if word & WOKEN != 0 {
                (word & !WOKEN, EndPoll::Again)
            } else {
                (word & !SCHEDULED, EndPoll::Idle)
            };
            // ORDERING: Release hands the future to whoever sets SCHEDULED next (`wake_by_ref`,
            // `cancel`); Acquire sees what the wakes behind WOKEN published (T5).
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return order,
                Err(now) => word = now,
            }
        }
    }

    /// Arrow 3 for a task that yielded: it stays queued and the word stays as it is.
    /// True if the task was cancelled and is not to be queued again.
    #[inline]
    pub(crate) fn stay_queued(&self) -> bool {
        self.0.load(Relaxed) & CANCEL != 0
    }

    /// Arrow 5. True if the caller must put the task into a queue.
    #[inline]
    pub(crate) fn wake_by_ref(&self) -> bool {
        let word = self.0.load(Relaxed);
        if word & (SCHEDULED | DONE) == 0 {
            // ORDERING: Release for what the waker wrote (T5); Acquire for the future that
            // `end_poll` handed over.
            if self
                .0
                .compare_exchange(word, word | SCHEDULED, AcqRel, Relaxed)
                .is_ok()
            {
                return true;
            }
        }
        // Scheduled, or changed under our hands. WOKEN is harmless on a task that turns out idle:
        // its next poll clears it.
        // ORDERING: as above.
        let before = self.0.fetch_or(SCHEDULED | WOKEN, AcqRel);
        before & (SCHEDULED | DONE) == 0
    }

    /// Arrow 5 together with the waker's reference, in one step.
    ///
    /// Only for a thread that knows the scheduler outlives this call: with `Enqueue` the caller
    /// has no reference left, and only the task not being done keeps it alive (T4).
    #[inline]
    pub(crate) fn wake(&self) -> Wake {
        let mut word = self.0.load(Relaxed);
        loop {
            debug_assert!(word & WAKERS != 0, "wake without a reference: {word:#x}");
            let (next, order) = if word & DONE != 0 {
                let next = word - WAKER;
                (
                    next,
                    if Self::is_free(next) {
                        Wake::Free
                    } else {
                        Wake::Nothing
                    },
                )
            } else if word & SCHEDULED != 0 {
                ((word - WAKER) | WOKEN, Wake::Nothing)
            } else {
                ((word - WAKER) | SCHEDULED, Wake::Enqueue)
            };
            // ORDERING: as in `wake_by_ref`; for `Free`, Acquire pairs with the Release of every
            // other reference that went before.
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return order,
                Err(now) => word = now,
            }
        }
    }

    /// Asks for the end of the task. True if the caller must put it into a queue: the future is
    /// dropped by the scheduler, never here.
    pub(crate) fn cancel(&self) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            if word & (DONE | CANCEL) != 0 {
                return false;
            }
            // ORDERING: AcqRel as in `wake_by_ref`.
            match self
                .0
                .compare_exchange_weak(word, word | SCHEDULED | CANCEL, AcqRel, Relaxed)
            {
                Ok(_) => return word & SCHEDULED == 0,
                Err(now) => word = now,
            }
        }
    }

    /// Arrow 4. The output lies in the cell, or `output_dropped` says it does not any more.
    #[inline]
    pub(crate) fn complete(&self, outcome: Outcome, output_dropped: bool) -> Complete {
        let result = match outcome {
            Outcome::Value => 0,
            Outcome::Cancelled => CANCELLED,
            Outcome::Panicked => PANICKED,
        };
        let mut word = self.0.load(Relaxed);
        loop {
            debug_assert!(word & DONE == 0, "complete twice: {word:#x}");
            if word & HANDLE == 0 && !output_dropped {
                return Complete::DropOutput;
            }
            let next = (word & !(SCHEDULED | WOKEN)) | DONE | result;
            // ORDERING: Release publishes the output to the join handle (T2); Acquire sees the
            // join waker (T3) and, with no reference left, all that the others did (T4).
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) if next & JOIN_WAKER != 0 => return Complete::WakeJoin,
                Ok(_) if Self::is_free(next) => return Complete::Free,
                Ok(_) => return Complete::Nothing,
                Err(now) => word = now,
            }
        }
    }

    /// The completer has emptied the join slot. True if it must free the task.
    pub(crate) fn join_waker_taken(&self) -> bool {
        // ORDERING: Release, so that whoever frees sees the slot emptied; Acquire if that is us.
        let before = self.0.fetch_and(!JOIN_WAKER, AcqRel);
        Self::is_free(before & !JOIN_WAKER)
    }

    /// What the join handle may do now.
    #[inline]
    pub(crate) fn join(&self) -> Join {
        // ORDERING: Acquire; pairs with the Release in `complete`.
        let word = self.0.load(Acquire);
        if word & (DONE | HANDLE) == DONE | HANDLE {
            Join::Done
        } else if word & DONE != 0 {
            Join::Taken
        } else if word & JOIN_WAKER != 0 {
            Join::SlotIsSet
        } else {
            Join::SlotIsMine
        }
    }

    /// True if the join handle, which has taken the output, is all that is left of the task: who
    /// drops it frees the task, without a read-modify-write.
    #[inline]
    pub(crate) fn is_last_handle(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release of every reference that went before.
        let word = self.0.load(Acquire);
        word & (REFERENCES | JOIN_WAKER | DONE | HANDLE) == OWNER | DONE
    }

    /// Hands the slot, just written, to the completer. False if the task is done instead: the
    /// slot is still the handle's.
    pub(crate) fn set_join_waker(&self) -> bool {
        self.change_join_waker(|word| word | JOIN_WAKER)
    }

    /// Takes the slot back to write another waker. False if the task is done: the slot is the
    /// completer's.
    pub(crate) fn unset_join_waker(&self) -> bool {
        self.change_join_waker(|word| word & !JOIN_WAKER)
    }

    fn change_join_waker(&self, change: impl Fn(u64) -> u64) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            if word & DONE != 0 {
                // ORDERING: Acquire; pairs with the Release in `complete`.
                self.0.load(Acquire);
                return false;
            }
            // ORDERING: Release publishes the slot to the completer (T3); Acquire orders a later
            // write after what was read.
            match self
                .0
                .compare_exchange_weak(word, change(word), AcqRel, Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// The join handle moved the output out of the cell.
    #[inline]
    pub(crate) fn output_taken(&self) {
        let word = self.0.load(Relaxed);
        debug_assert!(
            word & DONE != 0 && word & HANDLE != 0,
            "output_taken: {word:#x}"
        );
        if word & (REFERENCES | JOIN_WAKER) == OWNER {
            // We are the only reference: nobody else can change the word.
            self.0.store(word & !HANDLE, Relaxed);
        } else {
            self.0.fetch_and(!HANDLE, Relaxed);
        }
    }

    /// Gives up the join handle's claim to the output. `Some(outcome)` if the task is done and
    /// the output is still there: the caller drops it, then calls `drop_owner`. With `None` the
    /// reference is gone too, and the flag says whether to free.
    pub(crate) fn drop_handle(&self) -> Result<bool, Snapshot> {
        let mut word = self.0.load(Relaxed);
        loop {
            if word & DONE != 0 {
                // ORDERING: Acquire; pairs with the Release in `complete`.
                let word = self.0.load(Acquire);
                return if word & HANDLE != 0 {
                    Err(Snapshot(word))
                } else {
                    Ok(self.drop_owner())
                };
            }
            debug_assert!(word & JOIN_WAKER == 0, "the slot must be taken back first");
            let next = (word & !HANDLE) - OWNER;
            // ORDERING: Release; pairs with the Acquire of whoever frees the task (T4).
            match self.0.compare_exchange_weak(word, next, Release, Relaxed) {
                Ok(_) => return Ok(false),
                Err(now) => word = now,
            }
        }
    }

    /// One more abort handle.
    pub(crate) fn add_owner(&self) {
        let before = self.0.fetch_add(OWNER, Relaxed);
        if before & OWNERS >= MAX_OWNERS {
            std::process::abort();
        }
    }

    /// One join or abort handle less. True if the caller must free the task.
    #[inline]
    pub(crate) fn drop_owner(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release of every reference that went before.
        let word = self.0.load(Acquire);
        if word & (REFERENCES | JOIN_WAKER | DONE) == OWNER | DONE {
            // The only reference to a task that is done: nobody can add one or look (T4).
            return true;
        }
        // ORDERING: Release for what this reference did; Acquire if it turns out to be the last.
        let before = self.0.fetch_sub(OWNER, AcqRel);
        Self::is_free(before - OWNER)
    }

    /// One more waker.
    #[inline]
    pub(crate) fn add_waker(&self) {
        let before = self.0.fetch_add(WAKER, Relaxed);
        if before & WAKERS >= MAX_WAKERS {
            std::process::abort();
        }
    }

    /// One waker less. True if the caller must free the task.
    #[inline]
    pub(crate) fn drop_waker(&self) -> bool {
        // ORDERING: Release for what this reference did; Acquire if it turns out to be the last.
        let before = self.0.fetch_sub(WAKER, AcqRel);
        debug_assert!(before & WAKERS != 0, "drop_waker without a reference");
        Self::is_free(before - WAKER)
    }

    /// T4.
    #[inline]
    fn is_free(word: u64) -> bool {
        word & DONE != 0 && word & (REFERENCES | JOIN_WAKER) == 0
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}
