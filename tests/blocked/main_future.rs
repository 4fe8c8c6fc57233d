//! The future given to `block_on` blocks its thread, with one worker thread and with two.

use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use wakeful::net::TcpListener;
use wakeful::runtime::Runtime;
use wakeful::task::yield_now;
use wakeful::time::sleep;

use crate::flavors::Gate;
use crate::plug::{arrives, eventually, parks_again, plug, workers};

const ROUNDS: usize = 20;
const SOON: Duration = Duration::from_millis(3);

/// Runs `body` several times with each number of workers.
fn rounds(body: impl Fn(&Runtime)) {
    for count in [1, 2] {
        for _ in 0..ROUNDS {
            body(&workers(count));
        }
    }
}

#[test]
fn a_task_spawned_before_runs() {
    rounds(|runtime| {
        runtime.block_on(async {
            let (runs, ran) = channel();
            wakeful::spawn(async move { runs.send(()).unwrap() });
            arrives(&ran, "the task");
        });
    });
}

/// More often than others: the thread may have been about to sleep, or have been searching.
#[test]
fn a_task_woken_before_runs() {
    (0..5).for_each(|_| rounds(wake_and_block));
}

fn wake_and_block(runtime: &Runtime) {
    runtime.block_on(async {
        let (runs, ran) = channel();
        let (parked, gate) = (Gate::default(), Gate::default());
        wakeful::spawn({
            let (parked, gate) = (parked.clone(), gate.clone());
            async move {
                parked.open();
                gate.opened().await;
                runs.send(()).unwrap();
            }
        });
        parked.opened().await;
        gate.open();
        arrives(&ran, "the task");
    });
}

#[test]
fn a_full_queue_is_run() {
    rounds(|runtime| {
        runtime.block_on(async {
            let (runs, ran) = channel();
            for _ in 0..1000 {
                let runs = runs.clone();
                wakeful::spawn(async move {
                    yield_now().await;
                    runs.send(()).unwrap();
                });
            }
            (0..1000).for_each(|_| arrives(&ran, "a task"));
        });
    });
}

#[test]
fn timers_fire() {
    rounds(|runtime| {
        runtime.block_on(async {
            let (fires, fired) = channel();
            wakeful::spawn(async move {
                sleep(SOON).await;
                sleep(SOON).await;
                fires.send(()).unwrap();
            });
            arrives(&fired, "the timers");
        });
    });
}

#[test]
fn connections_are_accepted() {
    rounds(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (accepts, accepted) = channel();
            wakeful::spawn(async move {
                accepts.send(listener.accept().await.is_ok()).unwrap();
            });
            yield_now().await;
            let _client = TcpStream::connect(address).unwrap();
            assert!(arrives(&accepted, "the connection"));
        });
    });
}

#[test]
fn injected_tasks_run() {
    rounds(|runtime| {
        let handle = runtime.handle().clone();
        runtime.block_on(async {
            let (runs, ran) = channel();
            thread::spawn(move || {
                for i in 0..50 {
                    let runs = runs.clone();
                    handle.spawn(async move { runs.send(i).unwrap() });
                }
            });
            for _ in 0..50 {
                arrives(&ran, "a task");
            }
        });
    });
}

/// Puts the main future's thread on the driver, with the only worker asleep elsewhere.
///
/// The worker is stuck in a task while the main future's thread goes to sleep, so that it is the
/// only one that can take the driver. Then the worker ends its task and goes to sleep, too.
fn sleep_on_the_driver<R: Send>(
    runtime: &Runtime,
    then: impl FnOnce(Receiver<()>) -> R + Send,
) -> R {
    let (plug, hold) = plug();
    let (wakes, is_woken) = wakeful::sync::oneshot::channel::<Receiver<()>>();
    let metrics = runtime.metrics();
    runtime.spawn(async move { plug.block() });
    hold.blocked();
    let (goes, gone) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            gone.recv().unwrap();
            // SLEEP: nothing tells when the guest sleeps. If it does not, the test tests less.
            thread::sleep(Duration::from_millis(30));
            let before = metrics.worker_park_count(0);
            drop(hold);
            parks_again(runtime, before);
            // SLEEP: longer than anybody watches a runtime in which nothing happens.
            thread::sleep(Duration::from_millis(30));
            let (fires, fired) = channel();
            // Polled here, so that it wakes no worker.
            let fire = Duration::from_millis(60);
            runtime.spawn(async move {
                sleep(fire).await;
                let _ = fires.send(());
            });
            let before = metrics.worker_park_count(0);
            parks_again(runtime, before.saturating_sub(1));
            // SLEEP: the task must have been polled, and the watch over it have ended.
            thread::sleep(Duration::from_millis(30));
            wakes.send(fired).unwrap();
        });
        runtime.block_on(async move {
            goes.send(()).unwrap();
            then(is_woken.await.unwrap())
        })
    })
}

/// The main future's thread slept on the driver. It is woken and blocks: somebody else must.
#[test]
fn timers_fire_though_it_had_the_driver() {
    let runtime = workers(1);
    for _ in 0..5 {
        sleep_on_the_driver(&runtime, |fired| arrives(&fired, "the timer"));
    }
}

/// The same, and the main future is done: nobody is left but the worker.
#[test]
fn timers_fire_after_block_on_had_the_driver() {
    let runtime = workers(1);
    for _ in 0..5 {
        let fired = sleep_on_the_driver(&runtime, |fired| fired);
        arrives(&fired, "the timer");
    }
}

/// The same, and the main future leaves its seat to block.
#[test]
fn timers_fire_though_block_in_place_had_the_driver() {
    let runtime = workers(1);
    for _ in 0..5 {
        sleep_on_the_driver(&runtime, |fired| {
            wakeful::task::block_in_place(|| arrives(&fired, "the timer"));
        });
    }
}

#[test]
fn with_a_worker_blocked_too_the_other_works() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (plug, hold) = plug();
        runtime.spawn(async move { plug.block() });
        hold.blocked();
        runtime.block_on(async {
            let (ends, ended) = channel();
            for _ in 0..10 {
                let ends = ends.clone();
                wakeful::spawn(async move {
                    yield_now().await;
                    sleep(SOON).await;
                    ends.send(()).unwrap();
                });
            }
            (0..10).for_each(|_| arrives(&ended, "a task"));
        });
        drop(hold);
    }
}

/// A task, not the main future, blocks the thread that is inside `block_on`.
#[test]
fn a_task_that_blocks_the_guest_delays_no_other() {
    for count in [1, 2] {
        let runtime = workers(count);
        let main = thread::current().id();
        let (ends, ended) = channel();
        let (plug, hold) = plug();
        let plug = std::sync::Arc::new(std::sync::Mutex::new(Some(plug)));
        thread::scope(|scope| {
            let (runtime, ends_outside) = (&runtime, ends.clone());
            scope.spawn(move || {
                assert_eq!(hold.blocked(), main);
                for _ in 0..10 {
                    let ends = ends_outside.clone();
                    runtime.spawn(async move {
                        sleep(SOON).await;
                        wakeful::spawn(yield_now()).await.unwrap();
                        ends.send(()).unwrap();
                    });
                }
                (0..11).for_each(|_| arrives(&ended, "a task"));
                drop(hold);
            });
            runtime.block_on(async {
                while plug.lock().unwrap().is_some() {
                    let (plug, ends) = (plug.clone(), ends.clone());
                    let task = wakeful::spawn(async move {
                        if thread::current().id() == main {
                            // One more that lies in the guest's queue.
                            wakeful::spawn(async move { ends.send(()).unwrap() });
                            let plug = plug.lock().unwrap().take();
                            plug.unwrap().block();
                        }
                    });
                    task.await.unwrap();
                }
            });
        });
    }
}

/// The second `block_on` at a time runs no tasks. Nobody waits for it.
#[test]
fn a_second_main_future_blocks_nobody() {
    let runtime = workers(1);
    let (plug, hold) = plug();
    thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(async { plug.block() }));
        hold.blocked();
        runtime.block_on(async {
            wakeful::spawn(sleep(SOON)).await.unwrap();
        });
        eventually(|| runtime.metrics().num_alive_tasks() == 0);
        drop(hold);
    });
}

/// It left its seat before and came back: it is watched over again.
#[test]
fn a_task_spawned_after_block_in_place_runs() {
    rounds(|runtime| {
        runtime.block_on(async {
            wakeful::task::block_in_place(|| ());
            let (runs, ran) = channel();
            wakeful::spawn(async move { runs.send(()).unwrap() });
            arrives(&ran, "the task");
        });
    });
}
