//! The half of a watch channel that changes the value.
//!
//! Absent: the order of two senders. Whoever gets the lock later has the last word.

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;

use super::error::SendError;
use super::version::Version;
use super::{Closed, Receiver, Ref, Shared};
use crate::leaf::Site;
use crate::primitives::atomic::Ordering;

/// Changes the value of a channel. Made by [`channel`](super::channel) and by `clone`.
///
/// # Examples
///
/// ```
/// use wakeful::sync::watch;
///
/// let (sender, receiver) = watch::channel(1);
/// let other = sender.clone();
/// std::thread::spawn(move || other.send(2)).join().unwrap().unwrap();
/// assert_eq!(*receiver.borrow(), 2);
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Opens a channel like [`channel`](super::channel), without a receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch::Sender;
    ///
    /// let sender = Sender::new(1);
    /// assert!(sender.send(2).is_err());
    /// let receiver = sender.subscribe();
    /// sender.send(3).unwrap();
    /// assert_eq!(*receiver.borrow(), 3);
    /// ```
    pub fn new(init: T) -> Self {
        Self::new_in(Arc::new(Shared::new(init)))
    }

    pub(super) fn new_in(shared: Arc<Shared<T>>) -> Self {
        shared.senders.fetch_add(1, Ordering::Relaxed);
        Self { shared }
    }

    /// Replaces the value, drops the one before, and tells all receivers.
    ///
    /// # Errors
    ///
    /// Gives the value back when there is no receiver. The channel keeps what it had;
    /// [`send_replace`](Self::send_replace) does not ask for receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(1);
    /// sender.send(2).unwrap();
    /// assert_eq!(*receiver.borrow(), 2);
    /// drop(receiver);
    /// assert_eq!(sender.send(3).unwrap_err().0, 3);
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.receiver_count() == 0 {
            return Err(SendError(value));
        }
        self.send_replace(value);
        Ok(())
    }

    /// Changes the value in place, and tells all receivers. Works without receivers, too.
    ///
    /// # Panics
    ///
    /// When `modify` does. Nobody is told then; what it had changed stays changed, and the channel
    /// can be used as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(vec![1]);
    /// sender.send_modify(|list| list.push(2));
    /// assert_eq!(*receiver.borrow(), [1, 2]);
    /// ```
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Changes the value in place, and tells all receivers if `modify` returns true. Returns what
    /// it returned. Works without receivers, too.
    ///
    /// A change for which it returns false can be read, and is not announced.
    ///
    /// # Panics
    ///
    /// When `modify` does. Nobody is told then; what it had changed stays changed, and the channel
    /// can be used as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(5);
    /// let raise = |to: u32| {
    ///     sender.send_if_modified(|highest| {
    ///         let higher = to > *highest;
    ///         *highest = to.max(*highest);
    ///         higher
    ///     })
    /// };
    /// assert!(!raise(3));
    /// assert_eq!(receiver.has_changed().unwrap(), false);
    /// assert!(raise(7));
    /// assert_eq!(receiver.has_changed().unwrap(), true);
    /// ```
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        let mut value = self.shared.value.write();
        // The lock does not poison: a panic unlocks it, and that is all.
        if !modify(&mut value) {
            return false;
        }
        self.shared.state.step();
        drop(value);
        self.shared.changed.call();
        true
    }

    /// Replaces the value, tells all receivers, and returns the one before. Works without
    /// receivers, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch::Sender;
    ///
    /// let sender = Sender::new(1);
    /// assert_eq!(sender.send_replace(2), 1);
    /// assert_eq!(*sender.borrow(), 2);
    /// ```
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|current| mem::swap(current, &mut value));
        value
    }

    /// Borrows the value. See [`Ref`] for what this locks.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch::Sender;
    ///
    /// let sender = Sender::new("hello");
    /// assert_eq!(*sender.borrow(), "hello");
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref {
            inner: self.shared.value.read(),
            has_changed: false,
            _unwinding: PhantomData,
        }
    }

    /// True when there is no receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(());
    /// assert!(!sender.is_closed());
    /// drop(receiver);
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Waits until there is no receiver: whoever makes the values can stop.
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
    /// use wakeful::sync::watch;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, receiver) = watch::channel(());
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert!(sender.is_closed());
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.shared, Site::here())
    }

    /// Makes a receiver that has seen the value there is. It also reopens a channel that had lost
    /// its last receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch::Sender;
    ///
    /// let sender = Sender::new(1);
    /// sender.send_replace(2);
    /// let receiver = sender.subscribe();
    /// assert_eq!(receiver.has_changed().unwrap(), false);
    /// assert_eq!(*receiver.borrow(), 2);
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        let seen: Version = self.shared.state.now().version;
        Receiver::new(self.shared.clone(), seen)
    }

    /// How many receivers there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(());
    /// let _other = receiver.clone();
    /// assert_eq!(sender.receiver_count(), 2);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// How many senders there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, _receiver) = watch::channel(());
    /// let other = sender.clone();
    /// assert_eq!(other.sender_count(), 2);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// True when both change the value of the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch::Sender;
    ///
    /// let sender = Sender::new(());
    /// assert!(sender.same_channel(&sender.clone()));
    /// assert!(!sender.same_channel(&Sender::new(())));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new_in(self.shared.clone())
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // ORDERING: AcqRel; pairs with itself. What all senders did comes before the end.
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.state.close();
            self.shared.changed.call();
        }
    }
}

#[cfg(not(loom))]
impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("shared", &self.shared)
            .finish()
    }
}
