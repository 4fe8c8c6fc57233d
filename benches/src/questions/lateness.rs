//! Question: how late does a sleep end?
//!
//! Unit: microseconds between the deadline and the task's next line: the median, and the 99th of a
//! hundred. A thousand tasks sleep at once, each until a random moment within 50 ms.
//!
//! What would mislead: precision has a price, which the questions in `timers.rs` see: who wakes up
//! for each deadline ends sleeps early and pays for it. tokio and we round up to the next
//! millisecond.

use std::time::{Duration, Instant};

use super::{PLAIN, Question};
use crate::goals::Goal;
use crate::runtimes::{Peer, on_each};
use crate::statistics::quantile;

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        topic: "Timers",
        name: "how late a sleep ends",
        units: &["us late, median", "us late, 99th of 100"],
        size: 1_000,
        quick: 200,
        ask: |peer: &Peer, sleeps| {
            let late = late(peer, sleeps);
            vec![quantile(&late, 0.5), quantile(&late, 0.99)]
        },
        // No worse than tokio, with a tenth for two clocks that tick apart.
        goals: vec![Goal::tokio(1.1)],
        ..PLAIN
    }]
}

on_each! {
    fn late(rt, peer, sleeps) -> Vec<f64> {
        rt::run(peer, async move {
            let mut random = 1_u64;
            let sleeps = (0..sleeps).map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let asked = Duration::from_micros(random % 50_000);
                rt::spawn(async move {
                    let start = Instant::now();
                    rt::sleep(asked).await;
                    start.elapsed().saturating_sub(asked).as_nanos() as f64 / 1e3
                })
            });
            let mut late = Vec::new();
            for sleep in sleeps.collect::<Vec<_>>() {
                late.push(sleep.await);
            }
            late
        })
    }
}
