//! What may go wrong on a watch channel.

use std::fmt;

/// There was no receiver. The value comes back, and the channel keeps the one it had.
///
/// # Examples
///
/// ```
/// use wakeful::sync::watch::{self, error::SendError};
///
/// let (sender, receiver) = watch::channel(1);
/// drop(receiver);
/// assert_eq!(sender.send(2), Err(SendError(2)));
/// assert_eq!(*sender.borrow(), 1); // unchanged; `send_replace` would have set it
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T> std::error::Error for SendError<T> {}

/// All senders are gone: the value will not change any more.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::watch;
///
/// let (sender, mut receiver) = watch::channel(1);
/// drop(sender);
/// let error = receiver.changed().await.unwrap_err();
/// println!("{error}");
/// assert_eq!(*receiver.borrow(), 1); // the last value stays
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RecvError(pub(super) ());

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl std::error::Error for RecvError {}
