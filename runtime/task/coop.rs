//! Cooperative scheduling: how a task that never has to wait still makes room for others.
//!
//! Each poll of a task has a budget of operations. Every operation of this crate that completes
//! spends one; once the budget is gone they all return `Pending`, with the task woken again, until
//! its next poll. So `while let Some(message) = receiver.recv().await {}` cannot keep a worker to
//! itself, however full the channel is.
//!
//! A future that does not go through operations of this crate spends nothing. It can take part
//! with [`poll_proceed`], [`cooperative`] or [`consume_budget`], and [`unconstrained`] takes a
//! future out of the scheme.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::budget;
use crate::leaf::{self, Kind, Site};

/// True while the current task's poll has budget left. Always true outside of a task.
///
/// # Examples
///
/// ```
/// assert!(wakeful::task::coop::has_budget_remaining());
/// ```
#[inline]
pub fn has_budget_remaining() -> bool {
    budget::has_remaining()
}

/// A unit of the budget, spent on trial. See [`poll_proceed`].
///
/// Dropping it gives the unit back, unless [`made_progress`](RestoreOnPending::made_progress) was
/// called.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::future::poll_fn;
/// use std::task::ready;
/// use wakeful::task::coop::poll_proceed;
///
/// let mut queue = vec![2, 1];
/// let next = poll_fn(|cx| {
///     let unit = ready!(poll_proceed(cx));
///     let next = queue.pop();
///     unit.made_progress(); // without this the unit comes back as it drops
///     std::task::Poll::Ready(next)
/// });
/// assert_eq!(next.await, Some(1));
/// # }
/// ```
#[must_use = "dropping it at once gives the unit back"]
pub struct RestoreOnPending {
    spent: Cell<Option<budget::Spent>>,
    /// The budget belongs to the thread.
    _not_send: PhantomData<*mut ()>,
}

impl RestoreOnPending {
    /// Keeps the unit spent: the operation completed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::poll_fn;
    /// use std::task::Poll;
    /// use wakeful::task::coop::{has_budget_remaining, poll_proceed};
    ///
    /// // In one poll: until the budget is used up.
    /// let units = poll_fn(|cx| {
    ///     let mut units = 0;
    ///     while has_budget_remaining() {
    ///         if let Poll::Ready(unit) = poll_proceed(cx) {
    ///             unit.made_progress();
    ///             units += 1;
    ///         }
    ///     }
    ///     Poll::Ready(units)
    /// });
    /// assert!(wakeful::spawn(units).await.unwrap() > 0);
    /// # }
    /// ```
    pub fn made_progress(&self) {
        if let Some(spent) = self.spent.take() {
            spent.made_progress();
        }
    }
}

impl fmt::Debug for RestoreOnPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOnPending").finish_non_exhaustive()
    }
}

/// Spends one unit of the current task's budget. When none is left, wakes the task and returns
/// `Pending`: return `Pending` in turn.
///
/// Call it at the start of a `poll` that waits for something outside of this crate, and call
/// [`RestoreOnPending::made_progress`] before returning `Ready`. Outside of a task it is always
/// `Ready`.
///
/// # Examples
///
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use std::task::{Context, Poll, ready};
/// use wakeful::task::coop;
///
/// /// Takes numbers out of a queue that somebody else fills.
/// struct Next<'a>(&'a std::sync::mpsc::Receiver<u32>);
///
/// impl Future for Next<'_> {
///     type Output = Option<u32>;
///
///     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
///         let unit = ready!(coop::poll_proceed(cx));
///         let next = self.0.try_recv().ok();
///         unit.made_progress();
///         Poll::Ready(next)
///     }
/// }
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (sender, receiver) = std::sync::mpsc::channel();
/// sender.send(1).unwrap();
/// assert_eq!(Next(&receiver).await, Some(1));
/// # });
/// ```
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    let spent = ready!(budget::poll_proceed(cx));
    Poll::Ready(RestoreOnPending {
        spent: Cell::new(Some(spent)),
        _not_send: PhantomData,
    })
}

/// Spends one unit of the budget, and yields to other tasks when none is left.
///
/// For loops that compute, and pass no operation of this crate on their way.
///
/// # Cancel safety
///
/// Cancel safe: nothing is lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut sum = 0u64;
/// for i in 0..10_000 {
///     sum += i;
///     wakeful::task::coop::consume_budget().await;
/// }
/// assert_eq!(sum, 49_995_000);
/// # });
/// ```
#[track_caller]
pub fn consume_budget() -> ConsumeBudget {
    ConsumeBudget {
        site: Site::here(),
        _pinned: PhantomPinned,
    }
}

/// Future of [`consume_budget`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::task::coop::consume_budget;
///
/// let other = wakeful::spawn(async {});
/// let mut rounds = 0;
/// while !other.is_finished() {
///     rounds += 1;
///     consume_budget().await; // lets the other run, though not each time
/// }
/// assert!(rounds > 1);
/// # }
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct ConsumeBudget {
    site: Site,
    // Not needed. As an async function's.
    _pinned: PhantomPinned,
}

impl Future for ConsumeBudget {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match budget::poll_proceed(cx) {
            Poll::Ready(spent) => {
                spent.made_progress();
                Poll::Ready(())
            }
            Poll::Pending => {
                leaf::waiting(cx, Kind::Yield, 0, self.site);
                Poll::Pending
            }
        }
    }
}

/// Takes `inner` out of cooperative scheduling: while it is polled, the budget has no end.
///
/// It can then keep its worker from all other tasks. What it does is not charged to the rest of
/// the task either.
///
/// # Cancel safety
///
/// As cancel safe as `inner`.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::task::coop;
///
/// let sum = coop::unconstrained(async {
///     for _ in 0..1_000 {
///         coop::consume_budget().await;
///     }
///     coop::has_budget_remaining()
/// });
/// assert!(sum.await);
/// # });
/// ```
pub fn unconstrained<F>(inner: F) -> Unconstrained<F> {
    Unconstrained { inner }
}

pin_project! {
    /// Future of [`unconstrained`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::coop::{consume_budget, unconstrained};
    ///
    /// let other = wakeful::spawn(async {});
    /// unconstrained(async {
    ///     for _ in 0..10_000 {
    ///         consume_budget().await;
    ///     }
    /// })
    /// .await;
    /// assert!(!other.is_finished()); // it had no turn
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[derive(Debug)]
    pub struct Unconstrained<F> {
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _unlimited = budget::lift();
        self.project().inner.poll(cx)
    }
}

/// Lets `future` take part in cooperative scheduling: it spends one unit when it completes, and is
/// not polled while none is left.
///
/// For futures from elsewhere that are often ready at once, such as a foreign channel's receive.
///
/// # Cancel safety
///
/// As cancel safe as `future`.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::task::coop::cooperative;
///
/// for i in 0..1_000 {
///     assert_eq!(cooperative(std::future::ready(i)).await, i);
/// }
/// # });
/// ```
pub fn cooperative<F: Future>(future: F) -> Coop<F> {
    Coop { future }
}

pin_project! {
    /// Future of [`cooperative`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::coop::cooperative;
    ///
    /// let other = wakeful::spawn(async {});
    /// for _ in 0..10_000 {
    ///     cooperative(std::future::ready(())).await; // on its own it would never yield
    /// }
    /// assert!(other.is_finished());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Coop<F: Future> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let spent = ready!(budget::poll_proceed(cx));
        let output = ready!(self.project().future.poll(cx));
        spent.made_progress();
        Poll::Ready(output)
    }
}

impl<F: Future> fmt::Debug for Coop<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coop").finish_non_exhaustive()
    }
}
