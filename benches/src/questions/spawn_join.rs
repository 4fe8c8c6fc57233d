//! Question: what does it cost to spawn a task that does nothing, and to await it?
//!
//! Unit: nanoseconds a task. Tasks are spawned in batches of 1,000 and awaited in order.
//!
//! What would mislead: one task at a time would measure how well a runtime reuses what is still in
//! the cache; a million at a time would measure the allocator.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

const BATCH: usize = 1_000;

pub(super) fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "spawn and join an empty task",
            units: &["ns/task"],
            ask: spawn_join,
            goals: vec![
                Goal::tokio(0.10).on(1),
                Goal::tokio(0.15).on(2),
                Goal::best_peer(1.0),
            ],
            ..PLAIN
        },
        Question {
            name: "spawn from a foreign thread, join inside",
            units: &["ns/task"],
            threads: &[2],
            size: 50_000,
            quick: 5_000,
            ask: spawn_foreign,
            goals: vec![Goal::tokio(0.3), Goal::best_peer(1.0)],
            ..PLAIN
        },
    ]
}

on_each! {
    fn spawn_join(rt, peer, tasks) -> Vec<f64> {
        timed(tasks, || {
            rt::run(peer, async move {
                let mut handles = Vec::with_capacity(BATCH);
                for _ in 0..tasks / BATCH {
                    handles.extend((0..BATCH).map(|_| rt::spawn(async {})));
                    for handle in handles.drain(..) {
                        handle.await;
                    }
                }
            });
        })
    }
}

on_each! {
    fn spawn_foreign(rt, peer, tasks) -> Vec<f64> {
        let spawner = rt::spawner(peer);
        timed(tasks, || {
            let (sender, mut receiver) = rt::unbounded();
            let foreign = std::thread::spawn(move || {
                for _ in 0..tasks / BATCH {
                    let tasks = (0..BATCH).map(|_| rt::spawn_on(&spawner, async {}));
                    rt::post(&sender, tasks.collect::<Vec<_>>());
                }
            });
            rt::run(peer, async move {
                while let Some(batch) = rt::fetch(&mut receiver).await {
                    for task in batch {
                        task.await;
                    }
                }
            });
            foreign.join().expect("the foreign thread ends");
        })
    }
}
