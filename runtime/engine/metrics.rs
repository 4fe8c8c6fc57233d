//! What a runtime counts, and the public view of it.

use std::fmt;
use std::ptr;

use super::task::Header;
use crate::primitives::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};

#[cfg(not(loom))]
pub use view::RuntimeMetrics;

/// A number that one thread at a time writes and any may read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Not a read-modify-write: two writers at once may lose a count.
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(count), Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One worker's counts, and what it is polling.
#[derive(Default)]
pub(crate) struct Counters {
    running: AtomicPtr<Header>,
    pub(crate) polls: Counter,
    pub(crate) done: Counter,
    pub(crate) parks: Counter,
    pub(crate) steals: Counter,
    pub(crate) remote_schedules: Counter,
}

impl Counters {
    /// A task's turn begins on this worker.
    #[inline]
    pub(crate) fn begin_poll(&self, task: *mut Header) {
        self.running.store(task, Relaxed);
        self.polls.add(1);
    }

    /// The turn that was under way goes on here.
    pub(crate) fn resume_poll(&self, task: *mut Header) {
        self.running.store(task, Relaxed);
    }

    #[inline]
    pub(crate) fn end_poll(&self) {
        self.running.store(ptr::null_mut(), Relaxed);
    }

    /// The task being polled, only to be compared. Null if none is.
    pub(crate) fn running(&self) -> *const Header {
        self.running.load(Relaxed)
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters")
            .field("polls", &self.polls.get())
            .field("done", &self.done.get())
            .field("parks", &self.parks.get())
            .field("steals", &self.steals.get())
            .finish()
    }
}

#[cfg(not(loom))]
mod view {
    use std::fmt;

    use super::Counters;
    use crate::engine::handle::{Handle, Scheduler};
    use crate::engine::task;

    /// A view of what a runtime counts. Made by `Handle::metrics`.
    ///
    /// Each number is true at some moment of the call; two calls are two moments.
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

        fn counters<R>(&self, worker: usize, f: impl FnOnce(&Counters) -> R) -> R {
            match &self.handle.parts().scheduler {
                Scheduler::Local(shared) => {
                    assert!(
                        worker == 0,
                        "a single-threaded runtime has one worker, not {worker}"
                    );
                    f(&shared.counters)
                }
                Scheduler::Stealing(shared) => f(shared.counters(worker)),
            }
        }

        /// The number of workers.
        #[must_use]
        pub fn num_workers(&self) -> usize {
            match &self.handle.parts().scheduler {
                Scheduler::Local(_) => 1,
                Scheduler::Stealing(shared) => shared.workers(),
            }
        }

        /// The number of tasks that are not done. Counts them one by one.
        #[must_use]
        pub fn num_alive_tasks(&self) -> usize {
            let registry = match &self.handle.parts().scheduler {
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

        /// Tasks in the queue that belongs to no worker.
        #[must_use]
        pub fn global_queue_depth(&self) -> usize {
            match &self.handle.parts().scheduler {
                Scheduler::Local(_) => 0,
                Scheduler::Stealing(shared) => shared.injected(),
            }
        }

        /// How often a worker went to sleep.
        ///
        /// # Panics
        ///
        /// If there is no such worker.
        #[must_use]
        pub fn worker_park_count(&self, worker: usize) -> u64 {
            self.counters(worker, |counters| counters.parks.get())
        }

        /// How often a worker polled a task.
        ///
        /// # Panics
        ///
        /// If there is no such worker.
        #[must_use]
        pub fn worker_poll_count(&self, worker: usize) -> u64 {
            self.counters(worker, |counters| counters.polls.get())
        }

        /// How many tasks a worker took from others.
        ///
        /// # Panics
        ///
        /// If there is no such worker.
        #[must_use]
        pub fn worker_steal_count(&self, worker: usize) -> u64 {
            self.counters(worker, |counters| counters.steals.get())
        }

        /// The number of threads for blocking calls.
        #[must_use]
        pub fn num_blocking_threads(&self) -> usize {
            self.handle.parts().pool.stats().threads
        }

        /// The number of those that wait for a call.
        #[must_use]
        pub fn num_idle_blocking_threads(&self) -> usize {
            self.handle.parts().pool.stats().idle
        }

        /// Blocking calls that wait for a thread.
        #[must_use]
        pub fn blocking_queue_depth(&self) -> usize {
            self.handle.parts().pool.stats().queued
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
}
