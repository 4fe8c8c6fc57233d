//! Guards that borrow the lock.
//!
//! Absent: anything but wrapping `held`.

use std::marker::PhantomData;

use crate::sync::held::{Shared, Unique, transparent};
use crate::sync::permits::{Hold, Permits};

type Key<'a> = Hold<&'a Permits>;

/// The right to read the value of a [`RwLock`](super::RwLock), or a part of it. Dropping it
/// unlocks.
///
/// Made by [`RwLock::read`](super::RwLock::read) and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::RwLock;
///
/// let list = RwLock::new(vec![1, 2]);
/// let (one, other) = (list.read().await, list.read().await);
/// assert_eq!(one.len(), other.len());
/// assert!(list.try_write().is_err()); // not before both are dropped
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    held: Shared<Key<'a>, T>,
    _borrow: PhantomData<&'a T>,
}

transparent!(['a, T: ?Sized] RwLockReadGuard<'a, T> => T);

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    pub(super) fn over(held: Shared<Key<'a>, T>) -> Self {
        Self {
            held,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// It is a function and not a method, so that it does not hide one of the value's.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{RwLock, RwLockReadGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// let number = RwLockReadGuard::map(lock.try_read().unwrap(), |pair| &pair.0);
    /// assert_eq!(*number, 1);
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        RwLockReadGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{RwLock, RwLockReadGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// let list = lock.try_read().unwrap();
    /// assert!(RwLockReadGuard::try_map(list, |list| list.get(7)).is_err());
    /// ```
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(RwLockReadGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }
}

/// The right to write the value of a [`RwLock`](super::RwLock). Dropping it unlocks.
///
/// Made by [`RwLock::write`](super::RwLock::write) and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::RwLock;
///
/// let list = RwLock::new(vec![1]);
/// let mut guard = list.write().await;
/// guard.push(2);
/// let guard = guard.downgrade(); // goes on reading; nobody wrote in between
/// assert_eq!(*guard, *list.read().await);
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    held: Unique<Key<'a>, T>,
    // `Send` only where readers elsewhere are fine, too: it can be downgraded.
    _borrow: PhantomData<(&'a mut T, &'a T)>,
}

transparent!(['a, T: ?Sized] RwLockWriteGuard<'a, T> => mut T);

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    pub(super) fn over(held: Unique<Key<'a>, T>) -> Self {
        Self {
            held,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// *RwLockWriteGuard::map(lock.try_write().unwrap(), |pair| &mut pair.0) = 2;
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        RwLockMappedWriteGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// let list = lock.try_write().unwrap();
    /// assert!(RwLockWriteGuard::try_map(list, |list| list.get_mut(7)).is_err());
    /// ```
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(RwLockMappedWriteGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }

    /// Makes it a mapped guard of the whole value, where the type asks for one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let guard = RwLockWriteGuard::into_mapped(lock.try_write().unwrap());
    /// let _: RwLockMappedWriteGuard<'_, i32> = guard;
    /// ```
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard::over(this.held)
    }

    /// Turns it into a read guard. No other writer comes in between; the readers next in the
    /// queue come in at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = wakeful::sync::RwLock::new(1);
    /// let mut writer = lock.try_write().unwrap();
    /// *writer = 2;
    /// let reader = writer.downgrade();
    /// assert_eq!(*lock.try_read().unwrap(), *reader);
    /// ```
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard::over(super::downgrade_to(self.held, |value| value))
    }

    /// Turns it into a read guard of a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// let name = RwLockWriteGuard::downgrade_map(lock.try_write().unwrap(), |pair| &pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    pub fn downgrade_map<U: ?Sized, F>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        RwLockReadGuard::over(super::downgrade_to(this.held, f))
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
    /// use wakeful::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// let list = lock.try_write().unwrap();
    /// assert!(RwLockWriteGuard::try_downgrade_map(list, |list| list.get(7)).is_err());
    /// ```
    pub fn try_downgrade_map<U: ?Sized, F>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match super::downgrade(this.held, f) {
            Ok(held) => Ok(RwLockReadGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }
}

/// The right to write a part of the value of a [`RwLock`](super::RwLock). Dropping it unlocks.
///
/// Made by [`RwLockWriteGuard::map`] and its like. It cannot be downgraded: a part
/// of a cell must not be read through it while readers may set the cell.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::{RwLock, RwLockWriteGuard};
///
/// let pair = RwLock::new((1, "one"));
/// let mut number = RwLockWriteGuard::map(pair.write().await, |pair| &mut pair.0);
/// *number += 1;
/// drop(number);
/// assert_eq!(pair.read().await.0, 2);
/// # }
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    held: Unique<Key<'a>, T>,
    // `Send` as the guard it comes from.
    _borrow: PhantomData<(&'a mut T, &'a T)>,
}

transparent!(['a, T: ?Sized] RwLockMappedWriteGuard<'a, T> => mut T);

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
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
    /// use wakeful::sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(((1, 2), 3));
    /// let pair = RwLockWriteGuard::map(lock.try_write().unwrap(), |all| &mut all.0);
    /// *RwLockMappedWriteGuard::map(pair, |pair| &mut pair.1) = 0;
    /// ```
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        RwLockMappedWriteGuard::over(this.held.map(f))
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
    /// use wakeful::sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((vec![1], 3));
    /// let list = RwLockWriteGuard::map(lock.try_write().unwrap(), |all| &mut all.0);
    /// assert!(RwLockMappedWriteGuard::try_map(list, |list| list.get_mut(0)).is_ok());
    /// ```
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.held.try_map(f) {
            Ok(held) => Ok(RwLockMappedWriteGuard::over(held)),
            Err(held) => Err(Self::over(held)),
        }
    }
}
