//! A channel that keeps only the last value: senders replace it, receivers see that it changed.
//!
//! [`channel`] takes a first value. Both halves can be cloned. A receiver remembers which version
//! of the value it has *seen*, and waits for another with [`changed`](Receiver::changed): values
//! that come faster than it looks are skipped, the last one never is. A fresh receiver has seen the
//! value that was there when it was made.
//!
//! - [`borrow_and_update`](Receiver::borrow_and_update) reads the value and marks it as seen;
//!   [`borrow`](Receiver::borrow) reads it only. In a loop use the first: otherwise a value that
//!   comes between `changed` and `borrow` is read, and then announced once more.
//! - Both give a [`Ref`], which holds a read lock: a sender blocks its thread until it is dropped.
//!   Keep it short, and do not hold it across an `.await`.
//! - Without a receiver, [`send`](Sender::send) fails and the value stays as it is. The other
//!   methods that change it work all the same. [`subscribe`](Sender::subscribe) makes a receiver
//!   again.
//! - When all senders are gone, a value that was not seen is still announced; then `changed` ends
//!   with [`error::RecvError`].
//! - The value is dropped when both sides are gone.
//!
//! Built on a read-write lock for the value, `version` and two `Audience`s.
//!
//! Not here: a queue. Who must see every value takes `broadcast`.
//!
//! # Examples
//!
//! ```
//! use wakeful::sync::watch;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, mut receiver) = watch::channel("hello");
//! wakeful::spawn(async move { sender.send("goodbye") });
//! let mut seen = vec![*receiver.borrow_and_update()];
//! while receiver.changed().await.is_ok() {
//!     seen.push(*receiver.borrow_and_update());
//! }
//! assert_eq!(seen, ["hello", "goodbye"]);
//! # });
//! ```

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::primitives::atomic::{AtomicUsize, Ordering};
use crate::primitives::{RwLock, RwLockReadGuard};
use crate::sync::audience::Audience;

pub mod error;
mod futures;
mod receiver;
mod sender;
mod version;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub use futures::{Changed, Closed, WaitFor};
pub use receiver::Receiver;
pub use sender::Sender;

use error::RecvError;
use version::{State, Version};

/// Opens a channel with a first value, which the receiver has seen.
///
/// # Examples
///
/// ```
/// use wakeful::sync::watch;
///
/// let (sender, receiver) = watch::channel(1);
/// assert_eq!(receiver.has_changed().unwrap(), false);
/// sender.send(2).unwrap();
/// assert_eq!(receiver.has_changed().unwrap(), true);
/// assert_eq!(*receiver.borrow(), 2);
/// ```
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(init));
    let receiver = Receiver::new(shared.clone(), Version::FIRST);
    (Sender::new_in(shared), receiver)
}

/// What all ends of a channel have in common.
struct Shared<T> {
    value: RwLock<T>,
    state: State,
    receivers: AtomicUsize,
    senders: AtomicUsize,
    /// Receivers that wait for another version, or for the end.
    changed: Audience<()>,
    /// Senders that wait for the last receiver to go.
    closed: Audience<()>,
    /// Not unwind-safe, as tokio's is not.
    _unwinding: PhantomData<dyn Send + Sync + Unpin>,
}

impl<T> Shared<T> {
    fn new(value: T) -> Self {
        Self {
            value: RwLock::new(value),
            state: State::new(),
            receivers: AtomicUsize::new(0),
            senders: AtomicUsize::new(0),
            changed: Audience::new(()),
            closed: Audience::new(()),
            _unwinding: PhantomData,
        }
    }

    /// What a receiver that has seen `version` is to be told, if anything: that there is another
    /// one, which it has seen now, or that there will be none.
    fn news(&self, version: &mut Version) -> Option<Result<(), RecvError>> {
        let now = self.state.now();
        if now.version != *version {
            *version = now.version;
            return Some(Ok(()));
        }
        now.is_closed.then_some(Err(RecvError(())))
    }

    fn receivers(&self) -> usize {
        self.receivers.load(Ordering::Relaxed)
    }
}

#[cfg(not(loom))]
impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.state.now();
        let value = self.value.try_read();
        let mut shared = f.debug_struct("Shared");
        match &value {
            Some(value) => shared.field("value", &**value),
            None => shared.field("value", &format_args!("<locked>")),
        };
        shared
            .field("version", &now.version)
            .field("is_closed", &now.is_closed)
            .field("ref_count_rx", &self.receivers())
            .finish()
    }
}

/// The value of a channel, borrowed. Senders wait until it is dropped.
///
/// A thread that holds one must not send into the channel, and should not borrow again: a sender
/// that waits may keep the second borrow waiting, and is itself kept by the first.
///
/// # Examples
///
/// ```
/// use wakeful::sync::watch;
///
/// let (_sender, receiver) = watch::channel(String::from("hello"));
/// let value = receiver.borrow();
/// assert_eq!(value.len(), 5);
/// ```
pub struct Ref<'a, T> {
    inner: RwLockReadGuard<'a, T>,
    has_changed: bool,
    /// Not unwind-safe, as tokio's is not.
    _unwinding: PhantomData<dyn Send + Sync + Unpin>,
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref")
            .field("inner", &self.inner)
            .field("has_changed", &self.has_changed)
            .finish()
    }
}

impl<T> Ref<'_, T> {
    /// True when the receiver it was borrowed from had not seen the value. False when it was
    /// borrowed from a sender. Whether the channel is closed does not matter.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::watch;
    ///
    /// let (sender, mut receiver) = watch::channel(1);
    /// sender.send(2).unwrap();
    /// assert!(receiver.borrow_and_update().has_changed());
    /// assert!(!receiver.borrow().has_changed());
    /// assert!(!sender.borrow().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}
