//! Models of the pool: a submit, a thread leaving because it was idle too long, and the shutdown.

use std::any::Any;
use std::io;
use std::sync::Arc as StdArc;
use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::{Config, Job, Pool, State, SubmitError, System};
use crate::primitives::{Condvar, MutexGuard, thread};

/// Keep-alive runs out when the model says so, at any point of the interleaving.
struct Expiring(Arc<AtomicBool>);

impl System for Expiring {
    fn start(
        &self,
        _name: Option<String>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<thread::JoinHandle<()>> {
        Ok(thread::spawn(body))
    }

    fn sleep<'a>(
        &self,
        work: &Condvar,
        mut state: MutexGuard<'a, State>,
    ) -> (MutexGuard<'a, State>, bool) {
        if !self.0.load(Relaxed) {
            state = work.wait(state);
        }
        (state, self.0.load(Relaxed))
    }
}

struct Model {
    pool: StdArc<Pool>,
    expired: Arc<AtomicBool>,
    run: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
}

struct Count(Arc<AtomicUsize>, Arc<AtomicUsize>);

impl Job for Count {
    fn run(self: Box<Self>) {
        self.0.fetch_add(1, Relaxed);
    }

    fn cancel(self: Box<Self>) {
        self.1.fetch_add(1, Relaxed);
    }
}

impl Model {
    fn new(max_threads: usize) -> Self {
        let expired = Arc::new(AtomicBool::new(false));
        let config = Config {
            max_threads,
            keep_alive: Duration::ZERO,
            thread_name: StdArc::new(String::new),
            stack_size: None,
            on_start: None,
            on_stop: None,
            enter: StdArc::new(|| Box::new(()) as Box<dyn Any>),
        };
        Self {
            pool: Pool::with_system(config, Box::new(Expiring(expired.clone()))),
            expired,
            run: Arc::new(AtomicUsize::new(0)),
            cancelled: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn submit(&self, mandatory: bool) -> bool {
        let job = Count(self.run.clone(), self.cancelled.clone());
        match self.pool.submit(Box::new(job), mandatory) {
            Ok(()) => true,
            Err(SubmitError::Closed(_)) => false,
            Err(SubmitError::NoThreads(..)) => unreachable!(),
        }
    }

    fn expire(&self) {
        // Under the lock, so that no thread is between looking at the flag and sleeping.
        let state = self.pool.state.lock();
        self.expired.store(true, Relaxed);
        drop(state);
        self.pool.work.notify_all();
    }

    /// After the shutdown: each accepted job was run or cancelled, once, and all threads ended.
    fn check(&self, accepted: usize) {
        assert_eq!(
            accepted,
            self.run.load(Relaxed) + self.cancelled.load(Relaxed)
        );
        let state = self.pool.state.lock();
        assert!(state.closed && state.queue.is_empty() && state.handles.is_empty());
        assert_eq!(
            (0, 0, 0, 0),
            (state.able, state.idle, state.claimed, state.threads)
        );
    }
}

fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// A job submitted while the only thread leaves is taken by that thread or by a new one: both
/// jobs run without anybody closing the pool.
#[test]
fn r21_submit_meets_leaving_thread() {
    check(3, || {
        let model = Arc::new(Model::new(1));
        assert!(model.submit(false));
        let clock = {
            let model = model.clone();
            thread::spawn(move || model.expire())
        };
        assert!(model.submit(false));
        clock.join().unwrap();
        // Every thread is expired by now, so the pool empties by itself; nothing was lost.
        let mut state = model.pool.state.lock();
        state.closed = true;
        while state.threads > 0 {
            state = model.pool.ended.wait(state);
        }
        drop(state);
        assert_eq!(2, model.run.load(Relaxed));
        model.check(2);
    });
}

/// Two submitters and two threads, one of which may fall idle and be claimed.
#[test]
fn r21_submits_claim_idle_threads() {
    check(2, || {
        let model = Arc::new(Model::new(2));
        assert!(model.submit(true));
        let other = {
            let model = model.clone();
            thread::spawn(move || assert!(model.submit(true)))
        };
        assert!(model.submit(true));
        other.join().unwrap();
        assert!(model.pool.shutdown(None));
        model.check(3);
        assert_eq!(3, model.run.load(Relaxed));
    });
}

/// A submit during shutdown: run, cancelled or handed back, and the shutdown returns.
#[test]
fn r19_submit_meets_shutdown() {
    check(3, || {
        let model = Arc::new(Model::new(2));
        let submitter = {
            let model = model.clone();
            thread::spawn(move || usize::from(model.submit(false)))
        };
        let first = usize::from(model.submit(true));
        assert!(model.pool.shutdown(None));
        let second = submitter.join().unwrap();
        model.check(first + second);
    });
}

/// All three at once.
#[test]
fn r21_submit_meets_leaving_thread_and_shutdown() {
    check(2, || {
        let model = Arc::new(Model::new(1));
        assert!(model.submit(false));
        let submitter = {
            let model = model.clone();
            thread::spawn(move || usize::from(model.submit(false)))
        };
        model.expire();
        assert!(model.pool.shutdown(None));
        let second = submitter.join().unwrap();
        model.check(1 + second);
    });
}
