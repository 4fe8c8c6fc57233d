//! Atomics, cells, locks and threads: std's, or loom's when a model runs.
//!
//! The only file with `cfg(loom)` imports. Everything whose interleavings are modelled takes its
//! atomics, cells and locks from here; code that is never modelled uses std directly.
//!
//! `Mutex` here never poisons: user code does not run under our locks, so a panic while one is
//! held is our bug and the next `lock` may as well go on. `RwLock`, under which code of others does
//! run, does not poison either.

#![allow(unused_imports, reason = "each feature set uses a part of the list")]

#[cfg(loom)]
pub(crate) use loom::{
    hint,
    sync::{Arc, atomic},
    thread,
};
#[cfg(not(loom))]
pub(crate) use std::{
    hint,
    sync::{Arc, atomic},
    thread,
};

pub(crate) use cell::UnsafeCell;
pub(crate) use lock::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

mod cell {
    #[cfg(loom)]
    pub(crate) use loom::cell::UnsafeCell;

    /// std's cell with loom's closure interface, so that a model sees each access.
    #[cfg(not(loom))]
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    #[cfg(not(loom))]
    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }
    }

    #[cfg(not(loom))]
    impl<T: ?Sized> UnsafeCell<T> {
        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(not(wakeful_tsan))]
mod lock {
    #[cfg(loom)]
    use loom::sync as imp;
    #[cfg(not(loom))]
    use std::sync as imp;
    use std::time::Duration;

    pub(crate) use imp::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

    /// Tries before a thread sleeps for a lock, after 1, 2, 4, ... pauses.
    #[cfg(not(loom))]
    const SPIN_ROUNDS: u32 = 8;

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T: ?Sized>(imp::Mutex<T>);

    impl<T> Mutex<T> {
        #[cfg(not(loom))]
        pub(crate) const fn new(value: T) -> Self {
            Self(imp::Mutex::new(value))
        }

        #[cfg(loom)]
        pub(crate) fn new(value: T) -> Self {
            Self(imp::Mutex::new(value))
        }
    }

    impl<T> Mutex<T> {
        #[cfg(not(loom))]
        #[inline]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            match self.try_lock() {
                Some(guard) => guard,
                None => self.lock_contended(),
            }
        }

        /// Somebody has it. Comes back after longer and longer pauses, in which that thread, whose
        /// cache has the line, may lock many times; sleeps if that does not help.
        #[cfg(not(loom))]
        #[cold]
        fn lock_contended(&self) -> MutexGuard<'_, T> {
            for round in 0..SPIN_ROUNDS {
                for _ in 0..1 << round {
                    std::hint::spin_loop();
                }
                if let Some(guard) = self.try_lock() {
                    return guard;
                }
            }
            self.lock_patiently()
        }

        #[cfg(loom)]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.lock_patiently()
        }

        fn lock_patiently(&self) -> MutexGuard<'_, T> {
            self.0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            use std::sync::TryLockError;
            match self.0.try_lock() {
                Ok(guard) => Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct RwLock<T>(imp::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(imp::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0
                .read()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0
                .write()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        /// Nothing when somebody writes, or waits to.
        #[cfg(not(loom))]
        pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
            use std::sync::TryLockError;
            match self.0.try_read() {
                Ok(guard) => Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Condvar(imp::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(imp::Condvar::new())
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0
                .wait(guard)
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        /// Waits at most `limit`. The flag is true when the time ran out.
        pub(crate) fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            limit: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            let (guard, result) = self
                .0
                .wait_timeout(guard, limit)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            (guard, result.timed_out())
        }
    }
}

/// The same locks as far as ThreadSanitizer can see them. std is not instrumented, so what its slow
/// paths synchronize would be invisible: here nothing sleeps, and each lock is taken inline.
#[cfg(wakeful_tsan)]
mod lock {
    use std::ops::{Deref, DerefMut};
    use std::sync::TryLockError;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::thread;
    use std::time::{Duration, Instant};

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T: ?Sized>(std::sync::Mutex<T>);

    #[derive(Debug)]
    pub(crate) struct MutexGuard<'a, T: ?Sized> {
        mutex: &'a Mutex<T>,
        guard: std::sync::MutexGuard<'a, T>,
    }

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::sync::Mutex::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0
                .into_inner()
                .unwrap_or_else(|error| error.into_inner())
        }
    }

    impl<T: ?Sized> Mutex<T> {
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            loop {
                if let Some(guard) = self.try_lock() {
                    return guard;
                }
                thread::yield_now();
            }
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            let guard = match self.0.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return None,
            };
            Some(MutexGuard { mutex: self, guard })
        }
    }

    impl<T: ?Sized> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.guard
        }
    }

    impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.guard
        }
    }

    pub(crate) use std::sync::{RwLockReadGuard, RwLockWriteGuard};

    #[derive(Debug, Default)]
    pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::sync::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            loop {
                if let Some(guard) = self.try_read() {
                    return guard;
                }
                thread::yield_now();
            }
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            loop {
                match self.0.try_write() {
                    Ok(guard) => return guard,
                    Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => thread::yield_now(),
                }
            }
        }

        pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
            match self.0.try_read() {
                Ok(guard) => Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }

    /// Counts the notifications: who waits, waits for another number.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(AtomicUsize);

    impl Condvar {
        pub(crate) const fn new() -> Self {
            Self(AtomicUsize::new(0))
        }

        pub(crate) fn notify_one(&self) {
            self.notify_all();
        }

        pub(crate) fn notify_all(&self) {
            self.0.fetch_add(1, Relaxed);
        }

        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.wait_timeout(guard, Duration::MAX).0
        }

        pub(crate) fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            limit: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            let (start, seen) = (Instant::now(), self.0.load(Relaxed));
            let mutex = guard.mutex;
            drop(guard);
            while self.0.load(Relaxed) == seen && start.elapsed() < limit {
                thread::yield_now();
            }
            (mutex.lock(), start.elapsed() >= limit)
        }
    }
}
