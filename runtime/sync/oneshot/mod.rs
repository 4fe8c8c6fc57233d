//! A channel for one message: one side sends it, the other awaits it.
//!
//! [`channel`] makes a [`Sender`] and a [`Receiver`]. Sending never waits, so it can be done
//! anywhere: in another task, under another runtime, on a plain thread. Awaiting the receiver
//! works on any executor.
//!
//! - A sender that is dropped without sending ends the wait with [`error::RecvError`].
//! - A receiver that is dropped or [closed](Receiver::close) makes `send` give the message back,
//!   and ends [`Sender::closed`].
//! - A message sent before the close can still be received. If nobody does, it is dropped together
//!   with the receiver.
//!
//! Built on `ends` (the memory, unsafe) and `state` (the transitions); `Promise` is built on the
//! same two. Sending costs one allocation for the channel and one atomic read-modify-write, two if
//! the receiver waits already; receiving a message that is there costs at most one.
//!
//! Not here: more than one message (`mpsc`), more than one reader ([`Promise`](super::Promise)).
//!
//! # Examples
//!
//! ```
//! use wakeful::sync::oneshot;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, receiver) = oneshot::channel();
//!
//! wakeful::spawn(async move {
//!     let _ = sender.send(3);
//! });
//!
//! assert_eq!(receiver.await, Ok(3));
//! # });
//! ```
//!
//! To await the receiver in a `select!` loop, poll it through a `&mut`, so that the branch which
//! loses does not drop it:
//!
//! ```
//! use wakeful::sync::oneshot;
//!
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let (sender, mut receiver) = oneshot::channel();
//! let mut sender = Some(sender);
//! let mut rounds = 0;
//! let message = loop {
//!     wakeful::select! {
//!         biased;
//!         message = &mut receiver => break message,
//!         _ = wakeful::task::yield_now() => {
//!             rounds += 1;
//!             if let Some(sender) = sender.take() {
//!                 sender.send("stop").unwrap();
//!             }
//!         }
//!     }
//! };
//! assert_eq!((message, rounds), (Ok("stop"), 1));
//! # });
//! ```

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::leaf::{Kind, Site};

pub(in crate::sync) mod ends;
pub mod error;
#[cfg(all(test, loom))]
mod models;
mod state;
#[cfg(all(test, not(loom)))]
mod tests;

use self::ends::{NoMessage, ReceiveEnd, SendEnd};
use self::error::{RecvError, TryRecvError};

/// Opens a channel for one message.
///
/// # Examples
///
/// ```
/// use wakeful::sync::oneshot;
///
/// let (sender, receiver) = oneshot::channel();
/// let adder = std::thread::spawn(move || sender.send(1 + 1));
/// assert_eq!(receiver.blocking_recv(), Ok(2));
/// assert_eq!(adder.join().unwrap(), Ok(()));
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = ends::open();
    let receiver = Receiver {
        end: receiver,
        site: Site::here(),
    };
    (Sender { end: sender }, receiver)
}

/// Sends one message. Made by [`channel`].
///
/// Dropping it without sending ends the receiver's wait with an error.
///
/// `send` consumes the sender. To send from a `drop`, keep it in an `Option` and `take` it:
///
/// ```
/// use wakeful::sync::oneshot;
///
/// struct Job {
///     ended: Option<oneshot::Sender<&'static str>>,
/// }
///
/// impl Drop for Job {
///     fn drop(&mut self) {
///         if let Some(sender) = self.ended.take() {
///             let _ = sender.send("ended");
///         }
///     }
/// }
///
/// let (sender, receiver) = oneshot::channel();
/// drop(Job { ended: Some(sender) });
/// assert_eq!(receiver.blocking_recv(), Ok("ended"));
/// ```
pub struct Sender<T> {
    end: SendEnd<T>,
}

impl<T> Sender<T> {
    /// Sends the message and wakes the receiver. Never waits.
    ///
    /// `Ok` means that the receiver was still there, not that it will take the message: it may be
    /// dropped before it does.
    ///
    /// # Errors
    ///
    /// Gives the message back if the receiver was dropped or closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, receiver) = oneshot::channel();
    /// drop(receiver);
    /// assert_eq!(sender.send("hello"), Err("hello"));
    /// ```
    pub fn send(self, message: T) -> Result<(), T> {
        self.end.send(message)
    }

    /// True once the receiver was dropped or closed: a message would come back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, receiver) = oneshot::channel::<()>();
    /// assert!(!sender.is_closed());
    /// drop(receiver);
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    /// Waits until the receiver is dropped or closed: whoever works on an answer can stop.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the same state.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut sender, receiver) = oneshot::channel::<()>();
    /// wakeful::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert!(sender.is_closed());
    /// # });
    /// ```
    #[track_caller]
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed {
            sender: self,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Checks whether the receiver was dropped or closed, and if not, has `cx` woken when it is.
    ///
    /// Only the waker of the last call is woken. A `Pending` may also mean that the task has used
    /// up its budget; it is woken at once then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use wakeful::sync::oneshot;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut sender, mut receiver) = oneshot::channel::<()>();
    /// receiver.close();
    /// poll_fn(|cx| sender.poll_closed(cx)).await;
    /// # });
    /// ```
    #[track_caller]
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.end.poll_closed(cx, Site::here())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("state", self.end.debug_state())
            .finish()
    }
}

pin_project! {
    /// The future of [`Sender::closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::oneshot;
    ///
    /// let (mut sender, receiver) = oneshot::channel::<u32>();
    /// let work = std::future::pending::<u32>();
    /// wakeful::spawn(async move { drop(receiver) });
    /// wakeful::select! {
    ///     answer = work => sender.send(answer).unwrap(),
    ///     () = sender.closed() => {} // nobody wants the answer any more
    /// }
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Closed<'a, T> {
        sender: &'a mut Sender<T>,
        site: Site,
        // As in tokio, where it is the future of an async function.
        #[pin]
        pinned: PhantomPinned,
    }

    impl<T> PinnedDrop for Closed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            this.project().sender.end.stop_waiting();
        }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        this.sender.end.poll_closed(cx, *this.site)
    }
}

/// Awaits one message. Made by [`channel`].
///
/// The receiver is the future: `receiver.await` gives the message, or [`RecvError`] if the sender
/// was dropped, or this side closed the channel, before there was one.
///
/// # Panics
///
/// Polling it again after it gave its outcome panics.
///
/// # Cancel safety
///
/// Dropping the receiver drops a message that was sent and not received. To stop waiting and go
/// on later, poll `&mut receiver` instead: nothing is lost then.
///
/// # Examples
///
/// ```
/// use wakeful::sync::oneshot;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (sender, receiver) = oneshot::channel::<u32>();
/// drop(sender);
/// assert!(receiver.await.is_err());
/// # });
/// ```
#[must_use = "dropping the receiver closes the channel"]
pub struct Receiver<T> {
    end: ReceiveEnd<T>,
    site: Site,
}

impl<T> Receiver<T> {
    /// Refuses a message from now on, without dropping one that was sent before.
    ///
    /// After it, [`try_recv`](Self::try_recv) tells for good whether there was a message, and
    /// [`Sender::closed`] ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert_eq!(sender.send("in time"), Ok(()));
    /// receiver.close();
    /// assert_eq!(receiver.try_recv(), Ok("in time"));
    /// ```
    pub fn close(&mut self) {
        self.end.close();
    }

    /// True once the outcome was handed out, be it the message or the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// sender.send(1).unwrap();
    /// assert!(!receiver.is_terminated());
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert!(receiver.is_terminated());
    /// ```
    pub fn is_terminated(&self) -> bool {
        self.end.is_finished()
    }

    /// True while there is no message to take, also when none will ever come.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert!(receiver.is_empty());
    /// sender.send(1).unwrap();
    /// assert!(!receiver.is_empty());
    /// let _ = receiver.try_recv();
    /// assert!(receiver.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        !self.end.has_message()
    }

    /// Takes the message if it is there. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] while a message may still come; [`TryRecvError::Closed`] if none
    /// will, or if it was taken before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot::{self, error::TryRecvError};
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send("here").unwrap();
    /// assert_eq!(receiver.try_recv(), Ok("here"));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.end.try_receive().map_err(|reason| match reason {
            NoMessage::Yet => TryRecvError::Empty,
            NoMessage::Ever => TryRecvError::Closed,
        })
    }

    /// Blocks this thread until the message is there. For code that is not async.
    ///
    /// # Errors
    ///
    /// As awaiting the receiver: no message was sent, and none will be.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread. Await the receiver there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::oneshot;
    ///
    /// let (sender, receiver) = oneshot::channel();
    /// let waiter = std::thread::spawn(move || receiver.blocking_recv());
    /// sender.send(7).unwrap();
    /// assert_eq!(waiter.join().unwrap(), Ok(7));
    /// ```
    #[cfg(not(loom))]
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        super::block::block_on("oneshot::Receiver::blocking_recv", self)
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.end
            .poll(cx, Kind::Oneshot, this.site)
            .map(|message| message.ok_or_else(RecvError::new))
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("state", &self.end.debug_state())
            .finish()
    }
}
