//! Closures for the pool, as tasks: with an id, a join handle, and a line in a dump.
//!
//! A closure is a future that is ready at its first poll, so it is queued from its spawn to its
//! end and nothing ever schedules it again. `abort` reaches it only while it waits for a thread.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Job, Pool, SubmitError};
use crate::budget;
use crate::engine::task::{self, Arena, JoinHandle, Owner, Registry, Runnable, Schedule};
use crate::primitives::Mutex;

/// The pool's side of tasks: their memory and their registry.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) registry: Registry,
    /// `None` before the first spawn and after the shutdown.
    arena: Mutex<State>,
}

#[derive(Default)]
struct State {
    arena: Option<Box<Arena>>,
    closed: bool,
}

impl Owner for Tasks {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Tasks {
    #[cfg(feature = "tracing")]
    const KIND: &'static str = "blocking";

    fn schedule(&self, _: Runnable) {
        unreachable!("a closure is queued from its spawn to its end");
    }

    fn is_current(&self) -> bool {
        false
    }
}

/// A closure as a future.
struct Call<F>(Option<F>);

// The closure is moved out before it runs, never pinned.
impl<F> Unpin for Call<F> {}

impl<F: FnOnce() -> R, R> Future for Call<F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        let _no_budget = budget::lift();
        let call = self.0.take().expect("a closure runs once");
        Poll::Ready(call())
    }
}

/// A task's turn, as a job. Whatever drops it ends the task.
struct Turn<G>(Option<Runnable>, G);

impl<G: Send> Job for Turn<G> {
    fn run(mut self: Box<Self>) {
        if let Some(task) = self.0.take() {
            let _ = task.run();
        }
    }

    fn cancel(self: Box<Self>) {}
}

impl<G> Drop for Turn<G> {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.cancel();
        }
    }
}

impl Tasks {
    /// Runs `f` on a thread of `pool`. `guard` is dropped when it has run, or will not.
    ///
    /// # Errors
    ///
    /// The runtime is shut down and `f` will not run. The handle says that it was cancelled.
    #[track_caller]
    pub(crate) fn spawn<F, R, G>(
        self: &Arc<Self>,
        pool: &Arc<Pool>,
        f: F,
        mandatory: bool,
        guard: G,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<R>, JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
        G: Send + 'static,
    {
        let mut state = self.arena.lock();
        if state.closed {
            drop(state);
            let handle = task::allocate_cancelled::<_, Self>(Call(Some(f)), spawned);
            return Err(handle);
        }
        let arena = state.arena.get_or_insert_with(|| Arena::new(self));
        let (task, handle) = task::allocate::<_, Self>(arena, None, Call(Some(f)), spawned);
        drop(state);
        match pool.submit(Box::new(Turn(Some(task), guard)), mandatory) {
            Ok(()) => Ok(handle),
            Err(SubmitError::Closed(job)) => {
                // Dropping the job cancels the task.
                drop(job);
                Err(handle)
            }
            Err(SubmitError::NoThreads(job, error)) => {
                drop(job);
                panic!("cannot start a thread for blocking work: {error}");
            }
        }
    }

    /// No more closures. Those that are queued or running belong to the pool.
    pub(crate) fn close(&self) {
        let mut state = self.arena.lock();
        state.closed = true;
        let arena = state.arena.take();
        drop(state);
        drop(arena);
    }
}
