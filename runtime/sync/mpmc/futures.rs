//! The futures of a channel: to send, to receive, to wait for its end.
//!
//! Absent: logic. They keep a node for the channel or for its room.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::channel::Channel;
use super::error::SendError;
use crate::leaf::{self, Kind, Site};
use crate::sync::futures::Notified;
use crate::sync::permits::{Acquiring, Permits};
use crate::sync::waiters::Node;

pin_project! {
    /// Sends a message; made by [`Sender::send`](super::Sender::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpmc;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, receiver) = mpmc::channel(1);
    /// sender.send(1).await.unwrap();
    /// // Giving up drops the message; nobody receives it.
    /// assert!(timeout(Duration::from_secs(1), sender.send(2)).await.is_err());
    /// drop(sender);
    /// assert_eq!(receiver.recv().await, Some(1));
    /// assert_eq!(receiver.recv().await, None);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Send<'a, T> {
        channel: &'a Channel<T>,
        message: Option<T>,
        #[pin]
        acquiring: Acquiring<&'a Permits>,
    }
}

impl<'a, T> Send<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, room: &'a Permits, message: T, site: Site) -> Self {
        Self {
            channel,
            message: Some(message),
            acquiring: Acquiring::new(room, 1, Kind::Channel, site),
        }
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        assert!(
            this.message.is_some(),
            "a send was polled after it had completed"
        );
        let room = ready!(this.acquiring.poll(cx));
        let Some(message) = this.message.take() else {
            unreachable!("it was there a moment ago");
        };
        Poll::Ready(match room {
            Ok(_) => this.channel.push(message).map_err(SendError),
            Err(_) => Err(SendError(message)),
        })
    }
}

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send").finish_non_exhaustive()
    }
}

pin_project! {
    /// Receives a message; made by [`Receiver::recv`](super::Receiver::recv) and
    /// [`UnboundedReceiver::recv`](super::UnboundedReceiver::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpmc;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, receiver) = mpmc::channel(1);
    /// // Giving up loses no message: the next of them goes to whoever waits then.
    /// assert!(timeout(Duration::from_secs(1), receiver.recv()).await.is_err());
    /// sender.send(1).await.unwrap();
    /// assert_eq!(receiver.recv().await, Some(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Recv<'a, T> {
        channel: &'a Channel<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Recv<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.channel.leave(this.node);
        }
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, site: Site) -> Self {
        Self {
            channel,
            site,
            node: Node::new(()),
        }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_take(this.channel, this.node, *this.site, cx)
    }
}

fn poll_take<T>(
    channel: &Channel<T>,
    node: Pin<&mut Node<()>>,
    site: Site,
    cx: &Context<'_>,
) -> Poll<Option<T>> {
    let polled = channel.poll_take(node, cx);
    if polled.is_pending() {
        let resource = std::ptr::from_ref::<Channel<T>>(channel).addr();
        leaf::waiting(cx, Kind::Channel, resource, site);
    }
    polled
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").field("site", &self.site).finish()
    }
}

pin_project! {
    /// Receives what is there; made by [`Receiver::recv_many`](super::Receiver::recv_many) and
    /// [`UnboundedReceiver::recv_many`](super::UnboundedReceiver::recv_many).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpmc;
    ///
    /// let (sender, receiver) = mpmc::unbounded_channel();
    /// let waits = wakeful::spawn(async move {
    ///     let mut numbers = Vec::new();
    ///     while receiver.recv_many(&mut numbers, 16).await > 0 {}
    ///     numbers
    /// });
    /// (0..3).for_each(|number| sender.send(number).unwrap());
    /// drop(sender);
    /// assert_eq!(waits.await.unwrap(), [0, 1, 2]);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RecvMany<'a, T> {
        channel: &'a Channel<T>,
        buffer: &'a mut Vec<T>,
        limit: usize,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for RecvMany<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.channel.leave(this.node);
        }
    }
}

impl<'a, T> RecvMany<'a, T> {
    pub(super) fn new(
        channel: &'a Channel<T>,
        buffer: &'a mut Vec<T>,
        limit: usize,
        site: Site,
    ) -> Self {
        Self {
            channel,
            buffer,
            limit,
            site,
            node: Node::new(()),
        }
    }
}

impl<T> Future for RecvMany<'_, T> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let this = self.project();
        let Some(more) = this.limit.checked_sub(1) else {
            return Poll::Ready(0);
        };
        let Some(first) = ready!(poll_take(this.channel, this.node, *this.site, cx)) else {
            return Poll::Ready(0);
        };
        this.buffer.push(first);
        Poll::Ready(1 + this.channel.take_more(this.buffer, more))
    }
}

impl<T> fmt::Debug for RecvMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvMany")
            .field("site", &self.site)
            .finish()
    }
}

pin_project! {
    /// Waits until the channel is closed; made by [`Sender::closed`](super::Sender::closed) and
    /// [`UnboundedSender::closed`](super::UnboundedSender::closed).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpmc;
    ///
    /// let (sender, receiver) = mpmc::channel::<u32>(1);
    /// let waits = wakeful::spawn(async move { sender.closed().await });
    /// drop(receiver);
    /// waits.await.unwrap(); // nobody is left to receive
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Closed<'a, T> {
        channel: &'a Channel<T>,
        #[pin]
        told: Notified<'a>,
    }
}

impl<'a, T> Closed<'a, T> {
    #[track_caller]
    pub(super) fn new(channel: &'a Channel<T>) -> Self {
        Self {
            channel,
            told: channel.closed.notified(),
        }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        // It is closed before those who wait for it are told.
        if this.channel.is_closed() {
            return Poll::Ready(());
        }
        this.told.poll(cx)
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}
