//! What the benches share: the questions, the peers, the allocator's settings, the report.
//!
//! A fair round is the same work for everybody: the same number of tasks, each peer with its own
//! tasks, its own lock and its own `yield_now`, all built once and used again for every round. What
//! each peer counted is checked.
//!
//! - `questions/`: one file each, asked in this process, of runtimes (`runtimes/`) and floors.
//! - `probes/`: what needs a process of its own.
//! - `asking.rs`, `processes.rs`, `instructions.rs`, `scale.rs`: ask them.
//! - `goals.rs`, `statistics.rs`, `report/`, `machine.rs`: what is made of the figures.

pub mod allocator;
pub mod asking;
pub mod goals;
pub mod instructions;
pub mod machine;
pub mod probes;
pub mod processes;
pub mod questions;
pub mod report;
pub mod runtimes;
pub mod scale;
pub mod statistics;
