//! Blocking a thread on a future without running anything else on it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_task::{ArcWake, WakerRef, waker_ref};

use super::sleeper::{How, Sleeper};
use crate::{budget, chance};

/// A thread that sleeps until it is woken, through an ordinary waker.
pub(crate) struct Parked(Sleeper);

impl ArcWake for Parked {
    fn wake_by_ref(this: &Arc<Self>) {
        this.unpark();
    }
}

impl Parked {
    pub(crate) fn new() -> Self {
        Self(Sleeper::new())
    }

    pub(crate) fn waker(self: &Arc<Self>) -> WakerRef<'_> {
        waker_ref(self)
    }

    /// Sleeps until somebody wakes, or for no reason at all.
    pub(crate) fn park(&self) {
        if self.0.begin(How::Parked) {
            self.0.wait(None);
            self.0.end();
        }
    }

    pub(crate) fn unpark(&self) {
        self.0.unpark();
    }
}

/// Runs one future on this thread and nothing else.
#[track_caller]
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let parked = Arc::new(Parked::new());
    let waker = parked.waker();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        let polled = {
            let _budget = budget::start();
            future.as_mut().poll(&mut cx)
        };
        match polled {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                chance::deny_waiting();
                parked.park();
            }
        }
    }
}
