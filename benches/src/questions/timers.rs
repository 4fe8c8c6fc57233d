//! Question: what does a timer cost that never fires, that fires, and that is moved on and on?
//!
//! Unit: CPU nanoseconds for each timer, in all threads. Wall time would be the sleeping.
//!
//! What would mislead: how late timers fire. tokio and we round up to the next millisecond; smol
//! fires within some ten microseconds, and wakes up for each.

use std::time::Duration;

use super::{PLAIN, Question, cpu_timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

pub(super) fn questions() -> Vec<Question> {
    let question = |name, size, ask| Question {
        topic: "Timers",
        name,
        units: &["CPU ns/timer"],
        threads: &[1],
        size,
        quick: size / 10,
        ask,
        goals: vec![Goal::tokio(0.4)],
        ..PLAIN
    };
    vec![
        question(
            "timeout round a future ready after one yield",
            300_000,
            timeouts as Ask,
        ),
        question(
            "sleeps with random deadlines within 100 ms",
            100_000,
            sleeps,
        ),
        question("an idle timeout moved on at each event", 200_000, resets),
    ]
}

type Ask = fn(&crate::runtimes::Peer, usize) -> Vec<f64>;

on_each! {
    fn timeouts(rt, peer, timers) -> Vec<f64> {
        cpu_timed(timers, || {
            rt::run(peer, async move {
                for _ in 0..timers {
                    assert!(rt::timeout(Duration::from_secs(60), rt::yield_now()).await);
                }
            });
        })
    }
}

on_each! {
    fn sleeps(rt, peer, timers) -> Vec<f64> {
        cpu_timed(timers, || {
            rt::run(peer, async move {
                let mut random = 1_u64;
                let sleeps = (0..timers).map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    rt::spawn(rt::sleep(Duration::from_micros(random % 100_000)))
                });
                for sleep in sleeps.collect::<Vec<_>>() {
                    sleep.await;
                }
            });
        })
    }
}

/// What a server does for each request on a connection it would close when idle.
fn resets(peer: &crate::runtimes::Peer, timers: usize) -> Vec<f64> {
    use crate::runtimes::{Kind, smol, tokio as tokio_rt, wakeful as wakeful_rt};
    const IDLE: Duration = Duration::from_secs(60);

    cpu_timed(timers, || match peer.kind {
        Kind::Wakeful => wakeful_rt::run(peer, async move {
            let mut sleep = std::pin::pin!(wakeful::time::sleep(IDLE));
            for _ in 0..timers {
                futures_lite::future::poll_once(sleep.as_mut()).await;
                sleep.as_mut().reset(wakeful::time::Instant::now() + IDLE);
            }
        }),
        Kind::Tokio => tokio_rt::run(peer, async move {
            let mut sleep = std::pin::pin!(tokio::time::sleep(IDLE));
            for _ in 0..timers {
                futures_lite::future::poll_once(sleep.as_mut()).await;
                sleep.as_mut().reset(tokio::time::Instant::now() + IDLE);
            }
        }),
        Kind::Smol => smol::run(peer, async move {
            let mut timer = async_io::Timer::after(IDLE);
            for _ in 0..timers {
                futures_lite::future::poll_once(&mut timer).await;
                timer.set_after(IDLE);
            }
        }),
    })
}
