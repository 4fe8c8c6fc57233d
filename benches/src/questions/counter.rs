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

use super::{Question, timed};
use crate::runtimes::on_each;

pub(super) fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "counter: yield once, add one behind one async mutex",
            unit: "ns/task",
            threads: &[1, 2],
            except: &[],
            size: 100_000,
            quick: 10_000,
            ask: counter,
            floors: &[
                ("boxed, polled twice", boxed_floor),
                ("inline, polled twice", inline_floor),
            ],
            goal: (0.09, 0.09),
        },
        Question {
            name: "counter, main inside a task",
            unit: "ns/task",
            threads: &[1, 2],
            except: &[],
            size: 100_000,
            quick: 10_000,
            ask: counter_in_a_task,
            floors: &[],
            goal: (0.09, 0.09),
        },
        Question {
            name: "cells: yield once, add one to the task's own cell",
            unit: "ns/task",
            threads: &[1, 2],
            except: &[],
            size: 100_000,
            quick: 10_000,
            ask: cells,
            floors: &[],
            goal: (0.09, 0.09),
        },
    ]
}

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
    fn counter(rt, peer, tasks) -> f64 {
        timed(tasks, || rt::run(peer, async move { count_to!(rt, tasks) }))
    }
}

on_each! {
    fn counter_in_a_task(rt, peer, tasks) -> f64 {
        timed(tasks, || {
            rt::run(peer, async move {
                rt::spawn(async move { count_to!(rt, tasks) }).await;
            });
        })
    }
}

on_each! {
    fn cells(rt, peer, tasks) -> f64 {
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

fn boxed_floor(tasks: usize) -> f64 {
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

fn inline_floor(tasks: usize) -> f64 {
    timed(tasks, || {
        let counter = Arc::new(wakeful::sync::Mutex::new(0));
        let futures: Vec<_> = (0..tasks).map(|_| add_one(Arc::clone(&counter))).collect();
        let mut futures = pin!(InPlace(futures));
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
struct InPlace<F>(Vec<F>);

impl<F> InPlace<F> {
    fn get(self: Pin<&mut Self>, index: usize) -> Pin<&mut F> {
        #[expect(unsafe_code, reason = "a pinned element of a vector that never moves")]
        // SAFETY: the vector is private, never grows or shrinks, and is dropped in place.
        unsafe {
            self.map_unchecked_mut(|this| &mut this.0[index])
        }
    }
}
