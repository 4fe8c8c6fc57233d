//! What the ends of a channel do in order. Interleavings are in `models`.
//!
//! - `room.rs`: permits, waiting, fairness, closing.
//! - `ends.rs`: counts, drops, what is left behind.
//! - `hostile.rs`: wakers that call back, futures that are forgotten, messages that panic.

mod ends;
mod hostile;
mod room;

use std::cell::Cell;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
use super::*;
use crate::sync::testing::{Count, poll, poll_once};

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    poll_once(future).is_pending()
}

/// What a future gives at its first poll.
#[track_caller]
fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn auto_traits_are_tokios() {
    fn end<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    end::<Sender<Cell<u8>>>();
    end::<WeakSender<Cell<u8>>>();
    end::<Receiver<Cell<u8>>>();
    end::<Permit<'_, Cell<u8>>>();
    end::<PermitIterator<'_, Cell<u8>>>();
    end::<OwnedPermit<Cell<u8>>>();
    end::<UnboundedSender<Cell<u8>>>();
    end::<WeakUnboundedSender<Cell<u8>>>();
    end::<UnboundedReceiver<Cell<u8>>>();

    fn future<T: Send + Sync>(_: T) {}
    let (sender, mut receiver) = channel::<Cell<u8>>(1);
    future(sender.closed());
    future(sender.reserve());
    future(sender.reserve_many(1));
    future(sender.clone().reserve_owned());
    future(receiver.recv());
    fn only_send<T: Send>(_: T) {}
    only_send(sender.send(Cell::new(1)));
    only_send(receiver.recv_many(&mut Vec::new(), 1));
    let (sender, _receiver) = channel::<u8>(1);
    future(sender.send(1));
}

#[test]
fn errors_say_what_tokio_says() {
    struct Mute;
    assert_eq!(format!("{:?}", SendError(Mute)), "SendError { .. }");
    assert_eq!(SendError(Mute).to_string(), "channel closed");
    assert_eq!(format!("{:?}", TrySendError::Full(Mute)), "\"Full(..)\"");
    assert_eq!(
        format!("{:?}", TrySendError::Closed(Mute)),
        "\"Closed(..)\""
    );
    assert_eq!(TrySendError::Full(1).to_string(), "no available capacity");
    assert_eq!(TrySendError::Closed(1).to_string(), "channel closed");
    assert_eq!(TrySendError::from(SendError(3)), TrySendError::Closed(3));
    assert_eq!(
        TryRecvError::Empty.to_string(),
        "receiving on an empty channel"
    );
    assert_eq!(
        TryRecvError::Disconnected.to_string(),
        "receiving on a closed channel"
    );
    let timeout = SendTimeoutError::Timeout(Mute);
    assert_eq!(format!("{timeout:?}"), "\"Timeout(..)\"");
    assert_eq!(timeout.to_string(), "timed out waiting on send operation");
    assert_eq!(SendTimeoutError::Closed(1).to_string(), "channel closed");
}

#[test]
fn debug_needs_nothing_of_the_message() {
    struct Mute;
    let (sender, receiver) = channel::<Mute>(3);
    let permit = sender.try_reserve().unwrap();
    let text = format!("{sender:?} {receiver:?} {permit:?}");
    assert!(text.contains("capacity: 2"), "{text}");
    assert!(text.contains("max_capacity: 3"), "{text}");
    let (sender, receiver) = unbounded_channel::<Mute>();
    let text = format!("{sender:?} {receiver:?} {:?}", sender.downgrade());
    assert!(!text.contains("capacity"), "{text}");
}

#[test]
fn send_timeout_gives_the_message_back_in_time() {
    let runtime = crate::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (sender, mut receiver) = channel(1);
        let limit = Duration::from_secs(1);
        assert_eq!(sender.send_timeout(1, limit).await, Ok(()));
        let refused = sender.send_timeout(2, limit).await;
        assert_eq!(refused, Err(SendTimeoutError::Timeout(2)));
        assert_eq!(receiver.recv().await, Some(1));
        assert_eq!(sender.send_timeout(3, limit).await, Ok(()));
        drop(receiver);
        let refused = sender.send_timeout(4, limit).await;
        assert_eq!(refused, Err(SendTimeoutError::Closed(4)));
    });
}

#[test]
fn without_budget_a_receive_yields_and_a_place_is_kept() {
    use crate::sync::testing::no_budget;

    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut sending = pin!(sender.send(2));
    assert!(is_pending(sending.as_mut()));
    let count = Count::new();
    {
        let _none = no_budget();
        assert!(poll(pin!(receiver.recv()), &count.waker()).is_pending());
        assert_eq!(count.wakes(), 1, "it asks for another turn");
    }
    assert_eq!(receiver.try_recv(), Ok(1));
    {
        // It was granted the room. That is kept, and nobody overtakes.
        let _none = no_budget();
        assert!(is_pending(sending.as_mut()));
        assert!(sender.try_send(3).is_err());
    }
    assert_eq!(poll_once(sending), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn recv_many_takes_what_is_there() {
    let (sender, mut receiver) = channel(8);
    let mut buffer = vec![9];
    assert_eq!(now(receiver.recv_many(&mut buffer, 0)), 0);
    {
        let waiting = pin!(receiver.recv_many(&mut buffer, 3));
        assert!(is_pending(waiting));
    }
    for number in 0..5 {
        sender.try_send(number).unwrap();
    }
    assert_eq!(now(receiver.recv_many(&mut buffer, 3)), 3);
    assert_eq!((receiver.len(), sender.capacity()), (2, 6));
    sender.try_send(5).unwrap();
    // Some are the receiver's already, and one still lies in the channel.
    assert_eq!(now(receiver.recv_many(&mut buffer, usize::MAX)), 3);
    assert_eq!(buffer, [9, 0, 1, 2, 3, 4, 5]);
    assert_eq!(sender.capacity(), 8);
    drop(sender);
    assert_eq!(now(receiver.recv_many(&mut buffer, 3)), 0);
}

#[test]
fn a_waker_is_woken_once_and_only_the_last() {
    let (sender, mut receiver) = unbounded_channel();
    let (first, last) = (Count::new(), Count::new());
    let mut receiving = pin!(receiver.recv());
    assert!(poll(receiving.as_mut(), &first.waker()).is_pending());
    assert!(poll(receiving.as_mut(), &last.waker()).is_pending());
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(poll_once(receiving), Poll::Ready(Some(1)));
}
