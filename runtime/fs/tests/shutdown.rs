//! Files and a runtime that ends: what was accepted is written, the rest are errors.

use std::fs as std_fs;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;
use std::thread;

use super::{Folder, Plug, poll_once, runtime};
use crate::fs::{self, File};
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use crate::runtime::{Handle, Runtime};

/// Drops the runtime on a thread of its own, since that waits for the pool. Returns once the pool
/// takes nothing more.
fn end(runtime: Runtime) -> (Handle, thread::JoinHandle<()>) {
    let handle = runtime.handle().clone();
    let ending = thread::spawn(move || drop(runtime));
    // Queued before the end or refused after it: either way it is cancelled by the end.
    let probe = handle.spawn_blocking(|| {});
    while !probe.is_finished() {
        thread::yield_now();
    }
    (handle, ending)
}

#[track_caller]
fn assert_refused<T>(result: Poll<io::Result<T>>) {
    match result {
        Poll::Ready(Err(error)) => assert_eq!(error.kind(), ErrorKind::Other),
        Poll::Ready(Ok(_)) => panic!("it succeeded"),
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn an_accepted_write_is_made() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.path("file");
    let mut file = File::from_std(std_fs::File::create(&path).unwrap());
    let plug = Plug::new(&runtime);
    let entered = runtime.enter();
    let accepted = poll_once(pin!(file.write(b"precious")));
    assert!(matches!(accepted, Poll::Ready(Ok(8))));
    drop(entered);
    let (_, ending) = end(runtime);
    assert_eq!(std_fs::read(&path).unwrap(), b"");
    drop(plug);
    ending.join().unwrap();
    assert_eq!(std_fs::read(&path).unwrap(), b"precious");
    // The runtime is gone; the result is still there.
    assert!(matches!(poll_once(pin!(file.flush())), Poll::Ready(Ok(()))));
}

#[test]
fn what_was_not_begun_is_an_error() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.file("file", "content");
    let mut file = File::from_std(std_fs::File::open(&path).unwrap());
    let plug = Plug::new(&runtime);
    let entered = runtime.enter();
    let mut remove = Box::pin(fs::remove_file(&path));
    assert!(poll_once(remove.as_mut()).is_pending());
    assert!(poll_once(pin!(file.read(&mut [0; 8]))).is_pending());
    drop(entered);
    let (handle, ending) = end(runtime);
    assert_refused(poll_once(pin!(file.read(&mut [0; 8]))));
    match poll_once(remove.as_mut()) {
        Poll::Ready(Err(error)) => {
            assert_eq!(error.kind(), ErrorKind::Other);
            assert_eq!(error.to_string(), "background task failed");
        }
        other => panic!("{other:?}"),
    }
    drop(plug);
    ending.join().unwrap();
    assert_eq!(std_fs::read(&path).unwrap(), b"content");
    // And whatever comes later, again and again.
    let _entered = handle.enter();
    for _ in 0..2 {
        assert_refused(poll_once(pin!(file.read(&mut [0; 8]))));
        assert_refused(poll_once(pin!(file.write(b"new"))));
        assert_refused(poll_once(pin!(file.seek(io::SeekFrom::Start(0)))));
        assert_refused(poll_once(pin!(file.set_len(0))));
        assert_refused(poll_once(pin!(file.sync_all())));
        assert_refused(poll_once(pin!(fs::read(&path))));
        assert_refused(poll_once(pin!(fs::read_dir(folder.path("")))));
    }
}

#[test]
fn what_has_begun_ends() {
    let (folder, runtime) = (Folder::new(), runtime());
    let path = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is there").success());
    let read = runtime.spawn({
        let path = path.clone();
        async move { fs::read(path).await }
    });
    runtime.block_on(crate::task::yield_now());
    // Opening waits for the one who reads: it has begun.
    let mut writer = std_fs::OpenOptions::new().write(true).open(path).unwrap();
    let (_, ending) = end(runtime);
    io::Write::write_all(&mut writer, b"late").unwrap();
    assert!(!ending.is_finished());
    drop(writer);
    ending.join().unwrap();
    assert!(read.is_finished());
}

#[test]
#[should_panic(expected = "there is no wakeful runtime on this thread")]
fn outside_of_a_runtime_it_panics() {
    let _ = poll_once(pin!(fs::read("Cargo.toml")));
}
