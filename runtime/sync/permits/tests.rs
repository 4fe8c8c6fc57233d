//! Counted permits against a plain model: conserved, and first come, first served.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;
use crate::leaf::{Kind, Site};
use crate::sync::testing::*;

type Future = Pin<Box<Acquiring<Arc<Permits>>>>;

fn acquiring(permits: &Arc<Permits>, count: u32) -> Future {
    let (kind, site) = (Kind::Semaphore, Site::here());
    Box::pin(Acquiring::new(permits.clone(), count, kind, site))
}

fn poll_one(future: &mut Future, waker: &Waker) -> Poll<bool> {
    let polled = future.as_mut().poll(&Context::from_waker(waker));
    polled.map(|taken| taken.is_ok())
}

/// What the permits should do, without a queue of futures.
#[derive(Default)]
struct Model {
    free: usize,
    closed: bool,
    /// Who waits, in order, and what they lack. With 0 they have been called.
    lacking: VecDeque<(usize, usize)>,
}

impl Model {
    fn add(&mut self, mut count: usize) {
        for (_, lacks) in &mut self.lacking {
            let given = count.min(*lacks);
            *lacks -= given;
            count -= given;
        }
        self.free += count;
    }

    /// Nobody overtakes who waits.
    fn ask(&mut self, who: usize, count: usize) {
        let given = self.free.min(count);
        self.free -= given;
        self.lacking.push_back((who, count - given));
    }

    fn find(&self, who: usize) -> Option<usize> {
        let found = self.lacking.iter().find(|(waits, _)| *waits == who);
        found.map(|(_, lacks)| *lacks)
    }

    fn leave(&mut self, who: usize) {
        self.lacking.retain(|(waits, _)| *waits != who);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Poll(usize),
    Cancel(usize),
    GiveBack(usize),
    Add(usize),
    Forget(usize),
    Try(u32),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..6usize).prop_map(Step::Poll),
        6 => (0..6usize).prop_map(Step::Cancel),
        8 => (0..9usize).prop_map(Step::GiveBack),
        4 => (0..4usize).prop_map(Step::Add),
        2 => (0..4usize).prop_map(Step::Forget),
        2 => (0..4u32).prop_map(Step::Try),
        1 => Just(Step::Close),
    ]
}

proptest! {
    #[test]
    fn r31_conserved_and_in_order(
        free in 0..5usize,
        wants in prop::collection::vec(0..4u32, 6),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let permits = Arc::new(Permits::new(free));
        let mut model = Model { free, ..Model::default() };
        let mut futures: Vec<_> = wants.iter().map(|&want| acquiring(&permits, want)).collect();
        let mut held: Vec<u32> = Vec::new();
        for step in steps {
            match step {
                Step::Poll(i) => {
                    let want = wants[i];
                    let polled = poll_one(&mut futures[i], Waker::noop());
                    if model.closed {
                        prop_assert_eq!(polled, Poll::Ready(false));
                        continue;
                    }
                    if model.find(i).is_none() {
                        model.ask(i, want as usize);
                    }
                    if model.find(i) == Some(0) {
                        prop_assert_eq!(polled, Poll::Ready(true));
                        model.leave(i);
                        held.push(want);
                        futures[i] = acquiring(&permits, want);
                    } else {
                        prop_assert_eq!(polled, Poll::Pending);
                    }
                }
                Step::Cancel(i) => {
                    futures[i] = acquiring(&permits, wants[i]);
                    if let Some(lacks) = model.find(i) {
                        model.leave(i);
                        model.add(wants[i] as usize - lacks);
                    }
                }
                Step::GiveBack(i) => {
                    if i < held.len() {
                        let count = held.swap_remove(i) as usize;
                        permits.release(count);
                        model.add(count);
                    }
                }
                Step::Add(count) => {
                    permits.release(count);
                    model.add(count);
                }
                Step::Forget(count) => {
                    let gone = count.min(model.free);
                    prop_assert_eq!(permits.forget(count), gone);
                    model.free -= gone;
                }
                Step::Try(count) => {
                    let expected = match model.closed {
                        true => Err(Refused::Closed),
                        false if model.free < count as usize => Err(Refused::Few),
                        false => Ok(()),
                    };
                    prop_assert_eq!(permits.try_acquire(count as usize), expected);
                    if expected.is_ok() {
                        model.free -= count as usize;
                        held.push(count);
                    }
                }
                Step::Close => {
                    permits.close();
                    model.closed = true;
                    // Those who waited keep what they got until they are dropped.
                    for (who, lacks) in std::mem::take(&mut model.lacking) {
                        let polled = poll_one(&mut futures[who], Waker::noop());
                        prop_assert_eq!(polled, Poll::Ready(false));
                        futures[who] = acquiring(&permits, wants[who]);
                        model.free += wants[who] as usize - lacks;
                    }
                }
            }
            prop_assert_eq!(permits.available(), model.free);
            prop_assert_eq!(permits.is_closed(), model.closed);
        }
        // All come back.
        drop(futures);
        let waiting: usize = model
            .lacking
            .iter()
            .map(|&(who, lacks)| wants[who] as usize - lacks)
            .sum();
        prop_assert_eq!(permits.available(), model.free + waiting);
    }
}

#[test]
fn r37_without_budget_the_place_is_kept() {
    let permits = Arc::new(Permits::new(2));
    let count = Count::new();
    let mut first = acquiring(&permits, 2);
    {
        let _spent = no_budget();
        assert!(poll_one(&mut first, &count.waker()).is_pending());
        assert_eq!(count.wakes(), 1);
    }
    assert_eq!(permits.available(), 0, "they are ours");
    let mut second = acquiring(&permits, 1);
    assert!(poll_one(&mut second, Waker::noop()).is_pending());
    assert_eq!(poll_one(&mut first, Waker::noop()), Poll::Ready(true));
    permits.release(2);
    assert_eq!(poll_one(&mut second, Waker::noop()), Poll::Ready(true));

    let mut lost = acquiring(&permits, 1);
    {
        let _spent = no_budget();
        assert!(poll_one(&mut lost, &count.waker()).is_pending());
    }
    drop(lost);
    assert_eq!(permits.available(), 1, "and go back when it is dropped");
}

#[test]
fn a_released_permit_wakes_in_order_and_only_whom_it_serves() {
    let permits = Arc::new(Permits::new(0));
    let wakes: Vec<_> = (0..3).map(|_| Count::new()).collect();
    let mut futures: Vec<_> = [2, 1, 1].map(|n| acquiring(&permits, n)).into();
    for (future, count) in futures.iter_mut().zip(&wakes) {
        assert!(poll_one(future, &count.waker()).is_pending());
    }
    let woken = || wakes.iter().map(|count| count.wakes()).collect::<Vec<_>>();
    permits.release(1);
    assert_eq!(woken(), [0, 0, 0]);
    permits.release(2);
    assert_eq!(woken(), [1, 1, 0]);
    permits.release(1);
    assert_eq!(woken(), [1, 1, 1]);
}
