//! The ends of a channel without a bound.
//!
//! Absent: what they share (`channel`).

use std::fmt;
use std::sync::Arc;

use super::channel::{Channel, NoMessage};
use super::error::{SendError, TryRecvError};
use super::futures::{Closed, Recv};
use crate::leaf::Site;
use crate::sync::block::block_on;

/// Opens a channel without a bound: sending never waits, and only memory limits it.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::unbounded_channel();
/// sender.send("hello").unwrap();
/// assert_eq!(receiver.clone().try_recv(), Ok("hello"));
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let channel = Arc::new(Channel::new(None));
    (
        UnboundedSender {
            channel: Arc::clone(&channel),
        },
        UnboundedReceiver { channel },
    )
}

/// Sends messages. Made by [`unbounded_channel`].
///
/// When the last sender is dropped, the channel is closed.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::unbounded_channel();
/// for i in 0..1000 {
///     sender.send(i).unwrap(); // never waits
/// }
/// assert_eq!(receiver.len(), 1000);
/// ```
pub struct UnboundedSender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> UnboundedSender<T> {
    /// Sends a message. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc;
    ///
    /// let (sender, receiver) = mpmc::unbounded_channel();
    /// assert!(sender.send(1).is_ok());
    /// drop(receiver);
    /// assert_eq!(sender.send(2).unwrap_err().0, 2);
    /// ```
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.channel.push(message).map_err(SendError)
    }

    /// Waits until the channel is closed by its receivers.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the same state.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let (sender, receiver) = mpmc::unbounded_channel::<u32>();
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert!(sender.is_closed());
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.channel)
    }

    /// True once the last receiver was dropped, or one of them has closed the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// receiver.close();
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// True when both send into the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, _receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// assert!(sender.same_channel(&sender.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }

    /// A handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// let weak = sender.downgrade();
    /// drop(sender);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender {
            channel: Arc::clone(&self.channel),
        }
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, _receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// let other = sender.clone();
    /// assert_eq!(sender.strong_count(), 2);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.channel.senders.count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        self.channel.senders.add();
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for UnboundedSender<T> {
    fn drop(&mut self) {
        if self.channel.senders.remove() {
            self.channel.close();
        }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").finish_non_exhaustive()
    }
}

/// A sender that does not keep the channel open. Made by [`UnboundedSender::downgrade`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::unbounded_channel::<u32>();
/// let weak = sender.downgrade();
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// assert!(receiver.is_closed());
/// ```
pub struct WeakUnboundedSender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakUnboundedSender<T> {
    /// A sender, while there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel();
    /// let weak = sender.downgrade();
    /// let sender = weak.upgrade().unwrap();
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.channel.senders.try_add().then(|| UnboundedSender {
            channel: Arc::clone(&self.channel),
        })
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender")
            .finish_non_exhaustive()
    }
}

/// Receives messages. Made by [`unbounded_channel`].
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
/// let (sender, receiver) = mpmc::unbounded_channel();
/// let other = receiver.clone();
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// assert_eq!(receiver.recv().await, Some(1));
/// assert_eq!(other.recv().await, Some(2));
/// # }
/// ```
pub struct UnboundedReceiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> UnboundedReceiver<T> {
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
    /// let (sender, receiver) = mpmc::unbounded_channel();
    /// sender.send(1).unwrap();
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
    /// let (sender, receiver) = mpmc::unbounded_channel();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(1).unwrap();
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
    /// let (sender, receiver) = mpmc::unbounded_channel();
    /// let thread = std::thread::spawn(move || receiver.blocking_recv());
    /// sender.send(1).unwrap();
    /// assert_eq!(thread.join().unwrap(), Some(1));
    /// ```
    #[track_caller]
    pub fn blocking_recv(&self) -> Option<T> {
        block_on("mpmc::UnboundedReceiver::blocking_recv", self.recv())
    }

    /// Takes no more messages into the channel. Those that are there can still be received.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel();
    /// sender.send(1).unwrap();
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
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
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
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel();
    /// sender.send(1).unwrap();
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
    /// let (_sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// assert!(receiver.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// let weak = receiver.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(receiver);
    /// assert!(weak.upgrade().is_none() && sender.is_closed());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakUnboundedReceiver<T> {
        WeakUnboundedReceiver {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Clone for UnboundedReceiver<T> {
    fn clone(&self) -> Self {
        self.channel.receivers.add();
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for UnboundedReceiver<T> {
    fn drop(&mut self) {
        if self.channel.receivers.remove() {
            self.channel.close();
            self.channel.drain();
        }
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedReceiver").finish_non_exhaustive()
    }
}

/// A receiver that does not keep the channel open. Made by [`UnboundedReceiver::downgrade`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::unbounded_channel::<u32>();
/// let weak = receiver.downgrade();
/// drop(receiver);
/// assert!(weak.upgrade().is_none());
/// assert!(sender.is_closed());
/// ```
pub struct WeakUnboundedReceiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakUnboundedReceiver<T> {
    /// A receiver, while there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_sender, receiver) = wakeful::sync::mpmc::unbounded_channel::<u32>();
    /// assert!(receiver.downgrade().upgrade().is_some());
    /// ```
    pub fn upgrade(&self) -> Option<UnboundedReceiver<T>> {
        self.channel.receivers.try_add().then(|| UnboundedReceiver {
            channel: Arc::clone(&self.channel),
        })
    }
}

impl<T> Clone for WeakUnboundedReceiver<T> {
    fn clone(&self) -> Self {
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> fmt::Debug for WeakUnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedReceiver")
            .finish_non_exhaustive()
    }
}
