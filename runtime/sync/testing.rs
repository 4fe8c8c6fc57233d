//! Wakers that count, wakers that call back, and a clock against deadlocks: for the tests of
//! `sync` only.

#![expect(
    unsafe_code,
    reason = "a waker whose clone and drop are seen needs a raw vtable"
)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::Duration;

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(self.clone())
    }

    pub(crate) fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// One poll with this waker.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// One poll whose wakes nobody hears.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    poll(future, Waker::noop())
}

/// What a waker was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Clone,
    Wake,
    Drop,
}

type Hook = Box<dyn Fn(Asked) + Send + Sync>;

/// A waker that calls `hook` whenever it is cloned, woken or dropped.
pub(crate) fn hooked(hook: impl Fn(Asked) + Send + Sync + 'static) -> Waker {
    let hook: Arc<Hook> = Arc::new(Box::new(hook));
    // SAFETY: TW1. The vtable below treats the pointer as this `Arc`, one count a waker.
    unsafe { Waker::from_raw(raw(hook)) }
}

fn raw(hook: Arc<Hook>) -> RawWaker {
    RawWaker::new(Arc::into_raw(hook).cast(), &VTABLE)
}

// TW1. Each function gets a pointer from `raw`; wake and drop take its count over.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

unsafe fn again(data: *const ()) -> Arc<Hook> {
    let data = data.cast::<Hook>();
    // SAFETY: TW1.
    unsafe { Arc::increment_strong_count(data) };
    // SAFETY: TW1. The count we have just added.
    unsafe { Arc::from_raw(data) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: TW1.
    let hook = unsafe { again(data) };
    hook(Asked::Clone);
    raw(hook)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: TW1. We take the waker's count.
    let hook = unsafe { Arc::from_raw(data.cast::<Hook>()) };
    hook(Asked::Wake);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: TW1.
    let hook = unsafe { again(data) };
    hook(Asked::Wake);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: TW1. We take the waker's count.
    let hook = unsafe { Arc::from_raw(data.cast::<Hook>()) };
    hook(Asked::Drop);
}

/// Runs `body` on a thread of its own, and fails instead of hanging when it deadlocks.
pub(crate) fn no_deadlock(body: impl FnOnce() + Send + 'static) {
    let (done, end) = channel::<()>();
    let thread = thread::spawn(move || {
        let _done = done;
        body();
    });
    match end.recv_timeout(Duration::from_secs(20)) {
        Err(RecvTimeoutError::Timeout) => panic!("deadlock"),
        _ => thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// Calls `body(Asked::…)` once for each thing a waker can be asked, with a waker that calls
/// `back` when it is asked just that.
pub(crate) fn each_reentry<B>(back: B, body: impl Fn(&Waker, &Arc<AtomicUsize>))
where
    B: Fn() + Clone + Send + Sync + 'static,
{
    for asked in [Asked::Clone, Asked::Wake, Asked::Drop] {
        let calls = Arc::new(AtomicUsize::new(0));
        let back = back.clone();
        let counter = calls.clone();
        let waker = hooked(move |what| {
            if what == asked {
                counter.fetch_add(1, Ordering::SeqCst);
                back();
            }
        });
        body(&waker, &calls);
        drop(waker);
        assert!(calls.load(Ordering::SeqCst) > 0, "{asked:?} never happened");
    }
}

/// Spends the budget of a task's poll. It comes back when the guard drops.
pub(crate) fn no_budget() -> crate::budget::Restore {
    let restore = crate::budget::start();
    let cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(spent) = crate::budget::poll_proceed(&cx) {
        spent.made_progress();
    }
    restore
}

/// Whether a type implements an auto trait: also asks for what it must not implement.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        #[allow(dead_code, reason = "one of the two is asked")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "one of the two is asked")]
        impl<T: ?Sized + $trait> Asked<T> {
            const ANSWER: bool = true;
        }
        <Asked<$type>>::ANSWER
    }};
}
pub(crate) use implements;
