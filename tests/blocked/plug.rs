//! What blocks a thread, and how a test waits without one.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use wakeful::runtime::{Builder, Runtime};

/// Longer than any machine needs; only a failing test waits for it.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Blocks the thread that calls [`Plug::block`] until its [`Hold`] is dropped.
pub(crate) struct Plug {
    blocks: Sender<ThreadId>,
    released: Receiver<()>,
}

/// Keeps a [`Plug`] in.
pub(crate) struct Hold {
    blocked: Receiver<ThreadId>,
    _release: Sender<()>,
}

pub(crate) fn plug() -> (Plug, Hold) {
    let (blocks, blocked) = channel();
    let (release, released) = channel();
    let plug = Plug { blocks, released };
    let hold = Hold {
        blocked,
        _release: release,
    };
    (plug, hold)
}

impl Plug {
    pub(crate) fn block(self) {
        let _ = self.blocks.send(thread::current().id());
        // A test that failed lets go, too. One that forgot fails here.
        let end = self.released.recv_timeout(3 * LONG);
        assert_eq!(end, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    }
}

impl Hold {
    /// Returns once the plug is in.
    pub(crate) fn blocked(&self) -> ThreadId {
        arrives(&self.blocked, "the plug")
    }
}

/// What is sent within reason.
#[track_caller]
pub(crate) fn arrives<T>(receiver: &Receiver<T>, what: &str) -> T {
    match receiver.recv_timeout(LONG) {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error}"),
    }
}

/// Returns once `condition` holds.
#[track_caller]
pub(crate) fn eventually(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LONG, "it never came true");
        thread::yield_now();
    }
}

pub(crate) fn workers(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("the runtime starts")
}

/// Returns once the only worker of `runtime` has gone to sleep after `before` times.
pub(crate) fn parks_again(runtime: &Runtime, before: u64) {
    let metrics = runtime.metrics();
    eventually(|| metrics.worker_park_count(0) > before);
}
