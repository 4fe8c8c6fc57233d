//! A condition variable for the async `Mutex`.
//!
//! Called by users; calls `mutex`, `waiters` and `leaf`. A waiter goes through these:
//!
//! ```text
//!   has the guard --> in our queue, unlocked --> called, waits for the lock --> has the guard
//! ```
//!
//! Invariants:
//! - CV1. A waiter is in the queue before it unlocks. So a notice that is given under the lock, or
//!   after it, finds it.
//! - CV2. A notice by `notify_one` whose waiter goes away before it returned goes to the next.
//!
//! Absent: stored notices. One that finds nobody waiting is gone; that is what the condition, kept
//! in the mutex, is for.

mod wait;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::leaf::Site;
use crate::sync::MutexGuard;
use crate::sync::waiters::{Stage, Waiters, Wakers};

pub use wait::{Wait, WaitWhile};

/// Waits, with a [`Mutex`](super::Mutex) unlocked meanwhile, until somebody says that what it
/// protects has changed.
///
/// tokio has none; there, a [`Notify`](super::Notify) and care do the same. It works on any
/// executor, and with any number of mutexes at a time.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::{Condvar, Mutex};
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let pair = Arc::new((Mutex::new(false), Condvar::new()));
/// let theirs = pair.clone();
/// let task = wakeful::task::spawn(async move {
///     *theirs.0.lock().await = true;
///     theirs.1.notify_one();
/// });
/// let (lock, changed) = &*pair;
/// let started = changed.wait_while(lock.lock().await, |started| !*started).await;
/// assert!(*started);
/// # drop(started);
/// # task.await.unwrap();
/// # });
/// ```
pub struct Condvar {
    waiters: Waiters<(), ()>,
}

impl Condvar {
    /// Makes one that nobody waits on.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Condvar;
    ///
    /// static CHANGED: Condvar = Condvar::new();
    /// ```
    pub const fn new() -> Self {
        Self {
            waiters: Waiters::new(()),
        }
    }

    /// Unlocks, waits for a notice, and locks again.
    ///
    /// The mutex is unlocked when the future is first polled, not when it is made. Between the
    /// notice and the lock, others may have changed the value: check again, or use
    /// [`wait_while`](Self::wait_while).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the mutex unlocked by us. A notice by
    /// [`notify_one`](Self::notify_one) that it had received goes to the next waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::{Condvar, Mutex};
    ///
    /// let (lock, changed) = (Mutex::new(Vec::new()), Condvar::new());
    /// let waits = async {
    ///     let mut list = lock.lock().await;
    ///     while list.is_empty() {
    ///         list = changed.wait(list).await;
    ///     }
    ///     list.pop()
    /// };
    /// let puts = async {
    ///     lock.lock().await.push(7);
    ///     changed.notify_one();
    /// };
    /// assert_eq!(wakeful::join!(waits, puts).0, Some(7));
    /// # }
    /// ```
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&'a self, guard: MutexGuard<'a, T>) -> Wait<'a, T> {
        Wait::new(self, guard, Site::here())
    }

    /// Waits as long as `condition` is true of the value.
    ///
    /// It is called with the mutex locked: once at first, and once after each notice.
    ///
    /// # Panics
    ///
    /// When `condition` does; the mutex is unlocked then.
    ///
    /// # Cancel safety
    ///
    /// As with [`wait`](Self::wait): the mutex is unlocked by us, and no notice is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::{Condvar, Mutex};
    ///
    /// let (lock, changed) = (Mutex::new(Vec::new()), Condvar::new());
    /// let waits = async {
    ///     let list = lock.lock().await;
    ///     changed.wait_while(list, |list| list.is_empty()).await.pop()
    /// };
    /// let puts = async {
    ///     lock.lock().await.push(7);
    ///     changed.notify_one();
    /// };
    /// assert_eq!(wakeful::join!(waits, puts).0, Some(7));
    /// # }
    /// ```
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &'a self,
        guard: MutexGuard<'a, T>,
        condition: F,
    ) -> WaitWhile<'a, T, F>
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        WaitWhile::new(self, guard, condition, Site::here())
    }

    /// Tells the waiter that has waited longest, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::sync::Condvar::new().notify_one();
    /// ```
    pub fn notify_one(&self) {
        let called = self.waiters.lock().pop_front(Stage::Granted);
        if let Some(called) = called {
            called.wake();
        }
    }

    /// Tells everybody who waits.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::sync::Condvar::new().notify_all();
    /// ```
    pub fn notify_all(&self) {
        let mut wakers = Wakers::new();
        let mut waiters = self.waiters.lock();
        while let Some(called) = waiters.pop_front(Stage::Broadcast) {
            wakers.push(called);
        }
        drop(waiters);
        wakers.wake();
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
