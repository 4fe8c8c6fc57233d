//! A task as a member of its group: it ends with the group, and ends the group when it fails.
//!
//! Absent: the results. They come out of the task's own handle.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::sync::CancellationToken;
use crate::sync::futures::RunUntilCancelledOwned;

/// What a group and its members share.
pub(super) struct Shared {
    pub(super) token: CancellationToken,
    /// The member that failed first, by its number.
    first: OnceLock<usize>,
}

impl Shared {
    pub(super) fn new(token: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            token,
            first: OnceLock::new(),
        })
    }

    /// A member has failed: all others are to stop.
    pub(super) fn fail(&self, number: usize) {
        let _ = self.first.set(number);
        self.token.cancel();
    }

    pub(super) fn is_first(&self, number: usize) -> bool {
        self.first.get() == Some(&number)
    }

    /// Runs a part of a member, and tells the group when it fails. The panic goes on.
    fn watch<T, E, R>(
        &self,
        number: usize,
        run: impl FnOnce() -> R,
        outcome: impl FnOnce(&R) -> Option<&Result<T, E>>,
    ) -> R {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(value) => {
                if outcome(&value).is_some_and(Result::is_err) {
                    self.fail(number);
                }
                value
            }
            Err(panic) => {
                self.fail(number);
                resume_unwind(panic);
            }
        }
    }

    /// A closure as a member. `None`: the group had ended before it began.
    pub(super) fn run<T, E>(
        &self,
        number: usize,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        if self.token.is_cancelled() {
            return None;
        }
        self.watch(number, || Some(call()), Option::as_ref)
    }
}

pin_project! {
    pub(super) struct Member<F> {
        number: usize,
        shared: Arc<Shared>,
        #[pin]
        until: RunUntilCancelledOwned<F>,
    }
}

impl<F: Future> Member<F> {
    #[track_caller]
    pub(super) fn new(number: usize, shared: Arc<Shared>, future: F) -> Self {
        let until = shared.token.clone().run_until_cancelled_owned(future);
        Self {
            number,
            shared,
            until,
        }
    }
}

impl<F, T, E> Future for Member<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Option<Result<T, E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let until = this.until;
        let poll = || until.poll(cx);
        this.shared
            .watch(*this.number, poll, |polled| match polled {
                Poll::Ready(outcome) => outcome.as_ref(),
                Poll::Pending => None,
            })
    }
}
