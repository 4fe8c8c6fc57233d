//! Stands in for `crate::task::spawn_blocking` until that is there.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

struct Slot<R> {
    result: Option<R>,
    waker: Option<Waker>,
}

pub(super) struct Blocking<R>(Arc<Mutex<Slot<R>>>);

pub(super) fn spawn_blocking<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> Blocking<R> {
    let slot = Arc::new(Mutex::new(Slot {
        result: None,
        waker: None,
    }));
    let shared = slot.clone();
    std::thread::spawn(move || {
        let result = f();
        let mut slot = shared.lock().unwrap();
        slot.result = Some(result);
        let waker = slot.waker.take();
        drop(slot);
        waker.into_iter().for_each(Waker::wake);
    });
    Blocking(slot)
}

impl<R> Future for Blocking<R> {
    type Output = io::Result<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock().unwrap();
        if let Some(result) = slot.result.take() {
            return Poll::Ready(Ok(result));
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
