//! Locks and one-shot hand-offs that work on any executor.

pub(crate) mod mutex;
pub(crate) mod waiters;

#[cfg(not(loom))]
pub(crate) mod block;
#[cfg(not(loom))]
pub(crate) mod held;

#[cfg(all(test, not(loom)))]
pub(crate) mod testing;

#[cfg(not(loom))]
pub use mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};

/// The futures that the methods of this module return, by name.
#[cfg(not(loom))]
pub mod futures {
    pub use super::mutex::{Lock, LockOwned};
}
pub mod oneshot;
#[cfg(not(loom))]
mod promise;

#[cfg(not(loom))]
pub use promise::{Promise, PromiseError, Resolver, SharedPromise};
