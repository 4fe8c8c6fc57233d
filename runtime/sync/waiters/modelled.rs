//! Threads that wait for a poll function, for the models of `sync`.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::Node;
use crate::primitives::{Condvar, Mutex};

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock() = true;
        self.changed.notify_one();
    }
}

impl Bell {
    fn wait(&self) {
        let mut rung = self.rung.lock();
        while !*rung {
            rung = self.changed.wait(rung);
        }
        *rung = false;
    }
}

/// Calls `poll` until it is ready, sleeping in between until its waker is woken. A lost wake is a
/// deadlock, which the model reports.
pub(crate) fn wait<D: Copy, R>(
    data: D,
    mut poll: impl FnMut(Pin<&mut Node<D>>, &mut Context<'_>) -> Poll<R>,
) -> R {
    let mut node = pin!(Node::new(data));
    block_on(poll_fn(|cx| poll(node.as_mut(), cx)))
}

/// The same for a future.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => bell.wait(),
        }
    }
}

/// A model with this many preemptions, which finds nearly all there is to find.
pub(crate) fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    if builder.preemption_bound.is_none() {
        builder.preemption_bound = Some(preemptions);
    }
    builder.check(model);
}
