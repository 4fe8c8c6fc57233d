//! What a builder decides and a scheduler needs to know.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Something a user wants called on the runtime's threads.
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// Set by the builder, the same for the whole life of a runtime.
#[derive(Clone, Default)]
pub(crate) struct Config {
    /// Polls between two looks at the driver.
    pub(crate) event_interval: u32,
    /// Polls between two looks at the queue that other threads push to.
    pub(crate) global_queue_interval: u32,
    pub(crate) on_thread_start: Option<Hook>,
    pub(crate) on_thread_stop: Option<Hook>,
    pub(crate) on_thread_park: Option<Hook>,
    pub(crate) on_thread_unpark: Option<Hook>,
}

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
