//! The sending half of a broadcast channel, and its weak form.
//!
//! Absent: the messages. See `ring`.

use std::fmt;
use std::sync::Arc;

use super::error::SendError;
use super::ring::Pushed;
use super::{Closed, Receiver, Shared};
use crate::leaf::Site;
use crate::primitives::atomic::Ordering;
use crate::sync::audience::close_and_call;
use crate::sync::panics::Panics;

/// Sends messages to all receivers. Made by [`channel`](super::channel) and by `clone`.
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast;
///
/// let (sender, mut receiver) = broadcast::channel(16);
/// let other = sender.clone();
/// std::thread::spawn(move || other.send(3)).join().unwrap().unwrap();
/// assert_eq!(receiver.blocking_recv(), Ok(3));
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Opens a channel like [`channel`](super::channel), without a receiver: sending fails until
    /// somebody [subscribes](Self::subscribe).
    ///
    /// # Panics
    ///
    /// When `capacity` is 0, or more than `usize::MAX / 2`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast::Sender;
    ///
    /// let sender = Sender::new(16);
    /// assert!(sender.send(1).is_err());
    /// let mut receiver = sender.subscribe();
    /// sender.send(2).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(2));
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Self::new_in(Shared::new(capacity, 0))
    }

    /// The sender that `shared` counts already.
    pub(super) fn new_in(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// Sends a message to all receivers there are, and says how many. Never waits.
    ///
    /// They may not all get it: some may be dropped, or [lag](super#lagging), before they come to
    /// it.
    ///
    /// # Errors
    ///
    /// Gives the message back when there is no receiver. A later send may succeed, after a
    /// [`subscribe`](Self::subscribe).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, one) = broadcast::channel(16);
    /// let other = sender.subscribe();
    /// assert_eq!(sender.send("news").unwrap(), 2);
    /// drop((one, other));
    /// assert_eq!(sender.send("old news").unwrap_err().0, "old news");
    /// ```
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        let mut open = self.shared.audience.open();
        match open.state.push(value) {
            Ok(Pushed { receivers, evicted }) => {
                if open.is_empty() && evicted.is_none() {
                    return Ok(receivers);
                }
                let wakers = close_and_call(open);
                let mut panics = Panics::new();
                panics.run(|| wakers.wake());
                panics.drop_all(evicted);
                panics.resume();
                Ok(receivers)
            }
            Err(value) => {
                drop(open);
                Err(SendError(value))
            }
        }
    }

    /// Makes a receiver of all that is sent from now on. It also reopens a channel that had lost
    /// its last receiver.
    ///
    /// # Panics
    ///
    /// When there are more than `usize::MAX / 4` receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel(16);
    /// sender.send("before").unwrap();
    /// let mut receiver = sender.subscribe();
    /// sender.send("after").unwrap();
    /// assert_eq!(receiver.try_recv(), Ok("after"));
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        self.shared.subscribe()
    }

    /// Makes a sender that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// let weak = sender.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(sender);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "the sender stays as it is; only the result is weak"]
    pub fn downgrade(&self) -> WeakSender<T> {
        self.shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        WeakSender {
            shared: self.shared.clone(),
        }
    }

    /// How many messages are kept: those that were not overwritten and that some receiver has
    /// still to get.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, mut one) = broadcast::channel(16);
    /// let mut other = sender.subscribe();
    /// sender.send(1).unwrap();
    /// sender.send(2).unwrap();
    /// one.try_recv().unwrap();
    /// assert_eq!(sender.len(), 2);
    /// other.try_recv().unwrap();
    /// assert_eq!(sender.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.audience.open().state.len()
    }

    /// True when every receiver has got everything.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, mut receiver) = broadcast::channel(16);
    /// sender.send(1).unwrap();
    /// assert!(!sender.is_empty());
    /// receiver.try_recv().unwrap();
    /// assert!(sender.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shared.audience.open().state.is_empty()
    }

    /// How many receivers there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _one) = broadcast::channel::<()>(16);
    /// let _other = sender.subscribe();
    /// assert_eq!(sender.receiver_count(), 2);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// True when both send into the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// assert!(sender.same_channel(&sender.clone()));
    /// assert!(!sender.same_channel(&broadcast::Sender::new(16)));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// When somebody subscribes again before this task gets to look, it goes on waiting.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the same state.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, receiver) = broadcast::channel::<()>(16);
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert_eq!(sender.receiver_count(), 0);
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.shared, Site::here())
    }

    /// How many senders there are, without the weak ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// let other = sender.clone();
    /// assert_eq!(other.strong_count(), 2);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// let _weak = sender.downgrade();
    /// assert_eq!(sender.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.weak_senders()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let shared = self.shared.clone();
        shared.senders.fetch_add(1, Ordering::Relaxed);
        Self { shared }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.sender_gone();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::Sender")
    }
}

/// A sender that does not keep the channel open. Made by [`Sender::downgrade`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::broadcast;
///
/// let (sender, mut receiver) = broadcast::channel(16);
/// let weak = sender.downgrade();
/// weak.upgrade().expect("there is a sender").send(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Ok(1));
/// assert!(receiver.is_closed());
/// ```
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> WeakSender<T> {
    /// Makes a sender of it, unless there is none left: a closed channel stays closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// let other = sender.downgrade().upgrade().unwrap();
    /// assert!(other.same_channel(&sender));
    /// ```
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        let open = self.shared.sender_came_back();
        open.then(|| Sender::new_in(self.shared.clone()))
    }

    /// How many senders there are, without the weak ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// assert_eq!(sender.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, _receiver) = broadcast::channel::<()>(16);
    /// let weak = sender.downgrade();
    /// assert_eq!(weak.clone().weak_count(), 2);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.weak_senders()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        let shared = self.shared.clone();
        shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        Self { shared }
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        self.shared.weak_senders.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::WeakSender")
    }
}
