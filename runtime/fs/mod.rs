//! Files and directories, without blocking the thread that runs tasks.
//!
//! The functions and types have the names of [`std::fs`] and do what their namesakes do. Systems
//! have no files that can be waited for like sockets, so each operation is std's own call, made on
//! the runtime's blocking pool: it costs a hand-over to another thread and back, some microseconds.
//! Read and write in large pieces, or whole files with [`read`] and [`write()`]; put a
//! [`BufReader`](crate::io::BufReader) or [`BufWriter`](crate::io::BufWriter) around a [`File`]
//! that is used in small ones.
//!
//! ```text
//!  a task ── read, write, metadata ... ──> leaf ── closure ──> a thread of the blocking pool
//!    ^                                      │                            │ std::fs
//!    └────────────── woken ─────────────────┴──────── result <───────────┘
//! ```
//!
//! # Cancel safety
//!
//! Dropping the future of an operation stops waiting and does not undo anything: before its first
//! poll nothing has happened; after it the call may run to its end, now or later, and its result is
//! dropped. So a `remove_file` that was given up may still remove the file.
//!
//! # Panics
//!
//! The operations panic when they are polled outside of a runtime.
//!
//! # When the runtime shuts down
//!
//! What has begun on a thread runs to its end. What has not is an error of kind `Other`, except for
//! writes that a [`File`] has accepted: they are made all the same.
//!
//! # Examples
//!
//! ```
//! use wakeful::fs;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("greeting.txt");
//! fs::write(&path, "hello").await?;
//! assert_eq!(fs::read_to_string(&path).await?, "hello");
//! fs::remove_file(&path).await?;
//! # Ok::<(), std::io::Error>(()) }).unwrap();
//! ```

mod contents;
mod directories;
mod file;
mod links;
mod offload;
mod open_options;
mod paths;
mod read_dir;
mod times;

#[cfg(test)]
mod tests;

pub use contents::{copy, read, read_to_string, write};
pub use directories::{DirBuilder, create_dir, create_dir_all, remove_dir, remove_dir_all};
pub use file::File;
#[cfg(unix)]
pub use links::symlink;
pub use links::{hard_link, read_link};
pub use open_options::OpenOptions;
pub use paths::{
    canonicalize, metadata, remove_file, rename, set_permissions, symlink_metadata, try_exists,
};
pub use read_dir::{DirEntry, ReadDir, read_dir};
pub use times::FileTimes;
