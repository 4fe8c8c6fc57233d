//! The raw lock under all interleavings: one holder at a time, no wake lost, and a waiter that
//! leaves takes nothing with it.

use std::pin::pin;
use std::task::{Context, Waker};

use super::word::RawLock;
use crate::leaf::Site;
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::Node;
use crate::sync::waiters::modelled::{check, wait};

struct Counter {
    lock: RawLock,
    value: UnsafeCell<u32>,
}

impl Counter {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            lock: RawLock::new(),
            value: UnsafeCell::new(0),
        })
    }

    fn lock(&self) {
        wait((), |node, cx| self.lock.poll_lock(node, cx, Site::here()));
    }

    /// Loom fails the model if another access may be concurrent.
    fn count(&self) -> u32 {
        self.value.with_mut(|value| {
            #[expect(unsafe_code, reason = "what the lock is to protect")]
            // SAFETY: we hold the lock; that is what the model checks.
            let value = unsafe { &mut *value };
            *value += 1;
            *value
        })
    }

    fn lock_and_count(&self) {
        self.lock();
        self.count();
        self.lock.unlock();
    }

    /// Asks so many times without being woken, and leaves whether it was our turn or not.
    fn ask(&self, times: usize) {
        let mut node = pin!(Node::new(()));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            if self
                .lock
                .poll_lock(node.as_mut(), &mut cx, Site::here())
                .is_ready()
            {
                self.count();
                self.lock.unlock();
                break;
            }
        }
        self.lock.cancel(node);
    }

    fn ask_and_leave(&self) {
        self.ask(1);
    }

    fn ask_twice_and_leave(&self) {
        self.ask(2);
    }

    fn leave_and_ask_anew(&self) {
        self.ask(1);
        self.ask(1);
    }

    /// Nobody is left, and the lock is free.
    fn is_over(&self, at_least: u32) {
        assert!(self.lock.try_lock());
        assert!(self.count() > at_least);
    }
}

fn run(preemptions: usize, at_least: u32, each: &'static [fn(&Counter)]) {
    check(preemptions, move || {
        let counter = Counter::new();
        let (mine, others) = each.split_first().expect("a thread");
        let threads: Vec<_> = others
            .iter()
            .map(|other| {
                let counter = counter.clone();
                thread::spawn(move || other(&counter))
            })
            .collect();
        mine(&counter);
        for thread in threads {
            thread.join().unwrap();
        }
        counter.is_over(at_least);
    });
}

#[test]
fn two_count() {
    run(9, 2, &[Counter::lock_and_count, Counter::lock_and_count]);
}

#[test]
fn three_count() {
    run(3, 3, &[Counter::lock_and_count as fn(&Counter); 3]);
}

#[test]
fn one_counts_and_one_leaves() {
    run(9, 1, &[Counter::lock_and_count, Counter::ask_and_leave]);
}

#[test]
fn one_counts_and_one_asks_again() {
    run(
        9,
        1,
        &[Counter::lock_and_count, Counter::ask_twice_and_leave],
    );
}

#[test]
fn one_counts_and_one_comes_back() {
    run(
        9,
        1,
        &[Counter::lock_and_count, Counter::leave_and_ask_anew],
    );
}

#[test]
fn two_count_and_one_leaves() {
    run(
        3,
        2,
        &[
            Counter::lock_and_count,
            Counter::lock_and_count,
            Counter::ask_and_leave,
        ],
    );
}

#[test]
fn one_counts_and_two_leave() {
    run(
        3,
        1,
        &[
            Counter::lock_and_count,
            Counter::ask_and_leave,
            Counter::ask_and_leave,
        ],
    );
}
