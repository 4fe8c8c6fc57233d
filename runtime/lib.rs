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
pub mod sync;
#[cfg(not(loom))]
pub mod time;
