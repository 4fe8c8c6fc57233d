//! Channels with many receivers: order, closing, and futures that go in each of their states.

use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Poll;

use super::error::*;
use super::*;
use crate::sync::testing::*;

fn receiving<T>(receiver: &UnboundedReceiver<T>) -> Pin<Box<Recv<'_, T>>> {
    Box::pin(receiver.recv())
}

#[test]
fn auto_traits_are_those_of_mpsc() {
    type NotSync = std::cell::Cell<u8>;
    fn all<T: std::marker::Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    fn both<T: std::marker::Send + Sync>() {}
    all::<Sender<NotSync>>();
    all::<Receiver<NotSync>>();
    all::<UnboundedSender<NotSync>>();
    all::<UnboundedReceiver<NotSync>>();
    all::<WeakSender<NotSync>>();
    all::<WeakUnboundedReceiver<NotSync>>();
    both::<Recv<'_, NotSync>>();
    both::<Closed<'_, NotSync>>();
    both::<super::Send<'_, u8>>();
}

#[test]
fn errors_say_what_mpsc_says() {
    let (sender, receiver) = channel(1);
    sender.try_send(1).unwrap();
    let full = sender.try_send(2).unwrap_err();
    assert_eq!(full.to_string(), "no available capacity");
    assert_eq!(format!("{full:?}"), "\"Full(..)\"");
    receiver.close();
    let closed = sender.try_send(2).unwrap_err();
    assert_eq!(closed, TrySendError::from(SendError(2)));
    assert_eq!(closed.to_string(), "channel closed");
    let sent = poll_once(pin!(sender.send(3)));
    let Poll::Ready(Err(error)) = sent else {
        panic!("it is closed");
    };
    assert_eq!(
        format!("{error} {error:?}"),
        "channel closed SendError { .. }"
    );
    assert_eq!(receiver.try_recv(), Ok(1));
    let none = receiver.try_recv().unwrap_err();
    assert_eq!(none.to_string(), "receiving on a closed channel");
}

#[test]
#[should_panic(expected = "room for one message")]
fn no_room_at_all() {
    drop(channel::<()>(0));
}

#[test]
fn waiting_receivers_are_served_in_their_order() {
    let (sender, receiver) = unbounded_channel();
    let mut futures = [(); 3].map(|()| receiving(&receiver));
    for future in futures.iter_mut().rev() {
        assert!(poll_once(future.as_mut()).is_pending());
    }
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(receiver.try_recv().is_err(), "they are for those who wait");
    assert!(poll_once(receiving(&receiver).as_mut()).is_pending());
    assert!(poll_once(futures[0].as_mut()).is_pending());
    assert_eq!(poll_once(futures[2].as_mut()), Poll::Ready(Some(1)));
    assert_eq!(poll_once(futures[1].as_mut()), Poll::Ready(Some(2)));
    assert_eq!(receiver.len(), 0);
}

#[test]
fn room_comes_back_with_each_message() {
    let (sender, receiver) = channel(2);
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    let mut third = pin!(sender.send(3));
    assert!(poll_once(third.as_mut()).is_pending());
    assert_eq!((sender.capacity(), receiver.max_capacity()), (0, 2));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(
        sender.try_send(4),
        Err(TrySendError::Full(4)),
        "it is promised"
    );
    assert_eq!(poll_once(third.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(poll_once(pin!(receiver.recv())), Poll::Ready(Some(2)));
    assert_eq!(receiver.try_recv(), Ok(3));
    assert_eq!(receiver.capacity(), 2);
}

#[test]
fn many_at_once_leaves_what_is_promised() {
    let (sender, receiver) = channel(4);
    let mut first = pin!(receiver.recv());
    assert!(poll_once(first.as_mut()).is_pending());
    (1..=4).for_each(|number| sender.try_send(number).unwrap());
    let mut buffer = vec![0];
    assert_eq!(
        poll_once(pin!(receiver.recv_many(&mut buffer, 0))),
        Poll::Ready(0)
    );
    assert_eq!(
        poll_once(pin!(receiver.recv_many(&mut buffer, 2))),
        Poll::Ready(2)
    );
    assert_eq!((receiver.len(), sender.capacity()), (2, 2));
    assert_eq!(
        poll_once(pin!(receiver.recv_many(&mut buffer, 9))),
        Poll::Ready(1)
    );
    assert_eq!(poll_once(first.as_mut()), Poll::Ready(Some(4)));
    assert_eq!((buffer, sender.capacity()), (vec![0, 1, 2, 3], 4));
}

#[test]
fn many_at_once_waits_in_the_queue_and_may_give_up() {
    let (sender, receiver) = unbounded_channel();
    let (mut buffer, mut other) = (Vec::new(), Vec::new());
    let mut gives_up = Box::pin(receiver.recv_many(&mut buffer, 5));
    let mut next = Box::pin(receiver.recv_many(&mut other, 5));
    assert!(poll_once(gives_up.as_mut()).is_pending());
    assert!(poll_once(next.as_mut()).is_pending());
    sender.send(1).unwrap();
    drop(gives_up);
    assert_eq!(poll_once(next.as_mut()), Poll::Ready(1));
    let again = std::panic::AssertUnwindSafe(|| poll_once(next.as_mut()));
    assert!(catch_unwind(again).is_err());
    drop(next);
    (2..5).for_each(|number| sender.send(number).unwrap());
    drop(sender);
    assert_eq!(receiver.blocking_recv_many(&mut other, 2), 2);
    assert_eq!(receiver.blocking_recv_many(&mut other, 2), 1);
    assert_eq!(
        receiver.blocking_recv_many(&mut other, 2),
        0,
        "closed and empty"
    );
    assert_eq!((buffer, other), (vec![], vec![1, 2, 3, 4]));
}

#[test]
fn a_send_that_is_late_leaves_the_queue() {
    use std::time::Duration;
    let mut builder = crate::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (sender, receiver) = channel(1);
        let limit = Duration::from_secs(1);
        assert_eq!(sender.send_timeout(1, limit).await, Ok(()));
        let late = sender.send_timeout(2, limit).await;
        assert_eq!(late, Err(SendTimeoutError::Timeout(2)));
        let mut waits = pin!(sender.send_timeout(3, limit));
        assert!(poll_once(waits.as_mut()).is_pending());
        assert_eq!(receiver.recv().await, Some(1));
        assert_eq!(waits.await, Ok(()), "the late one is not in its way");
        let mut closed = pin!(sender.send_timeout(4, limit));
        assert!(poll_once(closed.as_mut()).is_pending());
        receiver.close();
        assert_eq!(closed.await, Err(SendTimeoutError::Closed(4)));
        assert_eq!(receiver.recv().await, Some(3));
    });
}

#[test]
fn the_last_end_of_a_kind_closes() {
    let (sender, receiver) = channel(4);
    let (weak, weak_receiver) = (sender.downgrade(), receiver.downgrade());
    let count = Count::new();
    let mut future = Box::pin(receiver.recv());
    assert!(poll(future.as_mut(), &count.waker()).is_pending());
    drop(sender.clone());
    assert_eq!(count.wakes(), 0);
    weak.upgrade().unwrap().try_send(1).unwrap();
    drop(sender);
    assert!(weak.upgrade().is_none());
    assert_eq!(poll_once(future.as_mut()), Poll::Ready(Some(1)));
    assert_eq!(poll_once(pin!(receiver.recv())), Poll::Ready(None));
    drop(future);
    drop(weak_receiver.upgrade().unwrap());
    drop(receiver);
    assert!(weak_receiver.upgrade().is_none());

    let (sender, receiver) = unbounded_channel::<Arc<()>>();
    let message = Arc::new(());
    let mut closed = pin!(sender.closed());
    assert!(poll(closed.as_mut(), &count.waker()).is_pending());
    count.reset();
    sender.send(message.clone()).unwrap();
    drop(receiver.clone());
    assert_eq!(count.wakes(), 0);
    drop(receiver);
    assert_eq!(count.wakes(), 1);
    assert!(poll_once(closed.as_mut()).is_ready());
    assert_eq!(Arc::strong_count(&message), 1, "nobody can receive it");
    assert!(sender.send(message).is_err());
}

#[test]
fn r31_a_receiver_may_go_in_each_state() {
    let (sender, receiver) = unbounded_channel();
    let count = Count::new();
    let mut futures = [(); 4].map(|()| receiving(&receiver));
    for future in &mut futures {
        assert!(poll(future.as_mut(), &count.waker()).is_pending());
    }
    let [told, queued, next, last] = futures;
    drop(queued);
    sender.send(1).unwrap();
    assert_eq!(count.wakes(), 1);
    drop(told);
    assert_eq!(count.wakes(), 2, "the next is told");
    drop(next);
    assert_eq!(count.wakes(), 3);
    drop(last);
    assert_eq!(receiver.try_recv(), Ok(1), "nobody is left: it stays");
    let mut closed = receiving(&receiver);
    assert!(poll(closed.as_mut(), &count.waker()).is_pending());
    sender.send(2).unwrap();
    receiver.close();
    drop(closed);
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(Arc::strong_count(&count), 1, "no waker is left behind");
}

#[test]
fn r31_a_sender_may_go_in_each_state() {
    let (sender, receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut futures = [2, 3, 4].map(|message| Box::pin(sender.send(message)));
    for future in &mut futures {
        assert!(poll_once(future.as_mut()).is_pending());
    }
    let [granted, queued, mut last] = futures;
    assert_eq!(receiver.try_recv(), Ok(1));
    drop(granted);
    drop(queued);
    assert_eq!(poll_once(last.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(4));
    assert_eq!(receiver.capacity(), 1);
}

#[test]
fn a_closed_channel_keeps_no_message_for_anybody() {
    let (sender, receiver) = unbounded_channel();
    let mut told = receiving(&receiver);
    assert!(poll_once(told.as_mut()).is_pending());
    sender.send(1).unwrap();
    assert!(receiver.try_recv().is_err());
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(poll_once(told.as_mut()), Poll::Ready(None));
}

#[test]
fn r40_a_forgotten_receive_holds_nobody_up() {
    let (sender, receiver) = unbounded_channel();
    let mut forgotten = receiving(&receiver);
    assert!(poll_once(forgotten.as_mut()).is_pending());
    mem::forget(forgotten);
    let mut kept = receiving(&receiver);
    assert!(poll_once(kept.as_mut()).is_pending());
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(poll_once(kept.as_mut()).is_ready());
    drop(kept);
    receiver.close();
    assert!(
        receiver.try_recv().is_ok(),
        "also what was for the forgotten one"
    );
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn r37_without_budget_the_place_is_kept() {
    let (sender, receiver) = unbounded_channel();
    let (mut first, mut second) = (receiving(&receiver), receiving(&receiver));
    let restore = no_budget();
    assert!(poll_once(first.as_mut()).is_pending());
    drop(restore);
    sender.send(1).unwrap();
    assert!(poll_once(second.as_mut()).is_pending(), "it is the first's");
    let restore = no_budget();
    assert!(poll_once(first.as_mut()).is_pending());
    drop(restore);
    assert_eq!(poll_once(first.as_mut()), Poll::Ready(Some(1)));
}

#[test]
fn r41_a_receive_that_is_not_polled_has_no_effect() {
    let (sender, receiver) = unbounded_channel();
    let idle = receiving(&receiver);
    sender.send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1));
    drop(idle);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let (sender, receiver) = unbounded_channel();
        let back = {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            move || {
                let _ = sender.send(7);
                let _ = poll_once(pin!(receiver.recv()));
            }
        };
        each_reentry(back, |waker, _| {
            while receiver.try_recv().is_ok() {}
            let (mut first, mut second) = (receiving(&receiver), receiving(&receiver));
            let _ = poll(second.as_mut(), waker);
            let mut is_done = false;
            for waker in [waker, std::task::Waker::noop(), waker] {
                is_done = is_done || poll(first.as_mut(), waker).is_ready();
            }
            sender.send(1).unwrap();
            drop(first);
        });
        let closing = receiver.clone();
        while receiver.try_recv().is_ok() {}
        let mut future = receiving(&receiver);
        let waker = hooked(move |asked| {
            if asked == Asked::Wake {
                closing.close();
            }
        });
        assert!(poll(future.as_mut(), &waker).is_pending());
        sender.send(1).unwrap();
        assert!(receiver.is_closed());
    });
}

#[test]
fn messages_whose_drop_panics_or_calls_back() {
    struct Calls(Option<UnboundedSender<Calls>>, Arc<AtomicUsize>);
    impl Drop for Calls {
        fn drop(&mut self) {
            self.1.fetch_add(1, SeqCst);
            if let Some(sender) = self.0.take() {
                let _ = sender.send(Calls(None, self.1.clone()));
                assert!(sender.is_closed());
                panic!("dropped");
            }
        }
    }
    no_deadlock(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = unbounded_channel();
        for calls in [Some(sender.clone()), None] {
            assert!(sender.send(Calls(calls, drops.clone())).is_ok());
        }
        let dropped = catch_unwind(std::panic::AssertUnwindSafe(|| drop(receiver)));
        assert!(dropped.is_err());
        assert_eq!(drops.load(SeqCst), 3);
    });
}

#[test]
fn threads_block() {
    let (sender, receiver) = channel(1);
    let receivers = [(); 3].map(|()| {
        let receiver = receiver.clone();
        std::thread::spawn(move || std::iter::from_fn(|| receiver.blocking_recv()).sum::<u32>())
    });
    for number in 1..=100 {
        sender.blocking_send(number).unwrap();
    }
    drop(sender);
    let sums = receivers.map(|receiver| receiver.join().unwrap());
    assert_eq!(sums.iter().sum::<u32>(), 5050);
}
