//! The futures that wait on a `Condvar`.
//!
//! Absent: a time limit. Put the future in `time::timeout`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Condvar;
use crate::leaf::{self, Kind, Site};
use crate::sync::futures::Lock;
use crate::sync::waiters::{Node, Stage};
use crate::sync::{Mutex, MutexGuard};

pin_project! {
    /// Waits for a notice, unlocked; made by [`Condvar::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::{Condvar, Mutex};
    /// use wakeful::time::timeout;
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// let guard = ready.lock().await;
    /// // To give up leaves the mutex unlocked.
    /// assert!(timeout(Duration::from_secs(1), changed.wait(guard)).await.is_err());
    /// assert!(ready.try_lock().is_ok());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Wait<'a, T>
    where
        T: ?Sized,
    {
        condvar: &'a Condvar,
        mutex: &'a Mutex<T>,
        // There until the first poll.
        guard: Option<MutexGuard<'a, T>>,
        site: Site,
        #[pin]
        node: Node<()>,
        // There after the notice.
        #[pin]
        lock: Option<Lock<'a, T>>,
    }

    impl<T> PinnedDrop for Wait<'_, T>
    where
        T: ?Sized,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.condvar.cancel(this.node);
        }
    }
}

impl<'a, T: ?Sized> Wait<'a, T> {
    pub(super) fn new(condvar: &'a Condvar, guard: MutexGuard<'a, T>, site: Site) -> Self {
        Self {
            condvar,
            mutex: MutexGuard::mutex(&guard),
            guard: Some(guard),
            site,
            node: Node::new(()),
            lock: None,
        }
    }
}

impl<'a, T: ?Sized> Future for Wait<'a, T> {
    type Output = MutexGuard<'a, T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let stage = match this.node.stage() {
            Stage::New => {
                let waker = cx.waker().clone();
                let mut waiters = this.condvar.waiters.lock();
                waiters.push_back(this.node.as_ref(), (), Some(waker));
                drop(waiters);
                // CV1.
                drop(this.guard.take());
                this.node.stage()
            }
            Stage::Queued => this.condvar.waiters.refresh(this.node.as_ref(), cx.waker()),
            stage => stage,
        };
        match stage {
            Stage::Queued => {
                let resource = std::ptr::from_ref(*this.condvar).addr();
                leaf::waiting(cx, Kind::Condvar, resource, *this.site);
                return Poll::Pending;
            }
            Stage::Done => panic!("a wait future was polled after it had completed"),
            _ => {}
        }
        if this.lock.is_none() {
            this.lock.set(Some(this.mutex.lock_at(*this.site)));
        }
        let lock = this.lock.as_mut().as_pin_mut().expect("set above");
        let guard = ready!(lock.poll(cx));
        this.node.settle(Stage::Done);
        Poll::Ready(guard)
    }
}

impl<T: ?Sized> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("site", &self.site).finish()
    }
}

impl Condvar {
    /// Leaves the queue, and passes on a notice that was not returned (CV2).
    fn cancel(&self, node: Pin<&mut Node<()>>) {
        if node.stage() == Stage::Queued {
            let left = self.waiters.lock().remove(node.as_ref());
            if left.is_some() {
                return;
            }
        }
        let stage = node.stage();
        node.settle(Stage::Done);
        if stage == Stage::Granted {
            self.notify_one();
        }
    }
}

pin_project! {
    /// Waits while a condition holds; made by [`Condvar::wait_while`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::{Condvar, Mutex};
    ///
    /// let (queue, changed) = (Mutex::new(Vec::new()), Condvar::new());
    /// let takes = async {
    ///     let guard = queue.lock().await;
    ///     changed.wait_while(guard, |queue| queue.is_empty()).await.pop()
    /// };
    /// let puts = async {
    ///     queue.lock().await.push(1);
    ///     changed.notify_one();
    /// };
    /// assert_eq!(wakeful::join!(takes, puts).0, Some(1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitWhile<'a, T, F>
    where
        T: ?Sized,
    {
        condvar: &'a Condvar,
        condition: F,
        site: Site,
        // One of the two is there.
        guard: Option<MutexGuard<'a, T>>,
        #[pin]
        wait: Option<Wait<'a, T>>,
    }
}

impl<'a, T: ?Sized, F> WaitWhile<'a, T, F> {
    pub(super) fn new(
        condvar: &'a Condvar,
        guard: MutexGuard<'a, T>,
        condition: F,
        site: Site,
    ) -> Self {
        Self {
            condvar,
            condition,
            site,
            guard: Some(guard),
            wait: None,
        }
    }
}

impl<'a, T, F> Future for WaitWhile<'a, T, F>
where
    T: ?Sized,
    F: FnMut(&mut T) -> bool,
{
    type Output = MutexGuard<'a, T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Some(mut guard) = this.guard.take() {
                if !(this.condition)(&mut guard) {
                    return Poll::Ready(guard);
                }
                let wait = Wait::new(this.condvar, guard, *this.site);
                this.wait.set(Some(wait));
            }
            let Some(wait) = this.wait.as_mut().as_pin_mut() else {
                panic!("a wait future was polled after it had completed");
            };
            *this.guard = Some(ready!(wait.poll(cx)));
            this.wait.set(None);
        }
    }
}

impl<T: ?Sized, F> fmt::Debug for WaitWhile<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitWhile")
            .field("site", &self.site)
            .finish()
    }
}
