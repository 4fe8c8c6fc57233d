//! `RuntimeMetrics`: the counts of a whole runtime. Those of one worker are in `workers.rs`.

use std::fmt;

use super::Counters;
use crate::engine::handle::{Handle, Parts, Scheduler};
use crate::engine::task;

/// A view of what a runtime counts. Made by `Handle::metrics`.
///
/// Each number is true at some moment of the call; two calls are two moments. The numbers stay
/// after the runtime has shut down.
///
/// On a work-stealing runtime the thread inside `block_on` runs tasks, too. What it does is
/// counted for worker 0.
///
/// # Examples
///
/// ```
/// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let task = wakeful::spawn(std::future::pending::<()>());
/// let metrics = wakeful::runtime::Handle::current().metrics();
/// assert_eq!(metrics.num_alive_tasks(), 1);
/// # drop(task);
/// # });
/// ```
#[derive(Clone)]
pub struct RuntimeMetrics {
    handle: Handle,
}

impl RuntimeMetrics {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    pub(super) fn parts(&self) -> &Parts {
        self.handle.parts()
    }

    /// The sum over all threads that run tasks.
    fn sum(&self, count: impl Fn(&Counters) -> u64) -> u64 {
        match &self.parts().scheduler {
            Scheduler::Local(shared) => count(&shared.counters),
            Scheduler::Stealing(shared) => shared.all_counters().map(count).sum(),
        }
    }

    /// The number of workers.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().num_workers(), 1);
    /// ```
    #[must_use]
    pub fn num_workers(&self) -> usize {
        match &self.parts().scheduler {
            Scheduler::Local(_) => 1,
            Scheduler::Stealing(shared) => shared.workers(),
        }
    }

    /// The number of tasks that are not done. Counts them one by one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    /// ```
    #[must_use]
    pub fn num_alive_tasks(&self) -> usize {
        let registry = match &self.parts().scheduler {
            Scheduler::Local(shared) => &shared.registry,
            Scheduler::Stealing(shared) => &shared.registry,
        };
        let mut alive = 0;
        let counts = |header: &task::Header, _| {
            let word = header.state.snapshot();
            !word.is_done() && !word.is_main()
        };
        task::read_headers(registry, counts, |is_alive| alive += usize::from(is_alive));
        alive
    }

    /// The old name of [`num_alive_tasks`](Self::num_alive_tasks).
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// # #[allow(deprecated)]
    /// assert_eq!(runtime.metrics().active_tasks_count(), 0);
    /// ```
    #[must_use]
    #[deprecated(note = "renamed to `num_alive_tasks`")]
    pub fn active_tasks_count(&self) -> usize {
        self.num_alive_tasks()
    }

    /// Tasks in the queue that belongs to no worker.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.spawn(async {}); // from outside, as nothing runs yet
    /// assert_eq!(runtime.metrics().global_queue_depth(), 1);
    /// ```
    #[must_use]
    pub fn global_queue_depth(&self) -> usize {
        match &self.parts().scheduler {
            Scheduler::Local(shared) => shared.inbox_len(),
            Scheduler::Stealing(shared) => shared.injected(),
        }
    }

    /// The old name of [`global_queue_depth`](Self::global_queue_depth).
    #[must_use]
    #[doc(hidden)]
    #[deprecated(note = "renamed to `global_queue_depth`")]
    pub fn injection_queue_depth(&self) -> usize {
        self.global_queue_depth()
    }

    /// How many tasks were ever spawned on the runtime. Closures of `spawn_blocking` and tasks of
    /// a `LocalSet` are not among them.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async { wakeful::spawn(async {}).await.unwrap() });
    /// assert_eq!(runtime.metrics().spawned_tasks_count(), 1);
    /// ```
    #[must_use]
    pub fn spawned_tasks_count(&self) -> u64 {
        let outside = match &self.parts().scheduler {
            Scheduler::Local(shared) => shared.spawned_outside(),
            Scheduler::Stealing(shared) => shared.spawned_outside(),
        };
        outside + self.sum(|counters| counters.spawned.get())
    }

    /// How often a task was queued from outside of the runtime's workers: spawned or woken by
    /// another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| runtime.spawn(async {}));
    /// });
    /// assert_eq!(runtime.metrics().remote_schedule_count(), 1);
    /// ```
    #[must_use]
    pub fn remote_schedule_count(&self) -> u64 {
        match &self.parts().scheduler {
            Scheduler::Local(shared) => shared.scheduled_outside(),
            Scheduler::Stealing(shared) => {
                shared.scheduled_outside() + self.sum(Counters::queued_from_outside)
            }
        }
    }

    /// How many polls were cut short because the task had used up its cooperative budget. See
    /// [`coop`](crate::task::coop).
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async {
    ///     for _ in 0..200 {
    ///         wakeful::task::consume_budget().await;
    ///     }
    /// });
    /// assert_eq!(runtime.metrics().budget_forced_yield_count(), 1);
    /// ```
    #[must_use]
    pub fn budget_forced_yield_count(&self) -> u64 {
        self.parts().forced_yields.get()
    }

    /// The number of threads for blocking calls.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    /// assert_eq!(runtime.metrics().num_blocking_threads(), 1);
    /// ```
    #[must_use]
    pub fn num_blocking_threads(&self) -> usize {
        self.parts().pool.stats().threads
    }

    /// The number of those that wait for a call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().num_idle_blocking_threads(), 0);
    /// ```
    #[must_use]
    pub fn num_idle_blocking_threads(&self) -> usize {
        self.parts().pool.stats().idle
    }

    /// Blocking calls that wait for a thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().blocking_queue_depth(), 0);
    /// ```
    #[must_use]
    pub fn blocking_queue_depth(&self) -> usize {
        self.parts().pool.stats().queued
    }

    /// How many sockets and other sources of I/O were ever registered with the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// let bind = wakeful::net::UdpSocket::bind("127.0.0.1:0");
    /// let socket = runtime.block_on(bind).unwrap();
    /// assert_eq!(runtime.metrics().io_driver_fd_registered_count(), 1);
    /// # drop(socket);
    /// ```
    #[cfg(feature = "net")]
    #[must_use]
    pub fn io_driver_fd_registered_count(&self) -> u64 {
        self.io(|io| io.registered.get())
    }

    /// How many of those have been dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// let bind = wakeful::net::UdpSocket::bind("127.0.0.1:0");
    /// drop(runtime.block_on(bind).unwrap());
    /// assert_eq!(runtime.metrics().io_driver_fd_deregistered_count(), 1);
    /// ```
    #[cfg(feature = "net")]
    #[must_use]
    pub fn io_driver_fd_deregistered_count(&self) -> u64 {
        self.io(|io| io.deregistered.get())
    }

    /// How many events of registered sources the operating system has told.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// assert_eq!(runtime.metrics().io_driver_ready_count(), 0);
    /// ```
    #[cfg(feature = "net")]
    #[must_use]
    pub fn io_driver_ready_count(&self) -> u64 {
        self.io(|io| io.events.get())
    }

    #[cfg(feature = "net")]
    fn io(&self, count: impl Fn(&crate::engine::reactor::Counts) -> u64) -> u64 {
        let io = self.parts().driver.io();
        io.map_or(0, |reactor| count(reactor.counts()))
    }
}

impl fmt::Debug for RuntimeMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeMetrics")
            .field("num_workers", &self.num_workers())
            .field("num_alive_tasks", &self.num_alive_tasks())
            .field("global_queue_depth", &self.global_queue_depth())
            .finish_non_exhaustive()
    }
}
