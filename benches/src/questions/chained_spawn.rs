//! Question: what does a spawn cost on the way of a task that ends at once and leaves another?
//!
//! Unit: nanoseconds a link. A chain of 1,000 tasks, each spawned by the one before; the last sends
//! the result.
//!
//! What would mislead: there is one task at a time, so a second thread can only be in the way.

use std::future::Future;
use std::pin::Pin;

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

const LINKS: usize = 1_000;

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        name: "chained spawn, 1000 deep",
        units: &["ns/link"],
        ask: chained_spawn,
        goals: vec![Goal::tokio(0.4), Goal::best_peer(1.0)],
        ..PLAIN
    }]
}

on_each! {
    fn chained_spawn(rt, peer, links) -> Vec<f64> {
        type Done = Box<dyn FnOnce() + Send>;

        fn link(left: usize, done: Done) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move {
                match left {
                    0 => done(),
                    _ => rt::spawn(link(left - 1, done)).detach(),
                }
            })
        }

        timed(links, || {
            rt::run(peer, async move {
                for _ in 0..links / LINKS {
                    let (sender, receiver) = rt::oneshot();
                    let done = Box::new(move || rt::tell(sender, ()));
                    rt::spawn(link(LINKS, done)).detach();
                    rt::hear(receiver).await;
                }
            });
        })
    }
}
