//! `block_in_place`: the thread goes on alone, its seat does not (R11).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use wakeful::runtime::{Builder, Handle, Runtime};
use wakeful::task::{block_in_place, yield_now};
use wakeful::time::sleep;

use crate::flavors::Gate;
use crate::plug::{arrives, eventually, plug, workers};

const ROUNDS: usize = 20;
const SOON: Duration = Duration::from_millis(3);

fn rounds(body: impl Fn(&Runtime)) {
    for count in [1, 2] {
        for _ in 0..ROUNDS {
            body(&workers(count));
        }
    }
}

/// Tasks of every kind that send when they are through, spawned on the runtime we are in.
fn three_tasks() -> std::sync::mpsc::Receiver<()> {
    let (ends, ended) = channel();
    let [a, b, c] = [ends.clone(), ends.clone(), ends];
    wakeful::spawn(async move { a.send(()).unwrap() });
    wakeful::spawn(async move {
        sleep(SOON).await;
        b.send(()).unwrap();
    });
    wakeful::spawn(async move {
        wakeful::spawn(yield_now()).await.unwrap();
        c.send(()).unwrap();
    });
    ended
}

fn block_until_the_tasks_ran() {
    let ended = three_tasks();
    block_in_place(|| (0..3).for_each(|_| arrives(&ended, "a task")));
}

#[test]
fn from_a_task_the_others_run() {
    rounds(|runtime| {
        let task = runtime.spawn(async { block_until_the_tasks_ran() });
        runtime.handle().block_on(task).unwrap();
    });
}

#[test]
fn from_the_main_future_the_others_run() {
    rounds(|runtime| runtime.block_on(async { block_until_the_tasks_ran() }));
}

#[test]
fn r11_nested_it_is_a_call() {
    rounds(|runtime| {
        let nested = || {
            let ended = three_tasks();
            block_in_place(|| block_in_place(|| (0..3).for_each(|_| arrives(&ended, "a task"))));
            block_until_the_tasks_ran();
        };
        runtime.block_on(async move {
            nested();
            wakeful::spawn(async move { nested() }).await.unwrap();
        });
    });
}

/// Inside, the thread may block on futures of its runtime.
#[test]
fn r11_inside_block_on_works() {
    rounds(|runtime| {
        let block = || {
            block_in_place(|| {
                Handle::current().block_on(async {
                    sleep(SOON).await;
                    wakeful::spawn(yield_now()).await.unwrap();
                    // And blocking again, from in there.
                    block_until_the_tasks_ran();
                });
            });
        };
        runtime.block_on(async move {
            block();
            wakeful::spawn(async move { block() }).await.unwrap();
        });
    });
}

/// What was queued on the seat when its thread left it is run by another.
#[test]
fn r11_the_queue_and_the_slot_do_not_wait() {
    rounds(|runtime| {
        let (gate, parked) = (Gate::default(), Gate::default());
        let (runs, ran) = channel();
        runtime.spawn({
            let (gate, parked, runs) = (gate.clone(), parked.clone(), runs.clone());
            async move {
                parked.open();
                gate.opened().await;
                runs.send(()).unwrap();
            }
        });
        eventually(|| parked.is_open());
        let task = runtime.spawn(async move {
            for _ in 0..300 {
                let runs = runs.clone();
                wakeful::spawn(async move { runs.send(()).unwrap() });
            }
            gate.open();
            block_in_place(|| (0..301).for_each(|_| arrives(&ran, "a task")));
        });
        runtime.handle().block_on(task).unwrap();
    });
}

/// After it the task goes on in its poll, yields, waits, and is woken like any other.
#[test]
fn r11_the_task_goes_on_afterwards() {
    rounds(|runtime| {
        let work = || async {
            for _ in 0..10 {
                block_in_place(|| ());
                wakeful::spawn(yield_now()).await.unwrap();
                yield_now().await;
                let gate = Gate::default();
                let other = gate.clone();
                wakeful::spawn(async move { other.open() });
                gate.opened().await;
                block_in_place(|| ());
            }
        };
        runtime.block_on(async move {
            let task = wakeful::spawn(work());
            work().await;
            task.await.unwrap();
        });
    });
}

/// It panics: so does the task, and the runtime is whole.
#[test]
fn a_panic_inside_costs_the_task_alone() {
    rounds(|runtime| {
        runtime.block_on(async {
            let panics = || async { block_in_place(|| panic!("in place")) };
            let error = wakeful::spawn(panics()).await.unwrap_err();
            assert!(error.is_panic());
            block_until_the_tasks_ran();
            let caught = std::panic::catch_unwind(|| block_in_place(|| panic!("in place")));
            assert!(caught.is_err());
            block_until_the_tasks_ran();
        });
    });
}

/// A task that never waits in anything but ready operations still makes way for others.
#[test]
fn the_budget_is_not_lost() {
    let runtime = workers(1);
    let turns = Arc::new(AtomicUsize::new(0));
    let seen = turns.clone();
    let task = runtime.spawn(async move {
        block_in_place(|| ());
        let lock = wakeful::sync::Mutex::new(());
        let before = seen.load(SeqCst);
        while seen.load(SeqCst) == before {
            drop(lock.lock().await);
        }
    });
    runtime.spawn(async move {
        loop {
            turns.fetch_add(1, SeqCst);
            yield_now().await;
        }
    });
    let (ends, ended) = channel();
    thread::scope(|scope| {
        scope.spawn(|| ends.send(runtime.handle().block_on(task).is_ok()));
        assert!(arrives(&ended, "the task that never waits"));
    });
}

/// With every thread of the pool busy, the seat waits for one, and gets it.
#[test]
fn a_busy_pool_only_delays_the_seat() {
    let runtime = wakeful::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (stuck, hold) = plug();
    runtime.spawn_blocking(move || stuck.block());
    hold.blocked();
    let (inner, held) = plug();
    let task = runtime.spawn(async move { block_in_place(|| inner.block()) });
    held.blocked();
    let (runs, ran) = channel();
    runtime.spawn(async move { runs.send(()).unwrap() });
    drop(hold);
    arrives(&ran, "the task behind");
    drop(held);
    runtime.handle().block_on(task).unwrap();
}

/// With every thread of the pool busy for good, another worker takes what lies on the seat.
#[test]
fn a_busy_pool_delays_no_queue() {
    for _ in 0..ROUNDS {
        let runtime = wakeful::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (stuck, hold) = plug();
        runtime.spawn_blocking(move || stuck.block());
        hold.blocked();
        // SLEEP: longer than anybody watches a runtime in which nothing happens.
        thread::sleep(Duration::from_millis(15));
        let task = runtime.spawn(async {
            // One alone: nobody is woken for it until its worker is found stuck.
            let (runs, ran) = channel();
            wakeful::spawn(async move { runs.send(()).unwrap() });
            block_in_place(|| arrives(&ran, "the task"));
        });
        runtime.handle().block_on(task).unwrap();
        drop(hold);
    }
}

/// In a hook nothing is polled, and there is no seat to leave: it is a call.
#[test]
fn in_a_park_hook_it_is_a_call() {
    for count in [1, 2] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counts = calls.clone();
        let runtime = wakeful::runtime::Builder::new_multi_thread()
            .worker_threads(count)
            .enable_all()
            .on_thread_park(move || {
                block_in_place(|| counts.fetch_add(1, SeqCst));
            })
            .build()
            .unwrap();
        for _ in 0..ROUNDS {
            runtime.block_on(async {
                block_until_the_tasks_ran();
                sleep(Duration::from_millis(1)).await;
            });
        }
        assert!(calls.load(SeqCst) > 0);
    }
}

/// An executor inside knows nothing of a budget: with one it would poll a channel for ever.
#[test]
fn r11_there_is_no_budget_inside() {
    rounds(|runtime| {
        let (sender, mut receiver) = wakeful::sync::mpsc::unbounded_channel();
        (0..500).for_each(|number| sender.send(number).unwrap());
        drop(sender);
        let count = async move {
            block_in_place(|| {
                let mut cx = Context::from_waker(Waker::noop());
                let mut count = 0;
                loop {
                    match receiver.poll_recv(&mut cx) {
                        Poll::Ready(Some(_)) => count += 1,
                        other => return (count, other.is_ready()),
                    }
                }
            })
        };
        let task = runtime.spawn(count);
        assert_eq!(runtime.block_on(task).unwrap(), (500, true));
    });
}

/// A thread that polls one future and runs no tasks: nobody waits for it but that future.
#[test]
fn r11_a_thread_that_runs_no_tasks_just_blocks() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.enable_all().build().unwrap();
        let _entered = runtime.enter();
        let nested = || Handle::current().block_on(async { 7 });
        let seven = Handle::current().block_on(async { block_in_place(nested) });
        assert_eq!(seven, 7);
    }
    // The second `block_on` at the same time finds the guest's seat taken.
    let runtime = workers(1);
    let (taken, is_taken) = channel();
    let (over, is_over) = wakeful::sync::oneshot::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            runtime.block_on(async {
                taken.send(()).unwrap();
                is_over.await.unwrap();
            });
        });
        arrives(&is_taken, "the first main future");
        assert_eq!(runtime.block_on(async { block_in_place(|| 8) }), 8);
        over.send(()).unwrap();
    });
}
