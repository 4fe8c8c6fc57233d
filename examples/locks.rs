//! Four async locks side by side: mutex, read-write lock, condition variable, semaphore.
//!
//! Each gets a small story, told on one thread: where a thread would block, a task waits, and the
//! others go on.
//!
//! ```text
//! cargo run --release --example locks
//! ```

use std::collections::VecDeque;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wakeful::sync::{Condvar, Mutex, RwLock, Semaphore};
use wakeful::task::{self, JoinHandle};

#[wakeful::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if env::args().len() > 1 {
        eprintln!("usage: locks\n\nIt takes no arguments.");
        return ExitCode::from(2);
    }
    mutex().await;
    rwlock().await;
    condvar().await;
    semaphore().await;
    ExitCode::SUCCESS
}

/// Waits for all. A task of ours that failed is said so.
async fn all(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    // The iterator may be the one that spawns them: first all of them, then wait.
    let tasks: Vec<_> = tasks.into_iter().collect();
    for task in tasks {
        if let Err(error) = task.await {
            eprintln!("locks: a task failed: {error}");
        }
    }
}

/// One at a time, in the order of asking. The guard may be kept across an await.
async fn mutex() {
    println!("mutex: one account, three tasks; each reads, gives way, writes");
    let account = Arc::new(Mutex::new(100));
    all([10, 20, 30].map(|amount| {
        let account = account.clone();
        wakeful::spawn(async move {
            let mut balance = account.lock().await;
            let before = *balance;
            task::yield_now().await;
            *balance = before - amount;
            println!("  took {amount}: {before} -> {}", *balance);
        })
    }))
    .await;
    println!("  in the end: {}\n", *account.lock().await);
}

/// Many readers or one writer. A writer that waits is not overtaken by later readers.
async fn rwlock() {
    println!("rwlock: two readers at the same time, then a writer, then a reader");
    let page = Arc::new(RwLock::new("draft"));
    let reading = Arc::new(AtomicUsize::new(0));
    let read = |name: &'static str| {
        let (page, reading) = (page.clone(), reading.clone());
        wakeful::spawn(async move {
            let text = page.read().await;
            let readers = reading.fetch_add(1, Ordering::Relaxed) + 1;
            println!("  {name} reads {:?}; readers now: {readers}", *text);
            task::yield_now().await;
            reading.fetch_sub(1, Ordering::Relaxed);
        })
    };
    let (first, second) = (read("first"), read("second"));
    let writer = {
        let page = page.clone();
        wakeful::spawn(async move {
            *page.write().await = "final";
            println!("  the writer was alone");
        })
    };
    all([first, second, writer, read("third")]).await;
    println!();
}

/// Wait until something under the lock is true. `wait` gives the lock away and takes it back.
async fn condvar() {
    println!("condvar: a cook, and a waiter who sleeps while there is nothing to serve");
    let kitchen = Arc::new((Mutex::new(VecDeque::new()), Condvar::new()));
    let waiter = {
        let kitchen = kitchen.clone();
        wakeful::spawn(async move {
            let (dishes, cooked) = &*kitchen;
            for _ in 0..3 {
                let mut dishes = dishes.lock().await;
                while dishes.is_empty() {
                    println!("  waiter: nothing there, I sleep");
                    dishes = cooked.wait(dishes).await;
                }
                println!("  waiter: served {:?}", dishes.pop_front());
            }
        })
    };
    let cook = wakeful::spawn(async move {
        let (dishes, cooked) = &*kitchen;
        for dish in ["soup", "fish", "cake"] {
            task::yield_now().await;
            println!("  cook: {dish}");
            dishes.lock().await.push_back(dish);
            cooked.notify_one();
        }
    });
    all([waiter, cook]).await;
    println!();
}

/// A number of permits. Who finds none waits in line; a permit goes back when it is dropped.
async fn semaphore() {
    println!("semaphore: five cars, two places to park");
    let places = Arc::new(Semaphore::new(2));
    all((1..=5).map(|car| {
        let places = places.clone();
        wakeful::spawn(async move {
            match places.acquire().await {
                Ok(_place) => {
                    println!(
                        "  car {car} in; places free: {}",
                        places.available_permits()
                    );
                    task::yield_now().await;
                    println!("  car {car} out");
                }
                Err(closed) => println!("  car {car} turned away: {closed}"),
            }
        })
    }))
    .await;
    println!("  places free in the end: {}", places.available_permits());
}
