//! TCP: listeners, streams, their halves, and sockets that are neither yet.

pub(super) mod listener;
mod options;
pub(super) mod socket;
mod split;
pub(super) mod stream;
mod stream_options;

pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
