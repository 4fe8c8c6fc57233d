//! The futures that wait for a notice.
//!
//! Absent: logic. They keep a node for `Notify`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Notify;
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::{Node, Stage};

pin_project! {
    /// Waits for a notice; made by [`Notify::notified`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::Notify;
    ///
    /// let notify = Notify::new();
    /// let mut notified = std::pin::pin!(notify.notified());
    /// notified.as_mut().enable(); // queues without being polled
    /// notify.notify_one();
    /// notified.await;
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Notified<'a> {
        notify: &'a Notify,
        seen: usize,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl PinnedDrop for Notified<'_> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.notify.cancel(this.node);
        }
    }
}

impl<'a> Notified<'a> {
    pub(super) fn new(notify: &'a Notify, seen: usize, site: Site) -> Self {
        Self {
            notify,
            seen,
            site,
            node: Node::new(()),
        }
    }

    /// Takes its place in the queue without waiting, or takes the notice that is there.
    ///
    /// Returns true when the future has been told: then it is ready. False: from now on, a
    /// [`notify_one`](Notify::notify_one) can reach it. Use it to check a condition between
    /// entering the queue and waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let ready = wakeful::sync::Notify::new();
    /// let mut told = pin!(ready.notified());
    /// assert!(!told.as_mut().enable());
    /// ready.notify_one();
    /// told.await;
    /// # });
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        enable(this.notify, this.node, *this.seen)
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll(this.notify, this.node, *this.seen, cx, *this.site)
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified")
            .field("site", &self.site)
            .finish()
    }
}

pin_project! {
    /// Waits for a notice; made by [`Notify::notified_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use wakeful::sync::Notify;
    ///
    /// let notify = Arc::new(Notify::new());
    /// let task = wakeful::spawn(Arc::clone(&notify).notified_owned());
    /// notify.notify_one();
    /// task.await.unwrap();
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct OwnedNotified {
        notify: Arc<Notify>,
        seen: usize,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl PinnedDrop for OwnedNotified {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.notify.cancel(this.node);
        }
    }
}

impl OwnedNotified {
    pub(super) fn new(notify: Arc<Notify>, seen: usize, site: Site) -> Self {
        Self {
            notify,
            seen,
            site,
            node: Node::new(()),
        }
    }

    /// Takes its place in the queue without waiting; see [`Notified::enable`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    /// use std::sync::Arc;
    ///
    /// let ready = Arc::new(wakeful::sync::Notify::new());
    /// let mut told = pin!(ready.clone().notified_owned());
    /// assert!(!told.as_mut().enable());
    /// ready.notify_one();
    /// assert!(told.as_mut().enable());
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        enable(this.notify, this.node, *this.seen)
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll(this.notify, this.node, *this.seen, cx, *this.site)
    }
}

impl fmt::Debug for OwnedNotified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedNotified")
            .field("site", &self.site)
            .finish()
    }
}

fn enable(notify: &Notify, mut node: Pin<&mut Node<()>>, seen: usize) -> bool {
    if notify.advance(node.as_mut(), seen, None) == Stage::Queued {
        return false;
    }
    // The caller knows of the notice from here on, and it is not passed on.
    node.settle(Stage::Done);
    true
}

fn poll(
    notify: &Notify,
    mut node: Pin<&mut Node<()>>,
    seen: usize,
    cx: &Context<'_>,
    site: Site,
) -> Poll<()> {
    if notify.advance(node.as_mut(), seen, Some(cx.waker())) == Stage::Queued {
        let resource = std::ptr::from_ref(notify).addr();
        leaf::waiting(cx, Kind::Notify, resource, site);
        return Poll::Pending;
    }
    // A task out of budget keeps the notice and comes back.
    ready!(budget::poll_proceed(cx)).made_progress();
    node.settle(Stage::Done);
    Poll::Ready(())
}
