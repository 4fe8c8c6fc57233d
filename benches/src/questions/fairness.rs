//! Question: how many polls of others come before a task that became ready?
//!
//! Unit: polls of others between the moment it became ready and its poll: the most of so many
//! trials, and the median. The others are pairs of tasks that wake each other, tasks that only
//! yield, and tasks that send bytes to and fro through sockets: 82 that are ready nearly always.
//!
//! The task is made ready by a task that wakes somebody else right after it, so that it does not
//! keep the place of the task woken last; or by bytes that arrive on a socket.
//!
//! The goals on one thread are what `wakeful::runtime` promises: everybody who is queued goes once,
//! and events are looked at every 61 polls. On two threads the system may take one of them off its
//! core for as long as it likes, while the other polls on; `tests/properties/fairness.rs` holds a
//! bound there, in simulation.
//!
//! What would mislead: the median alone. A task that is polled at once nearly always, and now and
//! then not for a second, has a good one.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use super::{PLAIN, Question};
use crate::goals::Goal;
use crate::runtimes::{Peer, on_each};
use crate::statistics::quantile;

const PAIRS: usize = 32;
const YIELDERS: usize = 32;
/// Each is a connection, with a task at either end.
const FLOODS: usize = 8;

/// Who can be queued before the task: one of each pair, the yielders, both ends of the floods, who
/// woke it, who was woken after it, and the main future.
const QUEUED: usize = PAIRS + YIELDERS + 2 * FLOODS + 3;
/// Polls until the driver is looked at.
const UNTIL_EVENTS: usize = 61;

pub(super) fn questions() -> Vec<Question> {
    let question = |name, ask: fn(&Peer, usize) -> Vec<f64>, goals| Question {
        topic: "Wakes, and who waits for whom",
        name,
        units: &["polls of others, most", "polls of others, median"],
        size: 300,
        quick: 20,
        ask,
        goals,
        ..PLAIN
    };
    const MOST: &str = "polls of others, most";
    vec![
        question(
            "fairness: a task that another one woke",
            |peer, trials| figures(&after_a_wake(peer, trials)),
            vec![Goal::figure(QUEUED as f64).on(1).of(MOST)],
        ),
        question(
            "fairness: a task whose bytes have arrived",
            |peer, trials| figures(&after_an_event(peer, trials)),
            vec![Goal::figure((QUEUED + UNTIL_EVENTS) as f64).on(1).of(MOST)],
        ),
    ]
}

fn figures(waits: &[f64]) -> Vec<f64> {
    vec![quantile(waits, 1.0), quantile(waits, 0.5)]
}

#[derive(Default)]
struct Crowd {
    polls: AtomicU64,
    over: AtomicBool,
}

impl Crowd {
    fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    fn member<F: Future<Output = ()> + Send + 'static>(self: &Arc<Self>, life: F) -> Member {
        Member {
            life: Box::pin(life),
            crowd: Arc::clone(self),
        }
    }
}

/// One of the others: its polls are counted.
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

/// Spawns the crowd. Gives the handles of its tasks.
macro_rules! gather {
    ($rt:ident, $crowd:ident) => {{
        let mut members = Vec::new();
        for _ in 0..YIELDERS {
            let crowd = Arc::clone($crowd);
            members.push($rt::spawn($crowd.member(async move {
                while !crowd.is_over() {
                    $rt::yield_now().await;
                }
            })));
        }
        for _ in 0..PAIRS {
            let (ping, pinged) = $rt::unbounded();
            let (pong, ponged) = $rt::unbounded();
            $rt::post(&ping, ());
            for (to, mut from) in [(pong, pinged), (ping, ponged)] {
                let crowd = Arc::clone($crowd);
                members.push($rt::spawn($crowd.member(async move {
                    while $rt::fetch(&mut from).await.is_some() && !crowd.is_over() {
                        if $rt::post_if_open(&to, ()).is_err() {
                            return;
                        }
                    }
                })));
            }
        }
        for _ in 0..FLOODS {
            let (near, far) = connected!($rt);
            for (mut stream, begins) in [(near, true), (far, false)] {
                let crowd = Arc::clone($crowd);
                members.push($rt::spawn($crowd.member(async move {
                    let mut buffer = [0; 256];
                    if begins && $rt::net::write_all(&mut stream, &[0; 64]).await.is_err() {
                        return;
                    }
                    while let Ok(read @ 1..) = $rt::net::read(&mut stream, &mut buffer).await {
                        let sent = $rt::net::write_all(&mut stream, &buffer[..read]).await;
                        if sent.is_err() || crowd.is_over() {
                            return;
                        }
                    }
                })));
            }
        }
        members
    }};
}

/// The two ends of a connection.
macro_rules! connected {
    ($rt:ident) => {{
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = $rt::net::bind(address).await.expect("it can listen");
        let port = $rt::net::port(&listener).expect("it listens");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let near = $rt::net::connect(address).await.expect("it connects");
        let (far, _) = listener.accept().await.expect("it accepts");
        (near, far)
    }};
}

on_each! {
    fn after_a_wake(rt, peer, trials) -> Vec<f64> {
        rt::run(peer, async move {
            let crowd = &Arc::new(Crowd::default());
            let members = gather!(rt, crowd);
            let watched = Arc::clone(crowd);
            let waits = rt::spawn(async move {
                let mut waits = Vec::new();
                for _ in 0..trials {
                    let (first, heard) = rt::oneshot();
                    let (second, heard_next) = rt::oneshot();
                    let next = rt::spawn(watched.member(async move { rt::hear(heard_next).await }));
                    let crowd = Arc::clone(&watched);
                    let waker = rt::spawn(watched.member(async move {
                        // Everybody else waits by then.
                        rt::yield_now().await;
                        rt::yield_now().await;
                        rt::tell(first, crowd.polls());
                        rt::tell(second, ());
                    }));
                    let before: u64 = rt::hear(heard).await;
                    waits.push((watched.polls() - before) as f64);
                    next.await;
                    waker.await;
                }
                waits
            })
            .await;
            crowd.over.store(true, Relaxed);
            for member in members {
                member.await;
            }
            waits
        })
    }
}

on_each! {
    fn after_an_event(rt, peer, trials) -> Vec<f64> {
        rt::run(peer, async move {
            let crowd = &Arc::new(Crowd::default());
            let members = gather!(rt, crowd);
            let (mut near, mut far) = connected!(rt);
            let (ask, mut asked) = rt::unbounded::<()>();
            let watched = Arc::clone(crowd);
            let sender = rt::spawn(crowd.member({
                let crowd = Arc::clone(crowd);
                async move {
                    while rt::fetch(&mut asked).await.is_some() {
                        rt::yield_now().await;
                        let now = crowd.polls().to_le_bytes();
                        if rt::net::write_all(&mut far, &now).await.is_err() {
                            return;
                        }
                    }
                }
            }));
            let waits = rt::spawn(async move {
                let mut waits = Vec::new();
                for _ in 0..trials {
                    rt::post(&ask, ());
                    let mut before = [0; 8];
                    let read = rt::net::read(&mut near, &mut before).await;
                    assert_eq!(read.ok(), Some(8), "eight bytes are sent at once");
                    waits.push((watched.polls() - u64::from_le_bytes(before)) as f64);
                }
                waits
            })
            .await;
            crowd.over.store(true, Relaxed);
            sender.await;
            for member in members {
                member.await;
            }
            waits
        })
    }
}
