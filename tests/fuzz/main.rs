//! Random scripts against byte-exact models: streams that give a little, wait, fail, are dropped in
//! the middle.
//!
//! The environment says how many cases: `PROPTEST_CASES=100000 cargo test --release --test fuzz`.
//! What failed is shrunk, printed, and kept in `proptest-regressions/fuzz/`: it is tried first
//! from then on. `corpus/` has inputs thought of by hand, which always run. Nothing here has a
//! thread or a runtime that it does not need: a future is polled by `run`, which knows when a wake
//! is lost.
//! The parsers of the attribute macros have theirs in `runtime/macros/src/fuzz/`.
#![cfg(not(loom))]

mod channels;
mod copying;
mod delays;
mod disk;
mod lines;
mod reading;
mod socket;
mod writing;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// `file` keeps the seeds of the cases that failed.
fn config(file: &'static str) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls with a new waker each time, as a task may that moves. A future that waits has to have
/// woken, or to wake, the last one: nobody else is there.
fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let polled = future.poll(&mut Context::from_waker(&waker));
    assert!(polled.is_ready() || count.0.load(SeqCst) > 0, "lost wake");
    polled
}

/// Runs to the end.
fn run<F: Future>(future: F) -> F::Output {
    run_for(usize::MAX, future).expect("it has no end")
}

/// Polls so often and gives up: the future is dropped.
fn run_for<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls.min(100_000) {
        if let Poll::Ready(output) = poll_once(future.as_mut()) {
            return Some(output);
        }
    }
    None
}

/// How often a call is polled before it is given up.
fn patience() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(usize::MAX), 3 => 0_usize..4]
}
