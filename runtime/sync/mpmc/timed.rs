//! Sending with a limit on the time it may take. The only part of a channel that needs a runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::channel::Channel;
use super::error::SendTimeoutError;
use crate::leaf::{Kind, Site};
use crate::sync::permits::{Acquiring, Permits, Refused};
use crate::time::Timeout;

pin_project! {
    /// Room for one message, as a future.
    struct Room<'a> {
        #[pin]
        acquiring: Acquiring<&'a Permits>,
    }
}

impl Future for Room<'_> {
    type Output = Result<(), Refused>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().acquiring.poll(cx).map_ok(drop)
    }
}

pin_project! {
    /// Sends a message if there is room in time; made by
    /// [`Sender::send_timeout`](super::Sender::send_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpmc;
    ///
    /// let (sender, receiver) = mpmc::channel(1);
    /// let limit = Duration::from_secs(1);
    /// sender.send_timeout(1, limit).await.unwrap();
    /// let message = sender.send_timeout(2, limit).await.unwrap_err().into_inner();
    /// assert_eq!(message, 2); // it comes back
    /// assert_eq!(receiver.len(), 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct SendTimeout<'a, T> {
        channel: &'a Channel<T>,
        message: Option<T>,
        #[pin]
        room: Timeout<Room<'a>>,
    }
}

impl<'a, T> SendTimeout<'a, T> {
    #[track_caller]
    pub(super) fn new(
        channel: &'a Channel<T>,
        room: &'a Permits,
        message: T,
        limit: Duration,
    ) -> Self {
        let acquiring = Acquiring::new(room, 1, Kind::Channel, Site::here());
        Self {
            channel,
            message: Some(message),
            room: crate::time::timeout(limit, Room { acquiring }),
        }
    }
}

impl<T> Future for SendTimeout<'_, T> {
    type Output = Result<(), SendTimeoutError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let room = ready!(this.room.poll(cx));
        let message = this.message.take().expect("it is there until we are done");
        Poll::Ready(match room {
            Ok(Ok(())) => this.channel.push(message).map_err(SendTimeoutError::Closed),
            Ok(Err(_)) => Err(SendTimeoutError::Closed(message)),
            Err(_) => Err(SendTimeoutError::Timeout(message)),
        })
    }
}

impl<T> fmt::Debug for SendTimeout<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendTimeout").finish_non_exhaustive()
    }
}
