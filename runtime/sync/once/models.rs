//! Setting once under all interleavings: one value gets in, and is read only when it is there.

use std::future::Future;

use super::SetOnce;
use super::slot::Slot;
use crate::primitives::{Arc, thread};
use crate::sync::waiters::modelled::{check, wait};

#[test]
fn one_of_two_values_is_put_in() {
    check(6, || {
        let slot = Arc::new(Slot::new());
        let theirs = slot.clone();
        let other = thread::spawn(move || theirs.put(1_usize).is_ok());
        let ours = slot.put(2).is_ok();
        let seen = slot.get().copied();
        let other = other.join().unwrap();
        assert!(ours != other);
        let value = if ours { 2 } else { 1 };
        assert!(seen.is_none_or(|seen| seen == value));
        assert_eq!(slot.get(), Some(&value));
    });
}

#[test]
fn whoever_is_refused_finds_the_value() {
    check(4, || {
        let cell = Arc::new(SetOnce::new());
        let theirs = cell.clone();
        let other = thread::spawn(move || {
            if theirs.set(1_usize).is_err() {
                assert_eq!(theirs.get(), Some(&2));
            }
        });
        if cell.set(2).is_err() {
            assert_eq!(cell.get(), Some(&1));
        }
        other.join().unwrap();
    });
}

#[test]
fn a_value_reaches_two_who_wait() {
    check(3, || {
        let cell = Arc::new(SetOnce::new());
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let cell = cell.clone();
                thread::spawn(move || {
                    let mut waiting = Box::pin(cell.wait());
                    let value = wait((), |_, cx| waiting.as_mut().poll(cx));
                    assert_eq!(*value, 5);
                })
            })
            .collect();
        cell.set(5_usize).unwrap();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}
