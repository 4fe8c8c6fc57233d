//! A tally under all interleavings: who leaves, who closes, who waits, and who gives up waiting.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use super::Tally;
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::modelled::{block_on, check};

/// A tally, and the work of two who enter it.
struct Site {
    tally: Tally,
    work: [UnsafeCell<u32>; 2],
}

impl Site {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            tally: Tally::new(),
            work: [UnsafeCell::new(0), UnsafeCell::new(0)],
        })
    }

    fn work_and_leave(&self, which: usize) {
        self.work[which].with_mut(|_| ());
        self.tally.leave();
    }

    /// Waits for the end, and looks at the work of the first so many (TY3).
    fn inspect(&self, works: usize) {
        block_on(self.tally.wait());
        for work in &self.work[..works] {
            work.with(|_| ());
        }
    }
}

#[test]
fn the_last_leaves_against_close_against_wait() {
    check(3, || {
        let site = Site::new();
        site.tally.enter();
        let (theirs, others) = (site.clone(), site.clone());
        let worker = thread::spawn(move || theirs.work_and_leave(0));
        let closer = thread::spawn(move || assert!(others.tally.close()));
        site.inspect(1);
        worker.join().unwrap();
        closer.join().unwrap();
    });
}

#[test]
fn two_leave_a_closed_one() {
    check(3, || {
        let site = Site::new();
        site.tally.enter();
        site.tally.enter();
        site.tally.close();
        let workers: Vec<_> = (0..2)
            .map(|which| {
                let site = site.clone();
                thread::spawn(move || site.work_and_leave(which))
            })
            .collect();
        site.inspect(2);
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// One enters while another is still there: the wait lasts until both have left.
#[test]
fn one_who_enters_in_time_is_waited_for() {
    check(4, || {
        let site = Site::new();
        site.tally.enter();
        site.tally.close();
        let theirs = site.clone();
        let worker = thread::spawn(move || {
            theirs.tally.enter();
            theirs.work_and_leave(0);
            theirs.work_and_leave(1);
        });
        site.inspect(2);
        worker.join().unwrap();
    });
}

/// The end was there for a moment: who had asked before is told of it.
#[test]
fn a_moment_is_enough() {
    check(4, || {
        let site = Site::new();
        let wait = site.tally.wait();
        let theirs = site.clone();
        let closer = thread::spawn(move || {
            theirs.tally.close();
            theirs.tally.reopen();
        });
        block_on(wait);
        closer.join().unwrap();
    });
}

#[test]
fn one_who_gives_up_waiting_takes_no_call_along() {
    check(3, || {
        let site = Site::new();
        site.tally.enter();
        site.tally.close();
        let (theirs, others) = (site.clone(), site.clone());
        let worker = thread::spawn(move || theirs.work_and_leave(0));
        let leaver = thread::spawn(move || {
            let mut wait = pin!(others.tally.wait());
            let mut cx = Context::from_waker(Waker::noop());
            let _ = wait.as_mut().poll(&mut cx);
        });
        site.inspect(1);
        worker.join().unwrap();
        leaver.join().unwrap();
    });
}
