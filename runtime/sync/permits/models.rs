//! Permits under all interleavings: never more out than there are, no wake lost, and all of them
//! back in the end.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Permits, Refused};
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::Node;
use crate::sync::waiters::modelled::{check, wait};

/// Two permits: with both, one may write.
const ALL: usize = 2;

struct Pool {
    permits: Permits,
    value: UnsafeCell<u32>,
}

impl Pool {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Permits::new(permits),
            value: UnsafeCell::new(0),
        })
    }

    fn acquire(&self, count: usize) -> Result<(), Refused> {
        wait(count, |mut node, cx| {
            let polled = self.permits.poll_acquire(node.as_mut(), count, cx);
            if polled.is_ready() {
                self.permits.cancel(node, count);
            }
            polled
        })
    }

    /// Loom fails the model if an access of another kind may be concurrent.
    fn access(&self, count: usize) {
        if count == ALL {
            self.value.with_mut(|_| ());
        } else {
            self.value.with(|_| ());
        }
    }

    fn take(&self, count: usize) {
        assert_eq!(self.acquire(count), Ok(()));
        self.access(count);
        self.permits.release(count);
    }

    fn write(&self) {
        self.take(ALL);
    }

    fn read(&self) {
        self.take(1);
    }

    /// Asks so many times without being woken, and leaves with or without the permits.
    fn ask(&self, count: usize, times: usize) {
        let mut node = pin!(Node::new(count));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            let polled = self.permits.poll_acquire(node.as_mut(), count, &mut cx);
            if polled.is_ready() {
                self.access(count);
                self.permits.release(count);
                break;
            }
        }
        self.permits.cancel(node, count);
    }

    fn ask_to_write(&self) {
        self.ask(ALL, 2);
    }

    fn leave_and_come_back(&self) {
        self.ask(ALL, 1);
        self.ask(ALL, 1);
    }

    fn try_to_write(&self) {
        if self.permits.try_acquire(ALL).is_ok() {
            self.access(ALL);
            self.permits.release(ALL);
        }
    }

    fn ask_to_read(&self) {
        self.ask(1, 2);
    }
}

fn run(preemptions: usize, each: &'static [fn(&Pool)]) {
    check(preemptions, move || {
        let pool = Pool::new(ALL);
        let (mine, others) = each.split_first().expect("a thread");
        let threads: Vec<_> = others
            .iter()
            .map(|other| {
                let pool = pool.clone();
                thread::spawn(move || other(&pool))
            })
            .collect();
        mine(&pool);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(pool.permits.available(), ALL);
    });
}

#[test]
fn two_write() {
    run(6, &[Pool::write, Pool::write]);
}

#[test]
fn one_writes_and_one_asks() {
    run(6, &[Pool::write, Pool::ask_to_write]);
}

#[test]
fn one_writes_and_one_comes_back() {
    run(6, &[Pool::write, Pool::leave_and_come_back]);
}

#[test]
fn one_reads_and_one_asks_to_write() {
    run(6, &[Pool::read, Pool::ask_to_write]);
}

#[test]
fn one_writes_and_one_tries() {
    run(6, &[Pool::write, Pool::try_to_write]);
}

#[test]
fn one_writes_and_two_read() {
    run(3, &[Pool::write, Pool::read, Pool::read]);
}

#[test]
fn one_reads_one_writes_and_one_leaves() {
    run(3, &[Pool::read, Pool::write, Pool::ask_to_read]);
}

#[test]
fn two_write_and_one_leaves() {
    run(2, &[Pool::write, Pool::write, Pool::ask_to_write]);
}

#[test]
fn one_closes() {
    check(6, || {
        let pool = Pool::new(1);
        let other = pool.clone();
        let waiter = thread::spawn(move || match other.acquire(3) {
            Ok(()) => unreachable!("there are two"),
            Err(refused) => assert_eq!(refused, Refused::Closed),
        });
        pool.permits.release(1);
        pool.permits.close();
        waiter.join().unwrap();
        assert_eq!(pool.permits.available(), 2);
        let mut node = pin!(Node::new(1));
        let mut cx = Context::from_waker(Waker::noop());
        let late = pool.permits.poll_acquire(node.as_mut(), 1, &mut cx);
        assert_eq!(late, Poll::Ready(Err(Refused::Closed)));
        pool.permits.cancel(node, 1);
    });
}
