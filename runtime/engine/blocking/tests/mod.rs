//! The pool's promises, with real threads. Order comes from channels and barriers.

mod hostile;
mod shutdown;

use std::any::Any;
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex as StdMutex};
use std::time::{Duration, Instant};

use super::{Config, Job, Pool, State, Stats, SubmitError, System};
use crate::primitives::{Condvar, MutexGuard, thread};

/// Longer than any machine needs; only a failing test waits for it.
const LONG: Duration = Duration::from_secs(10);

fn config(max_threads: usize) -> Config {
    Config {
        max_threads,
        keep_alive: LONG,
        thread_name: Arc::new(|| "pool".to_owned()),
        stack_size: None,
        on_start: None,
        on_stop: None,
        enter: Arc::new(|| Box::new(()) as Box<dyn Any>),
    }
}

/// A job from two closures.
struct Calls<R, C>(R, C);

impl<R: FnOnce() + Send, C: FnOnce() + Send> Job for Calls<R, C> {
    fn run(self: Box<Self>) {
        (self.0)();
    }

    fn cancel(self: Box<Self>) {
        (self.1)();
    }
}

fn job(run: impl FnOnce() + Send + 'static) -> Box<dyn Job> {
    Box::new(Calls(run, || ()))
}

fn accept(result: Result<(), SubmitError>) {
    assert!(result.is_ok(), "the job was not accepted");
}

/// Shuts down without a limit, but fails rather than wait for ever.
fn end(pool: &Pool) {
    assert!(pool.shutdown(Some(LONG)), "threads are left");
    assert!(pool.shutdown(None));
}

/// Occupies one thread until the sender returned is dropped.
fn occupy(pool: &Arc<Pool>) -> Sender<()> {
    let (release, released) = channel::<()>();
    let (started, has_started) = channel();
    accept(pool.submit(
        job(move || {
            started.send(()).unwrap();
            let _ = released.recv();
        }),
        false,
    ));
    has_started.recv_timeout(LONG).unwrap();
    release
}

/// Waits until `done` is true of the pool's state. Polls: the pool tells nobody when it is idle.
fn until(pool: &Pool, done: impl Fn(&Stats) -> bool) {
    let start = Instant::now();
    while !done(&pool.stats()) {
        assert!(start.elapsed() < LONG, "stuck at {:?}", pool.stats());
        thread::yield_now();
    }
}

#[test]
fn jobs_run_in_order_on_one_thread_and_beside_each_other_on_two() {
    let pool = Pool::new(config(1));
    let (order, ran) = channel();
    for i in 0..100 {
        let order = order.clone();
        accept(pool.submit(job(move || order.send(i).unwrap()), false));
    }
    drop(order);
    let seen: Vec<i32> = ran.iter().collect();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
    assert_eq!(pool.stats().threads, 1);
    end(&pool);

    let pool = Pool::new(config(2));
    let barrier = Arc::new(Barrier::new(2));
    let (done, is_done) = channel();
    for _ in 0..2 {
        let (barrier, done) = (barrier.clone(), done.clone());
        accept(pool.submit(
            job(move || {
                barrier.wait();
                done.send(()).unwrap();
            }),
            false,
        ));
    }
    is_done.recv_timeout(LONG).unwrap();
    is_done.recv_timeout(LONG).unwrap();
    end(&pool);
}

#[test]
fn an_idle_thread_is_claimed_before_another_is_started() {
    let pool = Pool::new(config(8));
    for _ in 0..100 {
        let (done, is_done) = channel();
        accept(pool.submit(job(move || done.send(()).unwrap()), false));
        is_done.recv_timeout(LONG).unwrap();
        until(&pool, |stats| stats.idle == 1);
    }
    assert_eq!(
        pool.stats(),
        Stats {
            threads: 1,
            idle: 1,
            queued: 0
        }
    );
    end(&pool);
}

#[test]
fn no_more_threads_than_allowed() {
    let pool = Pool::new(config(2));
    let first = occupy(&pool);
    let second = occupy(&pool);
    let (done, is_done) = channel();
    accept(pool.submit(job(move || done.send(()).unwrap()), false));
    assert_eq!(
        pool.stats(),
        Stats {
            threads: 2,
            idle: 0,
            queued: 1
        }
    );
    drop(first);
    is_done.recv_timeout(LONG).unwrap();
    drop(second);
    end(&pool);
}

#[test]
fn idle_threads_leave_and_come_back() {
    let (stopped, has_stopped) = channel();
    let stopped = StdMutex::new(stopped);
    let pool = Pool::new(Config {
        keep_alive: Duration::from_micros(1),
        on_stop: Some(Arc::new(move || stopped.lock().unwrap().send(()).unwrap())),
        ..config(1)
    });
    for _ in 0..10 {
        let (done, is_done) = channel();
        accept(pool.submit(job(move || done.send(()).unwrap()), false));
        is_done.recv_timeout(LONG).unwrap();
        has_stopped.recv_timeout(LONG).unwrap();
        assert_eq!(pool.stats().threads, 0);
    }
    end(&pool);
    assert!(has_stopped.try_recv().is_err());
}

/// Threads leave all the time while bursts of jobs come in.
#[test]
fn r21_bursts_lose_no_job_while_threads_leave() {
    for max_threads in [1, 2] {
        for keep_alive in [Duration::ZERO, Duration::from_nanos(1), LONG] {
            let pool = Pool::new(Config {
                keep_alive,
                ..config(max_threads)
            });
            let jobs = 20_000;
            let (done, is_done) = channel();
            let mut sent = 0;
            for burst in (1..=100).cycle() {
                for _ in 0..burst {
                    let done = done.clone();
                    accept(pool.submit(job(move || done.send(()).unwrap()), false));
                }
                for _ in 0..burst {
                    is_done.recv_timeout(LONG).expect("a job was lost");
                }
                sent += burst;
                if sent >= jobs {
                    break;
                }
            }
            assert_eq!(pool.stats().queued, 0);
            end(&pool);
        }
    }
}

/// From several sides: each job runs exactly once.
#[test]
fn r21_many_submitters_and_few_threads() {
    let pool = Pool::new(Config {
        keep_alive: Duration::from_nanos(1),
        ..config(2)
    });
    let ran = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    let ran = ran.clone();
                    accept(pool.submit(
                        job(move || {
                            ran.fetch_add(1, SeqCst);
                        }),
                        true,
                    ));
                }
            });
        }
    });
    end(&pool);
    assert_eq!(ran.load(SeqCst), 20_000);
}

#[test]
fn hooks_run_on_each_thread_inside_enter() {
    struct Guard(Sender<(&'static str, thread::ThreadId)>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.send(("left", thread::current().id())).unwrap();
        }
    }
    let (log, entries) = channel();
    let log = StdMutex::new(log);
    let log = Arc::new(move || log.lock().unwrap().clone());
    let (entering, starting, stopping) = (log.clone(), log.clone(), log.clone());
    let pool = Pool::new(Config {
        enter: Arc::new(move || {
            entering()
                .send(("entered", thread::current().id()))
                .unwrap();
            Box::new(Guard(entering()))
        }),
        on_start: Some(Arc::new(move || {
            starting().send(("start", thread::current().id())).unwrap();
        })),
        on_stop: Some(Arc::new(move || {
            stopping().send(("stop", thread::current().id())).unwrap();
        })),
        ..config(1)
    });
    let running = log();
    accept(pool.submit(
        job(move || running.send(("run", thread::current().id())).unwrap()),
        true,
    ));
    end(&pool);
    let seen: Vec<_> = entries.try_iter().collect();
    let words: Vec<_> = seen.iter().map(|entry| entry.0).collect();
    assert_eq!(words, ["entered", "start", "run", "stop", "left"]);
    assert_eq!(
        seen.iter()
            .map(|entry| entry.1)
            .collect::<HashSet<_>>()
            .len(),
        1
    );
}
