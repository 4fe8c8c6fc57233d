//! How the pool ends: all of it, in time, and nothing is lost.

use super::*;

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

/// A job that comes too late is handed back, and what it owns is not leaked.
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

/// The limit holds beside a job that never ends, and odd limits are limits.
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

/// A thread that is on its way to a job finds it, although the pool closes first.
#[test]
fn a_job_whose_thread_starts_runs() {
    let (enter, entered) = channel::<()>();
    let entered = std::sync::Mutex::new(entered);
    let mut config = config(1);
    config.on_start = Some(Arc::new(move || {
        let _ = entered.lock().unwrap().recv();
    }));
    let pool = Pool::new(config);
    let (log, entries) = channel();
    for name in ["a", "b"] {
        let (ran, cancelled) = (log.clone(), log.clone());
        let calls = Calls(
            move || ran.send(("ran", name)).unwrap(),
            move || cancelled.send(("cancelled", name)).unwrap(),
        );
        accept(pool.submit(Box::new(calls), false));
    }
    drop(log);
    assert!(!pool.shutdown(Some(Duration::ZERO)), "the thread is kept");
    drop(enter);
    end(&pool);
    let seen: Vec<_> = entries.iter().collect();
    assert_eq!(seen, [("cancelled", "b"), ("ran", "a")]);
}
