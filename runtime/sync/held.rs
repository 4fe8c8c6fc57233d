//! References into a locked value, together with what unlocks it.
//!
//! The guards that can be narrowed to a part of the value ("mapped") are these two, wrapped. A
//! guard holds a key, whose drop unlocks, and a pointer that is good while the key is there.
//!
//! Invariants:
//! - HL1. While the key of a [`Unique`] lives, its pointer is good and nothing else reaches the
//!   value behind it.
//! - HL2. While the key of a [`Shared`] lives, its pointer is good and nobody writes the value.
//! - HL3. The key is dropped after the last reference that was made from the pointer.
//!
//! Absent: locking. Whoever makes one of these has locked.

#![expect(unsafe_code, reason = "a guard and a part of its value in one struct")]

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// In a type that is not unwind-safe, as tokio's of that name is not: a panic while a lock is held
/// does not poison it, so whoever looks at the value afterwards has to say that this is fine.
pub(crate) type NotUnwindSafe = PhantomData<dyn Send + Sync + Unpin>;

/// Shared access to `U`, until `K` is dropped.
pub(crate) struct Shared<K, U: ?Sized> {
    value: NonNull<U>,
    key: K,
    _unwinding: NotUnwindSafe,
}

/// Exclusive access to `U`, until `K` is dropped.
pub(crate) struct Unique<K, U: ?Sized> {
    value: NonNull<U>,
    key: K,
    /// Invariant in `U`, as `&mut U` is.
    _exclusive: PhantomData<*mut U>,
    _unwinding: NotUnwindSafe,
}

// SAFETY: HL2. It is a `&U` with a key.
unsafe impl<K: Send, U: ?Sized + Sync> Send for Shared<K, U> {}
// SAFETY: HL2. It is a `&U` with a key.
unsafe impl<K: Sync, U: ?Sized + Sync> Sync for Shared<K, U> {}
// SAFETY: HL1. It is a `&mut U` with a key.
unsafe impl<K: Send, U: ?Sized + Send> Send for Unique<K, U> {}
// SAFETY: HL1. It is a `&mut U` with a key.
unsafe impl<K: Sync, U: ?Sized + Sync> Sync for Unique<K, U> {}

impl<K, U: ?Sized> Shared<K, U> {
    /// # Safety
    ///
    /// HL2 holds for `value` and `key`.
    pub(crate) unsafe fn new(key: K, value: NonNull<U>) -> Self {
        Self {
            value,
            key,
            _unwinding: PhantomData,
        }
    }

    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(crate) fn map<V: ?Sized>(self, f: impl FnOnce(&U) -> &V) -> Shared<K, V> {
        let value = NonNull::from(f(&self));
        Shared {
            value,
            key: self.key,
            _unwinding: PhantomData,
        }
    }

    pub(crate) fn try_map<V: ?Sized>(
        self,
        f: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<Shared<K, V>, Self> {
        match f(&self).map(NonNull::from) {
            Some(value) => Ok(Shared {
                value,
                key: self.key,
                _unwinding: PhantomData,
            }),
            None => Err(self),
        }
    }
}

impl<K, U: ?Sized> Deref for Shared<K, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: HL2. We have the key.
        unsafe { self.value.as_ref() }
    }
}

impl<K, U: ?Sized> Unique<K, U> {
    /// # Safety
    ///
    /// HL1 holds for `value` and `key`.
    pub(crate) unsafe fn new(key: K, value: NonNull<U>) -> Self {
        Self {
            value,
            key,
            _exclusive: PhantomData,
            _unwinding: PhantomData,
        }
    }

    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(crate) fn map<V: ?Sized>(mut self, f: impl FnOnce(&mut U) -> &mut V) -> Unique<K, V> {
        let value = NonNull::from(f(&mut self));
        Unique {
            value,
            key: self.key,
            _exclusive: PhantomData,
            _unwinding: PhantomData,
        }
    }

    pub(crate) fn try_map<V: ?Sized>(
        mut self,
        f: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<Unique<K, V>, Self> {
        match f(&mut self).map(NonNull::from) {
            Some(value) => Ok(Unique {
                value,
                key: self.key,
                _exclusive: PhantomData,
                _unwinding: PhantomData,
            }),
            None => Err(self),
        }
    }

    /// Gives up writing, and narrows it to the part that `f` finds; `key` says how the key changes.
    ///
    /// # Safety
    ///
    /// HL2 holds for the key that comes back, and the pointer was not narrowed by `map` before: an
    /// `&mut` into a cell must not become a `&` while others have a `&` of the cell.
    pub(crate) unsafe fn share<V: ?Sized, L>(
        self,
        f: impl FnOnce(&U) -> Option<&V>,
        key: impl FnOnce(K) -> L,
    ) -> Result<Shared<L, V>, Self> {
        match f(&self).map(NonNull::from) {
            Some(value) => Ok(Shared {
                value,
                key: key(self.key),
                _unwinding: PhantomData,
            }),
            None => Err(self),
        }
    }
}

impl<K, U: ?Sized> Deref for Unique<K, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: HL1. We have the key, and are borrowed.
        unsafe { self.value.as_ref() }
    }
}

impl<K, U: ?Sized> DerefMut for Unique<K, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: HL1. We have the key, and are borrowed for writing.
        unsafe { self.value.as_mut() }
    }
}

/// Makes a guard with a field `held` look like what it guards.
macro_rules! transparent {
    ([$($params:tt)*] $guard:ty => mut $value:ident) => {
        $crate::sync::held::transparent!([$($params)*] $guard => $value);

        impl<$($params)*> std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $value {
                &mut self.held
            }
        }
    };
    ([$($params:tt)*] $guard:ty => $value:ident) => {
        impl<$($params)*> std::ops::Deref for $guard {
            type Target = $value;

            #[inline]
            fn deref(&self) -> &$value {
                &self.held
            }
        }

        impl<$($params)*> std::fmt::Debug for $guard
        where
            $value: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&**self, f)
            }
        }

        impl<$($params)*> std::fmt::Display for $guard
        where
            $value: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&**self, f)
            }
        }
    };
}

pub(crate) use transparent;
