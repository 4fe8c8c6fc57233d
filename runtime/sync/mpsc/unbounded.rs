//! The channel without a limit: its senders, weak senders and receiver.

use std::fmt;
use std::task::{Context, Poll};

use super::ends::{self, ReceiveEnd, SendEnd, WeakEnd};
use super::error::{SendError, TryRecvError};
use super::futures::{Closed, Recv, RecvMany};
use crate::leaf::Site;

/// Opens a channel that holds any number of messages.
///
/// Sending never waits, so nothing slows a sender down that is faster than the receiver: the
/// backlog may fill the memory. Prefer [`channel`](super::channel()) where that can happen.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// drop(sender);
/// assert_eq!(receiver.recv().await, Some(1));
/// assert_eq!(receiver.recv().await, Some(2));
/// assert_eq!(receiver.recv().await, None);
/// # });
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = ends::open(None);
    (
        UnboundedSender { end: sender },
        UnboundedReceiver { end: receiver },
    )
}

/// Sends to an unbounded channel. Made by [`unbounded_channel`]; can be cloned.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// std::thread::spawn(move || {
///     for i in 0..3 {
///         sender.send(i).unwrap(); // never waits: any thread may call it
///     }
/// });
/// assert_eq!(receiver.blocking_recv(), Some(0));
/// ```
pub struct UnboundedSender<T> {
    end: SendEnd<T>,
}

impl<T> UnboundedSender<T> {
    /// Sends a message. Never waits.
    ///
    /// `Ok` means that the receiver was still there, not that it will take the message.
    ///
    /// # Errors
    ///
    /// Gives the message back if the receiver was dropped, or has closed the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::unbounded_channel();
    /// sender.send(1).unwrap();
    /// drop(receiver);
    /// assert_eq!(sender.send(2).unwrap_err().0, 2);
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.end
            .shared()
            .try_send(message)
            .map_err(|(_, message)| SendError(message))
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
    /// let (sender, receiver) = mpsc::unbounded_channel::<()>();
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.end, Site::here())
    }

    /// True once the receiver was dropped, or has closed the channel: a message would come back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::unbounded_channel::<()>();
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
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// assert!(sender.same_channel(&sender.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.end.is_same(&other.end)
    }

    /// A sender that does not keep the receiver waiting: see [`WeakUnboundedSender`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// assert!(sender.downgrade().upgrade().is_some());
    /// ```
    #[must_use = "the sender stays as it is; this makes a weak one"]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender {
            end: self.end.downgrade(),
        }
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
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
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// let weak = sender.downgrade();
    /// assert_eq!(sender.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.end.shared().weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self {
            end: self.end.clone(),
        }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender")
            .field("channel", self.end.shared())
            .finish()
    }
}

/// A sender of an unbounded channel that does not count: the receiver does not wait for it.
///
/// To send, make it a sender again with [`upgrade`](Self::upgrade), which works as long as there
/// is another.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// let (sender, _receiver) = mpsc::unbounded_channel();
/// let weak = sender.downgrade();
/// weak.upgrade().unwrap().send(1).unwrap();
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakUnboundedSender<T> {
    end: WeakEnd<T>,
}

impl<T> WeakUnboundedSender<T> {
    /// A sender, if there still is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// let weak = sender.downgrade();
    /// assert!(weak.upgrade().unwrap().same_channel(&sender));
    /// ```
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.end.upgrade().map(|end| UnboundedSender { end })
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// assert_eq!(sender.downgrade().strong_count(), 1);
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
    /// let (sender, _receiver) = mpsc::unbounded_channel::<()>();
    /// assert_eq!(sender.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.end.shared().weak_count()
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self {
            end: self.end.clone(),
        }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender")
            .finish_non_exhaustive()
    }
}

/// Receives the messages of an unbounded channel. Made by [`unbounded_channel`].
///
/// Dropping it closes the channel and drops the messages in it.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// sender.send(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.recv().await, Some(1));
/// assert_eq!(receiver.recv().await, None);
/// # }
/// ```
pub struct UnboundedReceiver<T> {
    end: ReceiveEnd<T>,
}

impl<T> UnboundedReceiver<T> {
    receiver_methods! { "mpsc::unbounded_channel()", "send" }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedReceiver")
            .field("channel", self.end.shared())
            .finish()
    }
}
