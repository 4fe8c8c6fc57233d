//! Question: what does a lock cost, fought for and alone?
//!
//! Unit: nanoseconds a lock with its unlock. Contended: 1,000 tasks lock 100 times each, and yield
//! inside, so that nearly every lock waits.
//!
//! What would mislead: with a yield inside the lock is always handed over, which is the slow way;
//! alone it is never.

use std::sync::Arc;

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

const TOPIC: &str = "Locks and messages";
const EACH: usize = 100;

pub(super) fn questions() -> Vec<Question> {
    vec![
        Question {
            topic: TOPIC,
            name: "contended mutex, a yield inside",
            units: &["ns/lock"],
            ask: contended,
            goals: vec![Goal::tokio(0.3)],
            ..PLAIN
        },
        Question {
            topic: TOPIC,
            name: "uncontended lock and unlock",
            units: &["ns/lock"],
            threads: &[1],
            size: 1_000_000,
            quick: 100_000,
            ask: alone,
            goals: vec![Goal::tokio(0.3)],
            ..PLAIN
        },
    ]
}

on_each! {
    fn contended(rt, peer, locks) -> Vec<f64> {
        timed(locks, || {
            rt::run(peer, async move {
                let counter = Arc::new(rt::Mutex::new(0_usize));
                let tasks = (0..locks / EACH).map(|_| {
                    let counter = Arc::clone(&counter);
                    rt::spawn(async move {
                        for _ in 0..EACH {
                            let mut counter = counter.lock().await;
                            *counter += 1;
                            rt::yield_now().await;
                        }
                    })
                });
                for task in tasks.collect::<Vec<_>>() {
                    task.await;
                }
                assert_eq!(*counter.lock().await, locks);
            });
        })
    }
}

on_each! {
    fn alone(rt, peer, locks) -> Vec<f64> {
        timed(locks, || {
            rt::run(peer, async move {
                let counter = rt::Mutex::new(0_usize);
                for _ in 0..locks {
                    *counter.lock().await += 1;
                }
                assert_eq!(*counter.lock().await, locks);
            });
        })
    }
}
