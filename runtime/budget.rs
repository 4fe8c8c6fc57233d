//! How long one poll may go on before it must yield.
//!
//! A task that always finds its locks free and its channels full would never return `Pending` and
//! would keep its worker from everybody else. So each poll of a task starts with
//! [`POLL_BUDGET`] units, every leaf operation that makes progress spends one, and at zero the
//! leaf returns `Pending` with the task already woken. Outside of a task there is no limit: more
//! units than anybody will ever spend.

use std::cell::Cell;
use std::sync::OnceLock;
use std::task::{Context, Poll};

/// Leaf operations one poll of a task may complete. tokio's number; doubling it doubles the
/// longest poll of a busy task and saves less than one percent.
pub(crate) const POLL_BUDGET: u8 = 128;

/// "No limit": outside of a task, and inside `unconstrained`.
const UNLIMITED: i64 = i64::MAX;

/// Nothing left, and an operation has been refused for it.
const REFUSED: i64 = -1;

thread_local! {
    static LEFT: Cell<i64> = const { Cell::new(UNLIMITED) };
    /// What the next poll starts with. A simulation makes some polls end early.
    static FULL: Cell<i64> = const { Cell::new(POLL_BUDGET as i64) };
}

/// Restores the budget that was there before, also on a panic.
pub(crate) struct Restore(i64);

impl Drop for Restore {
    fn drop(&mut self) {
        let before = self.0;
        // A thread that is being torn down has no budget to restore.
        let _ = LEFT.try_with(|left| left.set(before));
    }
}

#[inline]
fn replace(units: i64) -> Restore {
    Restore(
        LEFT.try_with(|left| left.replace(units))
            .unwrap_or(UNLIMITED),
    )
}

/// Starts a task's poll with a full budget.
#[inline]
pub(crate) fn start() -> Restore {
    replace(FULL.try_with(Cell::get).unwrap_or(UNLIMITED))
}

/// From now on polls on this thread start with so many units.
pub(crate) fn set_full(units: u8) {
    FULL.set(units.into());
}

/// Lifts the limit until the guard drops.
pub(crate) fn lift() -> Restore {
    replace(UNLIMITED)
}

/// True while at least one unit is left.
pub(crate) fn has_remaining() -> bool {
    LEFT.try_with(|left| left.get() > 0).unwrap_or(true)
}

/// One unit, spent. Given back when dropped unless the operation [made
/// progress](Spent::made_progress).
#[must_use = "dropping it at once gives the unit back"]
pub(crate) struct Spent {
    before: i64,
}

impl Spent {
    /// Keeps the unit spent: the operation completed.
    pub(crate) fn made_progress(self) {
        std::mem::forget(self);
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        let before = self.before;
        let _ = LEFT.try_with(|left| left.set(before));
    }
}

/// Spends one unit, or wakes the task and returns `Pending` when none is left.
///
/// Call it first in a leaf's `poll`; call [`Spent::made_progress`] on the way to `Ready`.
#[inline]
pub(crate) fn poll_proceed(cx: &Context<'_>) -> Poll<Spent> {
    let before = LEFT.try_with(Cell::get).unwrap_or(UNLIMITED);
    if before <= 0 {
        refuse(before);
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    let _ = LEFT.try_with(|left| left.set(before - 1));
    Poll::Ready(Spent { before })
}

/// Has a poll that ends early counted: once, however many operations it goes on to try.
#[cold]
fn refuse(before: i64) {
    if before != REFUSED {
        let _ = LEFT.try_with(|left| left.set(REFUSED));
        if let Some(count) = COUNT.get() {
            count();
        }
    }
}

/// Counts the polls whose budget ran out. Set once for the process, by who builds a runtime.
static COUNT: OnceLock<fn()> = OnceLock::new();

/// Has `count` called on the thread of each poll whose budget has run out.
#[cfg(not(loom))]
pub(crate) fn count_with(count: fn()) {
    COUNT.get_or_init(|| count);
}
