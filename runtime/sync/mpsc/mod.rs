//! A channel for many messages: any number of senders, one receiver, first in first out.
//!
//! [`channel()`] makes a bounded one: who sends waits while it is full, so a slow receiver slows
//! its senders down. [`unbounded_channel`] makes one without that limit: sending never waits, and
//! the backlog may grow until memory runs out.
//!
//! - Senders can be cloned. When the last is dropped, [`Receiver::recv`] gives what is still there
//!   and then `None`. A [`WeakSender`] does not count.
//! - A receiver that is dropped, or that calls [`close`](Receiver::close), refuses what comes
//!   after. After `close` it can still receive what was sent before, and what the holders of a
//!   [`Permit`] send.
//! - Who waits for room is served first come, first served, and nobody overtakes: `try_send` fails
//!   while others wait.
//! - Room is counted in permits. [`Sender::reserve`] takes one ahead of the message, so that a
//!   message need not be made before there is room for it.
//!
//! Ends work on any executor and on plain threads: sending to an unbounded channel and the `try_`
//! methods never wait, and `blocking_send` and `blocking_recv` are for code that is not async.
//!
//! Built from `channel` (the state and the protocol; its header says how it works), `backlog` (the
//! queue), `ticket` (waiting for room), `ends` (who holds the channel). There is no unsafe code.
//! Sending is one short critical section, receiving an addition, and one lock for a whole backlog.
//!
//! Not here: one message ([`oneshot`](super::oneshot)); several receivers of each message.
//!
//! # Examples
//!
//! ```
//! use wakeful::sync::mpsc;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, mut receiver) = mpsc::channel(4);
//! for worker in 0..3 {
//!     let sender = sender.clone();
//!     wakeful::spawn(async move {
//!         for item in 0..10 {
//!             if sender.send(worker * 10 + item).await.is_err() {
//!                 return; // nobody wants it any more
//!             }
//!         }
//!     });
//! }
//! drop(sender); // ours: the loop ends when the workers' are gone, too
//!
//! let mut sum = 0;
//! while let Some(item) = receiver.recv().await {
//!     sum += item;
//! }
//! assert_eq!(sum, (0..30).sum());
//! # });
//! ```

mod backlog;
mod bounded;
mod channel;
mod ends;
pub mod error;
mod futures;
#[cfg(all(test, loom))]
mod models;
#[macro_use]
mod receiver;
#[cfg(all(test, not(loom)))]
mod tests;
mod ticket;
#[cfg(not(loom))]
mod timed;
mod unbounded;

pub use bounded::{OwnedPermit, Permit, PermitIterator, Sender, WeakSender, channel};
pub use futures::{Closed, Recv, RecvMany, Reserve, ReserveMany, ReserveOwned, Sending};
pub use receiver::Receiver;
#[cfg(not(loom))]
pub use timed::SendTimeout;
pub use unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
