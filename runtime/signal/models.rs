//! The handler against those who answer it: every signal is taken after it came, whoever takes it.
//!
//! The bell is played by a count under a lock, as the kernel has it. A lost signal shows as a
//! deadlock: the driver sleeps and nobody rings.

use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::pending::Pending;
use crate::primitives::UnsafeCell;

struct World {
    pending: Pending,
    rung: Mutex<usize>,
    condvar: Condvar,
    /// Written before the signal, read after it was told.
    letter: UnsafeCell<u32>,
    /// How far the sender has come.
    sent: AtomicUsize,
    /// Signals told by anybody.
    told: Mutex<Vec<u32>>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            pending: Pending::new(),
            rung: Mutex::new(0),
            condvar: Condvar::new(),
            letter: UnsafeCell::new(0),
            sent: AtomicUsize::new(0),
            told: Mutex::new(Vec::new()),
        })
    }

    /// What the handler does.
    fn raise(&self, number: u32) {
        self.pending.note(number, || {
            *self.rung.lock().unwrap() += 1;
            self.condvar.notify_all();
        });
    }

    /// Sleeps until there is a ring, and answers it.
    fn sleep_and_answer(&self) -> Vec<u32> {
        let mut rung = self.rung.lock().unwrap();
        while *rung == 0 {
            rung = self.condvar.wait(rung).unwrap();
        }
        drop(rung);
        self.answer()
    }

    /// What a relay does when its end is readable.
    fn answer(&self) -> Vec<u32> {
        let silence = || *self.rung.lock().unwrap() = 0;
        self.pending.answer(silence).collect()
    }
}

#[test]
fn a_signal_is_told_with_what_came_before_it() {
    loom::model(|| {
        let world = World::new();
        let theirs = world.clone();
        let sender = thread::spawn(move || {
            theirs.letter.with_mut(|_| ());
            theirs.raise(10);
        });
        while world.sleep_and_answer().is_empty() {}
        world.letter.with(|_| ());
        sender.join().unwrap();
    });
}

#[test]
fn two_signals_at_once_are_both_told() {
    loom::model(|| {
        let world = World::new();
        let senders = [1, 64].map(|number| {
            let world = world.clone();
            thread::spawn(move || world.raise(number))
        });
        let mut told = Vec::new();
        while told.len() < 2 {
            told.extend(world.sleep_and_answer());
        }
        told.sort_unstable();
        assert_eq!(told, [1, 64]);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn a_signal_is_told_after_it_came_for_the_last_time() {
    loom::model(|| {
        let world = World::new();
        let theirs = world.clone();
        let sender = thread::spawn(move || {
            for sent in 1..=2 {
                theirs.sent.store(sent, Relaxed);
                theirs.raise(2);
            }
        });
        loop {
            let told = world.sleep_and_answer();
            if !told.is_empty() && world.sent.load(Relaxed) == 2 {
                break;
            }
        }
        sender.join().unwrap();
    });
}

/// Two reactors have an edge for the same ring: one finds the word empty, and nothing is lost.
#[test]
fn two_relays_tell_each_signal() {
    loom::model(|| {
        let world = World::new();
        let other = world.clone();
        let relay = thread::spawn(move || {
            let told = other.answer();
            other.told.lock().unwrap().extend(told);
        });
        let theirs = world.clone();
        let sender = thread::spawn(move || theirs.raise(5));
        sender.join().unwrap();
        relay.join().unwrap();
        let told = world.answer();
        world.told.lock().unwrap().extend(told);
        assert_eq!(*world.told.lock().unwrap(), [5]);
    });
}
