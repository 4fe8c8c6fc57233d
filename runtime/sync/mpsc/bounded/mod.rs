//! The bounded channel: opening it, and its sender.
//!
//! Each way to send is a way to take permits (`ticket` if it waits) and then to append. Absent: the
//! receiver, which has most in common with that of an unbounded channel (`receiver.rs`).

use std::fmt;

use super::channel::MOST_PERMITS;
use super::ends::{self, SendEnd};
use super::error::{SendError, TrySendError};
use super::futures::{Closed, Sending};
use super::receiver::Receiver;
use crate::leaf::Site;

mod permit;
mod reserve;
mod weak;

pub use permit::{OwnedPermit, Permit, PermitIterator};
use reserve::why;
pub use weak::WeakSender;

/// Opens a channel that holds `buffer` messages at most: who sends more waits.
///
/// # Panics
///
/// When `buffer` is 0, or more than `Semaphore::MAX_PERMITS`.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (sender, mut receiver) = mpsc::channel(1);
/// wakeful::spawn(async move {
///     for number in 0..10 {
///         sender.send(number).await.unwrap();
///     }
/// });
/// for number in 0..10 {
///     assert_eq!(receiver.recv().await, Some(number));
/// }
/// assert_eq!(receiver.recv().await, None);
/// # });
/// ```
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    assert!(buffer > 0, "mpsc bounded channel requires buffer > 0");
    assert!(
        buffer <= MOST_PERMITS,
        "a channel has room for at most MAX_PERMITS ({MOST_PERMITS}) messages"
    );
    let (sender, receiver) = ends::open(Some(buffer));
    (Sender { end: sender }, Receiver::new(receiver))
}

/// Sends to a bounded channel. Made by [`channel`]; can be cloned.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// for name in ["a", "b"] {
///     let sender = sender.clone();
///     wakeful::spawn(async move { sender.send(name).await });
/// }
/// drop(sender); // the last of them closes the channel
/// let mut names = Vec::new();
/// while let Some(name) = receiver.recv().await {
///     names.push(name);
/// }
/// assert_eq!(names, ["a", "b"]);
/// # }
/// ```
pub struct Sender<T> {
    end: SendEnd<T>,
}

impl<T> Sender<T> {
    pub(super) fn of(end: SendEnd<T>) -> Self {
        Self { end }
    }

    pub(super) fn into_end(self) -> SendEnd<T> {
        self.end
    }

    /// Sends a message, and waits for room if there is none.
    ///
    /// Who waits first is served first. `Ok` means that the receiver was still there, not that it
    /// will take the message.
    ///
    /// # Errors
    ///
    /// Gives the message back if the receiver was dropped, or has closed the channel, also while
    /// this waited.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it completes sends nothing, drops the message, and gives up the
    /// place in the queue. To keep the message, [`reserve`](Self::reserve) first.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// sender.send(1).await.unwrap();
    /// assert_eq!(receiver.recv().await, Some(1));
    /// drop(receiver);
    /// assert_eq!(sender.send(2).await.unwrap_err().0, 2);
    /// # });
    /// ```
    #[track_caller]
    pub fn send(&self, message: T) -> Sending<'_, T> {
        Sending::new(&self.end, message, Site::here())
    }

    /// Waits until the receiver was dropped, or has closed the channel.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. Once the channel is closed a new call completes at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, receiver) = mpsc::channel::<()>(1);
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.end, Site::here())
    }

    /// Sends a message if there is room. Never waits.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] if there is no room, or others wait for it;
    /// [`TrySendError::Closed`] if the receiver was dropped, or has closed the channel. Both give
    /// the message back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc::{self, error::TrySendError};
    ///
    /// let (sender, receiver) = mpsc::channel(1);
    /// assert_eq!(sender.try_send(1), Ok(()));
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// drop(receiver);
    /// assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.end
            .shared()
            .try_send(message)
            .map_err(|(refused, message)| why(refused, message))
    }

    /// Sends a message, and waits for room until `timeout` has passed.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`](super::error::SendTimeoutError::Timeout) if there was no room
    /// in time, [`Closed`](super::error::SendTimeoutError::Closed) as for [`send`](Self::send).
    /// Both give the message back.
    ///
    /// # Panics
    ///
    /// When called outside of a runtime, or on one whose timers are not enabled.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send): nothing is sent, and the message is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::sync::mpsc::{self, error::SendTimeoutError};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, _receiver) = mpsc::channel(1);
    /// let limit = Duration::from_millis(1);
    /// assert_eq!(sender.send_timeout(1, limit).await, Ok(()));
    /// assert_eq!(
    ///     sender.send_timeout(2, limit).await,
    ///     Err(SendTimeoutError::Timeout(2)),
    /// );
    /// # });
    /// ```
    #[cfg(not(loom))]
    #[track_caller]
    pub fn send_timeout(
        &self,
        message: T,
        timeout: std::time::Duration,
    ) -> super::SendTimeout<'_, T> {
        super::SendTimeout::new(self.reserve(), message, timeout)
    }

    /// Sends a message, and blocks this thread while there is no room. For code that is not async.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread. Call [`send`](Self::send)
    /// there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// let thread = std::thread::spawn(move || {
    ///     for number in 0..3 {
    ///         sender.blocking_send(number).unwrap();
    ///     }
    /// });
    /// for number in 0..3 {
    ///     assert_eq!(receiver.blocking_recv(), Some(number));
    /// }
    /// thread.join().unwrap();
    /// ```
    #[cfg(not(loom))]
    #[track_caller]
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        crate::sync::block::block_on("mpsc: blocking_send", self.send(message))
    }

    /// True once the receiver was dropped, or has closed the channel: a message would come back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel::<()>(1);
    /// assert!(!sender.is_closed());
    /// drop(receiver);
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.end.shared().is_closed()
    }

    /// True if both send to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// assert!(sender.same_channel(&sender.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.end.is_same(&other.end)
    }

    /// How many messages could be sent now without waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel(3);
    /// sender.try_send(1).unwrap();
    /// let _permit = sender.try_reserve().unwrap();
    /// assert_eq!(sender.capacity(), 1);
    /// ```
    pub fn capacity(&self) -> usize {
        self.end.shared().available()
    }

    /// A sender that does not keep the receiver waiting: see [`WeakSender`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// assert!(sender.downgrade().upgrade().is_some());
    /// ```
    #[must_use = "the sender stays as it is; this makes a weak one"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::new(self.end.downgrade())
    }

    /// The number given to [`channel`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel(3);
    /// sender.try_send(1).unwrap();
    /// assert_eq!(sender.max_capacity(), 3);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.end.shared().capacity
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// assert_eq!(sender.strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.end.shared().strong_count()
    }

    /// How many weak senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// let weak = sender.downgrade();
    /// assert_eq!(sender.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.end.shared().weak_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            end: self.end.clone(),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("channel", self.end.shared())
            .finish()
    }
}
