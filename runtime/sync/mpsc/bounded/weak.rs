//! Senders of a bounded channel that do not count.

use std::fmt;

use super::Sender;
use crate::sync::mpsc::ends::WeakEnd;

/// A sender that does not count: the receiver does not wait for it.
///
/// To send, make it a sender again with [`upgrade`](Self::upgrade), which works as long as there
/// is another.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// let (sender, _receiver) = mpsc::channel(1);
/// let weak = sender.downgrade();
/// weak.upgrade().unwrap().try_send(1).unwrap();
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakSender<T> {
    end: WeakEnd<T>,
}

impl<T> WeakSender<T> {
    pub(super) fn new(end: WeakEnd<T>) -> Self {
        Self { end }
    }

    /// A sender, if there still is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// let weak = sender.downgrade();
    /// assert!(weak.upgrade().unwrap().same_channel(&sender));
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.end.upgrade().map(Sender::of)
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
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
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// assert_eq!(sender.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.end.shared().weak_count()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self {
            end: self.end.clone(),
        }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
