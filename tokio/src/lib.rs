//! wakeful under tokio's name.
//!
//! A crate that depends on tokio is pointed here by a patch in the manifest of the program that
//! uses it, and runs on wakeful unmodified:
//!
//! ```toml
//! [patch.crates-io]
//! tokio = { path = "wakeful/tokio" }
//! ```
//!
//! A program's own code needs no patch: `tokio = { package = "wakeful", … }` is enough.

pub use wakeful::*;
