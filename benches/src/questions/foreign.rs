//! Question: how long until a task of an idle runtime runs after a foreign thread woke it?
//!
//! Unit: nanoseconds from just before the wake to the task's next line: the median, and the 99th
//! of a hundred.
//!
//! What would mislead: the runtime must really sleep before each wake, so the waker waits half a
//! millisecond between two; a machine that saves power sleeps deeper than one that is busy.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Question;
use crate::runtimes::on_each;

const PAUSE: Duration = Duration::from_micros(500);

pub(super) fn questions() -> Vec<Question> {
    let question = |name, ask, floor| Question {
        name,
        unit: "ns",
        threads: &[1, 2],
        except: &[],
        size: 400,
        quick: 50,
        ask,
        floors: floor,
        goal: (1.0, 1.0),
    };
    vec![
        question(
            "wake of an idle runtime from a foreign thread, median",
            |peer, size| quantile(latencies(peer, size), 0.5),
            &[("unpark of a thread", |size| quantile(bare(size), 0.5))],
        ),
        question(
            "the same, 99th percentile",
            |peer, size| quantile(latencies(peer, size), 0.99),
            &[("unpark of a thread", |size| quantile(bare(size), 0.99))],
        ),
    ]
}

fn quantile(mut latencies: Vec<f64>, part: f64) -> f64 {
    latencies.sort_by(f64::total_cmp);
    let last = latencies.len() as f64 - 1.0;
    latencies[(last * part).round() as usize]
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

/// A thread that parks, and one that unparks it.
fn bare(wakes: usize) -> Vec<f64> {
    let (give, take) = mpsc::channel::<mpsc::Sender<Instant>>();
    let foreign = thread::spawn(move || {
        for sender in take {
            thread::sleep(PAUSE);
            let _ = sender.send(Instant::now());
        }
    });
    let mut latencies = Vec::with_capacity(wakes);
    for _ in 0..wakes {
        let (sender, receiver) = mpsc::channel();
        give.send(sender).expect("the foreign thread is there");
        let woken_at = receiver.recv().expect("it sends");
        latencies.push(woken_at.elapsed().as_nanos() as f64);
    }
    drop(give);
    foreign.join().expect("the foreign thread ends");
    latencies
}
