//! Permits: who gets them, who waits, and that none is lost or made.

use super::*;
use crate::sync::mpsc::backlog::Backlog;

#[test]
fn first_come_first_served() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(0).unwrap();
    let counts = [Count::new(), Count::new()];
    let mut first = pin!(sender.send(1));
    let mut second = pin!(sender.send(2));
    assert!(poll(first.as_mut(), &counts[0].waker()).is_pending());
    assert!(poll(second.as_mut(), &counts[1].waker()).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((counts[0].wakes(), counts[1].wakes()), (1, 0));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert!(poll(second.as_mut(), &counts[1].waker()).is_pending());
    assert_eq!(now(first.as_mut()), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(now(second.as_mut()), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(sender.capacity(), 1);
}

#[test]
fn who_asks_for_much_is_not_overtaken() {
    let (sender, mut receiver) = channel(3);
    for number in 0..3 {
        sender.try_send(number).unwrap();
    }
    let mut many = pin!(sender.reserve_many(2));
    let mut one = pin!(sender.reserve());
    assert!(is_pending(many.as_mut()));
    assert!(is_pending(one.as_mut()));
    receiver.try_recv().unwrap();
    assert!(is_pending(many.as_mut()));
    assert!(is_pending(one.as_mut()));
    receiver.try_recv().unwrap();
    let mut permits = now(many.as_mut()).unwrap();
    assert_eq!(permits.len(), 2);
    assert!(is_pending(one.as_mut()));
    drop(permits.next());
    let permit = now(one.as_mut()).unwrap();
    permit.send(4);
    drop(permits);
    assert_eq!(sender.capacity(), 1);
}

#[test]
fn more_than_the_capacity_is_refused() {
    let (sender, receiver) = channel::<()>(2);
    assert!(now(sender.reserve_many(3)).is_err());
    assert!(matches!(
        sender.try_reserve_many(3),
        Err(TrySendError::Full(()))
    ));
    assert_eq!(now(sender.reserve_many(0)).unwrap().count(), 0);
    let all = sender.try_reserve_many(2).unwrap();
    assert_eq!(now(sender.reserve_many(0)).unwrap().len(), 0);
    drop((all, receiver));
    assert!(now(sender.reserve_many(0)).is_err());
}

#[test]
#[should_panic(expected = "mpsc bounded channel requires buffer > 0")]
fn a_channel_without_room_is_refused() {
    channel::<()>(0);
}

#[test]
#[should_panic(expected = "MAX_PERMITS")]
fn a_channel_with_too_much_room_is_refused() {
    channel::<()>(crate::sync::Semaphore::MAX_PERMITS + 1);
}

#[test]
fn the_largest_channel_counts() {
    let most = crate::sync::Semaphore::MAX_PERMITS;
    let (sender, mut receiver) = channel(most);
    sender.try_send(1).unwrap();
    assert_eq!(sender.capacity(), most - 1);
    let all = sender.try_reserve_many(most - 1).unwrap();
    assert_eq!(sender.capacity(), 0);
    assert_eq!(receiver.try_recv(), Ok(1));
    drop(all);
    assert_eq!(receiver.capacity(), most);
}

#[test]
fn r35_messages_cross_the_bounds_of_chunks() {
    let chunk = Backlog::<usize>::CHUNK;
    for count in [chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1] {
        let (sender, mut receiver) = unbounded_channel();
        for round in 0..3 {
            for number in 0..count {
                sender.send(number).unwrap();
                assert_eq!(receiver.len(), number + 1, "in round {round}");
            }
            for number in 0..count {
                assert_eq!(receiver.len(), count - number);
                assert_eq!(receiver.try_recv(), Ok(number));
            }
            assert!(receiver.is_empty());
        }
    }
}

#[test]
fn r35_length_counts_both_parts() {
    let (sender, mut receiver) = unbounded_channel();
    let mut next = 0;
    let mut sent = 0;
    // Each round leaves a part with the receiver and a part in the channel.
    for round in 1..40 {
        for _ in 0..round {
            sender.send(sent).unwrap();
            sent += 1;
        }
        for _ in 0..round / 2 {
            assert_eq!(receiver.try_recv(), Ok(next));
            next += 1;
            assert_eq!(receiver.len(), sent - next);
        }
    }
    let mut rest = Vec::new();
    while next < sent {
        let count = now(receiver.recv_many(&mut rest, 7));
        next += count;
        assert_eq!(receiver.len(), sent - next);
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn r35_room_is_there_as_soon_as_a_message_is_out() {
    let (sender, mut receiver) = channel(4);
    for number in 0..100 {
        for step in 0..4 {
            assert_eq!(sender.capacity(), 4 - step);
            sender.try_send(number).unwrap();
        }
        assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
        for step in 0..4 {
            assert_eq!(receiver.capacity(), step);
            assert_eq!(receiver.try_recv(), Ok(number));
        }
    }
}

#[test]
fn r35_a_closed_channel_waits_for_its_permits() {
    let (sender, mut receiver) = channel(3);
    let permit = sender.try_reserve().unwrap();
    let owned = sender.clone().try_reserve_owned().unwrap();
    receiver.close();
    assert_eq!(sender.try_send(1), Err(TrySendError::Closed(1)));
    assert!(sender.try_reserve().is_err());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let count = Count::new();
    {
        let mut receiving = pin!(receiver.recv());
        assert!(poll(receiving.as_mut(), &count.waker()).is_pending());
        permit.send(7);
        assert_eq!(count.wakes(), 1);
        assert_eq!(now(receiving), Some(7));
    }
    {
        let mut receiving = pin!(receiver.recv());
        assert!(poll(receiving.as_mut(), &count.waker()).is_pending());
        drop(owned);
        assert_eq!(count.wakes(), 2, "the last permit is back");
        assert_eq!(now(receiving), None);
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn r35_only_the_last_permit_of_a_closed_channel_wakes() {
    let (sender, mut receiver) = channel::<()>(4);
    let mut permits = sender.try_reserve_many(3).unwrap();
    receiver.close();
    let count = Count::new();
    let mut receiving = pin!(receiver.recv());
    assert!(poll(receiving.as_mut(), &count.waker()).is_pending());
    drop(permits.next());
    assert_eq!(count.wakes(), 0);
    drop(permits);
    assert_eq!(count.wakes(), 1);
    assert_eq!(now(receiving), None);
}

#[test]
fn r35_a_permit_is_given_back_once() {
    let (sender, mut receiver) = channel(4);
    let sender = sender.try_reserve_owned().unwrap().release();
    assert_eq!(sender.capacity(), 4);
    let sender = sender.try_reserve_owned().unwrap().send(1);
    assert_eq!(sender.capacity(), 3);
    drop(sender.clone().try_reserve_owned().unwrap());
    assert_eq!(sender.capacity(), 3);
    let mut permits = sender.try_reserve_many(3).unwrap();
    permits.next().unwrap().send(2);
    drop(permits.next());
    assert_eq!(sender.capacity(), 1);
    drop(permits);
    assert_eq!(sender.capacity(), 2);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(sender.capacity(), 4);
}

#[test]
fn a_waiter_that_goes_gives_its_part_to_the_next() {
    let (sender, receiver) = channel::<()>(3);
    let held = sender.try_reserve_many(2).unwrap();
    let count = Count::new();
    let mut one = pin!(sender.reserve());
    {
        // It has one, and lacks one.
        let mut many = Box::pin(sender.reserve_many(2));
        assert!(is_pending(many.as_mut()));
        assert_eq!(receiver.capacity(), 0);
        assert!(poll(one.as_mut(), &count.waker()).is_pending());
    }
    assert_eq!(count.wakes(), 1);
    drop(now(one).unwrap());
    drop(held);
    assert_eq!(receiver.capacity(), 3);
}

#[test]
fn a_waiter_that_was_granted_and_goes_passes_it_on() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(0).unwrap();
    let count = Count::new();
    let mut second = pin!(sender.send(2));
    let mut first = Box::pin(sender.send(1));
    assert!(is_pending(first.as_mut()));
    assert!(poll(second.as_mut(), &count.waker()).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    drop(first);
    assert_eq!(count.wakes(), 1);
    assert_eq!(now(second), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(sender.capacity(), 1);
}

#[test]
fn a_close_refuses_those_who_wait_and_those_who_were_granted() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(0).unwrap();
    let mut granted = pin!(sender.send(1));
    let mut queued = Box::pin(sender.send(2));
    let mut dropped = Box::pin(sender.send(3));
    assert!(is_pending(granted.as_mut()));
    assert!(is_pending(queued.as_mut()));
    assert!(is_pending(dropped.as_mut()));
    assert_eq!(receiver.try_recv(), Ok(0));
    receiver.close();
    drop(dropped);
    // The granted one still has its permit: it could be about to send.
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(now(queued.as_mut()), Err(SendError(2)));
    assert_eq!(now(granted.as_mut()), Err(SendError(1)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.capacity(), 1);
}

#[test]
fn a_waiter_with_a_part_that_is_refused_ends_the_channel() {
    let (sender, mut receiver) = channel::<()>(2);
    let held = sender.try_reserve().unwrap();
    let mut many = Box::pin(sender.reserve_many(2));
    assert!(is_pending(many.as_mut()));
    receiver.close();
    drop(held);
    let count = Count::new();
    let mut receiving = pin!(receiver.recv());
    assert!(poll(receiving.as_mut(), &count.waker()).is_pending());
    // Refused, it gives back what it had, though its future lives on.
    assert!(now(many.as_mut()).is_err());
    assert_eq!(count.wakes(), 1);
    assert_eq!(now(receiving), None);
}
