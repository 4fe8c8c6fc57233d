//! Broadcasting under all interleavings: each receiver gets each message, and each is dropped once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::cell::Cell;

use super::error::RecvError;
use super::message::Shared;
use super::{Receiver, Sender, channel};
use crate::primitives::thread;
use crate::sync::waiters::modelled::{check, wait};

type Sent = Arc<()>;

fn recv(receiver: &mut Receiver<Sent>) -> Result<Sent, RecvError> {
    let mut recv = Box::pin(receiver.recv());
    wait((), |_, cx| recv.as_mut().poll(cx))
}

fn poll_once(future: Pin<&mut impl Future>) -> bool {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    matches!(future.poll(&mut cx), Poll::Ready(_))
}

fn model(
    preemptions: usize,
    body: impl Fn(&Sent, Sender<Sent>, Receiver<Sent>) + Send + Sync + 'static,
) {
    check(preemptions, move || {
        let message = Sent::new(());
        let (sender, receiver) = channel(2);
        body(&message, sender, receiver);
        assert_eq!(Arc::strong_count(&message), 1, "a message leaked");
    });
}

#[test]
fn a_message_and_the_end_reach_a_receiver_that_waits() {
    model(4, |message, sender, mut receiver| {
        let sent = message.clone();
        let sending = thread::spawn(move || {
            sender.send(sent).unwrap();
        });
        drop(recv(&mut receiver).unwrap());
        assert!(matches!(recv(&mut receiver), Err(RecvError::Closed)));
        sending.join().unwrap();
    });
}

#[test]
fn two_receivers_get_one_message() {
    model(2, |message, sender, mut one| {
        let mut other = sender.subscribe();
        let theirs = thread::spawn(move || drop(recv(&mut other).unwrap()));
        sender.send(message.clone()).unwrap();
        drop(recv(&mut one).unwrap());
        theirs.join().unwrap();
        assert!(sender.is_empty());
        assert_eq!(Arc::strong_count(message), 1, "the last one dropped it");
    });
}

#[test]
fn a_receiver_that_goes_leaves_the_others_their_messages() {
    model(2, |message, sender, mut stays| {
        let mut goes = sender.subscribe();
        let theirs = thread::spawn(move || {
            let mut waiting = Box::pin(goes.recv());
            let _ = poll_once(waiting.as_mut());
        });
        sender.send(message.clone()).unwrap();
        sender.send(message.clone()).unwrap();
        drop(recv(&mut stays).unwrap());
        theirs.join().unwrap();
        assert_eq!(sender.len(), 1);
        drop(recv(&mut stays).unwrap());
        assert!(sender.is_empty());
    });
}

#[test]
fn the_last_receiver_to_go_ends_closed() {
    model(3, |message, sender, receiver| {
        let other = sender.subscribe();
        sender.send(message.clone()).unwrap();
        let one = thread::spawn(move || drop(receiver));
        let two = thread::spawn(move || drop(other));
        let mut closed = Box::pin(sender.closed());
        wait((), |_, cx| closed.as_mut().poll(cx));
        drop(closed);
        assert!(sender.send(message.clone()).is_err());
        one.join().unwrap();
        two.join().unwrap();
    });
}

/// A value that is not `Sync`, and tells on who clones it beside another.
struct Touchy(Cell<u32>);

impl Clone for Touchy {
    fn clone(&self) -> Self {
        self.0.set(self.0.get() + 1);
        Self(Cell::new(0))
    }
}

/// BM1: three clones of one message; what one writes in passing the next one sees.
#[test]
fn one_thread_at_a_time_clones_a_message() {
    check(2, || {
        let message = Arc::new(Shared::new(Touchy(Cell::new(0))));
        let others = [(), ()].map(|()| {
            let message = message.clone();
            thread::spawn(move || drop(message.clone_value()))
        });
        drop(message.clone_value());
        for other in others {
            other.join().unwrap();
        }
        let message = Arc::into_inner(message).expect("the others are done");
        assert_eq!(message.into_inner().0.get(), 3);
    });
}
