//! `Builder`: what is called, and what is measured, at the turns of a task's life.

use std::sync::Arc;
use std::time::Duration;

use super::Builder;
use crate::engine::config::Config;
use crate::engine::hooks::TaskMeta;
use crate::engine::metrics::{HistogramConfiguration, HistogramScale};

/// Hooks: they run on the runtime's threads and should be short. Without any, tasks pay nothing.
impl Builder {
    /// Called when a task is spawned, before it is queued, on the thread that spawns.
    ///
    /// Closures of `spawn_blocking` and tasks of a `LocalSet` have no hooks.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .on_task_spawn(|task| println!("{} is born", task.id()))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(runtime.spawn(async {})).unwrap();
    /// ```
    pub fn on_task_spawn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.config.tasks.spawn = Some(Arc::new(f));
        self
    }

    /// Called before each poll of a task, on the thread that polls it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .on_before_task_poll(|task| println!("{} goes on", task.id()))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(runtime.spawn(async {})).unwrap();
    /// ```
    pub fn on_before_task_poll<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.config.tasks.before_poll = Some(Arc::new(f));
        self
    }

    /// Called after each poll of a task, on the thread that polled it. The task may be gone.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .on_after_task_poll(|task| println!("{} waits, or is done", task.id()))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(runtime.spawn(async {})).unwrap();
    /// ```
    pub fn on_after_task_poll<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.config.tasks.after_poll = Some(Arc::new(f));
        self
    }

    /// Called after a task has ended, whichever way: also when the runtime shuts down.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .on_task_terminate(|task| println!("{} has ended", task.id()))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(runtime.spawn(async {})).unwrap();
    /// ```
    pub fn on_task_terminate<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.config.tasks.terminate = Some(Arc::new(f));
        self
    }
}

/// The histogram of poll times.
impl Builder {
    /// Measures how long each poll of a task takes, and counts the polls in a histogram.
    ///
    /// Each poll then reads the clock twice. The counts are in
    /// [`RuntimeMetrics`](crate::runtime::RuntimeMetrics).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .build()
    ///     .unwrap();
    /// assert!(runtime.metrics().poll_time_histogram_enabled());
    /// ```
    pub fn enable_metrics_poll_time_histogram(&mut self) -> &mut Self {
        self.is_histogram_on = true;
        self
    }

    /// Which buckets the histogram has: 10 of 100 µs each by default. It must be
    /// [enabled](Self::enable_metrics_poll_time_histogram), too.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::{Builder, HistogramConfiguration, LogHistogram};
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_time_histogram_configuration(HistogramConfiguration::log(
    ///         LogHistogram::default(),
    ///     ))
    ///     .build()
    ///     .unwrap();
    /// assert_eq!(runtime.metrics().poll_time_histogram_num_buckets(), 119);
    /// ```
    pub fn metrics_poll_time_histogram_configuration(
        &mut self,
        configuration: HistogramConfiguration,
    ) -> &mut Self {
        self.histogram.buckets = configuration.buckets;
        self
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `enable_metrics_poll_time_histogram`")]
    pub fn enable_metrics_poll_count_histogram(&mut self) -> &mut Self {
        self.enable_metrics_poll_time_histogram()
    }

    /// Whether all buckets are equally wide.
    ///
    /// # Examples
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use wakeful::runtime::{Builder, HistogramScale};
    ///
    /// let mut builder = Builder::new_current_thread();
    /// builder.metrics_poll_count_histogram_scale(HistogramScale::Log);
    /// ```
    #[deprecated(note = "use `metrics_poll_time_histogram_configuration`")]
    pub fn metrics_poll_count_histogram_scale(&mut self, scale: HistogramScale) -> &mut Self {
        self.histogram.legacy().scale = scale;
        self
    }

    /// The width of the first bucket.
    ///
    /// # Panics
    ///
    /// If it is zero, or more than a second.
    ///
    /// # Examples
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// let mut builder = Builder::new_current_thread();
    /// builder.metrics_poll_count_histogram_resolution(Duration::from_micros(50));
    /// ```
    #[track_caller]
    #[deprecated(note = "use `metrics_poll_time_histogram_configuration`")]
    pub fn metrics_poll_count_histogram_resolution(&mut self, resolution: Duration) -> &mut Self {
        assert!(
            !resolution.is_zero() && resolution <= Duration::from_secs(1),
            "the resolution must be more than zero and no more than a second"
        );
        self.histogram.legacy().resolution = resolution.as_nanos() as u64;
        self
    }

    /// The number of buckets.
    ///
    /// # Examples
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use wakeful::runtime::Builder;
    ///
    /// let mut builder = Builder::new_current_thread();
    /// builder.metrics_poll_count_histogram_buckets(20);
    /// ```
    #[deprecated(note = "use `metrics_poll_time_histogram_configuration`")]
    pub fn metrics_poll_count_histogram_buckets(&mut self, buckets: usize) -> &mut Self {
        self.histogram.legacy().buckets = buckets;
        self
    }

    /// What the schedulers need to know.
    pub(super) fn scheduler_config(&self) -> Config {
        let mut config = self.config.clone();
        config.histogram = self.is_histogram_on.then(|| self.histogram.clone());
        config.watch_polls = config.histogram.is_some() || config.tasks.watch_polls();
        config
    }
}
