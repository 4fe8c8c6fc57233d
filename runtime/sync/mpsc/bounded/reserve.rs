//! Reserving: taking permits ahead of the messages, with or without waiting.

use super::{OwnedPermit, Permit, PermitIterator, Sender};
use crate::leaf::Site;
use crate::sync::mpsc::channel::Refused;
use crate::sync::mpsc::error::TrySendError;
use crate::sync::mpsc::futures::{Reserve, ReserveMany, ReserveOwned};

impl<T> Sender<T> {
    /// Sets room for one message aside, and waits for it if there is none.
    ///
    /// # Errors
    ///
    /// When the receiver was dropped, or has closed the channel.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it completes gives up the place in the queue, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// let permit = sender.reserve().await.unwrap();
    /// assert!(sender.try_send(1).is_err()); // the room is taken
    /// permit.send(2);
    /// assert_eq!(receiver.recv().await, Some(2));
    /// # });
    /// ```
    #[track_caller]
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve::new(&self.end, Site::here())
    }

    /// Sets room for `n` messages aside, and waits until all of it is there.
    ///
    /// # Errors
    ///
    /// When the receiver was dropped, or has closed the channel; when `n` is more than
    /// [`max_capacity`](Self::max_capacity), since it would wait for ever.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it completes gives up the place in the queue, and the room that
    /// was set aside so far goes to others.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, receiver) = mpsc::channel(2);
    /// for permit in sender.reserve_many(2).await.unwrap() {
    ///     permit.send("hello");
    /// }
    /// assert_eq!(receiver.len(), 2);
    /// # });
    /// ```
    #[track_caller]
    pub fn reserve_many(&self, n: usize) -> ReserveMany<'_, T> {
        ReserveMany::new(&self.end, n, Site::here())
    }

    /// Sets room for one message aside as [`reserve`](Self::reserve) does, and puts the sender
    /// into the permit, which then borrows nothing. Clone the sender first to keep one.
    ///
    /// # Errors
    ///
    /// When the receiver was dropped, or has closed the channel. The sender is dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it completes gives up the place in the queue, and drops the
    /// sender.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// let permit = sender.reserve_owned().await.unwrap();
    /// wakeful::spawn(async move { permit.send("hello") });
    /// assert_eq!(receiver.recv().await, Some("hello"));
    /// # });
    /// ```
    #[track_caller]
    pub fn reserve_owned(self) -> ReserveOwned<T> {
        ReserveOwned::new(self, Site::here())
    }

    /// Sets room for one message aside if there is any. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc::{self, error::TrySendError};
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(1);
    /// let permit = sender.try_reserve().unwrap();
    /// assert!(matches!(sender.try_reserve(), Err(TrySendError::Full(()))));
    /// drop(permit);
    /// assert!(sender.try_reserve().is_ok());
    /// ```
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        match self.end.try_reserve(1) {
            Ok(()) => Ok(Permit::new(&self.end)),
            Err(refused) => Err(why(refused, ())),
        }
    }

    /// Sets room for `n` messages aside if there is so much. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send); [`TrySendError::Full`] also when `n` is more than
    /// [`max_capacity`](Self::max_capacity).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel::<()>(2);
    /// assert!(sender.try_reserve_many(3).is_err());
    /// assert_eq!(sender.try_reserve_many(2).unwrap().count(), 2);
    /// ```
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        if n > self.max_capacity() {
            return Err(TrySendError::Full(()));
        }
        match self.end.try_reserve(n) {
            Ok(()) => Ok(PermitIterator::new(&self.end, n)),
            Err(refused) => Err(why(refused, ())),
        }
    }

    /// Sets room for one message aside if there is any, and puts the sender into the permit.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send). Both errors give the sender back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, _receiver) = mpsc::channel(1);
    /// let sender = sender.try_reserve_owned().unwrap().send(1);
    /// let sender = sender.try_reserve_owned().unwrap_err().into_inner();
    /// assert_eq!(sender.capacity(), 0);
    /// ```
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.end.try_reserve(1) {
            Ok(()) => Ok(OwnedPermit::new(self.end)),
            Err(refused) => Err(why(refused, self)),
        }
    }
}

pub(super) fn why<R>(refused: Refused, back: R) -> TrySendError<R> {
    match refused {
        Refused::Full => TrySendError::Full(back),
        Refused::Closed => TrySendError::Closed(back),
    }
}
