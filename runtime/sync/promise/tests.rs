//! Promises: who runs what, on which thread, and what survives a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::thread;

use super::*;
use crate::budget;
use crate::sync::block::block_on;
use crate::sync::testing::{Asked, each_reentry, hooked, no_deadlock};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn counter() -> (Arc<Wakes>, Waker) {
    let wakes = Arc::new(Wakes::default());
    (wakes.clone(), Waker::from(wakes))
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn take<F: Future + Unpin>(future: &mut F) -> F::Output {
    match poll(future, Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

fn panics<R>(action: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(action)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
        },
    }
}

#[test]
fn the_types_cross_threads() {
    fn both<T: Send + Sync + Unpin>() {}
    both::<Promise<std::cell::Cell<u8>>>();
    both::<Resolver<std::cell::Cell<u8>>>();
    both::<SharedPromise<String>>();
    both::<PromiseError>();
}

#[test]
fn a_promise_is_resolved_from_a_thread_without_a_runtime() {
    let (mut promise, resolver) = Promise::new();
    let thread = thread::spawn(move || resolver.resolve(11));
    let value = block_on("test", &mut promise);
    assert_eq!(value, Ok(11));
    thread.join().unwrap().unwrap();
}

#[test]
fn a_dropped_resolver_breaks_the_promise() {
    let (mut promise, resolver) = Promise::<u8>::new();
    let (wakes, waker) = counter();
    assert!(poll(&mut promise, &waker).is_pending());
    drop(resolver);
    assert_eq!(wakes.0.load(SeqCst), 1);
    let error = take(&mut promise).unwrap_err();
    let text = "promise broken: its resolver was dropped without a value";
    assert_eq!(error.to_string(), text);
    let text = "the outcome of this promise was taken before";
    assert_eq!(panics(|| drop(poll(&mut promise, Waker::noop()))), text);
    assert_eq!(panics(|| drop(promise.then(drop))), text);
}

#[test]
fn an_unwanted_value_comes_back() {
    let (promise, resolver) = Promise::new();
    drop(promise);
    assert!(resolver.is_abandoned());
    assert_eq!(resolver.resolve("back"), Err("back"));
}

#[test]
fn a_callback_runs_inside_resolve_on_that_thread() {
    let (promise, resolver) = Promise::new();
    let mut ran_on = promise.then(|()| thread::current().id());
    assert!(poll(&mut ran_on, Waker::noop()).is_pending());
    let thread = thread::spawn(move || {
        resolver.resolve(()).unwrap();
        thread::current().id()
    });
    let resolving = thread.join().unwrap();
    assert_eq!(take(&mut ran_on), Ok(resolving));
}

#[test]
fn a_callback_on_a_kept_promise_runs_at_once_here() {
    let mut ran_on = Promise::resolved(()).then(|()| thread::current().id());
    assert_eq!(take(&mut ran_on), Ok(thread::current().id()));
}

#[test]
fn callbacks_chain_in_order_and_run_though_nobody_waits() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let (promise, resolver) = Promise::new();
    let (first, second) = (order.clone(), order.clone());
    let last = promise
        .then(move |value: u32| {
            first.lock().unwrap().push(value);
            value + 1
        })
        .then(move |value| second.lock().unwrap().push(value));
    drop(last);
    resolver.resolve(1).unwrap();
    assert_eq!(*order.lock().unwrap(), [1, 2]);
    assert_eq!(Arc::strong_count(&order), 1, "the callbacks are gone");
}

#[test]
fn a_broken_promise_drops_its_callbacks_and_breaks_the_next() {
    let kept = Arc::new(());
    let inside = kept.clone();
    let (promise, resolver) = Promise::<u8>::new();
    let mut next = promise.then(move |_| drop(inside));
    drop(resolver);
    assert!(take(&mut next).is_err());
    assert_eq!(Arc::strong_count(&kept), 1);
    let (promise, resolver) = Promise::<u8>::new();
    drop(resolver);
    assert!(take(&mut promise.then(|_| ())).is_err());
}

#[test]
fn a_panicking_callback_panics_out_of_resolve_and_breaks_the_next() {
    let (promise, resolver) = Promise::new();
    let mut next = promise.then(|_: u8| -> u8 { panic!("in the callback") });
    let (wakes, waker) = counter();
    assert!(poll(&mut next, &waker).is_pending());
    assert_eq!(panics(|| resolver.resolve(1)), "in the callback");
    assert_eq!(wakes.0.load(SeqCst), 1, "the one that waits hears of it");
    assert!(take(&mut next).is_err());
}

#[test]
fn a_callback_may_use_promises() {
    let (first, resolve_first) = Promise::new();
    let (second, resolve_second) = Promise::new();
    let mut sum = second.then(|value: u32| value + 1);
    let mut done = first.then(move |value: u32| resolve_second.resolve(value * 10));
    resolve_first.resolve(4).unwrap();
    assert_eq!(take(&mut done), Ok(Ok(())));
    assert_eq!(take(&mut sum), Ok(41));
}

#[test]
fn attaching_a_callback_needs_no_budget() {
    let _restore = budget::start();
    while let Poll::Ready(spent) = budget::poll_proceed(&Context::from_waker(Waker::noop())) {
        spent.made_progress();
    }
    let (promise, resolver) = Promise::new();
    let next = promise.then(|value: u8| value);
    let shared = next.shared();
    resolver.resolve(1).unwrap();
    assert_eq!(shared.peek(), Some(&Ok(1)));
}

#[test]
fn then_races_resolve() {
    for _ in 0..500 {
        let (promise, resolver) = Promise::new();
        let thread = thread::spawn(move || resolver.resolve(1).unwrap());
        let mut next = promise.then(|value: u32| value + 1);
        thread.join().unwrap();
        assert_eq!(take(&mut next), Ok(2));
    }
}

#[test]
fn every_reader_of_a_shared_promise_is_woken_and_gets_a_clone() {
    let (promise, resolver) = Promise::new();
    let value = Arc::new(());
    let mut readers: Vec<_> = std::iter::repeat_n(promise.shared(), 3).collect();
    let (wakes, waker) = counter();
    for reader in &mut readers {
        assert!(poll(reader, &waker).is_pending());
        assert!(poll(reader, &waker).is_pending());
    }
    resolver.resolve(value.clone()).unwrap();
    assert_eq!(wakes.0.load(SeqCst), 3);
    let clones: Vec<_> = readers
        .iter_mut()
        .map(|reader| take(reader).unwrap())
        .collect();
    assert_eq!(Arc::strong_count(&value), 1 + 1 + 3);
    assert_eq!(take(&mut readers[0]), Ok(value.clone()), "and again");
    drop((readers, clones, waker));
    assert_eq!(Arc::strong_count(&value), 1);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn a_reader_that_goes_takes_only_its_own_waker_along() {
    let (promise, resolver) = Promise::<u8>::new();
    let (mut stays, mut goes) = {
        let shared = promise.shared();
        (shared.clone(), shared)
    };
    let (stay_wakes, stay_waker) = counter();
    let (go_wakes, go_waker) = counter();
    assert!(poll(&mut stays, &stay_waker).is_pending());
    assert!(poll(&mut goes, &go_waker).is_pending());
    drop((goes, go_waker));
    assert_eq!(Arc::strong_count(&go_wakes), 1);
    drop(resolver);
    assert_eq!((stay_wakes.0.load(SeqCst), go_wakes.0.load(SeqCst)), (1, 0));
    assert_eq!(take(&mut stays), Err(PromiseError::new()));
}

#[test]
fn a_reader_polled_with_another_waker_forgets_the_first() {
    let (promise, resolver) = Promise::<()>::new();
    let mut shared = promise.shared();
    let (first, first_waker) = counter();
    let (last, last_waker) = counter();
    assert!(poll(&mut shared, &first_waker).is_pending());
    assert!(poll(&mut shared, &last_waker).is_pending());
    resolver.resolve(()).unwrap();
    assert_eq!((first.0.load(SeqCst), last.0.load(SeqCst)), (0, 1));
    assert_eq!(Arc::strong_count(&first), 2);
}

#[test]
fn a_value_that_comes_while_a_reader_leaves_its_waker_is_seen() {
    let (promise, resolver) = Promise::new();
    let mut shared = promise.shared();
    let resolver = Mutex::new(Some(resolver));
    let waker = hooked(move |asked| {
        let resolver = resolver.lock().unwrap().take();
        if let (Asked::Clone, Some(resolver)) = (asked, resolver) {
            resolver.resolve(1).unwrap();
        }
    });
    assert_eq!(poll(&mut shared, &waker), Poll::Ready(Ok(1)));
}

#[test]
fn a_panicking_waker_of_one_reader_loses_no_other() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("woken");
        }
    }
    let (promise, resolver) = Promise::new();
    let mut readers: Vec<_> = std::iter::repeat_n(promise.shared(), 3).collect();
    let (wakes, waker) = counter();
    assert!(poll(&mut readers[0], &Waker::from(Arc::new(Panics))).is_pending());
    assert!(poll(&mut readers[1], &Waker::from(Arc::new(Panics))).is_pending());
    assert!(poll(&mut readers[2], &waker).is_pending());
    assert_eq!(panics(|| resolver.resolve(1)), "woken");
    assert_eq!(wakes.0.load(SeqCst), 1);
    assert!(readers.iter_mut().all(|reader| take(reader) == Ok(1)));
}

#[test]
fn a_clone_that_uses_its_promise_finds_no_lock_held() {
    struct Curious(Arc<Mutex<Option<SharedPromise<Curious>>>>);
    impl Clone for Curious {
        fn clone(&self) -> Self {
            let mut reader = self.0.lock().unwrap().take();
            if let Some(reader) = &mut reader {
                assert!(poll(reader, Waker::noop()).is_ready());
            }
            Self(self.0.clone())
        }
    }
    let own = Arc::new(Mutex::new(None));
    let mut shared = Promise::resolved(Curious(own.clone())).shared();
    *own.lock().unwrap() = Some(shared.clone());
    assert!(poll(&mut shared, Waker::noop()).is_ready());
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let (promise, _resolver) = Promise::<u8>::new();
        let shared = promise.shared();
        for resolved in [false, true] {
            let (own, resolver) = Promise::<u8>::new();
            let own = own.shared();
            let (other, inside) = (shared.clone(), own.clone());
            let back = move || {
                let (mut other, mut inside) = (other.clone(), inside.clone());
                let _ = poll(&mut other, Waker::noop());
                let _ = poll(&mut inside, Waker::noop());
            };
            let slot = Mutex::new(Some(resolver));
            each_reentry(back, |waker, calls| {
                let mut reader = own.clone();
                let _ = poll(&mut reader, waker);
                let _ = poll(&mut reader, Waker::noop());
                let _ = poll(&mut reader, waker);
                let (mut alone, resolver) = Promise::new();
                let _ = poll(&mut alone, waker);
                if resolved {
                    resolver.resolve(1).unwrap();
                }
                drop((alone, reader));
                waker.wake_by_ref();
                assert!(calls.load(SeqCst) > 0);
            });
            drop(slot.lock().unwrap().take());
        }
        // A waker that reads the promise that calls it.
        let (promise, resolver) = Promise::new();
        let mut reader = promise.shared();
        let again = Mutex::new(reader.clone());
        let waker = hooked(move |asked| {
            if asked == Asked::Wake {
                assert_eq!(take(&mut *again.lock().unwrap()), Ok(3));
            }
        });
        assert!(poll(&mut reader, &waker).is_pending());
        resolver.resolve(3).unwrap();
        assert_eq!(take(&mut reader), Ok(3));
    });
}
