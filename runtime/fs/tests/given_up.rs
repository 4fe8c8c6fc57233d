//! Operations whose futures are dropped before they end: nothing is lost, the order stays.

use std::fs as std_fs;
use std::io::SeekFrom;
use std::pin::pin;
use std::task::Poll;

use super::{Folder, Plug, begin, poll_once, runtime};
use crate::fs::{self, File};
use crate::io::{AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWriteExt};

/// Opens a file with digits to read and write, and holds the pool up meanwhile.
fn prepare(folder: &Folder) -> File {
    let path = folder.file("file", "0123456789");
    let mut options = std_fs::OpenOptions::new();
    File::from_std(options.read(true).write(true).open(path).unwrap())
}

#[test]
fn what_a_given_up_read_got_goes_to_the_next() {
    let (folder, runtime) = (Folder::new(), runtime());
    let mut file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(file.read(&mut [0; 6]));
    drop(plug);
    runtime.block_on(async {
        let mut buf = [0; 4];
        // Smaller, and then the rest.
        assert_eq!(file.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"0123");
        assert_eq!(file.read(&mut buf).await.unwrap(), 2);
        assert_eq!(&buf[..2], b"45");
        assert_eq!(file.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"6789");
    });
}

/// After a read that was given up, the position is where the program left it.
#[test]
fn what_a_given_up_read_got_moves_nothing() {
    for other in 0..6 {
        let (folder, runtime) = (Folder::new(), runtime());
        let mut file = prepare(&folder);
        let plug = Plug::new(&runtime);
        let _entered = runtime.enter();
        begin(file.read(&mut [0; 6]));
        drop(plug);
        runtime.block_on(async {
            match other {
                0 => assert_eq!(file.seek(SeekFrom::Current(2)).await.unwrap(), 2),
                1 => {
                    file.write_all(b"ab").await.unwrap();
                    file.flush().await.unwrap();
                }
                2 => {
                    file.set_len(7).await.unwrap();
                    assert_eq!(file.seek(SeekFrom::Current(2)).await.unwrap(), 2);
                }
                3 => {
                    // Not while the read is under way, so wait for it.
                    file.flush().await.unwrap();
                    file.seek(SeekFrom::Current(-1)).await.unwrap_err();
                    assert_eq!(file.seek(SeekFrom::Current(2)).await.unwrap(), 2);
                }
                4 => {
                    file.seek(SeekFrom::Current(i64::MIN)).await.unwrap_err();
                    assert_eq!(file.seek(SeekFrom::Current(2)).await.unwrap(), 2);
                }
                _ => assert_eq!(file.seek(SeekFrom::Start(2)).await.unwrap(), 2),
            }
            assert_eq!(file.read_u8().await.unwrap(), b'2', "after {other}");
        });
    }
}

#[test]
fn accepted_writes_are_made_in_their_order() {
    let (folder, runtime) = (Folder::new(), runtime());
    let mut file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    assert!(matches!(
        poll_once(pin!(file.write(b"ab"))),
        Poll::Ready(Ok(2))
    ));
    // Not accepted: nothing of it is written.
    begin(file.write(b"xy"));
    begin(file.flush());
    drop(plug);
    runtime.block_on(async {
        file.write_all(b"cd").await.unwrap();
        file.flush().await.unwrap();
    });
    assert_eq!(std_fs::read(folder.path("file")).unwrap(), b"abcd456789");
}

#[test]
fn a_given_up_set_len_happens_before_what_follows() {
    let (folder, runtime) = (Folder::new(), runtime());
    let mut file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(file.set_len(3));
    drop(plug);
    runtime.block_on(async {
        let mut all = Vec::new();
        file.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"012");
    });
}

#[test]
fn a_leaked_operation_is_like_one_given_up() {
    let (folder, runtime) = (Folder::new(), runtime());
    let mut file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    let mut buf = [0; 6];
    let mut read = Box::pin(file.read(&mut buf));
    assert!(poll_once(read.as_mut()).is_pending());
    std::mem::forget(read);
    let mut set_len = Box::pin(file.set_len(8));
    assert!(poll_once(set_len.as_mut()).is_pending());
    drop(set_len);
    drop(plug);
    runtime.block_on(async {
        let mut all = Vec::new();
        file.read_to_end(&mut all).await.unwrap();
        assert!(all.starts_with(b"01234567"));
    });
}

#[test]
fn a_seek_during_another_operation_is_an_error() {
    let (folder, runtime) = (Folder::new(), runtime());
    let mut file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(file.read(&mut [0; 6]));
    let start = std::pin::Pin::new(&mut file).start_seek(SeekFrom::Start(1));
    assert!(start.unwrap_err().to_string().contains("poll_complete"));
    drop(plug);
}

/// Whoever runs it drops what comes out of it.
#[test]
fn a_given_up_open_leaves_no_descriptor() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.path("new");
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(File::create_new(&path));
    drop(plug);
    runtime.block_on(async {
        // The one thread of the pool has been there.
        assert!(fs::try_exists(&path).await.unwrap());
    });
}

#[test]
fn what_is_not_polled_does_nothing() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.file("file", "content");
    drop(fs::remove_file(&path));
    drop(fs::write(&path, "other"));
    drop(File::create(&path));
    runtime.block_on(async {
        assert_eq!(fs::read(&path).await.unwrap(), b"content");
    });
}

#[test]
fn a_file_goes_to_std_although_a_call_goes_on() {
    let (folder, runtime) = (Folder::new(), runtime());
    let file = prepare(&folder);
    let plug = Plug::new(&runtime);
    let _entered = runtime.enter();
    begin(file.metadata());
    let file = file.try_into_std().unwrap_err();
    let std = match poll_once(pin!(file.into_std())) {
        Poll::Ready(std) => std,
        Poll::Pending => panic!("nothing moves the position"),
    };
    assert_eq!(std.metadata().unwrap().len(), 10);
    drop(plug);
}

/// A dump says where a task waits for the pool.
#[test]
fn a_dump_names_the_caller() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.file("file", "content");
    let plug = Plug::new(&runtime);
    let line = line!() + 2;
    let task = runtime.spawn(async move {
        fs::read(path).await.unwrap();
    });
    runtime.block_on(crate::task::yield_now());
    let dump = runtime.handle().dump();
    let read = dump.tasks().find(|found| found.id() == task.id());
    let read = read.expect("it waits");
    assert_eq!(read.waits_for(), Some("blocking call"));
    let place = read.waits_at().expect("it has said where");
    assert!(place.file().ends_with("given_up.rs"), "{place}");
    assert_eq!(place.line(), line);
    drop(plug);
    runtime.block_on(task).unwrap();
}
