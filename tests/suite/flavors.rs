//! The schedulers, the macro that runs a body on each of them, and what bodies wait with.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use wakeful::runtime::{Builder, Runtime};

/// Longer than any machine needs; only a failing test waits for it.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A scheduler to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    CurrentThread,
    Workers(usize),
}

impl On {
    pub(crate) fn builder(self) -> Builder {
        let mut builder = match self {
            On::CurrentThread => Builder::new_current_thread(),
            On::Workers(workers) => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(workers);
                builder
            }
        };
        builder.enable_all();
        builder
    }

    pub(crate) fn runtime(self) -> Runtime {
        self.builder().build().expect("the runtime starts")
    }

    /// Runs `future` as the main future of a runtime of its own.
    pub(crate) fn run<F: Future>(self, future: F) -> F::Output {
        self.runtime().block_on(future)
    }
}

/// Each function becomes a module with one test per scheduler.
macro_rules! each_runtime {
    ($($(#[$attribute:meta])* fn $name:ident($on:ident) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "not each body needs what its module imports")]
            use super::*;

            fn body($on: $crate::flavors::On) $body

            #[test]
            fn current_thread() {
                $crate::flavors::bounded(|| body($crate::flavors::On::CurrentThread));
            }

            #[test]
            fn one_worker() {
                $crate::flavors::bounded(|| body($crate::flavors::On::Workers(1)));
            }

            #[test]
            fn two_workers() {
                $crate::flavors::bounded(|| body($crate::flavors::On::Workers(2)));
            }

            #[test]
            fn four_workers() {
                $crate::flavors::bounded(|| body($crate::flavors::On::Workers(4)));
            }
        }
    )*};
}

/// Runs `body` on a thread of its own, and fails if it hangs.
pub(crate) fn bounded(body: impl FnOnce() + Send + 'static) {
    bounded_on_stack(8 << 20, body);
}

/// As [`bounded`], on a stack of so many bytes.
pub(crate) fn bounded_on_stack(bytes: usize, body: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel();
    let runner = thread::Builder::new()
        .name(thread::current().name().unwrap_or("test").to_owned())
        .stack_size(bytes)
        .spawn(move || {
            body();
            let _ = done.send(());
        })
        .expect("a thread starts");
    match is_done.recv_timeout(LONG) {
        Err(RecvTimeoutError::Timeout) => panic!("the test hangs"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(payload) = runner.join() {
                resume_unwind(payload);
            }
        }
    }
}

/// Runs `body` in a process of its own: this test binary again, with only the test `name`.
///
/// For what is counted per process, and for what ends a process when it goes wrong.
pub(crate) fn alone(name: &str, body: impl FnOnce()) {
    const INSIDE: &str = "WAKEFUL_TEST_ALONE";
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let status = Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", name, "--test-threads=1"])
        .env(INSIDE, name)
        .status()
        .expect("the test starts itself");
    assert!(status.success(), "{name}: {status}");
}

/// Opens once. Anybody may wait, on any executor.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    pub(crate) fn open(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = true;
        let waiting = std::mem::take(&mut state.1);
        drop(state);
        for waker in waiting {
            waker.wake();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.lock().unwrap().0
    }

    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        state.1.push(waker);
        Poll::Pending
    }

    pub(crate) async fn opened(&self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }
}

/// Yields until `condition` holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        wakeful::task::yield_now().await;
    }
}

/// A waker that counts.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn new() -> (Arc<Wakes>, Waker) {
        let wakes = Arc::new(Wakes::default());
        (wakes.clone(), Waker::from(wakes))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A foreign executor: polls `future` on this thread, with no runtime of ours around it.
pub(crate) fn foreign_block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The message `call` panics with.
pub(crate) fn panic_message<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else {
        panic!("expected a panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => match payload.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(_) => panic!("the payload is no text"),
        },
    }
}

/// Calls its closure when dropped.
pub(crate) struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    pub(crate) fn new(call: F) -> Self {
        Self(Some(call))
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}
