//! `Builder`: a runtime's options, their defaults and their limits.

mod diagnosis;
mod policies;
mod threads;
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
use super::local_runtime::{LocalOptions, LocalRuntime};
use super::metrics::{Counter, Plan};
use super::runtime::Runtime;
use super::switches::Switches;
use super::{context, driver, local, stall, stealing};
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
    events_per_turn: Option<usize>,
    events_when_busy: Option<usize>,
    histogram: Plan,
    is_histogram_on: bool,
    stall: Option<Duration>,
    on_stall: Option<stall::Report>,
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
            events_per_turn: None,
            events_when_busy: None,
            histogram: Plan::default(),
            is_histogram_on: false,
            stall: None,
            on_stall: None,
            config: Config::default(),
        }
    }

    /// A runtime that runs everything on the thread inside `block_on`.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// let task = runtime.spawn(async { std::thread::current().id() });
    /// // Nothing ran so far: there is no thread but this one.
    /// assert_eq!(runtime.block_on(task).unwrap(), std::thread::current().id());
    /// ```
    #[must_use]
    pub fn new_current_thread() -> Self {
        Self::new(RuntimeFlavor::CurrentThread)
    }

    /// A runtime with several workers that steal work from each other.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_multi_thread().build().unwrap();
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// runtime.spawn(async move { sender.send("done") });
    /// // Nobody is inside `block_on`: a worker runs the task.
    /// assert_eq!(receiver.recv(), Ok("done"));
    /// ```
    #[must_use]
    pub fn new_multi_thread() -> Self {
        Self::new(RuntimeFlavor::MultiThread)
    }

    /// Turns on everything that [`enable_io`](Self::enable_io) and
    /// [`enable_time`](Self::enable_time) do.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// runtime.block_on(async {
    ///     wakeful::time::sleep(Duration::from_millis(1)).await;
    ///     let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0").await;
    ///     assert!(socket.is_ok());
    /// });
    /// ```
    pub fn enable_all(&mut self) -> &mut Self {
        self.enable_io().enable_time()
    }

    /// Turns on sockets, signals and processes.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::net::UdpSocket;
    ///
    /// let runtime = wakeful::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    /// assert!(runtime.block_on(UdpSocket::bind("127.0.0.1:0")).is_ok());
    /// ```
    pub fn enable_io(&mut self) -> &mut Self {
        self.io = true;
        self
    }

    /// Turns on timers.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::time::sleep;
    ///
    /// let mut builder = wakeful::runtime::Builder::new_current_thread();
    /// let runtime = builder.enable_time().build().unwrap();
    /// // Made inside: a timer belongs to the runtime it is made in.
    /// runtime.block_on(async { sleep(Duration::from_millis(1)).await });
    /// ```
    pub fn enable_time(&mut self) -> &mut Self {
        self.time = true;
        self
    }

    /// The runtime's own name, for [`Handle::name`].
    ///
    /// # Panics
    ///
    /// If it is blank.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut builder = wakeful::runtime::Builder::new_current_thread();
    /// let runtime = builder.name("requests").build().unwrap();
    /// assert_eq!(runtime.handle().name(), Some("requests"));
    /// ```
    #[track_caller]
    pub fn name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        assert!(!name.trim().is_empty(), "runtime name shouldn't be empty");
        self.name = Some(name);
        self
    }

    /// How many polls a worker makes between two looks at the tasks that other threads queued.
    /// 31 by default.
    ///
    /// # Panics
    ///
    /// If `polls` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// // Tasks from other threads come sooner, what runs already gets a little slower.
    /// let runtime = Builder::new_multi_thread().global_queue_interval(7).build().unwrap();
    /// assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn global_queue_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "global_queue_interval must be greater than 0");
        self.config.global_queue_interval = polls;
        self
    }

    /// How many polls a worker makes between two looks at I/O and timers. 61 by default.
    ///
    /// # Panics
    ///
    /// If `polls` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// // Sockets and timers come sooner, each poll gets a little dearer.
    /// let runtime = Builder::new_current_thread().event_interval(7).enable_all().build().unwrap();
    /// assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn event_interval(&mut self, polls: u32) -> &mut Self {
        assert!(polls > 0, "event_interval must be greater than 0");
        self.config.event_interval = polls;
        self
    }

    /// The most I/O events taken in one look at the poller. By default 1024 on a single-threaded
    /// runtime, on others 256, as many as a worker has room for.
    ///
    /// # Panics
    ///
    /// If `events` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.max_io_events_per_tick(64).enable_io().build().unwrap();
    /// assert_eq!(runtime.block_on(async { 1 }), 1);
    /// ```
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, events: usize) -> &mut Self {
        assert!(events > 0, "max_io_events_per_tick must be non-zero");
        self.events_per_turn = Some(events);
        self
    }

    /// Starts with the clock standing still, as after `time::pause`. For tests, on a
    /// single-threaded runtime with timers.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use wakeful::runtime::Builder;
    ///
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.enable_time().start_paused(true).build().unwrap();
    /// let start = Instant::now();
    /// runtime.block_on(async { wakeful::time::sleep(Duration::from_secs(3600)).await });
    /// assert!(start.elapsed() < Duration::from_secs(3600));
    /// ```
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.start_paused = paused;
        self
    }

    /// Builds the runtime and starts its workers.
    ///
    /// # Errors
    ///
    /// If the system refuses a thread or the poller, or the options contradict each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let mut builder = Builder::new_current_thread();
    /// let one = builder.build().unwrap();
    /// let other = builder.build().unwrap(); // as often as wanted
    /// assert_ne!(one.handle().id(), other.handle().id());
    ///
    /// // A clock that stands still needs timers.
    /// assert!(builder.start_paused(true).build().is_err());
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use wakeful::runtime::{Builder, LocalOptions};
    ///
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.build_local(LocalOptions::default()).unwrap();
    /// let here = Rc::new(1);
    /// assert_eq!(runtime.block_on(runtime.spawn_local(async move { *here })).unwrap(), 1);
    /// ```
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
        let switches = Switches::read();
        let handle = self.build_unwatched(owner, &switches)?;
        self.watch(&handle, &switches)?;
        Ok(handle)
    }

    fn build_unwatched(&self, owner: Option<ThreadId>, switches: &Switches) -> io::Result<Handle> {
        budget::count_with(context::count_forced_yield);
        let is_local = self.flavor == RuntimeFlavor::CurrentThread;
        if self.start_paused && !(is_local && self.time) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "`start_paused` needs a single-threaded runtime with timers: use \
                 `Builder::new_current_thread` and `enable_time`",
            ));
        }
        let (events_per_turn, events_when_busy) = self.events();
        let (driver, driver_handle) = driver::Driver::new(&driver::Config {
            io: self.io,
            time: self.time,
            start_paused: self.start_paused,
            pausable: is_local,
            events_per_turn,
            events_when_busy,
        })?;
        // Threads must be inside the runtime, whose handle does not exist yet.
        let weak: Arc<OnceLock<WeakHandle>> = Arc::default();
        let pool = blocking::Pool::new(self.pool_config(Arc::clone(&weak)));
        let mut config = self.scheduler_config();
        config.spare_worker = self.longest_poll(switches).is_some();
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

    /// How many a look takes, and one that does not wait.
    fn events(&self) -> (usize, Option<usize>) {
        if self.flavor == RuntimeFlavor::CurrentThread {
            return (self.events_per_turn.unwrap_or(1024), self.events_when_busy);
        }
        // What does not fit the ring would wait in the injector, behind all of the ring; in the
        // poller it is next. So a look that waits, with an empty ring, takes a ring full, and one
        // that does not as many as were polled since the last.
        let per_turn = self.events_per_turn.unwrap_or(stealing::ROOM);
        let polled = self.config.event_interval as usize;
        let when_busy = self.events_when_busy.unwrap_or(per_turn.min(polled));
        (per_turn, Some(when_busy))
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
