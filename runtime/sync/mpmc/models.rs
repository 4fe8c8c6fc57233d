//! Messages under all interleavings: each is received once, and nobody waits beside one.

use std::pin::pin;
use std::task::{Context, Waker};

use super::channel::{Channel, NoMessage};
use crate::primitives::{Arc, thread};
use crate::sync::waiters::Node;
use crate::sync::waiters::modelled::{check, wait};

fn receive(channel: &Channel<u32>) -> Option<u32> {
    wait((), |node, cx| channel.poll_take(node, cx))
}

/// Polls once without being woken, and leaves.
fn peek(channel: &Channel<u32>) -> Option<u32> {
    let mut node = pin!(Node::new(()));
    let mut cx = Context::from_waker(Waker::noop());
    let polled = channel.poll_take(node.as_mut(), &mut cx);
    channel.leave(node);
    match polled {
        std::task::Poll::Ready(message) => message,
        std::task::Poll::Pending => None,
    }
}

#[test]
fn two_receive_two_messages() {
    check(2, || {
        let channel = Arc::new(Channel::new(None));
        let theirs = channel.clone();
        let other = thread::spawn(move || receive(&theirs).unwrap());
        channel.push(1).unwrap();
        channel.push(2).unwrap();
        let mine = receive(&channel).unwrap();
        assert_eq!(mine + other.join().unwrap(), 3);
    });
}

#[test]
fn who_leaves_passes_its_message_on() {
    check(2, || {
        let channel = Arc::new(Channel::new(None));
        let (theirs, sender) = (channel.clone(), channel.clone());
        let leaver = thread::spawn(move || peek(&theirs));
        let sender = thread::spawn(move || sender.push(1).unwrap());
        sender.join().unwrap();
        match leaver.join().unwrap() {
            Some(message) => assert_eq!(message, 1),
            None => assert_eq!(receive(&channel), Some(1)),
        }
        assert_eq!(channel.try_take(), Err(NoMessage::Yet));
    });
}

#[test]
fn a_close_against_a_send_and_a_receive() {
    check(2, || {
        let channel = Arc::new(Channel::new(None));
        let (theirs, sender) = (channel.clone(), channel.clone());
        let receiver = thread::spawn(move || receive(&theirs));
        let sender = thread::spawn(move || sender.push(1).is_ok());
        channel.close();
        let sent = sender.join().unwrap();
        let received = receiver.join().unwrap();
        let left = channel.try_take().ok();
        assert_eq!(received.or(left), sent.then_some(1));
    });
}
