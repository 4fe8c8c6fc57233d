//! Notices: tokio's rules as tables and as a model, and wakers that call back.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

fn told(notify: &Arc<Notify>) -> Pin<Box<OwnedNotified>> {
    Box::pin(notify.clone().notified_owned())
}

fn is_told(future: &mut Pin<Box<OwnedNotified>>) -> bool {
    poll_once(future.as_mut()).is_ready()
}

/// So many futures, in the queue in their order.
fn queue<const N: usize>(notify: &Arc<Notify>) -> [Pin<Box<OwnedNotified>>; N] {
    let mut futures = std::array::from_fn(|_| told(notify));
    for future in &mut futures {
        assert!(!is_told(future));
    }
    futures
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Notified<'_>>(), 64);
    assert_eq!(size_of::<OwnedNotified>(), 64);
    assert_eq!(size_of::<Notify>(), 32);
}

#[test]
fn auto_traits() {
    fn both<T: Send + Sync>() {}
    both::<Notify>();
    both::<Notified<'_>>();
    both::<OwnedNotified>();
}

#[test]
fn one_permit_is_stored() {
    let notify = Arc::new(Notify::new());
    notify.notify_one();
    notify.notify_last();
    block_on("test", notify.notified());
    let mut future = told(&notify);
    assert!(!is_told(&mut future));
    notify.notify_one();
    assert!(is_told(&mut future));
    assert!(is_told(&mut future), "it stays ready");
    static SHARED: Notify = Notify::const_new();
    SHARED.notify_one();
    assert_eq!(format!("{SHARED:?}"), "Notify { state: permit }");
}

#[test]
fn first_come_first_told_and_last_come() {
    let notify = Arc::new(Notify::new());
    let mut futures = queue::<4>(&notify);
    let mut expect = |i: usize| {
        let ready: Vec<_> = (0..4).filter(|&i| is_told(&mut futures[i])).collect();
        assert!(ready.contains(&i), "{i} not in {ready:?}");
        ready.len()
    };
    notify.notify_one();
    assert_eq!(expect(0), 1);
    notify.notify_last();
    assert_eq!(expect(3), 2);
    notify.notify_one();
    assert_eq!(expect(1), 3);
    notify.notify_last();
    assert_eq!(expect(2), 4);
    assert!(!is_told(&mut told(&notify)));
}

#[test]
fn r34_waiters_are_those_made_before() {
    let notify = Arc::new(Notify::new());
    let mut never_polled = told(&notify);
    let [mut polled] = queue(&notify);
    notify.notify_waiters();
    let mut later = told(&notify);
    assert!(is_told(&mut never_polled));
    assert!(is_told(&mut polled));
    assert!(!is_told(&mut later));

    notify.notify_waiters();
    assert!(is_told(&mut later));
    assert!(!is_told(&mut told(&notify)), "no permit is stored");
}

#[test]
fn r34_a_broadcast_leaves_the_permit() {
    let notify = Arc::new(Notify::new());
    notify.notify_one();
    notify.notify_waiters();
    assert!(is_told(&mut told(&notify)));
    assert!(!is_told(&mut told(&notify)));

    // Made before, polled after both: the broadcast told it, so the permit stays.
    let mut before = told(&notify);
    notify.notify_waiters();
    notify.notify_one();
    assert!(is_told(&mut before));
    assert!(is_told(&mut told(&notify)));
    assert!(!is_told(&mut told(&notify)));
}

#[test]
fn r34_a_dropped_notice_is_passed_on() {
    // To the next in the queue.
    let notify = Arc::new(Notify::new());
    let [first, mut second, mut third] = queue(&notify);
    notify.notify_one();
    drop(first);
    assert!(is_told(&mut second));
    assert!(!is_told(&mut third));
    drop(third);

    // From the end it came to.
    let [mut first, mut second, third] = queue(&notify);
    notify.notify_last();
    drop(third);
    assert!(is_told(&mut second));
    assert!(!is_told(&mut first));
    drop(first);

    // To nobody: a permit.
    let [only] = queue(&notify);
    notify.notify_one();
    drop(only);
    assert!(is_told(&mut told(&notify)));

    // To a broadcast there is nothing to pass on.
    let [first] = queue(&notify);
    notify.notify_waiters();
    let [mut later] = queue(&notify);
    drop(first);
    assert!(!is_told(&mut later));

    // A future that returned has used its notice, one that waits has none.
    notify.notify_one();
    assert!(is_told(&mut later));
    drop(later);
    drop(queue::<2>(&notify));
    assert!(!is_told(&mut told(&notify)));
}

#[test]
fn r34_two_notices_reach_two() {
    let notify = Arc::new(Notify::new());
    let [first, second, mut third] = queue(&notify);
    notify.notify_one();
    notify.notify_one();
    drop(first);
    assert!(is_told(&mut third));
    drop(second);
    assert!(is_told(&mut told(&notify)), "and a permit is left");
}

#[test]
fn r34_enable() {
    let notify = Arc::new(Notify::new());
    let (mut first, mut second) = (told(&notify), told(&notify));
    assert!(!first.as_mut().enable());
    assert!(!first.as_mut().enable());
    notify.notify_one();
    assert!(!second.as_mut().enable(), "the notice went to the first");
    assert!(first.as_mut().enable());
    drop(first);
    assert!(
        !is_told(&mut second),
        "who was told it has the notice has used it"
    );
    drop(second);

    // It stands in the queue from `enable` on.
    let (mut first, mut second) = (told(&notify), told(&notify));
    assert!(!second.as_mut().enable());
    assert!(!first.as_mut().enable());
    let woken = Count::new();
    assert!(poll(second.as_mut(), &woken.waker()).is_pending());
    notify.notify_one();
    assert_eq!(woken.wakes(), 1);
    assert!(is_told(&mut second));
    let notified = notify.notified();
    let mut notified = std::pin::pin!(notified);
    assert!(!notified.as_mut().enable());
    notify.notify_waiters();
    assert!(notified.enable());
}

#[test]
fn r29_r30_wakers() {
    let notify = Arc::new(Notify::new());
    let (first, last) = (Count::new(), Count::new());
    let mut future = told(&notify);
    assert!(poll(future.as_mut(), &first.waker()).is_pending());
    assert!(poll(future.as_mut(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    notify.notify_waiters();
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(Arc::strong_count(&last), 1);
    let mut future = told(&notify);
    assert!(poll(future.as_mut(), &last.waker()).is_pending());
    drop(future);
    assert_eq!(Arc::strong_count(&last), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let notify = Arc::new(Notify::new());
        let again = notify.clone();
        let back = move || {
            let mut other = told(&again);
            let _ = poll_once(other.as_mut());
            again.notify_waiters();
            let mut other = told(&again);
            let _ = poll_once(other.as_mut());
            drop(other);
            let _ = format!("{again:?}");
        };
        each_reentry(back, |waker, _| {
            let mut future = told(&notify);
            let _ = poll(future.as_mut(), Waker::noop());
            let _ = poll(future.as_mut(), waker);
            notify.notify_one();
            notify.notify_waiters();
            drop(future);
            let mut futures: Vec<_> = (0..12).map(|_| told(&notify)).collect();
            for future in &mut futures {
                let _ = poll(future.as_mut(), waker);
            }
            notify.notify_waiters();
            let mut future = told(&notify);
            let _ = poll(future.as_mut(), waker);
            let _ = poll(future.as_mut(), waker);
            notify.notify_last();
        });
    });
}

#[test]
fn r37_without_budget_the_notice_is_kept() {
    let notify = Arc::new(Notify::new());
    notify.notify_one();
    let mut first = told(&notify);
    let woken = Count::new();
    {
        let _spent = no_budget();
        assert!(poll(first.as_mut(), &woken.waker()).is_pending());
        assert_eq!(woken.wakes(), 1);
    }
    let mut second = told(&notify);
    assert!(!is_told(&mut second), "the permit is taken");
    drop(first);
    assert!(is_told(&mut second), "and passed on");
}

#[test]
fn r40_forgotten_futures_keep_nobody_else_waiting() {
    let notify = Arc::new(Notify::new());
    mem::forget(told(&notify));
    notify.notify_one();
    assert!(is_told(&mut told(&notify)), "not polled: not in the queue");
    let [forgotten, mut other] = queue(&notify);
    mem::forget(forgotten);
    notify.notify_waiters();
    assert!(is_told(&mut other));
}

#[derive(Clone, Debug)]
enum Step {
    Poll(usize),
    Enable(usize),
    Renew(usize),
    One,
    Last,
    All,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5usize).prop_map(Step::Poll),
        1 => (0..5usize).prop_map(Step::Enable),
        3 => (0..5usize).prop_map(Step::Renew),
        2 => Just(Step::One),
        2 => Just(Step::Last),
        1 => Just(Step::All),
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum Is {
    New,
    Missed,
    Queued,
    Told { last: Option<bool> },
    Done,
}

#[derive(Default)]
struct Model {
    permit: bool,
    queue: VecDeque<usize>,
    is: Vec<Option<Is>>,
}

impl Model {
    fn notify(&mut self, last: bool) {
        let who = match last {
            false => self.queue.pop_front(),
            true => self.queue.pop_back(),
        };
        match who {
            Some(who) => self.is[who] = Some(Is::Told { last: Some(last) }),
            None => self.permit = true,
        }
    }

    fn poll(&mut self, i: usize) -> bool {
        let is = self.is[i].unwrap_or(Is::New);
        let ready = match is {
            Is::New if mem::take(&mut self.permit) => true,
            Is::New => {
                self.queue.push_back(i);
                false
            }
            Is::Queued => false,
            _ => true,
        };
        self.is[i] = Some(if ready { Is::Done } else { Is::Queued });
        ready
    }
}

proptest! {
    #[test]
    fn r34_as_the_rules_say(steps in prop::collection::vec(step(), 1..120)) {
        let notify = Arc::new(Notify::new());
        let mut futures: Vec<_> = (0..5).map(|_| told(&notify)).collect();
        let mut model = Model { is: vec![None; 5], ..Model::default() };
        for step in steps {
            match step {
                Step::Poll(i) => prop_assert_eq!(is_told(&mut futures[i]), model.poll(i)),
                Step::Enable(i) => {
                    prop_assert_eq!(futures[i].as_mut().enable(), model.poll(i));
                }
                Step::Renew(i) => {
                    futures[i] = told(&notify);
                    model.queue.retain(|&queued| queued != i);
                    if let Some(Is::Told { last: Some(last) }) = model.is[i].take() {
                        model.notify(last);
                    }
                }
                Step::One => {
                    notify.notify_one();
                    model.notify(false);
                }
                Step::Last => {
                    notify.notify_last();
                    model.notify(true);
                }
                Step::All => {
                    notify.notify_waiters();
                    model.queue.clear();
                    for is in &mut model.is {
                        match is {
                            None | Some(Is::New) => *is = Some(Is::Missed),
                            Some(Is::Queued) => *is = Some(Is::Told { last: None }),
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn notices_pass_between_threads() {
    const ROUNDS: usize = if cfg!(miri) { 50 } else { 20_000 };
    let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (theirs, back) = (ping.clone(), pong.clone());
    let other = thread::spawn(move || {
        for _ in 0..ROUNDS {
            block_on("test", theirs.notified());
            // Ask and give up, with or without a notice.
            let mut given_up = told(&theirs);
            let _ = given_up.as_mut().enable();
            drop(given_up);
            back.notify_one();
        }
    });
    for _ in 0..ROUNDS {
        ping.notify_one();
        block_on("test", pong.notified());
    }
    other.join().unwrap();
}

#[test]
fn no_broadcast_is_missed() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let notify = Arc::new(Notify::new());
    for _ in 0..ROUNDS {
        let waiting: Vec<_> = (0..3).map(|_| notify.clone().notified_owned()).collect();
        let threads: Vec<_> = waiting
            .into_iter()
            .map(|future| thread::spawn(move || block_on("test", future)))
            .collect();
        notify.notify_waiters();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
