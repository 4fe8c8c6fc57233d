//! `select!`, `join!`, `try_join!`, `pin!` and `task_local!`: the order of what happens in them.
//!
//! They need no runtime, and run on the executor in `spies`.
#![cfg(not(loom))]

mod join;
mod select;
mod spies;
mod task_local;
