//! Tests of `fs` with real files, and what they share: a runtime whose pool can be held up.

mod descriptors;
mod file;
mod given_up;
mod listing;
mod paths;
mod shutdown;

use std::fs as std_fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use tempfile::TempDir;

use crate::runtime::{Builder, Runtime};

/// A folder that is removed with the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("there is room"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with this in it.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std_fs::write(&path, content).expect("there is room");
        path
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// One thread for tasks, one for calls that block.
fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.max_blocking_threads(1).build().expect("it starts")
}

/// Keeps the one thread of the pool busy until it is dropped.
struct Plug {
    _sender: mpsc::Sender<()>,
}

impl Plug {
    fn new(runtime: &Runtime) -> Self {
        let (sender, receiver) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        runtime.spawn_blocking(move || {
            begun.send(()).expect("the test waits");
            let _ = receiver.recv();
        });
        begins.recv().expect("the pool has a thread");
        Self { _sender: sender }
    }
}

/// Polls once; nobody is woken.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Begins an operation and gives it up.
#[track_caller]
fn begin<F: Future>(future: F) {
    let mut future = Box::pin(future);
    assert!(poll_once(future.as_mut()).is_pending(), "it did not wait");
}
