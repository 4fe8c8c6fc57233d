//! An async reader-writer lock: a semaphore with a value. A reader holds one permit, a writer all.
//!
//! Called by users; calls `permits` and `held`.
//!
//! ```text
//!   mod.rs     RwLock
//!   wait.rs    the futures Read, Write and their owned twins
//!   guards.rs  guards that borrow the lock
//!   owned.rs   guards that hold its Arc
//! ```
//!
//! Invariants:
//! - RW1. Whoever holds one permit may read the value; whoever holds all of them may write it.
//!   Guards are made of permits that were just taken, and give them back when they are dropped.
//!
//! Absent: poisoning, and a way from a read guard to a write guard, which would deadlock as soon
//! as two readers took it.

#![expect(
    unsafe_code,
    reason = "a guard's right to the value is a fact the compiler cannot see"
)]

mod guards;
mod owned;
mod wait;

#[cfg(test)]
mod tests;

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::leaf::{Kind, Site};
use crate::sync::TryLockError;
use crate::sync::block::block_on;
use crate::sync::held::{NotUnwindSafe, Shared, Unique};
use crate::sync::permits::{Acquiring, Hold, Permits, Pool};

pub use guards::{RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard};
pub use owned::{OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard};
pub use wait::{Read, ReadOwned, Write, WriteOwned};

/// Readers at a time, unless [`RwLock::with_max_readers`] says otherwise. tokio's number.
const MAX_READERS: u32 = u32::MAX >> 3;

/// A lock that many may hold to read, or one to write, across an `.await`.
///
/// It is fair: it is given out in the order in which the futures were first polled. So a writer
/// that waits holds up the readers behind it, and is not starved by them. For the same reason, a
/// task that holds a read guard must not take another: a writer in between would wait for the
/// first, and the second for the writer.
///
/// It is not poisoned by a panic. It works on any executor.
///
/// # Examples
///
/// ```
/// use wakeful::sync::RwLock;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let lock = RwLock::new(5);
/// {
///     let one = lock.read().await;
///     let other = lock.read().await;
///     assert_eq!(*one + *other, 10);
/// }
/// *lock.write().await += 1;
/// assert_eq!(*lock.read().await, 6);
/// # });
/// ```
pub struct RwLock<T: ?Sized> {
    permits: Permits,
    max_readers: u32,
    _unwinding: NotUnwindSafe,
    value: UnsafeCell<T>,
}

// SAFETY: RW1. To send the lock is to send the value.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: RW1. To share the lock is to share the value among readers and send it to writers.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> Pool for RwLock<T> {
    fn permits(&self) -> &Permits {
        &self.permits
    }
}

impl<T> RwLock<T> {
    /// Makes an unlocked lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(5);
    /// ```
    pub fn new(value: T) -> Self {
        Self::const_new(value)
    }

    /// Makes an unlocked lock that at most `max_readers` may read at a time.
    ///
    /// # Panics
    ///
    /// When `max_readers` is zero or exceeds `u32::MAX >> 3`.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::with_max_readers(5, 1024);
    /// ```
    #[track_caller]
    pub fn with_max_readers(value: T, max_readers: u32) -> Self {
        Self::const_with_max_readers(value, max_readers)
    }

    /// Makes an unlocked lock, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::RwLock;
    ///
    /// static LOCK: RwLock<u32> = RwLock::const_new(5);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self::const_with_max_readers(value, MAX_READERS)
    }

    /// Makes an unlocked lock that at most `max_readers` may read at a time, in a constant.
    ///
    /// # Panics
    ///
    /// When `max_readers` is zero or exceeds `u32::MAX >> 3`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::RwLock;
    ///
    /// static LOCK: RwLock<u32> = RwLock::const_with_max_readers(5, 1024);
    /// ```
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_readers: u32) -> Self {
        assert!(
            max_readers > 0,
            "a RwLock may not be created with 0 readers"
        );
        assert!(
            max_readers <= MAX_READERS,
            "a RwLock may not be created with more than 536870911 readers (u32::MAX >> 3)"
        );
        Self {
            permits: Permits::new(max_readers as usize),
            max_readers,
            _unwinding: PhantomData,
            value: UnsafeCell::new(value),
        }
    }

    /// Takes the lock apart.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wakeful::sync::RwLock::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks to read, waiting until it is our turn and no writer holds the lock.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = wakeful::sync::RwLock::new(5);
    /// assert_eq!(*lock.read().await, 5);
    /// # });
    /// ```
    #[track_caller]
    pub fn read(&self) -> Read<'_, T> {
        Read::new(Acquiring::new(self, 1, Kind::RwLockRead, Site::here()))
    }

    /// Locks to read like [`read`](Self::read); the guard holds the `Arc`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = std::sync::Arc::new(wakeful::sync::RwLock::new(5));
    /// assert_eq!(*lock.read_owned().await, 5);
    /// # });
    /// ```
    #[track_caller]
    pub fn read_owned(self: Arc<Self>) -> ReadOwned<T> {
        ReadOwned::new(Acquiring::new(self, 1, Kind::RwLockRead, Site::here()))
    }

    /// Locks to read, blocking this thread until it is our turn.
    ///
    /// # Panics
    ///
    /// When called from async code: there, the thread must not block. Call it on a thread of your
    /// own or inside `spawn_blocking`.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(5);
    /// assert_eq!(*lock.blocking_read(), 5);
    /// ```
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        block_on("RwLock::blocking_read", self.read())
    }

    /// Locks to read when that is possible at once.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when a writer holds the lock or waits for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(5);
    /// let reader = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_ok());
    /// assert!(lock.try_write().is_err());
    /// ```
    #[track_caller]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        self.try_take(1)?;
        Ok(self.reader())
    }

    /// Locks to read when that is possible at once; the guard holds the `Arc`.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when a writer holds the lock or waits for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = std::sync::Arc::new(wakeful::sync::RwLock::new(5));
    /// assert_eq!(*lock.try_read_owned().unwrap(), 5);
    /// ```
    #[track_caller]
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        self.try_take(1)?;
        Ok(Self::reader_owned(self))
    }

    /// Locks to write, waiting until it is our turn and nobody else holds the lock.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = wakeful::sync::RwLock::new(5);
    /// *lock.write().await = 6;
    /// # });
    /// ```
    #[track_caller]
    pub fn write(&self) -> Write<'_, T> {
        let all = self.max_readers;
        Write::new(Acquiring::new(self, all, Kind::RwLockWrite, Site::here()))
    }

    /// Locks to write like [`write`](Self::write); the guard holds the `Arc`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let lock = std::sync::Arc::new(wakeful::sync::RwLock::new(5));
    /// *lock.write_owned().await = 6;
    /// # });
    /// ```
    #[track_caller]
    pub fn write_owned(self: Arc<Self>) -> WriteOwned<T> {
        let all = self.max_readers;
        WriteOwned::new(Acquiring::new(self, all, Kind::RwLockWrite, Site::here()))
    }

    /// Locks to write, blocking this thread until it is our turn.
    ///
    /// # Panics
    ///
    /// When called from async code: there, the thread must not block. Call it on a thread of your
    /// own or inside `spawn_blocking`.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(5);
    /// *lock.blocking_write() = 6;
    /// ```
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        block_on("RwLock::blocking_write", self.write())
    }

    /// Locks to write when nobody holds the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when somebody does.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(5);
    /// *lock.try_write().unwrap() = 6;
    /// ```
    #[track_caller]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        self.try_take(self.max_readers)?;
        Ok(self.writer())
    }

    /// Locks to write when nobody holds the lock; the guard holds the `Arc`.
    ///
    /// # Errors
    ///
    /// [`TryLockError`] when somebody does.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = std::sync::Arc::new(wakeful::sync::RwLock::new(5));
    /// *lock.try_write_owned().unwrap() = 6;
    /// ```
    #[track_caller]
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        self.try_take(self.max_readers)?;
        Ok(Self::writer_owned(self))
    }

    /// The value; nobody can hold the lock, since we have it for ourselves.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut lock = wakeful::sync::RwLock::new(5);
    /// *lock.get_mut() = 6;
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    #[track_caller]
    fn try_take(&self, count: u32) -> Result<(), TryLockError> {
        let count = count as usize;
        let taken = self.permits.try_acquire(count);
        taken.map_err(|_| TryLockError(()))?;
        self.permits.took(count, Site::here());
        Ok(())
    }

    fn value(&self) -> NonNull<T> {
        NonNull::new(self.value.get()).expect("a cell has an address")
    }

    /// RW1: the caller has just taken one permit.
    fn reader(&self) -> RwLockReadGuard<'_, T> {
        let pool = &self.permits;
        // SAFETY: HL2 by RW1. Who writes has all permits, and one of them is ours.
        RwLockReadGuard::over(unsafe { Shared::new(Hold { pool, count: 1 }, self.value()) })
    }

    /// RW1: the caller has just taken one permit.
    fn reader_owned(pool: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        let value = pool.value();
        // SAFETY: HL2 by RW1. Who writes has all permits, and one of them is ours.
        OwnedRwLockReadGuard::over(unsafe { Shared::new(Hold { pool, count: 1 }, value) })
    }

    /// RW1: the caller has just taken all permits.
    fn writer(&self) -> RwLockWriteGuard<'_, T> {
        let pool = &self.permits;
        let count = self.max_readers as usize;
        // SAFETY: HL1 by RW1. All permits are ours.
        RwLockWriteGuard::over(unsafe { Unique::new(Hold { pool, count }, self.value()) })
    }

    /// RW1: the caller has just taken all permits.
    fn writer_owned(pool: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        let value = pool.value();
        let count = pool.max_readers as usize;
        // SAFETY: HL1 by RW1. All permits are ours.
        OwnedRwLockWriteGuard::over(unsafe { Unique::new(Hold { pool, count }, value) })
    }
}

/// Turns the right to write the value into a right to read a part of it, and lets other readers
/// in. `held` has the whole value.
fn downgrade<P, U: ?Sized, V: ?Sized>(
    held: Unique<Hold<P>, U>,
    f: impl FnOnce(&U) -> Option<&V>,
) -> Result<Shared<Hold<P>, V>, Unique<Hold<P>, U>>
where
    P: Deref,
    P::Target: Pool,
{
    // SAFETY: HL2 by RW1. One permit stays. The callers have guards that were not mapped.
    unsafe { held.share(f, |hold| hold.shrink(1)) }
}

/// The same for a part that is there.
fn downgrade_to<P, U: ?Sized, V: ?Sized>(
    held: Unique<Hold<P>, U>,
    f: impl FnOnce(&U) -> &V,
) -> Shared<Hold<P>, V>
where
    P: Deref,
    P::Target: Pool,
{
    match downgrade(held, |value| Some(f(value))) {
        Ok(held) => held,
        Err(_) => unreachable!("the part is there"),
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(value) => shown.field("data", &&*value),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
