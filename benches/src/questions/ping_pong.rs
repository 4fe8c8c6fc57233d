//! Question: what does it cost to wake another task and to be woken by it?
//!
//! Unit: nanoseconds a pair. Each pair is two tasks and two one-shot channels: ping, then pong.
//!
//! What would mislead: the pairs are spawned, too, so a cheap spawn helps.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

const AT_ONCE: usize = 1_000;

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        name: "ping-pong over oneshot, 1000 pairs at once",
        units: &["ns/pair"],
        size: 20_000,
        quick: 2_000,
        ask: ping_pong,
        goals: vec![Goal::tokio(0.4), Goal::best_peer(1.0)],
        ..PLAIN
    }]
}

on_each! {
    fn ping_pong(rt, peer, pairs) -> Vec<f64> {
        timed(pairs, || {
            rt::run(peer, async move {
                for _ in 0..pairs / AT_ONCE {
                    let waiting = (0..AT_ONCE).map(|_| {
                        rt::spawn(async {
                            let (ping, pinged) = rt::oneshot();
                            let (pong, ponged) = rt::oneshot();
                            rt::spawn(async move {
                                let number: usize = rt::hear(pinged).await;
                                rt::tell(pong, number + 1);
                            })
                            .detach();
                            rt::tell(ping, 1_usize);
                            assert_eq!(rt::hear(ponged).await, 2);
                        })
                    });
                    for task in waiting.collect::<Vec<_>>() {
                        task.await;
                    }
                }
            });
        })
    }
}
