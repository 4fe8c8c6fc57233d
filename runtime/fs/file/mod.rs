//! `File`: an open file with a position, read and written on the blocking pool.
//!
//! | file | what is there |
//! |---|---|
//! | `mod.rs` | opening, and to and from std |
//! | `operations.rs` | what is done with the whole file |
//! | `streams.rs` | reading, writing, seeking |
//! | `stream.rs` | the one call under way, and what was read ahead |
//! | `buffer.rs` | the bytes between the program and the pool |
//! | `descriptor.rs` | to and from descriptors |
//! | `compat.rs` | the traits of the `futures` crates |

mod buffer;
#[cfg(feature = "futures-io")]
mod compat;
#[cfg(unix)]
mod descriptor;
mod operations;
mod stream;
mod streams;

use std::fmt;
use std::fs::{File as StdFile, OpenOptions as StdOpenOptions};
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use self::stream::Stream;
use super::OpenOptions;
use crate::fs::offload::on_path;
use crate::leaf::Site;
use crate::sync::Mutex;

/// The most bytes one call reads ahead or takes to write. tokio's.
const DEFAULT_MAX_BUF_SIZE: usize = 2 * 1024 * 1024;

/// An open file.
///
/// Read it with [`AsyncReadExt`](crate::io::AsyncReadExt), write it with
/// [`AsyncWriteExt`](crate::io::AsyncWriteExt), move its position with
/// [`AsyncSeekExt`](crate::io::AsyncSeekExt).
///
/// A write is done in the background: it returns once the bytes are accepted, and the next
/// operation waits for it and reports its error. **Call [`flush`](crate::io::AsyncWriteExt::flush)
/// after the last write**, or you will not hear of its error, and the file may be read, renamed or
/// closed before it. What was accepted is written even if the runtime shuts down first. That says
/// nothing of the disk: [`sync_all`](Self::sync_all) waits for that.
///
/// A `File` that is dropped is closed once the operation under way has ended.
///
/// # Examples
///
/// ```
/// use wakeful::fs::File;
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("greeting.txt");
/// let mut file = File::create(&path).await?;
/// file.write_all(b"hello").await?;
/// file.flush().await?;
///
/// let mut text = String::new();
/// File::open(&path).await?.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct File {
    std: Arc<StdFile>,
    /// Locked by the operations that take `&self`.
    stream: Mutex<Stream>,
    max_buf_size: usize,
    /// A panic may come between two operations that belong together.
    not_unwind_safe: PhantomData<&'static mut ()>,
}

impl File {
    /// Opens a file to read it.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::open`], so also if it does not exist, and if the runtime is shut
    /// down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). A file that was opened all the same is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = wakeful::fs::File::open("Cargo.toml").await?;
    /// assert!(file.metadata().await?.len() > 0);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> impl Future<Output = io::Result<File>> {
        opened(path, Site::here(), |options| options.read(true))
    }

    /// Opens a file to write it. It is created if it does not exist, and emptied if it does.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::create`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The file may be created or emptied all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let file = wakeful::fs::File::create(&path).await?;
    /// assert_eq!(file.metadata().await?.len(), 0);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> impl Future<Output = io::Result<File>> {
        opened(path, Site::here(), |options| {
            options.write(true).create(true).truncate(true)
        })
    }

    /// Creates a file to read and write it. That it exists is an error, and nobody else can create
    /// it in between.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::create_new`], so `AlreadyExists`, and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The file may be created all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use wakeful::fs::File;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let file = File::create_new(&path).await?;
    /// let error = File::create_new(&path).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn create_new<P: AsRef<Path>>(path: P) -> impl Future<Output = io::Result<File>> {
        opened(path, Site::here(), |options| {
            options.read(true).write(true).create_new(true)
        })
    }

    /// Options to open a file with. The same as [`OpenOptions::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::fs::File;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("log");
    /// let log = File::options().append(true).create(true).open(&path).await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// A file of std's, from where its position is.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("Cargo.toml").unwrap();
    /// let file = wakeful::fs::File::from_std(file);
    /// ```
    #[must_use]
    pub fn from_std(std: StdFile) -> File {
        Self {
            std: Arc::new(std),
            stream: Mutex::new(Stream::default()),
            max_buf_size: DEFAULT_MAX_BUF_SIZE,
            not_unwind_safe: PhantomData,
        }
    }

    /// Waits for the operation under way and gives the file as std's.
    ///
    /// What was read ahead is dropped, and the position is behind it: that is so after a read that
    /// was cancelled, or whose buffer was larger than that of the read after it.
    ///
    /// # Panics
    ///
    /// If an operation that was cancelled still runs and the system has no descriptor left.
    ///
    /// # Cancel safety
    ///
    /// The file is closed. A write under way is made all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = wakeful::fs::File::open("Cargo.toml").await?;
    /// let mut file: std::fs::File = file.into_std().await;
    /// assert!(file.read(&mut [0; 8])? > 0);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub async fn into_std(mut self) -> StdFile {
        self.stream.get_mut().settle().await;
        Arc::try_unwrap(self.std).unwrap_or_else(|shared| {
            // A call like `metadata`, whose future was dropped, has not ended.
            shared.try_clone().expect("a descriptor can be duplicated")
        })
    }

    /// Gives the file as std's if no operation is under way.
    ///
    /// # Errors
    ///
    /// One is; the file comes back. After a [`flush`](crate::io::AsyncWriteExt::flush) none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = wakeful::fs::File::open("Cargo.toml").await?;
    /// let file: std::fs::File = file.try_into_std().unwrap();
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[allow(
        clippy::result_large_err,
        reason = "the file that comes back is the error"
    )]
    pub fn try_into_std(mut self) -> Result<StdFile, Self> {
        match Arc::try_unwrap(self.std) {
            Ok(std) => Ok(std),
            Err(std) => {
                self.std = std;
                Err(self)
            }
        }
    }

    /// Sets the most bytes that one call reads ahead or takes to write: 2 MiB unless set.
    ///
    /// # Panics
    ///
    /// If it is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut file = wakeful::fs::File::open("Cargo.toml").await?;
    /// file.set_max_buf_size(16 * 1024);
    /// assert_eq!(file.max_buf_size(), 16 * 1024);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "`max_buf_size` must be greater than 0");
        self.max_buf_size = max_buf_size;
    }

    /// The most bytes that one call reads ahead or takes to write.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("Cargo.toml").unwrap();
    /// assert_eq!(wakeful::fs::File::from_std(file).max_buf_size(), 2 * 1024 * 1024);
    /// ```
    #[must_use]
    pub fn max_buf_size(&self) -> usize {
        self.max_buf_size
    }
}

fn opened(
    path: impl AsRef<Path>,
    site: Site,
    choose: fn(&mut StdOpenOptions) -> &mut StdOpenOptions,
) -> impl Future<Output = io::Result<File>> {
    let mut options = StdOpenOptions::new();
    choose(&mut options);
    on_path(site, path, move |path| {
        options.open(path).map(File::from_std)
    })
}

impl From<StdFile> for File {
    fn from(std: StdFile) -> Self {
        Self::from_std(std)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // tokio's word for it, to the letter.
        f.debug_struct("tokio::fs::File")
            .field("std", &self.std)
            .finish()
    }
}
