//! The receiver of a bounded channel, and the methods that it shares with that of an unbounded one.

use std::fmt;
use std::task::{Context, Poll};

use super::ends::ReceiveEnd;
use super::error::TryRecvError;
use super::futures::{Recv, RecvMany};
use crate::leaf::Site;

/// What both receivers can do. `$open` and `$send` are parts of the examples: they open a channel,
/// and name the method that sends without waiting.
macro_rules! receiver_methods {
    ($open:literal, $send:literal) => {
        /// Receives the next message. `None`: there is none, and none will come, since all senders
        /// are gone, or this side [closed](Self::close) the channel and no permit is out.
        ///
        /// # Cancel safety
        ///
        /// Nothing is lost: a message is taken only by a poll that gives it out.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        /// wakeful::spawn(async move {
        #[doc = concat!("    sender.", $send, "(\"hello\").unwrap();")]
        /// });
        /// assert_eq!(receiver.recv().await, Some("hello"));
        /// assert_eq!(receiver.recv().await, None);
        /// # });
        /// ```
        #[track_caller]
        pub fn recv(&mut self) -> Recv<'_, T> {
            Recv::new(&mut self.end, Site::here())
        }

        /// Waits for a message, then appends to `buffer` what is there, `limit` messages at most,
        /// and says how many it appended. 0: there is none, and none will come; or `limit` is 0.
        ///
        /// Cheaper than as many calls of [`recv`](Self::recv). The buffer grows as it must.
        ///
        /// # Cancel safety
        ///
        /// Nothing is lost: messages are taken only by a poll that completes.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        /// for number in 0..3 {
        #[doc = concat!("    sender.", $send, "(number).unwrap();")]
        /// }
        /// let mut numbers = Vec::new();
        /// assert_eq!(receiver.recv_many(&mut numbers, 2).await, 2);
        /// assert_eq!(receiver.recv_many(&mut numbers, 2).await, 1);
        /// assert_eq!(numbers, [0, 1, 2]);
        /// # });
        /// ```
        #[track_caller]
        pub fn recv_many<'a>(
            &'a mut self,
            buffer: &'a mut Vec<T>,
            limit: usize,
        ) -> RecvMany<'a, T> {
            RecvMany::new(&mut self.end, buffer, limit, Site::here())
        }

        /// Receives a message if one is there. Never waits.
        ///
        /// # Errors
        ///
        /// [`TryRecvError::Empty`] if a message may still come, [`TryRecvError::Disconnected`] if
        /// none will.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc::{self, error::TryRecvError};
        ///
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// assert_eq!(receiver.try_recv(), Ok(1));
        /// drop(sender);
        /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        /// ```
        pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
            self.end.try_recv().map_err(|found| match found {
                $crate::sync::mpsc::channel::Found::End => TryRecvError::Disconnected,
                _ => TryRecvError::Empty,
            })
        }

        /// Blocks this thread until there is a message. For code that is not async.
        ///
        /// # Panics
        ///
        /// Inside an async task: it would stop all tasks of the thread. Call
        /// [`recv`](Self::recv) there.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        /// let adder = std::thread::spawn(move || receiver.blocking_recv());
        #[doc = concat!("sender.", $send, "(5).unwrap();")]
        /// assert_eq!(adder.join().unwrap(), Some(5));
        /// ```
        #[cfg(not(loom))]
        #[track_caller]
        pub fn blocking_recv(&mut self) -> Option<T> {
            $crate::sync::block::block_on("mpsc: blocking_recv", self.recv())
        }

        /// Blocks this thread as [`blocking_recv`](Self::blocking_recv) does; receives as
        /// [`recv_many`](Self::recv_many).
        ///
        /// # Panics
        ///
        /// Inside an async task: it would stop all tasks of the thread.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        #[doc = concat!("sender.", $send, "(2).unwrap();")]
        /// let mut numbers = Vec::new();
        /// assert_eq!(receiver.blocking_recv_many(&mut numbers, 10), 2);
        /// assert_eq!(numbers, [1, 2]);
        /// ```
        #[cfg(not(loom))]
        #[track_caller]
        pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
            $crate::sync::block::block_on("mpsc: blocking_recv_many", self.recv_many(buffer, limit))
        }

        /// Refuses messages from now on, and calls [`closed`](super::Sender::closed) waiters.
        ///
        /// What was sent before can still be received, and what the holders of permits send: to
        /// lose none, receive until `None`.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// receiver.close();
        #[doc = concat!("assert!(sender.", $send, "(2).is_err());")]
        /// assert_eq!(receiver.recv().await, Some(1));
        /// assert_eq!(receiver.recv().await, None);
        /// # });
        /// ```
        pub fn close(&mut self) {
            self.end.shared().close();
        }

        /// True once nothing new can be sent: all senders are gone, or this side
        /// [closed](Self::close) the channel. There may be messages left to receive.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// assert!(!receiver.is_closed());
        /// drop(sender);
        /// assert!(receiver.is_closed());
        /// ```
        pub fn is_closed(&self) -> bool {
            self.end.is_closed()
        }

        /// True while there is no message to receive at once.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, receiver) = ", $open, ";")]
        /// assert!(receiver.is_empty());
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// assert!(!receiver.is_empty());
        /// ```
        pub fn is_empty(&self) -> bool {
            self.len() == 0
        }

        /// How many messages can be received at once.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        #[doc = concat!("sender.", $send, "(2).unwrap();")]
        /// assert_eq!(receiver.len(), 2);
        /// ```
        pub fn len(&self) -> usize {
            self.end.len()
        }

        /// Receives the next message, or has `cx` woken when there is one or none can come any
        /// more. What [`recv`](Self::recv) does, for a hand-written future.
        ///
        /// Only the waker of the last call is woken. A `Pending` may also mean that the task has
        /// used up its budget; it is woken at once then.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::future::poll_fn;
        /// use wakeful::sync::mpsc;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// assert_eq!(poll_fn(|cx| receiver.poll_recv(cx)).await, Some(1));
        /// # });
        /// ```
        #[track_caller]
        pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
            self.end.poll_recv(cx, Site::here())
        }

        /// Receives several messages as [`recv_many`](Self::recv_many) does, for a hand-written
        /// future; waits as [`poll_recv`](Self::poll_recv).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::future::poll_fn;
        /// use wakeful::sync::mpsc;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        #[doc = concat!("let (sender, mut receiver) = ", $open, ";")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// let mut numbers = Vec::new();
        /// let count = poll_fn(|cx| receiver.poll_recv_many(cx, &mut numbers, 8)).await;
        /// assert_eq!((count, numbers), (1, vec![1]));
        /// # });
        /// ```
        #[track_caller]
        pub fn poll_recv_many(
            &mut self,
            cx: &mut Context<'_>,
            buffer: &mut Vec<T>,
            limit: usize,
        ) -> Poll<usize> {
            self.end.poll_recv_many(cx, buffer, limit, Site::here())
        }

        /// How many senders there are. 0: the last is gone, for good.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, receiver) = ", $open, ";")]
        #[doc = concat!("# sender.", $send, "(0).unwrap();")]
        /// let second = sender.clone();
        /// assert_eq!(receiver.sender_strong_count(), 2);
        /// ```
        pub fn sender_strong_count(&self) -> usize {
            self.end.shared().strong_count()
        }

        /// How many weak senders there are.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpsc;
        ///
        #[doc = concat!("let (sender, receiver) = ", $open, ";")]
        #[doc = concat!("# sender.", $send, "(0).unwrap();")]
        /// let weak = sender.downgrade();
        /// assert_eq!(receiver.sender_weak_count(), 1);
        /// ```
        pub fn sender_weak_count(&self) -> usize {
            self.end.shared().weak_count()
        }
    };
}

/// Receives the messages of a bounded channel. Made by [`channel`](super::channel()).
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
/// let (sender, mut receiver) = mpsc::channel(4);
/// sender.send(1).await.unwrap();
/// receiver.close(); // no more; what is in it still comes
/// assert!(sender.send(2).await.is_err());
/// assert_eq!(receiver.recv().await, Some(1));
/// assert_eq!(receiver.recv().await, None);
/// # }
/// ```
pub struct Receiver<T> {
    end: ReceiveEnd<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(end: ReceiveEnd<T>) -> Self {
        Self { end }
    }

    receiver_methods! { "mpsc::channel(8)", "try_send" }

    /// How many messages could be sent now without waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel(3);
    /// sender.try_send(1).unwrap();
    /// assert_eq!(receiver.capacity(), 2);
    /// ```
    pub fn capacity(&self) -> usize {
        self.end.shared().available()
    }

    /// The number given to [`channel`](super::channel()).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel(3);
    /// sender.try_send(1).unwrap();
    /// assert_eq!(receiver.max_capacity(), 3);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.end.shared().capacity
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("channel", self.end.shared())
            .finish()
    }
}
