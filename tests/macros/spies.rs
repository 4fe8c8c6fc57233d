//! A small executor, futures that are pending as often as asked, and futures that write down what
//! happens to them.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Counts wakes.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Runs a future that is always woken before it is polled again.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut future = pin!(future);
    loop {
        let before = wakes.0.load(SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(wakes.0.load(SeqCst) > before, "it waits for nobody");
    }
}

pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending so many times, waking itself.
pub(crate) async fn after(mut polls: u32) {
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Writes a letter down whenever it is polled or dropped.
pub(crate) struct Spy<'a> {
    letter: char,
    polls: u32,
    log: &'a RefCell<String>,
}

impl Future for Spy<'_> {
    type Output = char;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<char> {
        self.log.borrow_mut().push(self.letter);
        if self.polls == 0 {
            return Poll::Ready(self.letter);
        }
        self.polls -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Spy<'_> {
    fn drop(&mut self) {
        self.log.borrow_mut().push(self.letter.to_ascii_uppercase());
    }
}

pub(crate) fn spies<'a>(log: &'a RefCell<String>) -> impl Fn(char, u32) -> Spy<'a> {
    |letter, polls| Spy { letter, polls, log }
}

pub(crate) fn panic_text<R>(action: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(action)) else {
        panic!("it did not panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}
