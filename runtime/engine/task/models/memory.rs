//! What a task's word alone protects: its future, its output, its memory.
//!
//! Loom watches each access to a cell, so an order that the word does not make fails a model here.
//! No lock is between the threads, as the one of a model's queue would be.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::thread;

use super::super::Arena;
use super::super::state::{Complete, Outcome, State, Wake};
use super::{Queue, spawn};
use crate::primitives::{Arc, Mutex, UnsafeCell};

/// Touches its memory in each poll, after it has given out the wakers it is asked for.
struct Touching {
    memory: UnsafeCell<u32>,
    wakers: Option<Arc<Mutex<Vec<Waker>>>>,
}

impl Future for Touching {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(wakers) = self.wakers.take() {
            *wakers.lock() = vec![cx.waker().clone()];
        }
        self.memory.with_mut(|_| ());
        Poll::Pending
    }
}

/// One thread polls a task and forgets it, the other wakes it and polls it itself. No lock comes
/// between the two polls: what the first did to the future travels by the word alone (T1).
#[test]
fn a_future_goes_from_poll_to_poll_by_the_word() {
    loom::model(|| {
        let queue = Queue::new();
        let arena = Arena::new(&queue);
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let future = Touching {
            memory: UnsafeCell::new(0),
            wakers: Some(Arc::clone(&wakers)),
        };
        let handle = spawn(&queue, &arena, future);
        queue.run();
        let waker = wakers.lock().pop().unwrap();
        waker.wake_by_ref();
        let mut turn = queue.next();
        let theirs = Arc::clone(&queue);
        let other = thread::spawn(move || {
            waker.wake();
            theirs.run();
        });
        while let Some(task) = turn.take() {
            turn = task.run().err();
        }
        other.join().unwrap();
        handle.abort();
        queue.run();
        drop((handle, arena));
    });
}

/// A task's word, and memory that it alone protects.
struct Watched {
    state: State,
    memory: UnsafeCell<u32>,
    output: UnsafeCell<u32>,
}

/// How somebody ends who may use a task.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Completes,
    DropsHandle,
    DropsOwner,
    DropsWaker,
    Wakes,
}

impl Watched {
    /// A task that is being run, used by all of these.
    fn by(ends: &[End]) -> Arc<Self> {
        let state = State::new();
        for end in ends {
            match end {
                End::Completes | End::DropsHandle => {}
                End::DropsOwner => state.add_owner(),
                End::DropsWaker | End::Wakes => state.add_waker(),
            }
        }
        if !ends.contains(&End::DropsHandle) {
            assert!(!state.drop_handle().unwrap());
        }
        let watched = Self {
            state,
            memory: UnsafeCell::new(0),
            output: UnsafeCell::new(0),
        };
        if !ends.contains(&End::Completes) {
            assert!(!watched.complete());
        }
        Arc::new(watched)
    }

    /// True: this one had to free the task.
    fn end(&self, end: End) -> bool {
        self.memory.with(|_| ());
        let state = &self.state;
        let is_last = match end {
            End::Completes => self.complete(),
            End::DropsHandle => state.drop_handle().unwrap_or_else(|_| {
                self.output.with_mut(|_| ());
                state.drop_owner()
            }),
            End::DropsOwner => state.drop_owner(),
            End::DropsWaker => state.drop_waker(),
            End::Wakes => state.wake() == Wake::Free,
        };
        if is_last {
            self.memory.with_mut(|_| ());
        }
        is_last
    }

    /// The output is left to the handle, or dropped when there is none (T2).
    fn complete(&self) -> bool {
        self.output.with_mut(|_| ());
        let mut complete = self.state.complete(Outcome::Value, false);
        if complete == Complete::DropOutput {
            self.output.with_mut(|_| ());
            complete = self.state.complete(Outcome::Value, true);
        }
        complete == Complete::Free
    }
}

/// Each of these uses the task and lets go of it, all at once. One of them is told to free it, and
/// has seen what the others did (T4).
fn the_last_one_frees(ends: &'static [End]) {
    loom::model(move || {
        let watched = Watched::by(ends);
        let threads: Vec<_> = ends
            .iter()
            .map(|&end| {
                let watched = Arc::clone(&watched);
                thread::spawn(move || watched.end(end))
            })
            .collect();
        let freed = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(freed.filter(|freed| *freed).count(), 1);
    });
}

#[test]
fn the_last_owner_frees() {
    the_last_one_frees(&[End::DropsOwner, End::DropsOwner]);
    the_last_one_frees(&[End::DropsOwner, End::DropsHandle]);
}

#[test]
fn the_last_waker_frees() {
    the_last_one_frees(&[End::DropsWaker, End::DropsWaker]);
    the_last_one_frees(&[End::DropsWaker, End::Wakes]);
}

#[test]
fn the_last_of_an_owner_and_a_waker_frees() {
    the_last_one_frees(&[End::DropsOwner, End::DropsWaker]);
    the_last_one_frees(&[End::DropsHandle, End::Wakes]);
}

#[test]
fn a_completion_or_the_last_reference_frees() {
    the_last_one_frees(&[End::Completes, End::DropsHandle]);
    the_last_one_frees(&[End::Completes, End::DropsOwner, End::DropsWaker]);
    the_last_one_frees(&[End::Completes, End::DropsHandle, End::Wakes]);
}
