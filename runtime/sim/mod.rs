//! Simulation: the work-stealing scheduler on one thread, in an order that a seed decides.
//!
//! A race shows itself in one run of a thousand, on the machine of somebody else. Here each run is
//! decided by a number. [`explore()`] runs a body with many seeds; when one fails it says which,
//! and with that seed the body fails in the same way each time, under a debugger, too.
//!
//! ```
//! use wakeful::sim;
//! use std::sync::Arc;
//! use wakeful::sync::Mutex;
//!
//! sim::explore(0..100, || async {
//!     let count = Arc::new(Mutex::new(0));
//!     let adds = [1, 2, 3].map(|number| {
//!         let count = Arc::clone(&count);
//!         wakeful::spawn(async move { *count.lock().await += number })
//!     });
//!     for add in adds {
//!         add.await.unwrap();
//!     }
//!     assert_eq!(*count.lock().await, 6);
//! });
//! ```
//!
//! As a test: `#[wakeful::test(sim, seeds = 500)]`.
//!
//! # What the seed decides
//!
//! The scheduler is the real one: its queues, its stealing, its sleeping and waking. One thread
//! makes the decisions of all workers, one after another. The seed decides
//!
//! - which worker decides next, whom it steals from, when it looks at the queue for tasks from
//!   elsewhere and at the timers, whether the task woken last comes first;
//! - which branch of a `select!` or `join!` is polled first, and in which order tasks wake that are
//!   woken together: by one timer, by `notify_waiters`, by permits that come back;
//! - when a `spawn_blocking` closure runs, and which of several;
//! - polls of tasks that nobody woke ([`Builder::spurious_polls`]), and polls whose
//!   [cooperative](crate::task::coop) budget is next to nothing ([`Builder::short_polls`]).
//!
//! # What is inside
//!
//! The body runs as in a work-stealing runtime: [`spawn`](crate::spawn), `JoinSet`, `LocalSet`,
//! timers, everything in [`sync`](crate::sync), pipes in memory
//! ([`io::duplex`](crate::io::duplex)), [`Handle::current`](crate::runtime::Handle::current). The
//! clock stands still while anything can run and then moves to the next timer, so a body that
//! sleeps for an hour takes no time.
//!
//! When nothing can run, no timer is set and the body waits, that is a deadlock: the call panics at
//! once and shows what each task waits for.
//!
//! What the seed cannot decide is not inside: other threads, sockets, processes, signals. I/O is
//! disabled; [`net`] has connections that stand for TCP's. A closure of `spawn_blocking` runs on
//! the same thread between two decisions, so it may use files, but must not wait for a task. The
//! seed also does not decide what std decides anew for each run, such as the order in a `HashMap`,
//! and the machine's clock (`std::time::Instant`).
//!
//! The layer below is `engine/stealing/sim/`.

mod explore;
pub mod net;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::chance::{self, Simulated};
use crate::engine::blocking::Pool;
use crate::engine::config::Config;
use crate::engine::handle::{Handle, Id, Parts, Scheduler};
use crate::engine::metrics::Counter;
use crate::engine::stealing::sim::{Ended, Outside, Rates, block_on};
use crate::engine::{context, driver, stealing};
use crate::leaf;

pub use explore::explore;
use net::{Connected, Weather};

/// Workers of a simulation, unless the builder says otherwise. Enough for two to steal from each
/// other while a third spawns; more of them make each meeting rarer.
const WORKERS: usize = 4;
/// Decisions for one poll of a task that nobody woke, unless the builder says otherwise. Halving it
/// doubles their number, and hides bugs that need an undisturbed stretch.
const SPURIOUS: usize = 64;
/// Polls for one with next to no budget, unless the builder says otherwise. As above.
const SHORT: usize = 16;
/// How long anything in [`net`] is on its way, unless the builder says otherwise. Doubling it makes
/// more timeouts of a program expire.
const NET_DELAY: Duration = Duration::from_millis(10);

/// How a simulation is run.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use wakeful::time::{Instant, sleep};
///
/// let slept = wakeful::sim::Builder::new(7).workers(2).run(|| async {
///     let before = Instant::now();
///     sleep(Duration::from_secs(3600)).await; // takes no time
///     before.elapsed()
/// });
/// assert_eq!(slept, Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct Builder {
    seed: u64,
    workers: usize,
    rates: Rates,
    weather: Weather,
}

impl Builder {
    /// A simulation with four workers, decided by `seed`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wakeful::sim::Builder::new(1).run(|| async { 6 * 7 }), 42);
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            workers: WORKERS,
            rates: Rates {
                spurious: SPURIOUS,
                short: SHORT,
                long: 0,
            },
            weather: Weather {
                delay: NET_DELAY,
                resets: 0,
            },
        }
    }

    /// The number of workers. 4 by default.
    ///
    /// # Panics
    ///
    /// If `workers` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// let workers = wakeful::sim::Builder::new(1).workers(2).run(|| async {
    ///     wakeful::runtime::Handle::current().metrics().num_workers()
    /// });
    /// assert_eq!(workers, 2);
    /// ```
    #[track_caller]
    pub fn workers(&mut self, workers: usize) -> &mut Self {
        assert!(workers > 0, "a simulation needs at least 1 worker");
        self.workers = workers;
        self
    }

    /// Polls a task that nobody woke once in so many decisions. 64 by default; 0: never.
    ///
    /// A future must bear that: the other branches of its `select!` or `join!` cause such polls in
    /// any runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::Poll;
    ///
    /// // Two polls: the first, and the one that the timer woke it for.
    /// let polls = wakeful::sim::Builder::new(1).spurious_polls(0).run(|| async {
    ///     let mut sleep = std::pin::pin!(wakeful::time::sleep(std::time::Duration::from_secs(1)));
    ///     let mut polls = 0;
    ///     std::future::poll_fn(|cx| {
    ///         polls += 1;
    ///         sleep.as_mut().poll(cx)
    ///     }).await;
    ///     polls
    /// });
    /// assert_eq!(polls, 2);
    /// # use std::future::Future;
    /// ```
    pub fn spurious_polls(&mut self, decisions: usize) -> &mut Self {
        self.rates.spurious = decisions;
        self
    }

    /// Lets one of so many polls complete fewer than eight operations. 16 by default; 0: none.
    ///
    /// The operation after those returns `Pending` with the task woken, as it does in any runtime
    /// when a poll has gone on for long.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::sim::Builder::new(1).short_polls(0).run(|| async {
    ///     let lock = wakeful::sync::Mutex::new(1);
    ///     assert_eq!(*lock.lock().await, 1);
    /// });
    /// ```
    pub fn short_polls(&mut self, polls: usize) -> &mut Self {
        self.rates.short = polls;
        self
    }

    /// How long anything in [`net`] is on its way, at most: any whole number of milliseconds up to
    /// this. 10 ms by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::sim::{Builder, net::{Listener, Stream}};
    /// use wakeful::time::Instant;
    ///
    /// Builder::new(1).net_delay(Duration::ZERO).run(|| async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let before = Instant::now();
    ///     Stream::connect(listener.local_addr()).await.unwrap();
    ///     assert_eq!(before.elapsed(), Duration::ZERO);
    /// });
    /// ```
    pub fn net_delay(&mut self, longest: Duration) -> &mut Self {
        self.weather.delay = longest;
        self
    }

    /// Lets one of so many reads and writes in [`net`] find the connection reset. 0, the default:
    /// none.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    /// use wakeful::sim::{Builder, net::{Listener, Stream}};
    ///
    /// Builder::new(1).net_resets(1).run(|| async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let mut stream = Stream::connect(listener.local_addr()).await.unwrap();
    ///     assert!(stream.write_all(b"lost").await.is_err());
    /// });
    /// ```
    pub fn net_resets(&mut self, operations: usize) -> &mut Self {
        self.weather.resets = operations;
        self
    }

    /// Runs the future that `body` makes, and the tasks it spawns, and gives its output.
    ///
    /// When it is done, tasks that are left are dropped, as when a runtime is dropped.
    ///
    /// # Panics
    ///
    /// If the future panics, with its message and the seed. If it waits and nothing can ever wake
    /// it, with a list of all tasks. On a thread that runs async tasks or another simulation.
    ///
    /// # Examples
    ///
    /// ```
    /// let answer = wakeful::sim::Builder::new(42).workers(4).run(|| async {
    ///     wakeful::spawn(async { 6 * 7 }).await.unwrap()
    /// });
    /// assert_eq!(answer, 42);
    /// ```
    #[track_caller]
    pub fn run<B, F>(&self, body: B) -> F::Output
    where
        B: FnOnce() -> F,
        F: Future,
    {
        match self.simulate(self.seed, body, Location::caller()) {
            Ok(output) => output,
            Err(failure) => failure.report(&format!("in a simulation with seed {}", self.seed)),
        }
    }

    /// One simulation.
    #[track_caller]
    fn simulate<B, F>(
        &self,
        seed: u64,
        body: B,
        called: &'static Location<'static>,
    ) -> Result<F::Output, Failure>
    where
        B: FnOnce() -> F,
        F: Future,
    {
        let Some(_simulated) = Simulated::begin(seed) else {
            panic!("a simulation cannot run inside of a simulation: `.await` the future there");
        };
        leaf::deny_blocking("sim::run");
        let _connected = Connected::begin(self.weather);
        let (starting, handle) = self.build();
        let _running = context::start_running(&handle);
        let mut outside = World {
            handle: handle.clone(),
            deadlock: String::new(),
        };
        let main = async move { body().await };
        let ended = block_on(starting, self.rates, &mut outside, main, called);
        outside.end();
        match ended {
            Ended::Ready(output) => Ok(output),
            Ended::Panicked(panic) => Err(Failure::Panic(panic)),
            Ended::Stuck => Err(Failure::Deadlock(outside.deadlock)),
        }
    }

    fn build(&self) -> (stealing::Starting, Handle) {
        let (driver, driver_handle) = driver::Driver::new(&driver::Config {
            io: false,
            time: true,
            start_paused: true,
            pausable: true,
            events_per_turn: 1,
            events_when_busy: None,
        })
        .expect("without I/O no system call is made");
        let config = Config::default();
        let starting = stealing::start(self.workers, config, driver, Arc::clone(&driver_handle));
        let handle = Handle::new(Parts {
            scheduler: Scheduler::Stealing(Arc::clone(&starting.shared)),
            driver: driver_handle,
            pool: Pool::threadless(),
            blocking_tasks: Arc::default(),
            records: Default::default(),
            local_sets: Default::default(),
            id: Id::next(),
            name: None,
            forced_yields: Counter::default(),
        });
        (starting, handle)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("seed", &self.seed)
            .field("workers", &self.workers)
            .field("spurious_polls", &self.rates.spurious)
            .field("short_polls", &self.rates.short)
            .field("net_delay", &self.weather.delay)
            .field("net_resets", &self.weather.resets)
            .finish()
    }
}

/// Runs `future` in a simulation that `seed` decides, and gives its output.
///
/// # Panics
///
/// As [`Builder::run`].
///
/// # Examples
///
/// ```
/// let answer = wakeful::sim::run(7, async { wakeful::spawn(async { 42 }).await.unwrap() });
/// assert_eq!(answer, 42);
/// ```
#[track_caller]
pub fn run<F: Future>(seed: u64, future: F) -> F::Output {
    Builder::new(seed).run(|| future)
}

/// Why a simulation gave no output.
enum Failure {
    Panic(Box<dyn Any + Send>),
    /// What all tasks waited for.
    Deadlock(String),
}

impl Failure {
    /// Goes on with the panic. `seed` says how it came about.
    #[track_caller]
    fn report(self, seed: &str) -> ! {
        let panic = match self {
            Self::Deadlock(dump) => panic!("deadlock: {dump}{seed}"),
            Self::Panic(panic) => panic,
        };
        // The panic hook has told the rest already.
        eprintln!("{seed}");
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        match text.or_else(|| panic.downcast_ref::<String>().cloned()) {
            Some(text) => resume_unwind(Box::new(format!("{text}\n{seed}"))),
            None => resume_unwind(panic),
        }
    }
}

/// What is outside of the scheduler: closures of `spawn_blocking`.
struct World {
    handle: Handle,
    deadlock: String,
}

impl World {
    /// The runtime is gone: closures that have not begun are cancelled, or run if they must.
    fn end(&self) {
        let parts = self.handle.parts();
        parts.pool.shutdown(Some(Duration::ZERO));
        while parts.pool.stats().queued > 0 {
            self.run_closure();
        }
        parts.blocking_tasks.close();
    }

    fn run_closure(&self) {
        let _blocking = leaf::allow_blocking();
        self.handle.parts().pool.run_one(chance::first);
    }
}

impl Outside for World {
    fn events(&self) -> usize {
        self.handle.parts().pool.stats().queued
    }

    fn happen(&mut self) {
        self.run_closure();
    }

    fn stuck(&mut self) {
        let dump = self.handle.dump();
        self.deadlock =
            format!("nothing can run, no timer is set, and the main future waits; {dump}");
    }
}
