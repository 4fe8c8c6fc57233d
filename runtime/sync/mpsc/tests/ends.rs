//! Counting ends, and what is left behind when one goes.

use std::sync::Arc;
use std::thread;

use super::*;

#[test]
fn weak_senders_do_not_count() {
    let (sender, mut receiver) = channel(2);
    let weak = sender.downgrade();
    let second = weak.clone();
    assert_eq!((sender.strong_count(), sender.weak_count()), (1, 2));
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.same_channel(&sender));
    assert_eq!(receiver.sender_strong_count(), 2);
    drop(second);
    assert_eq!(receiver.sender_weak_count(), 1);
    upgraded.try_send(1).unwrap();
    drop((sender, upgraded));
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!(now(receiver.recv()), None);
}

#[test]
fn an_owned_permit_counts_as_a_sender() {
    let (sender, mut receiver) = channel(1);
    let permit = now(sender.reserve_owned()).unwrap();
    assert!(!receiver.is_closed());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(permit.send(1));
    assert!(receiver.is_closed());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn the_last_sender_wakes_the_receiver() {
    let (sender, mut receiver) = unbounded_channel::<()>();
    let other = sender.clone();
    let count = Count::new();
    let mut receiving = pin!(receiver.recv());
    assert!(poll(receiving.as_mut(), &count.waker()).is_pending());
    drop(other);
    assert_eq!(count.wakes(), 0);
    drop(sender);
    assert_eq!(count.wakes(), 1);
    assert_eq!(now(receiving), None);
}

#[test]
fn permits_know_their_channel() {
    let (sender, _receiver) = channel::<()>(2);
    let (other, _other_receiver) = channel::<()>(1);
    let one = sender.clone().try_reserve_owned().unwrap();
    let two = now(sender.clone().reserve_owned()).unwrap();
    let third = other.clone().try_reserve_owned().unwrap();
    assert!(one.same_channel(&two) && !one.same_channel(&third));
    assert!(one.same_channel_as_sender(&sender) && !one.same_channel_as_sender(&other));
    assert!(!sender.same_channel(&other));
}

#[test]
fn a_receiver_that_goes_drops_the_messages_and_those_to_come() {
    let message = Arc::new(());
    let (sender, mut receiver) = channel(8);
    let permit = sender.try_reserve().unwrap();
    for _ in 0..4 {
        sender.try_send(message.clone()).unwrap();
    }
    receiver.try_recv().unwrap();
    sender.try_send(message.clone()).unwrap();
    assert_eq!(Arc::strong_count(&message), 5);
    drop(receiver);
    assert_eq!(Arc::strong_count(&message), 1);
    permit.send(message.clone());
    assert_eq!(Arc::strong_count(&message), 1);
    assert_eq!(sender.capacity(), 8);
}

#[test]
fn closed_ends_with_the_receiver() {
    let (sender, mut receiver) = channel::<()>(1);
    let count = Count::new();
    let mut first = pin!(sender.closed());
    let mut second = Box::pin(sender.closed());
    assert!(is_pending(first.as_mut()));
    assert!(is_pending(second.as_mut()));
    assert!(poll(first.as_mut(), &count.waker()).is_pending());
    drop(second);
    receiver.close();
    assert_eq!(count.wakes(), 1);
    now(first);
    now(sender.closed());
    assert!(sender.is_closed() && receiver.is_closed());
}

#[test]
fn r30_no_waker_is_left_behind() {
    let (sender, mut receiver) = channel(1);
    let count = Count::new();
    let waker = count.waker();
    let kept = Arc::strong_count(&count);
    {
        let mut receiving = pin!(receiver.recv());
        assert!(poll(receiving.as_mut(), &waker).is_pending());
    }
    assert_eq!(Arc::strong_count(&count), kept, "recv");
    {
        let mut buffer = Vec::new();
        let mut receiving = pin!(receiver.recv_many(&mut buffer, 2));
        assert!(poll(receiving.as_mut(), &waker).is_pending());
    }
    assert_eq!(Arc::strong_count(&count), kept, "recv_many");
    sender.try_send(1).unwrap();
    {
        let mut sending = pin!(sender.send(2));
        assert!(poll(sending.as_mut(), &waker).is_pending());
        let mut closed = pin!(sender.closed());
        assert!(poll(closed.as_mut(), &waker).is_pending());
    }
    assert_eq!(Arc::strong_count(&count), kept, "send and closed");
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(receiver.poll_recv(&mut cx).is_ready());
    assert!(receiver.poll_recv(&mut cx).is_pending());
    drop(receiver);
    assert_eq!(Arc::strong_count(&count), kept, "poll_recv");
}

#[test]
fn r38_a_long_backlog_is_dropped_message_by_message() {
    let message = Arc::new(());
    let (sender, mut receiver) = unbounded_channel();
    for _ in 0..100_000 {
        sender.send(message.clone()).unwrap();
    }
    for _ in 0..1_000 {
        receiver.try_recv().unwrap();
    }
    for _ in 0..1_000 {
        sender.send(message.clone()).unwrap();
    }
    assert_eq!(receiver.len(), 100_000);
    drop(receiver);
    assert_eq!(Arc::strong_count(&message), 1);
    assert!(sender.send(message.clone()).is_err());
    assert_eq!(Arc::strong_count(&message), 1);
}

#[test]
fn r38_a_closed_channel_does_not_open_again() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    receiver.close();
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));
    let late = sender.clone();
    assert!(late.is_closed() && sender.downgrade().upgrade().unwrap().is_closed());
    assert_eq!(late.try_send(2), Err(TrySendError::Closed(2)));
    assert_eq!(now(late.send(2)), Err(SendError(2)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn threads_block_on_both_ends() {
    let (sender, mut receiver) = channel(2);
    let sending = thread::spawn(move || {
        for number in 0..1_000 {
            sender.blocking_send(number).unwrap();
        }
    });
    for number in 0..500 {
        assert_eq!(receiver.blocking_recv(), Some(number));
    }
    let mut buffer = Vec::new();
    while receiver.blocking_recv_many(&mut buffer, 7) > 0 {}
    assert!(buffer.iter().copied().eq(500..1_000));
    sending.join().unwrap();
    assert_eq!(receiver.blocking_recv(), None);
}
