//! A call on the blocking pool that a task waits for, as a leaf.
//!
//! `fs` and the standard streams of `io` make one for each operation of theirs. The note it leaves
//! says "blocking call" and names the operation's caller, in place of the join of a task.
//!
//! Dropping one does not stop the call: it runs to its end and what it returns is dropped.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::context;
use super::task::{JoinError, JoinHandle};
use crate::leaf::{self, Kind, Site};

/// See the module.
#[derive(Debug)]
pub(crate) struct PoolCall<R> {
    task: JoinHandle<R>,
    site: Site,
}

impl<R: Send + 'static> PoolCall<R> {
    /// Runs `f` on the pool of this thread's runtime. If that is shut down, it will not run, and
    /// awaiting it says that it was cancelled.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub(crate) fn start(site: Site, f: impl FnOnce() -> R + Send + 'static) -> Self {
        let (Ok(task) | Err(task)) = context::handle().spawn_call(f, false, site.location());
        Self { task, site }
    }

    /// As [`start`](Self::start), and once it is accepted `f` runs even if the runtime shuts down
    /// first. `None`: it is shut down already.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub(crate) fn start_mandatory(
        site: Site,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Option<Self> {
        let task = context::handle().spawn_call(f, true, site.location());
        task.ok().map(|task| Self { task, site })
    }
}

impl<R> Future for PoolCall<R> {
    type Output = Result<R, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = Pin::new(&mut self.task).poll(cx);
        if result.is_pending() {
            // Over the note of the handle.
            let call = self.task.id().number() as usize;
            leaf::waiting(cx, Kind::Blocking, call, self.site);
        }
        result
    }
}

/// What an operation says whose call did not run, or panicked.
pub(crate) fn failed() -> io::Error {
    io::Error::other("background task failed")
}

/// What an operation on a stream of the process says whose runtime has shut down: the same as a
/// socket's.
pub(crate) fn gone() -> io::Error {
    #[cfg(feature = "net")]
    return io::Error::other(super::reactor::GONE);
    #[cfg(not(feature = "net"))]
    failed()
}

/// Runs `f` on the pool at the first poll, and gives what it returns.
///
/// Named by its caller's site, so that this can be an `async fn`: it is as `Send`, `Sync` and
/// `Unpin` as a program expects of one.
pub(crate) async fn offload<T, F>(site: Site, f: F) -> io::Result<T>
where
    F: FnOnce() -> io::Result<T> + Send + 'static,
    T: Send + 'static,
{
    match PoolCall::start(site, f).await {
        Ok(result) => result,
        Err(_) => Err(failed()),
    }
}
