//! Locks, channels and hand-offs that work on any executor.

pub(crate) mod audience;
mod cancellation;
pub(crate) mod mutex;
pub(crate) mod notify;
mod once;
pub(crate) mod panics;
pub(crate) mod permits;
pub(crate) mod tally;
pub(crate) mod waiters;

#[cfg(not(loom))]
mod barrier;
#[cfg(not(loom))]
pub(crate) mod block;
#[cfg(not(loom))]
mod condvar;
#[cfg(not(loom))]
pub(crate) mod held;
#[cfg(not(loom))]
mod rwlock;
#[cfg(not(loom))]
mod semaphore;

#[cfg(all(test, not(loom)))]
pub(crate) mod testing;

#[cfg(not(loom))]
pub use barrier::{Barrier, BarrierWaitResult};
#[cfg(not(loom))]
pub use condvar::Condvar;
#[cfg(not(loom))]
pub use mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};

pub use cancellation::{CancellationToken, DropGuard, DropGuardRef};
pub use notify::Notify;
#[cfg(not(loom))]
pub use once::{OnceCell, SetError};
pub use once::{SetOnce, SetOnceError};
#[cfg(not(loom))]
pub use rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
#[cfg(not(loom))]
pub use semaphore::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};

/// The futures that the methods of this module return, by name.
#[cfg(not(loom))]
pub mod futures {
    pub use super::barrier::BarrierWait;
    pub use super::cancellation::{
        RunUntilCancelled, RunUntilCancelledOwned, WaitForCancellationFuture,
        WaitForCancellationFutureOwned,
    };
    pub use super::condvar::{Wait, WaitWhile};
    pub use super::mutex::{Lock, LockOwned};
    pub use super::notify::{Notified, OwnedNotified};
    pub use super::once::{GetOrInit, GetOrTryInit, SetOnceWait};
    pub use super::rwlock::{Read, ReadOwned, Write, WriteOwned};
    pub use super::semaphore::{Acquire, AcquireOwned};
}
pub mod broadcast;
pub mod mpmc;
pub mod mpsc;
pub mod oneshot;
#[cfg(not(loom))]
mod promise;
pub mod watch;

#[cfg(not(loom))]
pub use promise::{Promise, PromiseError, Resolver, SharedPromise};
