//! Question: what does a yield cost when 200 tasks do nothing else?
//!
//! Unit: nanoseconds a yield.
//!
//! What would mislead: nothing is woken here, so it says nothing about wakes.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

const TASKS: usize = 200;

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        name: "yield storm: 200 tasks",
        units: &["ns/yield"],
        size: 200_000,
        quick: 20_000,
        ask: yield_storm,
        goals: vec![Goal::tokio(0.4), Goal::best_peer(1.0)],
        ..PLAIN
    }]
}

on_each! {
    fn yield_storm(rt, peer, yields) -> Vec<f64> {
        timed(yields, || {
            rt::run(peer, async move {
                let storm = (0..TASKS).map(|_| {
                    rt::spawn(async move {
                        for _ in 0..yields / TASKS {
                            rt::yield_now().await;
                        }
                    })
                });
                for task in storm.collect::<Vec<_>>() {
                    task.await;
                }
            });
        })
    }
}
