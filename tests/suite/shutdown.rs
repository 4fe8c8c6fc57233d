//! The end of a runtime: it comes, in time, and nothing is lost or leaked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use wakeful::runtime::{Handle, Runtime};
use wakeful::task::{JoinHandle, yield_now};

use crate::flavors::{Gate, LONG, On, OnDrop, foreign_block_on, until};

/// Blocks one thread of the pool until the sender is dropped.
fn block_a_thread(runtime: &Runtime) -> (Sender<()>, JoinHandle<()>) {
    let (release, released) = channel::<()>();
    let (started, has_started) = channel();
    let job = runtime.spawn_blocking(move || {
        started.send(()).unwrap();
        let _ = released.recv();
    });
    has_started.recv_timeout(LONG).unwrap();
    (release, job)
}

each_runtime! {
    /// Every task is dropped, once, before the drop of the runtime returns.
    fn drops_all_tasks(on) {
        let runtime = on.runtime();
        let drops = Arc::new(AtomicUsize::new(0));
        let guard = || {
            let drops = drops.clone();
            OnDrop::new(move || {
                drops.fetch_add(1, SeqCst);
            })
        };
        let mut tasks = Vec::new();
        for i in 0..200 {
            let guard = guard();
            tasks.push(runtime.spawn(async move {
                let _guard = guard;
                if i % 2 == 0 {
                    yield_now().await;
                }
                std::future::pending::<()>().await
            }));
        }
        runtime.block_on(yield_now());
        // Never polled, and held by nobody.
        drop(runtime.spawn({
            let guard = guard();
            async move {
                let _guard = guard;
                std::future::pending::<()>().await
            }
        }));
        drop(runtime);
        assert_eq!(drops.load(SeqCst), 201);
        for task in tasks {
            assert!(task.is_finished());
            assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        }
    }

    /// What is spawned by the drop of a task is dropped too, and its handle resolves.
    fn r19_spawn_from_drop(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        let (handles, late) = channel();
        for _ in 0..10 {
            let (owned, handles) = (owned.clone(), handles.clone());
            let handle = runtime.handle().clone();
            let guard = OnDrop::new(move || {
                let (a, b) = (owned.clone(), owned);
                let task = handle.spawn(async move {
                    let _a = a;
                    std::future::pending::<()>().await
                });
                let job = handle.spawn_blocking(move || drop(b));
                handles.send((task, job)).unwrap();
            });
            runtime.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await
            });
        }
        drop(handles);
        runtime.block_on(yield_now());
        drop(runtime);
        let mut count = 0;
        for (task, job) in late.iter() {
            count += 1;
            assert!(foreign_block_on(task).unwrap_err().is_cancelled());
            if let Err(error) = foreign_block_on(job) {
                assert!(error.is_cancelled());
            }
        }
        assert_eq!((count, Arc::strong_count(&owned)), (10, 1));
    }

    /// Threads spawn while the runtime ends. Each handle resolves, each future is dropped.
    fn r19_spawn_races_with_shutdown(on) {
        for _ in 0..20 {
            let runtime = on.runtime();
            let owned = Arc::new(());
            let ended = Arc::new(AtomicBool::new(false));
            let (started, has_started) = channel();
            let spawners: Vec<_> = (0..2)
                .map(|_| {
                    let handle = runtime.handle().clone();
                    let (owned, ended, started) = (owned.clone(), ended.clone(), started.clone());
                    thread::spawn(move || {
                        let mut handles = Vec::new();
                        loop {
                            let last = ended.load(SeqCst);
                            let (a, b) = (owned.clone(), owned.clone());
                            handles.push(handle.spawn(async move {
                                yield_now().await;
                                drop(a);
                            }));
                            handles.push(handle.spawn_blocking(move || drop(b)));
                            let _ = started.send(());
                            if last || handles.len() > 10_000 {
                                return handles;
                            }
                        }
                    })
                })
                .collect();
            has_started.recv_timeout(LONG).unwrap();
            drop(runtime);
            ended.store(true, SeqCst);
            for spawner in spawners {
                for handle in spawner.join().unwrap() {
                    if let Err(error) = foreign_block_on(handle) {
                        assert!(error.is_cancelled());
                    }
                }
            }
            assert_eq!(Arc::strong_count(&owned), 1);
        }
    }

    /// A job that never ends does not hold the shutdown longer than its limit.
    fn r20_shutdown_timeout_with_a_stuck_job(on) {
        for limit in [Duration::ZERO, Duration::from_millis(50)] {
            let runtime = on.runtime();
            let (release, job) = block_a_thread(&runtime);
            let start = Instant::now();
            runtime.shutdown_timeout(limit);
            assert!(start.elapsed() < Duration::from_secs(10));
            drop(release);
            let _ = foreign_block_on(job);
        }
        let runtime = on.runtime();
        let (release, job) = block_a_thread(&runtime);
        runtime.shutdown_background();
        drop(release);
        let _ = foreign_block_on(job);
    }

    /// The longest limit is a limit like any other.
    fn r20_shutdown_timeout_of_duration_max(on) {
        on.runtime().shutdown_timeout(Duration::MAX);
        let runtime = on.runtime();
        let (release, job) = block_a_thread(&runtime);
        let closer = thread::spawn(move || runtime.shutdown_timeout(Duration::MAX));
        drop(release);
        closer.join().unwrap();
        let _ = foreign_block_on(job);
    }

    /// Jobs that nobody has begun are cancelled; the one that runs is waited for.
    fn queued_jobs_are_cancelled(on) {
        let runtime = on.builder().max_blocking_threads(1).build().unwrap();
        let (release, running) = block_a_thread(&runtime);
        let owned = Arc::new(());
        let queued: Vec<_> = (0..10)
            .map(|_| {
                let owned = owned.clone();
                runtime.spawn_blocking(move || drop(owned))
            })
            .collect();
        let closer = thread::spawn(move || drop(runtime));
        for job in queued {
            // Cancelled while the first one still runs.
            assert!(foreign_block_on(job).unwrap_err().is_cancelled());
        }
        assert_eq!(Arc::strong_count(&owned), 1);
        drop(release);
        closer.join().unwrap();
        foreign_block_on(running).unwrap();
    }

    /// Drop waits for the job that runs, so it sees its effects.
    fn drop_waits_for_running_jobs(on) {
        let runtime = on.runtime();
        let (release, job) = block_a_thread(&runtime);
        drop(job);
        let done = Arc::new(AtomicBool::new(false));
        let (started, has_started) = channel();
        let (go, gone) = channel::<()>();
        let flag = done.clone();
        runtime.spawn_blocking(move || {
            started.send(()).unwrap();
            let _ = gone.recv();
            flag.store(true, SeqCst);
        });
        has_started.recv_timeout(LONG).unwrap();
        drop((release, go));
        drop(runtime);
        assert!(done.load(SeqCst));
    }

    /// A job of the pool owns the last of its runtime: it does not wait for itself.
    fn dropped_by_its_own_pool(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        let (done, is_done) = channel();
        handle.spawn_blocking(move || {
            runtime.shutdown_background();
            done.send(()).unwrap();
        });
        is_done.recv_timeout(LONG).unwrap();
    }

    /// Dropping tasks wakes others: wakes into a runtime that ends go nowhere, and hurt nobody.
    fn wakes_during_shutdown(on) {
        let runtime = on.runtime();
        let gates: Vec<Gate> = (0..50).map(|_| Gate::default()).collect();
        for i in 0..50 {
            let (mine, other) = (gates[i].clone(), gates[(i + 17) % 50].clone());
            let guard = OnDrop::new(move || other.open());
            runtime.spawn(async move {
                let _guard = guard;
                mine.opened().await;
                std::future::pending::<()>().await
            });
        }
        runtime.block_on(yield_now());
        drop(runtime);
        assert!(gates.iter().all(Gate::is_open));
    }

    /// The context is there while tasks are dropped.
    fn drop_sees_the_runtime(on) {
        let runtime = on.runtime();
        let seen = Arc::new(AtomicBool::new(false));
        let witness = seen.clone();
        let guard = OnDrop::new(move || witness.store(Handle::try_current().is_ok(), SeqCst));
        runtime.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await
        });
        runtime.block_on(yield_now());
        drop(runtime);
        assert!(seen.load(SeqCst));
    }
}

/// Through the runtime: bursts of jobs while the pool's threads come and go.
#[test]
fn r21_bursts_of_blocking_jobs() {
    let runtime = On::CurrentThread
        .builder()
        .max_blocking_threads(2)
        .thread_keep_alive(Duration::from_nanos(1))
        .build()
        .unwrap();
    runtime.block_on(async {
        for burst in 1..200usize {
            let jobs: Vec<_> = (0..burst)
                .map(|i| wakeful::task::spawn_blocking(move || i))
                .collect();
            for (i, job) in jobs.into_iter().enumerate() {
                assert_eq!(job.await.unwrap(), i);
            }
        }
        until(|| true).await;
    });
}
