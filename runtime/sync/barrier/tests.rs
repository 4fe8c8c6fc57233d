//! Rounds, leaders, and who counts.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

fn wait(barrier: &Barrier) -> Pin<Box<BarrierWait<'_>>> {
    Box::pin(barrier.wait())
}

fn leads(polled: Poll<BarrierWaitResult>) -> Option<bool> {
    match polled {
        Poll::Ready(result) => Some(result.is_leader()),
        Poll::Pending => None,
    }
}

#[test]
fn zero_is_one() {
    for n in [0, 1] {
        let barrier = Barrier::new(n);
        for _ in 0..3 {
            assert!(block_on("test", barrier.wait()).is_leader());
        }
    }
}

#[test]
fn the_last_to_arrive_leads_each_round() {
    let barrier = Barrier::new(3);
    for _ in 0..3 {
        let woken = Count::new();
        let mut all = [wait(&barrier), wait(&barrier), wait(&barrier)];
        assert_eq!(leads(poll(all[1].as_mut(), &woken.waker())), None);
        assert_eq!(leads(poll(all[0].as_mut(), &woken.waker())), None);
        assert_eq!(leads(poll(all[0].as_mut(), &woken.waker())), None);
        assert_eq!(leads(poll_once(all[2].as_mut())), Some(true));
        assert_eq!(woken.wakes(), 2);
        // The next round has begun, and does not touch those of this one.
        let mut early = wait(&barrier);
        assert_eq!(leads(poll_once(early.as_mut())), None);
        assert_eq!(leads(poll_once(all[1].as_mut())), Some(false));
        assert_eq!(leads(poll_once(all[0].as_mut())), Some(false));
        assert_eq!(leads(poll_once(wait(&barrier).as_mut())), None);
        assert_eq!(leads(poll_once(wait(&barrier).as_mut())), Some(true));
        assert_eq!(leads(poll_once(early.as_mut())), Some(false));
    }
}

#[test]
fn an_arrival_is_not_taken_back() {
    let barrier = Barrier::new(2);
    drop(wait(&barrier));
    let mut left = wait(&barrier);
    assert_eq!(leads(poll_once(left.as_mut())), None);
    drop(left);
    assert_eq!(leads(poll_once(wait(&barrier).as_mut())), Some(true));
}

#[test]
fn r29_r30_wakers() {
    let barrier = Barrier::new(2);
    let (first, last) = (Count::new(), Count::new());
    let mut early = wait(&barrier);
    assert!(poll(early.as_mut(), &first.waker()).is_pending());
    assert!(poll(early.as_mut(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    assert!(poll_once(wait(&barrier).as_mut()).is_ready());
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(Arc::strong_count(&last), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let barrier = Arc::new(Barrier::new(2));
        let again = barrier.clone();
        let back = move || {
            let _ = poll_once(wait(&again).as_mut());
        };
        each_reentry(back, |waker, _| {
            for (first, then) in [(waker, Waker::noop()), (Waker::noop(), waker)] {
                // Whoever called back may have left a round half full.
                let mut evens = wait(&barrier);
                if poll_once(evens.as_mut()).is_pending() {
                    assert!(poll_once(wait(&barrier).as_mut()).is_ready());
                }
                let mut early = wait(&barrier);
                let _ = poll(early.as_mut(), first);
                // Done already, when the waker's own arrival has completed the round.
                if early.node.stage() != Stage::Done {
                    let _ = poll(early.as_mut(), then);
                }
                let _ = poll_once(wait(&barrier).as_mut());
            }
        });
    });
}

#[test]
fn r37_the_leader_without_budget_still_leads() {
    let barrier = Barrier::new(2);
    let (mut early, mut leader) = (wait(&barrier), wait(&barrier));
    assert!(poll_once(early.as_mut()).is_pending());
    {
        let _spent = no_budget();
        assert!(poll_once(leader.as_mut()).is_pending());
        assert!(poll_once(early.as_mut()).is_pending());
    }
    assert_eq!(leads(poll_once(early.as_mut())), Some(false));
    assert_eq!(leads(poll_once(leader.as_mut())), Some(true));
}

#[test]
fn r40_a_forgotten_future_counts() {
    let barrier = Barrier::new(2);
    let mut forgotten = wait(&barrier);
    assert!(poll_once(forgotten.as_mut()).is_pending());
    mem::forget(forgotten);
    assert_eq!(leads(poll_once(wait(&barrier).as_mut())), Some(true));
}

#[test]
fn four_threads_keep_step() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let barrier = Arc::new(Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let barrier = barrier.clone();
            thread::spawn(move || {
                let rounds = 0..ROUNDS;
                rounds
                    .filter(|_| block_on("test", barrier.wait()).is_leader())
                    .count()
            })
        })
        .collect();
    let led: usize = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    assert_eq!(led, ROUNDS);
}
