//! Listing directories: `read_dir`, `ReadDir`, `DirEntry`.
//!
//! Entries come from the pool in chunks, so that not each costs a hand-over.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{FileType, Metadata};
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::offload::on_path;
use crate::budget;
use crate::engine::pool_call::{PoolCall, failed, offload};
use crate::leaf::Site;

/// Entries that one call on the pool reads. tokio's.
const ENTRIES_PER_CALL: usize = 32;

/// Opens a directory to list what is in it.
///
/// # Errors
///
/// Those of [`std::fs::read_dir`], so also if it does not exist or is no directory, and if the
/// runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Looking changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut names = Vec::new();
/// let mut entries = wakeful::fs::read_dir(".").await?;
/// while let Some(entry) = entries.next_entry().await? {
///     names.push(entry.file_name());
/// }
/// assert!(names.iter().any(|name| name == "Cargo.toml"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn read_dir(path: impl AsRef<Path>) -> impl Future<Output = io::Result<ReadDir>> {
    on_path(Site::here(), path, |path| {
        let mut chunk = Chunk {
            entries: VecDeque::new(),
            rest: Some(std::fs::read_dir(path)?),
        };
        chunk.read();
        Ok(ReadDir(State::Idle(chunk)))
    })
}

/// What is in a directory, in no particular order, without `.` and `..`.
///
/// Made by [`read_dir`]. It is not a `Stream`; `ReadDirStream` of the crate `tokio-stream` makes
/// one of it.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// for name in ["b", "a"] {
///     wakeful::fs::write(folder.path().join(name), "").await?;
/// }
/// let mut names = Vec::new();
/// let mut entries = wakeful::fs::read_dir(folder.path()).await?;
/// while let Some(entry) = entries.next_entry().await? {
///     names.push(entry.file_name());
/// }
/// names.sort(); // the system gives them in an order of its own
/// assert_eq!(names, ["a", "b"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it lists nothing until it is asked for an entry"]
pub struct ReadDir(State);

#[derive(Debug)]
enum State {
    Idle(Chunk),
    Reading(PoolCall<Chunk>),
}

#[derive(Debug, Default)]
struct Chunk {
    entries: VecDeque<io::Result<DirEntry>>,
    /// `None`: there are no more.
    rest: Option<std::fs::ReadDir>,
}

impl Chunk {
    /// Reads more entries. On a thread of the pool.
    fn read(&mut self) {
        let Some(rest) = &mut self.rest else {
            return;
        };
        for _ in 0..ENTRIES_PER_CALL {
            let Some(entry) = rest.next() else {
                self.rest = None;
                return;
            };
            let failed = entry.is_err();
            self.entries.push_back(entry.map(DirEntry::new));
            if failed {
                return;
            }
        }
    }
}

impl ReadDir {
    /// The next entry, or `None` after the last.
    ///
    /// # Errors
    ///
    /// If it cannot be read. The one after it may be.
    ///
    /// # Cancel safety
    ///
    /// No entry is lost: the next call gives it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// wakeful::fs::write(folder.path().join("only"), "").await?;
    ///
    /// let mut entries = wakeful::fs::read_dir(folder.path()).await?;
    /// assert!(entries.next_entry().await?.is_some());
    /// assert!(entries.next_entry().await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn next_entry(&mut self) -> impl Future<Output = io::Result<Option<DirEntry>>> {
        let site = Site::here();
        async move {
            let next = poll_fn(|cx| self.poll_next(cx, site));
            next.await
        }
    }

    /// Polls for the next entry.
    ///
    /// On `Pending` the task is woken when to ask again; only the last caller's is.
    ///
    /// # Errors
    ///
    /// As [`next_entry`](Self::next_entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut entries = wakeful::fs::read_dir(".").await?;
    /// let first = poll_fn(|cx| entries.poll_next_entry(cx)).await?;
    /// assert!(first.is_some());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        self.poll_next(cx, Site::here())
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        site: Site,
    ) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            match &mut self.0 {
                State::Idle(chunk) => {
                    if chunk.entries.is_empty() && chunk.rest.is_some() {
                        let mut chunk = mem::take(chunk);
                        self.0 = State::Reading(PoolCall::start(site, move || {
                            chunk.read();
                            chunk
                        }));
                        continue;
                    }
                    let spent = ready!(budget::poll_proceed(cx));
                    spent.made_progress();
                    return Poll::Ready(chunk.entries.pop_front().transpose());
                }
                State::Reading(call) => {
                    let result = ready!(Pin::new(call).poll(cx));
                    // After a call that failed there is nothing more to list.
                    let failure = result.is_err();
                    self.0 = State::Idle(result.unwrap_or_default());
                    if failure {
                        return Poll::Ready(Err(failed()));
                    }
                }
            }
        }
    }
}

/// One thing in a directory.
///
/// Made by [`ReadDir::next_entry`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// wakeful::fs::write(folder.path().join("a.txt"), "abc").await?;
///
/// let mut entries = wakeful::fs::read_dir(folder.path()).await?;
/// let entry = entries.next_entry().await?.unwrap();
/// assert_eq!(entry.path(), folder.path().join("a.txt"));
/// assert_eq!(entry.metadata().await?.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DirEntry {
    /// Most systems tell it with the name, at no price.
    file_type: Option<FileType>,
    std: Arc<std::fs::DirEntry>,
}

impl DirEntry {
    fn new(std: std::fs::DirEntry) -> Self {
        Self {
            file_type: std.file_type().ok(),
            std: Arc::new(std),
        }
    }

    /// The path that was listed, joined with the name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut entries = wakeful::fs::read_dir("examples").await?;
    /// let entry = entries.next_entry().await?.expect("there are examples");
    /// assert!(entry.path().starts_with("examples"));
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.std.path()
    }

    /// The name alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// wakeful::fs::write(folder.path().join("a.txt"), "").await?;
    ///
    /// let mut entries = wakeful::fs::read_dir(folder.path()).await?;
    /// assert_eq!(entries.next_entry().await?.unwrap().file_name(), "a.txt");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn file_name(&self) -> OsString {
        self.std.file_name()
    }

    /// What the file system knows about it. It does not follow a symbolic link.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::DirEntry::metadata`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Looking changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut entries = wakeful::fs::read_dir("examples").await?;
    /// let entry = entries.next_entry().await?.expect("there are examples");
    /// assert!(entry.metadata().await?.modified().is_ok());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn metadata(&self) -> impl Future<Output = io::Result<Metadata>> {
        let std = Arc::clone(&self.std);
        offload(Site::here(), move || std.metadata())
    }

    /// What it is. It does not follow a symbolic link.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::DirEntry::file_type`], and if the runtime is shut down. Only if the
    /// system did not tell with the name.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Looking changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut entries = wakeful::fs::read_dir("runtime").await?;
    /// while let Some(entry) = entries.next_entry().await? {
    ///     assert_eq!(entry.file_name() == "lib.rs", entry.path().ends_with("lib.rs"));
    ///     assert!(!entry.file_type().await?.is_symlink());
    /// }
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn file_type(&self) -> impl Future<Output = io::Result<FileType>> {
        let site = Site::here();
        async move {
            if let Some(file_type) = self.file_type {
                return Ok(file_type);
            }
            let std = Arc::clone(&self.std);
            offload(site, move || std.file_type()).await
        }
    }

    /// The number of its inode.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let mut entries = wakeful::fs::read_dir(".").await?;
    /// let entry = entries.next_entry().await?.expect("there is something");
    /// assert_ne!(entry.ino(), 0);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[cfg(unix)]
    #[must_use]
    pub fn ino(&self) -> u64 {
        std::os::unix::fs::DirEntryExt::ino(&*self.std)
    }
}
