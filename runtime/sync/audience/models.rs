//! An audience under all interleavings: whoever looks either finds it or is called.

use std::pin::pin;
use std::task::Waker;

use super::Audience;
use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::Node;
use crate::sync::waiters::modelled::{check, wait};

/// What is looked for lies beside the audience, as in `watch`.
struct Room {
    audience: Audience<()>,
    shown: AtomicUsize,
    /// Written before it is shown, read by who saw it.
    picture: UnsafeCell<u32>,
}

impl Room {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            audience: Audience::new(()),
            shown: AtomicUsize::new(0),
            picture: UnsafeCell::new(0),
        })
    }

    fn shows(&self, times: usize) -> Option<()> {
        (self.shown.load(Ordering::Acquire) >= times).then_some(())
    }

    fn show(&self) {
        self.shown.fetch_add(1, Ordering::Release);
        self.audience.call();
    }

    fn watch(&self, times: usize) {
        wait((), |node, cx| {
            self.audience
                .poll(node.as_ref(), cx.waker(), |()| self.shows(times))
        });
        self.picture.with(|_| ());
    }
}

#[test]
fn a_change_is_seen_or_announced() {
    check(6, || {
        let room = Room::new();
        let theirs = room.clone();
        let watcher = thread::spawn(move || theirs.watch(1));
        room.picture.with_mut(|_| ());
        room.show();
        watcher.join().unwrap();
    });
}

#[test]
fn two_changes_reach_two_watchers() {
    check(3, || {
        let room = Room::new();
        let watchers: Vec<_> = (0..2)
            .map(|_| {
                let room = room.clone();
                thread::spawn(move || room.watch(2))
            })
            .collect();
        room.show();
        room.picture.with_mut(|_| ());
        room.show();
        for watcher in watchers {
            watcher.join().unwrap();
        }
    });
}

#[test]
fn one_who_leaves_takes_no_call_along() {
    check(3, || {
        let room = Room::new();
        let (theirs, others) = (room.clone(), room.clone());
        let watcher = thread::spawn(move || theirs.watch(1));
        let leaver = thread::spawn(move || {
            let node = pin!(Node::new(()));
            for waker in [Waker::noop(), &Waker::noop().clone()] {
                let look = |_: &mut ()| others.shows(1);
                let _ = others.audience.poll(node.as_ref(), waker, look);
            }
            others.audience.leave(node.as_ref());
        });
        room.picture.with_mut(|_| ());
        room.show();
        leaver.join().unwrap();
        watcher.join().unwrap();
    });
}
