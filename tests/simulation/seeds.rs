//! The seed decides the schedule, all of it, and nothing else does.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use wakeful::sim::{self, Builder};
use wakeful::sync::{Notify, Semaphore};
use wakeful::task::{JoinSet, spawn_blocking, yield_now};
use wakeful::time::sleep;

/// What happened, in order.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<(&'static str, usize)>>>);

impl Trace {
    fn note(&self, what: &'static str, number: usize) {
        self.0.lock().unwrap().push((what, number));
    }

    fn take(self) -> Vec<(&'static str, usize)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A program that does a little of everything.
async fn program(trace: Trace) {
    let semaphore = Arc::new(Semaphore::new(2));
    let notify = Arc::new(Notify::new());
    let mut set = JoinSet::new();
    for task in 0..8 {
        let (trace, semaphore, notify) = (trace.clone(), semaphore.clone(), notify.clone());
        set.spawn(async move {
            trace.note("began", task);
            yield_now().await;
            let permit = semaphore.acquire().await.unwrap();
            trace.note("has a permit", task);
            sleep(Duration::from_millis(1)).await;
            drop(permit);
            wakeful::select! {
                () = yield_now() => trace.note("selected", 1),
                () = yield_now() => trace.note("selected", 2),
                () = yield_now() => trace.note("selected", 3),
            }
            let first = trace.clone();
            let second = trace.clone();
            wakeful::join!(async move { first.note("joined", 1) }, async move {
                second.note("joined", 2)
            });
            let blocking = trace.clone();
            spawn_blocking(move || blocking.note("blocked", task));
            notify.notified().await;
            trace.note("notified", task);
        });
    }
    sleep(Duration::from_secs(1)).await;
    trace.note("all wait", set.len());
    notify.notify_waiters();
    while set.join_next().await.is_some() {}
}

fn trace(seed: u64) -> Vec<(&'static str, usize)> {
    let trace = Trace::default();
    sim::run(seed, program(trace.clone()));
    trace.take()
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    for seed in 0..50 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
}

#[test]
fn each_seed_gives_a_schedule_of_its_own() {
    let traces: HashSet<_> = (0..50).map(trace).collect();
    assert_eq!(traces.len(), 50);
}

#[test]
fn the_thread_decides_nothing() {
    let here = trace(11);
    let there = std::thread::spawn(|| {
        // Another state of the thread's own generator, and of its memory.
        sim::run(3, async {});
        trace(11)
    });
    assert_eq!(there.join().unwrap(), here);
}

/// The order of what ends with `what`, over seeds.
fn orders(what: &str) -> HashSet<Vec<usize>> {
    let order = |seed| {
        let those = trace(seed).into_iter().filter(|(name, _)| *name == what);
        those.map(|(_, number)| number).collect()
    };
    (0..60).map(order).collect()
}

#[test]
fn the_seed_decides_who_begins_and_whose_permit_comes_first() {
    assert!(orders("began").len() > 30);
    assert!(orders("has a permit").len() > 30);
}

#[test]
fn the_seed_decides_select_join_and_blocking_closures() {
    assert!(orders("selected").len() > 50);
    assert!(orders("joined").len() > 30);
    assert!(orders("blocked").len() > 50);
}

/// In which order tasks come out of one wait, with one worker and nothing else left to chance.
fn wake_orders(wait: fn(Arc<Notify>) -> futures::Waiting) -> HashSet<Vec<usize>> {
    let order = |seed| {
        let trace = Trace::default();
        let inner = trace.clone();
        Builder::new(seed)
            .workers(1)
            .spurious_polls(0)
            .run(|| async move {
                let notify = Arc::new(Notify::new());
                let mut set = JoinSet::new();
                for task in 0..4 {
                    let (trace, waiting) = (inner.clone(), wait(notify.clone()));
                    set.spawn(async move {
                        waiting.await;
                        trace.note("woken", task);
                    });
                }
                sleep(Duration::from_millis(500)).await;
                notify.notify_waiters();
                while set.join_next().await.is_some() {}
            });
        trace.take().into_iter().map(|(_, task)| task).collect()
    };
    (0..250).map(order).collect()
}

mod futures {
    pub(crate) type Waiting = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
}

#[test]
fn the_seed_decides_timers_of_one_deadline() {
    let orders = wake_orders(|_| Box::pin(sleep(Duration::from_secs(1))));
    assert_eq!(orders.len(), 24, "all orders of four");
}

#[test]
fn the_seed_decides_whom_a_broadcast_wakes_first() {
    let orders = wake_orders(|notify| Box::pin(async move { notify.notified().await }));
    assert_eq!(orders.len(), 24, "all orders of four");
}

#[test]
fn the_seed_decides_which_blocking_closure_comes_first() {
    let order = |seed| {
        let trace = Trace::default();
        let inner = trace.clone();
        Builder::new(seed).run(|| async move {
            for number in 0..3 {
                let trace = inner.clone();
                spawn_blocking(move || trace.note("ran", number));
            }
            sleep(Duration::from_millis(1)).await;
        });
        trace.take()
    };
    let orders: HashSet<_> = (0..100).map(order).collect();
    assert_eq!(orders.len(), 6, "all orders of three");
}

/// How often a task is polled that is woken once, over seeds.
fn polls(builder: impl Fn(&mut Builder)) -> usize {
    let mut most = 0;
    for seed in 0..100 {
        let mut configured = Builder::new(seed);
        builder(&mut configured);
        let polls = configured.run(|| async {
            let counted = wakeful::spawn(async {
                let mut polls = 0;
                let mut sleep = std::pin::pin!(sleep(Duration::from_millis(1)));
                poll_fn(|cx| {
                    polls += 1;
                    sleep.as_mut().poll(cx)
                })
                .await;
                polls
            });
            for _ in 0..20 {
                yield_now().await;
            }
            counted.await.unwrap()
        });
        most = most.max(polls);
    }
    most
}

#[test]
fn tasks_are_polled_though_nobody_woke_them() {
    let spurious = |builder: &mut Builder| {
        builder.spurious_polls(4).short_polls(0);
    };
    assert!(polls(spurious) > 3);
    let none = |builder: &mut Builder| {
        builder.spurious_polls(0).short_polls(0);
    };
    assert_eq!(polls(none), 2);
}

/// True if some poll ended before it had completed ten operations.
fn some_poll_is_short(short_polls: usize) -> bool {
    (0..50).any(|seed| {
        Builder::new(seed).short_polls(short_polls).run(|| async {
            let semaphore = Semaphore::new(1);
            let mut polls = 0;
            let mut many = std::pin::pin!(async {
                for _ in 0..10 {
                    drop(semaphore.acquire().await);
                }
            });
            poll_fn(|cx| {
                polls += 1;
                many.as_mut().poll(cx)
            })
            .await;
            polls > 1
        })
    })
}

#[test]
fn some_polls_have_next_to_no_budget() {
    assert!(some_poll_is_short(4));
    assert!(!some_poll_is_short(0));
    // And the thread is as it was.
    let rest = poll_fn(|_| Poll::Ready(wakeful::task::coop::has_budget_remaining()));
    assert!(sim::run(0, rest));
}
