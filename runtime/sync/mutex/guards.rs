//! Guards that borrow the mutex.
//!
//! Invariants:
//! - MX4. A guard is made by whoever has just locked, and by nobody else; it lives until it
//!   unlocks. So while there is one, the value is reached through it alone.
//! - MX5. The lock is handed over with a release and an acquire (`word`), so what one holder did to
//!   the value is seen by the next, on whatever thread.
//!
//! Absent: unlocking by hand. Drop the guard.

#![expect(
    unsafe_code,
    reason = "the guard's right to the value is a fact the compiler cannot see"
)]

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::Mutex;
use super::word::RawLock;
use crate::sync::held::{Unique, transparent};

// SAFETY: MX4, MX5. One holder at a time reaches the value; to send the mutex is to send the value.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: MX4, MX5. To share the mutex is to send the value to each holder in turn.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The right to the value of a [`Mutex`]. Dropping it unlocks.
///
/// Made by [`Mutex::lock`], [`Mutex::try_lock`] and [`Mutex::blocking_lock`]. It may be held
/// across an `.await`, and sent to another thread.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::Mutex;
///
/// let count = Mutex::new(0);
/// let mut guard = count.lock().await;
/// *guard += 1;
/// wakeful::task::yield_now().await; // it may be held while something is awaited
/// assert!(count.try_lock().is_err());
/// drop(guard);
/// assert_eq!(*count.lock().await, 1);
/// # }
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
}

// SAFETY: MX4. A shared guard gives out `&T` and nothing else. (Without this, the compiler would
// ask for `T: Send` only.)
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// MX4: the caller has just locked.
    #[inline]
    pub(super) fn of_locked(mutex: &'a Mutex<T>) -> Self {
        Self { mutex }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// It is a function and not a method, so that it does not hide one of the value's.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new((1, "one"));
    /// let mut number = MutexGuard::map(lock.try_lock().unwrap(), |pair| &mut pair.0);
    /// *number += 1;
    /// drop(number);
    /// assert_eq!(lock.into_inner(), (2, "one"));
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedMutexGuard::over(this.into_held().map(f))
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    ///
    /// Gives the guard back when `f` returns `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new(vec![1, 2]);
    /// let guard = lock.try_lock().unwrap();
    /// let guard = MutexGuard::try_map(guard, |list| list.get_mut(7)).unwrap_err();
    /// assert_eq!(guard.len(), 2);
    /// ```
    pub fn try_map<U: ?Sized, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let part = match f(&mut this) {
            Some(part) => NonNull::from(part),
            None => return Err(this),
        };
        let key = this.into_key();
        // SAFETY: HL1 by MX4. The part lies in the value that the key locks.
        Ok(MappedMutexGuard::over(unsafe { Unique::new(key, part) }))
    }

    /// The mutex that this guard has locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new(0);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(MutexGuard::mutex(&guard).try_lock().is_err());
    /// ```
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.mutex
    }

    fn into_key(self) -> Key<'a> {
        let key = Key(&self.mutex.raw);
        // The key unlocks from here on.
        mem::forget(self);
        key
    }

    fn into_held(mut self) -> Unique<Key<'a>, T> {
        let value = NonNull::from(&mut *self);
        let key = self.into_key();
        // SAFETY: HL1 by MX4. The key locks the value.
        unsafe { Unique::new(key, value) }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.raw.unlock();
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: MX4. The guard is borrowed, so nobody writes.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: MX4. The guard is borrowed for writing, so nobody else reads or writes.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// Unlocks when it is dropped.
pub(super) struct Key<'a>(&'a RawLock);

impl Drop for Key<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

/// The right to a part of the value of a [`Mutex`]. Dropping it unlocks.
///
/// Made by [`MutexGuard::map`] and [`MutexGuard::try_map`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::{Mutex, MutexGuard};
///
/// let pair = Mutex::new((1, "one"));
/// let mut number = MutexGuard::map(pair.lock().await, |pair| &mut pair.0);
/// *number += 1;
/// assert!(pair.try_lock().is_err()); // the whole pair is locked
/// drop(number);
/// assert_eq!(pair.lock().await.0, 2);
/// # }
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    held: Unique<Key<'a>, T>,
    _borrow: PhantomData<&'a mut T>,
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    fn over(held: Unique<Key<'a>, T>) -> Self {
        Self {
            held,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard further.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new(((1, 2), 3));
    /// let pair = MutexGuard::map(lock.try_lock().unwrap(), |all| &mut all.0);
    /// let mut second = MappedMutexGuard::map(pair, |pair| &mut pair.1);
    /// *second = 0;
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedMutexGuard::over(this.held.map(f))
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    ///
    /// Gives the guard back when `f` returns `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new((vec![1], 2));
    /// let list = MutexGuard::map(lock.try_lock().unwrap(), |all| &mut all.0);
    /// assert!(MappedMutexGuard::try_map(list, |list| list.first_mut()).is_ok());
    /// ```
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(MappedMutexGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }
}

transparent!(['a, T: ?Sized] MappedMutexGuard<'a, T> => mut T);
