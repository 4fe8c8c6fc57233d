//! Wakers that call back, futures that are forgotten, messages whose drop panics or calls back.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::*;
use crate::sync::testing::{each_reentry, hooked, no_deadlock};

#[test]
fn r33_the_receivers_waker_may_call_back() {
    no_deadlock(|| {
        let (sender, receiver) = channel::<u32>(2);
        let receiver = std::cell::RefCell::new(receiver);
        let inside = sender.clone();
        let back = move || {
            let _ = inside.try_send(1);
            let _ = inside.capacity();
            drop(inside.try_reserve());
            drop(inside.clone().downgrade().upgrade());
        };
        each_reentry(back, |waker, _| {
            let mut receiver = receiver.borrow_mut();
            while receiver.try_recv().is_ok() {}
            // When it is cloned it sends a message, which this finds.
            let _ = poll(pin!(receiver.recv()), waker);
            while receiver.try_recv().is_ok() {}
            let mut cx = std::task::Context::from_waker(waker);
            let _ = receiver.poll_recv(&mut cx);
            let _ = sender.try_send(2);
        });
    });
}

#[test]
fn r33_a_waiting_senders_waker_may_call_back() {
    no_deadlock(|| {
        let (sender, receiver) = channel(1);
        let receiver = std::cell::RefCell::new(receiver);
        let inside = sender.clone();
        let back = move || {
            let _ = inside.try_send(1);
            let _ = inside.capacity();
        };
        each_reentry(back, |waker, _| {
            let _ = sender.try_send(0);
            let mut sending = pin!(sender.send(2));
            let mut closed = pin!(sender.closed());
            assert!(poll(sending.as_mut(), waker).is_pending());
            assert!(poll(closed.as_mut(), waker).is_pending());
            assert!(receiver.borrow_mut().try_recv().is_ok());
            assert_eq!(poll(sending.as_mut(), waker), Poll::Ready(Ok(())));
        });
        let _ = sender.try_send(0);
        let inside = sender.clone();
        let waker = hooked(move |_| {
            assert!(inside.capacity() < 2);
        });
        let mut sending = pin!(sender.send(2));
        let mut closed = pin!(sender.closed());
        assert!(poll(sending.as_mut(), &waker).is_pending());
        assert!(poll(closed.as_mut(), &waker).is_pending());
        drop(receiver);
        assert_eq!(
            poll(sending.as_mut(), &waker),
            Poll::Ready(Err(SendError(2)))
        );
        assert!(poll(closed.as_mut(), &waker).is_ready());
    });
}

#[test]
fn r40_a_forgotten_receive_keeps_nobody() {
    let (sender, mut receiver) = unbounded_channel();
    let mut forgotten = Box::pin(receiver.recv());
    assert!(is_pending(forgotten.as_mut()));
    mem::forget(forgotten);
    let count = Count::new();
    let mut next = Box::pin(receiver.recv());
    assert!(poll(next.as_mut(), &count.waker()).is_pending());
    sender.send(1).unwrap();
    assert_eq!(count.wakes(), 1, "not the forgotten one");
    assert_eq!(poll(next.as_mut(), &count.waker()), Poll::Ready(Some(1)));
    drop(next);
    drop(sender);
    assert_eq!(now(receiver.recv()), None);
}

#[test]
fn r40_a_forgotten_send_keeps_nobody() {
    let (sender, mut receiver) = channel(2);
    sender.try_send(0).unwrap();
    sender.try_send(1).unwrap();
    let mut forgotten = Box::pin(sender.send(2));
    assert!(is_pending(forgotten.as_mut()));
    mem::forget(forgotten);
    let mut forgotten = Box::pin(sender.closed());
    assert!(is_pending(forgotten.as_mut()));
    mem::forget(forgotten);
    let mut waits = pin!(sender.send(3));
    assert!(is_pending(waits.as_mut()));
    // The first permit is granted to the forgotten one, and is lost with it. The next is not.
    assert_eq!(receiver.try_recv(), Ok(0));
    assert!(is_pending(waits.as_mut()));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(now(waits), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(3));
    drop(receiver);
    assert!(sender.is_closed());
}

#[test]
fn a_panic_of_one_waker_keeps_nobody_from_being_woken() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(0).unwrap();
    let panics = hooked(|asked| {
        if asked == crate::sync::testing::Asked::Wake {
            panic!("a waker");
        }
    });
    let count = Count::new();
    let mut first = pin!(sender.send(1));
    let mut second = pin!(sender.send(2));
    let mut closed = pin!(sender.closed());
    assert!(poll(first.as_mut(), &panics).is_pending());
    assert!(poll(second.as_mut(), &count.waker()).is_pending());
    assert!(poll(closed.as_mut(), &count.waker()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| receiver.close())).is_err());
    assert_eq!(count.wakes(), 2);
    assert_eq!(now(second), Err(SendError(2)));
    assert_eq!(receiver.try_recv(), Ok(0));
    now(closed);
}

#[test]
fn a_message_may_panic_or_use_the_channel_when_it_is_dropped() {
    struct Message(Option<Sender<Message>>, Arc<()>);
    impl Drop for Message {
        fn drop(&mut self) {
            match self.0.take() {
                Some(sender) => {
                    assert!(sender.is_closed());
                    assert!(sender.try_send(Message(None, self.1.clone())).is_err());
                    drop(sender.try_reserve());
                }
                None if Arc::strong_count(&self.1) == 3 => panic!("a message"),
                None => {}
            }
        }
    }
    no_deadlock(|| {
        let alive = Arc::new(());
        let (sender, receiver) = channel(4);
        let message = |sender: Option<&Sender<Message>>| Message(sender.cloned(), alive.clone());
        sender.try_send(message(Some(&sender))).ok().unwrap();
        sender.try_send(message(None)).ok().unwrap();
        sender.try_send(message(None)).ok().unwrap();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(receiver)));
        assert!(dropped.is_err(), "the panic goes on");
        assert_eq!(Arc::strong_count(&alive), 1, "and every message is dropped");
        assert!(sender.is_closed());
        assert_eq!(sender.capacity(), 4);
    });
}
