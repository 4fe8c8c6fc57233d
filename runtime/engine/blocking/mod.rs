//! Threads for calls that block.
//!
//! `spawn_blocking`, `fs` and `lookup_host` hand a [`Job`] to [`Pool::submit`]; the runtime ends
//! the pool with [`Pool::shutdown`]. The pool knows no runtime: a job knows how to run and how to
//! be cancelled, and `Config::enter` is how a thread comes to be inside a runtime.
//!
//! ```text
//!  submit --> queue --> thread: enter, on_start, (next job, run)*, on_stop, guard dropped
//!    |                    ^   |
//!    |  claims one idle   |   | queue empty: idle, at most keep_alive
//!    +------- thread -----+   +-- nothing came, or the pool closed: leaves
//! ```
//!
//! One lock holds the queue and all counts, so no job can fall between "the queue is empty" and
//! "this thread leaves". What holds whenever the lock is free:
//!
//! - **J1** The threads asleep in `work` number `idle + claimed`. `submit` moves one from `idle` to
//!   `claimed` before it notifies; whichever sleeper wakes first, for whatever reason, takes the
//!   claim. A thread that finds a claim never leaves, so a notification cannot go to a leaver.
//! - **J2** `able` counts the threads that will look at the queue again. A thread takes itself
//!   out in the same critical section in which it finds nothing to do. The queue is empty or
//!   `able > 0`.
//! - **J3** While `idle > 0`, at most `claimed` jobs are queued: a thread falls idle only beside an
//!   empty queue, and a job that finds an idle thread claims it.
//! - **J4** Once `closed`, nothing enters the queue.
//! - **J5** No job is run, cancelled or dropped, and no hook is called, under the lock.
//!
//! Not here: several queues. On many cores they win little and they break J1 to J3.

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub(crate) mod tasks;
#[cfg(not(loom))]
mod threadless;

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::primitives::{Condvar, Mutex, MutexGuard, thread};

/// Something to run on a thread of the pool. Exactly one of the two methods is called, unless the
/// job comes back from [`Pool::submit`].
pub(crate) trait Job: Send {
    fn run(self: Box<Self>);

    /// The pool closed before the job's turn came.
    fn cancel(self: Box<Self>);
}

/// A job that was not accepted, handed back.
pub(crate) enum SubmitError {
    /// The pool is shut down.
    Closed(Box<dyn Job>),
    /// There is no thread, and the system refused to start one.
    NoThreads(Box<dyn Job>, io::Error),
}

pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Config {
    /// How many threads may run jobs at the same time. At least 1.
    pub(crate) max_threads: usize,
    /// How long a thread stays without a job.
    pub(crate) keep_alive: Duration,
    pub(crate) thread_name: Arc<dyn Fn() -> String + Send + Sync>,
    /// In bytes. `None`: the platform's default.
    pub(crate) stack_size: Option<usize>,
    pub(crate) on_start: Option<Hook>,
    pub(crate) on_stop: Option<Hook>,
    /// The first thing a thread calls. It drops what it got as the last thing.
    pub(crate) enter: Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>,
}

/// What the pool is doing, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Threads that run jobs or wait for one.
    pub(crate) threads: usize,
    /// Those that wait and have not been claimed.
    pub(crate) idle: usize,
    /// Jobs nobody has begun.
    pub(crate) queued: usize,
}

/// The pool. Its threads hold it alive: whoever makes one must call [`shutdown`](Pool::shutdown).
pub(crate) struct Pool {
    config: Config,
    system: Box<dyn System>,
    state: Mutex<State>,
    /// A job was queued for an idle thread, or the pool closed.
    work: Condvar,
    /// A thread of the closed pool has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Entry>,
    /// Jobs that have been taken from it.
    begun: u64,
    able: usize,
    idle: usize,
    claimed: usize,
    /// Threads that have not looked at the queue yet.
    starting: usize,
    closed: bool,
    /// Threads whose last hook has not returned. `able` plus those on their way out.
    threads: usize,
    /// Threads of this pool that are themselves inside `shutdown`, and so cannot be waited for.
    closing: usize,
    handles: HashMap<thread::ThreadId, thread::JoinHandle<()>>,
    /// The last thread that ended. It has joined the one before it.
    last: Option<thread::JoinHandle<()>>,
}

struct Entry {
    job: Box<dyn Job>,
    /// Runs although the pool closes.
    mandatory: bool,
}

impl Pool {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let system = Os {
            keep_alive: config.keep_alive,
            stack_size: config.stack_size,
        };
        Self::with_system(config, Box::new(system))
    }

    fn with_system(config: Config, system: Box<dyn System>) -> Arc<Self> {
        debug_assert!(config.max_threads > 0, "a pool needs a thread");
        Arc::new(Self {
            config,
            system,
            state: Mutex::new(State::default()),
            work: Condvar::new(),
            ended: Condvar::new(),
        })
    }

    /// Queues `job`, and sees to it that a thread will take it.
    ///
    /// When the system refuses another thread, the job waits for those that exist. A `mandatory`
    /// job that was accepted runs even if the pool closes first.
    ///
    /// # Errors
    ///
    /// The pool is closed, or it has no thread and cannot start one. The job comes back.
    pub(crate) fn submit(
        self: &Arc<Self>,
        job: Box<dyn Job>,
        mandatory: bool,
    ) -> Result<(), SubmitError> {
        let max_threads = self.config.max_threads;
        let mut state = self.state.lock();
        if state.wants_thread(max_threads) {
            drop(state);
            let name = self.thread_name();
            state = self.state.lock();
            if state.wants_thread(max_threads) {
                if let Err(error) = self.start_thread(&mut state, name) {
                    if state.able == 0 {
                        return Err(SubmitError::NoThreads(job, error));
                    }
                }
            }
        }
        if state.closed {
            return Err(SubmitError::Closed(job));
        }
        state.queue.push_back(Entry { job, mandatory });
        let claimed = state.claim();
        state.check();
        drop(state);
        if claimed {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Closes the pool: cancels queued jobs unless they are mandatory or a thread is on its way to
    /// them, lets threads leave, and waits until they have ended, at most `limit` (`None`: for
    /// ever).
    ///
    /// True if all have ended. Called on a thread of this pool, it waits for the others. Without a
    /// limit it joins the threads, so that their thread-locals are gone too.
    pub(crate) fn shutdown(&self, limit: Option<Duration>) -> bool {
        // No deadline can be computed for a limit near `Duration::MAX`: that is for ever, too.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let cancelled = self.close();
        for entry in cancelled {
            survive(|| entry.job.cancel());
        }

        let mut state = self.state.lock();
        let ours = state.handles.contains_key(&thread::current().id());
        state.closing += usize::from(ours);
        let all_ended = loop {
            if state.threads <= if ours { state.closing } else { 0 } {
                break true;
            }
            state = match deadline {
                None => self.ended.wait(state),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break false;
                    }
                    self.ended.wait_timeout(state, left).0
                }
            };
        };
        state.closing -= usize::from(ours);
        let last = match limit {
            None => state.last.take(),
            // Joining has no limit of its own.
            Some(_) => None,
        };
        drop(state);
        if let Some(last) = last {
            let _ = last.join();
        }
        all_ended
    }

    /// Closes the queue, wakes everybody, and takes out what will not run.
    fn close(&self) -> Vec<Entry> {
        let mut state = self.state.lock();
        state.closed = true;
        // A job that found its thread has started, whether or not the thread got there.
        let mut awaited = state.starting + state.claimed;
        let (kept, cancelled): (Vec<Entry>, Vec<Entry>) =
            state.queue.drain(..).partition(|entry| {
                let has_thread = awaited > 0;
                awaited -= usize::from(has_thread);
                has_thread || entry.mandatory
            });
        state.queue.extend(kept);
        state.check();
        drop(state);
        self.work.notify_all();
        cancelled
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.state.lock();
        Stats {
            threads: state.able,
            idle: state.idle,
            queued: state.queue.len(),
        }
    }

    /// If no job is under way: how many there were, and how many threads wait for the next.
    #[cfg(not(loom))]
    pub(crate) fn at_rest(&self) -> Option<(u64, usize)> {
        let state = self.state.lock();
        let rests = state.queue.is_empty() && state.idle == state.able;
        rests.then_some((state.begun, state.able))
    }

    /// The next thread's name. A closure that panics costs the thread its name, nothing else.
    fn thread_name(&self) -> Option<String> {
        let mut name = None;
        survive(|| name = Some((self.config.thread_name)()));
        // The platform cannot hold a NUL, and std panics on one.
        name.map(|name: String| name.replace('\0', ""))
    }

    /// Starts a thread under the lock, so that it is known before it can leave.
    fn start_thread(self: &Arc<Self>, state: &mut State, name: Option<String>) -> io::Result<()> {
        let pool = Arc::clone(self);
        let handle = self
            .system
            .start(name, Box::new(move || pool.thread_main()))?;
        state.able += 1;
        state.starting += 1;
        state.threads += 1;
        state.handles.insert(handle.thread().id(), handle);
        Ok(())
    }

    /// The life of a thread. Whatever in it panics, its counts come out right.
    fn thread_main(&self) {
        let mut entered = None;
        survive(|| entered = Some((self.config.enter)()));
        if let Some(on_start) = &self.config.on_start {
            survive(|| on_start());
        }
        let mut job = self.next_job(true);
        while let Some(next) = job {
            survive(|| next.run());
            job = self.next_job(false);
        }
        if let Some(on_stop) = &self.config.on_stop {
            survive(|| on_stop());
        }
        survive(|| drop(entered));
        self.end_thread();
    }

    /// The next job, or `None` once this thread has taken itself out of `able`.
    fn next_job(&self, is_first: bool) -> Option<Box<dyn Job>> {
        let mut state = self.state.lock();
        state.starting -= usize::from(is_first);
        loop {
            if let Some(entry) = state.queue.pop_front() {
                state.begun += 1;
                state.check();
                return Some(entry.job);
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let expired;
            (state, expired) = self.sleep(state);
            if expired {
                break;
            }
        }
        state.able -= 1;
        state.check();
        None
    }

    /// Sleeps as one of `idle` until claimed, closed or expired; true if expired.
    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>) -> (MutexGuard<'a, State>, bool) {
        loop {
            let timed_out;
            (state, timed_out) = self.system.sleep(&self.work, state);
            if state.claimed > 0 {
                state.claimed -= 1;
                return (state, false);
            }
            if timed_out || state.closed {
                state.idle -= 1;
                return (state, timed_out);
            }
        }
    }

    /// The thread's last words. It joins the thread that ended before it, so that at any time at
    /// most one ended thread has not given its stack back.
    fn end_thread(&self) {
        let mut state = self.state.lock();
        state.threads -= 1;
        let own = state.handles.remove(&thread::current().id());
        let previous = std::mem::replace(&mut state.last, own);
        let closed = state.closed;
        drop(state);
        if closed {
            self.ended.notify_all();
        }
        if let Some(previous) = previous {
            let _ = previous.join();
        }
    }
}

impl State {
    fn wants_thread(&self, max_threads: usize) -> bool {
        !self.closed && self.idle == 0 && self.able < max_threads
    }

    /// Claims an idle thread for the job just queued (J1).
    fn claim(&mut self) -> bool {
        let found = self.idle > 0;
        if found {
            self.idle -= 1;
            self.claimed += 1;
        }
        found
    }

    fn check(&self) {
        debug_assert!(self.idle + self.claimed <= self.able, "J1");
        debug_assert!(self.queue.is_empty() || self.able > 0, "J2");
        debug_assert!(self.idle == 0 || self.queue.len() <= self.claimed, "J3");
    }
}

/// What the pool asks of the operating system. Tests and models put their own in its place.
trait System: Send + Sync {
    fn start(
        &self,
        name: Option<String>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<thread::JoinHandle<()>>;

    /// Sleeps until notified, for no reason, or until the thread has been idle long enough. The
    /// flag is true in the last case.
    fn sleep<'a>(
        &self,
        work: &Condvar,
        state: MutexGuard<'a, State>,
    ) -> (MutexGuard<'a, State>, bool);
}

struct Os {
    keep_alive: Duration,
    stack_size: Option<usize>,
}

impl System for Os {
    fn start(
        &self,
        name: Option<String>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<thread::JoinHandle<()>> {
        let mut builder = thread::Builder::new();
        if let Some(name) = name {
            builder = builder.name(name);
        }
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        builder.spawn(body)
    }

    fn sleep<'a>(
        &self,
        work: &Condvar,
        state: MutexGuard<'a, State>,
    ) -> (MutexGuard<'a, State>, bool) {
        work.wait_timeout(state, self.keep_alive)
    }
}

/// Calls what may be the user's code. The panic hook has reported the panic by the time we see it.
pub(crate) fn survive(call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        // A payload may itself panic when dropped; that second payload is leaked.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
    }
}
