//! What works inside of a simulation as it does in a runtime.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use wakeful::io::{AsyncReadExt, AsyncWriteExt, duplex};
use wakeful::runtime::{Handle, RuntimeFlavor};
use wakeful::sim::{self, Builder};
use wakeful::sync::{Barrier, Mutex, oneshot};
use wakeful::task::{JoinSet, LocalSet, block_in_place, spawn_blocking, spawn_local, yield_now};
use wakeful::time::{Instant, interval, sleep, timeout};

#[test]
fn the_body_is_in_a_runtime() {
    sim::run(1, async {
        let handle = Handle::current();
        assert_eq!(handle.runtime_flavor(), RuntimeFlavor::MultiThread);
        assert_eq!(handle.metrics().num_workers(), 4);
        assert_eq!(handle.spawn(async { 5 }).await.unwrap(), 5);
    });
    assert!(Handle::try_current().is_err());
}

#[test]
fn what_is_not_send_stays_in_the_body() {
    let number = Rc::new(41);
    let borrowed = &number;
    assert_eq!(sim::run(2, async move { **borrowed + 1 }), 42);
    sim::explore(0..20, || async {
        let set = LocalSet::new();
        let local = set.run_until(async {
            let value = Rc::new(3);
            let task = spawn_local(async move {
                yield_now().await;
                *value
            });
            task.await.unwrap()
        });
        assert_eq!(local.await, 3);
    });
}

#[test]
fn the_clock_moves_when_nothing_else_can() {
    sim::explore(0..50, || async {
        let before = Instant::now();
        let late = timeout(Duration::from_secs(5), std::future::pending::<()>());
        assert!(late.await.is_err());
        assert_eq!(before.elapsed(), Duration::from_secs(5));
        let mut ticks = interval(Duration::from_secs(60));
        for _ in 0..3 {
            ticks.tick().await;
        }
        assert_eq!(before.elapsed(), Duration::from_secs(125));
        // Work that needs no time is done in no time.
        let work = async {
            for _ in 0..500 {
                yield_now().await;
            }
        };
        assert!(timeout(Duration::from_millis(1), work).await.is_ok());
        wakeful::time::advance(Duration::from_micros(1500)).await;
        assert_eq!(before.elapsed(), Duration::from_micros(125_001_500));
    });
}

#[test]
fn blocking_closures_run_in_any_order_and_end_before_time_moves() {
    sim::explore(0..50, || async {
        let before = Instant::now();
        let mut set = JoinSet::new();
        for number in 0..5 {
            set.spawn_blocking(move || {
                // In the runtime, and free to block.
                let lock = Mutex::new(number);
                drop(Handle::current().spawn(async {}));
                *lock.blocking_lock()
            });
        }
        sleep(Duration::from_secs(1)).await;
        assert_eq!(before.elapsed(), Duration::from_secs(1));
        let mut sum = 0;
        while let Some(number) = set.try_join_next() {
            sum += number.unwrap();
        }
        assert_eq!(sum, 10, "a closure was left while the clock moved");
        let panicked = spawn_blocking(|| panic!("on purpose")).await;
        assert!(panicked.unwrap_err().is_panic());
        assert_eq!(block_in_place(|| 7), 7);
        let task = wakeful::spawn(async { block_in_place(|| 8) });
        assert_eq!(task.await.unwrap(), 8);
    });
}

#[test]
fn pipes_locks_and_channels_work() {
    sim::explore(0..50, || async {
        let (mut near, mut far) = duplex(3);
        let writer = wakeful::spawn(async move {
            near.write_all(b"more than three bytes").await.unwrap();
        });
        let mut text = String::new();
        far.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "more than three bytes");
        writer.await.unwrap();
        let (sender, receiver) = oneshot::channel();
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        wakeful::spawn(async move {
            other.wait().await;
            sender.send(1).unwrap();
        });
        barrier.wait().await;
        assert_eq!(receiver.await, Ok(1));
    });
}

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn what_is_left_is_dropped_at_the_end() {
    for seed in 0..50 {
        let drops = Arc::new(AtomicUsize::new(0));
        let [main, task, queued, never] = [(); 4].map(|()| Counted(Arc::clone(&drops)));
        Builder::new(seed).run(|| async move {
            let _main = main;
            wakeful::spawn(async move {
                let _task = task;
                std::future::pending::<()>().await;
            });
            wakeful::spawn(async move { drop(queued) });
            // Runs, or is cancelled.
            spawn_blocking(move || drop(never));
        });
        assert_eq!(drops.load(SeqCst), 4, "seed {seed}");
    }
}

#[test]
fn tasks_panic_alone() {
    sim::explore(0..20, || async {
        let task = wakeful::spawn(async { panic!("on purpose") });
        assert!(task.await.unwrap_err().is_panic());
        let task = wakeful::spawn(std::future::pending::<()>());
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_thousand_tasks_meet_at_a_lock() {
    let count = Builder::new(5).workers(8).run(|| async {
        let count = Arc::new(Mutex::new(0));
        let mut set = JoinSet::new();
        for _ in 0..1000 {
            let count = Arc::clone(&count);
            set.spawn(async move {
                yield_now().await;
                *count.lock().await += 1;
            });
        }
        while set.join_next().await.is_some() {}
        *count.lock().await
    });
    assert_eq!(count, 1000);
}
