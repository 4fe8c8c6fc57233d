//! Waiting for a change, and leaving while waiting.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use super::*;
use crate::sync::Mutex;
use crate::sync::block::block_on;
use crate::sync::testing::*;

struct Shared {
    lock: Mutex<u32>,
    changed: Condvar,
}

impl Shared {
    fn new() -> Self {
        Self {
            lock: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    fn wait(&self) -> Pin<Box<Wait<'_, u32>>> {
        Box::pin(self.changed.wait(self.lock.try_lock().unwrap()))
    }

    /// So many that wait, in their order.
    fn waiting<const N: usize>(&self) -> [Pin<Box<Wait<'_, u32>>>; N] {
        std::array::from_fn(|_| {
            let mut wait = self.wait();
            assert!(poll_once(wait.as_mut()).is_pending());
            wait
        })
    }
}

#[test]
fn auto_traits() {
    fn both<T: Send + Sync>() {}
    both::<Condvar>();
    both::<Wait<'_, u8>>();
    both::<WaitWhile<'_, u8, fn(&mut u8) -> bool>>();
}

#[test]
fn r41_it_unlocks_when_polled_and_not_before() {
    let shared = Shared::new();
    let mut wait = shared.wait();
    assert!(shared.lock.try_lock().is_err());
    assert!(poll_once(wait.as_mut()).is_pending());
    assert!(shared.lock.try_lock().is_ok());
    let unpolled = shared.wait();
    drop(unpolled);
    assert!(shared.lock.try_lock().is_ok());
}

#[test]
fn first_come_first_told() {
    let shared = Shared::new();
    let [mut first, mut second, mut third] = shared.waiting();
    shared.changed.notify_one();
    assert!(poll_once(second.as_mut()).is_pending());
    assert!(poll_once(first.as_mut()).is_ready());
    shared.changed.notify_all();
    let Poll::Ready(guard) = poll_once(third.as_mut()) else {
        panic!("told")
    };
    assert!(
        poll_once(second.as_mut()).is_pending(),
        "the third has the lock"
    );
    drop(guard);
    assert!(poll_once(second.as_mut()).is_ready());
    shared.changed.notify_one();
    assert!(
        poll_once(shared.wait().as_mut()).is_pending(),
        "nothing is stored"
    );
}

#[test]
fn r31_a_notice_is_passed_on() {
    let shared = Shared::new();
    // Told, not polled since.
    let [first, mut second, mut third] = shared.waiting();
    shared.changed.notify_one();
    drop(first);
    assert!(poll_once(third.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_ready());

    // Told, and waiting for the lock.
    let mut fourth = shared.wait();
    assert!(poll_once(fourth.as_mut()).is_pending());
    let held = shared.lock.try_lock().unwrap();
    shared.changed.notify_one();
    assert!(poll_once(third.as_mut()).is_pending());
    drop(third);
    drop(held);
    assert!(poll_once(fourth.as_mut()).is_ready());

    // Waiting: nothing to pass on. Told with all others: nothing, too.
    let [first, second, mut third] = shared.waiting();
    drop(first);
    shared.changed.notify_all();
    let [mut later] = shared.waiting();
    drop(second);
    assert!(poll_once(later.as_mut()).is_pending());
    assert!(poll_once(third.as_mut()).is_ready());
    assert!(shared.lock.try_lock().is_ok());
}

#[test]
fn r29_r30_wakers() {
    let shared = Shared::new();
    let (first, last) = (Count::new(), Count::new());
    let mut wait = shared.wait();
    assert!(poll(wait.as_mut(), &first.waker()).is_pending());
    assert!(poll(wait.as_mut(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    shared.changed.notify_one();
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(Arc::strong_count(&last), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let shared = Arc::new(Shared::new());
        let again = shared.clone();
        let back = move || {
            again.changed.notify_all();
            if let Ok(guard) = again.lock.try_lock() {
                let mut other = Box::pin(again.changed.wait(guard));
                let _ = poll_once(other.as_mut());
                drop(other);
            }
        };
        each_reentry(back, |waker, _| {
            let mut wait = shared.wait();
            let _ = poll(wait.as_mut(), waker);
            let _ = poll(wait.as_mut(), Waker::noop());
            drop(wait);
            let mut wait = shared.wait();
            let _ = poll(wait.as_mut(), waker);
            shared.changed.notify_one();
            drop(wait);
            let mut wait = shared.wait();
            let _ = poll(wait.as_mut(), waker);
            shared.changed.notify_all();
        });
    });
}

#[test]
fn wait_while_checks_first_and_after_each_notice() {
    let shared = Shared::new();
    let mut checks = 0;
    let guard = shared.lock.try_lock().unwrap();
    let mut wait = Box::pin(shared.changed.wait_while(guard, |value| {
        checks += 1;
        *value < 2
    }));
    for value in 0..2 {
        assert!(poll_once(wait.as_mut()).is_pending());
        assert!(poll_once(wait.as_mut()).is_pending(), "no notice, no check");
        *shared.lock.try_lock().unwrap() = value + 1;
        shared.changed.notify_one();
    }
    let Poll::Ready(guard) = poll_once(wait.as_mut()) else {
        panic!("it is 2")
    };
    assert_eq!(*guard, 2);
    drop((guard, wait));
    assert_eq!(checks, 3);

    let guard = shared.lock.try_lock().unwrap();
    assert_eq!(
        *block_on("test", shared.changed.wait_while(guard, |_| false)),
        2
    );

    let guard = shared.lock.try_lock().unwrap();
    let mut wait = Box::pin(shared.changed.wait_while(guard, |_| panic!("hostile")));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(wait.as_mut()).is_ready())).is_err());
    assert!(shared.lock.try_lock().is_ok());
}

#[test]
fn r40_forgotten_futures() {
    let shared = Shared::new();
    let [forgotten, mut other] = shared.waiting();
    mem::forget(forgotten);
    shared.changed.notify_all();
    assert!(poll_once(other.as_mut()).is_ready());
}

#[test]
fn a_queue_between_threads() {
    const ITEMS: u32 = if cfg!(miri) { 30 } else { 3_000 };
    let shared = Arc::new(Shared::new());
    let takers: Vec<_> = (0..3)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..ITEMS {
                    let guard = shared.lock.blocking_lock();
                    let wait = shared.changed.wait_while(guard, |items| *items == 0);
                    *block_on("test", wait) -= 1;
                }
            })
        })
        .collect();
    for _ in 0..3 * ITEMS {
        *shared.lock.blocking_lock() += 1;
        shared.changed.notify_one();
        if let Ok(guard) = shared.lock.try_lock() {
            let mut given_up = Box::pin(shared.changed.wait(guard));
            let _ = poll_once(given_up.as_mut());
        }
    }
    for taker in takers {
        taker.join().unwrap();
    }
    assert_eq!(*shared.lock.try_lock().unwrap(), 0);
}
