//! What the system refuses, and what peers do wrong: each fault happens for real, nothing else is
//! disturbed by it, and nothing is lost.
//!
//! Limits are those of a process, so tests that set one run in a process of their own. Interrupted
//! calls, storms of signals and forks are in `signals/`; the end of standard input in `stdio.rs`.
#![cfg(all(target_os = "linux", not(loom)))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[path = "faults/children.rs"]
mod children;
#[path = "faults/descriptors.rs"]
mod descriptors;
#[path = "faults/large.rs"]
mod large;
#[path = "faults/limits.rs"]
mod limits;
#[path = "faults/peers.rs"]
mod peers;
#[path = "faults/slow_files.rs"]
mod slow_files;
#[path = "faults/stops.rs"]
mod stops;
