//! The futures that wait for a [`JoinSet`]. Nothing in them needs a pin; they are pinned all the
//! same, as those of async functions are.

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{JoinSet, with_id};
use crate::leaf::Site;
use crate::task::{Id, JoinError};

pin_project! {
    /// Future of [`JoinSet::join_next`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::task::JoinSet;
    /// use wakeful::time::{Duration, sleep, timeout};
    ///
    /// let mut set = JoinSet::new();
    /// set.spawn(sleep(Duration::from_secs(10)));
    /// // Giving up takes no task out of the set.
    /// assert!(timeout(Duration::from_secs(1), set.join_next()).await.is_err());
    /// assert!(set.join_next().await.unwrap().is_ok());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[derive(Debug)]
    pub struct JoinNext<'a, T> {
        pub(super) set: &'a mut JoinSet<T>,
        pub(super) site: Site,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<T: 'static> Future for JoinNext<'_, T> {
    type Output = Option<Result<T, JoinError>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.set
            .poll_next(cx, *this.site)
            .map(|joined| joined.map(|(_, result)| result))
    }
}

pin_project! {
    /// Future of [`JoinSet::join_next_with_id`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// let handle = set.spawn(async { 1 });
    /// let next = set.join_next_with_id();
    /// assert_eq!(next.await.unwrap().unwrap(), (handle.id(), 1));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[derive(Debug)]
    pub struct JoinNextWithId<'a, T> {
        pub(super) set: &'a mut JoinSet<T>,
        pub(super) site: Site,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<T: 'static> Future for JoinNextWithId<'_, T> {
    type Output = Option<Result<(Id, T), JoinError>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.set
            .poll_next(cx, *this.site)
            .map(|joined| joined.map(with_id))
    }
}

pin_project! {
    /// Future of [`JoinSet::shutdown`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// let handle = set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(handle.is_finished());
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[derive(Debug)]
    pub struct Shutdown<'a, T> {
        pub(super) set: &'a mut JoinSet<T>,
        pub(super) aborted: bool,
        pub(super) site: Site,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<T: 'static> Future for Shutdown<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if !*this.aborted {
            *this.aborted = true;
            this.set.abort_running();
        }
        while ready!(this.set.poll_next(cx, *this.site)).is_some() {}
        Poll::Ready(())
    }
}

pin_project! {
    /// Future of [`JoinSet::join_all`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn(async { "first" });
    /// set.spawn(async { "second" });
    /// assert_eq!(set.join_all().await, ["first", "second"]); // as they completed
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct JoinAll<T> {
        pub(super) set: JoinSet<T>,
        pub(super) outputs: Vec<T>,
        pub(super) site: Site,
        #[pin]
        pub(super) pinned: PhantomPinned,
    }
}

impl<T: 'static> Future for JoinAll<T> {
    type Output = Vec<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        let this = self.project();
        while let Some((_, result)) = ready!(this.set.poll_next(cx, *this.site)) {
            match result {
                Ok(output) => this.outputs.push(output),
                Err(error) => {
                    // The caller may hold on to this future; its tasks end all the same.
                    this.set.abort_running();
                    match error.try_into_panic() {
                        Ok(payload) => resume_unwind(payload),
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
        Poll::Ready(std::mem::take(this.outputs))
    }
}

impl<T> fmt::Debug for JoinAll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll")
            .field("set", &self.set)
            .field("outputs", &self.outputs.len())
            .finish()
    }
}
