//! Question: what does a runtime do that has nothing to do?
//!
//! Unit: CPU milliseconds, and how often a thread of the process woke up, in so many seconds with
//! 10,000 tasks that wait for ever.
//!
//! What would mislead: the first moments, in which threads still look for work.

use std::fs;
use std::future::pending;
use std::thread;
use std::time::Duration;

use crate::questions::cpu_time;
use crate::runtimes::{Kind, Peer, on_each};

const TASKS: usize = 10_000;

pub(super) fn idle(kind: Kind, threads: usize, seconds: usize) {
    let watched = Duration::from_secs(seconds as u64);
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        let (cpu, switches) = (cpu_time(), switches());
        thread::sleep(watched);
        println!("CPU ms {}", (cpu_time() - cpu).as_secs_f64() * 1e3);
        // One of them is our own waking up.
        println!("wake-ups {}", self::switches().saturating_sub(switches + 1));
        std::process::exit(0);
    });
    wait(&Peer::start(kind, threads), TASKS);
}

on_each! {
    fn wait(rt, peer, tasks) {
        rt::run(peer, async move {
            let waiting: Vec<_> = (0..tasks).map(|_| rt::spawn(pending::<()>())).collect();
            pending::<()>().await;
            drop(waiting);
        });
    }
}

/// Voluntary switches of all threads so far: each is a sleep that ended.
fn switches() -> u64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let status = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
    status
        .filter_map(|status| {
            let line = status
                .lines()
                .find(|line| line.starts_with("voluntary"))?
                .to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
}
