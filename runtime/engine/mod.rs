//! The executor: everything between `spawn` and `poll`.
pub(crate) mod blocking;
#[cfg(not(loom))]
pub(crate) mod builder;
#[cfg(not(loom))]
pub(crate) mod config;
#[cfg(not(loom))]
pub(crate) mod context;
#[cfg(not(loom))]
pub(crate) mod driver;
#[cfg(not(loom))]
pub(crate) mod dump;
#[cfg(not(loom))]
pub(crate) mod entering;
#[cfg(not(loom))]
pub(crate) mod handle;
#[cfg(not(loom))]
pub(crate) mod hooks;
#[cfg(not(loom))]
pub(crate) mod local;
#[cfg(not(loom))]
pub(crate) mod local_runtime;
#[cfg(not(loom))]
pub(crate) mod local_set;
#[cfg(not(loom))]
pub(crate) mod main_future;
pub(crate) mod metrics;
#[cfg(not(loom))]
pub(crate) mod park;
#[cfg(not(loom))]
pub(crate) mod pool_call;
#[cfg(feature = "net")]
pub(crate) mod reactor;
#[cfg(not(loom))]
pub(crate) mod runtime;
pub(crate) mod sleeper;
#[cfg(not(loom))]
pub(crate) mod stall;
pub(crate) mod stealing;
#[cfg(not(loom))]
pub(crate) mod strict;
#[cfg(not(loom))]
pub(crate) mod switches;
pub(crate) mod task;
pub(crate) mod timer;
