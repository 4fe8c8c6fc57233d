//! A first-come list of waiting futures, linked through the futures themselves.
//!
//! Called by every lock in `sync`; calls nothing but `primitives`. A lock owns a [`Waiters`]: the
//! list, and whatever state `S` must change together with it, behind one small mutex. A leaf
//! future owns a [`Node`] with its waker and the lock's per-waiter data `D`.
//!
//! ```text
//!   Waiters            Node (in a pinned future)
//!  +--------+  head   +-------+  next   +-------+
//!  | mutex  |-------->| place |-------->| place |---> none
//!  | S      |         | waker |<--------| waker |
//!  |        |---+     | D     |  prev   | D     |
//!  +--------+   |     +-------+         +-------+
//!               +--------------- tail ------^
//!
//!  stage     place               who may touch the rest of the node
//!  New       0                   its future
//!  Queued    address of list     whoever holds the list's mutex
//!  others    a small number      its future
//! ```
//!
//! A node leaves the list in one of two ways: another thread *calls* it (`pop_front`, `pop_back`),
//! which leaves a stage behind that says what it was called for, or its future removes it
//! (`remove`). A future whose node was called and that goes away without using what it got must
//! pass it on; that is the business of the lock.
//!
//! Invariants:
//! - WT1. A node in a list is alive and does not move. It is pinned when it is pushed, and a node
//!   that is dropped while queued aborts the process: futures remove theirs first. A future that
//!   is forgotten keeps its memory for good, so its node stays good, too.
//! - WT2. The links, waker and data of a queued node are touched only under the mutex of its list;
//!   those of any other node only by its future.
//! - WT3. `place` holds the address of the list exactly while the node is in it, and goes to and
//!   from it only under the mutex of that list. So a node is never taken for one of another list.
//! - WT4. Leaving the list, the store to `place` is the last access to the node by the one who
//!   called it: its future may be freed from then on.
//! - WT5. No waker is woken, cloned or dropped under the mutex: they come in and go out by value.
//! - WT6. The links of a node are written when it is pushed, so that a future that never waits does
//!   not pay for them. Those of a node in a list are written; those of a node that has left hold
//!   nothing to drop.
//!
//! Absent: any notion of permits, fairness or wake order. The locks choose whom to call.

#![expect(
    unsafe_code,
    reason = "nodes lie in pinned futures and are reached by pointer"
)]

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::Waker;

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{Mutex, MutexGuard, UnsafeCell};

mod wakers;

#[cfg(all(test, loom))]
pub(crate) mod modelled;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use wakers::Wakers;

/// A list of nodes, and the state that changes with it, behind one mutex.
pub(crate) struct Waiters<S, D> {
    locked: Mutex<Locked<S, D>>,
}

impl<S, D: Copy> Waiters<S, D> {
    #[cfg(not(loom))]
    pub(crate) const fn new(state: S) -> Self {
        Self {
            locked: Mutex::new(Locked::new(state)),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(state: S) -> Self {
        Self {
            locked: Mutex::new(Locked::new(state)),
        }
    }

    /// Opens the list. Run no code of others while the guard lives (WT5).
    pub(crate) fn lock(&self) -> MutexGuard<'_, Locked<S, D>> {
        self.locked.lock()
    }

    /// Makes sure that `waker` is the one a queued node wakes, and says in which stage the node
    /// is. For a future that is polled again.
    pub(crate) fn refresh(&self, node: Pin<&Node<D>>, waker: &Waker) -> Stage {
        let locked = self.lock();
        let Some(linked) = locked.find(node) else {
            return node.stage();
        };
        if locked.has_waker(linked, waker) {
            return Stage::Queued;
        }
        drop(locked);

        let fresh = waker.clone();
        let locked = self.lock();
        let stale = match locked.find(node) {
            Some(linked) => locked.with(linked, |links| links.waker.replace(fresh)),
            None => Some(fresh),
        };
        drop(locked);
        drop(stale);
        node.stage()
    }
}

/// An open list.
pub(crate) struct Locked<S, D> {
    head: Option<Linked<D>>,
    tail: Option<Linked<D>>,
    pub(crate) state: S,
}

// SAFETY: WT2. The nodes behind the pointers hold wakers, which are Send, and data, which is
// required to be; whoever has the list may touch them.
unsafe impl<S: Send, D: Send> Send for Locked<S, D> {}

impl<S, D> Locked<S, D> {
    const fn new(state: S) -> Self {
        Self {
            head: None,
            tail: None,
            state,
        }
    }
}

impl<S, D: Copy> Locked<S, D> {
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Puts a node at the end.
    ///
    /// # Panics
    ///
    /// When the node is in a list.
    pub(crate) fn push_back(&mut self, node: Pin<&Node<D>>, data: D, waker: Option<Waker>) {
        assert!(node.stage() != Stage::Queued, "a node waits in one list");
        let linked = Linked(NonNull::from(node.get_ref()));
        let prev = self.tail;
        let links = Links {
            prev,
            next: None,
            waker,
        };
        node.links.with_mut(|place| {
            // SAFETY: WT2, WT6. The node is its future's, which lends it to us, until it is linked.
            unsafe { place.write(MaybeUninit::new(links)) }
        });
        self.set_data(linked, data);
        match prev {
            Some(prev) => self.with(prev, |links| links.next = Some(linked)),
            None => self.head = Some(linked),
        }
        self.tail = Some(linked);
        node.place.store(self.address(), Ordering::Relaxed);
    }

    /// The data of the first node.
    pub(crate) fn front(&self) -> Option<D> {
        self.head.map(|head| self.data(head))
    }

    /// Changes the data of the first node.
    pub(crate) fn set_front(&mut self, data: D) {
        if let Some(head) = self.head {
            self.set_data(head, data);
        }
    }

    /// Takes the first node out, and leaves `stage` in it. `None`: the list is empty.
    pub(crate) fn pop_front(&mut self, stage: Stage) -> Option<Called> {
        self.head.map(|node| self.call(node, stage))
    }

    /// Takes the last node out, and leaves `stage` in it. `None`: the list is empty.
    pub(crate) fn pop_back(&mut self, stage: Stage) -> Option<Called> {
        self.tail.map(|node| self.call(node, stage))
    }

    /// Takes all nodes out, from the first to the last, and leaves `stage` in them.
    pub(crate) fn call_all(&mut self, stage: Stage) -> Wakers {
        let mut wakers = Wakers::new();
        while let Some(called) = self.pop_front(stage) {
            wakers.push(called);
        }
        wakers
    }

    /// Takes this node out, and makes it new again. `None`: it is not in this list.
    pub(crate) fn remove(&mut self, node: Pin<&Node<D>>) -> Option<Called> {
        self.find(node).map(|node| self.call(node, Stage::New))
    }

    fn call(&mut self, node: Linked<D>, stage: Stage) -> Called {
        let (prev, next, waker) = self.with(node, |links| {
            (links.prev.take(), links.next.take(), links.waker.take())
        });
        match prev {
            Some(prev) => self.with(prev, |links| links.next = next),
            None => self.head = next,
        }
        match next {
            Some(next) => self.with(next, |links| links.prev = prev),
            None => self.tail = prev,
        }
        // SAFETY: WT1. The node was in our list; its future sees that it is out only by this store.
        let node = unsafe { node.0.as_ref() };
        // ORDERING: Release; pairs with the Acquire in `Node::stage`. It hands the node over to
        // its future (WT4), and what the lock protects to the new holder.
        node.place.store(stage as usize, Ordering::Release);
        Called(waker)
    }

    /// The node as a member of this list, when it is one (WT3).
    fn find(&self, node: Pin<&Node<D>>) -> Option<Linked<D>> {
        let here = node.place.load(Ordering::Relaxed) == self.address();
        here.then(|| Linked(NonNull::from(node.get_ref())))
    }

    fn has_waker(&self, node: Linked<D>, waker: &Waker) -> bool {
        self.with(node, |links| {
            links.waker.as_ref().is_some_and(|old| old.will_wake(waker))
        })
    }

    /// Reads or changes a node in this list. `f` is our code only, and does not come back here.
    fn with<R>(&self, node: Linked<D>, f: impl FnOnce(&mut Links<D>) -> R) -> R {
        // SAFETY: WT1. `Linked` is made of a node being pushed or found, and kept in the list only.
        let node = unsafe { node.0.as_ref() };
        node.links.with_mut(|links| {
            // SAFETY: WT2. We are under the mutex, and `f` reaches no other links.
            let links = unsafe { &mut *links };
            // SAFETY: WT6. It was pushed.
            f(unsafe { links.assume_init_mut() })
        })
    }

    fn data(&self, node: Linked<D>) -> D {
        // SAFETY: WT1. As in `with`.
        let node = unsafe { node.0.as_ref() };
        node.data.with(|data| {
            // SAFETY: WT2. We are under the mutex.
            unsafe { *data }
        })
    }

    fn set_data(&self, node: Linked<D>, new: D) {
        // SAFETY: WT1. As in `with`.
        let node = unsafe { node.0.as_ref() };
        node.data.with_mut(|data| {
            // SAFETY: WT2. We are under the mutex, and the node is in the list or about to be.
            unsafe { *data = new }
        });
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A node that is in the list at hand.
struct Linked<D>(NonNull<Node<D>>);

impl<D> Clone for Linked<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Linked<D> {}

/// A node was taken out of a list. Its waker, if it left one, is to be woken, or dropped, once
/// the list is closed.
#[must_use = "it holds the waker of the node that was taken out"]
pub(crate) struct Called(Option<Waker>);

impl Called {
    /// A waker that was left elsewhere, to be woken with those of a list.
    pub(crate) fn of(waker: Waker) -> Self {
        Self(Some(waker))
    }

    pub(crate) fn wake(self) {
        if let Some(waker) = self.0 {
            waker.wake();
        }
    }

    /// Whom it would wake. To look at, also under the mutex.
    pub(crate) fn waker(&self) -> Option<&Waker> {
        self.0.as_ref()
    }
}

/// One future's place in a list.
pub(crate) struct Node<D> {
    place: AtomicUsize,
    links: UnsafeCell<MaybeUninit<Links<D>>>,
    data: UnsafeCell<D>,
    _pinned: PhantomPinned,
}

// SAFETY: WT2. Wakers are Send; the data is required to be.
unsafe impl<D: Send> Send for Node<D> {}
// SAFETY: WT2. A shared node gives out its stage, an atomic, and copies of its data; the rest is
// reached under the mutex of its list.
unsafe impl<D: Send> Sync for Node<D> {}

struct Links<D> {
    prev: Option<Linked<D>>,
    next: Option<Linked<D>>,
    waker: Option<Waker>,
}

impl<D: Copy> Node<D> {
    #[inline]
    pub(crate) fn new(data: D) -> Self {
        Self {
            place: AtomicUsize::new(Stage::New as usize),
            links: UnsafeCell::new(MaybeUninit::uninit()),
            data: UnsafeCell::new(data),
            _pinned: PhantomPinned,
        }
    }

    /// Where the node is. Not [`Stage::Queued`]: then it is its future's alone.
    #[inline]
    pub(crate) fn stage(&self) -> Stage {
        // ORDERING: Acquire; pairs with the Release in `Locked::call`.
        Stage::of(self.place.load(Ordering::Acquire))
    }

    /// Sets the stage of a node that is in no list. For its future.
    ///
    /// # Panics
    ///
    /// When the node is in a list.
    #[inline]
    pub(crate) fn settle(self: Pin<&mut Self>, stage: Stage) {
        assert!(self.stage() != Stage::Queued, "a queued node is the list's");
        self.place.store(stage as usize, Ordering::Relaxed);
    }

    /// The data of a node that is in no list. For its future.
    ///
    /// # Panics
    ///
    /// When the node is in a list.
    pub(crate) fn data(self: Pin<&mut Self>) -> D {
        assert!(self.stage() != Stage::Queued, "a queued node is the list's");
        self.data.with(|data| {
            // SAFETY: WT2. In no list, so ours; nobody can push it while we have it as mutable.
            unsafe { *data }
        })
    }
}

impl<D> Drop for Node<D> {
    #[inline]
    fn drop(&mut self) {
        // WT1. Going on would free memory that a list points to.
        // ORDERING: Acquire; pairs with the Release in `Locked::call`.
        if Stage::of(self.place.load(Ordering::Acquire)) == Stage::Queued {
            std::process::abort();
        }
    }
}

/// What has become of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Stage {
    /// In no list, and not called.
    New = 0,
    /// Called: it has what it waited for, or the first notice.
    Granted,
    /// Called by `notify_last`: the notice is passed on from the other end.
    GrantedLast,
    /// Called together with all others; nothing to pass on.
    Broadcast,
    /// Called because the lock closed.
    Closed,
    /// Its future has returned `Ready`.
    Done,
    /// In a list.
    Queued,
}

impl Stage {
    #[inline]
    fn of(place: usize) -> Self {
        match place {
            0 => Self::New,
            1 => Self::Granted,
            2 => Self::GrantedLast,
            3 => Self::Broadcast,
            4 => Self::Closed,
            5 => Self::Done,
            _ => Self::Queued,
        }
    }
}

// Every address of a list reads as `Queued`: it is aligned, so more than the stages' numbers.
const _: () = assert!(align_of::<Locked<(), ()>>() > Stage::Done as usize);
