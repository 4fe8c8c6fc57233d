//! Models: every interleaving of two ends, with a message whose drops are counted.
//!
//! The channel itself reports a leak (it is tracked), and each access to a slot that is not
//! ordered before the one that frees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize as Count;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake, Waker};

use loom::thread;

use super::{Receiver, Sender, channel};

/// Counts wakes; `Arc::strong_count` tells whether a clone is still kept somewhere.
#[derive(Default)]
struct Wakes(Count);

impl Wake for Wakes {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn counter() -> (std::sync::Arc<Wakes>, Waker) {
    let wakes = std::sync::Arc::new(Wakes::default());
    (wakes.clone(), Waker::from(wakes))
}

/// A message whose copies can be counted from outside.
type Message = std::sync::Arc<()>;

fn poll<T>(receiver: &mut Receiver<T>, waker: &Waker) -> Poll<Result<T, super::error::RecvError>> {
    Pin::new(receiver).poll(&mut Context::from_waker(waker))
}

fn model(body: impl Fn(Message, Sender<Message>, Receiver<Message>) + Send + Sync + 'static) {
    loom::model(move || {
        let message = Message::new(());
        let (sender, receiver) = channel();
        body(message.clone(), sender, receiver);
        assert_eq!(Message::strong_count(&message), 1, "a message leaked");
    });
}

#[test]
fn send_reaches_a_receiver_that_waits() {
    model(|message, sender, mut receiver| {
        let (wakes, waker) = counter();
        let sending = thread::spawn(move || sender.send(message).is_ok());
        let first = poll(&mut receiver, &waker);
        assert!(sending.join().unwrap());
        match first {
            Poll::Ready(outcome) => assert!(outcome.is_ok()),
            Poll::Pending => {
                assert_eq!(wakes.0.load(SeqCst), 1, "a lost wake");
                assert!(matches!(poll(&mut receiver, &waker), Poll::Ready(Ok(_))));
            }
        }
        drop((receiver, waker));
        assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "a waker leaked");
    });
}

#[test]
fn a_second_poll_races_the_send() {
    model(|message, sender, mut receiver| {
        let (wakes, waker) = counter();
        let first = poll(&mut receiver, &waker);
        assert!(first.is_pending());
        let sending = thread::spawn(move || sender.send(message).is_ok());
        // The message may be taken, and the channel let go of, while the sender takes the waker.
        let second = poll(&mut receiver, &waker);
        let taken = second.is_ready();
        assert!(matches!(second, Poll::Pending | Poll::Ready(Ok(_))));
        drop(second);
        if taken {
            drop(receiver);
            assert!(sending.join().unwrap());
        } else {
            assert!(sending.join().unwrap());
            assert!(matches!(poll(&mut receiver, &waker), Poll::Ready(Ok(_))));
        }
        assert_eq!(wakes.0.load(SeqCst), 1);
    });
}

#[test]
fn the_waker_changes_while_the_sender_sends() {
    model(|message, sender, mut receiver| {
        let (stale_wakes, stale) = counter();
        let (wakes, waker) = counter();
        assert!(poll(&mut receiver, &stale).is_pending());
        let sending = thread::spawn(move || sender.send(message).is_ok());
        let second = poll(&mut receiver, &waker);
        assert!(sending.join().unwrap());
        if second.is_pending() {
            assert_eq!(wakes.0.load(SeqCst), 1, "the last waker is the one to wake");
            assert!(matches!(poll(&mut receiver, &waker), Poll::Ready(Ok(_))));
        }
        drop((second, receiver, stale, waker));
        assert_eq!(std::sync::Arc::strong_count(&stale_wakes), 1);
        assert_eq!(std::sync::Arc::strong_count(&wakes), 1);
    });
}

#[test]
fn r28_a_receiver_polled_and_dropped_races_the_send() {
    model(|message, sender, mut receiver| {
        let (wakes, waker) = counter();
        assert!(poll(&mut receiver, &waker).is_pending());
        drop(waker);
        let sending = thread::spawn(move || drop(sender.send(message)));
        drop(receiver);
        sending.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "a waker leaked");
    });
}

#[test]
fn r27_close_send_and_receive_agree() {
    model(|message, sender, mut receiver| {
        let sending = thread::spawn(move || sender.send(message).is_ok());
        receiver.close();
        let received = receiver.try_recv().is_ok();
        assert_eq!(sending.join().unwrap(), received);
    });
}

#[test]
fn a_waiting_receiver_closes_while_the_sender_sends() {
    model(|message, sender, mut receiver| {
        let (_wakes, waker) = counter();
        assert!(poll(&mut receiver, &waker).is_pending());
        let sending = thread::spawn(move || sender.send(message).is_ok());
        receiver.close();
        let received = matches!(poll(&mut receiver, &waker), Poll::Ready(Ok(_)));
        assert_eq!(sending.join().unwrap(), received);
    });
}

#[test]
fn both_ends_drop_at_once() {
    model(|message, mut sender, mut receiver| {
        drop(message);
        let (receiver_wakes, waker) = counter();
        assert!(poll(&mut receiver, &waker).is_pending());
        drop(waker);
        let (sender_wakes, waker) = counter();
        let closed = sender.poll_closed(&mut Context::from_waker(&waker));
        assert!(closed.is_pending());
        drop(waker);
        let dropping = thread::spawn(move || drop(sender));
        drop(receiver);
        dropping.join().unwrap();
        for wakes in [receiver_wakes, sender_wakes] {
            assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "a waker leaked");
        }
    });
}

#[test]
fn closed_races_the_receiver_that_goes() {
    model(|message, mut sender, receiver| {
        drop(message);
        let (wakes, waker) = counter();
        let going = thread::spawn(move || drop(receiver));
        let first = sender.poll_closed(&mut Context::from_waker(&waker));
        going.join().unwrap();
        if first.is_pending() {
            assert_eq!(wakes.0.load(SeqCst), 1, "a lost wake");
        }
        assert!(sender.is_closed());
        drop((sender, waker));
        assert_eq!(std::sync::Arc::strong_count(&wakes), 1);
    });
}

#[test]
fn a_closed_future_is_dropped_while_the_receiver_goes() {
    model(|message, mut sender, receiver| {
        drop(message);
        let (wakes, waker) = counter();
        let going = thread::spawn(move || drop(receiver));
        {
            let mut closed = std::pin::pin!(sender.closed());
            let _ = closed.as_mut().poll(&mut Context::from_waker(&waker));
        }
        drop((sender, waker));
        going.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&wakes), 1);
    });
}

#[test]
fn a_sender_that_waits_for_the_close_sends_meanwhile() {
    model(|message, mut sender, mut receiver| {
        let (sender_wakes, waker) = counter();
        let closed = sender.poll_closed(&mut Context::from_waker(&waker));
        assert!(closed.is_pending());
        drop(waker);
        let (receiver_wakes, waker) = counter();
        assert!(poll(&mut receiver, &waker).is_pending());
        drop(waker);
        let sending = thread::spawn(move || drop(sender.send(message)));
        drop(receiver);
        sending.join().unwrap();
        for wakes in [receiver_wakes, sender_wakes] {
            assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "a waker leaked");
        }
    });
}

#[test]
fn the_sender_drops_while_the_receiver_waits() {
    model(|message, sender, mut receiver| {
        drop(message);
        let (wakes, waker) = counter();
        let dropping = thread::spawn(move || drop(sender));
        let first = poll(&mut receiver, &waker);
        dropping.join().unwrap();
        match first {
            Poll::Ready(outcome) => assert!(outcome.is_err()),
            Poll::Pending => {
                assert_eq!(wakes.0.load(SeqCst), 1, "a lost wake");
                assert!(matches!(poll(&mut receiver, &waker), Poll::Ready(Err(_))));
            }
        }
    });
}
