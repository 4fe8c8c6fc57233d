//! Many runtimes one after the other leave nothing behind.
//!
//! Descriptors and threads are counted per process, so each check runs in a process of its own.

#![cfg(target_os = "linux")]

use std::fs;

use crate::flavors::{On, alone};

fn entries(directory: &str) -> usize {
    fs::read_dir(directory).unwrap().count()
}

/// Resident memory, in KiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn use_runtimes(on: On, count: usize) {
    for i in 0..count {
        let runtime = on.runtime();
        runtime.block_on(async {
            let tasks: Vec<_> = (0..4).map(|_| wakeful::spawn(async {})).collect();
            for task in tasks {
                task.await.unwrap();
            }
            drop(wakeful::spawn(std::future::pending::<()>()));
            if i % 10 == 0 {
                wakeful::task::spawn_blocking(|| ()).await.unwrap();
            }
        });
    }
}

fn check(on: On) {
    use_runtimes(on, 100);
    let before = (
        entries("/proc/self/fd"),
        entries("/proc/self/task"),
        resident(),
    );
    use_runtimes(on, 1_000);
    let after = (
        entries("/proc/self/fd"),
        entries("/proc/self/task"),
        resident(),
    );
    assert_eq!(
        (before.0, before.1),
        (after.0, after.1),
        "descriptors, threads"
    );
    // AddressSanitizer keeps what is freed.
    assert!(
        cfg!(wakeful_no_pool) || after.2 < before.2 + 2_048,
        "memory grew from {} to {} KiB",
        before.2,
        after.2
    );
}

#[test]
fn r24_current_thread() {
    alone("leaks::r24_current_thread", || check(On::CurrentThread));
}

#[test]
fn r24_two_workers() {
    alone("leaks::r24_two_workers", || check(On::Workers(2)));
}
