//! Seats: who runs the tasks of a runtime, and that somebody does.
#![cfg(not(loom))]

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use wakeful::runtime::{Builder, Runtime};

/// Only to turn a hang into a failure.
const LONG: Duration = Duration::from_secs(30);

fn arrives<T>(receiver: &Receiver<T>, what: &str) -> T {
    receiver
        .recv_timeout(LONG)
        .unwrap_or_else(|_| panic!("{what} never comes"))
}

/// Three threads are inside `block_on` of a single-threaded runtime. The first leaves the seat and
/// the second, whose future is ready by then, needs it no more: the third must get it.
#[test]
fn r13_a_free_seat_is_passed_on() {
    let runtime = Arc::new(Builder::new_current_thread().build().unwrap());
    let (first_sits, sits) = channel();
    let (leave, first_leaves) = channel::<()>();
    let (first_left, left) = channel();
    let first = {
        let runtime = Arc::clone(&runtime);
        thread::spawn(move || {
            runtime.block_on(poll_fn(|_| {
                first_sits.send(()).unwrap();
                first_leaves.recv().unwrap();
                Poll::Ready(())
            }));
            first_left.send(()).unwrap();
        })
    };
    arrives(&sits, "the first thread");

    // Only whoever sits can run this.
    let mut task = runtime.spawn(async { 7 });
    let (third_waits, waits) = channel();
    let (third_done, done) = channel();
    let third = {
        let runtime = Arc::clone(&runtime);
        thread::spawn(move || {
            let mut polls = 0;
            let output = runtime.block_on(poll_fn(|cx| {
                polls += 1;
                if polls == 1 {
                    third_waits.send(()).unwrap();
                }
                Pin::new(&mut task).poll(cx)
            }));
            third_done.send(output.unwrap()).unwrap();
        })
    };
    arrives(&waits, "the third thread");
    let second = {
        let runtime = Arc::clone(&runtime);
        thread::spawn(move || {
            runtime.block_on(poll_fn(|_| {
                leave.send(()).unwrap();
                arrives(&left, "the seat");
                Poll::Ready(())
            }));
        })
    };
    assert_eq!(arrives(&done, "the task's output"), 7);
    for thread in [first, second, third] {
        thread.join().unwrap();
    }
}

/// A runtime of one worker whose hook panics, used and dropped on a thread of its own.
fn survives(set_hook: fn(&mut Builder)) {
    let (dropped, drops) = channel();
    thread::spawn(move || {
        let mut builder = Builder::new_multi_thread();
        set_hook(builder.worker_threads(1));
        let runtime: Runtime = builder.build().unwrap();
        let (ran, runs) = channel();
        drop(runtime.spawn(async move { ran.send(()).unwrap() }));
        arrives(&runs, "the task");
        drop(runtime);
        dropped.send(()).unwrap();
    });
    arrives(&drops, "the end of the runtime");
}

#[test]
fn a_start_hook_that_panics_costs_no_worker() {
    survives(|builder| {
        builder.on_thread_start(|| panic!("a hook"));
    });
}

#[test]
fn a_stop_hook_that_panics_costs_no_worker() {
    survives(|builder| {
        builder.on_thread_stop(|| panic!("a hook"));
    });
}

#[test]
fn park_hooks_that_panic_cost_no_worker() {
    survives(|builder| {
        builder.on_thread_park(|| panic!("a hook"));
        builder.on_thread_unpark(|| panic!("a hook"));
    });
}

/// The guest's thread was stuck once, and left. The others must not take it for stuck for ever: a
/// task behind a blocked worker still finds another.
#[test]
fn a_guest_that_was_stuck_leaves_no_mark() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    // Main blocks until another worker has run two tasks, so the guest was found stuck.
    runtime.block_on(async {
        for _ in 0..2 {
            let (ran, runs) = channel();
            drop(wakeful::spawn(async move { ran.send(()).unwrap() }));
            arrives(&runs, "a task behind the main future");
        }
    });
    for _ in 0..3 {
        let (release, released) = channel::<()>();
        let (ran, runs) = channel();
        let both_run = Arc::new(Barrier::new(2));
        let blocked = runtime.spawn({
            let both_run = Arc::clone(&both_run);
            async move {
                drop(wakeful::spawn(async move { ran.send(()).unwrap() }));
                both_run.wait();
                released.recv().unwrap();
            }
        });
        both_run.wait();
        arrives(&runs, "the task behind the blocked worker");
        release.send(()).unwrap();
        runtime.block_on(blocked).unwrap();
    }
}
