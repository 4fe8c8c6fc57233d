//! Making and removing directories.

use std::future::Future;
use std::io;
use std::path::Path;

use super::offload::on_path;
use crate::leaf::Site;

/// Makes an empty directory.
///
/// # Errors
///
/// Those of [`std::fs::create_dir`], so also if its parent does not exist or something of this name
/// does, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The directory may be made all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("here");
/// wakeful::fs::create_dir(&path).await?;
/// assert!(wakeful::fs::metadata(&path).await?.is_dir());
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn create_dir(path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, std::fs::create_dir)
}

/// Makes a directory and those above it that do not exist.
///
/// # Errors
///
/// Those of [`std::fs::create_dir_all`], and if the runtime is shut down. That the directory exists
/// already is none.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The directories may be made all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("a/b/c");
/// wakeful::fs::create_dir_all(&path).await?;
/// wakeful::fs::create_dir_all(&path).await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn create_dir_all(path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, std::fs::create_dir_all)
}

/// Removes an empty directory.
///
/// # Errors
///
/// Those of [`std::fs::remove_dir`], so also if it is not empty, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The directory may be removed all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("here");
/// wakeful::fs::create_dir(&path).await?;
/// wakeful::fs::remove_dir(&path).await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn remove_dir(path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, std::fs::remove_dir)
}

/// Removes a directory with everything in it. It follows no symbolic link.
///
/// # Errors
///
/// Those of [`std::fs::remove_dir_all`], and if the runtime is shut down. A part may be gone then.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Everything may be removed all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("a");
/// wakeful::fs::create_dir_all(path.join("b/c")).await?;
/// wakeful::fs::remove_dir_all(&path).await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn remove_dir_all(path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, std::fs::remove_dir_all)
}

/// Makes directories as it is told to. The asynchronous counterpart of [`std::fs::DirBuilder`].
///
/// # Examples
///
/// ```
/// use wakeful::fs::DirBuilder;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("a/b/c");
/// DirBuilder::new().recursive(true).create(&path).await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    #[cfg(unix)]
    mode: Option<u32>,
}

impl DirBuilder {
    /// A builder that makes one directory, with the permissions that are usual on the platform.
    ///
    /// # Examples
    ///
    /// ```
    /// let builder = wakeful::fs::DirBuilder::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to make those above that do not exist, too. Then it is no error that the directory
    /// exists.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut builder = wakeful::fs::DirBuilder::new();
    /// builder.recursive(true);
    /// ```
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// The permissions of what is made, less what the process's umask takes away. 0o777 if it is
    /// not called.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut builder = wakeful::fs::DirBuilder::new();
    /// builder.mode(0o700);
    /// ```
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }

    /// Makes the directory.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::DirBuilder::create`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The directory may be made all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("here");
    /// wakeful::fs::DirBuilder::new().create(&path).await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn create(&self, path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(self.recursive);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        }
        on_path(Site::here(), path, move |path| builder.create(path))
    }
}
