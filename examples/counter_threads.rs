//! One counter and two who add to it: first two threads, then two tasks.
//!
//! The threads share a `std::sync::Mutex`: who finds it taken blocks, and its whole thread sleeps.
//! The tasks share an async `Mutex`: who finds it taken waits, and the thread goes on with the
//! other task. Two tasks need no second thread to be concurrent.
//!
//! ```text
//! cargo run --release --example counter_threads
//! ```

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex as BlockingMutex};
use std::thread;
use std::time::Instant;

use wakeful::sync::Mutex;
use wakeful::task;

const EACH: u64 = 100_000;

#[wakeful::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if env::args().len() > 1 {
        eprintln!("usage: counter_threads\n\nIt takes no arguments.");
        return ExitCode::from(2);
    }
    let start = Instant::now();
    let threads = with_threads();
    println!(
        "two threads, one std lock:      {threads} in {:?}",
        start.elapsed()
    );

    let start = Instant::now();
    let tasks = with_tasks().await;
    println!(
        "two tasks, one async lock:      {tasks} in {:?}",
        start.elapsed()
    );

    match (threads, tasks) {
        (200_000, 200_000) => ExitCode::SUCCESS,
        _ => {
            eprintln!("counter_threads: both must be {}", 2 * EACH);
            ExitCode::FAILURE
        }
    }
}

fn with_threads() -> u64 {
    let counter = BlockingMutex::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    *counter.lock().expect("no thread panics with the lock held") += 1;
                }
            });
        }
    });
    counter.into_inner().expect("no thread panicked")
}

async fn with_tasks() -> u64 {
    let counter = Arc::new(Mutex::new(0));
    let add = |counter: Arc<Mutex<u64>>| async move {
        for turn in 0..EACH {
            let mut guard = counter.lock().await;
            let seen = *guard;
            if turn % 1000 == 0 {
                // Give way in the middle of the change. The lock is held, so the other task cannot
                // come in between; on one thread, this is the only place where it could.
                task::yield_now().await;
            }
            *guard = seen + 1;
        }
    };
    let first = wakeful::spawn(add(counter.clone()));
    let second = wakeful::spawn(add(counter.clone()));
    for handle in [first, second] {
        if let Err(error) = handle.await {
            eprintln!("counter_threads: a task failed: {error}");
        }
    }
    *counter.lock().await
}
