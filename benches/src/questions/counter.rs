//! Question: what does a task cost, from spawn to join, if it yields once and takes one lock?
//!
//! Unit: nanoseconds a task. All tasks are spawned before the first is awaited.
//!
//! What would mislead: all tasks share one lock, so more threads can only lose; the second question
//! shares nothing. The boxed floor polls each future twice in a bare loop and drops it; the inline
//! floor has the futures by value in one vector, and allocates nothing.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::on_each;

/// The counter, the counter inside of a task, and cells.
pub fn questions() -> Vec<Question> {
    let question = |name, ask, floors, goals| Question {
        name,
        units: &["ns/task"],
        ask,
        floors,
        goals,
        both_heaps: true,
        ..PLAIN
    };
    vec![
        question(
            "counter: yield once, add one behind one async mutex",
            counter,
            &[
                (BOXED_FLOOR, boxed_floor),
                ("inline, polled twice", inline_floor),
            ],
            vec![
                Goal::tokio(0.09),
                Goal::floor(BOXED_FLOOR, 1.0).on(1),
                Goal::best_peer(0.4).on(2),
                Goal::one_thread(1.5),
            ],
        ),
        question(
            "counter, main inside a task",
            counter_in_a_task,
            &[],
            vec![
                Goal::tokio(0.09),
                Goal::best_peer(0.4).on(2),
                Goal::one_thread(1.5),
            ],
        ),
        question(
            "cells: yield once, add one to the task's own cell",
            cells,
            &[],
            vec![Goal::one_thread(0.65)],
        ),
    ]
}

const BOXED_FLOOR: &str = "boxed, polled twice";

macro_rules! count_to {
    ($rt:ident, $tasks:expr) => {{
        let counter = Arc::new($rt::Mutex::new(0_usize));
        let mut handles = Vec::with_capacity($tasks);
        for _ in 0..$tasks {
            let counter = Arc::clone(&counter);
            handles.push($rt::spawn(async move {
                $rt::yield_now().await;
                *counter.lock().await += 1;
            }));
        }
        for handle in handles {
            handle.await;
        }
        assert_eq!(*counter.lock().await, $tasks);
    }};
}

on_each! {
    fn counter(rt, peer, tasks) -> Vec<f64> {
        timed(tasks, || rt::run(peer, async move { count_to!(rt, tasks) }))
    }
}

on_each! {
    fn counter_in_a_task(rt, peer, tasks) -> Vec<f64> {
        timed(tasks, || {
            rt::run(peer, async move {
                rt::spawn(async move { count_to!(rt, tasks) }).await;
            });
        })
    }
}

on_each! {
    fn cells(rt, peer, tasks) -> Vec<f64> {
        timed(tasks, || {
            rt::run(peer, async move {
                let cells: Arc<[AtomicUsize]> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                let mut handles = Vec::with_capacity(tasks);
                for index in 0..tasks {
                    let cells = Arc::clone(&cells);
                    handles.push(rt::spawn(async move {
                        rt::yield_now().await;
                        cells[index].store(1, Relaxed);
                    }));
                }
                for handle in handles {
                    handle.await;
                }
                assert!(cells.iter().all(|cell| cell.load(Relaxed) == 1));
            });
        })
    }
}

fn yield_once() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |_| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
}

async fn add_one(counter: Arc<wakeful::sync::Mutex<usize>>) {
    yield_once().await;
    *counter.lock().await += 1;
}

pub(crate) fn boxed_floor(tasks: usize) -> Vec<f64> {
    timed(tasks, || {
        let counter = Arc::new(wakeful::sync::Mutex::new(0));
        let mut futures: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            futures.push(Box::pin(add_one(Arc::clone(&counter))));
        }
        let mut cx = Context::from_waker(Waker::noop());
        for future in &mut futures {
            assert!(future.as_mut().poll(&mut cx).is_pending());
        }
        for mut future in futures {
            assert!(future.as_mut().poll(&mut cx).is_ready());
        }
        counter
            .try_lock()
            .map(|counter| assert_eq!(*counter, tasks))
    })
}

fn inline_floor(tasks: usize) -> Vec<f64> {
    timed(tasks, || {
        let counter = Arc::new(wakeful::sync::Mutex::new(0));
        let futures: Vec<_> = (0..tasks).map(|_| add_one(Arc::clone(&counter))).collect();
        let mut futures = pin!(InPlace::new(futures));
        let mut cx = Context::from_waker(Waker::noop());
        for index in 0..tasks {
            assert!(futures.as_mut().get(index).poll(&mut cx).is_pending());
        }
        for index in 0..tasks {
            assert!(futures.as_mut().get(index).poll(&mut cx).is_ready());
        }
        counter
            .try_lock()
            .map(|counter| assert_eq!(*counter, tasks))
    })
}

/// Futures that stay where they are.
pub(crate) struct InPlace<F>(Vec<F>);

impl<F> InPlace<F> {
    pub(crate) fn new(futures: Vec<F>) -> Self {
        Self(futures)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(self: Pin<&mut Self>, index: usize) -> Pin<&mut F> {
        #[expect(unsafe_code, reason = "a pinned element of a vector that never moves")]
        // SAFETY: the vector is private, never grows or shrinks, and is dropped in place.
        unsafe {
            self.map_unchecked_mut(|this| &mut this.0[index])
        }
    }
}
