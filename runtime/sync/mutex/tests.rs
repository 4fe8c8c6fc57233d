//! The mutex alone: what tokio documents, what regressions taught, and a model.

use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn locking(mutex: &Arc<Mutex<u32>>) -> Boxed<OwnedMutexGuard<u32>> {
    Box::pin(mutex.clone().lock_owned())
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Lock<'_, u64>>(), 56);
    assert_eq!(size_of::<LockOwned<u64>>(), 56);
    assert_eq!(size_of::<MutexGuard<'_, u64>>(), 8);
    assert_eq!(size_of::<OwnedMutexGuard<u64>>(), 8);
    assert_eq!(size_of::<Mutex<()>>(), 56);
}

#[test]
fn auto_traits() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    type Sent = std::cell::Cell<u8>;
    send::<Mutex<Sent>>();
    sync::<Mutex<Sent>>();
    send::<MutexGuard<'_, Sent>>();
    send::<OwnedMutexGuard<Sent>>();
    send::<MappedMutexGuard<'_, Sent>>();
    send::<OwnedMappedMutexGuard<Sent, Sent>>();
    sync::<MutexGuard<'_, u8>>();
    sync::<OwnedMutexGuard<u8>>();
    sync::<MappedMutexGuard<'_, u8>>();
    sync::<OwnedMappedMutexGuard<u8>>();
    send::<Lock<'_, Sent>>();
    sync::<Lock<'_, Sent>>();
    send::<LockOwned<Sent>>();
}

/// Ambiguous, and so an error, for a type that is `Sync`.
trait NotSync<A> {
    fn holds() {}
}
impl<T: ?Sized> NotSync<()> for T {}
impl<T: ?Sized + Sync> NotSync<u8> for T {}

#[test]
fn guards_of_cells_are_not_sync() {
    type Sent = std::cell::Cell<u8>;
    <MutexGuard<'_, Sent> as NotSync<_>>::holds();
    <OwnedMutexGuard<Sent> as NotSync<_>>::holds();
    <MappedMutexGuard<'_, Sent> as NotSync<_>>::holds();
    <OwnedMappedMutexGuard<Sent> as NotSync<_>>::holds();
}

#[test]
fn what_tokio_documents() {
    static SHARED: Mutex<u32> = Mutex::const_new(5);
    assert_eq!(*SHARED.try_lock().unwrap(), 5);

    let mut mutex = Mutex::from(7);
    *mutex.get_mut() = 8;
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 8 }");
    let guard = mutex.try_lock().unwrap();
    assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
    assert_eq!(format!("{guard:?} {guard}"), "8 8");
    let error = mutex.try_lock().unwrap_err();
    assert_eq!(error.to_string(), "operation would block");
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &mutex));
    drop(guard);
    assert_eq!(mutex.into_inner(), 8);
    assert_eq!(Mutex::<u32>::default().into_inner(), 0);

    let unsized_: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    assert_eq!(block_on("test", unsized_.lock()).len(), 3);
    assert_eq!(unsized_.clone().blocking_lock_owned()[1], 2);
    assert_eq!(unsized_.blocking_lock()[2], 3);
}

#[test]
fn narrowed_guards_unlock_once() {
    let mutex = Arc::new(Mutex::new(((1, 2), 3)));
    let guard = MutexGuard::try_map(mutex.try_lock().unwrap(), |_| None::<&mut u8>).unwrap_err();
    let guard = MutexGuard::try_map(guard, |all| Some(&mut all.0)).unwrap();
    let guard = MappedMutexGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let mut guard = MappedMutexGuard::map(guard, |pair| &mut pair.1);
    *guard = 20;
    assert!(mutex.try_lock().is_err());
    drop(guard);

    let guard = mutex.clone().try_lock_owned().unwrap();
    let guard = OwnedMutexGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
    let guard = OwnedMutexGuard::map(guard, |all| &mut all.0);
    let guard = OwnedMappedMutexGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let guard = OwnedMappedMutexGuard::map(guard, |pair| &mut pair.1);
    assert_eq!(*guard, 20);
    assert!(mutex.try_lock().is_err());
    drop(guard);
    assert!(mutex.try_lock().is_ok());

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        MutexGuard::map(mutex.try_lock().unwrap(), |_| -> &mut u8 { panic!("map") })
    }));
    assert!(panicked.is_err());
    assert!(mutex.try_lock().is_ok(), "a panic in `map` unlocks");
}

#[test]
fn r41_a_future_that_is_not_polled_has_no_effect() {
    let mutex = Mutex::new(0);
    let idle = mutex.lock();
    assert!(mutex.try_lock().is_ok());
    drop(idle);
}

#[test]
fn first_polled_first_served() {
    let mutex = Arc::new(Mutex::new(0));
    let held = mutex.try_lock().unwrap();
    let mut waiting: Vec<_> = (0..5).map(|_| locking(&mutex)).collect();
    let wakes: Vec<_> = waiting.iter().map(|_| Count::new()).collect();
    let order = [3, 0, 4, 1, 2];
    for i in order {
        assert!(poll(waiting[i].as_mut(), &wakes[i].waker()).is_pending());
    }
    drop(held);
    for i in order {
        assert!(mutex.try_lock().is_err(), "no overtaking");
        assert_eq!(wakes.iter().map(|w| w.wakes()).sum::<usize>(), 1);
        assert_eq!(wakes[i].wakes(), 1);
        wakes[i].reset();
        assert!(poll_once(waiting[i].as_mut()).is_ready());
    }
    assert!(mutex.try_lock().is_ok());
}

#[test]
#[should_panic(expected = "polled after it had completed")]
fn polling_a_finished_future_panics() {
    let mutex = Mutex::new(0);
    let mut lock = Box::pin(mutex.lock());
    assert!(poll_once(lock.as_mut()).is_ready());
    let _ = poll_once(lock.as_mut());
}

#[test]
fn r29_the_last_waker_is_woken() {
    let mutex = Arc::new(Mutex::new(0));
    let held = mutex.try_lock().unwrap();
    let (first, last) = (Count::new(), Count::new());
    let mut lock = locking(&mutex);
    assert!(poll(lock.as_mut(), &first.waker()).is_pending());
    assert!(poll(lock.as_mut(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1, "the first waker was let go");
    drop(held);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

#[test]
fn r30_wakers_are_let_go() {
    let mutex = Arc::new(Mutex::new(0));
    let count = Count::new();

    let held = mutex.try_lock().unwrap();
    let mut lock = locking(&mutex);
    assert!(poll(lock.as_mut(), &count.waker()).is_pending());
    drop(lock);
    assert_eq!(Arc::strong_count(&count), 1, "after a cancel");

    let mut lock = locking(&mutex);
    assert!(poll(lock.as_mut(), &count.waker()).is_pending());
    drop(held);
    assert_eq!(Arc::strong_count(&count), 1, "after a wake");
    assert!(poll(lock.as_mut(), &count.waker()).is_ready());
    assert_eq!(Arc::strong_count(&count), 1, "after completion");
}

#[test]
fn r31_a_waiter_may_leave_in_any_stage() {
    for leaves in 0..3 {
        for granted in [false, true] {
            let mutex = Arc::new(Mutex::new(0));
            let mut held = Some(mutex.try_lock().unwrap());
            let wakes: Vec<_> = (0..3).map(|_| Count::new()).collect();
            let mut waiting: Vec<_> = (0..3).map(|_| Some(locking(&mutex))).collect();
            for (lock, count) in waiting.iter_mut().zip(&wakes) {
                let lock = lock.as_mut().unwrap().as_mut();
                assert!(poll(lock, &count.waker()).is_pending());
            }
            if granted {
                held = None;
            }
            waiting[leaves] = None;
            drop(held);
            for (i, lock) in waiting.iter_mut().enumerate() {
                if let Some(mut lock) = lock.take() {
                    assert_eq!(wakes[i].wakes(), 1, "{i} after {leaves} left");
                    assert!(poll_once(lock.as_mut()).is_ready());
                }
            }
            assert!(mutex.try_lock().is_ok());
        }
    }
}

#[test]
fn r31_a_never_polled_or_finished_future_leaves_nothing() {
    let mutex = Mutex::new(0);
    drop(mutex.lock());
    let mut lock = Box::pin(mutex.lock());
    let Poll::Ready(guard) = poll_once(lock.as_mut()) else {
        panic!("it is free");
    };
    drop(lock);
    assert!(
        mutex.try_lock().is_err(),
        "the guard holds it, not the future"
    );
    drop(guard);
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let mutex = Arc::new(Mutex::new(0));
        let again = mutex.clone();
        let back = move || {
            drop(again.try_lock());
            let mut other = locking(&again);
            let _ = poll_once(other.as_mut());
            drop(other);
            let _ = format!("{again:?}");
        };
        each_reentry(back, |waker, _| {
            // Queued, polled with another waker, woken, given out.
            let held = mutex.try_lock().unwrap();
            let mut lock = locking(&mutex);
            assert!(poll(lock.as_mut(), Waker::noop()).is_pending());
            assert!(poll(lock.as_mut(), waker).is_pending());
            assert!(poll(lock.as_mut(), Waker::noop()).is_pending());
            assert!(poll(lock.as_mut(), waker).is_pending());
            drop(held);
            assert!(poll(lock.as_mut(), waker).is_ready());
            // Queued, and cancelled; granted, and cancelled.
            let held = mutex.try_lock().unwrap();
            let mut first = locking(&mutex);
            let mut second = locking(&mutex);
            assert!(poll(first.as_mut(), waker).is_pending());
            assert!(poll(second.as_mut(), waker).is_pending());
            drop(held);
            drop(first);
            drop(second);
            assert!(mutex.try_lock().is_ok());
        });
    });
}

#[test]
fn r33_a_clone_that_unlocks_is_seen() {
    // The holder lets go from inside the clone that a second poll makes.
    let mutex = Arc::new(Mutex::new(0));
    let held = Arc::new(std::sync::Mutex::new(mutex.clone().try_lock_owned().ok()));
    let mut lock = locking(&mutex);
    assert!(poll_once(lock.as_mut()).is_pending());
    let slot = held.clone();
    let waker = hooked(move |asked| {
        if asked == Asked::Clone {
            drop(slot.lock().unwrap().take());
        }
    });
    assert!(poll(lock.as_mut(), &waker).is_ready());

    // And from inside the clone that the first poll makes.
    let mutex = Arc::new(Mutex::new(0));
    *held.lock().unwrap() = mutex.clone().try_lock_owned().ok();
    let mut lock = locking(&mutex);
    assert!(poll(lock.as_mut(), &waker).is_ready());
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn r14_a_panicking_waker_loses_nothing() {
    let mutex = Arc::new(Mutex::new(0));
    for bad in [Asked::Clone, Asked::Wake, Asked::Drop] {
        let held = mutex.clone().try_lock_owned().unwrap();
        let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let fuse = armed.clone();
        let waker = hooked(move |asked| {
            if asked == bad && fuse.swap(false, std::sync::atomic::Ordering::SeqCst) {
                panic!("hostile waker");
            }
        });
        let mut first = locking(&mutex);
        let mut second = locking(&mutex);
        let quiet = catch_unwind(AssertUnwindSafe(|| {
            armed.store(bad == Asked::Clone, std::sync::atomic::Ordering::SeqCst);
            let _ = poll(first.as_mut(), &waker);
        }));
        assert_eq!(quiet.is_err(), bad == Asked::Clone);
        assert!(poll(first.as_mut(), &waker).is_pending());
        let count = Count::new();
        assert!(poll(second.as_mut(), &count.waker()).is_pending());
        let _ = catch_unwind(AssertUnwindSafe(|| {
            armed.store(true, std::sync::atomic::Ordering::SeqCst);
            if bad == Asked::Drop {
                let _ = poll(first.as_mut(), Waker::noop());
            }
            drop(held);
        }));
        armed.store(false, std::sync::atomic::Ordering::SeqCst);
        drop(first);
        assert_eq!(count.wakes(), 1, "after a panic in {bad:?}");
        assert!(poll_once(second.as_mut()).is_ready());
    }
}

#[test]
fn r37_without_budget_the_place_is_kept() {
    let mutex = Arc::new(Mutex::new(0));
    let count = Count::new();
    let mut first = locking(&mutex);
    {
        let _spent = no_budget();
        assert!(poll(first.as_mut(), &count.waker()).is_pending());
        assert_eq!(count.wakes(), 1, "it is woken to come again");
    }
    let mut second = locking(&mutex);
    assert!(poll_once(second.as_mut()).is_pending(), "no overtaking");
    assert!(poll_once(first.as_mut()).is_ready());
    assert!(poll_once(second.as_mut()).is_ready());

    // Queued without budget, and granted without budget.
    let held = mutex.try_lock().unwrap();
    let (mut first, mut second) = (locking(&mutex), locking(&mutex));
    {
        let _spent = no_budget();
        assert!(poll(first.as_mut(), &count.waker()).is_pending());
    }
    assert!(poll_once(second.as_mut()).is_pending());
    drop(held);
    {
        let _spent = no_budget();
        assert!(poll(first.as_mut(), &count.waker()).is_pending());
    }
    drop(first);
    assert!(
        poll_once(second.as_mut()).is_ready(),
        "what it had is passed on"
    );
}

#[test]
fn r37_each_lock_costs_budget() {
    let mutex = Mutex::new(0);
    let _budget = crate::budget::start();
    for _ in 0..crate::budget::POLL_BUDGET {
        let mut lock = Box::pin(mutex.lock());
        assert!(poll_once(lock.as_mut()).is_ready());
    }
    assert!(!crate::budget::has_remaining());
}

#[test]
fn r40_a_forgotten_future_frees_what_it_can() {
    // It is never unlinked, and what it is handed is lost with it, but nothing dangles.
    let mutex = Arc::new(Mutex::new(0));
    mem::forget(locking(&mutex));
    assert!(mutex.try_lock().is_ok(), "not polled: no place taken");

    let mutex = Mutex::new(0);
    let held = mutex.try_lock().unwrap();
    let mut forgotten = Box::pin(mutex.lock());
    assert!(poll_once(forgotten.as_mut()).is_pending());
    mem::forget(forgotten);
    let mut other = Box::pin(mutex.lock());
    assert!(poll_once(other.as_mut()).is_pending());
    drop(other);
    drop(held);
    let moved = mutex;
    assert!(moved.try_lock().is_err());
    assert_eq!(moved.into_inner(), 0);
}

#[derive(Clone, Debug)]
enum Step {
    Poll(usize),
    Cancel(usize),
    Unlock,
    Try,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6usize).prop_map(Step::Poll),
        2 => (0..6usize).prop_map(Step::Cancel),
        3 => Just(Step::Unlock),
        1 => Just(Step::Try),
    ]
}

proptest! {
    /// Six futures are polled, cancelled and renewed in any order; beside them a queue of numbers
    /// says who must have the lock.
    #[test]
    fn r31_as_a_plain_queue(steps in prop::collection::vec(step(), 1..80)) {
        let mutex = Arc::new(Mutex::new(0));
        let mut futures: Vec<_> = (0..6).map(|_| locking(&mutex)).collect();
        let mut guard = None;
        let mut queue: VecDeque<usize> = VecDeque::new(); // the first has the lock
        const GUARD: usize = 99; // given out
        for step in steps {
            match step {
                Step::Poll(i) => {
                    let polled = poll_once(futures[i].as_mut());
                    if !queue.contains(&i) {
                        queue.push_back(i);
                    }
                    if queue[0] == i {
                        let Poll::Ready(locked) = polled else {
                            panic!("{i} is the first")
                        };
                        prop_assert!(guard.is_none());
                        guard = Some(locked);
                        queue[0] = GUARD;
                        futures[i] = locking(&mutex);
                    } else {
                        prop_assert!(polled.is_pending());
                    }
                }
                Step::Cancel(i) => {
                    futures[i] = locking(&mutex);
                    queue.retain(|&waiting| waiting != i);
                }
                Step::Unlock => {
                    if guard.take().is_some() {
                        prop_assert_eq!(queue.pop_front(), Some(GUARD));
                    }
                }
                Step::Try => prop_assert_eq!(mutex.try_lock().is_ok(), queue.is_empty()),
            }
        }
    }
}

#[test]
fn four_threads_count_and_cancel() {
    const ROUNDS: u32 = if cfg!(miri) { 30 } else { 5_000 };
    let mutex = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4u32)
        .map(|me| {
            let mutex = mutex.clone();
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    if (round + me) % 3 == 0 {
                        // Ask, and think better of it.
                        let mut lock = Box::pin(mutex.lock());
                        if let Poll::Ready(mut value) = poll_once(lock.as_mut()) {
                            *value += 1;
                            continue;
                        }
                    }
                    *mutex.blocking_lock() += 1;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(*mutex.try_lock().unwrap(), 4 * ROUNDS);
}
