//! The executor: everything between `spawn` and `poll`.
#[cfg(not(loom))]
pub(crate) mod context;
#[cfg(not(loom))]
pub(crate) mod driver;
#[cfg(all(feature = "reactor"))]
pub(crate) mod reactor;
pub(crate) mod sleeper;
pub(crate) mod timer;
