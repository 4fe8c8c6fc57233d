//! The receiving end of a channel with a bound.
//!
//! Absent: what the ends share (`channel`).

use std::fmt;
use std::sync::Arc;

use super::channel::{Channel, NoMessage};
use super::error::TryRecvError;
use super::futures::Recv;
use crate::leaf::Site;
use crate::sync::block::block_on;
use crate::sync::permits::Permits;

/// Receives messages. Made by [`channel`](super::channel()).
///
/// A clone receives from the same channel: each message goes to one of them. When the last is
/// dropped, the channel is closed and what is in it is dropped.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::channel(8);
/// for i in 0..4 {
///     sender.send(i).await.unwrap();
/// }
/// drop(sender);
/// // Two tasks share the work: each message goes to one of them.
/// let count = |receiver: mpmc::Receiver<u32>| async move {
///     let mut count = 0;
///     while receiver.recv().await.is_some() {
///         count += 1;
///     }
///     count
/// };
/// let (one, other) = wakeful::join!(count(receiver.clone()), count(receiver));
/// assert_eq!(one + other, 4);
/// # }
/// ```
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Receiver<T> {
    /// The one that is there from the start.
    pub(super) fn first(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// Receives a message, waiting until there is one. `None`: the channel is closed and empty.
    ///
    /// Receivers that wait are served in the order in which their futures were first polled.
    ///
    /// # Cancel safety
    ///
    /// No message is lost: one that was meant for this future goes to the next who waits, or stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let (sender, receiver) = mpmc::channel(8);
    /// sender.try_send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.recv().await, Some(1));
    /// assert_eq!(receiver.recv().await, None);
    /// # });
    /// ```
    #[track_caller]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(&self.channel, Site::here())
    }

    /// Takes a message if there is one that nobody waits for.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] while a message may still come, [`TryRecvError::Disconnected`] if
    /// none will.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc::{self, error::TryRecvError};
    ///
    /// let (sender, receiver) = mpmc::channel(8);
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.try_send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.try_take().map_err(|reason| match reason {
            NoMessage::Yet => TryRecvError::Empty,
            NoMessage::Ever => TryRecvError::Disconnected,
        })
    }

    /// Blocks this thread until there is a message. For code that is not async.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc;
    ///
    /// let (sender, receiver) = mpmc::channel(8);
    /// let thread = std::thread::spawn(move || receiver.blocking_recv());
    /// sender.try_send(1).unwrap();
    /// assert_eq!(thread.join().unwrap(), Some(1));
    /// ```
    #[track_caller]
    pub fn blocking_recv(&self) -> Option<T> {
        block_on("mpmc::Receiver::blocking_recv", self.recv())
    }

    /// Takes no more messages into the channel. Those that are there can still be received.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::channel(8);
    /// sender.try_send(1).unwrap();
    /// receiver.close();
    /// assert!(sender.is_closed());
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn close(&self) {
        self.channel.close();
    }

    /// True once no message can come in any more.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// drop(sender);
    /// assert!(receiver.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// How many messages are in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::channel(8);
    /// sender.try_send(1).unwrap();
    /// assert_eq!(receiver.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// True while there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// assert!(receiver.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages there is room for now.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_sender, receiver) = wakeful::sync::mpmc::channel::<u32>(2);
    /// assert_eq!(receiver.capacity(), 2);
    /// ```
    pub fn capacity(&self) -> usize {
        self.channel.room.as_ref().map_or(0, Permits::available)
    }

    /// How many messages there is room for when the channel is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_sender, receiver) = wakeful::sync::mpmc::channel::<u32>(2);
    /// assert_eq!(receiver.max_capacity(), 2);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.channel.max_capacity
    }

    /// A handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// let weak = receiver.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(receiver);
    /// assert!(weak.upgrade().is_none() && sender.is_closed());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.channel.receivers.add();
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.channel.receivers.remove() {
            self.channel.close();
            self.channel.drain();
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// A receiver that does not keep the channel open. Made by [`Receiver::downgrade`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::channel::<u32>(1);
/// let weak = receiver.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(receiver);
/// assert!(weak.upgrade().is_none());
/// assert!(sender.is_closed());
/// ```
pub struct WeakReceiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakReceiver<T> {
    /// A receiver, while there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// assert!(receiver.downgrade().upgrade().is_some());
    /// ```
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        self.channel.receivers.try_add().then(|| Receiver {
            channel: Arc::clone(&self.channel),
        })
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakReceiver").finish_non_exhaustive()
    }
}
