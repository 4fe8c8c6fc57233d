//! Memory for a value that is written once, and then read by everybody.
//!
//! Called by `OnceCell` and `SetOnce`; calls nothing but `primitives`.
//!
//! Invariants:
//! - ON1. The state goes from EMPTY to WRITING to SET, once; back to EMPTY only through an
//!   exclusive borrow. Who moved it to WRITING writes the value, and nobody reads it before SET.
//! - ON2. While the state is SET the value is there, and nobody writes it through a shared borrow.
//!
//! Absent: waiting.

#![expect(unsafe_code, reason = "a value that is there when a flag says so")]

use std::mem::MaybeUninit;

use crate::primitives::UnsafeCell;
use crate::primitives::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const WRITING: u8 = 1;
const SET: u8 = 2;

pub(super) struct Slot<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: ON1, ON2. Shared, it takes a `T` in from any thread and gives out a `&T` to any other.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

impl<T> Slot<T> {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    #[cfg(not(loom))]
    pub(super) const fn holding(value: T) -> Self {
        Self {
            state: AtomicU8::new(SET),
            value: UnsafeCell::new(MaybeUninit::new(value)),
        }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in `put`.
        self.state.load(Ordering::Acquire) == SET
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        self.is_set().then(|| {
            self.value.with(|value| {
                // SAFETY: ON2. It is set.
                let value = unsafe { &*value };
                // SAFETY: ON2. The same.
                unsafe { value.assume_init_ref() }
            })
        })
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        if !self.is_set() {
            return None;
        }
        self.value.with_mut(|value| {
            // SAFETY: ON2. It is set, and ours alone.
            let value = unsafe { &mut *value };
            // SAFETY: ON2. The same.
            Some(unsafe { value.assume_init_mut() })
        })
    }

    /// Puts the value in, unless there is one, or somebody is about to.
    pub(super) fn put(&self, value: T) -> Result<(), T> {
        let claimed =
            self.state
                .compare_exchange(EMPTY, WRITING, Ordering::Relaxed, Ordering::Relaxed);
        if claimed.is_err() {
            return Err(value);
        }
        self.value.with_mut(|place| {
            let value = MaybeUninit::new(value);
            // SAFETY: ON1. We claimed it, and there is nothing in it to drop.
            unsafe { place.write(value) };
        });
        // ORDERING: Release; pairs with the Acquire in `is_set`.
        self.state.store(SET, Ordering::Release);
        Ok(())
    }

    pub(super) fn take(&mut self) -> Option<T> {
        if !self.is_set() {
            return None;
        }
        self.state.store(EMPTY, Ordering::Relaxed);
        self.value.with_mut(|value| {
            // SAFETY: ON2. It was set, and is ours alone.
            let value = unsafe { &*value };
            // SAFETY: ON2. The same. It is EMPTY from now on, so nobody reads it again.
            Some(unsafe { value.assume_init_read() })
        })
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
