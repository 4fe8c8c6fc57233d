//! The futures that wait on a watch channel.
//!
//! Absent: the order of changes. A future sees the last one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::error::RecvError;
use super::version::Version;
use super::{Ref, Shared};
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::Node;

pin_project! {
    /// Waits for a value that was not seen; made by
    /// [`Receiver::changed`](super::Receiver::changed).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::watch;
    ///
    /// let (sender, mut receiver) = watch::channel("first");
    /// sender.send("second").unwrap();
    /// sender.send("third").unwrap();
    /// receiver.changed().await.unwrap(); // once, for both
    /// assert_eq!(*receiver.borrow_and_update(), "third");
    /// assert!(!receiver.has_changed().unwrap());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Changed<'a, T> {
        shared: &'a Shared<T>,
        version: &'a mut Version,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for Changed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shared.changed.leave(this.node.as_ref());
        }
    }
}

impl<'a, T> Changed<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>, version: &'a mut Version, site: Site) -> Self {
        Self {
            shared,
            version,
            site,
            node: Node::new(()),
        }
    }
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let spent = ready!(budget::poll_proceed(cx));
        let this = self.project();
        let news = ready!(poll_news(
            this.shared,
            this.version,
            this.node.as_ref(),
            cx,
            *this.site
        ));
        spent.made_progress();
        Poll::Ready(news)
    }
}

impl<T> fmt::Debug for Changed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed").field("site", &self.site).finish()
    }
}

/// Waits until there is a version other than `version`, or no sender.
fn poll_news<T>(
    shared: &Shared<T>,
    version: &mut Version,
    node: Pin<&Node<()>>,
    cx: &Context<'_>,
    site: Site,
) -> Poll<Result<(), RecvError>> {
    if let Some(news) = shared.news(version) {
        shared.changed.leave(node);
        return Poll::Ready(news);
    }
    let look = |_: &mut ()| shared.news(version);
    let news = shared.changed.poll(node, cx.waker(), look);
    if news.is_pending() {
        let resource = std::ptr::from_ref(shared).addr();
        leaf::waiting(cx, Kind::Watch, resource, site);
    }
    news
}

pin_project! {
    /// Waits for a value that a condition holds for; made by
    /// [`Receiver::wait_for`](super::Receiver::wait_for).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::watch;
    ///
    /// let (sender, mut receiver) = watch::channel(0);
    /// let sends = async {
    ///     for i in 1..=3 {
    ///         sender.send(i).unwrap();
    ///         wakeful::task::yield_now().await;
    ///     }
    /// };
    /// let waits = async { *receiver.wait_for(|i| *i >= 2).await.unwrap() };
    /// assert_eq!(wakeful::join!(waits, sends).0, 2);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitFor<'a, T, F> {
        shared: &'a Shared<T>,
        version: &'a mut Version,
        condition: F,
        // The value there is was asked about.
        asked: bool,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T, F> PinnedDrop for WaitFor<'_, T, F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shared.changed.leave(this.node.as_ref());
        }
    }
}

impl<'a, T, F> WaitFor<'a, T, F> {
    pub(super) fn new(
        shared: &'a Shared<T>,
        version: &'a mut Version,
        condition: F,
        site: Site,
    ) -> Self {
        Self {
            shared,
            version,
            condition,
            asked: false,
            site,
            node: Node::new(()),
        }
    }
}

impl<'a, T, F> Future for WaitFor<'a, T, F>
where
    F: FnMut(&T) -> bool,
{
    type Output = Result<Ref<'a, T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut spent = ready!(budget::poll_proceed(cx));
        let this = self.project();
        let shared = *this.shared;
        loop {
            if !*this.asked {
                let value = shared.read_as_seen(this.version);
                if (this.condition)(&value) {
                    spent.made_progress();
                    return Poll::Ready(Ok(value));
                }
                *this.asked = true;
                // Each value has its price: a sender that is faster does not keep us here.
                spent.made_progress();
                spent = ready!(budget::poll_proceed(cx));
            }
            let node = this.node.as_ref();
            match ready!(poll_news(shared, this.version, node, cx, *this.site)) {
                Ok(()) => *this.asked = false,
                Err(closed) => {
                    spent.made_progress();
                    return Poll::Ready(Err(closed));
                }
            }
        }
    }
}

impl<T, F> fmt::Debug for WaitFor<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor").field("site", &self.site).finish()
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
    /// use wakeful::sync::watch;
    ///
    /// let (sender, receiver) = watch::channel(1);
    /// let waits = wakeful::spawn(async move { sender.closed().await });
    /// drop(receiver);
    /// waits.await.unwrap(); // nobody watches any more
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
            leaf::waiting(cx, Kind::Watch, resource, *this.site);
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
