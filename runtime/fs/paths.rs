//! What a path names: looking at it, changing its permissions, moving and removing it.

use std::fs::{Metadata, Permissions};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use super::offload::{on_path, on_paths};
use crate::leaf::Site;

/// The absolute path of what `path` names, with every symbolic link followed.
///
/// # Errors
///
/// Those of [`std::fs::canonicalize`], so also if it does not exist, and if the runtime is shut
/// down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Looking changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let path = wakeful::fs::canonicalize("runtime/../Cargo.toml").await?;
/// assert!(path.is_absolute() && path.ends_with("Cargo.toml"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn canonicalize(path: impl AsRef<Path>) -> impl Future<Output = io::Result<PathBuf>> {
    on_path(Site::here(), path, std::fs::canonicalize)
}

/// What the file system knows about `path`. It follows symbolic links.
///
/// # Errors
///
/// Those of [`std::fs::metadata`], so also if it does not exist, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Looking changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert!(wakeful::fs::metadata("Cargo.toml").await?.is_file());
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn metadata(path: impl AsRef<Path>) -> impl Future<Output = io::Result<Metadata>> {
    on_path(Site::here(), path, std::fs::metadata)
}

/// What the file system knows about `path`. It does not follow a symbolic link at its end.
///
/// # Errors
///
/// Those of [`std::fs::symlink_metadata`], so also if it does not exist, and if the runtime is shut
/// down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Looking changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert!(!wakeful::fs::symlink_metadata("Cargo.toml").await?.is_symlink());
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn symlink_metadata(path: impl AsRef<Path>) -> impl Future<Output = io::Result<Metadata>> {
    on_path(Site::here(), path, std::fs::symlink_metadata)
}

/// Whether `path` names something that exists. A symbolic link that leads nowhere does not.
///
/// # Errors
///
/// If that cannot be told, for instance for want of permission, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Looking changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert!(wakeful::fs::try_exists("Cargo.toml").await?);
/// assert!(!wakeful::fs::try_exists("no such file").await?);
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn try_exists(path: impl AsRef<Path>) -> impl Future<Output = io::Result<bool>> {
    on_path(Site::here(), path, |path| path.try_exists())
}

/// Changes who may do what with `path`.
///
/// # Errors
///
/// Those of [`std::fs::set_permissions`], so also if it does not exist or is not ours, and if the
/// runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The permissions may be changed all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("file");
/// wakeful::fs::write(&path, "do not change").await?;
/// let mut permissions = wakeful::fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// wakeful::fs::set_permissions(&path, permissions).await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn set_permissions(
    path: impl AsRef<Path>,
    perm: Permissions,
) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, |path| {
        std::fs::set_permissions(path, perm)
    })
}

/// Gives a file or directory the name `to`, in place of whatever had it.
///
/// # Errors
///
/// Those of [`std::fs::rename`], so also if the two are on different file systems, and if the
/// runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The name may be changed all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let (draft, page) = (dir.path().join("draft"), dir.path().join("page"));
/// wakeful::fs::write(&draft, "complete").await?;
/// wakeful::fs::rename(&draft, &page).await?; // a reader sees the old page or the new one
/// assert_eq!(wakeful::fs::read(&page).await?, b"complete");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn rename(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
) -> impl Future<Output = io::Result<()>> {
    on_paths(Site::here(), from, to, std::fs::rename)
}

/// Removes a file. Those who have it open keep it.
///
/// # Errors
///
/// Those of [`std::fs::remove_file`], so also if it is a directory or does not exist, and if the
/// runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The file may be removed all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("file");
/// wakeful::fs::write(&path, "").await?;
/// wakeful::fs::remove_file(&path).await?;
/// assert!(!wakeful::fs::try_exists(&path).await?);
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn remove_file(path: impl AsRef<Path>) -> impl Future<Output = io::Result<()>> {
    on_path(Site::here(), path, std::fs::remove_file)
}
