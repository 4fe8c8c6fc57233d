//! An async mutex: first come, first served, and passed on from hand to hand.
//!
//! Called by users, and by [`Condvar`](super::Condvar). Calls `waiters`, `budget` and `leaf`.
//!
//! ```text
//!   word.rs    the lock without the value: three states, the queue
//!   lock.rs    Mutex, and the futures Lock and LockOwned
//!   guards.rs  the guards: who may touch the value, and unlocks when
//!   owned.rs   the same guards, holding an Arc
//! ```
//!
//! Absent: poisoning. A holder that panics unlocks, and the value is as it left it.

pub(crate) mod word;

#[cfg(not(loom))]
mod guards;
#[cfg(not(loom))]
mod lock;
#[cfg(not(loom))]
mod owned;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub use guards::{MappedMutexGuard, MutexGuard};
#[cfg(not(loom))]
pub use lock::{Lock, LockOwned, Mutex, TryLockError};
#[cfg(not(loom))]
pub use owned::{OwnedMappedMutexGuard, OwnedMutexGuard};
