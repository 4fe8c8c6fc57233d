//! The work-stealing scheduler: several workers, one driver.
//!
//! ```text
//!  spawn, wake on a worker --> its own ring and slot --+--> that worker
//!                                    |  half, when it  |
//!                                    v  is full        +--> thieves, when they have nothing
//!  from other threads -------> injector ---------------+--> any worker
//!
//!  I/O, timers --> the driver, of which one parked worker at a time is the holder
//! ```
//!
//! Read `local/` first: this is the same ring with several workers. Then `idle.rs`, where the
//! waking is argued (I1 to I5), `worker.rs`, and `queue.rs`.
//!
//! There are as many seats as worker threads, and one for a guest: the thread inside `block_on`
//! (`guest.rs`). No more workers than threads are woken at a time, so with a guest one of the
//! threads usually sleeps; it keeps watch and steps in when another is stuck.
//!
//! - **G1** Nobody holds the driver while polling a task, and every queue can be stolen from. So a
//!   worker that is stuck in a task keeps nothing from the others but that task.
//! - **G2** After `is_shut_down` each worker retires. The last to do so is the only one that could
//!   run tasks, finds all queues closed or emptied, and cancels what is left.
//! - **G3** A thread inside `block_in_place` polls its task without a seat until the end of that
//!   poll. Until then it is `away`, and nobody cancels what is left.
//!
//! Not here: per-worker drivers and sharded injectors. They pay from about 16 workers on.

#[cfg(not(loom))]
mod guest;
mod idle;
mod injector;
#[cfg(not(loom))]
mod kit;
#[cfg(not(loom))]
mod oracle;
mod queue;
#[cfg(not(loom))]
mod rest;
#[cfg(not(loom))]
mod shared;
#[cfg(not(loom))]
pub(crate) mod sim;
#[cfg(not(loom))]
mod threads;
#[cfg(not(loom))]
mod worker;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub(crate) use guest::{block_in_place, block_on};
#[cfg(not(loom))]
pub(crate) use kit::worker_index;
#[cfg(not(loom))]
pub(crate) use queue::CAPACITY as ROOM;
#[cfg(not(loom))]
pub(crate) use shared::Shared;
#[cfg(not(loom))]
pub(crate) use threads::{HandOff, Starting, Threads, shutdown, start, wait_for_shutdown};

/// The seat of the thread inside `block_on`.
#[cfg(not(loom))]
const GUEST: usize = 0;
