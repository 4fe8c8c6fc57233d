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

/// The permits beside their model: after every step both must agree.
struct Both {
    permits: Arc<Permits>,
    model: Model,
    wants: Vec<u32>,
    futures: Vec<Future>,
    held: Vec<u32>,
}

impl Both {
    fn new(free: usize, wants: Vec<u32>) -> Self {
        let permits = Arc::new(Permits::new(free));
        Self {
            futures: wants.iter().map(|&n| acquiring(&permits, n)).collect(),
            permits,
            model: Model {
                free,
                ..Model::default()
            },
            wants,
            held: Vec::new(),
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Poll(who) => self.poll(who),
            Step::Cancel(who) => self.cancel(who),
            Step::GiveBack(which) if which < self.held.len() => {
                let count = self.held.swap_remove(which);
                self.add(count as usize);
            }
            Step::GiveBack(_) => {}
            Step::Add(count) => self.add(count),
            Step::Forget(count) => {
                let gone = count.min(self.model.free);
                assert_eq!(self.permits.forget(count), gone);
                self.model.free -= gone;
            }
            Step::Try(count) => self.try_acquire(count),
            Step::Close => self.close(),
        }
        assert_eq!(self.permits.available(), self.model.free);
        assert_eq!(self.permits.is_closed(), self.model.closed);
    }

    /// Puts a fresh future in the place of one that is done or given up.
    fn renew(&mut self, who: usize) {
        self.futures[who] = acquiring(&self.permits, self.wants[who]);
    }

    fn poll(&mut self, who: usize) {
        let want = self.wants[who];
        let polled = poll_one(&mut self.futures[who], Waker::noop());
        if self.model.closed {
            assert_eq!(polled, Poll::Ready(false));
            return;
        }
        if self.model.find(who).is_none() {
            self.model.ask(who, want as usize);
        }
        if self.model.find(who) == Some(0) {
            assert_eq!(polled, Poll::Ready(true));
            self.model.leave(who);
            self.held.push(want);
            self.renew(who);
        } else {
            assert_eq!(polled, Poll::Pending);
        }
    }

    fn cancel(&mut self, who: usize) {
        self.renew(who);
        if let Some(lacks) = self.model.find(who) {
            self.model.leave(who);
            self.model.add(self.wants[who] as usize - lacks);
        }
    }

    fn add(&mut self, count: usize) {
        self.permits.release(count);
        self.model.add(count);
    }

    fn try_acquire(&mut self, count: u32) {
        let wanted = count as usize;
        let expected = match self.model.closed {
            true => Err(Refused::Closed),
            false if self.model.free < wanted => Err(Refused::Few),
            false => Ok(()),
        };
        assert_eq!(self.permits.try_acquire(wanted), expected);
        if expected.is_ok() {
            self.model.free -= wanted;
            self.held.push(count);
        }
    }

    /// Those who waited keep what they got until they are dropped.
    fn close(&mut self) {
        self.permits.close();
        self.model.closed = true;
        for (who, lacks) in std::mem::take(&mut self.model.lacking) {
            let polled = poll_one(&mut self.futures[who], Waker::noop());
            assert_eq!(polled, Poll::Ready(false));
            self.renew(who);
            self.model.free += self.wants[who] as usize - lacks;
        }
    }

    /// What the futures hold when they go comes back.
    fn end(self) {
        let lacking = self.model.lacking.iter();
        let given = lacking.map(|&(who, lacks)| self.wants[who] as usize - lacks);
        let all = self.model.free + given.sum::<usize>();
        drop(self.futures);
        assert_eq!(self.permits.available(), all);
    }
}

proptest! {
    #[test]
    fn r31_conserved_and_in_order(
        free in 0..5usize,
        wants in prop::collection::vec(0..4u32, 6),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut both = Both::new(free, wants);
        for step in steps {
            both.apply(step);
        }
        both.end();
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
