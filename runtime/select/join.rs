//! The futures behind `join!` and `try_join!`: a chain of branches, polled in turn.
//!
//! ```text
//!   join!(a, b, c)  =  join(branch(a, branch(b, branch(c, End))))   gives   (x, (y, (z, ())))
//! ```
//!
//! Each poll begins at another branch, so that one which uses up the task's budget each time does
//! not keep the ones behind it waiting for ever. With `biased;` each poll begins at the first.

use std::future::{Future, IntoFuture};
use std::ops::{ControlFlow, Range};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::chance;

pin_project! {
    /// A future, then its output until the others are done, too.
    #[project = StageProjection]
    #[project_replace = StageOwned]
    pub enum Stage<F: Future> {
        Polling { #[pin] future: F },
        Done { output: F::Output },
        Taken,
    }
}

impl<F: Future> Stage<F> {
    /// Polls the future if it is not done. True if it is now.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let output = match self.as_mut().project() {
            StageProjection::Polling { future } => match future.poll(cx) {
                Poll::Ready(output) => output,
                Poll::Pending => return false,
            },
            StageProjection::Done { .. } => return true,
            StageProjection::Taken => panic!("`join!` polled after completion"),
        };
        self.set(Stage::Done { output });
        true
    }

    fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project_replace(Stage::Taken) {
            StageOwned::Done { output } => output,
            _ => unreachable!("taken only when all are done"),
        }
    }
}

impl<F, T, E> Stage<F>
where
    F: Future<Output = Result<T, E>>,
{
    /// Like [`Stage::poll`], but breaks with the error.
    fn try_poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> ControlFlow<E, bool> {
        if !self.as_mut().poll(cx) {
            return ControlFlow::Continue(false);
        }
        match self.as_mut().project() {
            StageProjection::Done { output: Err(_) } => match self.take() {
                Err(error) => ControlFlow::Break(error),
                Ok(_) => unreachable!("matched as an error"),
            },
            _ => ControlFlow::Continue(true),
        }
    }
}

/// The end of a chain.
#[derive(Debug)]
pub struct End;

pin_project! {
    /// One branch and those behind it.
    pub struct Branch<F: Future, R> {
        #[pin]
        first: Stage<F>,
        #[pin]
        rest: R,
    }
}

/// Puts a future in front of a chain.
pub fn branch<F: IntoFuture, R>(future: F, rest: R) -> Branch<F::IntoFuture, R> {
    let future = future.into_future();
    Branch {
        first: Stage::Polling { future },
        rest,
    }
}

/// A chain whose branches are all to be completed.
pub trait Join {
    /// How many branches it has.
    const LENGTH: usize;
    /// What they give: nested pairs, `()` at the end.
    type Output;
    /// Polls the branches whose number is in `range`. True if those are done.
    fn poll_range(self: Pin<&mut Self>, cx: &mut Context<'_>, range: Range<usize>) -> bool;
    /// Takes the outputs, once all are done.
    fn take(self: Pin<&mut Self>) -> Self::Output;
}

impl Join for End {
    const LENGTH: usize = 0;
    type Output = ();

    fn poll_range(self: Pin<&mut Self>, _: &mut Context<'_>, _: Range<usize>) -> bool {
        true
    }

    fn take(self: Pin<&mut Self>) {}
}

impl<F: Future, R: Join> Join for Branch<F, R> {
    const LENGTH: usize = 1 + R::LENGTH;
    type Output = (F::Output, R::Output);

    #[inline]
    fn poll_range(self: Pin<&mut Self>, cx: &mut Context<'_>, range: Range<usize>) -> bool {
        let this = self.project();
        let first = !range.contains(&0) || this.first.poll(cx);
        // No `&&` between the two: both are to be polled.
        first & this.rest.poll_range(cx, behind(range))
    }

    fn take(self: Pin<&mut Self>) -> Self::Output {
        let this = self.project();
        (this.first.take(), this.rest.take())
    }
}

/// A chain that ends with the first error.
pub trait TryJoin<E> {
    /// How many branches it has.
    const LENGTH: usize;
    /// What they give: nested pairs, `()` at the end.
    type Output;
    /// Polls the branches whose number is in `range`, up to the first error. True if those are
    /// done.
    fn try_poll_range(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        range: Range<usize>,
    ) -> ControlFlow<E, bool>;
    /// Takes the values, once all are done.
    fn take(self: Pin<&mut Self>) -> Self::Output;
}

impl<E> TryJoin<E> for End {
    const LENGTH: usize = 0;
    type Output = ();

    fn try_poll_range(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: Range<usize>,
    ) -> ControlFlow<E, bool> {
        ControlFlow::Continue(true)
    }

    fn take(self: Pin<&mut Self>) {}
}

impl<F, R, T, E> TryJoin<E> for Branch<F, R>
where
    F: Future<Output = Result<T, E>>,
    R: TryJoin<E>,
{
    const LENGTH: usize = 1 + R::LENGTH;
    type Output = (T, R::Output);

    #[inline]
    fn try_poll_range(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        range: Range<usize>,
    ) -> ControlFlow<E, bool> {
        let this = self.project();
        let first = !range.contains(&0) || this.first.try_poll(cx)?;
        let rest = this.rest.try_poll_range(cx, behind(range))?;
        ControlFlow::Continue(first & rest)
    }

    fn take(self: Pin<&mut Self>) -> Self::Output {
        let this = self.project();
        match this.first.take() {
            Ok(value) => (value, this.rest.take()),
            Err(_) => unreachable!("an error ends the polling"),
        }
    }
}

/// The same range counted from the next branch on.
fn behind(range: Range<usize>) -> Range<usize> {
    range.start.saturating_sub(1)..range.end.saturating_sub(1)
}

/// Which branch the next poll begins with.
#[derive(Debug)]
struct Turn {
    first: usize,
    biased: bool,
}

impl Turn {
    /// Before the first poll. It begins with the first branch, but in a simulation.
    fn first(length: usize, biased: bool) -> Self {
        let first = match biased {
            true => 0,
            false => chance::first(length.max(1)),
        };
        Self { first, biased }
    }

    /// The branches to poll now, in two runs.
    fn next(&mut self, length: usize) -> [Range<usize>; 2] {
        let first = self.first;
        if !self.biased {
            self.first = if first + 1 < length { first + 1 } else { 0 };
        }
        [first..length, 0..first]
    }
}

pin_project! {
    /// The future of `join!`.
    #[must_use = "futures do nothing unless polled"]
    pub struct JoinFuture<B> {
        #[pin]
        branches: B,
        turn: Turn,
    }
}

/// Completes all branches.
///
/// # Cancel safety
///
/// Outputs that are there already are lost.
pub fn join<B: Join>(branches: B, biased: bool) -> JoinFuture<B> {
    let turn = Turn::first(B::LENGTH, biased);
    JoinFuture { branches, turn }
}

impl<B: Join> Future for JoinFuture<B> {
    type Output = B::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B::Output> {
        let mut this = self.project();
        let mut done = true;
        for range in this.turn.next(B::LENGTH) {
            done &= this.branches.as_mut().poll_range(cx, range);
        }
        if done {
            Poll::Ready(this.branches.take())
        } else {
            Poll::Pending
        }
    }
}

pin_project! {
    /// The future of `try_join!`.
    #[must_use = "futures do nothing unless polled"]
    pub struct TryJoinFuture<B, E> {
        #[pin]
        branches: B,
        turn: Turn,
        error: std::marker::PhantomData<fn() -> E>,
    }
}

/// Completes all branches, or none further after the first error.
///
/// # Cancel safety
///
/// Values that are there already are lost.
pub fn try_join<E, B: TryJoin<E>>(branches: B, biased: bool) -> TryJoinFuture<B, E> {
    TryJoinFuture {
        branches,
        turn: Turn::first(B::LENGTH, biased),
        error: std::marker::PhantomData,
    }
}

impl<E, B: TryJoin<E>> Future for TryJoinFuture<B, E> {
    type Output = Result<B::Output, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut done = true;
        for range in this.turn.next(B::LENGTH) {
            match this.branches.as_mut().try_poll_range(cx, range) {
                ControlFlow::Continue(all) => done &= all,
                ControlFlow::Break(error) => return Poll::Ready(Err(error)),
            }
        }
        if done {
            Poll::Ready(Ok(this.branches.take()))
        } else {
            Poll::Pending
        }
    }
}
