//! User code that panics or calls back, and a system that refuses.

use super::*;

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
