//! Locks and one-shot hand-offs that work on any executor.

pub mod oneshot;
#[cfg(not(loom))]
mod promise;

#[cfg(not(loom))]
pub use promise::{Promise, PromiseError, Resolver, SharedPromise};
