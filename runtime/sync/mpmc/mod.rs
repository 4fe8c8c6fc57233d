//! A channel with many senders and many receivers: each message is received once.
//!
//! [`channel()`] opens one with a bound, [`unbounded_channel`] one without. Names and meanings are
//! those of `mpsc`; what is new is that a receiver can be cloned. Use it to share work out among a
//! fixed number of tasks. It works on any executor.
//!
//! - Messages come out in the order in which they went in. Receivers that wait are served first
//!   come, first served; a message that is meant for one who waits is not given to a newcomer.
//! - A receiver that gives up waiting loses no message: the next who waits gets it.
//! - The channel closes when the last sender goes, when the last receiver goes, or by
//!   [`Receiver::close`]. What is in it can still be received, by whoever comes.
//!
//! Built on `channel` (the messages) and `permits` (room for them). Absent: reserving room before
//! there is a message, and polling without a future; `mpsc` has both.

#[cfg(not(loom))]
mod bounded;
mod channel;
#[cfg(not(loom))]
pub mod error;
#[cfg(not(loom))]
pub(in crate::sync) mod futures;
#[cfg(not(loom))]
mod receiver;
#[cfg(not(loom))]
mod timed;
#[cfg(not(loom))]
mod unbounded;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub use bounded::{Sender, WeakSender, channel};
#[cfg(not(loom))]
pub use futures::{Closed, Recv, RecvMany, Send};
#[cfg(not(loom))]
pub use receiver::{Receiver, UnboundedReceiver, WeakReceiver, WeakUnboundedReceiver};
#[cfg(not(loom))]
pub use timed::SendTimeout;
#[cfg(not(loom))]
pub use unbounded::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
