//! Waiting for a leaf on a thread that runs no tasks: what the `blocking_` calls do.
//!
//! Absent: any runtime. The thread parks, and the waker unparks it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::{budget, chance, leaf};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs `future` on this thread; `what` names the call for the panic when that is not allowed.
#[track_caller]
pub(crate) fn block_on<F: Future>(what: &str, future: F) -> F::Output {
    leaf::deny_blocking(what);
    // No task waits for its turn behind us.
    let _unlimited = budget::lift();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            // A wake that comes first makes `park` return at once.
            Poll::Pending => {
                chance::deny_waiting();
                thread::park();
            }
        }
    }
}
