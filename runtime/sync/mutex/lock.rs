//! `Mutex`, and the futures that lock it.

use std::cell::UnsafeCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::word::RawLock;
use super::{MutexGuard, OwnedMutexGuard};
use crate::leaf::{self, Kind, Site};
use crate::sync::block::block_on;
use crate::sync::held::NotUnwindSafe;
use crate::sync::waiters::Node;

/// A mutex whose holder may await.
///
/// Take it where a value is used across an `.await`. A value that is only touched between two
/// awaits is better off in a [`std::sync::Mutex`], which is faster.
///
/// The mutex is fair: it is given to the tasks in the order in which their lock futures were
/// first polled. A lock with waiters passes from its holder to the first waiter and is never free
/// in between. It works on any executor.
///
/// It is not poisoned by a panic: the guard unlocks, and the value stays as it was left.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::Mutex;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let count = Arc::new(Mutex::new(0));
/// let tasks: Vec<_> = (0..10)
///     .map(|_| {
///         let count = count.clone();
///         wakeful::task::spawn(async move { *count.lock().await += 1 })
///     })
///     .collect();
/// for task in tasks {
///     task.await.unwrap();
/// }
/// assert_eq!(*count.lock().await, 10);
/// # });
/// ```
pub struct Mutex<T: ?Sized> {
    pub(super) raw: RawLock,
    pub(super) _unwinding: NotUnwindSafe,
    pub(super) value: UnsafeCell<T>,
}

impl<T> Mutex<T> {
    /// Makes an unlocked mutex.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::Mutex::new(5);
    /// ```
    pub fn new(value: T) -> Self {
        Self::const_new(value)
    }

    /// Makes an unlocked mutex, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Mutex;
    ///
    /// static LOCK: Mutex<u32> = Mutex::const_new(5);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self {
            raw: RawLock::new(),
            _unwinding: PhantomData,
            value: UnsafeCell::new(value),
        }
    }

    /// Takes the mutex apart.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::Mutex::new(5);
    /// assert_eq!(lock.into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks the mutex, waiting until it is our turn.
    ///
    /// Our turn comes after everybody whose future was polled first. The guard unlocks when it is
    /// dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. Nothing else is lost: a lock that was
    /// just handed to it goes to the next waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = wakeful::sync::Mutex::new(1);
    /// let mut value = lock.lock().await;
    /// *value += 1;
    /// assert_eq!(*value, 2);
    /// # });
    /// ```
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> Lock<'_, T> {
        self.lock_at(Site::here())
    }

    /// Locks the mutex like [`lock`](Self::lock); the guard holds the `Arc` instead of a borrow.
    ///
    /// # Cancel safety
    ///
    /// As with [`lock`](Self::lock), you lose your place in the queue and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = Arc::new(wakeful::sync::Mutex::new(1));
    /// let mut value = lock.clone().lock_owned().await;
    /// *value += 1;
    /// # });
    /// ```
    #[track_caller]
    #[inline]
    pub fn lock_owned(self: Arc<Self>) -> LockOwned<T> {
        LockOwned {
            mutex: Some(self),
            site: Site::here(),
            node: Node::new(()),
        }
    }

    /// Locks the mutex when it is free.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when it is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::Mutex::new(1);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_err());
    /// assert_eq!(*guard, 1);
    /// ```
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        if self.raw.try_lock_at(Site::here()) {
            Ok(MutexGuard::of_locked(self))
        } else {
            Err(TryLockError(()))
        }
    }

    /// Locks the mutex when it is free; the guard holds the `Arc` instead of a borrow.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when it is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(wakeful::sync::Mutex::new(1));
    /// let guard = lock.clone().try_lock_owned().unwrap();
    /// assert!(lock.try_lock().is_err());
    /// assert_eq!(*guard, 1);
    /// ```
    #[track_caller]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        if self.raw.try_lock_at(Site::here()) {
            Ok(OwnedMutexGuard::of_locked(self))
        } else {
            Err(TryLockError(()))
        }
    }

    /// Locks the mutex, blocking this thread until it is our turn.
    ///
    /// # Panics
    ///
    /// When called from async code: there, the thread must not block. Call it on a thread of your
    /// own or inside `spawn_blocking`.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::Mutex::new(1);
    /// *lock.blocking_lock() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        block_on("Mutex::blocking_lock", self.lock())
    }

    /// Locks the mutex like [`blocking_lock`](Self::blocking_lock); the guard holds the `Arc`.
    ///
    /// # Panics
    ///
    /// When called from async code, as [`blocking_lock`](Self::blocking_lock).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(wakeful::sync::Mutex::new(1));
    /// let guard = lock.clone().blocking_lock_owned();
    /// std::thread::spawn(move || assert_eq!(*guard, 1)).join().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        block_on("Mutex::blocking_lock_owned", self.lock_owned())
    }

    /// The value; nobody can hold the lock, since we have the mutex for ourselves.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut lock = wakeful::sync::Mutex::new(1);
    /// *lock.get_mut() = 10;
    /// assert_eq!(lock.into_inner(), 10);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    #[inline]
    pub(crate) fn lock_at(&self, site: Site) -> Lock<'_, T> {
        Lock {
            mutex: self,
            site,
            node: Node::new(()),
        }
    }

    fn resource(&self) -> usize {
        self.raw.resource()
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(value) => shown.field("data", &&*value),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}

pin_project! {
    /// Waits for a [`Mutex`]; made by [`Mutex::lock`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::Mutex;
    /// use wakeful::time::timeout;
    ///
    /// let mutex = Mutex::new(1);
    /// let guard = mutex.lock().await;
    /// // Giving up leaves the queue.
    /// assert!(timeout(Duration::from_secs(1), mutex.lock()).await.is_err());
    /// drop(guard);
    /// assert_eq!(*mutex.lock().await, 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Lock<'a, T>
    where
        T: ?Sized,
    {
        mutex: &'a Mutex<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Lock<'_, T>
    where
        T: ?Sized,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.mutex.raw.cancel(this.node);
        }
    }
}

impl<'a, T: ?Sized> Future for Lock<'a, T> {
    type Output = MutexGuard<'a, T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mutex: &'a Mutex<T> = this.mutex;
        match mutex.raw.poll_lock(this.node, cx, *this.site) {
            Poll::Ready(()) => Poll::Ready(MutexGuard::of_locked(mutex)),
            Poll::Pending => {
                leaf::waiting(cx, Kind::Mutex, mutex.resource(), *this.site);
                Poll::Pending
            }
        }
    }
}

impl<T: ?Sized> fmt::Debug for Lock<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("site", &self.site).finish()
    }
}

pin_project! {
    /// Waits for a [`Mutex`] in an `Arc`; made by [`Mutex::lock_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use wakeful::sync::Mutex;
    ///
    /// let mutex = Arc::new(Mutex::new(1));
    /// let lock = Arc::clone(&mutex).lock_owned(); // locks nothing yet
    /// *mutex.lock().await += 1;
    /// assert_eq!(*lock.await, 2);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct LockOwned<T>
    where
        T: ?Sized,
    {
        // None once the guard has it.
        mutex: Option<Arc<Mutex<T>>>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for LockOwned<T>
    where
        T: ?Sized,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(mutex) = this.mutex {
                mutex.raw.cancel(this.node);
            }
        }
    }
}

impl<T: ?Sized> Future for LockOwned<T> {
    type Output = OwnedMutexGuard<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let slot = this.mutex;
        let mutex = match slot {
            Some(mutex) => mutex,
            None => panic!("a lock future was polled after it had completed"),
        };
        if mutex.raw.poll_lock(this.node, cx, *this.site).is_pending() {
            leaf::waiting(cx, Kind::Mutex, mutex.resource(), *this.site);
            return Poll::Pending;
        }
        let mutex = slot.take().expect("it was there a moment ago");
        Poll::Ready(OwnedMutexGuard::of_locked(mutex))
    }
}

impl<T: ?Sized> fmt::Debug for LockOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockOwned")
            .field("site", &self.site)
            .finish()
    }
}

/// [`Mutex::try_lock`] and its like found the lock taken.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::Mutex;
///
/// let count = Mutex::new(0);
/// let guard = count.lock().await;
/// let error = count.try_lock().unwrap_err();
/// assert_eq!(error.to_string(), "operation would block");
/// drop(guard);
/// assert!(count.try_lock().is_ok());
/// # }
/// ```
#[derive(Debug)]
pub struct TryLockError(pub(in crate::sync) ());

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("operation would block")
    }
}

impl Error for TryLockError {}
