//! The receiving half of a broadcast channel.
//!
//! Absent: waiting. See `futures`.

use std::fmt;
use std::sync::Arc;

#[cfg(not(loom))]
use super::error::RecvError;
use super::error::TryRecvError;
use super::ring::Nothing;
use super::{Recv, Shared};
use crate::leaf::Site;
use crate::sync::panics::Panics;

/// Receives a clone of each message sent since it subscribed. Made by [`channel`](super::channel),
/// [`Sender::subscribe`](super::Sender::subscribe) and [`resubscribe`](Self::resubscribe).
///
/// Dropping it counts as having seen all that it had not received.
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast::{self, error::TryRecvError};
///
/// let (sender, mut receiver) = broadcast::channel(16);
/// sender.send(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Ok(1));
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
/// ```
pub struct Receiver<T> {
    pub(super) shared: Arc<Shared<T>>,
    /// The position of the next message to receive.
    pub(super) cursor: u64,
}

impl<T> Receiver<T> {
    /// A receiver that `shared` counts already.
    pub(super) fn new(shared: Arc<Shared<T>>, cursor: u64) -> Self {
        Self { shared, cursor }
    }

    /// How many messages were sent that it has not received, the overwritten ones included.
    ///
    /// When this is more than the capacity (a power of two), the next receive says
    /// [lagged](super#lagging).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel(2);
    /// for number in 0..3 {
    ///     sender.send(number).unwrap();
    /// }
    /// assert_eq!(receiver.len(), 3);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.audience.open().state.unread(self.cursor) as usize
    }

    /// True when it has received all that was sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel(16);
    /// assert!(receiver.is_empty());
    /// sender.send(1).unwrap();
    /// assert!(!receiver.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when both receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel::<()>(16);
    /// assert!(receiver.same_channel(&sender.subscribe()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many senders there are, without the weak ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel::<()>(16);
    /// assert_eq!(receiver.sender_strong_count(), 1);
    /// drop(sender);
    /// assert_eq!(receiver.sender_strong_count(), 0);
    /// ```
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel::<()>(16);
    /// let _weak = sender.downgrade();
    /// assert_eq!(receiver.sender_weak_count(), 1);
    /// ```
    pub fn sender_weak_count(&self) -> usize {
        self.shared.weak_senders()
    }

    /// True when all senders are gone. There may still be messages to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel::<()>(16);
    /// assert!(!receiver.is_closed());
    /// drop(sender);
    /// assert!(receiver.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.audience.open().state.is_closed()
    }
}

impl<T: Clone> Receiver<T> {
    /// Makes another receiver, of what is sent from now on. It does not get what this one has
    /// still to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, mut receiver) = broadcast::channel(16);
    /// sender.send(1).unwrap();
    /// let mut other = receiver.resubscribe();
    /// sender.send(2).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(other.try_recv(), Ok(2));
    /// ```
    pub fn resubscribe(&self) -> Self {
        self.shared.subscribe()
    }

    /// Receives the next message; waits when there is none.
    ///
    /// # Errors
    ///
    /// - [`RecvError::Closed`]: all senders are gone, and all was
    ///   received.
    /// - [`RecvError::Lagged`]: messages were overwritten. The
    ///   receiver stays subscribed, see [lagging](super#lagging).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it was ready has received nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = broadcast::channel(16);
    /// wakeful::spawn(async move { sender.send("hello") });
    /// assert_eq!(receiver.recv().await, Ok("hello"));
    /// assert!(receiver.recv().await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv::new(self, Site::here())
    }

    /// Receives the next message if it is there. Never waits.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and [`TryRecvError::Empty`] when there is no message now.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast::{self, error::TryRecvError};
    ///
    /// let (sender, mut receiver) = broadcast::channel(16);
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let received = {
            let mut open = self.shared.audience.open();
            open.state.receive(&mut self.cursor)
        };
        match received {
            Ok(message) => Ok(message.receive()),
            Err(Nothing::Yet) => Err(TryRecvError::Empty),
            Err(Nothing::Ever) => Err(TryRecvError::Closed),
            Err(Nothing::Lagged(lost)) => Err(TryRecvError::Lagged(lost)),
        }
    }

    /// Receives the next message, and blocks this thread until it is there. For code that is not
    /// async.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread. Use [`recv`](Self::recv) there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, mut receiver) = broadcast::channel(16);
    /// let thread = std::thread::spawn(move || receiver.blocking_recv());
    /// sender.send(7).unwrap();
    /// assert_eq!(thread.join().unwrap(), Ok(7));
    /// ```
    #[cfg(not(loom))]
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        crate::sync::block::block_on("broadcast::Receiver::blocking_recv", self.recv())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut open = self.shared.audience.open();
        let seen = open.state.unsubscribe(self.cursor);
        let is_last = open.state.receivers() == 0;
        drop(open);
        let mut panics = Panics::new();
        panics.drop_all(seen);
        if is_last {
            panics.run(|| self.shared.closed.call());
        }
        panics.resume();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::Receiver")
    }
}
