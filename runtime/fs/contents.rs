//! Whole files at once: `read`, `read_to_string`, `write`, `copy`.

use std::future::Future;
use std::io;
use std::path::Path;

use super::offload::{on_path, on_paths};
use crate::leaf::Site;

/// Reads a whole file.
///
/// # Errors
///
/// Those of [`std::fs::read`], and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The bytes are dropped; reading changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let manifest: Vec<u8> = wakeful::fs::read("Cargo.toml").await?;
/// assert!(manifest.starts_with(b"[package]"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> impl Future<Output = io::Result<Vec<u8>>> {
    on_path(Site::here(), path, std::fs::read)
}

/// Reads a whole file that is UTF-8.
///
/// # Errors
///
/// Those of [`std::fs::read_to_string`], so also if the content is not UTF-8, and if the runtime is
/// shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The text is dropped; reading changes nothing.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let manifest: String = wakeful::fs::read_to_string("Cargo.toml").await?;
/// assert!(manifest.contains("wakeful"));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn read_to_string(path: impl AsRef<Path>) -> impl Future<Output = io::Result<String>> {
    on_path(Site::here(), path, std::fs::read_to_string)
}

/// Makes `contents` the whole of a file, which is created if it does not exist.
///
/// # Errors
///
/// Those of [`std::fs::write`], and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The file may be written, and be
/// written in part for a while.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("greeting.txt");
/// wakeful::fs::write(&path, b"hello").await?;
/// assert_eq!(wakeful::fs::read(&path).await?, b"hello");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn write(
    path: impl AsRef<Path>,
    contents: impl AsRef<[u8]>,
) -> impl Future<Output = io::Result<()>> {
    let contents = contents.as_ref().to_vec();
    on_path(Site::here(), path, move |path| {
        std::fs::write(path, contents)
    })
}

/// Copies a file's content and permissions over another file, and gives the count of bytes.
///
/// The other file is created if it does not exist.
///
/// # Errors
///
/// Those of [`std::fs::copy`], so also if `from` is not a file, and if the runtime is shut down.
///
/// # Cancel safety
///
/// See the [module](crate::fs#cancel-safety). The copy may be made all the same.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("copy.toml");
/// let bytes = wakeful::fs::copy("Cargo.toml", &path).await?;
/// assert_eq!(bytes, wakeful::fs::metadata(&path).await?.len());
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> impl Future<Output = io::Result<u64>> {
    on_paths(Site::here(), from, to, std::fs::copy)
}
