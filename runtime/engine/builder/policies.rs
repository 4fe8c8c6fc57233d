//! `Builder`: how the runtime chooses, and what it does when a task panics.

use std::sync::Arc;

use super::Builder;
use crate::engine::config::{Judge, UnhandledPanic};
use crate::engine::handle::RuntimeFlavor;
use crate::seed::{RngSeed, Seeds};

impl Builder {
    /// Who is asked before a thread sleeps.
    pub(crate) fn judge(&mut self, judge: Arc<dyn Judge>) {
        self.config.judge = Some(judge);
    }

    /// What happens when a spawned task panics. By default nothing but that the task ends.
    ///
    /// The panic hook has reported the panic before; a `JoinHandle` gives it to whoever awaits it.
    ///
    /// # Panics
    ///
    /// With [`UnhandledPanic::ShutdownRuntime`] on a work-stealing runtime, whose `block_on`
    /// cannot stop the other workers at once.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// use wakeful::runtime::{Builder, UnhandledPanic};
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .unhandled_panic(UnhandledPanic::ShutdownRuntime)
    ///     .build()
    ///     .unwrap();
    /// runtime.spawn(async { panic!("boom") });
    /// runtime.block_on(std::future::pending::<()>());
    /// ```
    #[track_caller]
    pub fn unhandled_panic(&mut self, behavior: UnhandledPanic) -> &mut Self {
        let shuts_down = matches!(behavior, UnhandledPanic::ShutdownRuntime);
        assert!(
            !shuts_down || self.flavor == RuntimeFlavor::CurrentThread,
            "UnhandledPanic::ShutdownRuntime is only supported in current thread runtime"
        );
        self.config.unhandled_panic = behavior;
        self
    }

    /// Makes the runtime's random choices follow from `seed`: the branch that `select!` polls
    /// first, and which worker steals from which.
    ///
    /// On a single thread, a program that depends on nothing else runs the same each time: each
    /// `block_on` draws from a start of its own. With several threads their timing still differs.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::{Builder, RngSeed};
    ///
    /// let first_ready = || {
    ///     let seed = RngSeed::from_bytes(b"seed");
    ///     let runtime = Builder::new_current_thread().rng_seed(seed).build().unwrap();
    ///     runtime.block_on(async {
    ///         wakeful::select! {
    ///             _ = async {} => "one",
    ///             _ = async {} => "other",
    ///         }
    ///     })
    /// };
    /// assert_eq!(first_ready(), first_ready());
    /// ```
    pub fn rng_seed(&mut self, seed: RngSeed) -> &mut Self {
        self.config.seeds = Some(Arc::new(Seeds::new(&seed)));
        self
    }

    /// Makes a worker keep to the order of its queue: the task woken last waits for its turn.
    ///
    /// By default it comes next, as its data are still in the cache. A single-threaded runtime
    /// always keeps to the order.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread().disable_lifo_slot().build().unwrap();
    /// # drop(runtime);
    /// ```
    pub fn disable_lifo_slot(&mut self) -> &mut Self {
        self.config.lifo_slot = false;
        self
    }

    /// The most I/O events taken in one look at the poller while tasks wait for the worker.
    ///
    /// By default as many as [`max_io_events_per_tick`](Self::max_io_events_per_tick) says. With
    /// several workers no more than [`event_interval`](Self::event_interval): how many were polled
    /// since the last look. With less, tasks that compute wait for less time behind tasks that do
    /// I/O.
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
    /// let runtime = Builder::new_current_thread()
    ///     .enable_io()
    ///     .max_io_events_per_busy_tick(16)
    ///     .build()
    ///     .unwrap();
    /// # drop(runtime);
    /// ```
    #[track_caller]
    pub fn max_io_events_per_busy_tick(&mut self, events: usize) -> &mut Self {
        assert!(events > 0, "max_io_events_per_busy_tick must be non-zero");
        self.events_when_busy = Some(events);
        self
    }

    /// Turns on timers, as [`enable_time`](Self::enable_time) does. There is one kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread().enable_alt_timer().build().unwrap();
    /// # drop(runtime);
    /// ```
    pub fn enable_alt_timer(&mut self) -> &mut Self {
        self.enable_time()
    }

    /// Nothing to turn on: a worker never keeps the driver while it polls a task.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread().enable_eager_driver_handoff().build().unwrap();
    /// # drop(runtime);
    /// ```
    pub fn enable_eager_driver_handoff(&mut self) -> &mut Self {
        self
    }

    /// Nothing to turn on: blocking calls have one queue, so that each finds an idle thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread().enable_sharded_blocking_queue().build().unwrap();
    /// # drop(runtime);
    /// ```
    pub fn enable_sharded_blocking_queue(&mut self) -> &mut Self {
        self
    }
}
