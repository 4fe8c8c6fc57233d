//! Permits to send: room in a bounded channel that is set aside.
//!
//! One that is dropped gives its room back, to whoever waits first.

use std::fmt;
use std::iter::FusedIterator;
use std::mem;

use super::Sender;
use crate::sync::mpsc::ends::SendEnd;

/// Room for one message. Made by [`Sender::reserve`] and [`Sender::try_reserve`].
///
/// Dropping it gives the room back. A permit works after the receiver has closed the channel: it
/// was promised before.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// let permit = sender.reserve().await.unwrap();
/// assert!(sender.try_send("no room").is_err());
/// permit.send("promised"); // cannot fail and need not wait
/// assert_eq!(receiver.recv().await, Some("promised"));
/// # }
/// ```
pub struct Permit<'a, T> {
    end: &'a SendEnd<T>,
}

impl<'a, T> Permit<'a, T> {
    pub(in crate::sync::mpsc) fn new(end: &'a SendEnd<T>) -> Self {
        Self { end }
    }

    /// Sends a message in the room set aside. Never waits.
    ///
    /// If the receiver is gone the message is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// let permit = sender.try_reserve().unwrap();
    /// assert!(sender.try_send(1).is_err());
    /// permit.send(2);
    /// assert_eq!(receiver.try_recv(), Ok(2));
    /// ```
    pub fn send(self, message: T) {
        let end = self.end;
        mem::forget(self);
        end.send_permitted(message);
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.end.shared().release(1);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("channel", self.end.shared())
            .finish()
    }
}

/// Permits to send several messages, one a call of `next`. Made by [`Sender::reserve_many`] and
/// [`Sender::try_reserve_many`].
///
/// Dropping it gives back the room of those it has not given out.
///
/// # Examples
///
/// ```
/// use wakeful::sync::mpsc;
///
/// let (sender, receiver) = mpsc::channel(3);
/// let permits = sender.try_reserve_many(2).unwrap();
/// assert_eq!(permits.len(), 2);
/// for (number, permit) in permits.enumerate() {
///     permit.send(number);
/// }
/// assert_eq!(receiver.len(), 2);
/// ```
pub struct PermitIterator<'a, T> {
    end: &'a SendEnd<T>,
    left: usize,
}

impl<'a, T> PermitIterator<'a, T> {
    pub(in crate::sync::mpsc) fn new(end: &'a SendEnd<T>, left: usize) -> Self {
        Self { end, left }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit::new(self.end))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.end.shared().release(self.left);
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator")
            .field("channel", self.end.shared())
            .field("capacity", &self.left)
            .finish()
    }
}

/// Room for one message, together with the sender. Made by [`Sender::reserve_owned`] and
/// [`Sender::try_reserve_owned`].
///
/// It borrows nothing, so it can be kept or moved to another task. Dropping it gives the room
/// back and drops the sender.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// let permit = sender.reserve_owned().await.unwrap();
/// // It can go elsewhere, and gives the sender back.
/// let task = wakeful::spawn(async move { permit.send("message") });
/// assert_eq!(receiver.recv().await, Some("message"));
/// assert!(!task.await.unwrap().is_closed());
/// # }
/// ```
pub struct OwnedPermit<T> {
    // None only while it is being taken apart.
    end: Option<SendEnd<T>>,
}

impl<T> OwnedPermit<T> {
    pub(in crate::sync::mpsc) fn new(end: SendEnd<T>) -> Self {
        Self { end: Some(end) }
    }

    fn take(&mut self) -> SendEnd<T> {
        self.end.take().expect("it is taken apart once")
    }

    /// Sends a message in the room set aside, and gives the sender back. Never waits.
    ///
    /// If the receiver is gone the message is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(2);
    /// let sender = sender.try_reserve_owned().unwrap().send(1);
    /// sender.try_send(2).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn send(mut self, message: T) -> Sender<T> {
        let sender = Sender::of(self.take());
        sender.end.send_permitted(message);
        sender
    }

    /// Gives the room back, and the sender to the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// let permit = sender.try_reserve_owned().unwrap();
    /// let sender = permit.release();
    /// assert_eq!(sender.capacity(), 1);
    /// ```
    pub fn release(mut self) -> Sender<T> {
        let sender = Sender::of(self.take());
        sender.end.shared().release(1);
        sender
    }

    /// True if both are for the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(2);
    /// let one = sender.clone().try_reserve_owned().unwrap();
    /// let other = sender.try_reserve_owned().unwrap();
    /// assert!(one.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        let ends = self.end.as_ref().zip(other.end.as_ref());
        ends.is_some_and(|(end, other)| end.is_same(other))
    }

    /// True if `sender` sends to the channel that this is for.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// let permit = sender.clone().try_reserve_owned().unwrap();
    /// assert!(permit.same_channel_as_sender(&sender));
    /// ```
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| end.is_same(&sender.end))
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end.shared().release(1);
        }
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit")
            .field("channel", &self.end.as_ref().map(SendEnd::shared))
            .finish()
    }
}
