//! `Builder`: a runtime's options, their defaults and their limits.

mod policies;
mod watching;

use std::any::Any;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::blocking;
use super::config::{Config, KEEP_ALIVE, MAX_BLOCKING_THREADS};
use super::handle::{Handle, Id, Parts, RuntimeFlavor, Scheduler, WeakHandle};
use super::metrics::{Counter, Plan};
use super::runtime::{LocalOptions, LocalRuntime, Runtime};
use super::{context, driver, local, stealing};
use crate::budget;

/// The variable that sets the default number of workers.
const WORKERS_VARIABLE: &str = "WAKEFUL_WORKER_THREADS";

/// Builds a [`Runtime`].
///
/// I/O and timers are off until [`enable_io`](Self::enable_io), [`enable_time`](Self::enable_time)
/// or [`enable_all`](Self::enable_all).
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread()
///     .worker_threads(2)
///     .thread_name("worker")
///     .enable_all()
///     .build()
///     .unwrap();
/// assert_eq!(runtime.block_on(async { 1 + 1 }), 2);
/// ```
pub struct Builder {
    flavor: RuntimeFlavor,
    io: bool,
    time: bool,
    start_paused: bool,
    worker_threads: Option<usize>,
    max_blocking_threads: usize,
    keep_alive: Duration,
    name: Option<String>,
    thread_name: Arc<dyn Fn() -> String + Send + Sync>,
    stack_size: Option<usize>,
    events_per_turn: usize,
    events_when_busy: Option<usize>,
    histogram: Plan,
    is_histogram_on: bool,
    config: Config,
}

impl Builder {
    fn new(flavor: RuntimeFlavor) -> Self {
        Self {
            flavor,
            io: false,
            time: false,
            start_paused: false,
            worker_threads: None,
            max_blocking_threads: MAX_BLOCKING_THREADS,
            keep_alive: KEEP_ALIVE,
            name: None,
            thread_name: Arc::new(|| "wakeful-worker".to_owned()),
            stack_size: None,
            events_per_turn: 1024,
            events_when_busy: None,
            histogram: Plan::default(),
            is_histogram_on: false,
            config: Config::default(),
        }
    }

    /// A runtime that runs everything on the thread inside `block_on`.
    #[must_use]
    pub fn new_current_thread() -> Self {
        Self::new(RuntimeFlavor::CurrentThread)
    }

    /// A runtime with several workers that steal work from each other.
    #[must_use]
    pub fn new_multi_thread() -> Self {
        Self::new(RuntimeFlavor::MultiThread)
    }

    /// Turns on everything that [`enable_io`](Self::enable_io) and
    /// [`enable_time`](Self::enable_time) do.
    pub fn enable_all(&mut self) -> &mut Self {
        self.enable_io().enable_time()
    }

    /// Turns on sockets, signals and processes.
    pub fn enable_io(&mut self) -> &mut Self {
        self.io = true;
        self
    }

    /// Turns on timers.
    pub fn enable_time(&mut self) -> &mut Self {
        self.time = true;
        self
    }

    /// The number of workers of a work-stealing runtime.
    ///
    /// The default is the value of the environment variable `WAKEFUL_WORKER_THREADS`, else the
    /// number of CPUs. A single-threaded runtime ignores it.
    ///
    /// # Panics
    ///
    /// If `workers` is 0.
    #[track_caller]
    pub fn worker_threads(&mut self, workers: usize) -> &mut Self {
        assert!(
            workers > 0,
            "a runtime needs at least 1 worker thread: pass 1 or more to `worker_threads`, or use \
             `Builder::new_current_thread`"
        );
        self.worker_threads = Some(workers);
        self
    }

    /// The most threads kept for `spawn_blocking`, `fs` and name resolution. 512 by default.
    ///
    /// They are started when needed. When all are busy, calls wait for one.
    ///
    /// # Panics
    ///
    /// If `threads` is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, threads: usize) -> &mut Self {
        assert!(
            threads > 0,
            "blocking calls need at least 1 thread: pass 1 or more to `max_blocking_threads`"
        );
        self.max_blocking_threads = threads;
        self
    }

    /// How long a blocking thread waits for another call before it ends. 10 seconds by default.
    pub fn thread_keep_alive(&mut self, time: Duration) -> &mut Self {
        self.keep_alive = time;
        self
    }

    /// The name of every thread of the runtime. `wakeful-worker` by default.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name = Arc::new(move || name.clone());
        self
    }

    /// A function that names the runtime's threads, called once for each.
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.thread_name = Arc::new(name);
        self
    }

    /// The runtime's own name, for [`Handle::name`].
    ///
    /// # Panics
    ///
    /// If it is blank.
    #[track_caller]
    pub fn name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        assert!(!name.trim().is_empty(), "runtime name shouldn't be empty");
        self.name = Some(name);
        self
    }

    /// The stack of each thread of the runtime, in bytes. The platform's default if not set.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Called on each thread of the runtime when it starts: workers and blocking threads.
    pub fn on_thread_start(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Called on each thread of the runtime when it ends.
    pub fn on_thread_stop(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Called on a worker when it has nothing to do and is about to sleep. It may wake and spawn.
    pub fn on_thread_park(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_park = Some(Arc::new(f));
        self
    }

    /// Called on a worker when it wakes up.
    pub fn on_thread_unpark(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_unpark = Some(Arc::new(f));
        self
    }

    /// How many polls a worker makes between two looks at the tasks that other threads queued.
    /// 31 by default.
    ///
    /// # Panics
    ///
    /// If `polls` is 0.
    #[track_caller]
    pub fn global_queue_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "`global_queue_interval` must be at least 1");
        self.config.global_queue_interval = polls;
        self
    }

    /// How many polls a worker makes between two looks at I/O and timers. 61 by default.
    ///
    /// # Panics
    ///
    /// If `polls` is 0.
    #[track_caller]
    pub fn event_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "`event_interval` must be at least 1");
        self.config.event_interval = polls;
        self
    }

    /// The most I/O events taken in one look at the poller. 1024 by default.
    ///
    /// # Panics
    ///
    /// If `events` is 0.
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, events: usize) -> &mut Self {
        assert!(events > 0, "max_io_events_per_tick must be non-zero");
        self.events_per_turn = events;
        self
    }

    /// Starts with the clock standing still, as after `time::pause`. For tests, on a
    /// single-threaded runtime with timers.
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.start_paused = paused;
        self
    }

    /// Builds the runtime and starts its workers.
    ///
    /// # Errors
    ///
    /// If the system refuses a thread or the poller, or the options contradict each other.
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.build_handle(None).map(Runtime::from_handle)
    }

    /// Builds a single-threaded runtime that stays on this thread.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// # Panics
    ///
    /// On a builder made by [`new_multi_thread`](Self::new_multi_thread).
    #[track_caller]
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        let LocalOptions { .. } = options;
        assert!(
            self.flavor == RuntimeFlavor::CurrentThread,
            "only a single-threaded runtime can be local: use `Builder::new_current_thread`"
        );
        let owner = thread::current().id();
        self.build_handle(Some(owner))
            .map(LocalRuntime::from_handle)
    }

    fn build_handle(&self, owner: Option<ThreadId>) -> io::Result<Handle> {
        budget::count_with(context::count_forced_yield);
        let is_local = self.flavor == RuntimeFlavor::CurrentThread;
        if self.start_paused && !(is_local && self.time) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "`start_paused` needs a single-threaded runtime with timers: use \
                 `Builder::new_current_thread` and `enable_time`",
            ));
        }
        let (driver, driver_handle) = driver::Driver::new(&driver::Config {
            io: self.io,
            time: self.time,
            start_paused: self.start_paused,
            pausable: is_local,
            events_per_turn: self.events_per_turn,
            events_when_busy: self.events_when_busy,
        })?;
        // Threads must be inside the runtime, whose handle does not exist yet.
        let weak: Arc<OnceLock<WeakHandle>> = Arc::default();
        let pool = blocking::Pool::new(self.pool_config(Arc::clone(&weak)));
        let config = self.scheduler_config();
        let mut starting = None;
        let scheduler = if is_local {
            let driver_handle = Arc::clone(&driver_handle);
            Scheduler::Local(local::new(config, driver, driver_handle, owner))
        } else {
            let workers = self.worker_threads.map_or_else(default_workers, Ok)?;
            let start = stealing::start(workers, config, driver, Arc::clone(&driver_handle));
            let shared = Arc::clone(&start.shared);
            starting = Some(start);
            Scheduler::Stealing(shared)
        };
        let handle = Handle::new(Parts {
            scheduler,
            driver: driver_handle,
            pool,
            blocking_tasks: Arc::default(),
            records: Default::default(),
            local_sets: Default::default(),
            id: Id::next(),
            name: self.name.clone(),
            forced_yields: Counter::default(),
        });
        weak.get_or_init(|| handle.downgrade());
        match starting {
            None => Ok(handle),
            Some(starting) => starting.run(self.threads(&handle)).map(|()| handle),
        }
    }

    fn threads(&self, handle: &Handle) -> stealing::Threads {
        // A worker's thread keeps its runtime: it is in it until it retires.
        let inside = handle.clone();
        let enter = move || -> Box<dyn Any> { Box::new(context::enter(&inside)) };
        let weak = handle.downgrade();
        let hand_off: stealing::HandOff = Box::new(move |work| {
            weak.upgrade().is_some_and(|handle| {
                let pool = &handle.parts().pool;
                pool.submit(Box::new(Duty(work)), true).is_ok()
            })
        });
        stealing::Threads {
            name: Arc::clone(&self.thread_name),
            stack_size: self.stack_size,
            enter: Arc::new(enter),
            hand_off,
        }
    }

    fn pool_config(&self, handle: Arc<OnceLock<WeakHandle>>) -> blocking::Config {
        let enter = move || -> Box<dyn Any> {
            match handle.get().and_then(WeakHandle::upgrade) {
                Some(handle) => Box::new(context::enter(&handle)),
                None => Box::new(()),
            }
        };
        blocking::Config {
            max_threads: self.max_blocking_threads,
            keep_alive: self.keep_alive,
            thread_name: Arc::clone(&self.thread_name),
            stack_size: self.stack_size,
            on_start: self.config.on_thread_start.clone(),
            on_stop: self.config.on_thread_stop.clone(),
            enter: Arc::new(enter),
        }
    }
}

/// A worker's work, as a job of the pool.
struct Duty(Box<dyn FnOnce() + Send>);

impl blocking::Job for Duty {
    fn run(self: Box<Self>) {
        (self.0)();
    }

    fn cancel(self: Box<Self>) {}
}

/// The variable's value, else the number of CPUs.
fn default_workers() -> io::Result<usize> {
    let Some(value) = std::env::var_os(WORKERS_VARIABLE) else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from));
    };
    match value.to_str().map(str::parse) {
        Some(Ok(workers)) if workers > 0 => Ok(workers),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{WORKERS_VARIABLE} must be a number of at least 1, not {value:?}"),
        )),
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &self.flavor)
            .field("io", &self.io)
            .field("time", &self.time)
            .field("worker_threads", &self.worker_threads)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("keep_alive", &self.keep_alive)
            .finish_non_exhaustive()
    }
}
