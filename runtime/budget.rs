//! The poll under way on this thread: whose it is, how long it may go on, if it asked to yield.
//!
//! A task that always finds its locks free and its channels full would never return `Pending` and
//! would keep its worker from everybody else. So each poll of a task starts with
//! [`POLL_BUDGET`] units, every leaf operation that makes progress spends one, and at zero the
//! leaf returns `Pending` with the task already woken. Outside of a task there is no limit: more
//! units than anybody will ever spend.
//!
//! It is one struct in one thread-local, without a destructor: there to the end of the thread, and
//! one address to compute at each end of a poll.

use std::cell::Cell;
use std::ptr;
use std::sync::OnceLock;
use std::task::{Context, Poll};

/// Leaf operations one poll of a task may complete. tokio's number; doubling it doubles the
/// longest poll of a busy task and saves less than one percent.
pub(crate) const POLL_BUDGET: u8 = 128;

/// "No limit": outside of a task, and inside `unconstrained`.
const UNLIMITED: i64 = i64::MAX;

/// Nothing left, and an operation has been refused for it.
const REFUSED: i64 = -1;

/// Headers are aligned.
const MAIN: usize = 1;

/// The poll under way on a thread.
struct Now {
    /// The header of the task, only to be compared. Null outside of a task. That of a main future
    /// has [`MAIN`] set: it is in no task.
    task: Cell<*const ()>,
    /// Units left.
    left: Cell<i64>,
    /// It asked for the back of the queue.
    yielded: Cell<bool>,
    /// What the next poll starts with. A simulation makes some polls end early.
    full: Cell<i64>,
}

thread_local! {
    static NOW: Now = const {
        Now {
            task: Cell::new(ptr::null()),
            left: Cell::new(UNLIMITED),
            yielded: Cell::new(false),
            full: Cell::new(POLL_BUDGET as i64),
        }
    };
}

/// A task's turn on this thread: what was under way before. Turns nest: a `LocalSet` polls its
/// tasks inside another's.
#[must_use]
pub(crate) struct Turn {
    task: *const (),
    left: i64,
    yielded: bool,
}

impl Turn {
    /// Starts a poll of `task`, with a full budget. Nothing may unwind before [`end`](Self::end).
    #[inline]
    pub(crate) fn begin(task: *const ()) -> Self {
        NOW.with(|now| Self {
            task: now.task.replace(task),
            left: now.left.replace(now.full.get()),
            yielded: now.yielded.replace(false),
        })
    }

    /// Goes back to what was under way before. True if the task asked to yield.
    #[inline]
    pub(crate) fn end(self) -> bool {
        NOW.with(|now| {
            now.task.set(self.task);
            now.left.set(self.left);
            now.yielded.replace(self.yielded)
        })
    }
}

/// The header of the task this thread is polling. Null outside of a task.
#[inline]
pub(crate) fn task() -> *const () {
    let task = NOW.with(|now| now.task.get());
    match task.addr() & MAIN {
        0 => task,
        _ => ptr::null(),
    }
}

/// Names the task, or main future, that this thread is polling. 0: neither.
#[inline]
pub(crate) fn poller() -> usize {
    NOW.with(|now| now.task.get()).addr()
}

/// The header whose task, or main future, [`poller`] has named. Only to be compared.
pub(crate) fn header_of(poller: usize) -> usize {
    poller & !MAIN
}

/// The poll of a main future, until it drops: what was under way before goes on then.
pub(crate) struct MainTurn {
    task: *const (),
    _left: Restore,
}

/// Starts a poll of the main future with this header, with a full budget.
pub(crate) fn start_main(header: *const ()) -> MainTurn {
    let main = header.map_addr(|address| address | MAIN);
    MainTurn {
        task: NOW.with(|now| now.task.replace(main)),
        _left: start(),
    }
}

impl Drop for MainTurn {
    fn drop(&mut self) {
        NOW.with(|now| now.task.set(self.task));
    }
}

/// Asks for the back of the queue, if the poll under way is of `task`. The worker sees it when
/// `poll` returns.
#[inline]
pub(crate) fn yield_turn(task: *const ()) -> bool {
    NOW.with(|now| {
        let is_ours = ptr::eq(now.task.get(), task);
        if is_ours {
            now.yielded.set(true);
        }
        is_ours
    })
}

/// Restores the budget that was there before, also on a panic.
pub(crate) struct Restore(i64);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        NOW.with(|now| now.left.set(self.0));
    }
}

#[inline]
fn replace(units: i64) -> Restore {
    NOW.with(|now| Restore(now.left.replace(units)))
}

/// Starts a poll that is no task's with a full budget.
#[inline]
pub(crate) fn start() -> Restore {
    replace(NOW.with(|now| now.full.get()))
}

/// From now on polls on this thread start with so many units.
pub(crate) fn set_full(units: u8) {
    NOW.with(|now| now.full.set(units.into()));
}

/// Lifts the limit until the guard drops.
pub(crate) fn lift() -> Restore {
    replace(UNLIMITED)
}

/// True while at least one unit is left.
#[inline]
pub(crate) fn has_remaining() -> bool {
    NOW.with(|now| now.left.get() > 0)
}

/// One unit, spent. Given back when dropped unless the operation [made
/// progress](Spent::made_progress).
#[must_use = "dropping it at once gives the unit back"]
pub(crate) struct Spent {
    before: i64,
}

impl Spent {
    /// Keeps the unit spent: the operation completed.
    #[inline]
    pub(crate) fn made_progress(self) {
        std::mem::forget(self);
    }
}

impl Drop for Spent {
    #[inline]
    fn drop(&mut self) {
        NOW.with(|now| now.left.set(self.before));
    }
}

/// Spends one unit, or wakes the task and returns `Pending` when none is left.
///
/// Call it first in a leaf's `poll`; call [`Spent::made_progress`] on the way to `Ready`.
#[inline]
pub(crate) fn poll_proceed(cx: &Context<'_>) -> Poll<Spent> {
    match spend() {
        Some(spent) => Poll::Ready(spent),
        None => {
            refuse(cx);
            Poll::Pending
        }
    }
}

/// One unit, if any is left.
#[inline]
pub(crate) fn spend() -> Option<Spent> {
    NOW.with(|now| {
        let before = now.left.get();
        if before <= 0 {
            return None;
        }
        now.left.set(before - 1);
        Some(Spent { before })
    })
}

/// Wakes the task for another poll. Has this one, which ends early, counted: once, however many
/// operations it goes on to try.
#[cold]
fn refuse(cx: &Context<'_>) {
    if NOW.with(|now| now.left.replace(REFUSED)) != REFUSED {
        if let Some(count) = COUNT.get() {
            count();
        }
    }
    cx.waker().wake_by_ref();
}

/// Counts the polls whose budget ran out. Set once for the process, by who builds a runtime.
static COUNT: OnceLock<fn()> = OnceLock::new();

/// Has `count` called on the thread of each poll whose budget has run out.
#[cfg(not(loom))]
pub(crate) fn count_with(count: fn()) {
    COUNT.get_or_init(|| count);
}
