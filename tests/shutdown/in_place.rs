//! A runtime ends while a thread of it is inside `block_in_place`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use wakeful::task::block_in_place;

use crate::flavors::{LONG, OnDrop, bounded, foreign_block_on};
use crate::plug::{arrives, plug, workers};

/// The task is being polled: nobody else may drop its future.
#[test]
fn the_task_inside_is_not_dropped_under_its_poll() {
    bounded(|| {
        for count in [1, 2] {
            let runtime = workers(count);
            let dropped = Arc::new(AtomicBool::new(false));
            let (witness, seen) = (dropped.clone(), dropped.clone());
            let (plug, hold) = plug();
            let task = runtime.spawn(async move {
                let _guard = OnDrop::new(move || witness.store(true, SeqCst));
                block_in_place(|| plug.block());
                seen.load(SeqCst)
            });
            hold.blocked();
            runtime.shutdown_timeout(Duration::from_millis(50));
            assert!(!dropped.load(SeqCst));
            drop(hold);
            assert!(!foreign_block_on(task).unwrap());
            assert!(dropped.load(SeqCst));
        }
    });
}

/// A drop waits for it, as for a task that blocks without.
#[test]
fn drop_waits_for_it() {
    bounded(|| {
        let runtime = workers(2);
        let other = Arc::new(());
        let held = other.clone();
        runtime.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        let (plug, hold) = plug();
        let task = runtime.spawn(async move { block_in_place(|| plug.block()) });
        hold.blocked();
        let (drops, dropped) = channel();
        let closer = thread::spawn(move || {
            drop(runtime);
            drops.send(()).unwrap();
        });
        assert!(dropped.recv_timeout(Duration::from_millis(50)).is_err());
        drop(hold);
        arrives(&dropped, "the drop");
        closer.join().unwrap();
        assert!(foreign_block_on(task).is_ok());
        assert_eq!(Arc::strong_count(&other), 1);
    });
}

/// It waits again after `block_in_place`, on a runtime that is gone meanwhile.
#[test]
fn a_task_that_waits_afterwards_is_dropped() {
    bounded(|| {
        let runtime = workers(1);
        let owned = Arc::new(());
        let held = owned.clone();
        let (plug, hold) = plug();
        let task = runtime.spawn(async move {
            let _held = held;
            block_in_place(|| plug.block());
            std::future::pending::<()>().await;
        });
        hold.blocked();
        runtime.shutdown_background();
        drop(hold);
        assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&owned), 1);
    });
}

/// The runtime has ended before the task gets to `block_in_place`: no other thread will have its
/// seat.
#[test]
fn it_begins_after_the_end() {
    bounded(|| {
        for count in [1, 2] {
            let runtime = workers(count);
            let owned = Arc::new(());
            let (held, waits) = (owned.clone(), owned.clone());
            let waiting = runtime.spawn(async move {
                let _held = waits;
                std::future::pending::<()>().await;
            });
            let (plug, hold) = plug();
            let task = runtime.spawn(async move {
                let _held = held;
                plug.block();
                block_in_place(|| block_in_place(|| 7))
            });
            hold.blocked();
            runtime.shutdown_background();
            drop(hold);
            assert_eq!(foreign_block_on(task).unwrap(), 7);
            assert!(foreign_block_on(waiting).unwrap_err().is_cancelled());
            assert_eq!(Arc::strong_count(&owned), 1);
        }
    });
}

/// Many tasks at once go in and out while the runtime ends.
#[test]
fn it_races_with_the_end() {
    bounded(|| {
        for round in 0..100 {
            let runtime = workers(1 + round % 3);
            let owned = Arc::new(());
            let (starts, started) = channel();
            let tasks: Vec<_> = (0..20)
                .map(|i| {
                    let (held, starts) = (owned.clone(), starts.clone());
                    runtime.spawn(async move {
                        let _held = held;
                        for _ in 0..i {
                            block_in_place(|| ());
                            wakeful::task::yield_now().await;
                        }
                        starts.send(()).unwrap();
                        block_in_place(thread::yield_now);
                        std::future::pending::<()>().await;
                    })
                })
                .collect();
            (0..round % 20).for_each(|_| started.recv_timeout(LONG).unwrap());
            drop(runtime);
            assert_eq!(Arc::strong_count(&owned), 1);
            for task in tasks {
                assert!(foreign_block_on(task).unwrap_err().is_cancelled());
            }
        }
    });
}
