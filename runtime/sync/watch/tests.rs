//! What the ends do in order: versions, the end, closures that panic, waiters in every state.
//! Interleavings are in `models`.

use std::cell::Cell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::error::SendError;
use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

#[test]
fn r22_auto_traits() {
    type OnlySend = Cell<u8>;
    type Both = u8;
    assert!(implements!(Sender<Both>: Send) && implements!(Sender<Both>: Sync));
    assert!(implements!(Receiver<Both>: Send) && implements!(Receiver<Both>: Sync));
    assert!(implements!(Changed<'_, Both>: Send) && implements!(Changed<'_, Both>: Sync));
    assert!(implements!(Closed<'_, Both>: Send) && implements!(Closed<'_, Both>: Sync));
    assert!(!implements!(Ref<'_, Both>: Send) && implements!(Ref<'_, Both>: Sync));
    assert!(!implements!(Sender<OnlySend>: Send) && !implements!(Sender<OnlySend>: Sync));
    assert!(!implements!(Receiver<OnlySend>: Send) && !implements!(Receiver<OnlySend>: Sync));
    assert!(!implements!(Changed<'_, OnlySend>: Send) && !implements!(Closed<'_, OnlySend>: Send));
    assert!(!implements!(Sender<Rc<u8>>: Send) && !implements!(Ref<'_, OnlySend>: Sync));
    assert!(implements!(Receiver<Both>: Unpin) && !implements!(Changed<'_, Both>: Unpin));
}

#[test]
fn errors_and_ends_say_what_tokio_says() {
    let (sender, receiver) = channel("here");
    let shared =
        r#"Shared { value: "here", version: Version(0), is_closed: false, ref_count_rx: 1 }"#;
    assert_eq!(
        format!("{sender:?}"),
        format!("Sender {{ shared: {shared} }}")
    );
    assert_eq!(
        format!("{receiver:?}"),
        format!("Receiver {{ shared: {shared}, version: Version(0) }}")
    );
    assert_eq!(
        format!("{:?}", receiver.borrow()),
        r#"Ref { inner: "here", has_changed: false }"#
    );
    sender.send_modify(|_| assert!(format!("{sender:?}").contains("value: <locked>")));
    drop(receiver);
    let refused = sender.send("there").unwrap_err();
    assert_eq!(refused, SendError("there"));
    assert_eq!(format!("{refused:?}"), "SendError { .. }");
    assert_eq!(refused.to_string(), "channel closed");
    assert_eq!(RecvError(()).to_string(), "channel closed");
    assert_eq!(format!("{:?}", RecvError(())), "RecvError(())");
    assert_eq!(*Sender::<u8>::default().borrow(), 0);
}

#[test]
fn a_receiver_sees_the_last_value_and_then_the_end() {
    let (sender, mut receiver) = channel(1);
    let wakes = Count::new();
    {
        let mut changed = pin!(receiver.changed());
        assert!(poll(changed.as_mut(), &wakes.waker()).is_pending());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert_eq!(wakes.wakes(), 1);
        assert!(matches!(poll_once(changed.as_mut()), Poll::Ready(Ok(()))));
    }
    assert_eq!(Arc::strong_count(&wakes), 1);
    assert_eq!(*receiver.borrow(), 3);
    assert!(!receiver.has_changed().unwrap());

    sender.send(4).unwrap();
    drop(sender);
    assert!(receiver.is_closed() && receiver.has_changed().is_err());
    assert!(receiver.borrow().has_changed());
    assert!(
        block_on("test", receiver.changed()).is_ok(),
        "it was not seen"
    );
    assert!(block_on("test", receiver.changed()).is_err());
    receiver.mark_changed();
    assert!(block_on("test", receiver.changed()).is_ok());
}

#[test]
fn wait_for_asks_about_each_value_it_sees() {
    let (sender, mut receiver) = channel(1);
    let mut asked = Vec::new();
    {
        let mut waits = pin!(receiver.wait_for(|value| {
            asked.push(*value);
            *value == 4
        }));
        assert!(poll_once(waits.as_mut()).is_pending());
        assert!(poll_once(waits.as_mut()).is_pending());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert!(poll_once(waits.as_mut()).is_pending());
        sender.send(4).unwrap();
        let Poll::Ready(Ok(found)) = poll_once(waits.as_mut()) else {
            panic!("the condition holds");
        };
        assert_eq!((*found, found.has_changed()), (4, false));
    }
    assert_eq!(asked, [1, 3, 4]);

    sender.send(5).unwrap();
    assert!(
        block_on("test", receiver.wait_for(|value| *value == 5))
            .unwrap()
            .has_changed()
    );
    assert!(block_on("test", receiver.wait_for(|value| *value == 5)).is_ok());
    drop(sender);
    assert!(block_on("test", receiver.wait_for(|value| *value == 5)).is_ok());
    assert!(block_on("test", receiver.wait_for(|value| *value == 6)).is_err());
}

#[test]
fn r14_a_closure_that_panics_changes_nothing_for_the_others() {
    fn panics<R>(f: impl FnOnce() -> R) -> bool {
        catch_unwind(AssertUnwindSafe(f)).is_err()
    }
    let (sender, mut receiver) = channel(1);
    assert!(panics(|| sender.send_modify(|value| {
        *value = 2;
        panic!("in modify");
    })));
    assert!(!receiver.has_changed().unwrap(), "not announced");
    assert_eq!(*receiver.borrow(), 2, "and visible");
    assert!(panics(|| sender.send_if_modified(|_| panic!("in modify"))));
    assert!(panics(|| {
        let mut waits = pin!(receiver.wait_for(|_| panic!("in condition")));
        let _ = poll_once(waits.as_mut());
    }));
    sender.send(3).unwrap();
    assert!(receiver.has_changed().unwrap());
    assert_eq!(*receiver.borrow_and_update(), 3);
}

#[test]
fn a_silent_change_is_not_announced() {
    let (sender, receiver) = channel(1);
    let silent = sender.send_if_modified(|value| {
        *value = 2;
        false
    });
    assert!(!silent && !receiver.has_changed().unwrap());
    assert_eq!(*receiver.borrow(), 2);
}

#[test]
fn r38_closed_and_reopened_by_a_subscription() {
    let sender = Sender::new(1);
    assert!(poll_once(pin!(sender.closed())).is_ready());
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert_eq!(*sender.borrow(), 1);
    assert_eq!(sender.send_replace(3), 1);
    let receiver = sender.subscribe();
    assert!(!receiver.has_changed().unwrap());
    let wakes = Count::new();
    let mut closed = pin!(sender.closed());
    assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
    drop(receiver);
    assert_eq!(wakes.wakes(), 1);
    // Open again before it gets to look: it waits on, and misses no later end.
    let receiver = sender.subscribe();
    assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
    drop(receiver);
    assert_eq!(wakes.wakes(), 2);
    assert!(poll(closed.as_mut(), &wakes.waker()).is_ready());
    assert!(sender.is_closed());
}

#[test]
fn r31_a_waiter_that_goes_takes_nothing_along() {
    for called in [false, true] {
        let (sender, mut goes) = channel(1);
        let mut stays = goes.clone();
        let wakes = Count::new();
        let mut waits = Box::pin(stays.changed());
        assert!(poll(waits.as_mut(), &wakes.waker()).is_pending());
        {
            let mut changed = pin!(goes.changed());
            assert!(poll_once(changed.as_mut()).is_pending());
            if called {
                sender.send(2).unwrap();
            }
        }
        if !called {
            sender.send(2).unwrap();
        }
        assert_eq!(wakes.wakes(), 1);
        assert!(poll_once(waits.as_mut()).is_ready());
        assert!(goes.has_changed().unwrap(), "cancelled, and not seen");
    }
}

#[test]
fn r30_dropped_waits_keep_no_waker() {
    let (sender, mut receiver) = channel(1);
    let mut other = receiver.clone();
    let wakes = Count::new();
    {
        let (mut changed, mut closed) = (pin!(receiver.changed()), pin!(sender.closed()));
        let mut waits = pin!(other.wait_for(|value| *value > 1));
        assert!(poll(changed.as_mut(), &wakes.waker()).is_pending());
        assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
        assert!(poll(waits.as_mut(), &wakes.waker()).is_pending());
        assert_eq!(Arc::strong_count(&wakes), 4);
    }
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let (sender, receiver) = channel(1_u32);
        let again = sender.clone();
        let back = move || {
            again.send_modify(|value| *value = value.wrapping_add(1));
            drop(again.subscribe());
            let _ = (again.clone(), *again.borrow());
            assert!(poll_once(pin!(again.closed())).is_pending());
        };
        each_reentry(back, |waker, _| {
            let (mut one, mut other) = (sender.subscribe(), sender.subscribe());
            // The waker sends a value each time it is cloned.
            let mut asked = 0;
            let waits = other.wait_for(|_| {
                asked += 1;
                asked > 5
            });
            let (mut changed, mut waits) = (pin!(one.changed()), pin!(waits));
            let _ = poll(changed.as_mut(), Waker::noop());
            let _ = poll(changed.as_mut(), waker);
            let _ = poll(waits.as_mut(), waker);
            sender.send_replace(0);
            let mut closed = pin!(sender.closed());
            let _ = poll(closed.as_mut(), Waker::noop());
            let _ = poll(closed.as_mut(), waker);
        });
        drop(receiver);
    });
}

#[test]
fn r37_waiting_costs_budget() {
    let (sender, mut receiver) = channel(1);
    sender.send(2).unwrap();
    let _spent = no_budget();
    assert!(poll_once(pin!(receiver.changed())).is_pending());
    assert!(receiver.has_changed().unwrap(), "and marks nothing as seen");
    assert!(poll_once(pin!(receiver.wait_for(|_| true))).is_pending());
    drop(receiver);
    assert!(poll_once(pin!(sender.closed())).is_pending());
}

#[test]
fn a_sender_that_is_always_faster_does_not_keep_wait_for_in_one_poll() {
    let (sender, mut receiver) = channel(0_u32);
    let waker = hooked(move |asked| {
        if asked == Asked::Clone {
            sender.send_modify(|value| *value += 1);
        }
    });
    let _budget = crate::budget::start();
    let mut asked = 0;
    let mut waits = pin!(receiver.wait_for(|_| {
        asked += 1;
        assert!(asked < 1000, "one poll asks on and on");
        false
    }));
    assert!(poll(waits.as_mut(), &waker).is_pending());
}

#[test]
fn r40_forgotten_waits_keep_nobody_else_waiting() {
    let (sender, mut receiver) = channel(1);
    let forgets = Box::leak(Box::new(receiver.clone()));
    let mut changed = Box::pin(forgets.changed());
    assert!(poll_once(changed.as_mut()).is_pending());
    mem::forget(changed);
    let mut changed = pin!(receiver.changed());
    assert!(poll_once(changed.as_mut()).is_pending());
    sender.send(2).unwrap();
    assert!(poll_once(changed.as_mut()).is_ready());
}

#[test]
fn a_value_that_panics_when_it_is_dropped_is_replaced_all_the_same() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "dropped");
        }
    }
    let (sender, receiver) = channel(Bomb(true));
    assert!(catch_unwind(AssertUnwindSafe(|| sender.send(Bomb(false)).is_ok())).is_err());
    assert!(receiver.has_changed().unwrap());
    assert!(!receiver.borrow().0);
}

#[test]
fn threads_see_values_that_go_up_to_the_last() {
    let (sender, receiver) = channel(0);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let mut receiver = receiver.clone();
            thread::spawn(move || {
                let mut last = 0;
                while block_on("test", receiver.changed()).is_ok() {
                    let value = *receiver.borrow_and_update();
                    assert!(value >= last);
                    last = value;
                }
                last
            })
        })
        .collect();
    for value in 1..=1000 {
        sender.send(value).unwrap();
    }
    drop(sender);
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 1000);
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    Silent,
    Subscribe,
    Close,
    Leave(usize),
    At(usize, Act),
}

/// What a receiver does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Changed,
    Update,
    MarkChanged,
    MarkUnchanged,
    Clone,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Act::*;
    let act = prop::sample::select(vec![
        Changed,
        Changed,
        Changed,
        Update,
        MarkChanged,
        MarkUnchanged,
        Clone,
    ]);
    let step = prop_oneof![
        4 => Just(Step::Send),
        1 => Just(Step::Silent),
        1 => Just(Step::Subscribe),
        1 => Just(Step::Close),
        1 => (0..3_usize).prop_map(Step::Leave),
        9 => (0..3_usize, act).prop_map(|(which, act)| Step::At(which, act)),
    ];
    prop::collection::vec(step, 0..40)
}

/// A receiver, and whether it has news.
type Watcher = (Receiver<u32>, bool);

/// Does it, compares, and returns a receiver that was made.
fn act((receiver, news): &mut Watcher, act: Act, value: u32, closed: bool) -> Option<Watcher> {
    match act {
        Act::Changed => {
            let changed = match poll_once(pin!(receiver.changed())) {
                Poll::Ready(changed) => Some(changed.is_ok()),
                Poll::Pending => None,
            };
            let end = closed.then_some(false);
            assert_eq!(changed, mem::take(news).then_some(true).or(end));
        }
        Act::Update => {
            let seen = receiver.borrow_and_update();
            assert_eq!((*seen, seen.has_changed()), (value, mem::take(news)));
        }
        Act::MarkChanged => {
            receiver.mark_changed();
            *news = true;
        }
        Act::MarkUnchanged => {
            receiver.mark_unchanged();
            *news = false;
        }
        Act::Clone => return Some((receiver.clone(), *news)),
    }
    None
}

proptest! {
    #[test]
    fn a_channel_is_a_value_and_who_has_seen_it(steps in steps()) {
        let (sender, receiver) = channel(0);
        let mut sender = Some(sender);
        let mut watchers = vec![Some((receiver, false))];
        let mut value = 0;
        for step in steps {
            let live = watchers.iter().flatten().count();
            match (step, &sender) {
                (Step::Send, Some(sender)) => {
                    prop_assert_eq!(sender.send(value + 1).is_ok(), live > 0);
                    value += u32::from(live > 0);
                    watchers.iter_mut().flatten().for_each(|(_, news)| *news = true);
                }
                (Step::Silent, Some(sender)) => {
                    value += 1;
                    sender.send_if_modified(|current| { *current += 1; false });
                }
                (Step::Subscribe, Some(sender)) => watchers.push(Some((sender.subscribe(), false))),
                (Step::Close, _) => sender = None,
                (Step::Leave(which), _) => drop(watchers.get_mut(which).map(Option::take)),
                (Step::At(which, what), _) => if let Some(Some(watcher)) = watchers.get_mut(which) {
                    let made = act(watcher, what, value, sender.is_none());
                    watchers.extend(made.map(Some));
                },
                (_, None) => {}
            }
            for (receiver, news) in watchers.iter().flatten() {
                let seen = receiver.borrow();
                prop_assert_eq!((*seen, seen.has_changed()), (value, *news));
                prop_assert_eq!(receiver.has_changed().ok(), sender.is_some().then_some(*news));
            }
            if let Some(sender) = &sender {
                prop_assert_eq!(sender.receiver_count(), watchers.iter().flatten().count());
            }
        }
    }
}
