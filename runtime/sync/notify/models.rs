//! Notices under all interleavings: each reaches somebody who waits or stays as the permit, and a
//! broadcast misses nobody who came before it.

use std::pin::pin;
use std::task::{Context, Waker};

use super::Notify;
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::Stage;
use crate::sync::waiters::modelled::{check, wait};

struct Post {
    notify: Notify,
    /// Written before the notice, read after it.
    letter: UnsafeCell<u32>,
}

impl Post {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            notify: Notify::new(),
            letter: UnsafeCell::new(0),
        })
    }

    /// Waits for a notice, or a broadcast after the first `seen`.
    fn told(&self, seen: usize) {
        wait((), |mut node, cx| {
            let stage = self.notify.advance(node.as_mut(), seen, Some(cx.waker()));
            if stage == Stage::Queued {
                return std::task::Poll::Pending;
            }
            node.settle(Stage::Done);
            std::task::Poll::Ready(())
        });
    }

    fn read(&self) {
        self.letter.with(|_| ());
    }

    fn write(&self) {
        self.letter.with_mut(|_| ());
    }

    /// Polls so many times without being woken, and leaves.
    fn peek(&self, times: usize) {
        let notified = self.notify.notified();
        let mut notified = pin!(notified);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            if std::future::Future::poll(notified.as_mut(), &mut cx).is_ready() {
                self.read();
                self.notify.notify_one();
                return;
            }
        }
    }
}

#[test]
fn a_notice_comes_through() {
    check(6, || {
        let post = Post::new();
        let theirs = post.clone();
        let reader = thread::spawn(move || {
            theirs.told(theirs.notify.broadcasts());
            theirs.read();
        });
        post.write();
        post.notify.notify_one();
        reader.join().unwrap();
    });
}

#[test]
fn r34_a_notice_survives_one_who_leaves() {
    for times in [1, 2] {
        check(3, move || {
            let post = Post::new();
            let (theirs, others) = (post.clone(), post.clone());
            let peeks = thread::spawn(move || others.peek(times));
            let reader = thread::spawn(move || {
                theirs.told(theirs.notify.broadcasts());
                theirs.read();
            });
            post.write();
            post.notify.notify_one();
            peeks.join().unwrap();
            reader.join().unwrap();
        });
    }
}

#[test]
fn two_notices_reach_two_who_wait() {
    check(6, || {
        let post = Post::new();
        let (one, other) = (post.notify.notified(), post.notify.notified());
        let (mut one, mut other) = (pin!(one), pin!(other));
        assert!(!one.as_mut().enable());
        assert!(!other.as_mut().enable());
        let theirs = post.clone();
        let thread = thread::spawn(move || theirs.notify.notify_last());
        post.notify.notify_one();
        thread.join().unwrap();
        assert!(one.enable());
        assert!(other.enable());
    });
}

#[test]
fn r34_a_notice_to_one_who_leaves_reaches_the_next() {
    check(6, || {
        let post = Post::new();
        let (mut leaves, next) = (Box::pin(post.notify.notified()), post.notify.notified());
        let mut next = pin!(next);
        assert!(!leaves.as_mut().enable());
        assert!(!next.as_mut().enable());
        let theirs = post.clone();
        let thread = thread::spawn(move || theirs.notify.notify_one());
        drop(leaves);
        thread.join().unwrap();
        assert!(next.enable());
    });
}

#[test]
fn r34_a_broadcast_reaches_all_made_before() {
    check(3, || {
        let post = Post::new();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let post = post.clone();
                let seen = post.notify.broadcasts();
                thread::spawn(move || {
                    post.told(seen);
                    post.read();
                })
            })
            .collect();
        post.write();
        post.notify.notify_waiters();
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_notice_beside_a_broadcast_is_kept() {
    check(3, || {
        let post = Post::new();
        let (theirs, others) = (post.clone(), post.clone());
        let seen = post.notify.broadcasts();
        let reader = thread::spawn(move || theirs.told(seen));
        let one = thread::spawn(move || others.notify.notify_one());
        post.notify.notify_waiters();
        reader.join().unwrap();
        one.join().unwrap();
        // The reader had the broadcast or the notice. In the second case it is used up.
        post.notify.notify_one();
        post.told(post.notify.broadcasts());
    });
}

/// Who is made late enough not to be told finds what had been done by then.
#[test]
fn who_comes_after_a_broadcast_sees_what_came_before_it() {
    check(6, || {
        let post = Post::new();
        let waits = post.notify.notified();
        let mut waits = pin!(waits);
        assert!(!waits.as_mut().enable());
        let before = post.notify.broadcasts();
        let theirs = post.clone();
        let thread = thread::spawn(move || {
            theirs.write();
            theirs.notify.notify_waiters();
        });
        if post.notify.broadcasts() != before {
            post.read();
        }
        thread.join().unwrap();
        assert!(waits.enable());
    });
}
