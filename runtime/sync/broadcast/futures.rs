//! The futures that wait on a broadcast channel.
//!
//! Absent: logic. They look at the ring, and keep a node for its audience.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::error::RecvError;
use super::ring::Nothing;
use super::{Receiver, Shared};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::Node;

pin_project! {
    /// Waits for a message; made by [`Receiver::recv`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::broadcast;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, mut receiver) = broadcast::channel(1);
    /// // Giving up loses no message.
    /// assert!(timeout(Duration::from_secs(1), receiver.recv()).await.is_err());
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.recv().await, Ok(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Recv<'a, T> {
        receiver: &'a mut Receiver<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Recv<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.receiver.shared.audience.leave(this.node.as_ref());
        }
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(receiver: &'a mut Receiver<T>, site: Site) -> Self {
        Self {
            receiver,
            site,
            node: Node::new(()),
        }
    }
}

impl<T: Clone> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let spent = ready!(budget::poll_proceed(cx));
        let this = self.project();
        let Receiver { shared, cursor } = &mut **this.receiver;
        let received = shared
            .audience
            .poll(this.node.as_ref(), cx.waker(), |ring| {
                match ring.receive(cursor) {
                    Err(Nothing::Yet) => None,
                    received => Some(received),
                }
            });
        let Poll::Ready(received) = received else {
            let resource = std::ptr::from_ref(&**shared).addr();
            leaf::waiting(cx, Kind::Broadcast, resource, *this.site);
            return Poll::Pending;
        };
        spent.made_progress();
        Poll::Ready(match received {
            Ok(message) => Ok(message.receive()),
            Err(Nothing::Lagged(lost)) => Err(RecvError::Lagged(lost)),
            Err(_) => Err(RecvError::Closed),
        })
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").field("site", &self.site).finish()
    }
}

pin_project! {
    /// Waits for the last receiver to go; made by [`Sender::closed`](super::Sender::closed).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::broadcast;
    ///
    /// let (sender, receiver) = broadcast::channel::<u32>(1);
    /// let waits = wakeful::spawn(async move { sender.closed().await });
    /// drop(receiver);
    /// waits.await.unwrap(); // the last receiver is gone: nothing more to send
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Closed<'a, T> {
        shared: &'a Shared<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Closed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shared.closed.leave(this.node.as_ref());
        }
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>, site: Site) -> Self {
        Self {
            shared,
            site,
            node: Node::new(()),
        }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let spent = ready!(budget::poll_proceed(cx));
        let this = self.project();
        let shared = *this.shared;
        let is_closed = |_: &mut ()| (shared.receivers() == 0).then_some(());
        let closed = shared
            .closed
            .poll(this.node.as_ref(), cx.waker(), is_closed);
        if closed.is_pending() {
            let resource = std::ptr::from_ref(shared).addr();
            leaf::waiting(cx, Kind::Broadcast, resource, *this.site);
            return Poll::Pending;
        }
        spent.made_progress();
        Poll::Ready(())
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").field("site", &self.site).finish()
    }
}
