//! The receiving ends, with a bound and without.
//!
//! They are the same but for their names, and for `capacity`. Absent: what the ends share
//! (`channel`).

use std::fmt;
use std::sync::Arc;

use super::channel::{Channel, NoMessage};
use super::error::TryRecvError;
use super::futures::{Recv, RecvMany};
use crate::leaf::Site;
use crate::sync::block::block_on;
use crate::sync::permits::Permits;

/// What both receivers can do. `$open`, `$room` and `$send` are parts of the examples: they open a
/// channel, and send without waiting.
macro_rules! receiver_methods {
    ($weak:ident, $open:literal, $room:literal, $send:literal) => {
        /// Receives a message, waiting until there is one. `None`: the channel is closed and empty.
        ///
        /// Receivers that wait are served in the order in which their futures were first polled.
        ///
        /// # Cancel safety
        ///
        /// No message is lost: one that was meant for this future goes to the next who waits, or
        /// stays.
        ///
        /// # Examples
        ///
        /// ```
        /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
        /// # runtime.unwrap().block_on(async {
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// drop(sender);
        /// assert_eq!(receiver.recv().await, Some(1));
        /// assert_eq!(receiver.recv().await, None);
        /// # });
        /// ```
        #[track_caller]
        pub fn recv(&self) -> Recv<'_, T> {
            Recv::new(&self.channel, Site::here())
        }

        /// Waits for a message, then appends to `buffer` what is there and is not for others who
        /// wait, `limit` messages at most, and says how many it appended. 0: the channel is closed
        /// and empty; or `limit` is 0.
        ///
        /// # Cancel safety
        ///
        /// No message is lost: messages are taken only by a poll that completes.
        ///
        /// # Examples
        ///
        /// ```
        /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
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
        pub fn recv_many<'a>(&'a self, buffer: &'a mut Vec<T>, limit: usize) -> RecvMany<'a, T> {
            RecvMany::new(&self.channel, buffer, limit, Site::here())
        }

        /// Takes a message if there is one that nobody waits for.
        ///
        /// # Errors
        ///
        /// [`TryRecvError::Empty`] while a message may still come, [`TryRecvError::Disconnected`]
        /// if none will.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpmc::{self, error::TryRecvError};
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
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
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        /// let thread = std::thread::spawn(move || receiver.blocking_recv());
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// assert_eq!(thread.join().unwrap(), Some(1));
        /// ```
        #[track_caller]
        pub fn blocking_recv(&self) -> Option<T> {
            block_on("mpmc: blocking_recv", self.recv())
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
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
        /// let mut numbers = Vec::new();
        /// assert_eq!(receiver.blocking_recv_many(&mut numbers, 10), 1);
        /// ```
        #[track_caller]
        pub fn blocking_recv_many(&self, buffer: &mut Vec<T>, limit: usize) -> usize {
            block_on("mpmc: blocking_recv_many", self.recv_many(buffer, limit))
        }

        /// Takes no more messages into the channel. Those that are there can still be received.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
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
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "::<u32>(", $room, ");")]
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
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "(", $room, ");")]
        #[doc = concat!("sender.", $send, "(1).unwrap();")]
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
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (_sender, receiver) = mpmc::", $open, "::<u32>(", $room, ");")]
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
        /// use wakeful::sync::mpmc;
        ///
        #[doc = concat!("let (sender, receiver) = mpmc::", $open, "::<u32>(", $room, ");")]
        /// let weak = receiver.downgrade();
        /// assert!(weak.upgrade().is_some());
        /// drop(receiver);
        /// assert!(weak.upgrade().is_none() && sender.is_closed());
        /// ```
        #[must_use]
        pub fn downgrade(&self) -> $weak<T> {
            $weak {
                channel: Arc::clone(&self.channel),
            }
        }
    };
}

/// The clones of both, their ends, and the receivers that keep nothing open.
macro_rules! receiver_handles {
    ($receiver:ident, $weak:ident) => {
        impl<T> $receiver<T> {
            /// The one that is there from the start, or one more that was counted.
            pub(super) fn of(channel: Arc<Channel<T>>) -> Self {
                Self { channel }
            }
        }

        impl<T> Clone for $receiver<T> {
            fn clone(&self) -> Self {
                self.channel.receivers.add();
                Self::of(Arc::clone(&self.channel))
            }
        }

        impl<T> Drop for $receiver<T> {
            fn drop(&mut self) {
                if self.channel.receivers.remove() {
                    self.channel.close();
                    self.channel.drain();
                }
            }
        }

        impl<T> $weak<T> {
            /// A receiver, while there is one.
            ///
            /// # Examples
            ///
            /// ```
            /// let (_sender, receiver) = wakeful::sync::mpmc::channel::<u32>(8);
            /// assert!(receiver.downgrade().upgrade().is_some());
            /// ```
            pub fn upgrade(&self) -> Option<$receiver<T>> {
                let counted = self.channel.receivers.try_add();
                counted.then(|| $receiver::of(Arc::clone(&self.channel)))
            }
        }

        impl<T> Clone for $weak<T> {
            fn clone(&self) -> Self {
                Self {
                    channel: Arc::clone(&self.channel),
                }
            }
        }

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($receiver))
                    .finish_non_exhaustive()
            }
        }

        impl<T> fmt::Debug for $weak<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($weak)).finish_non_exhaustive()
            }
        }
    };
}

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
    receiver_methods!(WeakReceiver, "channel", "8", "try_send");

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

receiver_handles!(Receiver, WeakReceiver);

/// Receives messages. Made by [`unbounded_channel`](super::unbounded_channel).
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
    receiver_methods!(WeakUnboundedReceiver, "unbounded_channel", "", "send");
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

receiver_handles!(UnboundedReceiver, WeakUnboundedReceiver);
