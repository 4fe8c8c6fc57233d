//! Models: a timer fires, is cancelled, polled and reset at the same time. Its waker is woken at
//! most once and dropped exactly once.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::thread;

use super::clock::Clock;
use super::{Handle, Status};
use crate::engine::sleeper::{How, Sleeper};

use crate::primitives::atomic::{AtomicUsize, Ordering::Relaxed};

/// What became of a waker. loom's atomics, so that its accesses are interleaved too.
struct Fate {
    woken: AtomicUsize,
    dropped: AtomicUsize,
}

struct Note(Arc<Fate>);

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.0.woken.fetch_add(1, Relaxed);
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Relaxed);
    }
}

fn waker() -> (Waker, Arc<Fate>) {
    let fate = Arc::new(Fate {
        woken: AtomicUsize::new(0),
        dropped: AtomicUsize::new(0),
    });
    (Waker::from(Arc::new(Note(Arc::clone(&fate)))), fate)
}

impl Fate {
    fn woken(&self) -> usize {
        self.woken.load(Relaxed)
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Relaxed)
    }
}

fn handle() -> Arc<Handle> {
    let sleeper = Arc::new(Sleeper::new());
    Arc::new(Handle::new(Clock::new(true), sleeper, true))
}

/// V1 with two timers: one is cancelled while both fire.
#[test]
fn r44_fire_against_drop() {
    loom::model(|| {
        let time = handle();
        let (first, first_fate) = waker();
        let (second, second_fate) = waker();
        let first = time.register(1, first).unwrap();
        time.register(2, second).unwrap();
        let driver = {
            let time = Arc::clone(&time);
            thread::spawn(move || time.fire_until(2))
        };
        time.cancel(first);
        driver.join().unwrap();
        assert!(first_fate.woken() <= 1);
        assert_eq!(first_fate.dropped(), 1);
        assert_eq!((second_fate.woken(), second_fate.dropped()), (1, 1));
    });
}

/// V1: of a waker and its replacement, the one that was in the wheel is woken.
#[test]
fn fire_against_poll() {
    loom::model(|| {
        let time = handle();
        let (old, old_fate) = waker();
        let (new, new_fate) = waker();
        let key = time.register(1, old).unwrap();
        let driver = {
            let time = Arc::clone(&time);
            thread::spawn(move || time.fire_until(1))
        };
        let status = time.poll(&key, &new);
        drop(new);
        driver.join().unwrap();
        match status {
            Status::Armed => assert_eq!((old_fate.woken(), new_fate.woken()), (0, 1)),
            _ => assert_eq!((old_fate.woken(), new_fate.woken()), (1, 0)),
        }
        assert_eq!((old_fate.dropped(), new_fate.dropped()), (1, 1));
        assert_eq!(time.status(&key), Status::Fired);
    });
}

/// A reset either comes in time, and the old deadline wakes nobody, or says that it did not.
#[test]
fn r44_fire_against_reset() {
    loom::model(|| {
        let time = handle();
        let (waker, fate) = waker();
        let key = time.register(1, waker).unwrap();
        let driver = {
            let time = Arc::clone(&time);
            thread::spawn(move || time.fire_until(1))
        };
        let status = time.reset(&key, 5);
        driver.join().unwrap();
        match status {
            Status::Armed => {
                assert_eq!(fate.woken(), 0);
                time.fire_until(5);
            }
            status => assert_eq!(status, Status::Fired),
        }
        assert_eq!((fate.woken(), fate.dropped()), (1, 1));
    });
}

/// V9: a timer is moved later, then earlier again, beside the driver, which files it in between:
/// it fires when it is due by the last word, not before and not after.
#[test]
fn fire_against_resets_both_ways() {
    loom::model(|| {
        let time = handle();
        let (waker, fate) = waker();
        let timer = time.register(1, waker).unwrap();
        let driver = {
            let time = Arc::clone(&time);
            thread::spawn(move || time.fire_until(2))
        };
        let later = time.reset(&timer, 9);
        let earlier = time.reset(&timer, 5);
        driver.join().unwrap();
        assert_eq!(later, earlier, "nothing is due between the two");
        if later == Status::Armed {
            time.fire_until(4);
            assert_eq!(fate.woken(), 0);
            time.fire_until(5);
        }
        assert_eq!((fate.woken(), fate.dropped()), (1, 1));
        assert_eq!(time.status(&timer), Status::Fired);
    });
}

/// V10: the places of two timers that have fired come back without the lock, while others are
/// registered. No two timers have the same.
#[test]
fn give_back_against_register() {
    loom::model(|| {
        let time = handle();
        let noop = || Waker::noop().clone();
        let first = time.register(1, noop()).unwrap();
        let second = time.register(1, noop()).unwrap();
        time.fire_until(1);
        let other = {
            let time = Arc::clone(&time);
            thread::spawn(move || {
                time.cancel(first);
                time.register(3, noop()).unwrap()
            })
        };
        time.cancel(second);
        let timers = [
            time.register(4, noop()).unwrap(),
            time.register(5, noop()).unwrap(),
            other.join().unwrap(),
        ];
        let [a, b, c] = timers.each_ref().map(|timer| timer.index());
        assert!(a != b && b != c && c != a);
        let filed = timers.each_ref().map(|timer| time.reset(timer, 6));
        assert_eq!(filed, [Status::Armed; 3]);
    });
}

/// Whoever registers beside a shutdown is refused or woken.
#[test]
fn r44_shutdown_against_register() {
    loom::model(|| {
        let time = handle();
        let (waker, fate) = waker();
        let driver = {
            let time = Arc::clone(&time);
            thread::spawn(move || time.shutdown())
        };
        let registered = time.register(1, waker);
        driver.join().unwrap();
        assert_eq!(fate.woken(), usize::from(registered.is_ok()));
        assert_eq!(fate.dropped(), 1);
    });
}

/// V3, V4: the driver sees the new deadline before it sleeps, or is woken.
#[test]
fn r06_earlier_timer_against_going_to_sleep() {
    loom::model(|| {
        let sleeper = Arc::new(Sleeper::new());
        let time = Handle::new(Clock::new(true), Arc::clone(&sleeper), true);
        let time = Arc::new(time);
        let other = {
            let time = Arc::clone(&time);
            thread::spawn(move || {
                time.register(1, Waker::noop().clone()).unwrap();
            })
        };
        time.refresh();
        if sleeper.begin(How::Parked) {
            if time.until_next().is_none() {
                sleeper.wait(None);
            }
            sleeper.end();
        }
        other.join().unwrap();
        assert!(time.until_next().is_some());
    });
}
