//! Question: what does a message through a channel cost, with one sender and with eight?
//!
//! Unit: nanoseconds a message. The capacity of a bounded channel is 128, or one: then nearly every
//! message is waited for at both ends.
//!
//! What would mislead: on one thread sender and receiver take turns of a whole capacity; on two
//! they meet in the same cache lines. The main future receives, but for the channel of one place:
//! a tokio main future is not on a worker, so that a thread would be woken for each message.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::{Peer, on_each};

const CAPACITY: usize = 128;

pub(super) fn questions() -> Vec<Question> {
    let question = |name, ask: fn(&Peer, usize) -> Vec<f64>| Question {
        topic: "Locks and messages",
        name,
        units: &["ns/message"],
        size: 200_000,
        quick: 20_000,
        ask,
        goals: vec![Goal::tokio(0.5), Goal::best_peer(1.0)],
        ..PLAIN
    };
    vec![
        question("mpsc bounded, 1 sender", bounded),
        question("mpsc bounded, 8 senders", bounded_by_eight),
        question("mpsc unbounded, 1 sender", unbounded),
        question("mpsc unbounded, 8 senders", unbounded_by_eight),
        Question {
            size: 50_000,
            ..question("mpsc of one place, 8 senders", one_place)
        },
    ]
}

/// A future that has the messages sent, and receives them.
macro_rules! exchange {
    (
        $rt:ident, $messages:ident, $senders:literal, $make:expr, $send:expr, $receive:ident
    ) => {
        async move {
            let (sender, mut receiver) = $make;
            for _ in 0..$senders {
                let sender = sender.clone();
                $rt::spawn(async move {
                    for number in 0..$messages / $senders {
                        $send(&sender, number).await;
                    }
                })
                .detach();
            }
            drop(sender);
            let mut received = 0;
            while $rt::$receive(&mut receiver).await.is_some() {
                received += 1;
            }
            assert_eq!(received, $messages / $senders * $senders);
        }
    };
}

macro_rules! through {
    ($rt:ident, $peer:ident, $messages:ident, $($how:tt)*) => {
        timed($messages, || $rt::run($peer, exchange!($rt, $messages, $($how)*)))
    };
}

on_each! {
    fn bounded(rt, peer, messages) -> Vec<f64> {
        through!(rt, peer, messages, 1, rt::channel::<usize>(CAPACITY), rt::send, receive)
    }
}

on_each! {
    fn bounded_by_eight(rt, peer, messages) -> Vec<f64> {
        through!(rt, peer, messages, 8, rt::channel::<usize>(CAPACITY), rt::send, receive)
    }
}

on_each! {
    fn unbounded(rt, peer, messages) -> Vec<f64> {
        let post = async |to: &_, number| rt::post(to, number);
        through!(rt, peer, messages, 1, rt::unbounded::<usize>(), post, fetch)
    }
}

on_each! {
    fn unbounded_by_eight(rt, peer, messages) -> Vec<f64> {
        let post = async |to: &_, number| rt::post(to, number);
        through!(rt, peer, messages, 8, rt::unbounded::<usize>(), post, fetch)
    }
}

on_each! {
    fn one_place(rt, peer, messages) -> Vec<f64> {
        timed(messages, || {
            rt::run(peer, async move {
                rt::spawn(exchange!(rt, messages, 8, rt::channel::<usize>(1), rt::send, receive))
                    .await;
            });
        })
    }
}
