//! Calls of std's on paths, on the blocking pool.
//!
//! The arguments live as long as the operation: a temporary file that is given away as a path is
//! removed after it was opened, not before.

use std::io;
use std::path::{Path, PathBuf};

use crate::engine::pool_call;
use crate::leaf::Site;

/// Calls `f` with `path`.
pub(super) async fn on_path<T: Send + 'static>(
    site: Site,
    path: impl AsRef<Path>,
    f: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let owned = path.as_ref().to_owned();
    pool_call::offload(site, move || f(owned)).await
}

/// Calls `f` with both paths.
pub(super) async fn on_paths<T: Send + 'static>(
    site: Site,
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    f: impl FnOnce(PathBuf, PathBuf) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let owned = (from.as_ref().to_owned(), to.as_ref().to_owned());
    pool_call::offload(site, move || f(owned.0, owned.1)).await
}
