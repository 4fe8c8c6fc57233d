//! Models: no wake is lost between a sleeper and those who wake it.

use loom::thread;

use super::{How, Listening, Sleeper};
use crate::primitives::Arc;
use crate::primitives::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Sleeps once, as the driver does without sources.
fn park(sleeper: &Sleeper) {
    if sleeper.begin(How::Parked) {
        sleeper.wait(None);
        sleeper.end();
    }
}

/// Z1, Z2: a park that misses its unpark never returns, which loom reports as a deadlock.
#[test]
fn park_against_unpark() {
    let mut model = loom::model::Builder::new();
    // Without a bound the loop makes this one run for many minutes.
    model.preemption_bound = Some(3);
    model.check(|| {
        let sleeper = Arc::new(Sleeper::new());
        let work = Arc::new(AtomicUsize::new(0));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (sleeper, work) = (Arc::clone(&sleeper), Arc::clone(&work));
                thread::spawn(move || {
                    work.fetch_add(1, Relaxed);
                    sleeper.unpark();
                })
            })
            .collect();
        while work.load(Relaxed) < 2 {
            park(&sleeper);
        }
        for other in others {
            other.join().unwrap();
        }
    });
}

/// Z2: what was written before an unpark is seen after the park that took its permit.
#[test]
fn permit_carries_what_came_before() {
    loom::model(|| {
        let sleeper = Arc::new(Sleeper::new());
        let news = Arc::new(AtomicBool::new(false));
        let other = {
            let (sleeper, news) = (Arc::clone(&sleeper), Arc::clone(&news));
            thread::spawn(move || {
                news.store(true, Relaxed);
                sleeper.unpark();
            })
        };
        park(&sleeper);
        assert!(news.load(Relaxed));
        other.join().unwrap();
    });
}

/// Z3: a deadline published beside the sleeper's look at it is either seen or wakes it.
#[test]
fn deadline_against_going_to_sleep() {
    loom::model(|| {
        let sleeper = Arc::new(Sleeper::new());
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let other = {
            let (sleeper, deadline) = (Arc::clone(&sleeper), Arc::clone(&deadline));
            thread::spawn(move || {
                deadline.store(1, Relaxed);
                sleeper.unpark_if_asleep();
            })
        };
        if sleeper.begin(How::Parked) {
            // With no deadline it sleeps for ever: deadlock, if the unpark does not come.
            if deadline.load(Relaxed) == u64::MAX {
                sleeper.wait(None);
            }
            sleeper.end();
        }
        other.join().unwrap();
        assert_eq!(deadline.load(Relaxed), 1);
    });
}

/// Z1 for a sleep in the poller: the interrupt comes, or `begin` says not to sleep.
#[test]
fn polling_is_interrupted() {
    loom::model(|| {
        let sleeper = Arc::new(Sleeper::new());
        // Stands for the eventfd, which stays readable until it is read.
        let eventfd = Arc::new(Sleeper::new());
        let written = Arc::clone(&eventfd);
        sleeper.interrupt_with(Box::new(move || {
            written.unpark();
        }));
        let other = {
            let sleeper = Arc::clone(&sleeper);
            thread::spawn(move || sleeper.unpark())
        };
        if sleeper.begin(How::Polling) {
            park(&eventfd);
            sleeper.end();
        }
        other.join().unwrap();
    });
}

/// Z4: as the single-threaded scheduler sleeps, and is woken by a push from another thread.
#[test]
fn a_push_against_an_owner_that_lies_down() {
    loom::model(|| {
        let sleeper = Arc::new(Sleeper::new());
        let asleep = Arc::new(Listening::new(false));
        let queued = Arc::new(AtomicUsize::new(0));
        let other = {
            let sleeper = Arc::clone(&sleeper);
            let (asleep, queued) = (Arc::clone(&asleep), Arc::clone(&queued));
            thread::spawn(move || {
                queued.store(1, Relaxed);
                if asleep.is_listening() {
                    sleeper.unpark();
                }
            })
        };
        while queued.load(Relaxed) == 0 {
            asleep.listen();
            if queued.load(Relaxed) == 0 {
                park(&sleeper);
            }
            asleep.stop();
        }
        other.join().unwrap();
    });
}

/// Z4: as a set of local tasks is polled, and woken by pushes from other threads: at least once
/// before it can miss one, and not for each.
#[test]
fn two_pushes_against_an_owner_that_is_polled() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let poller = Arc::new(Sleeper::new());
        let waiting = Arc::new(Listening::new(true));
        let queued = Arc::new(AtomicUsize::new(0));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let poller = Arc::clone(&poller);
                let (waiting, queued) = (Arc::clone(&waiting), Arc::clone(&queued));
                thread::spawn(move || {
                    queued.fetch_add(1, Relaxed);
                    if waiting.call() {
                        poller.unpark();
                    }
                })
            })
            .collect();
        let mut taken = 0;
        while taken < 2 {
            waiting.stop();
            taken += queued.swap(0, Relaxed);
            waiting.listen();
            if taken < 2 && queued.load(Relaxed) == 0 {
                park(&poller);
            }
        }
        for other in others {
            other.join().unwrap();
        }
    });
}
