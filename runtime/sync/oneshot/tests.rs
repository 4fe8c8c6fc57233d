//! What the ends do in order, with hostile wakers. Interleavings are in `models`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use proptest::prelude::*;

use super::*;
use crate::budget;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn counter() -> (Arc<Wakes>, Waker) {
    let wakes = Arc::new(Wakes::default());
    (wakes.clone(), Waker::from(wakes))
}

/// A waker that runs a closure, once, when it is woken or when its last clone is dropped.
struct Does(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Does {
    fn waker(action: impl FnOnce() + Send + 'static) -> Waker {
        Waker::from(Arc::new(Does(Mutex::new(Some(Box::new(action))))))
    }

    fn act(&self) {
        let action = self.0.lock().unwrap().take();
        if let Some(action) = action {
            action();
        }
    }
}

impl Wake for Does {
    fn wake(self: Arc<Self>) {
        self.act();
    }
}

impl Drop for Does {
    fn drop(&mut self) {
        self.act();
    }
}

fn poll<T>(receiver: &mut Receiver<T>, waker: &Waker) -> Poll<Result<T, RecvError>> {
    Pin::new(receiver).poll(&mut Context::from_waker(waker))
}

fn poll_closed<T>(sender: &mut Sender<T>, waker: &Waker) -> Poll<()> {
    sender.poll_closed(&mut Context::from_waker(waker))
}

#[test]
fn a_channel_is_as_small_as_its_parts() {
    assert_eq!(size_of::<Sender<[u64; 9]>>(), 8);
    assert_eq!(size_of::<Receiver<[u64; 9]>>(), 16);
    assert_eq!(ends::channel_size::<u64>(), 48);
}

#[test]
fn the_types_are_send_and_sync_as_the_message_allows() {
    fn both<T: Send + Sync + Unpin>() {}
    both::<Sender<std::cell::Cell<u8>>>();
    both::<Receiver<std::cell::Cell<u8>>>();
    both::<error::RecvError>();
}

#[test]
fn errors_say_what_tokio_says() {
    let (sender, mut receiver) = channel::<()>();
    assert_eq!(
        receiver.try_recv().unwrap_err().to_string(),
        "channel empty"
    );
    drop(sender);
    assert_eq!(
        receiver.try_recv().unwrap_err().to_string(),
        "channel closed"
    );
    assert_eq!(RecvError::new().to_string(), "channel closed");
    assert_eq!(format!("{:?}", RecvError::new()), "RecvError(())");
}

#[test]
fn debug_shows_the_state_in_words() {
    let (sender, mut receiver) = channel::<Box<u8>>();
    assert_eq!(format!("{sender:?}"), "Sender { state: {} }");
    let _ = poll(&mut receiver, Waker::noop());
    assert_eq!(
        format!("{sender:?}"),
        r#"Sender { state: {"receiver waits"} }"#
    );
    receiver.close();
    assert_eq!(format!("{receiver:?}"), "Receiver { state: None }");
    assert_eq!(
        format!("{sender:?}"),
        r#"Sender { state: {"receiver gone"} }"#
    );
}

#[test]
fn a_sent_message_survives_a_close() {
    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    receiver.close();
    assert!(!receiver.is_empty());
    assert_eq!(poll(&mut receiver, Waker::noop()), Poll::Ready(Ok(1)));
    assert!(receiver.is_terminated() && receiver.is_empty());
}

#[test]
fn a_closed_receiver_ends_once_and_then_panics() {
    let (sender, mut receiver) = channel::<u8>();
    receiver.close();
    receiver.close();
    assert!(sender.is_closed() && !receiver.is_terminated());
    assert_eq!(sender.send(1), Err(1));
    assert!(matches!(
        poll(&mut receiver, Waker::noop()),
        Poll::Ready(Err(_))
    ));
    assert!(receiver.is_terminated());
    let again = catch_unwind(AssertUnwindSafe(|| poll(&mut receiver, Waker::noop())));
    let text = *again.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(text, "called after complete");
}

#[test]
fn r29_r30_the_last_waker_is_woken_and_all_are_released() {
    let (sender, mut receiver) = channel();
    let (first, first_waker) = counter();
    let (last, last_waker) = counter();
    assert!(poll(&mut receiver, &first_waker).is_pending());
    assert!(poll(&mut receiver, &last_waker).is_pending());
    assert_eq!(
        Arc::strong_count(&first),
        2,
        "the first waker was let go at once"
    );
    assert!(poll(&mut receiver, &last_waker).is_pending());
    assert_eq!(
        Arc::strong_count(&last),
        3,
        "one clone, however often it is polled"
    );
    sender.send(()).unwrap();
    assert_eq!((first.0.load(SeqCst), last.0.load(SeqCst)), (0, 1));
    assert_eq!(Arc::strong_count(&last), 2, "woken, not kept");
}

#[test]
fn r30_a_receiver_that_goes_releases_its_waker_though_the_sender_stays() {
    let (sender, mut receiver) = channel::<()>();
    let (wakes, waker) = counter();
    assert!(poll(&mut receiver, &waker).is_pending());
    drop((receiver, waker));
    assert_eq!(Arc::strong_count(&wakes), 1);
    assert_eq!(wakes.0.load(SeqCst), 0);
    drop(sender);
}

#[test]
fn closing_releases_the_waker_of_the_receiver() {
    let (sender, mut receiver) = channel::<()>();
    let (wakes, waker) = counter();
    assert!(poll(&mut receiver, &waker).is_pending());
    receiver.close();
    drop(waker);
    assert_eq!(Arc::strong_count(&wakes), 1);
    drop(sender);
}

#[test]
fn closed_wakes_the_sender_and_releases_its_waker() {
    for by_close in [false, true] {
        let (mut sender, mut receiver) = channel::<()>();
        let (stale, stale_waker) = counter();
        let (wakes, waker) = counter();
        assert!(poll_closed(&mut sender, &stale_waker).is_pending());
        assert!(poll_closed(&mut sender, &waker).is_pending());
        if by_close {
            receiver.close();
        } else {
            drop(receiver);
        }
        assert_eq!((stale.0.load(SeqCst), wakes.0.load(SeqCst)), (0, 1));
        assert_eq!(Arc::strong_count(&wakes), 2);
        assert!(poll_closed(&mut sender, &waker).is_ready());
    }
}

#[test]
fn a_sender_that_sends_releases_the_waker_it_left_for_closed() {
    let (mut sender, mut receiver) = channel();
    let (wakes, waker) = counter();
    assert!(poll_closed(&mut sender, &waker).is_pending());
    sender.send(5).unwrap();
    drop(waker);
    assert_eq!(Arc::strong_count(&wakes), 1);
    assert_eq!(receiver.try_recv(), Ok(5));
    assert_eq!(wakes.0.load(SeqCst), 0);
}

#[test]
fn a_dropped_closed_future_takes_its_waker_along() {
    let (mut sender, receiver) = channel::<()>();
    let (wakes, waker) = counter();
    {
        let mut closed = pin!(sender.closed());
        assert!(
            closed
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    assert_eq!(Arc::strong_count(&wakes), 2, "the waker was let go");
    drop(receiver);
    assert_eq!(wakes.0.load(SeqCst), 0);
    assert!(sender.is_closed());
}

#[test]
fn a_message_is_dropped_once_wherever_it_ends() {
    for receive in [false, true] {
        let message = Arc::new(());
        let (sender, mut receiver) = channel();
        sender.send(message.clone()).unwrap();
        assert_eq!(Arc::strong_count(&message), 2);
        if receive {
            drop(receiver.try_recv().unwrap());
            assert_eq!(Arc::strong_count(&message), 1);
        }
        drop(receiver);
        assert_eq!(Arc::strong_count(&message), 1);
    }
}

#[test]
fn r33_a_waker_may_use_the_receiver_it_wakes() {
    let (sender, mut receiver) = channel();
    let slot = Arc::new(Mutex::new(None));
    let seen = Arc::new(Mutex::new(None));
    let (slot2, seen2) = (slot.clone(), seen.clone());
    let waker = Does::waker(move || {
        let mut receiver: Receiver<u32> = slot2.lock().unwrap().take().unwrap();
        *seen2.lock().unwrap() = Some(receiver.try_recv());
    });
    assert!(poll(&mut receiver, &waker).is_pending());
    *slot.lock().unwrap() = Some(receiver);
    sender.send(9).unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(Ok(9)));
}

#[test]
fn r33_a_replaced_waker_may_send_from_its_drop() {
    let (sender, mut receiver) = channel();
    let waker = Does::waker(move || sender.send(4).unwrap());
    assert!(poll(&mut receiver, &waker).is_pending());
    drop(waker);
    let (wakes, waker) = counter();
    assert!(poll(&mut receiver, &waker).is_pending());
    assert_eq!(
        wakes.0.load(SeqCst),
        1,
        "sent when the old waker was dropped, after ours was left"
    );
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Ok(4)));
}

#[test]
fn a_panicking_waker_does_not_lose_the_message() {
    let (sender, mut receiver) = channel();
    let waker = Does::waker(|| panic!("woken"));
    assert!(poll(&mut receiver, &waker).is_pending());
    let sent = catch_unwind(AssertUnwindSafe(|| sender.send("kept")));
    assert!(sent.is_err());
    assert_eq!(receiver.try_recv(), Ok("kept"));
}

#[test]
fn a_message_may_panic_when_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let (sender, receiver) = channel();
    assert!(sender.send(Bomb).is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
}

#[test]
fn r40_a_forgotten_receiver_does_not_stop_the_sender() {
    let (sender, mut receiver) = channel();
    let (wakes, waker) = counter();
    assert!(poll(&mut receiver, &waker).is_pending());
    std::mem::forget(receiver);
    sender.send(1).unwrap();
    assert_eq!(wakes.0.load(SeqCst), 1);
}

#[test]
fn r37_receiving_costs_budget_and_an_empty_budget_yields() {
    let _restore = budget::start();
    for _ in 0..budget::POLL_BUDGET {
        let (sender, mut receiver) = channel();
        assert!(
            poll(&mut receiver, Waker::noop()).is_pending(),
            "waiting is free"
        );
        sender.send(()).unwrap();
        assert!(poll(&mut receiver, Waker::noop()).is_ready());
    }
    let (sender, mut receiver) = channel();
    sender.send(()).unwrap();
    let (wakes, waker) = counter();
    assert!(poll(&mut receiver, &waker).is_pending());
    assert_eq!(
        wakes.0.load(SeqCst),
        1,
        "woken to go on with a fresh budget"
    );
}

#[test]
fn blocking_recv_waits_for_another_thread() {
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || sender.send(3));
    assert_eq!(receiver.blocking_recv(), Ok(3));
    thread.join().unwrap().unwrap();
    let (sender, receiver) = channel::<()>();
    let thread = std::thread::spawn(move || drop(sender));
    assert!(receiver.blocking_recv().is_err());
    thread.join().unwrap();
}

/// One step of either side.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    DropSender,
    PollClosed,
    Poll,
    TryRecv,
    Close,
    DropReceiver,
}

/// What a channel must do, written with plain variables.
#[derive(Default)]
struct Plain {
    message: bool,
    sender_gone: bool,
    closed: bool,
    finished: bool,
}

impl Plain {
    /// The outcome of a receive: `None` while there is none yet.
    fn receive(&mut self) -> Option<bool> {
        if self.finished {
            return Some(false);
        }
        if !self.sender_gone && !self.closed {
            return None;
        }
        self.finished = true;
        Some(std::mem::take(&mut self.message))
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let step = prop::sample::select(vec![
        Send,
        DropSender,
        PollClosed,
        Poll,
        Poll,
        TryRecv,
        Close,
        DropReceiver,
    ]);
    prop::collection::vec(step, 0..8)
}

proptest! {
    #[test]
    fn any_order_of_steps_is_as_the_plain_model_says(steps in steps()) {
        let message = Arc::new(());
        let (wakes, waker) = counter();
        let (sender, receiver) = channel();
        let (mut sender, mut receiver) = (Some(sender), Some(receiver));
        let mut plain = Plain::default();
        for step in steps {
            match step {
                Step::Send => if let Some(sender) = sender.take() {
                    let sent = sender.send(message.clone()).is_ok();
                    prop_assert_eq!(sent, !plain.closed);
                    plain.message = sent;
                    plain.sender_gone = true;
                },
                Step::DropSender => if sender.take().is_some() {
                    plain.sender_gone = true;
                },
                Step::PollClosed => if let Some(sender) = &mut sender {
                    prop_assert_eq!(poll_closed(sender, &waker).is_ready(), plain.closed);
                    prop_assert_eq!(sender.is_closed(), plain.closed);
                },
                Step::Poll => if let Some(receiver) = &mut receiver {
                    if !plain.finished {
                        let expected = plain.receive();
                        let outcome = match poll(receiver, &waker) {
                            Poll::Ready(outcome) => Some(outcome.is_ok()),
                            Poll::Pending => None,
                        };
                        prop_assert_eq!(outcome, expected);
                    }
                },
                Step::TryRecv => if let Some(receiver) = &mut receiver {
                    let expected = match plain.receive() {
                        Some(true) => Ok(message.clone()),
                        Some(false) => Err(TryRecvError::Closed),
                        None => Err(TryRecvError::Empty),
                    };
                    prop_assert_eq!(receiver.try_recv(), expected);
                },
                Step::Close => if let Some(receiver) = &mut receiver {
                    receiver.close();
                    plain.closed |= !plain.sender_gone;
                },
                Step::DropReceiver => if receiver.take().is_some() {
                    plain.closed |= !plain.sender_gone;
                    plain.message = false;
                },
            }
            if let Some(receiver) = &receiver {
                prop_assert_eq!(receiver.is_terminated(), plain.finished);
                prop_assert_eq!(receiver.is_empty(), !plain.message);
            }
        }
        drop((sender, receiver, waker));
        prop_assert_eq!(Arc::strong_count(&message), 1);
        prop_assert_eq!(Arc::strong_count(&wakes), 1);
    }
}
