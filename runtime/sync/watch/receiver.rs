//! The half of a watch channel that reads the value.
//!
//! Absent: waiting. See `futures`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::error::RecvError;
use super::version::Version;
use super::{Changed, Ref, Shared, WaitFor};
use crate::leaf::Site;
use crate::primitives::atomic::Ordering;

/// Reads the value of a channel, and waits for changes. Made by [`channel`](super::channel),
/// [`Sender::subscribe`](super::Sender::subscribe) and by `clone`: a clone has seen what the
/// original has.
///
/// # Examples
///
/// ```
/// use wakeful::sync::watch;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (sender, mut receiver) = watch::channel(1);
/// sender.send(2).unwrap();
/// let mut other = receiver.clone();
/// receiver.changed().await.unwrap();
/// other.changed().await.unwrap();
/// assert_eq!(*receiver.borrow(), *other.borrow());
/// # });
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The version it has seen.
    version: Version,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, version: Version) -> Self {
        shared.receivers.fetch_add(1, Ordering::Relaxed);
        Self { shared, version }
    }

    /// Borrows the value, and leaves it as seen or not seen as it was. See [`Ref`] for what this
    /// locks.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel("hello");
    /// sender.send("goodbye").unwrap();
    /// assert_eq!(*receiver.borrow(), "goodbye");
    /// assert_eq!(receiver.has_changed().unwrap(), true);
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        let inner = self.shared.value.read();
        // The version moves under the lock: this is the one of the value.
        let has_changed = self.shared.state.now().version != self.version;
        Ref {
            inner,
            has_changed,
            _unwinding: PhantomData,
        }
    }

    /// Borrows the value, and marks it as seen. See [`Ref`] for what this locks.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, mut receiver) = watch::channel("hello");
    /// sender.send("goodbye").unwrap();
    /// assert_eq!(*receiver.borrow_and_update(), "goodbye");
    /// assert_eq!(receiver.has_changed().unwrap(), false);
    /// ```
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        self.shared.read_as_seen(&mut self.version)
    }

    /// True when there is a value that was not seen. Values are not compared: one that was
    /// replaced by an equal one has changed.
    ///
    /// # Errors
    ///
    /// When all senders are gone, also with a value that was not seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(1);
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.has_changed().unwrap(), true);
    /// drop(sender);
    /// assert!(receiver.has_changed().is_err());
    /// ```
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let now = self.shared.state.now();
        if now.is_closed {
            return Err(RecvError(()));
        }
        Ok(now.version != self.version)
    }

    /// True when all senders are gone.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(());
    /// assert!(!receiver.is_closed());
    /// drop(sender);
    /// assert!(receiver.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.state.now().is_closed
    }

    /// Marks the value as not seen: the next [`changed`](Self::changed) is ready at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (_sender, mut receiver) = watch::channel(1);
    /// receiver.mark_changed();
    /// assert_eq!(receiver.has_changed().unwrap(), true);
    /// ```
    pub fn mark_changed(&mut self) {
        self.version = self.version.before();
    }

    /// Marks the value as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, mut receiver) = watch::channel(1);
    /// sender.send(2).unwrap();
    /// receiver.mark_unchanged();
    /// assert_eq!(receiver.has_changed().unwrap(), false);
    /// ```
    pub fn mark_unchanged(&mut self) {
        self.version = self.shared.state.now().version;
    }

    /// Waits for a value that was not seen, and marks it as seen. Ready at once if there is one.
    ///
    /// # Errors
    ///
    /// When all senders are gone and the value was seen.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it was ready has marked nothing as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = watch::channel("hello");
    /// wakeful::spawn(async move { sender.send("goodbye") });
    /// receiver.changed().await.unwrap();
    /// assert_eq!(*receiver.borrow(), "goodbye");
    /// assert!(receiver.changed().await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed::new(&self.shared, &mut self.version, Site::here())
    }

    /// Waits for a value that `condition` holds for, borrows it and marks it as seen. See [`Ref`]
    /// for what this locks.
    ///
    /// It asks about the value there is, seen or not, and then about each other that it gets to
    /// see. Values that come faster are skipped.
    ///
    /// # Errors
    ///
    /// When all senders are gone and the condition does not hold for the last value.
    ///
    /// # Panics
    ///
    /// When `condition` does. The channel can be used as before.
    ///
    /// # Cancel safety
    ///
    /// A value that was marked as seen by a future that was dropped before it was ready is one for
    /// which the condition did not hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = watch::channel(1);
    /// wakeful::spawn(async move {
    ///     for number in 2..=9 {
    ///         sender.send(number).unwrap();
    ///         wakeful::task::yield_now().await;
    ///     }
    /// });
    /// assert!(*receiver.wait_for(|number| *number > 5).await.unwrap() > 5);
    /// assert!(receiver.wait_for(|number| *number == 100).await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn wait_for<F>(&mut self, condition: F) -> WaitFor<'_, T, F>
    where
        F: FnMut(&T) -> bool,
    {
        WaitFor::new(&self.shared, &mut self.version, condition, Site::here())
    }

    /// True when both read the value of the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (_sender, receiver) = watch::channel(());
    /// assert!(receiver.same_channel(&receiver.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Shared<T> {
    /// Borrows the value for a receiver, which has seen it now.
    pub(super) fn read_as_seen(&self, version: &mut Version) -> Ref<'_, T> {
        let inner = self.value.read();
        // The version moves under the lock: this is the one of the value.
        let now = self.state.now().version;
        let has_changed = now != *version;
        *version = now;
        Ref {
            inner,
            has_changed,
            _unwinding: PhantomData,
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::new(self.shared.clone(), self.version)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.shared.receivers.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.shared.closed.call();
        }
    }
}

#[cfg(not(loom))]
impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("shared", &self.shared)
            .field("version", &self.version)
            .finish()
    }
}
