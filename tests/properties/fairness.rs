//! Whoever is ready is polled after a bounded number of polls of others.
//!
//! A crowd of tasks that yield, and of pairs that wake each other, is ready all the time. One task
//! waits to be woken: by one of the crowd, which wakes somebody else next, so that the task does
//! not keep the place of the one woken last; or by a closure on the blocking pool, so that it comes
//! in through the queue for work from elsewhere. Counted are the polls of the crowd in between.
//!
//! Only on one thread and in the simulation: between two threads the system decides, too, and polls
//! of one say nothing about how long the other was off its core.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use wakeful::spawn;
use wakeful::sync::{mpsc, oneshot};
use wakeful::task::{JoinHandle, spawn_blocking, yield_now};

use crate::case::{Case, On, over_seeds};

/// Polls of the crowd, for each of its tasks, before one that was ready: everybody who is queued
/// goes once, and before each three may come from the slot for the task woken last.
const MOST_EACH: usize = 4;
/// Other seats go on meanwhile, and are as likely to be the next.
const ELSEWHERE: usize = 2;
/// The seed looks at work from elsewhere once in 16 polls, by chance: so many are enough.
const LUCK: usize = 100;

#[derive(Default)]
struct Crowd {
    polls: AtomicUsize,
    size: AtomicUsize,
    over: AtomicBool,
}

impl Crowd {
    fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    fn polls(&self) -> usize {
        self.polls.load(Relaxed)
    }

    fn spawn<F>(self: &Arc<Self>, life: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        spawn(Member {
            life: Box::pin(life),
            crowd: Arc::clone(self),
        })
    }

    fn gather(self: &Arc<Self>, yielders: usize, pairs: usize) -> Vec<JoinHandle<()>> {
        self.size.store(yielders + 2 * pairs, Relaxed);
        let mut members = Vec::new();
        for _ in 0..yielders {
            let crowd = Arc::clone(self);
            members.push(self.spawn(async move {
                while !crowd.is_over() {
                    yield_now().await;
                }
            }));
        }
        for _ in 0..pairs {
            let (ping, pinged) = mpsc::unbounded_channel();
            let (pong, ponged) = mpsc::unbounded_channel();
            ping.send(()).expect("the receiver is here");
            for (to, mut from) in [(pong, pinged), (ping, ponged)] {
                let crowd = Arc::clone(self);
                members.push(self.spawn(async move {
                    while from.recv().await.is_some() && !crowd.is_over() {
                        if to.send(()).is_err() {
                            return;
                        }
                    }
                }));
            }
        }
        members
    }
}

/// A task of the crowd: its polls are counted.
struct Member {
    life: Pin<Box<dyn Future<Output = ()> + Send>>,
    crowd: Arc<Crowd>,
}

impl Future for Member {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.crowd.polls.fetch_add(1, Relaxed);
        self.life.as_mut().poll(cx)
    }
}

/// Who makes the task ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// One of the crowd.
    Member,
    /// A closure of the blocking pool.
    Closure,
}

/// Polls of the crowd between the wake and the poll.
async fn wait(crowd: &Arc<Crowd>, by: By) -> usize {
    let (first, heard) = oneshot::channel();
    if by == By::Closure {
        let crowd_there = Arc::clone(crowd);
        spawn_blocking(move || first.send(crowd_there.polls()));
        let before = heard.await.expect("the closure runs");
        return crowd.polls() - before;
    }
    let (second, heard_next) = oneshot::channel();
    let next = crowd.spawn(async move {
        let _ = heard_next.await;
    });
    let crowd_there = Arc::clone(crowd);
    let waker = crowd.spawn(async move {
        yield_now().await;
        let _ = first.send(crowd_there.polls());
        let _ = second.send(());
    });
    let before = heard.await.expect("the other task runs");
    let waited = crowd.polls() - before;
    next.await.expect("it does not panic");
    waker.await.expect("it does not panic");
    waited
}

/// Runs a crowd, and checks each wait against `most` of its size.
fn nobody_waits_longer(case: &mut Case, wakers: &'static [By], most: fn(usize) -> usize) {
    let (yielders, pairs) = (1 + case.below(8), case.below(8));
    let waits: Vec<By> = (0..8).map(|_| wakers[case.below(wakers.len())]).collect();
    case.run(async move {
        let crowd = Arc::new(Crowd::default());
        let members = crowd.gather(yielders, pairs);
        let watched = Arc::clone(&crowd);
        let task = spawn(async move {
            // Who wakes it, and who is woken after it.
            let size = watched.size.load(Relaxed) + 2;
            for by in waits {
                let waited = wait(&watched, by).await;
                let most = most(size);
                assert!(
                    waited <= most,
                    "{waited} polls of {size} tasks, woken by a {by:?}; at most {most}"
                );
            }
        });
        let ended = task.await;
        crowd.over.store(true, Relaxed);
        for member in members {
            member.await.expect("it does not panic");
        }
        ended.expect("nobody waits longer");
    });
}

/// First in, first out: each of the others goes once.
#[test]
fn first_in_first_out_on_one_thread() {
    over_seeds(On::CurrentThread, |case| {
        nobody_waits_longer(case, &[By::Member], |tasks| tasks);
    });
}

/// The same for each seat, with up to three from the slot before each from the ring.
#[test]
fn nobody_starves_in_a_simulation() {
    over_seeds(On::Simulated, |case| {
        nobody_waits_longer(case, &[By::Member, By::Closure], |tasks| {
            LUCK + ELSEWHERE * MOST_EACH * tasks
        });
    });
}
