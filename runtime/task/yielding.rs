//! Giving other tasks a turn.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

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
    }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct YieldNow {
    yielded: bool,
    site: Site,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        if !task::yield_current(cx.waker()) {
            cx.waker().wake_by_ref();
        }
        leaf::waiting(cx, Kind::Yield, 0, self.site);
        Poll::Pending
    }
}
