//! A cancellation under all interleavings with a wait, a second canceler, a new child, a token
//! that goes.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::CancellationToken;
use super::wait::is_queued;
use crate::primitives::{Arc, UnsafeCell, thread};
use crate::sync::waiters::Stage;
use crate::sync::waiters::modelled::{check, wait};

/// Waits until the token is canceled; a lost wake is a deadlock.
fn wait_for(token: &CancellationToken) {
    wait((), |node, cx| {
        let shared = &*token.shared;
        if !shared.is_cancelled() && is_queued(shared, node.as_ref(), cx.waker()) {
            return Poll::Pending;
        }
        let left = match node.stage() {
            Stage::Queued => shared.waiters.lock().remove(node.as_ref()),
            _ => None,
        };
        drop(left);
        Poll::Ready(())
    });
}

#[test]
fn a_cancellation_wakes_who_waits() {
    check(4, || {
        let token = CancellationToken::new();
        let child = token.child_token();
        let waiter = thread::spawn(move || wait_for(&child));
        token.cancel();
        waiter.join().unwrap();
    });
}

#[test]
fn what_came_before_is_seen_and_children_come_first() {
    check(4, || {
        let letter = Arc::new(UnsafeCell::new(0));
        let token = CancellationToken::new();
        let child = token.child_token();
        let (theirs, read) = (token.clone(), letter.clone());
        let reader = thread::spawn(move || {
            if theirs.is_cancelled() {
                assert!(child.is_cancelled());
                read.with(|_| ());
            }
        });
        letter.with_mut(|_| ());
        token.cancel();
        reader.join().unwrap();
    });
}

#[test]
fn two_cancel_at_once() {
    check(3, || {
        let token = CancellationToken::new();
        let child = token.child_token();
        let theirs = child.clone();
        let canceler = thread::spawn(move || theirs.cancel());
        token.cancel();
        assert!(child.is_cancelled());
        canceler.join().unwrap();
    });
}

#[test]
fn who_leaves_is_not_called() {
    check(3, || {
        let token = CancellationToken::new();
        let theirs = token.clone();
        let waiter = thread::spawn(move || {
            let mut future = pin!(theirs.cancelled());
            let mut cx = Context::from_waker(Waker::noop());
            let _ = std::future::Future::poll(future.as_mut(), &mut cx);
        });
        token.cancel();
        waiter.join().unwrap();
    });
}

#[test]
fn a_child_is_born_or_goes_meanwhile() {
    check(3, || {
        let token = CancellationToken::new();
        let parent = token.child_token();
        let family = thread::spawn(move || {
            let child = parent.child_token();
            let other = parent.child_token();
            drop(parent);
            drop(other);
            child
        });
        token.cancel();
        assert!(family.join().unwrap().is_cancelled());
    });
}
