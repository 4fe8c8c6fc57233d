//! Question: what does a message for one receiver cost, from making the channel to receiving?
//!
//! Unit: nanoseconds a message. It is there before the receiver looks, and nobody is woken.
//!
//! What would mislead: smol has no channel for one message, its bounded channel stands in. Only we
//! have a promise; it is compared with the others' one-shot channels.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::{Kind, Peer, on_each};

pub(super) fn questions() -> Vec<Question> {
    let question = |name, ask| Question {
        topic: "Locks and messages",
        name,
        units: &["ns/message"],
        threads: &[1],
        size: 500_000,
        quick: 50_000,
        ask,
        goals: vec![Goal::tokio(0.7), Goal::best_peer(1.0)],
        ..PLAIN
    };
    vec![
        question("oneshot: make, send, receive", oneshot as Ask),
        question("promise: make, resolve, await (others: oneshot)", promise),
    ]
}

type Ask = fn(&Peer, usize) -> Vec<f64>;

on_each! {
    fn oneshot(rt, peer, messages) -> Vec<f64> {
        timed(messages, || {
            rt::run(peer, async move {
                for number in 0..messages {
                    let (sender, receiver) = rt::oneshot();
                    rt::tell(sender, number);
                    assert_eq!(rt::hear(receiver).await, number);
                }
            });
        })
    }
}

fn promise(peer: &Peer, messages: usize) -> Vec<f64> {
    if peer.kind != Kind::Wakeful {
        return oneshot(peer, messages);
    }
    timed(messages, || {
        crate::runtimes::wakeful::run(peer, async move {
            for number in 0..messages {
                let (promise, resolver) = wakeful::sync::Promise::new();
                let _ = resolver.resolve(number);
                assert_eq!(promise.await, Ok(number));
            }
        });
    })
}
