//! Signals from the operating system, as something a task can wait for.
//!
//! Programs call [`ctrl_c()`] and [`unix::signal`]; `process` listens to SIGCHLD where the kernel
//! has no better way to tell that a child has exited. Calls `engine::reactor` to be woken.
//!
//! ```text
//!  kernel --> handler: a bit in the pending word; the first bit also rings the bell (one byte)
//!                                                         |
//!  reactor of a runtime that listens: its end of the bell is readable
//!                                                         v
//!  Relay (a waker of the reactor's): empty the bell, take the word, tell the listeners
//!                                                         v
//!                                  Slot of the number: count up, wake all who wait
//! ```
//!
//! The handler runs at any point of any thread, so it does three things that are allowed there:
//! an atomic operation, a write to a descriptor, a call of the handler that was there before. All
//! else happens in the driver of a runtime, as with any other event. One bell serves the process;
//! each runtime that listens has its own descriptor of it in its reactor (a `Relay`), so
//! whichever driver sleeps is woken, and the first one up tells everybody. A runtime that has
//! never asked for a signal has no relay, and no signal wakes it.
//!
//! Files: `pending` (the word), `handler` (the unsafe part), `relay` (the reactor's side),
//! `listeners` (who waits), `kind` and `unix` (the public face), `ctrl_c`.
//!
//! Absent on purpose: taking a handler out again (nobody could put the right one back), counting
//! signals (the kernel merges them, too), `signal-hook-registry` (two packages for `handler.rs`),
//! and Windows.

mod pending;

#[cfg(not(loom))]
mod ctrl_c;
#[cfg(not(loom))]
mod handler;
#[cfg(not(loom))]
mod kind;
#[cfg(not(loom))]
mod listeners;
#[cfg(not(loom))]
mod relay;
#[cfg(not(loom))]
pub mod unix;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub use ctrl_c::{CtrlC, ctrl_c};
#[cfg(all(feature = "process", not(loom)))]
pub(crate) use listeners::Listener;
