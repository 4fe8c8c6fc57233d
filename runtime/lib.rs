//! wakeful: an async runtime on mio.
#![allow(
    dead_code,
    unused_imports,
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
#[cfg(not(loom))]
mod select;
#[cfg(not(loom))]
#[doc(hidden)]
pub use select::support as __support;
pub mod sync;
#[cfg(not(loom))]
pub mod task;
#[cfg(not(loom))]
pub mod time;

#[cfg(feature = "macros")]
pub use wakeful_macros::{main, test};
