//! Listing directories.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs as std_fs;

use super::{Folder, Plug, begin, block_on, runtime};
use crate::fs;

/// More than one call reads at once.
const MANY: usize = 100;

fn folder_of_many() -> (Folder, BTreeSet<OsString>) {
    let folder = Folder::new();
    let names: BTreeSet<OsString> = (0..MANY).map(|n| format!("file {n}").into()).collect();
    for name in &names {
        std_fs::write(folder.0.path().join(name), "").unwrap();
    }
    (folder, names)
}

#[test]
fn every_entry_comes_once() {
    let (folder, names) = folder_of_many();
    block_on(async {
        let mut entries = fs::read_dir(folder.0.path()).await.unwrap();
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await.unwrap() {
            assert_eq!(entry.path(), folder.0.path().join(entry.file_name()));
            found.push(entry.file_name());
        }
        assert!(entries.next_entry().await.unwrap().is_none());
        assert_eq!(found.len(), MANY);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), names);
    });
}

#[test]
fn no_entry_is_lost_by_giving_up() {
    let (folder, names) = folder_of_many();
    let runtime = runtime();
    let mut entries = runtime.block_on(fs::read_dir(folder.0.path())).unwrap();
    let mut found = BTreeSet::new();
    loop {
        // The first chunk is there; the call for the next has to wait.
        let plug = Plug::new(&runtime);
        let mut next = Box::pin(entries.next_entry());
        let entry = {
            let _entered = runtime.enter();
            super::poll_once(next.as_mut())
        };
        drop(next);
        drop(plug);
        let entry = match entry {
            std::task::Poll::Ready(entry) => entry,
            std::task::Poll::Pending => runtime.block_on(entries.next_entry()),
        };
        match entry.unwrap() {
            Some(entry) => assert!(found.insert(entry.file_name())),
            None => break,
        }
    }
    assert_eq!(found, names);
}

#[test]
fn entries_know_what_they_are() {
    let folder = Folder::new();
    folder.file("file", "four");
    std_fs::create_dir(folder.path("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
    block_on(async {
        let mut entries = fs::read_dir(folder.0.path()).await.unwrap();
        while let Some(entry) = entries.next_entry().await.unwrap() {
            let (kind, metadata) = (
                entry.file_type().await.unwrap(),
                entry.metadata().await.unwrap(),
            );
            assert_eq!(kind, metadata.file_type());
            match entry.file_name().to_str().unwrap() {
                "file" => assert!(kind.is_file() && metadata.len() == 4),
                "folder" => assert!(kind.is_dir()),
                _ => assert!(kind.is_symlink()),
            }
            #[cfg(unix)]
            assert_eq!(entry.ino(), std::os::unix::fs::MetadataExt::ino(&metadata));
        }
    });
}

#[test]
fn a_dropped_listing_ends_by_itself() {
    let (folder, _) = folder_of_many();
    let runtime = runtime();
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(fs::read_dir(folder.0.path()));
    drop(plug);
    assert!(
        runtime
            .block_on(fs::read_dir(folder.path("no such")))
            .is_err()
    );
}
