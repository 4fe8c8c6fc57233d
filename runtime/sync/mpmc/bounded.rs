//! The sending end of a channel with a bound, and how to open one.
//!
//! Absent: what they share (`channel`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::channel::Channel;
use super::error::{SendError, TrySendError};
use super::futures::{Closed, Send};
use super::receiver::Receiver;
use super::timed::SendTimeout;
use crate::leaf::Site;
use crate::sync::block::block_on;
use crate::sync::permits::{self, Permits, Refused};

/// Opens a channel with room for `capacity` messages.
///
/// # Panics
///
/// When `capacity` is zero or more than `usize::MAX >> 3`.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let (sender, receiver) = mpmc::channel(1);
/// let sums = [receiver.clone(), receiver].map(|receiver| {
///     wakeful::spawn(async move {
///         let mut sum = 0;
///         while let Some(number) = receiver.recv().await {
///             sum += number;
///         }
///         sum
///     })
/// });
/// for number in 1..=10 {
///     sender.send(number).await.unwrap();
/// }
/// drop(sender);
/// let [one, other] = sums;
/// assert_eq!(one.await.unwrap() + other.await.unwrap(), 55);
/// # });
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel has room for one message at least");
    assert!(
        capacity <= permits::MAX,
        "a channel has room for at most usize::MAX >> 3 messages"
    );
    let channel = Arc::new(Channel::new(Some(capacity)));
    (
        Sender {
            channel: Arc::clone(&channel),
        },
        Receiver::of(channel),
    )
}

/// Sends messages. Made by [`channel`].
///
/// When the last sender is dropped, the channel is closed.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::channel(1);
/// let sends = async move {
///     for i in 0..3 {
///         sender.send(i).await.unwrap(); // waits while one is in the channel
///     }
/// };
/// let receives = async {
///     let mut sum = 0;
///     while let Some(i) = receiver.recv().await {
///         sum += i;
///     }
///     sum
/// };
/// assert_eq!(wakeful::join!(sends, receives).1, 3);
/// # }
/// ```
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting until there is room. Who waits longest comes first.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or becomes so while we wait.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, the message was not sent and is dropped, and
    /// the place in the queue is given up.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let (sender, receiver) = mpmc::channel(1);
    /// sender.send(1).await.unwrap();
    /// assert_eq!(receiver.recv().await, Some(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn send(&self, message: T) -> Send<'_, T> {
        Send::new(&self.channel, self.room(), message, Site::here())
    }

    /// Sends a message if there is room and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message: closed, or full.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpmc::{self, error::TrySendError};
    ///
    /// let (sender, receiver) = mpmc::channel(1);
    /// assert!(sender.try_send(1).is_ok());
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// ```
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.room().try_acquire(1) {
            Ok(()) => self.channel.push(message).map_err(TrySendError::Closed),
            Err(Refused::Few) => Err(TrySendError::Full(message)),
            Err(Refused::Closed) => Err(TrySendError::Closed(message)),
        }
    }

    /// Sends a message, waiting for room for `limit` at most.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`](super::error::SendTimeoutError) with the message: closed, or too late.
    ///
    /// # Panics
    ///
    /// When called outside of a runtime, or on one whose timers are not enabled.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::sync::mpmc::{self, error::SendTimeoutError};
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let (sender, _receiver) = mpmc::channel(1);
    /// sender.send_timeout(1, Duration::from_millis(1)).await.unwrap();
    /// let late = sender.send_timeout(2, Duration::from_millis(1)).await;
    /// assert_eq!(late, Err(SendTimeoutError::Timeout(2)));
    /// # });
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, message: T, limit: Duration) -> SendTimeout<'_, T> {
        SendTimeout::new(&self.channel, self.room(), message, limit)
    }

    /// Blocks this thread until the message is sent. For code that is not async.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message when the channel is closed, or becomes so while we wait.
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
    /// let (sender, receiver) = mpmc::channel(1);
    /// let thread = std::thread::spawn(move || sender.blocking_send(1));
    /// assert_eq!(receiver.blocking_recv(), Some(1));
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        block_on("mpmc::Sender::blocking_send", self.send(message))
    }

    /// How many messages there is room for now.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, _receiver) = wakeful::sync::mpmc::channel(2);
    /// sender.try_send(1).unwrap();
    /// assert_eq!(sender.capacity(), 1);
    /// ```
    pub fn capacity(&self) -> usize {
        self.room().available()
    }

    /// How many messages there is room for when the channel is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, _receiver) = wakeful::sync::mpmc::channel::<u32>(2);
    /// assert_eq!(sender.max_capacity(), 2);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.channel.max_capacity
    }

    fn room(&self) -> &Permits {
        let room = self.channel.room.as_ref();
        room.expect("a channel with a bound has permits")
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
    /// let (sender, receiver) = mpmc::channel::<u32>(8);
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
    /// let (sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
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
    /// let (sender, _receiver) = wakeful::sync::mpmc::channel::<u32>(8);
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
    /// let (sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// let weak = sender.downgrade();
    /// drop(sender);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender {
            channel: Arc::clone(&self.channel),
        }
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, _receiver) = wakeful::sync::mpmc::channel::<u32>(8);
    /// let other = sender.clone();
    /// assert_eq!(sender.strong_count(), 2);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.channel.senders.count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.senders.add();
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.channel.senders.remove() {
            self.channel.close();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// A sender that does not keep the channel open. Made by [`Sender::downgrade`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpmc;
///
/// let (sender, receiver) = mpmc::channel::<u32>(1);
/// let weak = sender.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// assert!(receiver.is_closed());
/// ```
pub struct WeakSender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakSender<T> {
    /// A sender, while there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = wakeful::sync::mpmc::channel(8);
    /// let weak = sender.downgrade();
    /// let sender = weak.upgrade().unwrap();
    /// sender.try_send(1).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.senders.try_add().then(|| Sender {
            channel: Arc::clone(&self.channel),
        })
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
