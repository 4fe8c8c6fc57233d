//! wakeful: an async runtime on mio.
#![allow(
    dead_code,
    unused_imports,
    unused_variables,
    missing_docs,
    unreachable_pub,
    reason = "first build: parts land one by one"
)]
pub(crate) mod budget;
pub(crate) mod engine;
pub mod io;
pub(crate) mod leaf;
#[cfg(all(feature = "net", not(loom)))]
pub mod net;
pub(crate) mod primitives;
pub mod sync;
#[cfg(not(loom))]
pub mod task;
#[cfg(not(loom))]
pub mod time;

#[cfg(not(loom))]
pub use task::spawn;

/// Runtimes: building one, running it, looking into it.
#[cfg(not(loom))]
pub mod runtime {
    pub use crate::engine::builder::Builder;
    pub use crate::engine::dump::{Dump, TaskDump, TaskState};
    pub use crate::engine::handle::{EnterGuard, Handle, Id, RuntimeFlavor, TryCurrentError};
    pub use crate::engine::metrics::RuntimeMetrics;
    pub use crate::engine::runtime::{LocalOptions, LocalRuntime, Runtime};
}
