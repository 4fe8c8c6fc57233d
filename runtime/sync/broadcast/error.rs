//! What may go wrong on a broadcast channel.

use std::fmt;

/// There was no receiver. The message comes back.
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast::{self, error::SendError};
///
/// let (sender, receiver) = broadcast::channel(4);
/// drop(receiver);
/// let SendError(message) = sender.send("lost").unwrap_err();
/// assert_eq!(message, "lost");
/// ```
#[derive(Debug)]
pub struct SendError<T>(pub T);

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T: fmt::Debug> std::error::Error for SendError<T> {}

/// Why [`Receiver::recv`](super::Receiver::recv) has no message.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::broadcast::{self, error::RecvError};
///
/// let (sender, mut receiver) = broadcast::channel(2);
/// for i in 1..=3 {
///     sender.send(i).unwrap();
/// }
/// drop(sender);
/// assert_eq!(receiver.recv().await, Err(RecvError::Lagged(1))); // go on: it is told once
/// assert_eq!(receiver.recv().await, Ok(2));
/// assert_eq!(receiver.recv().await, Ok(3));
/// assert_eq!(receiver.recv().await, Err(RecvError::Closed));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecvError {
    /// All senders are gone, and all they sent was received.
    Closed,
    /// So many messages were overwritten before this receiver came to them. The next one is the
    /// oldest that is left.
    Lagged(u64),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvError::Closed => f.write_str("channel closed"),
            RecvError::Lagged(lost) => write!(f, "channel lagged by {lost}"),
        }
    }
}

impl std::error::Error for RecvError {}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) has no message.
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast::{self, error::TryRecvError};
///
/// let (sender, mut receiver) = broadcast::channel(1);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(1)));
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Ok(2));
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryRecvError {
    /// There is none now.
    Empty,
    /// All senders are gone, and all they sent was received.
    Closed,
    /// So many messages were overwritten before this receiver came to them. The next one is the
    /// oldest that is left.
    Lagged(u64),
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryRecvError::Empty => f.write_str("channel empty"),
            TryRecvError::Closed => f.write_str("channel closed"),
            TryRecvError::Lagged(lost) => write!(f, "channel lagged by {lost}"),
        }
    }
}

impl std::error::Error for TryRecvError {}
