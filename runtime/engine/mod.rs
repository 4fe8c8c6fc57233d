//! The executor: everything between `spawn` and `poll`.
pub(crate) mod blocking;
#[cfg(not(loom))]
pub(crate) mod context;
#[cfg(not(loom))]
pub(crate) mod driver;
#[cfg(feature = "reactor")]
pub(crate) mod reactor;
pub(crate) mod sleeper;
pub(crate) mod task;
pub(crate) mod timer;
