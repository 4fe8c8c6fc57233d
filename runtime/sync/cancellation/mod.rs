//! A flag that is raised once, for a token and all that were made from it, and can be awaited.
//!
//! Called by users and by `task::TaskGroup`; calls `waiters`, `budget` and `leaf`. `tree.rs` keeps
//! who is whose child, `wait.rs` has the futures, `guard.rs` the guards.
//!
//! ```text
//!   CancellationToken --> Shared { flag, waiters, key } --> Tree (one mutex): nodes by key
//!                            ^                                |
//!                            +------------- weak -------------+
//! ```
//!
//! Invariants:
//! - CN1. The flag of a token is raised under the mutex of its tree, children before parents, and
//!   is never lowered. So whoever sees a token canceled sees its descendants canceled, too.
//! - CN2. A raised flag comes before the call of the waiters; a waiter looks at the flag under the
//!   mutex of its list before it enters. So it sees the flag or is called.
//!
//! Absent: a reason for the cancellation, and a way back.

mod guard;
mod tree;
mod wait;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use crate::leaf::Site;
use crate::primitives::atomic::{AtomicBool, Ordering};
use crate::sync::waiters::{Stage, Waiters, Wakers};

use tree::Tree;

pub use guard::{DropGuard, DropGuardRef};
pub use wait::{
    RunUntilCancelled, RunUntilCancelledOwned, WaitForCancellationFuture,
    WaitForCancellationFutureOwned,
};

/// Asks any number of tasks to stop.
///
/// A task holds a clone of the token and awaits [`cancelled`](Self::cancelled) beside its work;
/// whoever wants it to stop calls [`cancel`](Self::cancel). Nothing is stopped by force: a task
/// that does not look goes on. Clones are the same token. A [child](Self::child_token) is canceled
/// with its parent, and can be canceled without it. It works on any executor.
///
/// Tokens are equal when they are clones of each other.
///
/// # Examples
///
/// ```
/// use wakeful::sync::CancellationToken;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let token = CancellationToken::new();
/// let theirs = token.clone();
/// let task = wakeful::spawn(async move {
///     wakeful::select! {
///         _ = theirs.cancelled() => "asked to stop",
///         _ = std::future::pending::<()>() => "done",
///     }
/// });
/// token.cancel();
/// assert_eq!(task.await.unwrap(), "asked to stop");
/// # });
/// ```
pub struct CancellationToken {
    shared: Arc<Shared>,
}

/// What all clones of a token share. It leaves the tree when the last of them goes.
struct Shared {
    is_cancelled: AtomicBool,
    waiters: Waiters<(), ()>,
    tree: Arc<Tree>,
    key: usize,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tree.forget(self.key, self);
    }
}

impl CancellationToken {
    /// Makes a token that is nobody's child.
    ///
    /// # Examples
    ///
    /// ```
    /// let token = wakeful::sync::CancellationToken::new();
    /// assert!(!token.is_cancelled());
    /// ```
    pub fn new() -> Self {
        Self {
            shared: Tree::root(),
        }
    }

    /// Makes a token that is canceled when this one is. Canceling the child leaves this one alone.
    ///
    /// If this one is canceled already, so is the child. Dropping a token cancels nothing: children
    /// of a token that is gone listen to its parent.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// let parent = CancellationToken::new();
    /// let (one, other) = (parent.child_token(), parent.child_token());
    /// one.cancel();
    /// assert!(one.is_cancelled() && !other.is_cancelled());
    /// parent.cancel();
    /// assert!(other.is_cancelled());
    /// ```
    pub fn child_token(&self) -> Self {
        Self {
            shared: Tree::child(&self.shared),
        }
    }

    /// Cancels this token, its clones and all its descendants, and wakes whoever waits for one of
    /// them. A second call does nothing.
    ///
    /// When the call returns, all of them are canceled.
    ///
    /// # Examples
    ///
    /// ```
    /// let token = wakeful::sync::CancellationToken::new();
    /// token.cancel();
    /// assert!(token.clone().is_cancelled());
    /// ```
    pub fn cancel(&self) {
        if self.is_cancelled() {
            return;
        }
        let mut wakers = Wakers::new();
        let cancelled = self.shared.tree.cancel(&self.shared);
        for shared in &cancelled {
            let mut waiters = shared.waiters.lock();
            while let Some(called) = waiters.pop_front(Stage::Broadcast) {
                wakers.push(called);
            }
        }
        wakers.wake();
    }

    /// True once this token, or one of those it descends from, was canceled.
    ///
    /// # Examples
    ///
    /// ```
    /// let token = wakeful::sync::CancellationToken::new();
    /// assert!(!token.is_cancelled());
    /// token.cancel();
    /// assert!(token.is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.shared.is_cancelled()
    }

    /// Waits until the token is canceled; ready at once if it is.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the same state.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let token = CancellationToken::new();
    /// let child = token.child_token();
    /// wakeful::spawn(async move { token.cancel() });
    /// child.cancelled().await;
    /// # });
    /// ```
    #[track_caller]
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        WaitForCancellationFuture::new(self, Site::here())
    }

    /// Waits until the token is canceled, and holds the token meanwhile.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. Dropping the future drops the token.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let token = CancellationToken::new();
    /// let task = wakeful::spawn(token.clone().cancelled_owned());
    /// token.cancel();
    /// task.await.unwrap();
    /// # });
    /// ```
    #[track_caller]
    pub fn cancelled_owned(self) -> WaitForCancellationFutureOwned {
        WaitForCancellationFutureOwned::new(self, Site::here())
    }

    /// Turns the token into a guard that cancels it when dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// drop(token.clone().drop_guard());
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { inner: Some(self) }
    }

    /// Borrows the token in a guard that cancels it when dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// drop(token.drop_guard_ref());
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef { inner: Some(self) }
    }

    /// Runs `future` until it is ready or the token is canceled: then the outcome is `None`, and
    /// the future is dropped.
    ///
    /// If the token is canceled before the first poll, the future is not polled at all. If both
    /// happen at once later, the future's output wins.
    ///
    /// # Cancel safety
    ///
    /// As far as `future` is cancel safe: it is dropped together with this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let token = CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(async { 7 }).await, Some(7));
    /// token.cancel();
    /// assert_eq!(token.run_until_cancelled(async { 7 }).await, None);
    /// # });
    /// ```
    #[track_caller]
    pub fn run_until_cancelled<F: Future>(&self, future: F) -> RunUntilCancelled<'_, F> {
        RunUntilCancelled::new(self, future, Site::here())
    }

    /// As [`run_until_cancelled`](Self::run_until_cancelled); the future holds the token.
    ///
    /// # Cancel safety
    ///
    /// As far as `future` is cancel safe: it is dropped together with this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::CancellationToken;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let token = CancellationToken::new();
    /// let forever = std::future::pending::<()>();
    /// let task = wakeful::spawn(token.clone().run_until_cancelled_owned(forever));
    /// token.cancel();
    /// assert_eq!(task.await.unwrap(), None);
    /// # });
    /// ```
    #[track_caller]
    pub fn run_until_cancelled_owned<F: Future>(self, future: F) -> RunUntilCancelledOwned<F> {
        RunUntilCancelledOwned::new(self, future, Site::here())
    }
}

impl Shared {
    fn new(is_cancelled: bool, tree: Arc<Tree>, key: usize) -> Self {
        Self {
            is_cancelled: AtomicBool::new(is_cancelled),
            waiters: Waiters::new(()),
            tree,
            key,
        }
    }

    fn is_cancelled(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in `raise`.
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Under the mutex of the tree (CN1).
    fn raise(&self) {
        // ORDERING: Release; pairs with the Acquire in `is_cancelled`.
        self.is_cancelled.store(true, Ordering::Release);
    }
}

impl UnwindSafe for CancellationToken {}
impl RefUnwindSafe for CancellationToken {}

impl Clone for CancellationToken {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for CancellationToken {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for CancellationToken {}

impl Hash for CancellationToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.shared).hash(state);
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken")
            .field("is_cancelled", &self.is_cancelled())
            .finish()
    }
}
