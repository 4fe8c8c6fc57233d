//! Cells: who sets them, who makes the value, and what is left when that one goes.

use std::cell::Cell;
use std::future::{Future, pending, ready};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::thread;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

type OnlySend = Cell<u8>;
type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[test]
fn r22_auto_traits() {
    assert!(implements!(OnceCell<u8>: Send) && implements!(OnceCell<u8>: Sync));
    assert!(implements!(OnceCell<OnlySend>: Send) && !implements!(OnceCell<OnlySend>: Sync));
    assert!(!implements!(OnceCell<Rc<u8>>: Send) && !implements!(OnceCell<Rc<u8>>: Sync));
    assert!(implements!(SetOnce<u8>: Send) && implements!(SetOnce<u8>: Sync));
    assert!(implements!(SetOnce<OnlySend>: Send) && !implements!(SetOnce<OnlySend>: Sync));
    assert!(!implements!(SetOnce<Rc<u8>>: Send) && !implements!(SetOnce<Rc<u8>>: Sync));
    assert!(implements!(SetOnceWait<'_, u8>: Send) && implements!(SetOnceWait<'_, u8>: Sync));
    assert!(!implements!(SetOnceWait<'_, OnlySend>: Send));
    assert!(implements!(GetOrInit<'_, u8, fn() -> Boxed<u8>, Boxed<u8>>: Send));
    assert!(!implements!(GetOrInit<'_, u8, fn() -> Boxed<u8>, Boxed<u8>>: Sync));
    assert!(!implements!(GetOrInit<'_, u8, fn() -> Boxed<u8>, Boxed<u8>>: Unpin));
    assert!(!implements!(GetOrInit<'_, OnlySend, fn() -> Boxed<u8>, Boxed<u8>>: Send));
    assert!(implements!(OnceCell<u8>: Unpin) && implements!(SetOnce<u8>: Unpin));
}

#[test]
fn cells_say_what_tokio_says() {
    assert_eq!(
        format!("{:?}", OnceCell::from(1)),
        "OnceCell { value: Some(1) }"
    );
    assert_eq!(
        format!("{:?}", SetOnce::<u8>::new()),
        "SetOnce { value: None }"
    );
    let cell = OnceCell::from(1);
    let refused = cell.set(2).unwrap_err();
    assert_eq!(refused.to_string(), "AlreadyInitializedError");
    assert_eq!(format!("{refused:?}"), "AlreadyInitializedError(2)");
    let initializing = SetError::InitializingError(2);
    assert_eq!(initializing.to_string(), "InitializingError");
    assert!(initializing.is_initializing_err() && !initializing.is_already_init_err());
    let refused = SetOnce::from(1).set(2).unwrap_err();
    assert_eq!((refused.to_string(), refused.0), ("SetOnceError".into(), 2));
}

#[test]
fn cells_are_made_cloned_compared_and_taken() {
    static EMPTY: OnceCell<u8> = OnceCell::const_new();
    static FULL: OnceCell<u8> = OnceCell::const_new_with(3);
    assert_eq!((EMPTY.get(), FULL.get()), (None, Some(&3)));
    assert_eq!(FULL.set(4), Err(SetError::AlreadyInitializedError(4)));
    assert!(OnceCell::new_with(Some(3)) == FULL && OnceCell::new_with(None) == EMPTY);
    assert!(FULL.clone() == FULL && EMPTY.clone() == OnceCell::default() && EMPTY != FULL);

    let mut cell = OnceCell::from(String::from("a"));
    cell.get_mut().unwrap().push('b');
    assert_eq!(cell.take().as_deref(), Some("ab"));
    assert_eq!((cell.take(), cell.get_mut()), (None, None));
    cell.set(String::from("c")).unwrap();
    assert_eq!(cell.into_inner().as_deref(), Some("c"));

    static ONCE: SetOnce<u8> = SetOnce::const_new();
    static SET: SetOnce<u8> = SetOnce::const_new_with(3);
    assert!(SetOnce::new_with(Some(3)) == SET && SetOnce::new_with(None) == ONCE);
    assert!(SET.clone() == SET && ONCE.clone() == SetOnce::default() && ONCE != SET);
    assert_eq!(SET.clone().into_inner(), Some(3));
    assert_eq!(ONCE.clone().into_inner(), None);
}

#[test]
fn a_value_is_dropped_once() {
    let value = Arc::new(());
    let count = || Arc::strong_count(&value);
    let once = OnceCell::from(value.clone());
    let set = SetOnce::new();
    set.set(value.clone()).unwrap();
    assert!(set.set(value.clone()).is_err());
    assert_eq!(count(), 3);
    drop(once.clone());
    assert_eq!(count(), 3);
    drop((once.into_inner(), set));
    assert_eq!(count(), 1);
}

#[test]
fn the_first_makes_the_value_and_the_others_get_it() {
    let cell = OnceCell::new();
    let (start, made) = tokenized();
    let mut first = Box::pin(cell.get_or_init(|| made));
    let wakes = Count::new();
    assert!(poll_once(first.as_mut()).is_pending());
    assert_eq!(cell.set(9), Err(SetError::InitializingError(9)));
    let mut others: Vec<_> = (0..3)
        .map(|_| Box::pin(cell.get_or_init(|| async { unreachable!("made twice") })))
        .collect();
    for other in &mut others {
        assert!(poll(other.as_mut(), &wakes.waker()).is_pending());
    }
    start.store(7, SeqCst);
    assert_eq!(poll_once(first.as_mut()), Poll::Ready(&7));
    assert_eq!(wakes.wakes(), 3);
    for other in &mut others {
        assert_eq!(poll_once(other.as_mut()), Poll::Ready(&7));
    }
    assert_eq!(Arc::strong_count(&wakes), 1);
    let again = catch_unwind(AssertUnwindSafe(|| poll_once(first.as_mut()).is_ready()));
    assert!(again.is_err(), "polled after it had completed");
}

/// A future that is ready with a number once that is not 0.
fn tokenized() -> (Arc<AtomicUsize>, impl Future<Output = usize>) {
    let number = Arc::new(AtomicUsize::new(0));
    let theirs = number.clone();
    let future = std::future::poll_fn(move |_| match theirs.load(SeqCst) {
        0 => Poll::Pending,
        number => Poll::Ready(number),
    });
    (number, future)
}

/// How an attempt ends without a value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Dropped,
    Fails,
    PanicsInFunction,
    PanicsInFuture,
}

#[test]
fn r31_who_goes_leaves_the_making_to_the_next() {
    for end in [
        End::Dropped,
        End::Fails,
        End::PanicsInFunction,
        End::PanicsInFuture,
    ] {
        let cell = OnceCell::new();
        let wakes = Count::new();
        let (start, made) = tokenized();
        let mut first = Box::pin(cell.get_or_try_init(|| {
            assert!(end != End::PanicsInFunction, "in the function");
            async move {
                made.await;
                assert!(end != End::PanicsInFuture, "in the future");
                Err::<u8, &str>("failed")
            }
        }));
        let mut next = Box::pin(cell.get_or_init(|| ready(5)));
        if end != End::PanicsInFunction {
            assert!(poll_once(first.as_mut()).is_pending());
            assert!(poll(next.as_mut(), &wakes.waker()).is_pending());
        }
        start.store(1, SeqCst);
        let polled = catch_unwind(AssertUnwindSafe(|| match end {
            End::Dropped => None,
            _ => Some(poll_once(first.as_mut())),
        }));
        match end {
            End::Dropped => drop(first),
            End::Fails => assert_eq!(polled.unwrap(), Some(Poll::Ready(Err("failed")))),
            // The future is still there: the permit is not.
            _ => assert!(polled.is_err()),
        }
        if end != End::PanicsInFunction {
            assert_eq!(wakes.wakes(), 1, "{end:?}");
        }
        assert_eq!(poll_once(next.as_mut()), Poll::Ready(&5), "{end:?}");
    }
}

#[test]
fn r31_a_waiter_that_goes_with_the_permit_passes_it_on() {
    let cell = OnceCell::new();
    let mut first = Box::pin(cell.get_or_init(pending));
    let mut second = Box::pin(cell.get_or_init(|| ready(2)));
    let mut third = Box::pin(cell.get_or_init(|| ready(3)));
    let wakes = Count::new();
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    assert!(poll(third.as_mut(), &wakes.waker()).is_pending());
    drop(first);
    assert_eq!(wakes.wakes(), 0, "it went to the second");
    drop(second);
    assert_eq!(wakes.wakes(), 1);
    assert_eq!(poll_once(third.as_mut()), Poll::Ready(&3));
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let cell = Arc::new(OnceCell::new());
        let once = Arc::new(SetOnce::new());
        let (theirs, again) = (cell.clone(), once.clone());
        let back = move || {
            let _ = (theirs.get(), theirs.set(1), again.get(), again.set(1));
            let _ = poll_once(pin!(again.wait()));
            let _ = poll_once(pin!(theirs.get_or_init(|| ready(3))));
        };
        each_reentry(back, |waker, _| {
            // Back to empty, for the next thing that a waker may be asked.
            let (cell, once) = (OnceCell::new(), SetOnce::new());
            let mut first = Box::pin(cell.get_or_init(pending));
            let (mut next, mut waits) = (pin!(cell.get_or_init(|| ready(2))), pin!(once.wait()));
            let _ = poll_once(first.as_mut());
            for waker in [Waker::noop(), waker] {
                let _ = poll(next.as_mut(), waker);
                let _ = poll(waits.as_mut(), waker);
            }
            drop(first);
            once.set(2).unwrap();
            assert_eq!(poll_once(next.as_mut()), Poll::Ready(&2));
        });
        let _ = (cell, once);
    });
}

#[test]
fn r33_wakers_may_set_what_they_wait_for() {
    no_deadlock(|| {
        for asked in [Asked::Clone, Asked::Wake, Asked::Drop] {
            let once = Arc::new(SetOnce::new());
            let again = once.clone();
            let waker = hooked(move |what| {
                if what == asked {
                    let _ = (again.set(1), poll_once(pin!(again.wait())));
                }
            });
            let mut waits = pin!(once.wait());
            let _ = poll(waits.as_mut(), Waker::noop());
            let _ = poll(waits.as_mut(), &waker);
            let _ = once.set(2);
            assert!(poll_once(waits.as_mut()).is_ready());
        }
    });
}

#[test]
fn a_waker_that_panics_leaves_the_value_in_the_cell() {
    let cell = OnceCell::new();
    let bad = hooked(|asked| assert_ne!(asked, Asked::Wake, "woken"));
    let (start, made) = tokenized();
    let mut first = Box::pin(cell.get_or_init(|| made));
    assert!(poll_once(first.as_mut()).is_pending());
    let mut next = pin!(cell.get_or_init(pending));
    assert!(poll(next.as_mut(), &bad).is_pending());
    start.store(1, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(first.as_mut()).is_ready())).is_err());
    assert_eq!(cell.get(), Some(&1));
    assert_eq!(poll_once(next.as_mut()), Poll::Ready(&1));
    assert!(cell.set(2).unwrap_err().is_already_init_err());
}

#[test]
fn r30_r31_waits_for_a_value_come_and_go() {
    let once = SetOnce::new();
    let (goes, stays) = (Count::new(), Count::new());
    let mut waits = pin!(once.wait());
    assert!(poll(waits.as_mut(), &goes.waker()).is_pending());
    assert!(poll(waits.as_mut(), &stays.waker()).is_pending());
    {
        let mut other = pin!(once.wait());
        assert!(poll(other.as_mut(), &goes.waker()).is_pending());
    }
    assert_eq!(Arc::strong_count(&goes), 1);
    once.set(1).unwrap();
    assert_eq!((goes.wakes(), stays.wakes()), (0, 1));
    assert_eq!(poll_once(waits.as_mut()), Poll::Ready(&1));
    assert_eq!(Arc::strong_count(&stays), 1);
}

#[test]
fn r37_waiting_costs_budget() {
    let (cell, once) = (OnceCell::from(1), SetOnce::from(1));
    let _spent = no_budget();
    assert!(poll_once(pin!(cell.get_or_init(|| ready(2)))).is_pending());
    assert!(poll_once(pin!(once.wait())).is_pending());
}

#[test]
fn r40_forgotten_waits_keep_nobody_else_waiting() {
    let cell: &OnceCell<u8> = Box::leak(Box::new(OnceCell::new()));
    let once: &SetOnce<u8> = Box::leak(Box::new(SetOnce::new()));
    let mut first = Box::pin(cell.get_or_init(pending));
    assert!(poll_once(first.as_mut()).is_pending());
    let mut forgotten = (Box::pin(cell.get_or_init(pending)), Box::pin(once.wait()));
    assert!(poll_once(forgotten.0.as_mut()).is_pending());
    assert!(poll_once(forgotten.1.as_mut()).is_pending());
    mem::forget(forgotten.1);
    let mut waits = pin!(once.wait());
    assert!(poll_once(waits.as_mut()).is_pending());
    once.set(1).unwrap();
    assert_eq!(poll_once(waits.as_mut()), Poll::Ready(&1));
    // One that waits for the permit has got it, forgotten or not, as with every lock.
    drop((first, forgotten.0));
    assert_eq!(
        poll_once(pin!(cell.get_or_init(|| ready(2)))),
        Poll::Ready(&2)
    );
}

#[test]
fn threads_make_one_value() {
    let cell = Arc::new(OnceCell::new());
    let made = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let (cell, made) = (cell.clone(), made.clone());
            thread::spawn(move || {
                let make = || async {
                    made.fetch_add(1, SeqCst);
                    number
                };
                *block_on("test", cell.get_or_init(make))
            })
        })
        .collect();
    let values: Vec<i32> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(made.load(SeqCst), 1);
    assert!(values.iter().all(|value| Some(value) == cell.get()));
}
