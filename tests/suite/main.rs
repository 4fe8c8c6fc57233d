//! What the runtime promises, by property. Each body runs on every scheduler.
//!
//! A body is given an [`On`](flavors::On), builds its runtimes through it, and never sleeps to get
//! an order: order comes from gates and channels. A body that hangs fails after a minute.
#![cfg(not(loom))]

#[macro_use]
mod flavors;

mod abort;
mod combinations;
mod coop;
mod hostile;
mod ids;
mod join_set;
mod join_set_foreign;
mod large_futures;
mod leaks;
mod nesting;
mod shutdown;
