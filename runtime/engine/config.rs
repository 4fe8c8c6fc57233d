//! What a builder decides and a scheduler needs to know.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::hooks::{self, TaskHooks};
use super::metrics::Plan;
use super::task::Id;
use crate::seed::Seeds;

/// Something a user wants called on the runtime's threads.
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// Knows, in a strict test, whether a sleep can end. The scheduler calls it.
pub(crate) trait Judge: Send + Sync {
    /// The thread is about to sleep and expects nothing but to be woken by another; or the main
    /// future `is_lost`: nobody can wake it. `Some`: the sleep would not end, and what all wait
    /// for.
    fn lies_down(&self, is_lost: bool) -> Option<String>;

    /// The thread is awake, and has not done anything yet.
    fn gets_up(&self);
}

/// What happens when a spawned task panics. See
/// [`Builder::unhandled_panic`](crate::runtime::Builder::unhandled_panic).
///
/// Whatever is chosen, the panic hook reports the panic first.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, UnhandledPanic};
///
/// let runtime = Builder::new_current_thread()
///     .unhandled_panic(UnhandledPanic::ShutdownRuntime)
///     .build()
///     .unwrap();
/// # drop(runtime);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UnhandledPanic {
    /// The task ends, and its `JoinHandle` gives the panic. All else goes on. The default.
    ///
    /// If the handle is dropped before anybody asked, a line on stderr says which task it was: its
    /// id, its name if it has one, where it was spawned, and the message of the panic.
    Ignore,
    /// The runtime, or the `LocalSet`, shuts down at once: all tasks are dropped, and the
    /// `block_on` that ran them panics. On a single thread only.
    ShutdownRuntime,
    /// The process aborts. Not in tokio.
    Abort,
}

/// Set by the builder, the same for the whole life of a runtime.
#[derive(Clone)]
pub(crate) struct Config {
    /// Polls between two looks at the driver.
    pub(crate) event_interval: u32,
    /// Polls between two looks at the queue that other threads push to.
    pub(crate) global_queue_interval: u32,
    /// The task woken last may run before the others.
    pub(crate) lifo_slot: bool,
    pub(crate) unhandled_panic: UnhandledPanic,
    pub(crate) seeds: Option<Arc<Seeds>>,
    /// The histogram of poll times, if there is to be one.
    pub(crate) histogram: Option<Plan>,
    /// Polls are timed, or have hooks.
    pub(crate) watch_polls: bool,
    /// One worker more, for when all others are stuck.
    pub(crate) spare_worker: bool,
    pub(crate) tasks: TaskHooks,
    pub(crate) on_thread_start: Option<Hook>,
    pub(crate) on_thread_stop: Option<Hook>,
    pub(crate) on_thread_park: Option<Hook>,
    pub(crate) on_thread_unpark: Option<Hook>,
    pub(crate) judge: Option<Arc<dyn Judge>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            event_interval: EVENT_INTERVAL,
            global_queue_interval: GLOBAL_QUEUE_INTERVAL,
            lifo_slot: true,
            unhandled_panic: UnhandledPanic::Ignore,
            seeds: None,
            histogram: None,
            watch_polls: false,
            spare_worker: false,
            tasks: TaskHooks::default(),
            on_thread_start: None,
            on_thread_stop: None,
            on_thread_park: None,
            on_thread_unpark: None,
            judge: None,
        }
    }
}

/// How long a thread of a strict test sleeps until it asks again whether anybody can wake it.
pub(crate) const JUDGE_AGAIN: Duration = Duration::from_millis(20);

/// Polls between two looks at the driver, unless the builder says otherwise. tokio's number.
/// Doubling it doubles how late an event may be seen under load and saves 2 ns a poll.
pub(crate) const EVENT_INTERVAL: u32 = 61;

/// Polls between two looks at the injected tasks, unless the builder says otherwise. tokio's
/// number, a prime, so that it does not beat with the driver's.
pub(crate) const GLOBAL_QUEUE_INTERVAL: u32 = 31;

/// How long an idle thread of the blocking pool waits before it leaves.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How many threads the blocking pool may have.
pub(crate) const MAX_BLOCKING_THREADS: usize = 512;

/// Calls a hook. A panic in it is reported by the panic hook and costs nobody a worker.
pub(crate) fn call(hook: &Option<Hook>) {
    if let Some(hook) = hook {
        let _ = catch_unwind(AssertUnwindSafe(|| hook()));
    }
}

impl Config {
    /// A task was cancelled, because the runtime ends.
    pub(crate) fn ended(&self, id: Id, spawned: &'static Location<'static>) {
        if self.tasks.terminate.is_some() {
            hooks::call(&self.tasks.terminate, &hooks::meta(id, spawned));
        }
    }
}

impl UnhandledPanic {
    /// True if the future given to `block_on` may end by the panic of a task.
    pub(crate) fn may_end_main(&self) -> bool {
        !matches!(self, Self::Ignore)
    }

    /// A task has panicked. True if its scheduler must shut down.
    #[cold]
    pub(crate) fn shuts_down(&self) -> bool {
        match self {
            Self::Ignore => false,
            Self::ShutdownRuntime => true,
            Self::Abort => std::process::abort(),
        }
    }
}
