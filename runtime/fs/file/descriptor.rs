//! `File` as a descriptor, and a descriptor as a `File`.
//!
//! - **FD1** Whoever calls `from_raw_fd` gives a descriptor away that is open and nobody else's.
//!   The contract of std's trait, passed on to std's file.

#![expect(
    unsafe_code,
    reason = "a descriptor's number says nothing of its owner"
)]

use std::fs::File as StdFile;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::File;

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.std.as_raw_fd()
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self::from_std(StdFile::from(fd))
    }
}

impl FromRawFd for File {
    unsafe fn from_raw_fd(fd: RawFd) -> Self {
        // SAFETY: FD1. Our caller's promise is the one that is asked for here.
        let std = unsafe { StdFile::from_raw_fd(fd) };
        Self::from_std(std)
    }
}
