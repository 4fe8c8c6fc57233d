//! The sending end of a channel without a bound, and how to open one.
//!
//! Absent: what they share (`channel`).

use std::fmt;
use std::sync::Arc;

use super::channel::Channel;
use super::error::SendError;
use super::futures::Closed;
use super::receiver::UnboundedReceiver;

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
        UnboundedReceiver::of(channel),
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
