//! Watching under all interleavings: the last value is always seen, and the end comes after it.

use std::future::Future;

use super::channel;
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::modelled::{check, wait};

#[test]
fn the_last_value_is_seen_before_the_end() {
    check(3, || {
        let (sender, mut receiver) = channel(0);
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let mut seen = 0;
        loop {
            let mut changed = Box::pin(receiver.changed());
            let news = wait((), |_, cx| changed.as_mut().poll(cx));
            drop(changed);
            if news.is_err() {
                break;
            }
            let value = *receiver.borrow_and_update();
            assert!(value >= seen, "values do not go back");
            seen = value;
        }
        assert_eq!(seen, 2);
        sending.join().unwrap();
    });
}

#[test]
fn two_receivers_wait_for_a_value() {
    check(2, || {
        let (sender, mut one) = channel(0);
        let mut other = one.clone();
        let theirs = thread::spawn(move || {
            let mut waiting = Box::pin(other.wait_for(|value| *value == 2));
            wait((), |_, cx| {
                waiting.as_mut().poll(cx).map(|found| found.is_ok())
            })
        });
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        let mut waiting = Box::pin(one.wait_for(|value| *value == 2));
        assert!(wait((), |_, cx| {
            waiting.as_mut().poll(cx).map(|found| found.is_ok())
        }));
        assert!(theirs.join().unwrap());
    });
}

#[test]
fn the_last_receiver_to_go_ends_closed() {
    check(3, || {
        let (sender, one) = channel(0);
        let other = one.clone();
        let first = thread::spawn(move || drop(one));
        let second = thread::spawn(move || drop(other));
        let mut closed = Box::pin(sender.closed());
        wait((), |_, cx| closed.as_mut().poll(cx));
        assert!(sender.is_closed());
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn who_sees_a_change_sees_what_came_before_it() {
    for sends in [true, false] {
        check(6, move || {
            let (sender, receiver) = channel(0);
            let letter = Arc::new(UnsafeCell::new(0));
            let theirs = letter.clone();
            let writing = thread::spawn(move || {
                theirs.with_mut(|_| ());
                if sends {
                    sender.send_replace(1);
                }
                drop(sender);
            });
            // Without the lock of the value, which would order them, too.
            if !matches!(receiver.has_changed(), Ok(false)) {
                letter.with(|_| ());
            }
            writing.join().unwrap();
        });
    }
}
