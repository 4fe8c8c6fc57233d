//! A pool without threads, for a simulation: jobs wait until they are run one by one.
//!
//! J2 holds with the simulation's own thread as the one that is able.

use std::sync::Arc;
use std::time::Duration;

use super::{Config, Pool, survive};

impl Pool {
    /// A pool that starts no thread.
    pub(crate) fn threadless() -> Arc<Self> {
        let pool = Self::new(Config {
            max_threads: 1,
            keep_alive: Duration::ZERO,
            thread_name: Arc::new(String::new),
            stack_size: None,
            on_start: None,
            on_stop: None,
            enter: Arc::new(|| Box::new(())),
        });
        pool.state.lock().able = 1;
        pool
    }

    /// Runs one of the queued jobs here: the one that `choose` picks of so many. False if there is
    /// none.
    pub(crate) fn run_one(&self, choose: impl FnOnce(usize) -> usize) -> bool {
        let mut state = self.state.lock();
        let queued = state.queue.len();
        if queued == 0 {
            return false;
        }
        let entry = state.queue.remove(choose(queued));
        drop(state);
        if let Some(entry) = entry {
            survive(|| entry.job.run());
        }
        true
    }
}
