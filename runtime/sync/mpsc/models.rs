//! Channels under all interleavings: each message arrives once or comes back, no wake is lost, and
//! in the end all room is free.
//!
//! A lost wake is a deadlock, a channel that is not freed a leak: loom reports both.

use std::pin::pin;
use std::task::{Context, Waker};

use super::error::TryRecvError;
use super::*;
use crate::primitives::thread;
use crate::sync::waiters::modelled::{block_on, check};

/// A message whose copies can be counted from outside.
type Message = std::sync::Arc<()>;

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    future
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

#[test]
fn two_send_and_go() {
    check(3, || {
        let (sender, mut receiver) = unbounded_channel();
        let other = sender.clone();
        let one = thread::spawn(move || sender.send(1).is_ok());
        let two = thread::spawn(move || other.send(2).is_ok());
        let mut sum = 0;
        while let Some(number) = block_on(receiver.recv()) {
            sum += number;
        }
        assert_eq!(sum, 3);
        assert!(one.join().unwrap() && two.join().unwrap());
    });
}

#[test]
fn a_sender_waits_for_room() {
    check(3, || {
        let (sender, mut receiver) = channel(1);
        let sending = thread::spawn(move || {
            for number in 0..3 {
                block_on(sender.send(number)).unwrap();
            }
        });
        for number in 0..3 {
            assert_eq!(block_on(receiver.recv()), Some(number));
        }
        assert_eq!(block_on(receiver.recv()), None);
        sending.join().unwrap();
        assert_eq!(receiver.capacity(), 1);
    });
}

#[test]
fn two_senders_wait_for_room() {
    check(2, || {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let one = thread::spawn(move || block_on(sender.send(1)).is_ok());
        let two = thread::spawn(move || block_on(other.send(2)).is_ok());
        let mut sum = 0;
        while let Some(number) = block_on(receiver.recv()) {
            sum += number;
        }
        assert_eq!(sum, 3);
        assert!(one.join().unwrap() && two.join().unwrap());
        assert_eq!(receiver.capacity(), 1);
    });
}

#[test]
fn nobody_overtakes_who_waits() {
    check(3, || {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let mut sending = pin!(sender.send(1));
        assert!(!poll_once(sending.as_mut()));
        let tries = thread::spawn(move || other.try_send(2).is_ok());
        assert_eq!(receiver.try_recv(), Ok(0));
        assert!(!tries.join().unwrap(), "the room is another's");
        assert!(poll_once(sending));
    });
}

#[test]
fn one_waits_for_much_and_one_tries() {
    check(2, || {
        let (sender, mut receiver) = channel(2);
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let many = thread::spawn(move || {
            let permits = block_on(sender.reserve_many(2)).unwrap();
            permits.for_each(|permit| permit.send(1));
        });
        let tries = thread::spawn(move || other.try_send(1).is_ok());
        let mut sum = 0;
        while let Some(number) = block_on(receiver.recv()) {
            sum += number;
        }
        many.join().unwrap();
        assert_eq!(sum, 2 + usize::from(tries.join().unwrap()));
        assert_eq!(receiver.capacity(), 2);
    });
}

#[test]
fn a_sender_that_gives_up_passes_its_room_on() {
    check(2, || {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let other = sender.clone();
        let gives_up = thread::spawn(move || {
            let sending = pin!(sender.send(1));
            poll_once(sending)
        });
        let waits = thread::spawn(move || block_on(other.send(2)).is_ok());
        let mut sum = 0;
        while let Some(number) = block_on(receiver.recv()) {
            sum += number;
        }
        assert_eq!(sum, 2 + usize::from(gives_up.join().unwrap()));
        assert!(waits.join().unwrap());
        assert_eq!(receiver.capacity(), 1);
    });
}

#[test]
fn a_close_races_a_sender_that_waits() {
    check(3, || {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let sending = thread::spawn(move || block_on(sender.send(1)).is_ok());
        assert_eq!(receiver.try_recv(), Ok(0));
        receiver.close();
        let received = block_on(receiver.recv());
        let sent = sending.join().unwrap();
        assert_eq!(received.is_some(), sent);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.capacity(), 1);
    });
}

#[test]
fn the_last_permit_of_a_closed_channel_ends_it() {
    check(3, || {
        let (sender, mut receiver) = channel::<u32>(2);
        let kept = sender.clone();
        let permits = thread::spawn(move || {
            if let Ok(permits) = sender.try_reserve_many(2) {
                drop(permits);
            }
        });
        receiver.close();
        assert_eq!(block_on(receiver.recv()), None);
        permits.join().unwrap();
        drop(kept);
    });
}

#[test]
fn a_receiver_that_goes_races_the_senders() {
    check(3, || {
        let message = Message::new(());
        let (sender, mut receiver) = channel(1);
        let (first, second) = (message.clone(), message.clone());
        let sending = thread::spawn(move || {
            let _ = block_on(sender.send(first));
            let _ = block_on(sender.send(second));
            block_on(sender.closed());
            assert_eq!(sender.capacity(), 1);
        });
        drop(receiver.try_recv());
        drop(receiver);
        sending.join().unwrap();
        assert_eq!(Message::strong_count(&message), 1, "a message leaked");
    });
}

#[test]
fn a_receiver_that_goes_ends_closed() {
    check(3, || {
        let (sender, receiver) = unbounded_channel::<()>();
        let closing = thread::spawn(move || drop(receiver));
        block_on(sender.closed());
        assert!(sender.is_closed());
        closing.join().unwrap();
    });
}

#[test]
fn an_upgrade_races_the_last_sender() {
    check(3, || {
        let (sender, mut receiver) = unbounded_channel();
        let weak = sender.downgrade();
        let upgrading = thread::spawn(move || match weak.upgrade() {
            Some(sender) => sender.send(1).is_ok(),
            None => false,
        });
        let going = thread::spawn(move || drop(sender));
        let received = block_on(receiver.recv()).is_some();
        assert_eq!(received, upgrading.join().unwrap());
        going.join().unwrap();
    });
}

#[test]
fn a_receiver_whose_waker_changes_is_woken() {
    check(3, || {
        let (sender, mut receiver) = channel(1);
        let sending = thread::spawn(move || sender.try_send(1).is_ok());
        {
            let receiving = pin!(receiver.recv());
            if poll_once(receiving) {
                assert!(sending.join().unwrap());
                return;
            }
        }
        assert_eq!(block_on(receiver.recv()), Some(1));
        assert!(sending.join().unwrap());
    });
}
