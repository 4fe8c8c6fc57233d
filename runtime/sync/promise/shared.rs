//! A promise with many readers.
//!
//! Like a `then` step, the shared part is the waker of the promise it reads: when the value is set,
//! it moves the outcome into a cell that everybody can look at, then wakes all who wait. Readers
//! clone the value out of the cell, under no lock.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker, ready};

use slab::Slab;

use super::{PromiseError, ReceiveEnd};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::primitives::Mutex;

/// A [`Promise`](super::Promise) that can be cloned and awaited by many: each gets a clone of the
/// value. Made by [`Promise::shared`](super::Promise::shared).
///
/// It may be awaited again after it gave its outcome; it gives the same one.
///
/// # Cancel safety
///
/// Dropping one reader changes nothing for the others.
///
/// # Examples
///
/// ```
/// use wakeful::sync::Promise;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let shared = Promise::resolved(5).shared();
/// let other = shared.clone();
/// assert_eq!((shared.await, other.await), (Ok(5), Ok(5)));
/// # });
/// ```
#[must_use = "a promise does nothing unless it is awaited"]
pub struct SharedPromise<T> {
    shared: Arc<Shared<T>>,
    /// Where our waker is among the readers.
    key: Option<usize>,
    site: Site,
}

struct Shared<T> {
    outcome: OnceLock<Result<T, PromiseError>>,
    readers: Mutex<Readers<T>>,
}

struct Readers<T> {
    /// `None` once the outcome was taken from it.
    promise: Option<ReceiveEnd<T>>,
    wakers: Slab<Waker>,
}

impl<T> SharedPromise<T> {
    /// The value, if it is there already.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// let (promise, resolver) = Promise::new();
    /// let shared = promise.shared();
    /// assert_eq!(shared.peek(), None);
    /// resolver.resolve(3).unwrap();
    /// assert_eq!(shared.peek(), Some(&Ok(3)));
    /// ```
    pub fn peek(&self) -> Option<&Result<T, PromiseError>> {
        self.shared.outcome.get()
    }
}

impl<T: Send + Sync + 'static> SharedPromise<T> {
    #[track_caller]
    pub(super) fn over(end: ReceiveEnd<T>) -> Self {
        let shared = Arc::new(Shared {
            outcome: OnceLock::new(),
            readers: Mutex::new(Readers {
                promise: Some(end),
                wakers: Slab::new(),
            }),
        });
        shared.advance(&Waker::from(shared.clone()));
        Self {
            shared,
            key: None,
            site: Site::here(),
        }
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// Moves the outcome, if it is there, to where all can see it; if not, leaves `waker`.
    fn advance(&self, waker: &Waker) {
        let (value, promise) = {
            let mut readers = self.readers.lock();
            let Some(end) = &mut readers.promise else {
                return;
            };
            match end.poll_message(&Context::from_waker(waker)) {
                Poll::Pending => return,
                Poll::Ready(value) => (value, readers.promise.take()),
            }
        };
        drop(promise);
        let stored = self.outcome.set(value.ok_or_else(PromiseError::new));
        debug_assert!(
            stored.is_ok(),
            "only the one that takes the promise gets here"
        );
        // A reader looks at the outcome again once it has the lock: it is either among these, or it
        // sees the outcome.
        let wakers = mem::take(&mut self.readers.lock().wakers);
        wake_all(wakers);
    }
}

impl<T: Send + Sync + 'static> Wake for Shared<T> {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        self.advance(&waker);
    }
}

/// Wakes all, also when some of the wakers panic; the first panic goes on afterwards.
fn wake_all(wakers: Slab<Waker>) {
    let mut panic = None;
    for (_, waker) in wakers {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            panic.get_or_insert(payload);
        }
    }
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}

impl<T: Clone> Future for SharedPromise<T> {
    type Output = Result<T, PromiseError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let spent = ready!(budget::poll_proceed(cx));
        if this.peek().is_none() && this.wait(cx) {
            let resource = Arc::as_ptr(&this.shared).addr();
            leaf::waiting(cx, Kind::Promise, resource, this.site);
            return Poll::Pending;
        }
        spent.made_progress();
        match this.peek() {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => unreachable!("`wait` is false only when the outcome is there"),
        }
    }
}

impl<T> SharedPromise<T> {
    /// Leaves the waker of `cx` among the readers. False if the outcome has come.
    fn wait(&mut self, cx: &Context<'_>) -> bool {
        let fresh = cx.waker().clone();
        let stale;
        {
            let mut readers = self.shared.readers.lock();
            if self.shared.outcome.get().is_some() {
                // The wakers are gone, and our key with them.
                self.key = None;
                drop(readers);
                return false;
            }
            match self.key {
                Some(key) => stale = Some(mem::replace(&mut readers.wakers[key], fresh)),
                None => {
                    self.key = Some(readers.wakers.insert(fresh));
                    stale = None;
                }
            }
        }
        drop(stale);
        true
    }
}

impl<T> Clone for SharedPromise<T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            key: None,
            site: self.site,
        }
    }
}

impl<T> Drop for SharedPromise<T> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        // Fails if the wakers were taken to be woken.
        let waker = self.shared.readers.lock().wakers.try_remove(key);
        drop(waker);
    }
}

impl<T> fmt::Debug for SharedPromise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPromise")
            .field("is_resolved", &self.peek().is_some())
            .field("site", &self.site)
            .finish()
    }
}
