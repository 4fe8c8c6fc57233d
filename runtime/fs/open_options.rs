//! How to open a file.

use std::future::Future;
use std::io;
use std::path::Path;

use super::File;
use super::offload::on_path;
use crate::leaf::Site;

/// How a file is opened. The asynchronous counterpart of [`std::fs::OpenOptions`].
///
/// Say what you will do with the file, then [`open`](Self::open) it.
///
/// # Examples
///
/// ```
/// use wakeful::fs::OpenOptions;
/// use wakeful::io::AsyncWriteExt;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("log");
/// let mut log = OpenOptions::new().append(true).create(true).open(&path).await?;
/// log.write_all(b"started\n").await?;
/// log.flush().await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    std: std::fs::OpenOptions,
}

impl OpenOptions {
    /// Nothing is allowed yet.
    ///
    /// # Examples
    ///
    /// ```
    /// let options = wakeful::fs::OpenOptions::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::from(std::fs::OpenOptions::new())
    }

    /// Whether to read.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.read(true);
    /// ```
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.std.read(read);
        self
    }

    /// Whether to write, over what is there. A file that exists keeps its length.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true);
    /// ```
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.std.write(write);
        self
    }

    /// Whether every write goes to the end of the file, wherever that is by then.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.append(true);
    /// ```
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.std.append(append);
        self
    }

    /// Whether to empty a file that exists. It must be opened for writing.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true).truncate(true);
    /// ```
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.std.truncate(truncate);
        self
    }

    /// Whether to create a file that does not exist. It must be opened for writing.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true).create(true);
    /// ```
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.std.create(create);
        self
    }

    /// Whether the file must be a new one: that it exists is an error, and nobody else can create
    /// it in between. `create` and `truncate` count no more.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true).create_new(true);
    /// ```
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.std.create_new(create_new);
        self
    }

    /// The permissions of a file that is created, less what the process's umask takes away. 0o666
    /// if it is not called.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true).create(true).mode(0o600);
    /// ```
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::mode(&mut self.std, mode);
        self
    }

    /// More flags for the system's `open`, in place of those given before. What says how to access
    /// the file (`O_ACCMODE`) is masked out.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut options = wakeful::fs::OpenOptions::new();
    /// options.write(true).custom_flags(libc::O_NOFOLLOW);
    /// ```
    #[cfg(unix)]
    pub fn custom_flags(&mut self, flags: i32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut self.std, flags);
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::OpenOptions::open`], so `NotFound`, `PermissionDenied`, `AlreadyExists`,
    /// `InvalidInput` for options that contradict each other, and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The file may be created or emptied all the same;
    /// it is closed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::fs::OpenOptions;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn open(&self, path: impl AsRef<Path>) -> impl Future<Output = io::Result<File>> {
        let options = self.std.clone();
        on_path(Site::here(), path, move |path| {
            options.open(path).map(File::from_std)
        })
    }
}

impl From<std::fs::OpenOptions> for OpenOptions {
    fn from(std: std::fs::OpenOptions) -> Self {
        Self { std }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}
