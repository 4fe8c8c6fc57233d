//! Guards that hold the lock by an `Arc`.
//!
//! Absent: anything but wrapping `held`.

use std::marker::PhantomData;
use std::sync::Arc;

use super::RwLock;
use crate::sync::held::{Shared, Unique, transparent};
use crate::sync::permits::Hold;

type Key<T> = Hold<Arc<RwLock<T>>>;

/// The right to read the value of a [`RwLock`] in an `Arc`, or a part of it, `U`. Dropping it
/// unlocks.
///
/// Made by [`RwLock::read_owned`] and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::RwLock;
///
/// let list = Arc::new(RwLock::new(vec![1, 2]));
/// let guard = Arc::clone(&list).read_owned().await;
/// let task = wakeful::spawn(async move { guard.len() });
/// assert_eq!(list.read().await.len(), 2); // two may read
/// assert_eq!(task.await.unwrap(), 2);
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    held: Shared<Key<T>, U>,
}

transparent!([T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U> => U);

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    pub(super) fn over(held: Shared<Key<T>, U>) -> Self {
        Self { held }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new((1, "one"))).try_read_owned().unwrap();
    /// let number = OwnedRwLockReadGuard::map(guard, |pair| &pair.0);
    /// assert_eq!(*number, 1);
    /// ```
    pub fn map<V: ?Sized, F>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        OwnedRwLockReadGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let list = Arc::new(RwLock::new(vec![1])).try_read_owned().unwrap();
    /// assert!(OwnedRwLockReadGuard::try_map(list, |list| list.get(7)).is_err());
    /// ```
    pub fn try_map<V: ?Sized, F>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(OwnedRwLockReadGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }

    /// The lock that this guard has locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new(1)).try_read_owned().unwrap();
    /// assert!(OwnedRwLockReadGuard::rwlock(&guard).try_write().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.held.key().pool
    }
}

/// The right to write the value of a [`RwLock`] in an `Arc`. Dropping it unlocks.
///
/// Made by [`RwLock::write_owned`] and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::RwLock;
///
/// let list = Arc::new(RwLock::new(vec![1]));
/// let mut guard = Arc::clone(&list).write_owned().await;
/// assert!(list.try_read().is_err());
/// wakeful::spawn(async move { guard.push(2) }).await.unwrap();
/// assert_eq!(*list.read().await, [1, 2]);
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    held: Unique<Key<T>, T>,
}

transparent!([T: ?Sized] OwnedRwLockWriteGuard<T> => mut T);

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    pub(super) fn over(held: Unique<Key<T>, T>) -> Self {
        Self { held }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new((1, "one"))).try_write_owned().unwrap();
    /// *OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0) = 2;
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        OwnedRwLockMappedWriteGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let list = Arc::new(RwLock::new(vec![1])).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::try_map(list, |list| list.get_mut(7)).is_err());
    /// ```
    pub fn try_map<U: ?Sized, F>(
        this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(OwnedRwLockMappedWriteGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }

    /// Makes it a mapped guard of the whole value, where the type asks for one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new(1)).try_write_owned().unwrap();
    /// let _: OwnedRwLockMappedWriteGuard<i32> = OwnedRwLockWriteGuard::into_mapped(guard);
    /// ```
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        OwnedRwLockMappedWriteGuard::over(this.held)
    }

    /// Turns it into a read guard. No other writer comes in between; the readers next in the
    /// queue come in at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(wakeful::sync::RwLock::new(1));
    /// let mut writer = lock.clone().try_write_owned().unwrap();
    /// *writer = 2;
    /// let reader = writer.downgrade();
    /// assert_eq!(*lock.try_read().unwrap(), *reader);
    /// ```
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard::over(super::downgrade_to(self.held, |value| value))
    }

    /// Turns it into a read guard of a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new((1, "one"))).try_write_owned().unwrap();
    /// let name = OwnedRwLockWriteGuard::downgrade_map(guard, |pair| &pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    pub fn downgrade_map<U: ?Sized, F>(this: Self, f: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        OwnedRwLockReadGuard::over(super::downgrade_to(this.held, f))
    }

    /// Turns it into a read guard of a part of the value, if there is such a part.
    ///
    /// # Errors
    ///
    /// Gives the write guard back when `f` returns `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let list = Arc::new(RwLock::new(vec![1])).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::try_downgrade_map(list, |list| list.get(7)).is_err());
    /// ```
    pub fn try_downgrade_map<U: ?Sized, F>(
        this: Self,
        f: F,
    ) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match super::downgrade(this.held, f) {
            Ok(held) => Ok(OwnedRwLockReadGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }

    /// The lock that this guard has locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new(1)).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::rwlock(&guard).try_read().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.held.key().pool
    }
}

/// The right to write a part, `U`, of the value of a [`RwLock`] in an `Arc`. Dropping it unlocks.
///
/// Made by [`OwnedRwLockWriteGuard::map`] and its like. It cannot be downgraded: a part of a cell
/// must not be read through it while readers may set the cell.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::{OwnedRwLockWriteGuard, RwLock};
///
/// let pair = Arc::new(RwLock::new((1, "one")));
/// let guard = Arc::clone(&pair).write_owned().await;
/// let mut number = OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0);
/// wakeful::spawn(async move { *number += 1 }).await.unwrap();
/// assert_eq!(pair.read().await.0, 2);
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    held: Unique<Key<T>, U>,
    // `Send` as the guard it comes from.
    _shared: PhantomData<Arc<U>>,
}

transparent!([T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U> => mut U);

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    fn over(held: Unique<Key<T>, U>) -> Self {
        Self {
            held,
            _shared: PhantomData,
        }
    }

    /// Narrows the guard further.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new(((1, 2), 3))).try_write_owned().unwrap();
    /// let pair = OwnedRwLockWriteGuard::map(guard, |all| &mut all.0);
    /// *OwnedRwLockMappedWriteGuard::map(pair, |pair| &mut pair.1) = 0;
    /// ```
    pub fn map<V: ?Sized, F>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        OwnedRwLockMappedWriteGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new((vec![1], 3))).try_write_owned().unwrap();
    /// let list = OwnedRwLockWriteGuard::map(guard, |all| &mut all.0);
    /// assert!(OwnedRwLockMappedWriteGuard::try_map(list, |list| list.get_mut(0)).is_ok());
    /// ```
    pub fn try_map<V: ?Sized, F>(
        this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(OwnedRwLockMappedWriteGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }

    /// The lock that this guard has locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = Arc::new(RwLock::new((1, 2))).try_write_owned().unwrap();
    /// let first = OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0);
    /// assert!(OwnedRwLockMappedWriteGuard::rwlock(&first).try_read().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.held.key().pool
    }
}
