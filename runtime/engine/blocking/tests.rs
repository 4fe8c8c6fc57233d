//! The pool's promises, with real threads. Order comes from channels and barriers.

use std::any::Any;
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
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

/// R21: threads leave all the time while bursts of jobs come in.
#[test]
fn bursts_lose_no_job_while_threads_leave() {
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

/// R21, from several sides: each job runs exactly once.
#[test]
fn many_submitters_and_few_threads() {
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
fn shutdown_cancels_the_queue_but_runs_what_is_mandatory() {
    let pool = Pool::new(config(1));
    let release = occupy(&pool);
    let (log, entries) = channel();
    for (name, mandatory) in [("a", false), ("b", true), ("c", false), ("d", true)] {
        let (ran, cancelled) = (log.clone(), log.clone());
        let calls = Calls(
            move || ran.send(("ran", name)).unwrap(),
            move || cancelled.send(("cancelled", name)).unwrap(),
        );
        accept(pool.submit(Box::new(calls), mandatory));
    }
    drop(log);
    assert!(!pool.shutdown(Some(Duration::ZERO)), "a job still runs");
    drop(release);
    end(&pool);
    let seen: Vec<_> = entries.iter().collect();
    assert_eq!(
        seen,
        [
            ("cancelled", "a"),
            ("cancelled", "c"),
            ("ran", "b"),
            ("ran", "d")
        ]
    );
}

/// R19: a job that comes too late is handed back, and what it owns is not leaked.
#[test]
fn submit_after_and_during_shutdown_hands_the_job_back() {
    let pool = Pool::new(config(2));
    let owned = Arc::new(());
    let (inner, result) = channel();
    let (release, released) = channel::<()>();
    let (started, has_started) = channel();
    {
        let (pool2, owned) = (pool.clone(), owned.clone());
        accept(pool.submit(
            job(move || {
                started.send(()).unwrap();
                let _ = released.recv();
                let late = pool2.submit(job(move || drop(owned)), true);
                inner
                    .send(matches!(late, Err(SubmitError::Closed(_))))
                    .unwrap();
            }),
            false,
        ));
    }
    has_started.recv_timeout(LONG).unwrap();
    assert!(!pool.shutdown(Some(Duration::ZERO)));
    drop(release);
    assert!(result.recv_timeout(LONG).unwrap());
    end(&pool);
    let again = owned.clone();
    let late = pool.submit(job(move || drop(again)), false);
    assert!(matches!(late, Err(SubmitError::Closed(_))));
    drop(late);
    assert_eq!(Arc::strong_count(&owned), 1);
    assert_eq!(Arc::strong_count(&pool), 1, "a thread still holds the pool");
}

/// A cancelled job may hold the last way into the pool, and use it.
#[test]
fn cancelling_may_submit_and_shut_down() {
    let pool = Pool::new(config(1));
    let release = occupy(&pool);
    let (log, entries) = channel();
    let reentrant = {
        let pool = pool.clone();
        move || {
            let late = pool.submit(job(|| ()), false);
            assert!(matches!(late, Err(SubmitError::Closed(_))));
            log.send(pool.shutdown(Some(Duration::ZERO))).unwrap();
        }
    };
    accept(pool.submit(Box::new(Calls(|| (), reentrant)), false));
    assert!(!pool.shutdown(Some(Duration::ZERO)));
    assert!(!entries.recv().unwrap());
    drop(release);
    end(&pool);
}

/// R20: the limit holds beside a job that never ends, and odd limits are limits.
#[test]
fn shutdown_keeps_its_limit() {
    for limit in [Duration::ZERO, Duration::from_millis(20)] {
        let pool = Pool::new(config(1));
        let release = occupy(&pool);
        let start = Instant::now();
        assert!(!pool.shutdown(Some(limit)));
        assert!(start.elapsed() >= limit);
        assert!(start.elapsed() < LONG / 2);
        drop(release);
        end(&pool);
    }
    for limit in [Duration::MAX, Duration::MAX / 10] {
        let pool = Pool::new(config(1));
        let release = occupy(&pool);
        let closer = {
            let pool = pool.clone();
            thread::spawn(move || pool.shutdown(Some(limit)))
        };
        until_closed(&pool);
        drop(release);
        assert!(closer.join().unwrap());
    }
    let never_used = Pool::new(config(1));
    assert!(never_used.shutdown(Some(Duration::ZERO)));
    end(&never_used);
}

fn until_closed(pool: &Pool) {
    while !pool.state.lock().closed {
        thread::yield_now();
    }
}

/// Idle threads are woken by the shutdown; `keep_alive` may be "for ever".
#[test]
fn shutdown_does_not_wait_for_keep_alive() {
    let pool = Pool::new(Config {
        keep_alive: Duration::MAX,
        ..config(4)
    });
    let held: Vec<_> = (0..4).map(|_| occupy(&pool)).collect();
    drop(held);
    until(&pool, |stats| stats.idle == 4);
    end(&pool);
}

/// A runtime may be dropped by a job of its own pool: the thread does not wait for itself, nor
/// two such threads for each other.
#[test]
fn shutdown_from_the_pools_own_threads() {
    let pool = Pool::new(config(2));
    let both = Arc::new(Barrier::new(2));
    let (done, is_done) = channel();
    for _ in 0..2 {
        let (pool2, both, done) = (pool.clone(), both.clone(), done.clone());
        accept(pool.submit(
            job(move || {
                both.wait();
                done.send(pool2.shutdown(None)).unwrap();
            }),
            false,
        ));
    }
    assert!(
        is_done
            .recv_timeout(LONG)
            .expect("a thread waits for itself")
    );
    assert!(
        is_done
            .recv_timeout(LONG)
            .expect("two threads wait for each other")
    );
    end(&pool);
    assert_eq!(pool.state.lock().threads, 0);
}

/// Panics everywhere the user's code runs: names, hooks, jobs, cancelled jobs, panic payloads.
#[test]
fn user_panics_cost_nobody_else_anything() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("payload's drop");
            }
        }
    }
    let pool = Pool::new(Config {
        thread_name: Arc::new(|| panic!("thread_name")),
        on_start: Some(Arc::new(|| panic!("on_start"))),
        on_stop: Some(Arc::new(|| panic!("on_stop"))),
        enter: Arc::new(|| Box::new(Bomb)),
        ..config(1)
    });
    let (done, is_done) = channel();
    accept(pool.submit(job(|| panic!("job")), false));
    accept(pool.submit(job(|| std::panic::panic_any(Bomb)), false));
    accept(pool.submit(job(move || done.send(()).unwrap()), false));
    is_done.recv_timeout(LONG).expect("the thread survives");
    let release = occupy(&pool);
    for _ in 0..2 {
        let calls = Calls(|| (), || panic!("cancel"));
        accept(pool.submit(Box::new(calls), false));
    }
    let (done, is_done) = channel();
    accept(pool.submit(job(move || done.send(()).unwrap()), true));
    assert!(!pool.shutdown(Some(Duration::ZERO)));
    drop(release);
    is_done.recv_timeout(LONG).expect("the mandatory job runs");
    end(&pool);
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

#[test]
fn threads_are_named_and_a_nul_is_no_panic() {
    for (given, expected) in [("name-7", "name-7"), ("a\0b", "ab")] {
        let pool = Pool::new(Config {
            thread_name: Arc::new(move || given.to_owned()),
            stack_size: Some(256 * 1024),
            ..config(1)
        });
        let (name, named) = channel();
        accept(pool.submit(
            job(move || {
                name.send(thread::current().name().map(str::to_owned))
                    .unwrap()
            }),
            false,
        ));
        assert_eq!(named.recv_timeout(LONG).unwrap().as_deref(), Some(expected));
        end(&pool);
    }
}

/// The name closure is the user's: it may use the pool, so no lock is held over it.
#[test]
fn naming_may_reenter_the_pool() {
    let slot: Arc<StdMutex<Option<Arc<Pool>>>> = Arc::default();
    let slot2 = slot.clone();
    let pool = Pool::new(Config {
        thread_name: Arc::new(move || {
            let inner = slot2.lock().unwrap().take();
            if let Some(pool) = inner {
                accept(pool.submit(job(|| ()), false));
            }
            String::new()
        }),
        ..config(1)
    });
    *slot.lock().unwrap() = Some(pool.clone());
    let (done, is_done) = channel();
    accept(pool.submit(job(move || done.send(()).unwrap()), false));
    is_done.recv_timeout(LONG).unwrap();
    assert_eq!(pool.stats().threads, 1);
    end(&pool);
}

/// A system that starts so many threads and no more, and can wake sleepers for no reason.
struct Stingy {
    left: Arc<AtomicUsize>,
    spurious: Arc<AtomicBool>,
}

impl System for Stingy {
    fn start(
        &self,
        _name: Option<String>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<thread::JoinHandle<()>> {
        let take = |left: usize| left.checked_sub(1);
        if self.left.fetch_update(SeqCst, SeqCst, take).is_err() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        thread::Builder::new().spawn(body)
    }

    fn sleep<'a>(
        &self,
        work: &Condvar,
        state: MutexGuard<'a, State>,
    ) -> (MutexGuard<'a, State>, bool) {
        if self.spurious.load(SeqCst) {
            return (work.wait_timeout(state, Duration::from_nanos(1)).0, false);
        }
        work.wait_timeout(state, LONG)
    }
}

fn stingy(threads: usize, spurious: bool) -> (Arc<Pool>, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(threads));
    let system = Stingy {
        left: left.clone(),
        spurious: Arc::new(AtomicBool::new(spurious)),
    };
    (Pool::with_system(config(8), Box::new(system)), left)
}

#[test]
fn a_refused_thread_hands_the_job_back_or_leaves_it_to_the_others() {
    let (pool, left) = stingy(0, false);
    let (ran, has_run) = channel();
    let calls = job(move || ran.send(()).unwrap());
    let Err(SubmitError::NoThreads(calls, error)) = pool.submit(calls, false) else {
        panic!("accepted without a thread to run it");
    };
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert_eq!(pool.stats().queued, 0);

    left.store(1, SeqCst);
    let release = occupy(&pool);
    accept(pool.submit(calls, false));
    assert_eq!(
        pool.stats(),
        Stats {
            threads: 1,
            idle: 0,
            queued: 1
        }
    );
    drop(release);
    has_run.recv_timeout(LONG).expect("the one thread takes it");
    end(&pool);
}

/// Sleepers that wake for no reason neither leave nor lose count.
#[test]
fn spurious_wakes_change_nothing() {
    let (pool, _) = stingy(2, true);
    let held = [occupy(&pool), occupy(&pool)];
    drop(held);
    until(&pool, |stats| stats.idle == 2);
    for _ in 0..1_000 {
        let (done, is_done) = channel();
        accept(pool.submit(job(move || done.send(()).unwrap()), false));
        is_done.recv_timeout(LONG).unwrap();
    }
    until(&pool, |stats| stats.idle == 2);
    assert_eq!(pool.stats().threads, 2);
    end(&pool);
}

/// A thread has ended only once its guard is dropped.
#[test]
fn shutdown_waits_for_the_guards_drop() {
    struct Guard(Sender<()>, Receiver<()>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            let _ = self.1.recv();
        }
    }
    let (dropping, is_dropping) = channel();
    let (release, released) = channel();
    let guard = StdMutex::new(Some(Guard(dropping, released)));
    let pool = Pool::new(Config {
        enter: Arc::new(move || Box::new(guard.lock().unwrap().take())),
        ..config(1)
    });
    accept(pool.submit(job(|| ()), true));
    assert!(!pool.shutdown(Some(Duration::ZERO)));
    is_dropping.recv_timeout(LONG).unwrap();
    assert!(!pool.shutdown(Some(Duration::ZERO)));
    drop(release);
    end(&pool);
}

/// Counts threads whose thread-locals are gone. Slow to go, so that a shutdown that does not wait
/// for it is seen.
struct Gone(Arc<AtomicUsize>);

impl Drop for Gone {
    fn drop(&mut self) {
        for _ in 0..1_000 {
            thread::yield_now();
        }
        self.0.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static LOCAL: std::cell::OnceCell<Gone> = const { std::cell::OnceCell::new() };
}

fn leave_a_local(gone: &Arc<AtomicUsize>) {
    LOCAL.with(|local| assert!(local.set(Gone(gone.clone())).is_ok()));
}

/// Without a limit, shutdown returns after the threads' thread-locals are gone.
#[test]
fn shutdown_joins_the_threads() {
    let gone = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(config(4));
    let all = Arc::new(Barrier::new(4));
    for _ in 0..4 {
        let (all, gone) = (all.clone(), gone.clone());
        accept(pool.submit(
            job(move || {
                leave_a_local(&gone);
                all.wait();
            }),
            true,
        ));
    }
    end(&pool);
    assert_eq!(gone.load(SeqCst), 4);
}

/// A thread that left early is joined by the next one that leaves, and so by the shutdown.
#[test]
fn shutdown_joins_threads_that_left_before() {
    let (stopped, has_stopped) = channel();
    let stopped = StdMutex::new(stopped);
    let gone = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(Config {
        keep_alive: Duration::ZERO,
        on_stop: Some(Arc::new(move || stopped.lock().unwrap().send(()).unwrap())),
        ..config(1)
    });
    let local = gone.clone();
    accept(pool.submit(job(move || leave_a_local(&local)), true));
    has_stopped.recv_timeout(LONG).unwrap();
    accept(pool.submit(job(|| ()), true));
    has_stopped.recv_timeout(LONG).unwrap();
    end(&pool);
    assert_eq!(gone.load(SeqCst), 1);
}
