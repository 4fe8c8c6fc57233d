//! The futures of a channel, by name.
//!
//! Each is a thin wrapper: receiving is `ReceiveEnd::poll_recv`, sending and reserving are a
//! `Ticket`. Like tokio's they are not `Unpin`: pin them to poll them in place.

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::bounded::{OwnedPermit, Permit, PermitIterator, Sender};
use super::ends::{ReceiveEnd, SendEnd};
use super::error::SendError;
use super::ticket::Ticket;
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::{Node, Stage};

const COMPLETED: &str = "a channel's future was polled after it had completed";

pin_project! {
    /// Receives a message: the future of [`Receiver::recv`](super::Receiver::recv) and
    /// [`UnboundedReceiver::recv`](super::UnboundedReceiver::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpsc;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// // Giving up loses no message.
    /// assert!(timeout(Duration::from_secs(1), receiver.recv()).await.is_err());
    /// sender.send(1).await.unwrap();
    /// assert_eq!(receiver.recv().await, Some(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Recv<'a, T> {
        end: &'a mut ReceiveEnd<T>,
        site: Site,
        is_waiting: bool,
        #[pin]
        _pinned: PhantomPinned,
    }

    impl<T> PinnedDrop for Recv<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            if this.is_waiting {
                this.end.shared().withdraw();
            }
        }
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(end: &'a mut ReceiveEnd<T>, site: Site) -> Self {
        Self {
            end,
            site,
            is_waiting: false,
            _pinned: PhantomPinned,
        }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        let outcome = this.end.poll_recv(cx, *this.site);
        *this.is_waiting = outcome.is_pending();
        outcome
    }
}

pin_project! {
    /// Receives several messages: the future of
    /// [`Receiver::recv_many`](super::Receiver::recv_many) and
    /// [`UnboundedReceiver::recv_many`](super::UnboundedReceiver::recv_many).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(8);
    /// for i in 0..3 {
    ///     sender.send(i).await.unwrap();
    /// }
    /// let mut messages = Vec::new();
    /// assert_eq!(receiver.recv_many(&mut messages, 10).await, 3); // does not wait for ten
    /// assert_eq!(messages, [0, 1, 2]);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RecvMany<'a, T> {
        end: &'a mut ReceiveEnd<T>,
        buffer: &'a mut Vec<T>,
        limit: usize,
        site: Site,
        is_waiting: bool,
        #[pin]
        _pinned: PhantomPinned,
    }

    impl<T> PinnedDrop for RecvMany<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            if this.is_waiting {
                this.end.shared().withdraw();
            }
        }
    }
}

impl<'a, T> RecvMany<'a, T> {
    pub(super) fn new(
        end: &'a mut ReceiveEnd<T>,
        buffer: &'a mut Vec<T>,
        limit: usize,
        site: Site,
    ) -> Self {
        Self {
            end,
            buffer,
            limit,
            site,
            is_waiting: false,
            _pinned: PhantomPinned,
        }
    }
}

impl<T> Future for RecvMany<'_, T> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let this = self.project();
        let outcome = this
            .end
            .poll_recv_many(cx, this.buffer, *this.limit, *this.site);
        *this.is_waiting = outcome.is_pending();
        outcome
    }
}

pin_project! {
    /// Sends a message once there is room: the future of [`Sender::send`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpsc;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// sender.send(1).await.unwrap();
    /// // Giving up drops the message: it was not sent.
    /// assert!(timeout(Duration::from_secs(1), sender.send(2)).await.is_err());
    /// drop(sender);
    /// assert_eq!(receiver.recv().await, Some(1));
    /// assert_eq!(receiver.recv().await, None);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Sending<'a, T> {
        message: Option<T>,
        #[pin]
        ticket: Ticket<&'a SendEnd<T>>,
    }
}

impl<'a, T> Sending<'a, T> {
    pub(super) fn new(end: &'a SendEnd<T>, message: T, site: Site) -> Self {
        Self {
            message: Some(message),
            ticket: Ticket::new(end, 1, site),
        }
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let spent = ready!(budget::poll_proceed(cx));
        let message = this.message.take().expect(COMPLETED);
        match this.ticket.as_mut().send_first(message) {
            Ok(()) => {
                spent.made_progress();
                return Poll::Ready(Ok(()));
            }
            Err(message) => *this.message = Some(message),
        }
        drop(spent);
        let admitted = ready!(this.ticket.poll(cx, false));
        let message = this.message.take().expect(COMPLETED);
        Poll::Ready(match admitted {
            Ok(entry) => {
                entry.push(message);
                Ok(())
            }
            Err(_) => Err(SendError(message)),
        })
    }
}

pin_project! {
    /// Takes a permit once there is one: the future of [`Sender::reserve`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::mpsc;
    /// use wakeful::time::timeout;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// sender.send(1).await.unwrap();
    /// let message = 2;
    /// // Giving up loses no message: there is none in the future.
    /// assert!(timeout(Duration::from_secs(1), sender.reserve()).await.is_err());
    /// assert_eq!(receiver.recv().await, Some(1));
    /// sender.reserve().await.unwrap().send(message);
    /// assert_eq!(receiver.recv().await, Some(2));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Reserve<'a, T> {
        #[pin]
        ticket: Ticket<&'a SendEnd<T>>,
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(end: &'a SendEnd<T>, site: Site) -> Self {
        Self {
            ticket: Ticket::new(end, 1, site),
        }
    }
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ticket = self.project().ticket;
        Poll::Ready(ready!(admitted(ticket, cx)).map(Permit::new))
    }
}

pin_project! {
    /// Takes several permits once they are there: the future of [`Sender::reserve_many`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(3);
    /// for (i, permit) in sender.reserve_many(3).await.unwrap().enumerate() {
    ///     permit.send(i);
    /// }
    /// drop(sender);
    /// let mut messages = Vec::new();
    /// receiver.recv_many(&mut messages, 3).await;
    /// assert_eq!(messages, [0, 1, 2]); // nothing of others in between
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct ReserveMany<'a, T> {
        #[pin]
        ticket: Ticket<&'a SendEnd<T>>,
    }
}

impl<'a, T> ReserveMany<'a, T> {
    pub(super) fn new(end: &'a SendEnd<T>, count: usize, site: Site) -> Self {
        Self {
            ticket: Ticket::new(end, count, site),
        }
    }
}

impl<'a, T> Future for ReserveMany<'a, T> {
    type Output = Result<PermitIterator<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ticket = self.project().ticket;
        let count = ticket.count();
        Poll::Ready(ready!(admitted(ticket, cx)).map(|end| PermitIterator::new(end, count)))
    }
}

pin_project! {
    /// Takes a permit, and the sender with it: the future of [`Sender::reserve_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel(1);
    /// let task = wakeful::spawn(sender.reserve_owned()); // borrows nothing
    /// task.await.unwrap().unwrap().send(1);
    /// assert_eq!(receiver.recv().await, Some(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct ReserveOwned<T> {
        #[pin]
        ticket: Ticket<SendEnd<T>>,
    }
}

impl<T> ReserveOwned<T> {
    pub(super) fn new(sender: Sender<T>, site: Site) -> Self {
        Self {
            ticket: Ticket::new(sender.into_end(), 1, site),
        }
    }
}

impl<T> Future for ReserveOwned<T> {
    type Output = Result<OwnedPermit<T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ticket = self.project().ticket;
        Poll::Ready(ready!(admitted(ticket, cx)).map(OwnedPermit::new))
    }
}

/// Whoever held the ticket, once its permits are the caller's.
fn admitted<H: super::ticket::Holder>(
    mut ticket: Pin<&mut Ticket<H>>,
    cx: &Context<'_>,
) -> Poll<Result<H, SendError<()>>> {
    let admitted = ready!(ticket.as_mut().poll(cx, true)).map(drop);
    let holder = ticket.take_holder();
    Poll::Ready(match (admitted, holder) {
        (Ok(()), Some(holder)) => Ok(holder),
        _ => Err(SendError(())),
    })
}

pin_project! {
    /// Waits until nothing can be sent any more: the future of [`Sender::closed`] and
    /// [`UnboundedSender::closed`](super::UnboundedSender::closed).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel::<u32>(1);
    /// let waits = wakeful::spawn(async move { sender.closed().await });
    /// drop(receiver);
    /// waits.await.unwrap(); // nobody is left to receive
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Closed<'a, T> {
        end: &'a SendEnd<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Closed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.node.stage() == Stage::Queued {
                let mut closers = this.end.shared().closers().lock();
                let called = closers.remove(this.node.as_ref());
                drop(closers);
                drop(called);
            }
        }
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(end: &'a SendEnd<T>, site: Site) -> Self {
        Self {
            end,
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
        let channel = this.end.shared();
        let is_closed = channel.is_closed()
            || match this.node.stage() {
                Stage::Queued => {
                    channel.closers().refresh(this.node.as_ref(), cx.waker()) != Stage::Queued
                }
                Stage::New => {
                    let waker = cx.waker().clone();
                    let mut closers = channel.closers().lock();
                    // The flag is set before the closers are called.
                    if channel.is_closed() {
                        drop(closers);
                        true
                    } else {
                        closers.push_back(this.node.as_ref(), (), Some(waker));
                        false
                    }
                }
                _ => true,
            };
        if is_closed {
            spent.made_progress();
            return Poll::Ready(());
        }
        leaf::waiting(
            cx,
            Kind::Channel,
            std::ptr::from_ref(channel).addr(),
            *this.site,
        );
        Poll::Pending
    }
}

macro_rules! debug_by_name {
    ($($name:ident<$($lifetime:lifetime)?>)*) => {$(
        impl<T> fmt::Debug for $name<$($lifetime,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

debug_by_name! {
    Recv<'_> RecvMany<'_> Sending<'_> Reserve<'_> ReserveMany<'_> ReserveOwned<> Closed<'_>
}
