//! Giving other tasks a turn.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::task;
use crate::leaf::{self, Kind, Site};

/// Lets other tasks run before this one goes on.
///
/// The task goes to the back of its worker's queue. What is already queued there, and I/O and
/// timers that are due, usually come first; the exact order is not promised.
///
/// # Cancel safety
///
/// Nothing is lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// wakeful::task::yield_now().await;
/// # });
/// ```
#[track_caller]
pub fn yield_now() -> YieldNow {
    YieldNow {
        yielded: false,
        site: Site::here(),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// The future of [`yield_now`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::yield_now;
    ///
    /// let other = wakeful::spawn(async { 1 });
    /// yield_now().await; // the other has its turn
    /// assert!(other.is_finished());
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct YieldNow {
        yielded: bool,
        site: Site,
        // Not needed. As an async function's.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if *this.yielded {
            return Poll::Ready(());
        }
        *this.yielded = true;
        if !task::yield_current(cx.waker()) {
            cx.waker().wake_by_ref();
        }
        leaf::waiting(cx, Kind::Yield, 0, *this.site);
        Poll::Pending
    }
}
