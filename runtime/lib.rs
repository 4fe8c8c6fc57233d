//! An async runtime on mio: small, fast, shaped like tokio, and written to be read.
//!
//! Two executors, a single-threaded and a work-stealing one, over one reactor: tasks, timers,
//! locks, channels and promises, sockets. Names, signatures and semantics are tokio 1.x's
//! wherever tokio has the thing, so a small program changes one line of its manifest:
//!
//! ```toml
//! tokio = { package = "wakeful", version = "0.1", features = ["full"] }
//! ```
//!
//! # A program
//!
//! ```
//! use wakeful::sync::oneshot;
//!
//! #[wakeful::main]
//! async fn main() {
//!     let (answer, question) = oneshot::channel();
//!     wakeful::spawn(async move { answer.send(6 * 7) });
//!     assert_eq!(question.await, Ok(42));
//! }
//! ```
//!
//! # What is where
//!
//! | module | what it has |
//! |---|---|
//! | [`runtime`] | building a runtime, running it, looking into it |
//! | [`task`] | spawning, joining, aborting, yielding; sets of tasks; task-local values |
//! | [`time`] | sleeping, deadlines, intervals; a clock that tests can stop |
//! | [`sync`] | locks, notifications, channels and promises, for any executor |
//! | [`io`] | the traits of streams, and what is built on them |
//! | [`sim`] | the scheduler under a seed, to find races and see them again |
//! | [`fs`] | files and directories |
#![cfg_attr(feature = "net", doc = "| [`net`] | TCP, UDP and Unix sockets |")]
#![cfg_attr(
    all(unix, feature = "process"),
    doc = "| [`process`] | other programs: starting them, talking to them, waiting for them |"
)]
#![cfg_attr(
    all(unix, feature = "signal"),
    doc = "| [`signal`] | Ctrl-C and the other signals of Unix |"
)]
//!
//! # How it works
//!
//! [`spawn`] puts a future into a task, one allocation with a state word, and the task into a run
//! queue. A worker takes it out and polls it. A future that is not ready leaves its waker with
//! whatever it waits for: a lock, a timer, a socket. When that happens the waker sets the state
//! word back to queued and puts the task into a queue again. A worker with nothing to do sleeps in
//! the driver until an event, a timer or another thread gets it up.
//!
//! ARCHITECTURE.md in the repository tells each step with file and function.
#![cfg_attr(
    loom,
    allow(
        dead_code,
        unreachable_pub,
        unused_imports,
        reason = "a model takes modules without what calls them"
    )
)]

// In layer order: each may use those above it.
pub(crate) mod budget;
pub(crate) mod chance;
pub(crate) mod primitives;
pub(crate) mod seed;

pub(crate) mod engine;
pub(crate) mod holder;
pub(crate) mod leaf;

#[cfg(not(loom))]
pub mod fs;
#[cfg(all(unix, not(loom)))]
pub(crate) mod inspect;
pub mod io;
pub mod sync;

#[cfg(all(feature = "net", not(loom)))]
pub mod net;
#[cfg(all(unix, feature = "process", not(loom)))]
pub mod process;
#[cfg(not(loom))]
mod select;
#[cfg(all(unix, any(feature = "signal", feature = "process")))]
pub mod signal;
#[cfg(not(loom))]
pub mod sim;
#[cfg(not(loom))]
pub mod task;
#[cfg(not(loom))]
pub mod time;

#[cfg(not(loom))]
#[doc(hidden)]
pub use select::support as __support;
#[cfg(not(loom))]
pub use task::spawn;

/// Runtimes: building one, running it, looking into it.
///
/// A [`Runtime`](runtime::Runtime) runs tasks while a thread is inside its `block_on`, or on its
/// own workers. Every task queued is polled again after a bounded number of polls of others: the
/// queue is first in first out, at most three tasks in a row come from the slot for the task woken
/// last, work from other threads is looked at every 31 polls, I/O and timers every 61.
///
/// So of `n` tasks that are always ready each waits for `n` polls of others on one thread, and on a
/// worker that nobody helps for `4 n`. From the queue for work from other threads a worker takes
/// its share at each look, as far as half of its own queue has room, and one task at least. A queue
/// holds 256, and what is more waits with the work from other threads.
#[cfg(not(loom))]
pub mod runtime {
    pub use crate::engine::builder::Builder;
    pub use crate::engine::config::UnhandledPanic;
    pub use crate::engine::dump::{Deadlock, Dump, TaskDump, TaskState};
    pub use crate::engine::entering::{EnterGuard, TryCurrentError};
    pub use crate::engine::handle::{Handle, Id, RuntimeFlavor};
    pub use crate::engine::hooks::TaskMeta;
    pub use crate::engine::local_runtime::{LocalOptions, LocalRuntime};
    pub use crate::engine::metrics::{
        HistogramConfiguration, HistogramScale, InvalidHistogramConfiguration, LogHistogram,
        LogHistogramBuilder, RuntimeMetrics,
    };
    pub use crate::engine::runtime::{Runtime, is_rt_shutdown_err, worker_index};
    pub use crate::engine::stall::Stall;
    pub use crate::seed::RngSeed;
}

/// Where tokio keeps what its macros expand to.
#[cfg(not(loom))]
#[doc(hidden)]
pub mod macros {
    pub use crate::engine::strict::strictly;
    pub use crate::select::support;
}

/// # Examples
///
/// ```
/// #[wakeful::main]
/// async fn main() -> Result<(), std::num::ParseIntError> {
///     let answer = wakeful::spawn(async { "42".parse::<u32>() });
///     assert_eq!(answer.await.unwrap()?, 42);
///     Ok(())
/// }
/// ```
///
/// On one thread, with a clock that moves only when there is nothing else to do:
///
/// ```
/// use std::time::Duration;
///
/// #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// async fn main() {
///     wakeful::time::sleep(Duration::from_secs(3600)).await;
/// }
/// ```
///
/// These do not compile:
///
/// ```compile_fail
/// #[wakeful::main]
/// fn main() {} // no `async`
/// ```
/// ```compile_fail
/// #[wakeful::main]
/// async fn main(arguments: Vec<String>) {}
/// ```
/// ```compile_fail
/// #[wakeful::main(flavor = "many_threads")]
/// async fn main() {}
/// ```
/// ```compile_fail
/// #[wakeful::main(start_paused = true)] // needs one thread
/// async fn main() {}
/// ```
/// ```compile_fail,E0308
/// #[wakeful::main]
/// async fn main() -> Result<(), String> {}
/// ```
#[cfg(feature = "macros")]
pub use wakeful_macros::main;
/// # Examples
///
/// ```
/// #[wakeful::test]
/// async fn two_is_two() {
///     assert_eq!(async { 1 + 1 }.await, 2);
/// }
///
/// #[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
/// async fn also_on_two_threads() {
///     wakeful::spawn(async {}).await.unwrap();
/// }
/// # fn main() {}
/// ```
///
/// A test that fails for async reasons. This one would have passed, and left a task behind:
///
/// ```
/// use wakeful::sync::mpsc;
///
/// #[wakeful::test]
/// #[should_panic(expected = "a task outlived the test")]
/// async fn the_server_is_stopped() {
///     let (requests, mut to_serve) = mpsc::channel::<u32>(8);
///     wakeful::spawn(async move { while to_serve.recv().await.is_some() {} });
///     std::mem::forget(requests); // without this line it ends in time
/// }
///
/// #[wakeful::test(strict = false)] // as tokio's
/// async fn the_server_runs_on() {
///     wakeful::spawn(std::future::pending::<()>());
/// }
/// # fn main() {}
/// ```
///
/// In a [simulation](sim), with 500 seeds:
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::Notify;
///
/// #[wakeful::test(sim, seeds = 500, workers = 2)]
/// async fn a_notice_is_not_lost() -> Result<(), wakeful::task::JoinError> {
///     let notify = Arc::new(Notify::new());
///     let other = Arc::clone(&notify);
///     let waits = wakeful::spawn(async move { other.notified().await });
///     notify.notify_one();
///     waits.await
/// }
/// # fn main() {}
/// ```
///
/// These do not compile:
///
/// ```compile_fail
/// #[wakeful::test(seeds = 500)] // of what? `sim` is missing
/// async fn seeds() {}
/// ```
/// ```compile_fail
/// #[wakeful::test(sim, flavor = "multi_thread")] // not a runtime of that kind
/// async fn simulated() {}
/// ```
/// ```compile_fail
/// #[wakeful::test(sim, seeds = 0)]
/// async fn none() {}
/// ```
/// ```compile_fail
/// #[wakeful::main(sim)] // for tests only
/// async fn main() {}
/// ```
/// ```compile_fail
/// #[wakeful::main(strict)] // for tests only
/// async fn main() {}
/// ```
/// ```compile_fail
/// #[wakeful::test(strict = "no")] // true or false
/// async fn lenient() {}
/// ```
/// ```compile_fail
/// #[wakeful::test(sim, strict = false)] // a simulation is what it is
/// async fn simulated() {}
/// ```
#[cfg(feature = "macros")]
pub use wakeful_macros::test;

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the page on migration, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../MIGRATING.md")]
struct Migrating;
