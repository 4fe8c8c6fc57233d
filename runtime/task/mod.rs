//! What belongs to one task.

pub(crate) mod local_key;

pub use local_key::{AccessError, LocalKey, TaskLocalFuture};
