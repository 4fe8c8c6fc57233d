//! `Runtime` and `LocalRuntime`: who owns a scheduler, runs it, and ends it.

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::entering::EnterGuard;
use super::handle::{BOX_ABOVE_BYTES, Handle, Scheduler};
use super::main_future::{Main, MainFuture};
use super::metrics::RuntimeMetrics;
use super::task::JoinHandle;
use super::{context, local, stealing};
use crate::leaf;

/// A runtime: scheduler, timers, I/O, and threads for calls that block.
///
/// Dropping it ends it: every task is dropped at its suspension, and the call waits for the
/// closures of `spawn_blocking` that have started. Use [`shutdown_timeout`](Self::shutdown_timeout)
/// or [`shutdown_background`](Self::shutdown_background) to wait less.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Runtime;
///
/// let runtime = Runtime::new().unwrap();
/// let sum = runtime.block_on(async {
///     let half = wakeful::spawn(async { 21 });
///     half.await.unwrap() * 2
/// });
/// assert_eq!(sum, 42);
/// ```
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    /// It was ended by a call, and its drop has nothing left to do.
    ended: bool,
}

impl Runtime {
    /// A work-stealing runtime with I/O and timers, one worker for each CPU.
    ///
    /// # Errors
    ///
    /// If the system refuses threads or the poller.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let task = runtime.spawn(async { 1 });
    /// assert_eq!(runtime.block_on(task).unwrap(), 1);
    /// ```
    pub fn new() -> std::io::Result<Self> {
        super::builder::Builder::new_multi_thread()
            .enable_all()
            .build()
    }

    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self {
            handle,
            ended: false,
        }
    }

    /// A handle to the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let handle = runtime.handle().clone(); // may go to any thread
    /// let thread = std::thread::spawn(move || handle.block_on(async { 1 }));
    /// assert_eq!(thread.join().unwrap(), 1);
    /// ```
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts a task. See [`Handle::spawn`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let tasks: Vec<_> = (0..3).map(|i| runtime.spawn(async move { i })).collect();
    /// let sum = runtime.block_on(async {
    ///     let mut sum = 0;
    ///     for task in tasks {
    ///         sum += task.await.unwrap();
    ///     }
    ///     sum
    /// });
    /// assert_eq!(sum, 3);
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs `f` on a thread kept for calls that block. See [`Handle::spawn_blocking`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let text = runtime.spawn_blocking(|| std::fs::read_to_string("Cargo.toml"));
    /// assert!(runtime.block_on(text).unwrap().is_ok());
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// Runs `future` to its end on this thread, and the runtime's tasks with it.
    ///
    /// On a single-threaded runtime this is what runs the tasks. On the work-stealing runtime this
    /// thread takes part as one of the workers while `future` waits. When it returns, other tasks
    /// stay where they are: running on other workers, or waiting for the next `block_on`.
    ///
    /// # Panics
    ///
    /// If `future` panics, or on a thread that is running async tasks already.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let text = String::from("borrowed");
    /// let length = runtime.block_on(async {
    ///     wakeful::spawn(async {}).await.unwrap();
    ///     text.len() // the main future need not be `'static`
    /// });
    /// assert_eq!(length, 8);
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let called = Location::caller();
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return run(&self.handle, Box::pin(future), called);
        }
        run(&self.handle, future, called)
    }

    /// Puts this thread into the runtime. See [`Handle::enter`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let _guard = runtime.enter();
    /// let task = wakeful::spawn(async { 1 });
    /// assert_eq!(runtime.block_on(task).unwrap(), 1);
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Ends the runtime and waits at most `limit` for started `spawn_blocking` closures.
    ///
    /// Those that take longer run on in their threads and their output is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// let runtime = wakeful::runtime::Runtime::new().unwrap();
    /// let (started, is_started) = mpsc::channel();
    /// let (_end, ended) = mpsc::channel::<()>();
    /// runtime.spawn_blocking(move || {
    ///     started.send(()).unwrap();
    ///     ended.recv() // does not come
    /// });
    /// is_started.recv().unwrap();
    /// runtime.shutdown_timeout(Duration::from_millis(10)); // a drop would wait for ever
    /// ```
    pub fn shutdown_timeout(mut self, limit: Duration) {
        self.end(Some(limit));
    }

    /// Ends the runtime and waits for no `spawn_blocking` closure.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Runtime;
    ///
    /// let outer = Runtime::new().unwrap();
    /// outer.block_on(async {
    ///     let other = Runtime::new().unwrap();
    ///     other.shutdown_background(); // a drop might block, which is not allowed here
    /// });
    /// ```
    pub fn shutdown_background(mut self) {
        self.end(Some(Duration::ZERO));
    }

    #[track_caller]
    fn end(&mut self, limit: Option<Duration>) {
        self.ended = true;
        end(&self.handle, limit);
    }

    /// A view of what the runtime counts.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async { wakeful::spawn(async {}).await.unwrap() });
    /// assert_eq!(runtime.metrics().spawned_tasks_count(), 1);
    /// ```
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.end(None);
        assert!(
            !leaf::must_not_block() || std::thread::panicking(),
            "Cannot drop a runtime in a context where blocking is not allowed: this thread is \
             running async tasks; drop it outside, in `spawn_blocking`, or call \
             `shutdown_background`. It was shut down in the background"
        );
    }
}

#[track_caller]
pub(super) fn run<F: Future>(
    handle: &Handle,
    future: F,
    called: &'static Location<'static>,
) -> F::Output {
    let _running = context::start_running(handle);
    let mut main = pin!(MainFuture::new(future));
    drive(handle, main.as_mut(), called);
    main.into_output()
}

/// Polls `main` until it is ready. Not generic, so that there is one of it.
fn drive(handle: &Handle, main: Main<'_>, called: &'static Location<'static>) {
    match &handle.parts().scheduler {
        Scheduler::Local(shared) => local::block_on(shared, main, called),
        Scheduler::Stealing(shared) => stealing::block_on(shared, main, called),
    }
}

/// Ends the runtime. `None`: waits for workers and blocking closures as long as it takes.
#[track_caller]
fn end(handle: &Handle, limit: Option<Duration>) {
    let parts = handle.parts();
    let started = Instant::now();
    // A thread that runs tasks cannot wait for tasks and closures to end.
    let may_wait = !leaf::must_not_block();
    let limit = if may_wait {
        limit
    } else {
        Some(Duration::ZERO)
    };
    {
        // What is dropped now finds its runtime, shut down.
        let _entered = context::enter(handle);
        match &parts.scheduler {
            Scheduler::Local(shared) => local::shutdown(shared),
            Scheduler::Stealing(shared) => {
                stealing::shutdown(shared);
                stealing::wait_for_shutdown(shared, limit);
            }
        }
    }
    parts
        .pool
        .shutdown(limit.map(|limit| limit.saturating_sub(started.elapsed())));
    parts.blocking_tasks.close();
}

/// The number of the worker that calls, among those of its runtime; `None` outside of one.
///
/// The numbers are those of [`RuntimeMetrics`]: from 0, below `num_workers`. The future given to
/// `block_on` of a work-stealing runtime is polled by no worker. Tasks that the thread inside
/// `block_on` runs are worker 0's, whose own thread may run one at the same time: do not take the
/// number for a lock. After an `.await` a task may be on another worker.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, worker_index};
///
/// let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
/// let task = runtime.spawn(async { worker_index() });
/// assert!(runtime.block_on(task).unwrap() < Some(2));
/// assert_eq!(worker_index(), None);
/// ```
#[must_use]
pub fn worker_index() -> Option<usize> {
    match local::is_worker() {
        true => Some(0),
        false => stealing::worker_index(),
    }
}

/// True if an operation on a socket, or other source of I/O, failed because the runtime that
/// drives it has shut down.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, is_rt_shutdown_err};
///
/// let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
/// let first = runtime();
/// # #[cfg(feature = "net")] {
/// let bind = wakeful::net::UdpSocket::bind("127.0.0.1:0");
/// let socket = first.block_on(bind).unwrap();
/// drop(first);
///
/// let error = runtime().block_on(socket.readable()).unwrap_err();
/// assert!(is_rt_shutdown_err(&error));
/// # }
/// ```
#[must_use]
pub fn is_rt_shutdown_err(error: &std::io::Error) -> bool {
    #[cfg(feature = "net")]
    if let Some(source) = error.get_ref() {
        let is_other = error.kind() == std::io::ErrorKind::Other;
        return is_other && source.to_string() == super::reactor::GONE;
    }
    let _ = error;
    false
}
