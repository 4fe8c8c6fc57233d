//! Loom models of an entry: what is read is one thing that was written, whole.

use std::ptr;

use super::Entry;
use crate::primitives::{Arc, thread};
use crate::sync::waiters::modelled::check;

/// Two words that are written as a pair, and never read as parts of two.
#[test]
fn an_entry_is_read_whole() {
    check(2, || {
        let entry = Arc::new(Entry::new());
        let theirs = entry.clone();
        let writer = thread::spawn(move || {
            for word in 1..=2 {
                theirs.write([word; 2], ptr::null_mut());
            }
        });
        if let Some((version, words, _)) = entry.read() {
            assert_eq!(words, [version / 2; 2]);
        }
        writer.join().unwrap();
    });
}

/// LK2: a version that is read twice has not changed in between.
#[test]
fn a_version_is_never_read_twice_for_different_words() {
    check(2, || {
        let entry = Arc::new(Entry::new());
        let theirs = entry.clone();
        let writer = thread::spawn(move || {
            for word in 1..=2 {
                theirs.write([word; 2], ptr::null_mut());
            }
        });
        let (first, second) = (entry.read(), entry.read());
        if let (Some(first), Some(second)) = (first, second) {
            assert!(first.0 <= second.0);
            assert_eq!(first.0 == second.0, first.1 == second.1);
        }
        writer.join().unwrap();
    });
}
