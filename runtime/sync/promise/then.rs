//! The callback of [`Promise::then`](super::Promise::then): a waker that runs it.
//!
//! The receiving end is polled once, with a waker whose `wake` takes the value and calls the
//! callback. The sending end wakes what was left there as its last step, with nothing borrowed, so
//! the callback may do anything, panic included. Ours is the only waker, and it is woken when the
//! channel ends, never before: the poll here asks no budget.
//!
//! The step is owned by its waker, the waker by the channel, the channel's other half by the
//! resolver. The step itself owns the receiving end, which closes the circle; waking opens it, and
//! a resolver always wakes, by `resolve` or by its drop.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{ReceiveEnd, Resolver};
use crate::primitives::Mutex;

/// A callback that waits for its value.
struct Step<T, U, F> {
    /// `None` once the outcome is known. Held only to move the end and the callback in and out.
    waiting: Mutex<Option<Waiting<T, U, F>>>,
}

struct Waiting<T, U, F> {
    promise: ReceiveEnd<T>,
    callback: F,
    next: Resolver<U>,
}

/// Has `callback` run on the value of `promise`, now or when it is set.
pub(super) fn attach<T, U, F>(mut promise: ReceiveEnd<T>, callback: F, next: Resolver<U>)
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    use crate::sync::oneshot::ends::NoMessage;
    match promise.try_receive() {
        Ok(value) => return keep(next, callback, value),
        Err(NoMessage::Ever) => return,
        Err(NoMessage::Yet) => {}
    }
    let step = Arc::new(Step {
        waiting: Mutex::new(Some(Waiting {
            promise,
            callback,
            next,
        })),
    });
    // Also if the value has come meanwhile: the first poll is the same step as those on a wake.
    step.clone().advance(&Waker::from(step));
}

/// Runs the callback and keeps the next promise. If the callback panics, the resolver is dropped.
fn keep<T, U>(next: Resolver<U>, callback: impl FnOnce(T) -> U, value: T) {
    // Nobody has to want what the callback returns.
    let _ = next.resolve(callback(value));
}

impl<T, U, F> Step<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    /// Takes the outcome if it is there and acts on it; if not, leaves `waker`.
    fn advance(self: Arc<Self>, waker: &Waker) {
        let outcome = {
            // No code of the user's runs under this lock: the waker is ours, and neither the value
            // nor the callback is dropped here.
            let mut waiting = self.waiting.lock();
            let Some(step) = &mut *waiting else { return };
            match step.promise.poll_message(&Context::from_waker(waker)) {
                Poll::Pending => return,
                Poll::Ready(value) => (value, waiting.take()),
            }
        };
        if let (Some(value), Some(step)) = outcome {
            keep(step.next, step.callback, value);
        }
    }
}

impl<T, U, F> Wake for Step<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        self.advance(&waker);
    }
}
