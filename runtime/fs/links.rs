//! Links: making them, and where they lead.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use super::offload::{on_path, on_paths};
use crate::leaf::Site;

/// Gives the file `original` another name, `link`.
///
/// # Errors
///
/// Those of [`std::fs::hard_link`], so also if `original` does not exist or is on another file
/// system, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The link may be made all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let (path, link) = (dir.path().join("file"), dir.path().join("link"));
/// wakeful::fs::write(&path, "the same").await?;
/// wakeful::fs::hard_link(&path, &link).await?;
/// assert_eq!(wakeful::fs::read(&link).await?, b"the same");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn hard_link(
    original: impl AsRef<Path>,
    link: impl AsRef<Path>,
) -> impl Future<Output = io::Result<()>> {
    on_paths(Site::here(), original, link, std::fs::hard_link)
}

/// Makes `link` a symbolic link to `original`, which need not exist.
///
/// # Errors
///
/// Those of [`std::os::unix::fs::symlink`], so also if something of the name `link` exists, and if
/// the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The link may be made all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let link = dir.path().join("link");
/// wakeful::fs::symlink("elsewhere", &link).await?;
/// assert_eq!(wakeful::fs::read_link(&link).await?.to_str(), Some("elsewhere"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[cfg(unix)]
#[track_caller]
pub fn symlink(
    original: impl AsRef<Path>,
    link: impl AsRef<Path>,
) -> impl Future<Output = io::Result<()>> {
    on_paths(Site::here(), original, link, std::os::unix::fs::symlink)
}

/// Where a symbolic link leads, as it was written.
///
/// # Errors
///
/// Those of [`std::fs::read_link`], so also if `path` is not a symbolic link, and if the runtime is
/// shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). Reading changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let not_a_link = wakeful::fs::read_link("Cargo.toml").await;
/// assert!(not_a_link.is_err());
/// # });
/// ```
#[track_caller]
pub fn read_link(path: impl AsRef<Path>) -> impl Future<Output = io::Result<PathBuf>> {
    on_path(Site::here(), path, std::fs::read_link)
}
