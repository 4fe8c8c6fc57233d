//! `fs`, and the streams of the process.

use std::fs::Permissions;
use std::time::SystemTime;

use wakeful::fs::{self, DirBuilder, DirEntry, File, FileTimes, OpenOptions, ReadDir};
use wakeful::io;

use crate::{any, futures, row, types};

#[test]
fn types_of_files() {
    types! {
        fs::DirBuilder: "+++++";
        fs::DirEntry: "+++++";
        fs::File: "+++--";
        fs::FileTimes: "+++++";
        fs::OpenOptions: "+++++";
        fs::ReadDir: "+++--";
        io::Stdin: "+++++";
        io::Stdout: "+++++";
        io::Stderr: "+++++";
    }
}

#[test]
fn functions() {
    futures! {
        fs::canonicalize(any::<&str>()) => "++-";
        fs::copy(any::<&str>(), any::<&str>()) => "++-";
        fs::create_dir(any::<&str>()) => "++-";
        fs::create_dir_all(any::<&str>()) => "++-";
        fs::hard_link(any::<&str>(), any::<&str>()) => "++-";
        fs::metadata(any::<&str>()) => "++-";
        fs::read(any::<&str>()) => "++-";
        fs::read_dir(any::<&str>()) => "++-";
        fs::read_link(any::<&str>()) => "++-";
        fs::read_to_string(any::<&str>()) => "++-";
        fs::remove_dir(any::<&str>()) => "++-";
        fs::remove_dir_all(any::<&str>()) => "++-";
        fs::remove_file(any::<&str>()) => "++-";
        fs::rename(any::<&str>(), any::<&str>()) => "++-";
        fs::set_permissions(any::<&str>(), any::<Permissions>()) => "++-";
        fs::symlink(any::<&str>(), any::<&str>()) => "++-";
        fs::symlink_metadata(any::<&str>()) => "++-";
        fs::try_exists(any::<&str>()) => "++-";
        fs::write(any::<&str>(), any::<Vec<u8>>()) => "++-";
    }
}

#[test]
fn methods() {
    futures! {
        DirBuilder::create(any(), any::<&str>()) => "++-";
        DirEntry::file_type(any()) => "++-";
        DirEntry::metadata(any()) => "++-";
        File::create(any::<&str>()) => "++-";
        File::create_new(any::<&str>()) => "++-";
        File::into_std(any()) => "++-";
        File::metadata(any()) => "++-";
        File::open(any::<&str>()) => "++-";
        File::set_len(any(), any()) => "++-";
        File::set_modified(any(), any::<SystemTime>()) => "++-";
        File::set_permissions(any(), any::<Permissions>()) => "++-";
        File::set_times(any(), any::<FileTimes>()) => "++-";
        File::sync_all(any()) => "++-";
        File::sync_data(any()) => "++-";
        File::try_clone(any()) => "++-";
        OpenOptions::open(any(), any::<&str>()) => "++-";
        ReadDir::next_entry(any()) => "++-";
    }
}
