//! What the ends do in order: the public face, waiters in every state, and a plain ring beside it.
//! Hostile messages are in `hostile`, interleavings in the models.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::error::{RecvError, SendError, TryRecvError};
use super::*;
use crate::sync::testing::*;

mod hostile;

#[test]
fn r22_auto_traits() {
    type OnlySend = Cell<u8>;
    type Neither = Rc<u8>;
    assert!(implements!(Sender<OnlySend>: Send) && implements!(Sender<OnlySend>: Sync));
    assert!(implements!(Receiver<OnlySend>: Send) && implements!(Receiver<OnlySend>: Sync));
    assert!(implements!(WeakSender<OnlySend>: Send) && implements!(WeakSender<OnlySend>: Sync));
    assert!(implements!(Recv<'_, OnlySend>: Send) && implements!(Recv<'_, OnlySend>: Sync));
    assert!(implements!(Closed<'_, OnlySend>: Send) && implements!(Closed<'_, OnlySend>: Sync));
    assert!(!implements!(Sender<Neither>: Send) && !implements!(Sender<Neither>: Sync));
    assert!(!implements!(Receiver<Neither>: Send) && !implements!(Receiver<Neither>: Sync));
    assert!(!implements!(WeakSender<Neither>: Send) && !implements!(WeakSender<Neither>: Sync));
    assert!(!implements!(Recv<'_, Neither>: Send) && !implements!(Recv<'_, Neither>: Sync));
    assert!(implements!(Receiver<OnlySend>: Unpin) && !implements!(Recv<'_, u8>: Unpin));
}

#[test]
fn errors_and_ends_say_what_tokio_says() {
    let (sender, receiver) = channel::<u8>(1);
    assert_eq!(format!("{sender:?}"), "broadcast::Sender");
    assert_eq!(format!("{receiver:?}"), "broadcast::Receiver");
    assert_eq!(format!("{:?}", sender.downgrade()), "broadcast::WeakSender");
    drop(receiver);
    let refused = sender.send(3).unwrap_err();
    assert_eq!(format!("{refused:?}"), "SendError(3)");
    assert_eq!(refused.to_string(), "channel closed");
    assert_eq!(RecvError::Closed.to_string(), "channel closed");
    assert_eq!(RecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    assert_eq!(TryRecvError::Lagged(1).to_string(), "channel lagged by 1");
}

#[test]
fn a_capacity_of_none_or_too_many_panics() {
    let text = |capacity| {
        let made = catch_unwind(|| channel::<u8>(capacity)).unwrap_err();
        *made.downcast::<&str>().unwrap()
    };
    assert_eq!(text(0), "broadcast channel capacity cannot be zero");
    assert_eq!(
        text(usize::MAX / 2 + 1),
        "broadcast channel capacity exceeded `usize::MAX / 2`"
    );
}

#[test]
fn capacities_are_rounded_up_to_a_power_of_two() {
    for (asked, kept) in [(1, 1), (2, 2), (3, 4), (5, 8), (8, 8), (9, 16)] {
        let (sender, mut receiver) = channel(asked);
        for number in 0..kept {
            sender.send(number).unwrap();
        }
        assert_eq!(receiver.try_recv(), Ok(0), "{asked}");
        sender.send(kept).unwrap();
        sender.send(kept + 1).unwrap();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(1)), "{asked}");
        assert_eq!(receiver.try_recv(), Ok(2), "{asked}");
    }
}

#[test]
fn r29_r30_the_last_waker_is_woken_and_none_is_kept() {
    let (sender, mut receiver) = channel(4);
    let (first, last) = (Count::new(), Count::new());
    {
        let mut recv = pin!(receiver.recv());
        assert!(poll(recv.as_mut(), &first.waker()).is_pending());
        assert!(poll(recv.as_mut(), &last.waker()).is_pending());
        assert_eq!(Arc::strong_count(&first), 1);
        sender.send(1).unwrap();
        assert_eq!((first.wakes(), last.wakes()), (0, 1));
        assert_eq!(poll_once(recv.as_mut()), Poll::Ready(Ok(1)));
    }
    assert_eq!(Arc::strong_count(&last), 1);
}

#[test]
fn r30_a_dropped_wait_keeps_no_waker() {
    let (sender, mut receiver) = channel::<u8>(4);
    let wakes = Count::new();
    {
        let (mut recv, mut closed) = (pin!(receiver.recv()), pin!(sender.closed()));
        assert!(poll(recv.as_mut(), &wakes.waker()).is_pending());
        assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
    }
    assert_eq!(Arc::strong_count(&wakes), 1);
    sender.send(1).unwrap();
    drop(receiver);
    assert_eq!(wakes.wakes(), 0);
}

#[test]
fn r31_a_waiter_that_goes_takes_nothing_along() {
    // Queued, and called but not polled.
    for called in [false, true] {
        let (sender, mut goes) = channel(4);
        let mut stays = sender.subscribe();
        let wakes = Count::new();
        let mut waits = Box::pin(stays.recv());
        assert!(poll(waits.as_mut(), &wakes.waker()).is_pending());
        {
            let mut recv = pin!(goes.recv());
            assert!(poll_once(recv.as_mut()).is_pending());
            if called {
                sender.send(1).unwrap();
            }
        }
        if !called {
            sender.send(1).unwrap();
        }
        assert_eq!(wakes.wakes(), 1);
        assert_eq!(poll_once(waits.as_mut()), Poll::Ready(Ok(1)));
        assert_eq!(goes.try_recv(), Ok(1), "cancelled, and not received");
    }
}

#[test]
fn the_end_comes_after_what_was_sent() {
    let (sender, mut receiver) = channel(4);
    let wakes = Count::new();
    let other = sender.clone();
    let weak = sender.downgrade();
    sender.send(1).unwrap();
    drop(sender);
    assert!(!receiver.is_closed());
    assert_eq!(receiver.try_recv(), Ok(1));
    {
        let mut recv = pin!(receiver.recv());
        assert!(poll(recv.as_mut(), &wakes.waker()).is_pending());
        other.send(2).unwrap();
        drop(other);
        assert_eq!(poll_once(recv.as_mut()), Poll::Ready(Ok(2)));
        assert_eq!(
            poll_once(recv.as_mut()),
            Poll::Ready(Err(RecvError::Closed))
        );
    }
    assert!(receiver.is_closed() && weak.upgrade().is_none());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(receiver.resubscribe().try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn counts_of_senders() {
    let (sender, receiver) = channel::<u8>(4);
    let (weak, other) = (sender.downgrade(), sender.clone());
    let again = weak.upgrade().unwrap();
    let weaker = weak.clone();
    assert_eq!((weak.strong_count(), weak.weak_count()), (3, 2));
    drop((sender, weaker));
    assert_eq!((other.strong_count(), other.weak_count()), (2, 1));
    drop((other, again));
    assert_eq!(receiver.sender_strong_count(), 0);
    assert_eq!(receiver.sender_weak_count(), 1);
    drop(weak);
    assert_eq!(receiver.sender_weak_count(), 0);
}

#[test]
fn r38_closed_and_reopened_by_a_subscription() {
    let sender = Sender::new(2);
    assert!(poll_once(pin!(sender.closed())).is_ready());
    assert!(matches!(sender.send(1), Err(SendError(1))));
    let mut receiver = sender.subscribe();
    let wakes = Count::new();
    {
        let mut closed = pin!(sender.closed());
        assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
        sender.send(2).unwrap();
        assert_eq!(receiver.try_recv(), Ok(2));
        drop(receiver);
        assert_eq!(wakes.wakes(), 1);
        // Open again before it gets to look: it waits on, and misses no later end.
        receiver = sender.subscribe();
        assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        drop(receiver);
        assert_eq!(wakes.wakes(), 2);
        assert!(poll(closed.as_mut(), &wakes.waker()).is_ready());
    }
    assert!(sender.send(3).is_err());
}

#[test]
fn r38_a_large_backlog_goes_with_its_receiver() {
    let message = Arc::new(());
    let (sender, receiver) = channel(1 << 17);
    let mut slow = sender.subscribe();
    for _ in 0..100_000 {
        sender.send(message.clone()).unwrap();
    }
    drop(receiver);
    assert_eq!(
        (sender.len(), Arc::strong_count(&message)),
        (100_000, 100_001)
    );
    slow.try_recv().unwrap();
    drop(slow);
    assert_eq!((sender.len(), Arc::strong_count(&message)), (0, 1));
}

#[test]
fn r40_a_forgotten_wait_keeps_nobody_else_waiting() {
    let (sender, mut receiver) = channel(4);
    let forgets = Box::leak(Box::new(sender.subscribe()));
    let mut recv = Box::pin(forgets.recv());
    assert!(poll_once(recv.as_mut()).is_pending());
    mem::forget(recv);
    sender.send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(sender.len(), 1, "one is still to see it");
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn r37_receiving_costs_budget() {
    let (sender, mut receiver) = channel(4);
    sender.send(1).unwrap();
    let wakes = Count::new();
    {
        let _spent = no_budget();
        let mut recv = pin!(receiver.recv());
        assert!(poll(recv.as_mut(), &wakes.waker()).is_pending());
        assert_eq!(wakes.wakes(), 1, "it comes back with a fresh budget");
    }
    assert_eq!(receiver.try_recv(), Ok(1));
}

#[test]
fn threads_receive_all_and_in_order() {
    let (sender, receiver) = channel(1024);
    let receivers: Vec<_> = (0..3).map(|_| receiver.resubscribe()).collect();
    drop(receiver);
    let threads: Vec<_> = receivers
        .into_iter()
        .map(|mut receiver| {
            thread::spawn(move || {
                let mut seen = Vec::new();
                while let Ok(number) = receiver.blocking_recv() {
                    seen.push(number);
                }
                seen
            })
        })
        .collect();
    for number in 0..1000 {
        sender.send(number).unwrap();
    }
    drop(sender);
    for thread in threads {
        assert!(thread.join().unwrap().into_iter().eq(0..1000));
    }
}

/// What a channel must do: a ring with cursors.
struct Plain {
    capacity: usize,
    sent: Vec<u32>,
    cursors: Vec<Option<usize>>,
    closed: bool,
}

impl Plain {
    fn receive(&mut self, receiver: usize) -> Option<Result<u32, TryRecvError>> {
        let cursor = self.cursors[receiver].as_mut()?;
        let oldest = self.sent.len().saturating_sub(self.capacity);
        Some(if *cursor < oldest {
            let lost = oldest - mem::replace(cursor, oldest);
            Err(TryRecvError::Lagged(lost as u64))
        } else if *cursor < self.sent.len() {
            *cursor += 1;
            Ok(self.sent[*cursor - 1])
        } else if self.closed {
            Err(TryRecvError::Closed)
        } else {
            Err(TryRecvError::Empty)
        })
    }

    fn live(&self) -> usize {
        self.cursors.iter().flatten().count()
    }

    fn len(&self) -> usize {
        let slowest = self.cursors.iter().flatten().min();
        let unseen = slowest.map_or(0, |slowest| self.sent.len() - slowest);
        unseen.min(self.capacity)
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    Receive(usize),
    Subscribe,
    Resubscribe(usize),
    Leave(usize),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Send),
        6 => (0..4_usize).prop_map(Step::Receive),
        1 => Just(Step::Subscribe),
        1 => (0..4_usize).prop_map(Step::Resubscribe),
        1 => (0..4_usize).prop_map(Step::Leave),
        1 => Just(Step::Close),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn a_channel_is_a_ring_with_cursors(capacity in 1..6_usize, steps in steps()) {
        let (sender, receiver) = channel(capacity);
        let mut sender = Some(sender);
        let mut receivers = vec![Some(receiver)];
        let mut plain = Plain {
            capacity: capacity.next_power_of_two(),
            sent: Vec::new(),
            cursors: vec![Some(0)],
            closed: false,
        };
        let mut numbers: VecDeque<u32> = (0..).take(60).collect();
        for step in steps {
            match step {
                Step::Send => if let Some(sender) = &sender {
                    let number = numbers.pop_front().unwrap();
                    let sent = sender.send(number).ok();
                    prop_assert_eq!(sent, Some(plain.live()).filter(|live| *live > 0));
                    if sent.is_some() {
                        plain.sent.push(number);
                    }
                },
                Step::Receive(which) => if let Some(Some(receiver)) = receivers.get_mut(which) {
                    prop_assert_eq!(Some(receiver.try_recv()), plain.receive(which));
                },
                Step::Subscribe => if let Some(sender) = &sender {
                    receivers.push(Some(sender.subscribe()));
                    plain.cursors.push(Some(plain.sent.len()));
                },
                Step::Resubscribe(which) => if let Some(Some(receiver)) = receivers.get(which) {
                    receivers.push(Some(receiver.resubscribe()));
                    plain.cursors.push(Some(plain.sent.len()));
                },
                Step::Leave(which) => if which < receivers.len() {
                    receivers[which] = None;
                    plain.cursors[which] = None;
                },
                Step::Close => {
                    sender = None;
                    plain.closed = true;
                },
            }
            if let Some(sender) = &sender {
                prop_assert_eq!(sender.len(), plain.len());
                prop_assert_eq!(sender.is_empty(), plain.len() == 0);
                prop_assert_eq!(sender.receiver_count(), plain.live());
            }
            for (receiver, cursor) in receivers.iter().zip(&plain.cursors) {
                let unread = cursor.map(|cursor| plain.sent.len() - cursor);
                prop_assert_eq!(receiver.as_ref().map(Receiver::len), unread);
            }
        }
    }
}
