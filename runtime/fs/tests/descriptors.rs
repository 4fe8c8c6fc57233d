//! Files as descriptors, and what is printed of them.
#![cfg(unix)]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use super::{Folder, block_on};
use crate::fs::File;
use crate::io::AsyncReadExt;

#[test]
fn a_file_is_its_descriptor() {
    let folder = Folder::new();
    let std = std::fs::File::open(folder.file("file", "content")).unwrap();
    let number = std.as_raw_fd();
    let mut file = File::from(OwnedFd::from(std));
    assert_eq!(file.as_raw_fd(), number);
    assert_eq!(file.as_fd().as_raw_fd(), number);
    assert!(
        format!("{file:?}").starts_with(&format!("tokio::fs::File {{ std: File {{ fd: {number}"))
    );
    block_on(async {
        let mut text = String::new();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "content");
    });
}

/// A pipe has no position: reading and writing must not seek.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_opened_as_a_file() {
    use crate::io::AsyncWriteExt;
    let folder = Folder::new();
    let path = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is there").success());
    block_on(async {
        // Linux opens a pipe for both at once.
        let mut pipe = File::options()
            .read(true)
            .write(true)
            .open(&path)
            .await
            .unwrap();
        pipe.write_all(b"through").await.unwrap();
        let mut text = [0; 7];
        pipe.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"through");
    });
}
