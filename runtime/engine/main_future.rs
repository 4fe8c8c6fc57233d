//! The future given to `block_on`, without its type: so that the loops that run it, and the tasks
//! and threads beside it, are in the library once and not in each program once for each future.
//! `runtime` and `handle` call it.
//!
//! The price is an indirect call a poll. The future is dropped as soon as it is ready.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

pin_project! {
    /// A future that keeps its output for [`into_output`](Self::into_output).
    #[project = MainProjection]
    #[project_replace = MainReplaced]
    pub(crate) enum MainFuture<F: Future> {
        Running {
            #[pin]
            future: F,
        },
        Ready {
            output: F::Output,
        },
        Taken,
    }
}

impl<F: Future> MainFuture<F> {
    pub(crate) fn new(future: F) -> Self {
        Self::Running { future }
    }

    /// What the future returned, once it is ready.
    pub(crate) fn into_output(self: Pin<&mut Self>) -> F::Output {
        match self.project_replace(Self::Taken) {
            MainReplaced::Ready { output } => output,
            _ => unreachable!("`block_on` returns when its future is ready"),
        }
    }
}

impl<F: Future> Future for MainFuture<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let MainProjection::Running { future } = self.as_mut().project() else {
            return Poll::Ready(());
        };
        let output = ready!(future.poll(cx));
        self.set(Self::Ready { output });
        Poll::Ready(())
    }
}

/// A [`MainFuture`] of any type.
pub(crate) type Main<'a> = Pin<&'a mut (dyn Future<Output = ()> + 'a)>;
