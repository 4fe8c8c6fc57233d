//! Reading and writing without blocking: the traits and what is built on them.
//!
//! [`AsyncRead`], [`AsyncWrite`], [`AsyncBufRead`] and [`AsyncSeek`] are what a stream
//! implements. [`AsyncReadExt`], [`AsyncWriteExt`], [`AsyncBufReadExt`] and [`AsyncSeekExt`] are
//! what a program calls. The sockets of `net` implement the first four; the types here wrap
//! any of them.
//!
//! ```text
//!   your code ── AsyncReadExt::read ──> operations::Read ── AsyncRead::poll_read ──> a stream
//!                                                                                      │
//!                        the stream notes what it waits for and keeps the Waker <──────┘
//! ```
//!
//! The futures of the `Ext` traits only compose: they poll a stream and pass its `Pending` on.
//! What a task waits for is noted by the stream itself. Of the types in this module only
//! [`DuplexStream`], [`SimplexStream`], the halves of [`split()`] and the streams of the process
//! wait for something on their own.
//!
//! Everything here works on any executor, except [`stdout`] and [`stderr`], which want a runtime;
//! none of it runs foreign code under a lock.
//!
//! Absent on purpose: readiness and registration with the poller, which belong to the sockets.

mod buf_read;
mod buf_read_ext;
mod buf_read_futures;
mod buf_reader;
mod buf_stream;
mod buf_writer;
mod chain;
#[cfg(feature = "futures-io")]
pub mod compat;
mod constant;
mod copy;
#[cfg(feature = "net")]
mod interest;
mod join;
mod lines;
mod pipe;
mod read;
mod read_buf;
mod read_ext;
mod read_futures;
#[cfg(feature = "net")]
mod ready;
mod seek;
mod seek_ext;
mod split;
#[cfg(not(loom))]
mod stdio;
mod take;
#[cfg(all(unix, feature = "net", not(loom)))]
pub mod unix;
mod write;
mod write_ext;
mod write_futures;

#[cfg(all(test, not(loom)))]
mod tests;

pub use buf_read::AsyncBufRead;
pub use buf_read_ext::AsyncBufReadExt;
pub use buf_reader::BufReader;
pub use buf_stream::BufStream;
pub use buf_writer::BufWriter;
pub use chain::Chain;
pub use constant::{Empty, Repeat, Sink, empty, repeat, sink};
pub use copy::{copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf};
#[cfg(feature = "net")]
pub use interest::Interest;
pub use join::{Join, join};
pub use lines::{Lines, Split};
pub use pipe::{DuplexStream, SimplexStream, duplex, simplex};
pub use read::AsyncRead;
pub use read_buf::ReadBuf;
pub use read_ext::AsyncReadExt;
#[cfg(feature = "net")]
pub use ready::Ready;
pub use seek::AsyncSeek;
pub use seek_ext::AsyncSeekExt;
pub use split::{ReadHalf, WriteHalf, split};
#[cfg(not(loom))]
pub use stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};
pub use take::Take;
pub use write::AsyncWrite;
pub use write_ext::AsyncWriteExt;

pub use std::io::{Error, ErrorKind, Result, SeekFrom};

/// The futures that the functions and methods of [`io`](self) return.
///
/// None of them is `Unpin`, as if they came from an `async fn`: pin one to poll it by hand.
pub mod operations {
    pub use super::buf_read_futures::{FillBuf, ReadLine, ReadUntil};
    pub use super::copy::{Copy, CopyBidirectional, CopyBuf};
    pub use super::lines::{NextLine, NextSegment};
    #[cfg(any(feature = "bytes", feature = "io-util"))]
    pub use super::read_futures::ReadInto;
    pub use super::read_futures::{Read, ReadExact, ReadNumber, ReadToEnd, ReadToString};
    pub use super::seek_ext::Seek;
    pub use super::write_futures::{Flush, Shutdown, Write, WriteAll, WriteNumber, WriteVectored};
    #[cfg(any(feature = "bytes", feature = "io-util"))]
    pub use super::write_futures::{WriteAllBuf, WriteBuf};
}

/// Size in bytes of the buffers of `BufReader`, `BufWriter` and `copy`. std's size.
const DEFAULT_CAPACITY: usize = 8 * 1024;
