//! What the benches share: the workloads, the peers, the allocator's settings, the statistics.
//!
//! A fair round is the same work for everybody: the same number of tasks, each peer with its own
//! tasks, its own lock and its own `yield_now`, all built once and used again for every round. What
//! each peer counted is checked.

pub mod allocator;
pub mod peers;
pub mod probes;
pub mod questions;
pub mod report;
pub mod runtimes;
pub mod statistics;

/// What a round does. In both, all tasks are spawned before the first is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Each task yields once, then adds one to a counter behind one async mutex.
    Counter,
    /// Each task yields once and returns one. Nothing is shared: this is the one that can scale.
    Yield,
}

impl Workload {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter: yield once, then add one behind one async mutex",
            Self::Yield => "yield: yield once, nothing shared",
        }
    }
}

/// The tasks of one round, unless the command line says otherwise.
pub const TASKS: usize = 100_000;

/// Workers of the parallel executors: one for each CPU, and at least two.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cpus| cpus.get().max(2))
}
