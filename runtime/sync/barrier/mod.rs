//! A place where a number of tasks wait for one another.
//!
//! Called by users; calls `waiters`, `budget` and `leaf`. Who arrives last calls all others, and
//! is the leader of that round; the next round starts at once.
//!
//! Absent: taking back an arrival. A future that was polled counts, even when it is dropped then.

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;

use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::held::NotUnwindSafe;
use crate::sync::waiters::{Node, Stage, Waiters, Wakers};

/// Lets tasks go on only when all of them have come so far.
///
/// It works on any executor, and for any number of rounds.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::Barrier;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let barrier = Arc::new(Barrier::new(3));
/// let tasks: Vec<_> = (0..3)
///     .map(|_| {
///         let barrier = barrier.clone();
///         wakeful::task::spawn(async move { barrier.wait().await.is_leader() })
///     })
///     .collect();
/// let mut leaders = 0;
/// for task in tasks {
///     leaders += usize::from(task.await.unwrap());
/// }
/// assert_eq!(leaders, 1);
/// # });
/// ```
pub struct Barrier {
    size: usize,
    /// How many have arrived in this round, and those of them who wait.
    waiters: Waiters<usize, ()>,
    _unwinding: NotUnwindSafe,
}

impl Barrier {
    /// Makes a barrier for `n` tasks. 0 is taken for 1.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = wakeful::sync::Barrier::new(3);
    /// ```
    pub fn new(n: usize) -> Self {
        Self {
            size: n.max(1),
            waiters: Waiters::new(0),
            _unwinding: PhantomData,
        }
    }

    /// Waits until `n` tasks have called this. One of them is told that it is the leader.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: once the future was polled it counts as arrived, and dropping it does not
    /// change that. The others would go on without it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let barrier = wakeful::sync::Barrier::new(1);
    /// assert!(barrier.wait().await.is_leader());
    /// # });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait {
            barrier: self,
            site: Site::here(),
            node: Node::new(()),
        }
    }

    /// Arrives: as the leader of the round, or in the queue.
    fn arrive(&self, node: Pin<&mut Node<()>>, waker: &Waker) -> Stage {
        let waker = waker.clone();
        let mut waiters = self.waiters.lock();
        if waiters.state + 1 < self.size {
            waiters.state += 1;
            waiters.push_back(node.as_ref(), (), Some(waker));
            return Stage::Queued;
        }
        waiters.state = 0;
        let mut others = Wakers::new();
        while let Some(called) = waiters.pop_front(Stage::Broadcast) {
            others.push(called);
        }
        drop(waiters);
        node.settle(Stage::Granted);
        others.wake();
        Stage::Granted
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// Waits for the others; made by [`Barrier::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::Barrier;
    /// use wakeful::time::timeout;
    ///
    /// let barrier = Barrier::new(2);
    /// // Who gives up has come all the same.
    /// assert!(timeout(Duration::from_secs(1), barrier.wait()).await.is_err());
    /// assert!(barrier.wait().await.is_leader());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct BarrierWait<'a> {
        barrier: &'a Barrier,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl PinnedDrop for BarrierWait<'_> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.node.stage() == Stage::Queued {
                let _left = this.barrier.waiters.lock().remove(this.node.as_ref());
            }
        }
    }
}

impl Future for BarrierWait<'_> {
    type Output = BarrierWaitResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let barrier = *this.barrier;
        let stage = match this.node.stage() {
            Stage::New => barrier.arrive(this.node.as_mut(), cx.waker()),
            Stage::Queued => barrier.waiters.refresh(this.node.as_ref(), cx.waker()),
            Stage::Done => panic!("a barrier future was polled after it had completed"),
            stage => stage,
        };
        if stage == Stage::Queued {
            let resource = std::ptr::from_ref(barrier).addr();
            leaf::waiting(cx, Kind::Barrier, resource, *this.site);
            return Poll::Pending;
        }
        ready!(budget::poll_proceed(cx)).made_progress();
        this.node.settle(Stage::Done);
        Poll::Ready(BarrierWaitResult(stage == Stage::Granted))
    }
}

impl fmt::Debug for BarrierWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWait")
            .field("site", &self.site)
            .finish()
    }
}

/// Says whether we are the leader of the round; given by [`Barrier::wait`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::Barrier;
///
/// let barrier = Arc::new(Barrier::new(3));
/// let waits = || {
///     let barrier = Arc::clone(&barrier);
///     wakeful::spawn(async move { barrier.wait().await.is_leader() })
/// };
/// let (a, b, c) = (waits(), waits(), waits());
/// let leaders = [a.await.unwrap(), b.await.unwrap(), c.await.unwrap()];
/// assert_eq!(leaders.iter().filter(|leads| **leads).count(), 1);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// True for exactly one task of each round: the last to arrive.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let barrier = wakeful::sync::Barrier::new(1);
    /// assert!(barrier.wait().await.is_leader());
    /// # });
    /// ```
    pub fn is_leader(&self) -> bool {
        self.0
    }
}
