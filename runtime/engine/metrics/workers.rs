//! `RuntimeMetrics`: the counts of one worker.
//!
//! Worker 0 of a work-stealing runtime is its own seat, the guest's, and that of a spare worker if
//! there is one: sums are over all.

use std::ops::Range;
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::histogram::{Buckets, Plan};
use super::{Counters, RuntimeMetrics};
use crate::engine::config::Config;
use crate::engine::handle::Scheduler;

impl RuntimeMetrics {
    #[track_caller]
    fn seats(&self, worker: usize) -> impl Iterator<Item = &Counters> {
        let workers = self.num_workers();
        assert!(
            worker < workers,
            "this runtime has {workers} workers, and none is number {worker}"
        );
        let (own, extra) = match &self.parts().scheduler {
            Scheduler::Local(shared) => (&shared.counters, None),
            Scheduler::Stealing(shared) => {
                let extra = (worker == 0).then(|| shared.extra_counters());
                (shared.counters(worker), extra)
            }
        };
        extra.into_iter().flatten().chain([own])
    }

    #[track_caller]
    fn sum_of(&self, worker: usize, count: impl Fn(&Counters) -> u64) -> u64 {
        self.seats(worker).map(count).sum()
    }

    /// How long the worker has been awake, all in all, up to the last time it fell asleep.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(wakeful::task::yield_now());
    /// assert!(runtime.metrics().worker_total_busy_duration(0).as_nanos() > 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_total_busy_duration(&self, worker: usize) -> Duration {
        self.seats(worker).map(Counters::busy).sum()
    }

    /// How often the worker went to sleep.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_park_count(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_park_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.parks.get())
    }

    /// How often the worker went to sleep and woke up again, both counted: odd while it sleeps.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_park_unpark_count(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_park_unpark_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| {
            counters.parks.get() + counters.unparks.get()
        })
    }

    /// How often the worker went to sleep without having polled a task since it woke up.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_noop_count(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_noop_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.noops.get())
    }

    /// How many tasks the worker took from others.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_steal_count(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_steal_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.steals.get())
    }

    /// How often the worker took tasks from another, one or several at a time.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_steal_operations(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_steal_operations(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.steal_operations.get())
    }

    /// How often the worker polled a task.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async { wakeful::spawn(async {}).await.unwrap() });
    /// assert_eq!(runtime.metrics().worker_poll_count(0), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_poll_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, Counters::task_polls)
    }

    /// How often a task was queued by the worker itself.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async { wakeful::spawn(async {}).await.unwrap() });
    /// assert_eq!(runtime.metrics().worker_local_schedule_count(0), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_local_schedule_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.scheduled.get())
    }

    /// How often the worker's queue was full, and half of it went to the global one.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(runtime.metrics().worker_overflow_count(0), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_overflow_count(&self, worker: usize) -> u64 {
        self.sum_of(worker, |counters| counters.overflows.get())
    }

    /// Tasks in the worker's own queue.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// # let metrics = runtime.metrics();
    /// runtime.block_on(async {
    ///     wakeful::spawn(async {});
    ///     assert_eq!(metrics.worker_local_queue_depth(0), 1);
    /// });
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_local_queue_depth(&self, worker: usize) -> usize {
        match &self.parts().scheduler {
            Scheduler::Local(shared) if shared.is_shut_down() => 0,
            Scheduler::Local(_) => self.seats(worker).map(Counters::queue_len).sum(),
            Scheduler::Stealing(shared) => {
                let _ = self.seats(worker);
                shared.queue_len(worker)
            }
        }
    }

    /// The thread that works as this worker, or did last. `None` before the first has.
    ///
    /// A single-threaded runtime has the thread inside `block_on`. Asked by the thread inside
    /// `block_on` of a work-stealing runtime, worker 0 is that thread.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// runtime.block_on(async {});
    /// let here = std::thread::current().id();
    /// assert_eq!(runtime.metrics().worker_thread_id(0), Some(here));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_thread_id(&self, worker: usize) -> Option<ThreadId> {
        let here = thread::current().id();
        let threads = self.seats(worker).filter_map(Counters::thread);
        threads.reduce(|guest, own| if guest == here { guest } else { own })
    }

    /// How long a poll of a task takes on the worker. The newest polls weigh most.
    ///
    /// Measured from one sleep to the next and divided by the polls in between. A single-threaded
    /// runtime gives zero.
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert!(runtime.metrics().worker_mean_poll_time(0).is_zero());
    /// ```
    #[must_use]
    #[track_caller]
    pub fn worker_mean_poll_time(&self, worker: usize) -> Duration {
        let means = self.seats(worker).map(|counters| counters.mean_poll.get());
        // Two seats: the one that has polled, or the middle.
        let mean = means.reduce(|one, two| match (one, two) {
            (0, mean) | (mean, 0) => mean,
            _ => one / 2 + two / 2,
        });
        match &self.parts().scheduler {
            Scheduler::Local(_) => Duration::ZERO,
            Scheduler::Stealing(_) => Duration::from_nanos(mean.unwrap_or(0)),
        }
    }
}

/// The histogram of poll times.
impl RuntimeMetrics {
    fn config(&self) -> &Config {
        match &self.parts().scheduler {
            Scheduler::Local(shared) => &shared.config,
            Scheduler::Stealing(shared) => shared.config(),
        }
    }

    fn buckets(&self) -> Option<Buckets> {
        self.config().histogram.as_ref().map(Plan::buckets)
    }

    /// True if the runtime was built with `enable_metrics_poll_time_histogram`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// assert!(!runtime.metrics().poll_time_histogram_enabled());
    /// ```
    #[must_use]
    pub fn poll_time_histogram_enabled(&self) -> bool {
        self.config().histogram.is_some()
    }

    /// The number of the histogram's buckets. Zero if it is not enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wakeful::runtime::Builder;
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.enable_metrics_poll_time_histogram().build().unwrap();
    /// assert_eq!(runtime.metrics().poll_time_histogram_num_buckets(), 10);
    /// ```
    #[must_use]
    pub fn poll_time_histogram_num_buckets(&self) -> usize {
        self.buckets().map_or(0, |buckets| buckets.count())
    }

    /// The times that are counted in a bucket. Empty if the histogram is not enabled.
    ///
    /// # Panics
    ///
    /// If there is no such bucket.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wakeful::runtime::Builder;
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.enable_metrics_poll_time_histogram().build().unwrap();
    /// let shortest = runtime.metrics().poll_time_histogram_bucket_range(0);
    /// assert_eq!(shortest, Duration::ZERO..Duration::from_micros(100));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn poll_time_histogram_bucket_range(&self, bucket: usize) -> Range<Duration> {
        match self.buckets() {
            Some(buckets) => buckets.range(bucket),
            None => Duration::ZERO..Duration::ZERO,
        }
    }

    /// How many polls of a worker took a time in the bucket's range. Zero if the histogram is not
    /// enabled.
    ///
    /// # Panics
    ///
    /// If there is no such worker or bucket.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wakeful::runtime::Builder;
    /// let mut builder = Builder::new_current_thread();
    /// let runtime = builder.enable_metrics_poll_time_histogram().build().unwrap();
    /// runtime.block_on(async { wakeful::spawn(async {}).await.unwrap() });
    /// let metrics = runtime.metrics();
    /// let buckets = 0..metrics.poll_time_histogram_num_buckets();
    /// let polls: u64 = buckets.map(|b| metrics.poll_time_histogram_bucket_count(0, b)).sum();
    /// assert_eq!(polls, 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn poll_time_histogram_bucket_count(&self, worker: usize, bucket: usize) -> u64 {
        let histograms = self
            .seats(worker)
            .filter_map(|seat| seat.histogram.as_ref());
        let counts: Vec<_> = histograms
            .map(|histogram| histogram.count(bucket))
            .collect();
        counts.iter().sum()
    }

    #[must_use]
    #[doc(hidden)]
    #[deprecated(note = "renamed to `poll_time_histogram_enabled`")]
    pub fn poll_count_histogram_enabled(&self) -> bool {
        self.poll_time_histogram_enabled()
    }

    #[must_use]
    #[doc(hidden)]
    #[deprecated(note = "renamed to `poll_time_histogram_num_buckets`")]
    pub fn poll_count_histogram_num_buckets(&self) -> usize {
        self.poll_time_histogram_num_buckets()
    }

    #[must_use]
    #[track_caller]
    #[doc(hidden)]
    #[deprecated(note = "renamed to `poll_time_histogram_bucket_range`")]
    pub fn poll_count_histogram_bucket_range(&self, bucket: usize) -> Range<Duration> {
        self.poll_time_histogram_bucket_range(bucket)
    }

    #[must_use]
    #[track_caller]
    #[doc(hidden)]
    #[deprecated(note = "renamed to `poll_time_histogram_bucket_count`")]
    pub fn poll_count_histogram_bucket_count(&self, worker: usize, bucket: usize) -> u64 {
        self.poll_time_histogram_bucket_count(worker, bucket)
    }
}
