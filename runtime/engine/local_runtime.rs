//! `LocalRuntime`: a single-threaded runtime that never leaves its thread.
//!
//! A `Runtime` that cannot be sent. Absent: how it runs (`runtime.rs`).

use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use super::entering::EnterGuard;
use super::handle::{BOX_ABOVE_BYTES, Handle};
use super::metrics::RuntimeMetrics;
use super::runtime::{Runtime, run};
use super::task::JoinHandle;

/// A single-threaded runtime that stays on its thread, so that `spawn_local` works anywhere in it.
///
/// Made by `Builder::build_local`.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use wakeful::runtime::Builder;
///
/// let runtime = Builder::new_current_thread().build_local(Default::default()).unwrap();
/// let value = Rc::new(5);
/// let task = runtime.spawn_local(async move { *value + 1 });
/// assert_eq!(runtime.block_on(task).unwrap(), 6);
/// ```
#[derive(Debug)]
pub struct LocalRuntime {
    runtime: Runtime,
    not_send: PhantomData<*mut u8>,
}

/// How a [`LocalRuntime`] is built. There is nothing to choose yet.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, LocalOptions};
///
/// let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
/// # drop(runtime);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LocalOptions {
    /// Options to come may belong to a thread.
    not_send: PhantomData<*mut u8>,
}

impl LocalRuntime {
    /// A runtime with I/O and timers on this thread.
    ///
    /// # Errors
    ///
    /// If the system refuses the poller.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// runtime.block_on(async { wakeful::time::sleep(Duration::from_millis(1)).await });
    /// ```
    pub fn new() -> std::io::Result<Self> {
        super::builder::Builder::new_current_thread()
            .enable_all()
            .build_local(Default::default())
    }

    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self {
            runtime: Runtime::from_handle(handle),
            not_send: PhantomData,
        }
    }

    /// A handle to the runtime. It may go to other threads; they can spawn what is `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let handle = runtime.handle().clone();
    /// let thread = std::thread::spawn(move || handle.spawn(async { 1 }));
    /// assert_eq!(runtime.block_on(thread.join().unwrap()).unwrap(), 1);
    /// ```
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Starts a task that stays on this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let here = Rc::new(1);
    /// let task = runtime.spawn_local(async move { *here });
    /// assert_eq!(runtime.block_on(task).unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.handle().spawn_unsend(future, Location::caller())
    }

    /// Runs `f` on a thread kept for calls that block. See [`Handle::spawn_blocking`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let there = runtime.spawn_blocking(|| std::thread::current().id());
    /// assert_ne!(runtime.block_on(there).unwrap(), std::thread::current().id());
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle().spawn_blocking(f)
    }

    /// Runs `future` to its end, and the runtime's tasks with it.
    ///
    /// # Panics
    ///
    /// If `future` panics, or on a thread that is running async tasks already.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::task::spawn_local;
    ///
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let text = String::from("borrowed");
    /// let length = runtime.block_on(async {
    ///     spawn_local(async {}).await.unwrap();
    ///     text.len() // the main future need not be `'static`
    /// });
    /// assert_eq!(length, 8);
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let called = Location::caller();
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return run(self.handle(), Box::pin(future), called);
        }
        run(self.handle(), future, called)
    }

    /// Puts this thread into the runtime. See [`Handle::enter`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let _guard = runtime.enter();
    /// let task = wakeful::spawn(async { 1 });
    /// assert_eq!(runtime.block_on(task).unwrap(), 1);
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    /// Ends the runtime and waits at most `limit`. See [`Runtime::shutdown_timeout`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let task = runtime.spawn_local(std::future::pending::<()>());
    /// runtime.shutdown_timeout(Duration::from_secs(1));
    /// assert!(task.is_finished()); // at once: only calls that block are waited for
    /// ```
    pub fn shutdown_timeout(self, limit: Duration) {
        self.runtime.shutdown_timeout(limit);
    }

    /// Ends the runtime and does not wait. See [`Runtime::shutdown_background`].
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// let task = runtime.spawn_local(std::future::pending::<()>());
    /// runtime.shutdown_background();
    /// assert!(task.is_finished());
    /// ```
    pub fn shutdown_background(self) {
        self.runtime.shutdown_background();
    }

    /// A view of what the runtime counts.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::LocalRuntime::new().unwrap();
    /// assert_eq!(runtime.metrics().num_workers(), 1);
    /// ```
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.runtime.metrics()
    }
}
