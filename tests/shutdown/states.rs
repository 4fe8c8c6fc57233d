//! What the runtime was doing when it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use wakeful::runtime::Handle;
use wakeful::task::yield_now;
use wakeful::time::sleep;

use crate::flavors::{Gate, OnDrop, foreign_block_on, panic_message};
use crate::plug::{arrives, plug, workers};

/// So long a limit is not kept by accident, nor by far.
const LIMIT: Duration = Duration::from_millis(60);
const SLACK: Duration = Duration::from_secs(5);

each_runtime! {
    fn never_used(on) {
        for _ in 0..50 {
            drop(on.runtime());
        }
    }

    /// Every worker sleeps, on the driver with a timer and a socket, or alone.
    fn parked(on) {
        for _ in 0..20 {
            let runtime = on.runtime();
            let owned = Arc::new(());
            let held = owned.clone();
            let (parks, parked) = channel();
            let task = runtime.spawn(async move {
                let _held = held;
                let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                parks.send(()).unwrap();
                let _ = wakeful::time::timeout(Duration::MAX, listener.accept()).await;
            });
            runtime.block_on(sleep_a_tick());
            arrives(&parked, "the task");
            drop(runtime);
            assert_eq!(Arc::strong_count(&owned), 1);
            assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        }
    }

    /// Tasks run without ever waiting.
    fn running(on) {
        for _ in 0..20 {
            let runtime = on.runtime();
            let owned = Arc::new(());
            let polls = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let (held, polls) = (owned.clone(), polls.clone());
                    runtime.spawn(async move {
                        let _held = held;
                        loop {
                            polls.fetch_add(1, SeqCst);
                            yield_now().await;
                        }
                    })
                })
                .collect();
            runtime.block_on(async {
                while polls.load(SeqCst) < 100 {
                    yield_now().await;
                }
            });
            drop(runtime);
            assert_eq!(Arc::strong_count(&owned), 1);
            for task in tasks {
                let error: wakeful::task::JoinError = foreign_block_on(task).unwrap_err();
                assert!(error.is_cancelled());
            }
        }
    }

    /// The main future panicked, with tasks in every state behind it.
    fn after_a_panic_of_the_main_future(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        for i in 0..20 {
            let held = owned.clone();
            runtime.spawn(async move {
                let _held = held;
                if i % 2 == 0 {
                    sleep(Duration::from_secs(3600)).await;
                }
                loop {
                    yield_now().await;
                }
            });
        }
        let message = panic_message(|| runtime.block_on(async { panic!("main") }));
        assert_eq!(message, "main");
        drop(runtime);
        assert_eq!(Arc::strong_count(&owned), 1);
    }

    /// Each task owns its runtime's handle. That keeps nothing alive.
    fn with_handles_inside_of_its_tasks(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        for _ in 0..10 {
            let (held, handle) = (owned.clone(), runtime.handle().clone());
            runtime.spawn(async move {
                let _held = held;
                std::future::pending::<()>().await;
                drop(handle);
            });
        }
        runtime.block_on(yield_now());
        let late = runtime.handle().clone();
        drop(runtime);
        assert_eq!(Arc::strong_count(&owned), 1);
        assert!(foreign_block_on(late.spawn(async {})).unwrap_err().is_cancelled());
    }

    /// Tasks wait for each other, in a ring.
    fn with_tasks_that_hold_join_handles(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        let mut last = runtime.spawn(std::future::pending::<()>());
        for i in 0..50 {
            let held = owned.clone();
            last = runtime.spawn(async move {
                let _held = held;
                if i % 3 > 0 {
                    let _ = last.await;
                } else {
                    let abort = last.abort_handle();
                    let _guard = OnDrop::new(move || abort.abort());
                    std::future::pending::<()>().await;
                    drop(last);
                }
            });
        }
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(Arc::strong_count(&owned), 1);
        assert!(foreign_block_on(last).unwrap_err().is_cancelled());
    }

    /// The text names the ways out, and the runtime has ended all the same.
    fn dropped_by_async_code(on) {
        let outer = on.runtime();
        let inner = on.runtime();
        let handle = inner.handle().clone();
        let owned = Arc::new(());
        let held = owned.clone();
        let task = inner.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        let message = outer.block_on(async move { panic_message(|| drop(inner)) });
        assert_eq!(
            message,
            "Cannot drop a runtime in a context where blocking is not allowed: this thread is \
             running async tasks; drop it outside, in `spawn_blocking`, or call \
             `shutdown_background`. It was shut down in the background"
        );
        assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&owned), 1);
        assert!(foreign_block_on(handle.spawn(async {})).unwrap_err().is_cancelled());
    }

    /// A task ends the runtime that it runs on, and goes on until it waits.
    fn ended_by_its_own_task(on) {
        let runtime = Arc::new(std::sync::Mutex::new(Some(on.runtime())));
        let handle = runtime.lock().unwrap().as_ref().unwrap().handle().clone();
        let owned = Arc::new(());
        let (held, waits) = (owned.clone(), owned.clone());
        let waiting = handle.spawn(async move {
            let _held = waits;
            std::future::pending::<()>().await;
        });
        let slot = runtime.clone();
        let task = handle.spawn(async move {
            let _held = held;
            let Some(runtime) = slot.lock().unwrap().take() else { return };
            runtime.shutdown_background();
            assert!(Handle::try_current().is_ok());
            // Out of sheer habit: it comes back cancelled.
            drop(wakeful::spawn(async {}));
            std::future::pending::<()>().await;
        });
        if on == crate::flavors::On::CurrentThread {
            // Nothing runs but inside of `block_on`, which borrows the runtime.
            drop(runtime.lock().unwrap().take());
        }
        assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        assert!(foreign_block_on(waiting).unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&owned), 1);
    }

    /// R20: a closure that does not return costs its limit and no more.
    fn timeout_with_a_stuck_closure(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        let held = owned.clone();
        runtime.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        let (plug, hold) = plug();
        let job = runtime.spawn_blocking(move || plug.block());
        hold.blocked();
        let start = Instant::now();
        runtime.shutdown_timeout(LIMIT);
        let took = start.elapsed();
        assert!(took >= LIMIT && took < LIMIT + SLACK, "{took:?}");
        assert_eq!(Arc::strong_count(&owned), 1);
        drop(hold);
        assert!(foreign_block_on(job).is_ok());
    }
}

async fn sleep_a_tick() {
    sleep(Duration::from_millis(1)).await;
}

/// A worker that does not come back from a poll costs the limit and no more. When it does come
/// back, the runtime ends.
#[test]
fn timeout_with_a_stuck_worker() {
    for limit in [Duration::ZERO, LIMIT] {
        let runtime = workers(2);
        let owned = Arc::new(());
        let held = owned.clone();
        let waiting = runtime.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        let (plug, hold) = plug();
        let task = runtime.spawn(async move { plug.block() });
        hold.blocked();
        let start = Instant::now();
        runtime.shutdown_timeout(limit);
        let took = start.elapsed();
        assert!(took >= limit && took < limit + SLACK, "{took:?}");
        drop(hold);
        assert!(foreign_block_on(task).is_ok());
        assert!(foreign_block_on(waiting).unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&owned), 1);
    }
}

/// R20: the longest limit waits, for a worker and for a closure.
#[test]
fn timeout_of_duration_max_waits() {
    let runtime = workers(2);
    let (plug_a, hold_a) = plug();
    let (plug_b, hold_b) = plug();
    let task = runtime.spawn(async move { plug_a.block() });
    let job = runtime.spawn_blocking(move || plug_b.block());
    hold_a.blocked();
    hold_b.blocked();
    let (ends, ended) = channel();
    thread::spawn(move || {
        runtime.shutdown_timeout(Duration::MAX);
        ends.send(()).unwrap();
    });
    assert!(ended.recv_timeout(LIMIT).is_err());
    drop(hold_a);
    assert!(foreign_block_on(task).is_ok());
    assert!(ended.recv_timeout(LIMIT).is_err());
    drop(hold_b);
    arrives(&ended, "the end");
    assert!(foreign_block_on(job).is_ok());
}

/// The drop of a task blocks while the runtime ends. The limit holds.
#[test]
fn timeout_with_a_drop_that_blocks() {
    let runtime = workers(2);
    let (plug, hold) = plug();
    let gate = Gate::default();
    let polled = gate.clone();
    let task = runtime.spawn(async move {
        let _guard = OnDrop::new(move || plug.block());
        polled.open();
        std::future::pending::<()>().await;
    });
    foreign_block_on(gate.opened());
    let start = Instant::now();
    runtime.shutdown_timeout(LIMIT);
    assert!(start.elapsed() < LIMIT + SLACK);
    drop(hold);
    assert!(foreign_block_on(task).unwrap_err().is_cancelled());
}
