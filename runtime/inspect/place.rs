//! Where a process that lets itself be looked into listens, and where others look for it.
//!
//! The library makes the socket; the program `wakeful`, which compiles this file too, connects. It
//! lies in a directory that only its user may enter: below `XDG_RUNTIME_DIR` if there is one, in
//! `/tmp` otherwise. Both sides try both, in this order. Std only.

use std::path::PathBuf;

/// The directories, the best first.
pub(crate) fn directories() -> Vec<PathBuf> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty());
    let own = own.map(|path| PathBuf::from(path).join("wakeful"));
    let shared = user().map(|user| PathBuf::from(format!("/tmp/wakeful-{user}")));
    own.into_iter().chain(shared).collect()
}

/// The socket's name in its directory.
pub(crate) fn name(process: u32) -> String {
    format!("{process}.sock")
}

/// Who runs this process, as the system numbers users.
pub(crate) fn user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let mine = std::fs::metadata("/proc/self").ok();
    let mine = mine.or_else(|| std::fs::metadata(home()?).ok());
    mine.map(|mine| mine.uid())
}
