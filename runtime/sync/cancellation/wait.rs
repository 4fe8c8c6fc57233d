//! The futures that wait for a cancellation.
//!
//! Absent: the tree. They keep a node in the list of one token.

use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;

use super::{CancellationToken, Shared};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::{Node, Stage};

pin_project! {
    /// Waits for a token, borrowed or owned.
    struct Waiting<T>
    where
        T: Borrow<CancellationToken>,
    {
        token: T,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Waiting<T>
    where
        T: Borrow<CancellationToken>,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let token: &CancellationToken = (*this.token).borrow();
            if this.node.stage() == Stage::Queued {
                let left = token.shared.waiters.lock().remove(this.node.as_ref());
                drop(left);
            }
        }
    }
}

impl<T: Borrow<CancellationToken>> Waiting<T> {
    fn new(token: T, site: Site) -> Self {
        Self {
            token,
            site,
            node: Node::new(()),
        }
    }

    fn poll(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<()> {
        let spent = ready!(budget::poll_proceed(cx));
        ready!(self.poll_for_free(cx));
        spent.made_progress();
        Poll::Ready(())
    }

    /// Without asking the budget: for those who have polled something else before.
    fn poll_for_free(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<()> {
        let this = self.project();
        let token: &CancellationToken = (*this.token).borrow();
        let shared = &*token.shared;
        if shared.is_cancelled() || !is_queued(shared, this.node.as_ref(), cx.waker()) {
            return Poll::Ready(());
        }
        let resource = std::ptr::from_ref(shared).addr();
        leaf::waiting(cx, Kind::Cancellation, resource, *this.site);
        Poll::Pending
    }
}

/// Enters the list, or stays in it with this waker. False: the token is canceled.
pub(super) fn is_queued(shared: &Shared, node: Pin<&Node<()>>, waker: &Waker) -> bool {
    match node.stage() {
        Stage::New => {}
        Stage::Queued => return shared.waiters.refresh(node, waker) == Stage::Queued,
        _ => return false,
    }
    let waker = waker.clone();
    let mut waiters = shared.waiters.lock();
    if shared.is_cancelled() {
        drop(waiters);
        return false;
    }
    waiters.push_back(node, (), Some(waker));
    true
}

pin_project! {
    /// Waits for a cancellation; made by [`CancellationToken::cancelled`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// let work = async {
    ///     wakeful::task::yield_now().await;
    ///     token.cancel();
    /// };
    /// wakeful::join!(token.cancelled(), work);
    /// token.cancelled().await; // from now on at once
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitForCancellationFuture<'a> {
        #[pin]
        waiting: Waiting<&'a CancellationToken>,
    }
}

impl<'a> WaitForCancellationFuture<'a> {
    pub(super) fn new(token: &'a CancellationToken, site: Site) -> Self {
        Self {
            waiting: Waiting::new(token, site),
        }
    }
}

impl Future for WaitForCancellationFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiting.poll(cx)
    }
}

impl fmt::Debug for WaitForCancellationFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancellationFuture").finish()
    }
}

pin_project! {
    /// Waits for a cancellation and holds the token; made by
    /// [`CancellationToken::cancelled_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// let task = wakeful::spawn(token.clone().cancelled_owned()); // borrows nothing
    /// token.cancel();
    /// task.await.unwrap();
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitForCancellationFutureOwned {
        #[pin]
        waiting: Waiting<CancellationToken>,
    }
}

impl WaitForCancellationFutureOwned {
    pub(super) fn new(token: CancellationToken, site: Site) -> Self {
        Self {
            waiting: Waiting::new(token, site),
        }
    }
}

impl Future for WaitForCancellationFutureOwned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiting.poll(cx)
    }
}

impl fmt::Debug for WaitForCancellationFutureOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancellationFutureOwned").finish()
    }
}

pin_project! {
    /// Runs a future beside a token.
    struct Until<T, F>
    where
        T: Borrow<CancellationToken>,
    {
        #[pin]
        waiting: Waiting<T>,
        // None once there is an outcome.
        #[pin]
        future: Option<F>,
        is_polled: bool,
    }
}

impl<T: Borrow<CancellationToken>, F: Future> Until<T, F> {
    fn new(token: T, future: F, site: Site) -> Self {
        Self {
            waiting: Waiting::new(token, site),
            future: Some(future),
            is_polled: false,
        }
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("`run_until_cancelled` was polled after it had completed");
        };
        if !*this.is_polled {
            *this.is_polled = true;
            let token: &CancellationToken = this.waiting.token.borrow();
            if token.is_cancelled() {
                this.future.set(None);
                return Poll::Ready(None);
            }
        }
        let output = match future.poll(cx) {
            Poll::Ready(output) => Some(output),
            // Also when the future has used the budget up: a cancellation gets through.
            Poll::Pending => {
                ready!(this.waiting.poll_for_free(cx));
                None
            }
        };
        this.future.set(None);
        Poll::Ready(output)
    }
}

pin_project! {
    /// Runs a future until it is ready or a token is canceled; made by
    /// [`CancellationToken::run_until_cancelled`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::pending;
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(async { 1 }).await, Some(1));
    /// token.cancel();
    /// assert_eq!(token.run_until_cancelled(pending::<u32>()).await, None);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RunUntilCancelled<'a, F> {
        #[pin]
        until: Until<&'a CancellationToken, F>,
    }
}

impl<'a, F: Future> RunUntilCancelled<'a, F> {
    pub(super) fn new(token: &'a CancellationToken, future: F, site: Site) -> Self {
        Self {
            until: Until::new(token, future, site),
        }
    }
}

impl<F: Future> Future for RunUntilCancelled<'_, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().until.poll(cx)
    }
}

impl<F> fmt::Debug for RunUntilCancelled<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunUntilCancelled").finish_non_exhaustive()
    }
}

pin_project! {
    /// As [`RunUntilCancelled`], and holds the token; made by
    /// [`CancellationToken::run_until_cancelled_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::future::pending;
    /// use wakeful::sync::CancellationToken;
    ///
    /// let token = CancellationToken::new();
    /// let task = wakeful::spawn(token.clone().run_until_cancelled_owned(pending::<u32>()));
    /// token.cancel();
    /// assert_eq!(task.await.unwrap(), None);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RunUntilCancelledOwned<F> {
        #[pin]
        until: Until<CancellationToken, F>,
    }
}

impl<F: Future> RunUntilCancelledOwned<F> {
    pub(super) fn new(token: CancellationToken, future: F, site: Site) -> Self {
        Self {
            until: Until::new(token, future, site),
        }
    }
}

impl<F: Future> Future for RunUntilCancelledOwned<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().until.poll(cx)
    }
}

impl<F> fmt::Debug for RunUntilCancelledOwned<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunUntilCancelledOwned")
            .finish_non_exhaustive()
    }
}
