//! Question: how long until a task of an idle runtime runs after a foreign thread woke it?
//!
//! Unit: nanoseconds from just before the wake to the task's next line: the median, and the 99th
//! of a hundred. The floor is a thread that sleeps in a futex, and one that wakes it.
//!
//! What would mislead: the runtime must really sleep before each wake, so the waker waits half a
//! millisecond between two; a machine that saves power sleeps deeper than one that is busy.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::{PLAIN, Question};
use crate::goals::Goal;
use crate::runtimes::{Peer, on_each};
use crate::statistics::quantile;

const PAUSE: Duration = Duration::from_micros(500);
const FLOOR: &str = "a bare futex";

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        topic: "Wakes, and who waits for whom",
        name: "wake of an idle runtime from a foreign thread",
        units: &["ns, median", "ns, 99th of 100"],
        size: 300,
        quick: 30,
        ask: |peer: &Peer, wakes| figures(&latencies(peer, wakes)),
        floors: &[(FLOOR, |wakes| figures(&bare(wakes)))],
        goals: vec![Goal::floor(FLOOR, 1.2), Goal::best_peer(1.0)],
        ..PLAIN
    }]
}

fn figures(latencies: &[f64]) -> Vec<f64> {
    vec![quantile(latencies, 0.5), quantile(latencies, 0.99)]
}

on_each! {
    fn latencies(rt, peer, wakes) -> Vec<f64> {
        let (give, take) = mpsc::channel();
        let foreign = thread::spawn(move || {
            for sender in take {
                thread::sleep(PAUSE);
                rt::tell(sender, Instant::now());
            }
        });
        let latencies = rt::run(peer, async move {
            let mut latencies = Vec::with_capacity(wakes);
            for _ in 0..wakes {
                let (sender, receiver) = rt::oneshot();
                give.send(sender).expect("the foreign thread is there");
                let woken_at: Instant = rt::hear(receiver).await;
                latencies.push(woken_at.elapsed().as_nanos() as f64);
            }
            latencies
        });
        foreign.join().expect("the foreign thread ends");
        latencies
    }
}

/// A thread that parks, and one that unparks it: std's parking is one word and a futex.
fn bare(wakes: usize) -> Vec<f64> {
    let start = Instant::now();
    // When it was woken, in nanoseconds from the start; 0 while it has not been.
    let woken_at = Arc::new(AtomicU64::new(0));
    let (give, take) = mpsc::channel::<()>();
    let sleeper = thread::current();
    let foreign = thread::spawn({
        let woken_at = Arc::clone(&woken_at);
        move || {
            for () in take {
                thread::sleep(PAUSE);
                woken_at.store(start.elapsed().as_nanos() as u64, Relaxed);
                sleeper.unpark();
            }
        }
    });
    let mut latencies = Vec::with_capacity(wakes);
    for _ in 0..wakes {
        give.send(()).expect("the foreign thread is there");
        let woken_at = loop {
            match woken_at.swap(0, Relaxed) {
                0 => thread::park(),
                woken_at => break Duration::from_nanos(woken_at),
            }
        };
        latencies.push((start.elapsed() - woken_at).as_nanos() as f64);
    }
    drop(give);
    foreign.join().expect("the foreign thread ends");
    latencies
}
