//! Question: what does a task cost when there are a thousand of them, and when there are ten
//! million? And a timer?
//!
//! Unit: CPU nanoseconds for each in all threads, in the first round and in warm ones, so that what
//! else the machine does is not in it; and page faults for each.
//! Timers are held by value in one vector and polled by the main future, so that no task is in the
//! figure. Their deadlines are spread over an hour (canceled) or half a second (fired).
//!
//! What would mislead: a small size has so many rounds that its first one is all noise; the largest
//! has one warm round.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::allocator::Mode;
use crate::questions::counter::{InPlace, boxed_floor};
use crate::questions::{self, cpu_time, per};
use crate::runtimes::{Kind, Peer, on_each};
use crate::statistics::Rounds;

/// Operations of all rounds together, at least.
const AT_LEAST: usize = 2_000_000;
const MOST_ROUNDS: usize = 200;

pub(super) fn tasks(kind: Option<Kind>, threads: usize, size: usize) {
    match kind {
        Some(kind) => {
            let peer = Peer::start(kind, threads);
            let counter = questions::all().swap_remove(0);
            measure(size, || drop((counter.ask)(&peer, size)));
        }
        None => measure(size, || drop(boxed_floor(size))),
    }
    // It is over, and freeing ten million tasks has been measured.
    std::process::exit(0);
}

fn measure(size: usize, mut round: impl FnMut()) {
    Mode::Kept.apply();
    let rounds = 1 + (AT_LEAST / size).clamp(1, MOST_ROUNDS);
    let mut figures = Rounds::default();
    let mut faults = Rounds::default();
    for _ in 0..rounds {
        let (pages, before) = (page_faults(), cpu_time());
        round();
        figures.push(per(cpu_time() - before, size));
        faults.push((page_faults() - pages) as f64 / size as f64);
    }
    println!("first CPU ns {}", figures.first());
    println!("warm CPU ns {}", figures.median());
    println!("first faults {}", faults.first());
    println!("warm faults {}", faults.median());
}

pub(super) fn canceled_timers(kind: Kind, size: usize) {
    let peer = Peer::start(kind, 1);
    let rounds = 1 + (AT_LEAST / size / 4).clamp(1, MOST_ROUNDS);
    Mode::Kept.apply();
    let (mut set, mut canceled) = (Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        let [one, other] = cancel(&peer, size);
        set.push(one);
        canceled.push(other);
    }
    println!("set CPU ns {}", set.median());
    println!("cancel CPU ns {}", canceled.median());
    std::process::exit(0);
}

on_each! {
    fn cancel(rt, peer, timers) -> [f64; 2] {
        rt::run(peer, async move {
            let mut random = 1_u64;
            let sleeps: Vec<_> = (0..timers)
                .map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    rt::sleep(Duration::from_millis(3_600_000 + random % 3_600_000))
                })
                .collect();
            let mut sleeps = Box::pin(InPlace::new(sleeps));
            let start = cpu_time();
            poll_all(sleeps.as_mut()).await;
            let set = cpu_time();
            drop(sleeps);
            [per(set - start, timers), per(cpu_time() - set, timers)]
        })
    }
}

pub(super) fn fired_timers(kind: Kind, size: usize) {
    let peer = Peer::start(kind, 1);
    // Each takes half a second of sleep.
    let rounds = 3;
    Mode::Kept.apply();
    let mut fired = Rounds::default();
    for _ in 0..rounds {
        fired.push(fire(&peer, size));
    }
    println!("CPU ns {}", fired.median());
    std::process::exit(0);
}

on_each! {
    fn fire(rt, peer, timers) -> f64 {
        rt::run(peer, async move {
            let before = cpu_time();
            // The last is set before the first is due.
            let first = 20 + timers as u64 / 500;
            let mut random = 1_u64;
            let sleeps: Vec<_> = (0..timers)
                .map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    rt::sleep(Duration::from_millis(first + random % 500))
                })
                .collect();
            let mut sleeps = pin!(InPlace::new(sleeps));
            poll_all(sleeps.as_mut()).await;
            rt::sleep(Duration::from_millis(first + 520)).await;
            for index in 0..timers {
                sleeps.as_mut().get(index).await;
            }
            per(cpu_time() - before, timers)
        })
    }
}

/// Polls each of them once: they are set then.
async fn poll_all<F: Future>(mut futures: Pin<&mut InPlace<F>>) {
    for index in 0..futures.len() {
        let one = futures.as_mut().get(index);
        let mut one = Some(one);
        poll_fn(|cx| {
            let _ = one.take().map(|one| one.poll(cx));
            Poll::Ready(())
        })
        .await;
    }
}

/// Pages that this process asked for by touching them.
fn page_faults() -> u64 {
    #[expect(unsafe_code, reason = "std has no call for what a process has used")]
    // SAFETY: all zeros are a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    #[expect(unsafe_code, reason = "std has no call for what a process has used")]
    // SAFETY: the pointer is to an `rusage` of ours.
    let result = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(result, 0, "a process may ask about itself");
    usage.ru_minflt as u64
}
