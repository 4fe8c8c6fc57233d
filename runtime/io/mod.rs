//! Reading and writing without blocking: the traits and what is built on them.
//!
//! [`AsyncRead`], [`AsyncWrite`], [`AsyncBufRead`] and [`AsyncSeek`] are what a stream
//! implements. [`AsyncReadExt`], [`AsyncWriteExt`], [`AsyncBufReadExt`] and [`AsyncSeekExt`] are
//! what a program calls. The sockets of [`net`](crate::net) implement the first four; the types
//! here wrap any of them.
//!
//! ```text
//!   your code ── AsyncReadExt::read ──> futures::Read ── AsyncRead::poll_read ──> a stream
//!                                                                                   │
//!                     the stream notes what it waits for and keeps the Waker <──────┘
//! ```
//!
//! The futures of the `Ext` traits only compose: they poll a stream and pass its `Pending` on.
//! What a task waits for is noted by the stream itself. Of the types in this module only
//! [`DuplexStream`], [`SimplexStream`] and [`Stdin`] wait for something on their own.
//!
//! Everything here works on any executor. Adapters that share a stream between two owners run no
//! foreign code under a lock.
//!
//! Absent on purpose: readiness and registration with the poller, which belong to the sockets.

mod buf_read;
#[cfg(feature = "reactor")]
mod interest;
mod read;
mod read_buf;
#[cfg(feature = "reactor")]
mod ready;
mod seek;
mod write;

pub use buf_read::AsyncBufRead;
#[cfg(feature = "reactor")]
pub use interest::Interest;
pub use read::AsyncRead;
pub use read_buf::ReadBuf;
#[cfg(feature = "reactor")]
pub use ready::Ready;
pub use seek::AsyncSeek;
pub use write::AsyncWrite;

pub use std::io::{Error, ErrorKind, Result, SeekFrom};
