//! From the operating system's events to wakers: mio, readiness, and who waits for it.
//!
//! The driver sleeps in the [`Reactor`]; sockets and the like hold a [`Registration`] (most of them
//! inside a [`Registered`], which takes the source out of the selector when it is dropped).
//! Below it is mio, and `std::task::Waker` is all it knows of tasks.
//!
//! ```text
//!            (1) register           (4) poll_direction, io, wait
//!   socket ---------------> Handle        Registration <--------- leaf future
//!                             |                |  (5) waker stored, Pending
//!                             v                v
//!   selector --(2) wait--> Reactor --(3)--> Readiness --(6)--> Waker::wake
//! ```
//!
//! 1. [`Handle::register`] takes a token, then tells the selector.
//! 2. [`Reactor::wait`] sleeps in the selector and gets a batch of events.
//! 3. [`Reactor::dispatch`]: each event finds its source by token and adds its flags.
//!    [`readiness`] has the rules for these, R1..R5.
//! 4. A leaf tries its operation while the flags say so, and clears them on `WouldBlock`;
//! 5. when they are clear it leaves its waker,
//! 6. which the next event takes out and wakes.
//!
//! Invariants, continued:
//! - **R6** A token is a table index and the number of the registration (its generation). An event
//!   for a source that has left the table, or whose index another source has since got, finds
//!   nothing or another generation, and is dropped.
//! - **R7** A source that the selector refuses leaves the table before `register` returns.
//! - **R8** After [`Reactor::shutdown`] each source is closed and nothing can be registered: an
//!   operation returns an error, and no one waits.
//! - **R9** The count of sources rises before `first_source` is called, and that call happens
//!   whatever the selector says: a driver that sleeps elsewhere since nothing was registered looks
//!   again.
//!
//! Not here: timers, the futex sleep of a driver without sources, who polls (all `engine::driver`);
//! completion-based I/O.

#[cfg(not(loom))]
mod poller;
pub(crate) mod readiness;
#[cfg(not(loom))]
mod registered;
#[cfg(not(loom))]
mod registration;
#[cfg(not(loom))]
mod table;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use readiness::{Direction, Event};
#[cfg(not(loom))]
pub(crate) use {
    poller::{Counts, GONE, Handle, Reactor},
    registered::Registered,
    registration::Registration,
};
