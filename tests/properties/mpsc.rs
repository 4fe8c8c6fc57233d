//! A channel is a queue: each message arrives once, in its sender's order, or comes back, and there
//! is never more in it than it has room for.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use wakeful::sync::mpsc::error::{TryRecvError, TrySendError};
use wakeful::sync::mpsc::{self, OwnedPermit, Receiver, Sender};
use wakeful::task::{unconstrained, yield_now};

use crate::case::Case as Choices;

type Message = (usize, u64);

each_scheduler! {
    /// Senders send in every way there is, give up, are aborted. The receiver receives in every
    /// way there is, and at some point closes or goes. What was accepted before a close arrives.
    fn what_is_accepted_arrives_in_order(case) {
        let capacity = 1 + case.below(5);
        let senders = 1 + case.below(5);
        let mut choices = case.fork();
        case.run(async move {
            let (sender, receiver) = mpsc::channel(capacity);
            let mut tasks = Vec::new();
            let accepted: Arc<[AtomicUsize]> = (0..senders).map(|_| AtomicUsize::new(0)).collect();
            for id in 0..senders {
                let (sender, choices) = (sender.clone(), choices.fork());
                let accepted = Arc::clone(&accepted);
                tasks.push(wakeful::spawn(send_all(id, sender, choices, accepted)));
            }
            drop(sender);
            let receiving = wakeful::spawn(receive_all(receiver, senders, choices.fork()));
            for task in &tasks {
                for _ in 0..choices.below(6) {
                    yield_now().await;
                }
                if choices.one_in(4) {
                    task.abort();
                }
            }
            for task in tasks {
                let ended = task.await;
                assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
            }
            if let Some(arrived) = receiving.await.expect("the receiver is content") {
                let accepted: Vec<_> = accepted.iter().map(|count| count.load(SeqCst)).collect();
                assert_eq!(arrived, accepted);
            }
        });
    }

    /// One thread does anything to a channel, and a queue says what has to come of it.
    fn one_at_a_time_it_is_a_queue(case) {
        let capacity = 1 + case.below(4);
        let mut choices = case.fork();
        // A task out of budget would wait for nothing that the model knows.
        case.run(unconstrained(async move {
            let mut model = Model::new(capacity);
            for step in 0..120 {
                model.step(step, &mut choices);
                model.check();
            }
        }));
    }
}

async fn send_all(
    id: usize,
    sender: Sender<Message>,
    mut choices: Choices,
    accepted: Arc<[AtomicUsize]>,
) {
    let accepted = &accepted[id];
    for _ in 0..choices.below(30) {
        // An abort strikes at an await: never between a message that went and its count.
        let message = (id, accepted.load(SeqCst) as u64);
        let went = match choices.below(6) {
            0 => sender.try_send(message).is_ok(),
            1 => match sender.reserve().await {
                Ok(permit) if choices.one_in(3) => {
                    drop(permit);
                    false
                }
                Ok(permit) => {
                    permit.send(message);
                    true
                }
                Err(_) => return,
            },
            2 => match sender.clone().reserve_owned().await {
                Ok(permit) => permit.send(message).same_channel(&sender),
                Err(_) => return,
            },
            3 => {
                // Waits for a while and gives up.
                poll_once(pin!(sender.reserve_many(sender.max_capacity()))).await;
                false
            }
            4 => poll_once(pin!(sender.send(message)))
                .await
                .is_some_and(|sent| sent.is_ok()),
            _ => match sender.send(message).await {
                Ok(()) => true,
                Err(_) => return,
            },
        };
        if went {
            accepted.fetch_add(1, SeqCst);
        }
        for _ in 0..choices.below(3) {
            yield_now().await;
        }
    }
}

/// Gives how many messages of each sender arrived, if the receiver stayed until the end.
async fn receive_all(
    mut receiver: Receiver<Message>,
    senders: usize,
    mut choices: Choices,
) -> Option<Vec<usize>> {
    let mut next = vec![0; senders];
    let mut buffer = Vec::new();
    loop {
        for _ in 0..choices.below(3) {
            yield_now().await;
        }
        assert!(receiver.len() <= receiver.max_capacity());
        match choices.below(40) {
            0 => receiver.close(),
            1 => return None,
            2..10 => buffer.extend(receiver.try_recv().ok()),
            10..20 => {
                if poll_once(pin!(receiver.recv_many(&mut buffer, 2))).await == Some(0) {
                    break;
                }
            }
            _ => match receiver.recv().await {
                Some(message) => buffer.push(message),
                None => break,
            },
        }
        for (id, number) in buffer.drain(..) {
            assert_eq!(number, next[id] as u64, "of sender {id}");
            next[id] += 1;
        }
    }
    assert!(receiver.is_closed() && receiver.is_empty());
    assert_eq!(receiver.capacity(), receiver.max_capacity());
    Some(next)
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// A send that waits, and says whether it sent.
type Sends = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A channel, and what has to be true of it.
struct Model {
    sender: Sender<u64>,
    receiver: Receiver<u64>,
    queue: VecDeque<u64>,
    permits: Vec<OwnedPermit<u64>>,
    waiting: VecDeque<(u64, Sends)>,
    capacity: usize,
    is_closed: bool,
}

impl Model {
    fn new(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::channel(capacity);
        Self {
            sender,
            receiver,
            queue: VecDeque::new(),
            permits: Vec::new(),
            waiting: VecDeque::new(),
            capacity,
            is_closed: false,
        }
    }

    fn free(&self) -> usize {
        self.capacity - self.queue.len() - self.permits.len()
    }

    fn step(&mut self, number: u64, choices: &mut Choices) {
        match choices.below(12) {
            0..3 => match self.sender.try_send(number) {
                Ok(()) => {
                    assert!(!self.is_closed && self.free() > 0);
                    self.queue.push_back(number);
                }
                Err(TrySendError::Full(_)) => assert!(!self.is_closed && self.free() == 0),
                Err(TrySendError::Closed(_)) => assert!(self.is_closed),
            },
            3 => {
                if let Ok(permit) = self.sender.clone().try_reserve_owned() {
                    assert!(!self.is_closed && self.free() > 0);
                    self.permits.push(permit);
                }
            }
            4 => {
                if let Some(permit) = self.permits.pop() {
                    drop(permit.send(number));
                    self.queue.push_back(number);
                }
            }
            5 => drop(self.permits.pop()),
            6 if self.free() == 0 && !self.is_closed => {
                let sender = self.sender.clone();
                let mut sending: Sends = Box::pin(async move { sender.send(number).await.is_ok() });
                assert!(poll_now(sending.as_mut()).is_pending());
                self.waiting.push_back((number, sending));
            }
            7 => {
                let last = self.waiting.len().saturating_sub(1);
                drop(self.waiting.remove(choices.below(last + 1)));
            }
            8 if number > 60 && choices.one_in(8) => {
                self.receiver.close();
                self.is_closed = true;
            }
            _ => match self.receiver.try_recv() {
                Ok(received) => assert_eq!(Some(received), self.queue.pop_front()),
                Err(error) => {
                    assert!(self.queue.is_empty());
                    let is_over = self.is_closed && self.permits.is_empty();
                    assert_eq!(error == TryRecvError::Disconnected, is_over);
                }
            },
        }
        self.serve();
    }

    /// Who waits is served in order, as far as there is room.
    fn serve(&mut self) {
        while self.free() > 0 && !self.is_closed {
            let Some((number, mut sending)) = self.waiting.pop_front() else {
                return;
            };
            assert_eq!(poll_now(sending.as_mut()), Poll::Ready(true));
            self.queue.push_back(number);
        }
        let is_closed = self.is_closed;
        self.waiting.retain_mut(|(_, sending)| {
            let polled = poll_now(sending.as_mut());
            assert_eq!(
                polled,
                if is_closed {
                    Poll::Ready(false)
                } else {
                    Poll::Pending
                }
            );
            !is_closed
        });
    }

    fn check(&self) {
        assert_eq!(self.receiver.len(), self.queue.len());
        assert_eq!(self.receiver.is_empty(), self.queue.is_empty());
        assert_eq!(self.sender.capacity(), self.free());
        assert_eq!(self.sender.is_closed(), self.is_closed);
    }
}

fn poll_now<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
