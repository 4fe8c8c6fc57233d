//! Which branch of a `select!` is polled first, and whether any is.

use std::task::{Context, Poll};

use crate::{budget, chance};

/// Goes once round all branches, beginning at one of them.
#[derive(Debug)]
pub struct Order {
    branches: u32,
    left: u32,
    next: u32,
}

impl Order {
    /// `start` is taken modulo the number of branches, which is not zero.
    #[inline]
    pub fn new(branches: u32, start: u32) -> Self {
        Self {
            branches,
            left: branches,
            next: start % branches,
        }
    }

    /// True while a branch is left that was not visited.
    #[inline]
    pub fn has_next(&self) -> bool {
        self.left > 0
    }

    /// The branch to poll now.
    #[inline]
    pub fn advance(&mut self) -> u32 {
        let branch = self.next;
        self.left -= 1;
        self.next = if branch + 1 == self.branches {
            0
        } else {
            branch + 1
        };
        branch
    }
}

/// A branch to begin with, each as likely as the others.
#[inline]
pub fn random_start(branches: u32) -> u32 {
    // Scales to the range without a division; the bias is below branches / 2^32.
    ((u64::from(chance::random()) * u64::from(branches)) >> 32) as u32
}

/// Pending, with the task woken, when its budget is used up: the branches would only find out one
/// by one.
#[inline]
pub fn budget_left(cx: &Context<'_>) -> Poll<()> {
    // The unit is given back at once; the branch that completes spends its own.
    budget::poll_proceed(cx).map(drop)
}

/// No branch can complete and there is nothing else to do.
#[cold]
#[track_caller]
pub fn all_disabled() -> ! {
    panic!("all branches are disabled and there is no else branch");
}

/// The order gave a number that is no branch's.
#[cold]
pub fn no_such_branch() -> ! {
    unreachable!("the order goes round the branches");
}

/// An output matched its pattern when it was polled, and does not any more.
#[cold]
pub fn pattern_changed() -> ! {
    unreachable!("the output was matched before");
}
