//! A channel that gives each message to everybody: many senders, many receivers.
//!
//! [`channel`] makes a [`Sender`], which can be cloned, and a [`Receiver`];
//! [`subscribe`](Sender::subscribe) makes more of these. A receiver gets a clone of each message
//! that was sent since it subscribed, in the order in which they were sent.
//!
//! # Lagging
//!
//! Sending never waits. The channel keeps as many messages as its capacity says, rounded up to a
//! power of two; one more takes the place of the oldest, whether everybody has received it or not.
//! A receiver that was too slow is told so: it gets [`error::RecvError::Lagged`] with the number of
//! messages that it lost, and goes on with the oldest that is left.
//!
//! # Closing
//!
//! Without a sender the channel is closed: receivers get what is left, and then
//! [`error::RecvError::Closed`]. Without a receiver, sending fails, until somebody subscribes. A
//! message is dropped when the last receiver that was to see it has got it, or is gone.
//!
//! Built on `ring` (positions and counts), `message` (who may clone, unsafe) and an `Audience`.
//! Messages are cloned and dropped outside of its lock. So `T: Clone + Send` is enough.
//!
//! Not here: back pressure, and each message for one receiver only. Both are `mpsc`.
//!
//! # Examples
//!
//! ```
//! use wakeful::sync::broadcast;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, mut one) = broadcast::channel(16);
//! let mut other = sender.subscribe();
//! sender.send("hello").unwrap();
//! assert_eq!(one.recv().await, Ok("hello"));
//! assert_eq!(other.recv().await, Ok("hello"));
//! # });
//! ```
//!
//! A receiver that lags:
//!
//! ```
//! use wakeful::sync::broadcast::{self, error::RecvError};
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, mut receiver) = broadcast::channel(2);
//! for number in 1..=5 {
//!     sender.send(number).unwrap();
//! }
//! assert_eq!(receiver.recv().await, Err(RecvError::Lagged(3)));
//! assert_eq!(receiver.recv().await, Ok(4));
//! # });
//! ```

use std::marker::PhantomData;
use std::sync::Arc;

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::sync::audience::{Audience, close_and_call};

pub mod error;
mod futures;
mod message;
mod receiver;
mod ring;
mod sender;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub use futures::{Closed, Recv};
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};

use ring::Ring;

/// Opens a channel that keeps at least `capacity` messages; see [lagging](self#lagging).
///
/// # Panics
///
/// When `capacity` is 0, or more than `usize::MAX / 2`. The memory for that many messages is taken
/// at once.
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast;
///
/// let (sender, mut receiver) = broadcast::channel(8);
/// assert_eq!(sender.send(1).unwrap(), 1);
/// assert_eq!(receiver.try_recv(), Ok(1));
/// ```
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Shared::new(capacity, 1);
    let receiver = Receiver::new(shared.clone(), 0);
    (Sender::new_in(shared), receiver)
}

/// What all ends of a channel have in common.
struct Shared<T> {
    /// The messages, and the receivers that wait for one.
    audience: Audience<Ring<T>>,
    senders: AtomicUsize,
    weak_senders: AtomicUsize,
    /// Those who wait for the last receiver to go. Nothing is locked under the other mutex; this
    /// one is held while that one is taken.
    closed: Audience<()>,
    /// Not unwind-safe, as tokio's is not.
    _unwinding: PhantomData<dyn Send + Sync + Unpin>,
}

impl<T> Shared<T> {
    #[track_caller]
    fn new(capacity: usize, receivers: usize) -> Arc<Self> {
        assert!(capacity > 0, "broadcast channel capacity cannot be zero");
        assert!(
            capacity <= usize::MAX >> 1,
            "broadcast channel capacity exceeded `usize::MAX / 2`"
        );
        Arc::new(Self {
            audience: Audience::new(Ring::new(capacity, receivers)),
            senders: AtomicUsize::new(1),
            weak_senders: AtomicUsize::new(0),
            closed: Audience::new(()),
            _unwinding: PhantomData,
        })
    }

    fn subscribe(self: &Arc<Self>) -> Receiver<T> {
        let shared = self.clone();
        let cursor = self.audience.open().state.subscribe();
        Receiver::new(shared, cursor)
    }

    fn receivers(&self) -> usize {
        self.audience.open().state.receivers()
    }

    fn senders(&self) -> usize {
        self.senders.load(Ordering::Relaxed)
    }

    fn weak_senders(&self) -> usize {
        self.weak_senders.load(Ordering::Relaxed)
    }

    /// A sender goes. The last one closes the channel.
    fn sender_gone(&self) {
        // ORDERING: AcqRel; pairs with itself. What all senders did comes before the end.
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut open = self.audience.open();
            open.state.close();
            close_and_call(open).wake();
        }
    }

    /// A sender more, unless there is none left.
    fn sender_came_back(&self) -> bool {
        let more = |senders| (senders > 0).then(|| senders + 1);
        self.senders
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }
}
