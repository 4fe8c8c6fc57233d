//! Trees of tokens by hand, waiters in each of their states, and wakers that call back.

use std::mem;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;

use super::*;
use crate::sync::testing::*;

fn waiting(token: &CancellationToken) -> Pin<Box<WaitForCancellationFutureOwned>> {
    Box::pin(token.clone().cancelled_owned())
}

fn nodes(token: &CancellationToken) -> usize {
    token.shared.tree.len()
}

#[test]
fn auto_traits_are_those_of_tokio_util() {
    fn all<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
    fn both<T: Send + Sync>() {}
    all::<CancellationToken>();
    all::<DropGuard>();
    all::<DropGuardRef<'_>>();
    both::<WaitForCancellationFuture<'_>>();
    both::<WaitForCancellationFutureOwned>();
}

#[test]
fn debug_output() {
    let token = CancellationToken::new();
    assert_eq!(
        format!("{token:?}"),
        "CancellationToken { is_cancelled: false }"
    );
    assert_eq!(
        format!("{:?}", token.drop_guard_ref()),
        "DropGuardRef { inner: Some(CancellationToken { is_cancelled: false }) }"
    );
    assert_eq!(
        format!("{:?}", token.cancelled()),
        "WaitForCancellationFuture"
    );
}

#[test]
fn a_cancellation_reaches_all_below_and_nobody_above() {
    let root = CancellationToken::new();
    let (left, right) = (root.child_token(), root.child_token());
    let below = left.child_token();
    let count = Count::new();
    let mut futures = [&root, &left, &right, &below].map(waiting);
    for future in &mut futures {
        assert!(poll(future.as_mut(), &count.waker()).is_pending());
    }
    left.cancel();
    assert_eq!(count.wakes(), 2);
    let ready = futures
        .each_mut()
        .map(|f| poll(f.as_mut(), &count.waker()).is_ready());
    assert_eq!(ready, [false, true, false, true]);
    left.cancel();
    root.cancel();
    assert_eq!(count.wakes(), 4);
    assert!(root.child_token().is_cancelled());
    assert!(left.child_token().child_token().is_cancelled());
}

#[test]
#[expect(
    clippy::mutable_key_type,
    reason = "equality and hash look at the address only"
)]
fn equal_are_clones() {
    let token = CancellationToken::default();
    assert_eq!(token, token.clone());
    assert_ne!(token, token.child_token());
    let set = std::collections::HashSet::from([token.clone()]);
    assert!(set.contains(&token) && !set.contains(&CancellationToken::new()));
}

#[test]
fn tokens_that_are_gone_leave_no_nodes() {
    let root = CancellationToken::new();
    let mut last = root.child_token();
    for _ in 0..1000 {
        last = last.child_token();
        assert_eq!(nodes(&root), 2, "who has one child gives it its place");
    }
    let fan: Vec<_> = (0..10).map(|_| last.child_token()).collect();
    drop(last);
    assert_eq!(nodes(&root), 12, "it joins ten");
    let copy = fan[3].clone();
    drop(fan);
    assert_eq!(nodes(&root), 2);
    root.cancel();
    assert!(copy.is_cancelled());
    assert_eq!(nodes(&root), 0);
}

#[test]
fn a_joint_between_joints_is_pruned_from_below() {
    let root = CancellationToken::new();
    let middle = root.child_token();
    let (one, joint) = (middle.child_token(), middle.child_token());
    let (two, three) = (joint.child_token(), joint.child_token());
    drop((middle, joint));
    assert_eq!(nodes(&root), 6);
    two.cancel();
    assert_eq!(nodes(&root), 4, "the lower joint has one child left");
    drop(one);
    assert_eq!(nodes(&root), 2);
    root.cancel();
    assert!(three.is_cancelled());
}

#[test]
fn the_root_may_go_first() {
    let root = CancellationToken::new();
    let (left, right) = (root.child_token(), root.child_token());
    let below = left.child_token();
    drop(root);
    left.cancel();
    assert!(below.is_cancelled() && !right.is_cancelled());
    assert_eq!(nodes(&right), 1);
    right.cancel();
    assert!(right.is_cancelled());
}

#[test]
fn a_canceled_token_does_not_take_another_out() {
    let root = CancellationToken::new();
    let old = root.child_token();
    old.cancel();
    let new = root.child_token();
    assert_eq!(old.shared.key, new.shared.key, "the test needs a used key");
    drop(old);
    root.cancel();
    assert!(new.is_cancelled());
}

#[test]
fn deep_chains_need_no_stack() {
    no_deadlock(|| {
        let root = CancellationToken::new();
        let chain = |length: usize| -> Vec<_> {
            let next = |last: &Option<CancellationToken>| {
                let last = last.as_ref().unwrap_or(&root);
                Some(last.child_token())
            };
            std::iter::successors(Some(next(&None)), |last| Some(next(last)))
                .take(length)
                .flatten()
                .collect()
        };
        drop(chain(100_000));
        let mut upwards = chain(100_000);
        while upwards.pop().is_some() {}
        assert_eq!(nodes(&root), 1);
        let chain = chain(100_000);
        root.cancel();
        assert!(chain.iter().all(CancellationToken::is_cancelled));
    });
}

#[test]
fn guards() {
    let token = CancellationToken::new();
    assert_eq!(token.clone().drop_guard().disarm(), token);
    assert_eq!(token.drop_guard_ref().disarm(), &token);
    assert_eq!(token.clone().drop_guard().disarm(), token);
    assert!(!token.is_cancelled());
    drop(token.drop_guard_ref());
    assert!(token.is_cancelled());
}

#[test]
fn r31_a_waiter_may_go_in_each_state() {
    let token = CancellationToken::new();
    let (mut kept, count) = (waiting(&token), Count::new());
    let waker = count.waker();
    drop(waiting(&token));
    let mut queued = waiting(&token);
    let mut called = waiting(&token);
    assert!(poll(queued.as_mut(), &waker).is_pending());
    assert!(poll(kept.as_mut(), &waker).is_pending());
    assert!(poll(called.as_mut(), &waker).is_pending());
    drop(queued);
    token.cancel();
    assert_eq!(count.wakes(), 2);
    drop(called);
    assert!(poll_once(kept.as_mut()).is_ready());
    assert!(poll_once(kept.as_mut()).is_ready(), "it stays ready");
    drop(kept);
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1, "no waker is left behind");
}

#[test]
fn r29_the_last_waker_is_woken() {
    let token = CancellationToken::new();
    let (first, last) = (Count::new(), Count::new());
    let mut future = waiting(&token);
    assert!(poll(future.as_mut(), &first.waker()).is_pending());
    assert!(poll(future.as_mut(), &last.waker()).is_pending());
    token.cancel();
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let root = CancellationToken::new();
        let back = root.clone();
        let back = move || {
            let child = back.child_token();
            let _ = poll_once(pin!(child.cancelled()));
            child.cancel();
        };
        each_reentry(back, |waker, calls| {
            let token = root.child_token();
            let mut future = waiting(&token);
            let mut beside = waiting(&token);
            let _ = poll(future.as_mut(), waker);
            let _ = poll(beside.as_mut(), waker);
            let _ = poll_once(future.as_mut());
            let _ = poll(future.as_mut(), waker);
            drop(future);
            token.cancel();
            assert!(calls.load(SeqCst) > 0);
        });
        // The waker of one wait cancels all others, and drops the last token of the tree.
        let again = root.clone();
        let mut future = waiting(&root);
        let waker = hooked(move |asked| {
            if asked == Asked::Wake {
                again.cancel();
            }
        });
        assert!(poll(future.as_mut(), &waker).is_pending());
        root.cancel();
    });
}

#[test]
fn r14_a_waker_that_panics_keeps_no_other_from_being_woken() {
    let root = CancellationToken::new();
    let (child, count) = (root.child_token(), Count::new());
    let waker = hooked(|asked| assert!(asked != Asked::Wake, "woken"));
    let (mut first, mut second) = (waiting(&root), waiting(&child));
    assert!(poll(first.as_mut(), &waker).is_pending());
    assert!(poll(second.as_mut(), &count.waker()).is_pending());
    let cancelled = std::panic::catch_unwind(|| root.cancel());
    assert!(cancelled.is_err());
    assert_eq!(count.wakes(), 1);
    assert!(child.is_cancelled());
}

#[test]
fn r37_waiting_costs_budget_and_a_cancellation_gets_through() {
    let token = CancellationToken::new();
    token.cancel();
    let restore = no_budget();
    let count = Count::new();
    let mut future = waiting(&token);
    assert!(poll(future.as_mut(), &count.waker()).is_pending());
    assert_eq!(count.wakes(), 1, "it comes back at once");
    drop(restore);
    assert!(poll_once(future.as_mut()).is_ready());

    // The future inside uses the budget up at each poll.
    let token = CancellationToken::new();
    let mut until = pin!(token.run_until_cancelled(std::future::poll_fn(|cx| {
        let _restore = no_budget();
        poll(waiting(&CancellationToken::new()).as_mut(), cx.waker()).map(|()| 7)
    })));
    assert!(poll_once(until.as_mut()).is_pending());
    token.cancel();
    assert_eq!(poll_once(until.as_mut()), Poll::Ready(None));
}

#[test]
fn r40_a_forgotten_wait_holds_nobody_up() {
    let token = CancellationToken::new();
    let mut forgotten = waiting(&token);
    let (mut kept, count) = (waiting(&token), Count::new());
    assert!(poll(forgotten.as_mut(), &count.waker()).is_pending());
    mem::forget(forgotten);
    assert!(poll(kept.as_mut(), &count.waker()).is_pending());
    token.cancel();
    assert_eq!(count.wakes(), 2);
    assert!(poll_once(kept.as_mut()).is_ready());
}

#[test]
fn r41_a_wait_that_is_not_polled_has_no_effect() {
    let token = CancellationToken::new();
    let idle = waiting(&token);
    let polled = std::cell::Cell::new(false);
    let until = token.run_until_cancelled(async { polled.set(true) });
    token.cancel();
    drop(idle);
    assert_eq!(poll_once(pin!(until)), Poll::Ready(None));
    assert!(!polled.get(), "canceled before the first poll");
}

#[test]
fn run_until_cancelled_drops_its_future_with_the_outcome() {
    struct Noisy<'a>(&'a std::cell::Cell<u32>);
    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let (token, drops) = (CancellationToken::new(), std::cell::Cell::new(0));
    let noisy = |ready: bool| {
        let noisy = Noisy(&drops);
        let mut again = false;
        std::future::poll_fn(move |_| {
            let _noisy = &noisy;
            match mem::replace(&mut again, true) && ready {
                true => Poll::Ready(7),
                false => Poll::Pending,
            }
        })
    };
    let mut finds = pin!(token.run_until_cancelled(noisy(true)));
    let mut waits = pin!(token.clone().run_until_cancelled_owned(noisy(false)));
    assert!(poll_once(finds.as_mut()).is_pending());
    assert!(poll_once(waits.as_mut()).is_pending());
    token.cancel();
    assert_eq!(
        poll_once(finds.as_mut()),
        Poll::Ready(Some(7)),
        "the output wins"
    );
    assert_eq!(poll_once(waits.as_mut()), Poll::Ready(None));
    assert_eq!(drops.get(), 2);
}
