//! Sending with a limit on the time it may take. The only part of a channel that needs a runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::error::SendTimeoutError;
use super::futures::Reserve;
use crate::time::Timeout;

pin_project! {
    /// Sends a message if there is room in time: the future of
    /// [`Sender::send_timeout`](super::Sender::send_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// sender.send(1).await.unwrap();
    /// let error = sender.send_timeout(2, Duration::from_secs(1)).await.unwrap_err();
    /// assert_eq!(error.into_inner(), 2); // it comes back
    /// assert_eq!(receiver.recv().await, Some(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct SendTimeout<'a, T> {
        message: Option<T>,
        #[pin]
        reserve: Timeout<Reserve<'a, T>>,
    }
}

impl<'a, T> SendTimeout<'a, T> {
    #[track_caller]
    pub(super) fn new(reserve: Reserve<'a, T>, message: T, limit: Duration) -> Self {
        Self {
            message: Some(message),
            reserve: crate::time::timeout(limit, reserve),
        }
    }
}

impl<T> Future for SendTimeout<'_, T> {
    type Output = Result<(), SendTimeoutError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let reserved = ready!(this.reserve.poll(cx));
        let message = this.message.take().expect("it is there until we are done");
        Poll::Ready(match reserved {
            Ok(Ok(permit)) => {
                permit.send(message);
                Ok(())
            }
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
