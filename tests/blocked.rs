//! Threads that block where they should not: in a task, in the main future, in `block_in_place`.
//! They delay nothing but themselves (R7, R8, R9, R11, R12, R15).
//!
//! A thread is blocked by a channel, for as long as the test holds the other end.
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
mod flavors;

#[path = "blocked/in_place.rs"]
mod in_place;
#[path = "blocked/main_future.rs"]
mod main_future;
#[path = "blocked/odd_wakes.rs"]
mod odd_wakes;
#[path = "blocked/plug.rs"]
mod plug;
#[path = "blocked/worker.rs"]
mod worker;
