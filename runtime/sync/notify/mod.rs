//! Telling tasks that something has happened.
//!
//! Called by users; calls `waiters`, `budget` and `leaf`. One word holds how often everybody was
//! told, and a state:
//!
//! ```text
//!               notify_one                 a future is polled first
//!        +------------------>        +------------------------------>
//!   PERMIT                     EMPTY                                 WAITING
//!        <------------------+        <-----------------------------+
//!           taken by a poll            the last waiter was called
//! ```
//!
//! Invariants:
//! - NT1. While a waiter is queued, the state is WAITING. It becomes WAITING, and ceases to be,
//!   only under the queue's mutex. (The last waiter may have left.)
//! - NT2. The count of broadcasts changes only under the queue's mutex, together with the call of
//!   everybody in the queue. A future whose count, taken when it was made, is behind has been told.
//! - NT3. A notice that was given to one future is returned by it, or passed on when it is dropped.
//!
//! Absent: more than one stored permit. Who counts takes a semaphore.

mod notified;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;

use crate::leaf::Site;
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::waiters::{Called, Locked, Node, Stage, Waiters};

pub use notified::{Notified, OwnedNotified};

const EMPTY: usize = 0;
const WAITING: usize = 1;
const PERMIT: usize = 2;
const STATE: usize = 3;
const BROADCAST: usize = 4;

/// Wakes one task, or all, that wait for something to happen.
///
/// It carries no data: it is a semaphore that starts without a permit and has at most one. A
/// [`notify_one`](Self::notify_one) that finds nobody waiting leaves the permit for the next who
/// comes, so no notice is lost when it comes first. It works on any executor.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::Notify;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let ready = Arc::new(Notify::new());
/// let theirs = ready.clone();
/// let task = wakeful::task::spawn(async move { theirs.notified().await });
/// ready.notify_one();
/// task.await.unwrap();
/// # });
/// ```
pub struct Notify {
    word: AtomicUsize,
    waiters: Waiters<(), ()>,
}

/// From which end of the queue `notify_one` and `notify_last` take a waiter.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

impl Notify {
    /// Makes one without a permit.
    ///
    /// # Examples
    ///
    /// ```
    /// let ready = wakeful::sync::Notify::new();
    /// ```
    pub fn new() -> Self {
        Self {
            word: AtomicUsize::new(EMPTY),
            waiters: Waiters::new(()),
        }
    }

    /// Makes one without a permit, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Notify;
    ///
    /// static READY: Notify = Notify::const_new();
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new() -> Self {
        Self {
            word: AtomicUsize::new(EMPTY),
            waiters: Waiters::new(()),
        }
    }

    /// Waits for a notice.
    ///
    /// The future gets the permit if there is one when it is first polled; otherwise it waits in a
    /// queue. It is also told by a [`notify_waiters`](Self::notify_waiters) that is called after
    /// this function returned, whether the future was polled by then or not.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. A notice by `notify_one` that it had
    /// received goes to the next waiter, or becomes the permit.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = wakeful::sync::Notify::new();
    /// ready.notify_one();
    /// ready.notified().await;
    /// # });
    /// ```
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        Notified::new(self, self.broadcasts(), Site::here())
    }

    /// Waits for a notice like [`notified`](Self::notified); the future holds the `Arc`.
    ///
    /// # Cancel safety
    ///
    /// As with [`notified`](Self::notified), no notice is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = Arc::new(wakeful::sync::Notify::new());
    /// let told = ready.clone().notified_owned();
    /// ready.notify_waiters();
    /// told.await;
    /// # });
    /// ```
    #[track_caller]
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        let seen = self.broadcasts();
        OwnedNotified::new(self, seen, Site::here())
    }

    /// Tells the waiter that has waited longest. When nobody waits, stores a permit for the next
    /// who comes; a second one is not stored.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = wakeful::sync::Notify::new();
    /// ready.notify_one();
    /// ready.notified().await;
    /// # });
    /// ```
    pub fn notify_one(&self) {
        self.notify(End::First);
    }

    /// Tells the waiter that came last. When nobody waits, stores a permit, as
    /// [`notify_one`](Self::notify_one) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = wakeful::sync::Notify::new();
    /// ready.notify_last();
    /// ready.notified().await;
    /// # });
    /// ```
    pub fn notify_last(&self) {
        self.notify(End::Last);
    }

    /// Tells everybody who waits now: all whose future was made before, polled or not. Stores no
    /// permit.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = wakeful::sync::Notify::new();
    /// let (one, other) = (ready.notified(), ready.notified());
    /// ready.notify_waiters();
    /// one.await;
    /// other.await;
    /// # });
    /// ```
    pub fn notify_waiters(&self) {
        let mut waiters = self.waiters.lock();
        // ORDERING: AcqRel; pairs with the Acquires in `broadcasts` and `take_permit`, and orders
        // what we did before for a future that finds its count behind.
        self.word.fetch_add(BROADCAST, Ordering::AcqRel);
        let wakers = waiters.call_all(Stage::Broadcast);
        self.no_waiters(&waiters);
        drop(waiters);
        wakers.wake();
    }

    fn notify(&self, end: End) {
        let mut word = self.word.load(Ordering::Relaxed);
        while word & STATE != WAITING {
            // Also when there is a permit: what we did before is to be seen by who takes it.
            // ORDERING: Release; pairs with the Acquires in `take_permit` and `queue`.
            match self.word.compare_exchange_weak(
                word,
                word & !STATE | PERMIT,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
        let mut waiters = self.waiters.lock();
        let called = match end {
            End::First => waiters.pop_front(Stage::Granted),
            End::Last => waiters.pop_back(Stage::GrantedLast),
        };
        if called.is_some() {
            self.no_waiters(&waiters);
        } else {
            self.store_permit();
        }
        drop(waiters);
        if let Some(called) = called {
            called.wake();
        }
    }

    /// Under the queue's mutex, which has no waiter.
    fn store_permit(&self) {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            // ORDERING: Release; pairs with the Acquires in `take_permit` and `queue`.
            match self.word.compare_exchange_weak(
                word,
                word & !STATE | PERMIT,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// Takes WAITING away when the queue has become empty (NT1).
    fn no_waiters(&self, waiters: &Locked<(), ()>) {
        let word = self.word.load(Ordering::Relaxed);
        if waiters.is_empty() && word & STATE == WAITING {
            // While it is WAITING the word changes only under the mutex.
            // ORDERING: Release; pairs with the Acquire in `broadcasts`, for what came before the
            // broadcasts counted in there. A plain store passes on nothing by itself.
            self.word.store(word & !STATE, Ordering::Release);
        }
    }

    fn broadcasts(&self) -> usize {
        // ORDERING: Acquire; pairs with the AcqRel in `notify_waiters` and the Release in
        // `no_waiters`.
        self.word.load(Ordering::Acquire) & !STATE
    }

    /// Takes the permit, for a future that no broadcast has told yet: one that was told leaves the
    /// permit for the next.
    fn take_permit(&self, seen: usize) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while word == seen | PERMIT {
            // ORDERING: Acquire; pairs with the Releases in `notify` and `store_permit`.
            match self.word.compare_exchange_weak(
                word,
                word & !STATE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Moves a future forward, and says where it is now. `seen` is its count of broadcasts.
    fn advance(&self, mut node: Pin<&mut Node<()>>, seen: usize, waker: Option<&Waker>) -> Stage {
        match (node.stage(), waker) {
            (Stage::New, _) if self.take_permit(seen) => {
                node.as_mut().settle(Stage::Granted);
                Stage::Granted
            }
            (Stage::New, _) => self.queue(node, seen, waker.cloned()),
            (Stage::Queued, Some(waker)) => self.waiters.refresh(node.as_ref(), waker),
            (stage, _) => stage,
        }
    }

    fn queue(&self, mut node: Pin<&mut Node<()>>, seen: usize, waker: Option<Waker>) -> Stage {
        let mut waiters = self.waiters.lock();
        let mut word = self.word.load(Ordering::Relaxed);
        let stage = loop {
            if word & !STATE != seen {
                break Stage::Broadcast;
            }
            let (state, stage) = match word & STATE {
                PERMIT => (EMPTY, Stage::Granted),
                _ => (WAITING, Stage::Queued),
            };
            // ORDERING: Acquire; pairs with the Releases in `notify` and `store_permit`.
            match self.word.compare_exchange_weak(
                word,
                word & !STATE | state,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => break stage,
                Err(now) => word = now,
            }
        };
        if stage == Stage::Queued {
            waiters.push_back(node.as_ref(), (), waker);
        } else {
            drop(waiters);
            node.as_mut().settle(stage);
            drop(waker);
        }
        stage
    }

    /// Leaves the queue, and passes on a notice that was not returned (NT3). For a future that is
    /// dropped, whatever its stage.
    fn cancel(&self, node: Pin<&mut Node<()>>) {
        if node.stage() == Stage::Queued {
            let left: Option<Called> = self.waiters.lock().remove(node.as_ref());
            if left.is_some() {
                return;
            }
        }
        let stage = node.stage();
        node.settle(Stage::Done);
        match stage {
            Stage::Granted => self.notify(End::First),
            Stage::GrantedLast => self.notify(End::Last),
            _ => {}
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.word.load(Ordering::Relaxed) & STATE {
            PERMIT => "permit",
            WAITING => "waiting",
            _ => "empty",
        };
        f.debug_struct("Notify")
            .field("state", &format_args!("{state}"))
            .finish()
    }
}
