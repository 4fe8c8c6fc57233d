//! `mpsc`, bounded and unbounded, in any sequence of calls by one thread, against a queue. What
//! needs many tasks is in `tests/properties/mpsc.rs`; here are the calls that it does not make.

use std::collections::VecDeque;

use proptest::prelude::*;
use wakeful::sync::mpsc::error::{TryRecvError, TrySendError};
use wakeful::sync::mpsc::{
    OwnedPermit, Receiver, Sender, UnboundedReceiver, UnboundedSender, WeakSender,
    WeakUnboundedSender, channel, unbounded_channel,
};

use crate::config;

const REGRESSIONS: &str = "proptest-regressions/fuzz/channels.txt";

#[derive(Clone, Copy, Debug)]
enum Call {
    Send,
    /// So many permits, and how many of them are used.
    Many(usize, usize),
    Reserve,
    SendPermit,
    Release,
    Clone,
    DropSender,
    Downgrade,
    Upgrade,
    DropWeak,
    Receive,
    ReceiveMany(usize),
    Close,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => Just(Call::Send),
        3 => (0_usize..6, 0_usize..6).prop_map(|(many, used)| Call::Many(many, used)),
        2 => Just(Call::Reserve),
        2 => Just(Call::SendPermit),
        1 => Just(Call::Release),
        2 => Just(Call::Clone),
        3 => Just(Call::DropSender),
        2 => Just(Call::Downgrade),
        2 => Just(Call::Upgrade),
        1 => Just(Call::DropWeak),
        4 => Just(Call::Receive),
        2 => (0_usize..6).prop_map(Call::ReceiveMany),
        1 => prop::bool::weighted(0.2)
            .prop_map(|closes| if closes { Call::Close } else { Call::Send }),
    ]
}

/// What has to be true of the channel.
#[derive(Default)]
struct Model {
    queue: VecDeque<usize>,
    is_closed: bool,
}

struct Bounded {
    senders: Vec<Sender<usize>>,
    weak: Vec<WeakSender<usize>>,
    permits: Vec<OwnedPermit<usize>>,
    receiver: Receiver<usize>,
    capacity: usize,
    model: Model,
}

impl Bounded {
    fn free(&self) -> usize {
        self.capacity - self.model.queue.len() - self.permits.len()
    }

    /// A permit is a sender, too.
    fn strong(&self) -> usize {
        self.senders.len() + self.permits.len()
    }

    fn send(&mut self, number: usize) {
        let Some(sender) = self.senders.last() else {
            return;
        };
        match sender.try_send(number) {
            Ok(()) => {
                assert!(!self.model.is_closed && self.free() > 0);
                self.model.queue.push_back(number);
            }
            Err(TrySendError::Full(back)) => {
                assert_eq!(
                    (back, self.model.is_closed, self.free()),
                    (number, false, 0)
                );
            }
            Err(TrySendError::Closed(back)) => assert!(back == number && self.model.is_closed),
        }
    }

    fn send_many(&mut self, number: usize, many: usize, used: usize) {
        let Some(sender) = self.senders.last() else {
            return;
        };
        // Waiting or not: without room it is given up, and takes no place in the queue with it.
        let permits = match number % 2 {
            0 => sender.try_reserve_many(many).ok(),
            _ => run_once(sender.reserve_many(many)).and_then(Result::ok),
        };
        let has_room = many <= self.free() && !self.model.is_closed;
        assert_eq!(permits.is_some(), has_room);
        for permit in permits.into_iter().flatten().take(used) {
            permit.send(number);
            self.model.queue.push_back(number);
        }
    }

    fn call(&mut self, number: usize, call: Call) {
        match call {
            Call::Send => self.send(number),
            Call::Many(many, used) => self.send_many(number, many, used),
            Call::Reserve => {
                let Some(sender) = self.senders.last().cloned() else {
                    return;
                };
                match sender.try_reserve_owned() {
                    Ok(permit) => {
                        assert!(!self.model.is_closed && self.free() > 0);
                        self.permits.push(permit);
                    }
                    Err(_) => assert!(self.model.is_closed || self.free() == 0),
                }
            }
            Call::SendPermit => {
                if let Some(permit) = self.permits.pop() {
                    self.senders.push(permit.send(number));
                    self.model.queue.push_back(number);
                }
            }
            Call::Release => {
                self.senders
                    .extend(self.permits.pop().map(OwnedPermit::release));
            }
            Call::Clone => self.senders.extend(self.senders.last().cloned()),
            Call::DropSender => drop(self.senders.pop()),
            Call::Downgrade => self.weak.extend(self.senders.last().map(Sender::downgrade)),
            Call::Upgrade => {
                if let Some(weak) = self.weak.last() {
                    let sender = weak.upgrade();
                    assert_eq!(sender.is_some(), self.strong() > 0);
                    self.senders.extend(sender);
                }
            }
            Call::DropWeak => drop(self.weak.pop()),
            Call::Receive => {
                let received = self.receiver.try_recv();
                self.model
                    .received(received, self.strong(), self.permits.len());
            }
            Call::ReceiveMany(limit) => {
                let mut buffer = Vec::new();
                let received = run_once(self.receiver.recv_many(&mut buffer, limit));
                self.model.received_many(
                    received,
                    &buffer,
                    limit,
                    self.strong(),
                    self.permits.len(),
                );
            }
            Call::Close => {
                self.receiver.close();
                self.model.is_closed = true;
            }
        }
    }

    fn check(&self) {
        assert_eq!(self.receiver.len(), self.model.queue.len());
        assert_eq!(self.receiver.capacity(), self.free());
        assert_eq!(self.receiver.sender_strong_count(), self.strong());
        assert_eq!(self.receiver.sender_weak_count(), self.weak.len());
        if let Some(sender) = self.senders.last() {
            assert_eq!(
                (sender.capacity(), sender.max_capacity()),
                (self.free(), self.capacity)
            );
            assert_eq!(
                (sender.strong_count(), sender.weak_count()),
                (self.strong(), self.weak.len())
            );
            assert_eq!(sender.is_closed(), self.model.is_closed);
            assert!(
                self.permits
                    .iter()
                    .all(|permit| permit.same_channel_as_sender(sender))
            );
        }
        if let Some(weak) = self.weak.last() {
            assert_eq!(
                (weak.strong_count(), weak.weak_count()),
                (self.strong(), self.weak.len())
            );
        }
    }
}

impl Model {
    /// Nothing can come any more: all senders are gone, or it is closed and nothing is promised.
    fn is_over(&self, senders: usize, promised: usize) -> bool {
        senders == 0 || self.is_closed && promised == 0
    }

    fn received(&mut self, got: Result<usize, TryRecvError>, senders: usize, promised: usize) {
        match got {
            Ok(number) => assert_eq!(Some(number), self.queue.pop_front()),
            Err(error) => {
                assert!(self.queue.is_empty());
                let is_over = self.is_over(senders, promised);
                assert_eq!(error == TryRecvError::Disconnected, is_over);
            }
        }
    }

    fn received_many(
        &mut self,
        count: Option<usize>,
        buffer: &[usize],
        limit: usize,
        senders: usize,
        promised: usize,
    ) {
        let most = limit.min(self.queue.len());
        let expected: Vec<usize> = self.queue.drain(..most).collect();
        assert_eq!(buffer, expected);
        match count {
            Some(count) => {
                assert_eq!(count, most);
                assert!(count > 0 || limit == 0 || self.is_over(senders, promised));
            }
            None => assert!(limit > 0 && most == 0 && !self.is_over(senders, promised)),
        }
    }
}

/// One poll, and nobody need have woken: whether it waits is what is asked.
fn run_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let waker = std::task::Waker::noop();
    match future
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker))
    {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

struct Unbounded {
    senders: Vec<UnboundedSender<usize>>,
    weak: Vec<WeakUnboundedSender<usize>>,
    receiver: UnboundedReceiver<usize>,
    model: Model,
}

impl Unbounded {
    fn call(&mut self, number: usize, call: Call) {
        let strong = self.senders.len();
        match call {
            Call::Send | Call::Many(..) | Call::Reserve | Call::SendPermit | Call::Release => {
                let Some(sender) = self.senders.last() else {
                    return;
                };
                let sent = sender.send(number);
                assert_eq!(sent.is_err(), self.model.is_closed);
                self.model.queue.extend(sent.is_ok().then_some(number));
            }
            Call::Clone => self.senders.extend(self.senders.last().cloned()),
            Call::DropSender => drop(self.senders.pop()),
            Call::Downgrade => {
                self.weak
                    .extend(self.senders.last().map(UnboundedSender::downgrade));
            }
            Call::Upgrade => {
                if let Some(weak) = self.weak.last() {
                    let sender = weak.upgrade();
                    assert_eq!(sender.is_some(), strong > 0);
                    self.senders.extend(sender);
                }
            }
            Call::DropWeak => drop(self.weak.pop()),
            Call::Receive => {
                let received = self.receiver.try_recv();
                self.model.received(received, strong, 0);
            }
            Call::ReceiveMany(limit) => {
                let mut buffer = Vec::new();
                let received = run_once(self.receiver.recv_many(&mut buffer, limit));
                self.model
                    .received_many(received, &buffer, limit, strong, 0);
            }
            Call::Close => {
                self.receiver.close();
                self.model.is_closed = true;
            }
        }
        assert_eq!(self.receiver.len(), self.model.queue.len());
        assert_eq!(self.receiver.sender_strong_count(), self.senders.len());
        assert_eq!(self.receiver.sender_weak_count(), self.weak.len());
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn a_bounded_channel_is_a_queue(
        capacity in 1_usize..6, calls in prop::collection::vec(call(), 0..80),
    ) {
        let (sender, receiver) = channel(capacity);
        let mut bounded = Bounded {
            senders: vec![sender],
            weak: Vec::new(),
            permits: Vec::new(),
            receiver,
            capacity,
            model: Model::default(),
        };
        for (number, call) in calls.into_iter().enumerate() {
            bounded.call(number, call);
            bounded.check();
        }
    }

    #[test]
    fn an_unbounded_channel_is_a_queue(calls in prop::collection::vec(call(), 0..80)) {
        let (sender, receiver) = unbounded_channel();
        let mut unbounded = Unbounded {
            senders: vec![sender],
            weak: Vec::new(),
            receiver,
            model: Model::default(),
        };
        for (number, call) in calls.into_iter().enumerate() {
            unbounded.call(number, call);
        }
    }
}
