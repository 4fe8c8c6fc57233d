//! Guards that hold the mutex by an `Arc`.
//!
//! MX4 and MX5 are those of `guards`. Absent: anything else that differs from there.

#![expect(
    unsafe_code,
    reason = "the guard's right to the value is a fact the compiler cannot see"
)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

use super::Mutex;
use crate::sync::held::{Unique, transparent};

/// Unlocks when it is dropped, and lets go of the mutex after that.
struct OwnedKey<T: ?Sized>(Arc<Mutex<T>>, PhantomData<T>);

impl<T: ?Sized> Drop for OwnedKey<T> {
    #[inline]
    fn drop(&mut self) {
        self.0.raw.unlock();
    }
}

/// The right to the value of a [`Mutex`] in an `Arc`. Dropping it unlocks.
///
/// Made by [`Mutex::lock_owned`], [`Mutex::try_lock_owned`] and [`Mutex::blocking_lock_owned`].
/// It is `'static` when the value is.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::Mutex;
///
/// let count = Arc::new(Mutex::new(0));
/// let mut guard = Arc::clone(&count).lock_owned().await;
/// wakeful::spawn(async move { *guard += 1 }).await.unwrap(); // it borrows nothing
/// assert_eq!(*count.lock().await, 1);
/// # }
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    key: OwnedKey<T>,
}

// SAFETY: MX4. A shared guard gives out `&T` and the mutex. (Without this, the compiler would ask
// for `T: Send` only.)
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// MX4: the caller has just locked.
    #[inline]
    pub(super) fn of_locked(mutex: Arc<Mutex<T>>) -> Self {
        Self {
            key: OwnedKey(mutex, PhantomData),
        }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{Mutex, OwnedMutexGuard};
    ///
    /// let lock = Arc::new(Mutex::new((1, "one")));
    /// let guard = lock.clone().try_lock_owned().unwrap();
    /// let mut number = OwnedMutexGuard::map(guard, |pair| &mut pair.0);
    /// *number += 1;
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        OwnedMappedMutexGuard {
            held: this.into_held().map(f),
        }
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
    /// use std::sync::Arc;
    /// use wakeful::sync::{Mutex, OwnedMutexGuard};
    ///
    /// let guard = Arc::new(Mutex::new(vec![1])).try_lock_owned().unwrap();
    /// assert!(OwnedMutexGuard::try_map(guard, |list| list.get_mut(0)).is_ok());
    /// ```
    pub fn try_map<U: ?Sized, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let part = match f(&mut this) {
            Some(part) => NonNull::from(part),
            None => return Err(this),
        };
        // SAFETY: HL1 by MX4. The part lies in the value that the key locks and keeps alive.
        let held = unsafe { Unique::new(this.key, part) };
        Ok(OwnedMappedMutexGuard { held })
    }

    /// The mutex that this guard has locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{Mutex, OwnedMutexGuard};
    ///
    /// let guard = Arc::new(Mutex::new(0)).try_lock_owned().unwrap();
    /// assert!(OwnedMutexGuard::mutex(&guard).try_lock().is_err());
    /// ```
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.key.0
    }

    fn into_held(mut self) -> Unique<OwnedKey<T>, T> {
        let value = NonNull::from(&mut *self);
        // SAFETY: HL1 by MX4. The key locks the value and keeps it alive.
        unsafe { Unique::new(self.key, value) }
    }
}

impl<T: ?Sized> Deref for OwnedMutexGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: MX4. The guard is borrowed, so nobody writes.
        unsafe { &*self.key.0.value.get() }
    }
}

impl<T: ?Sized> DerefMut for OwnedMutexGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: MX4. The guard is borrowed for writing, so nobody else reads or writes.
        unsafe { &mut *self.key.0.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// The right to a part, `U`, of the value of a [`Mutex`] in an `Arc`. Dropping it unlocks.
///
/// Made by [`OwnedMutexGuard::map`] and [`OwnedMutexGuard::try_map`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::{Mutex, OwnedMutexGuard};
///
/// let pair = Arc::new(Mutex::new((1, "one")));
/// let guard = Arc::clone(&pair).lock_owned().await;
/// let mut number = OwnedMutexGuard::map(guard, |pair| &mut pair.0);
/// wakeful::spawn(async move { *number += 1 }).await.unwrap();
/// assert_eq!(pair.lock().await.0, 2);
/// # }
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    held: Unique<OwnedKey<T>, U>,
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// Narrows the guard further.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
    ///
    /// let guard = Arc::new(Mutex::new(((1, 2), 3))).try_lock_owned().unwrap();
    /// let pair = OwnedMutexGuard::map(guard, |all| &mut all.0);
    /// let second = OwnedMappedMutexGuard::map(pair, |pair| &mut pair.1);
    /// assert_eq!(*second, 2);
    /// ```
    pub fn map<S: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, S>
    where
        F: FnOnce(&mut U) -> &mut S,
    {
        OwnedMappedMutexGuard {
            held: this.held.map(f),
        }
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
    /// use std::sync::Arc;
    /// use wakeful::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
    ///
    /// let guard = Arc::new(Mutex::new((vec![1], 2))).try_lock_owned().unwrap();
    /// let list = OwnedMutexGuard::map(guard, |all| &mut all.0);
    /// assert!(OwnedMappedMutexGuard::try_map(list, |list| list.get_mut(5)).is_err());
    /// ```
    pub fn try_map<S: ?Sized, F>(this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(OwnedMappedMutexGuard { held }),
            Err(held) => Err(Self { held }),
        }
    }
}

transparent!([T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U> => mut U);
