//! `File` used as it should be.

use std::fs as std_fs;
use std::io::{ErrorKind, IoSlice, Read, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use super::{Folder, block_on};
use crate::fs::{File, FileTimes, OpenOptions};
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

#[test]
fn what_is_written_is_read() {
    let folder = Folder::new();
    let path = folder.path("file");
    block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        file.write_all(b"hello, ").await.unwrap();
        let pieces = [IoSlice::new(b"wor"), IoSlice::new(b""), IoSlice::new(b"ld")];
        assert_eq!(file.write_vectored(&pieces).await.unwrap(), 5);
        file.rewind().await.unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello, world");
        assert_eq!(file.stream_position().await.unwrap(), 12);
    });
    assert_eq!(std_fs::read(path).unwrap(), b"hello, world");
}

#[test]
fn a_large_file_goes_through_in_many_calls() {
    let folder = Folder::new();
    let path = folder.path("file");
    let bytes: Vec<u8> = (0..5_000_011_u32).map(|n| (n / 7) as u8).collect();
    block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        file.write_all(&bytes).await.unwrap();
        file.flush().await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), bytes.len() as u64);
        file.rewind().await.unwrap();
        let mut read = Vec::new();
        file.read_to_end(&mut read).await.unwrap();
        assert!(read == bytes);
    });
}

/// A buffer that was used for more is used for less, and the other way round.
#[test]
fn reads_and_writes_take_turns() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).await.unwrap();
        let mut buf = [0; 4];
        file.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"0123");
        file.write_all(b"ab").await.unwrap();
        file.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"6789");
        file.write_all(b"the end").await.unwrap();
        file.flush().await.unwrap();
    });
    assert_eq!(std_fs::read(path).unwrap(), b"0123ab6789the end");
}

#[test]
fn no_call_moves_more_than_the_limit() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut options = File::options();
        let mut file = options.read(true).write(true).open(&path).await.unwrap();
        file.set_max_buf_size(3);
        assert_eq!(file.read(&mut [0; 8]).await.unwrap(), 3);
        assert_eq!(file.write(b"abcdef").await.unwrap(), 3);
        let clone = file.try_clone().await.unwrap();
        assert_eq!((file.max_buf_size(), clone.max_buf_size()), (3, 3));
    });
    assert_eq!(std_fs::read(path).unwrap(), b"012abc6789");
}

#[test]
#[should_panic(expected = "`max_buf_size` must be greater than 0")]
fn a_limit_of_nothing_panics() {
    File::from_std(tempfile::tempfile().unwrap()).set_max_buf_size(0);
}

/// The write is accepted; who flushes hears that it failed, once.
#[test]
fn a_failed_write_is_reported_by_the_flush() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut file = File::open(&path).await.unwrap();
        assert_eq!(file.write(b"ab").await.unwrap(), 2);
        assert!(file.flush().await.is_err());
        file.flush().await.unwrap();
    });
}

#[test]
fn a_failed_write_is_reported_by_the_next_write() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut file = File::open(&path).await.unwrap();
        assert_eq!(file.write(b"ab").await.unwrap(), 2);
        assert!(file.write(b"cd").await.is_err());
        assert_eq!(file.write(b"ef").await.unwrap(), 2);
        assert!(file.shutdown().await.is_err());
    });
}

/// What saw the error first keeps it for those whom it concerns.
#[test]
fn the_error_of_a_write_survives_other_operations() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        for other in 0..5 {
            let mut file = File::open(&path).await.unwrap();
            assert_eq!(file.write(b"ab").await.unwrap(), 2);
            match other {
                0 => assert_eq!(file.read(&mut [0; 4]).await.unwrap(), 4),
                1 => assert_eq!(file.seek(SeekFrom::Start(1)).await.unwrap(), 1),
                2 => file.sync_all().await.unwrap(),
                3 => drop(file.try_clone().await.unwrap()),
                _ => assert!(file.set_len(1).await.is_err()),
            }
            assert!(file.flush().await.is_err(), "lost by {other}");
            file.flush().await.unwrap();
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_as_such() {
    block_on(async {
        let mut file = File::options().write(true).open("/dev/full").await.unwrap();
        file.write_all(b"ab").await.unwrap();
        let error = file.flush().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        file.write_all(b"ab").await.unwrap();
        file.sync_data().await.unwrap_err();
        // Only the kind is kept.
        assert_eq!(
            file.flush().await.unwrap_err().kind(),
            ErrorKind::StorageFull
        );
    });
}

#[test]
fn seeks_that_cannot_be_are_errors_and_move_nothing() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut file = File::open(&path).await.unwrap();
        file.read_exact(&mut [0; 3]).await.unwrap();
        for to in [
            SeekFrom::Current(-4),
            SeekFrom::Current(i64::MIN),
            SeekFrom::End(-11),
            SeekFrom::Start(u64::MAX),
        ] {
            let error = file.seek(to).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{to:?}");
            assert_eq!(file.stream_position().await.unwrap(), 3);
        }
    });
}

#[test]
fn the_length_changes_and_the_position_stays() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).await.unwrap();
        file.read_exact(&mut [0; 4]).await.unwrap();
        file.set_len(6).await.unwrap();
        file.set_len(8).await.unwrap();
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"45\0\0");
    });
}

#[test]
fn times_are_set() {
    let folder = Folder::new();
    let path = folder.file("file", "");
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    block_on(async {
        let file = File::options().write(true).open(&path).await.unwrap();
        let times = FileTimes::new()
            .set_accessed(at(1000))
            .set_modified(at(2000));
        file.set_times(times).await.unwrap();
        let metadata = file.metadata().await.unwrap();
        assert_eq!(metadata.accessed().unwrap(), at(1000));
        assert_eq!(metadata.modified().unwrap(), at(2000));
        file.set_modified(at(3000)).await.unwrap();
        let metadata = file.metadata().await.unwrap();
        assert_eq!(metadata.accessed().unwrap(), at(1000));
        assert_eq!(metadata.modified().unwrap(), at(3000));
    });
}

#[test]
fn clones_have_one_position() {
    let folder = Folder::new();
    let path = folder.file("file", "0123456789");
    block_on(async {
        let mut file = File::open(&path).await.unwrap();
        let mut clone = file.try_clone().await.unwrap();
        let mut buf = [0; 4];
        file.read_exact(&mut buf).await.unwrap();
        clone.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"4567");
    });
}

#[test]
fn to_std_and_back() {
    let folder = Folder::new();
    let path = folder.path("file");
    block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        file.write_all(b"by us, ").await.unwrap();
        let mut std = file.into_std().await;
        std.write_all(b"by std").unwrap();
        let mut file = File::from(std);
        file.rewind().await.unwrap();
        file.read_exact(&mut [0; 3]).await.unwrap();
        let mut std = file.try_into_std().unwrap();
        let mut rest = String::new();
        std.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "us, by std");
    });
}

/// Operations that take `&self` may overlap.
#[test]
fn one_file_is_used_by_many_tasks() {
    let folder = Folder::new();
    let path = folder.path("file");
    block_on(async {
        let mut file = File::create_new(&path).await.unwrap();
        file.write_all(b"0123456789").await.unwrap();
        let file = std::sync::Arc::new(file);
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let file = file.clone();
                crate::spawn(async move {
                    match n % 4 {
                        0 => file.set_len(5).await,
                        1 => file.sync_all().await,
                        2 => file.metadata().await.map(drop),
                        _ => file.try_clone().await.map(drop),
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(file.metadata().await.unwrap().len(), 5);
    });
}
