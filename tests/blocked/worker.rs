//! A worker that is stuck in a task holds nothing but that task (R8).

use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::time::Duration;

use wakeful::net::TcpListener;
use wakeful::runtime::Runtime;
use wakeful::task::yield_now;
use wakeful::time::sleep;

use crate::flavors::Gate;
use crate::plug::{Hold, arrives, eventually, plug, workers};

/// How often a test is repeated: which worker does what is chance.
const ROUNDS: usize = 20;

/// A task that waits, long enough to be on a driver that somebody must look at.
const SOON: Duration = Duration::from_millis(3);

/// Blocks one worker, and returns when it is.
fn block_one(runtime: &Runtime) -> Hold {
    let (plug, hold) = plug();
    runtime.spawn(async move { plug.block() });
    hold.blocked();
    hold
}

#[test]
fn r08_it_delays_no_timer() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (fires, fired) = channel();
        let armed = Gate::default();
        let is_armed = armed.clone();
        runtime.spawn(async move {
            let mut timer = std::pin::pin!(sleep(SOON));
            std::future::poll_fn(|cx| {
                let polled = timer.as_mut().poll(cx);
                armed.open();
                polled
            })
            .await;
            fires.send(()).unwrap();
        });
        eventually(|| is_armed.is_open());
        let hold = block_one(&runtime);
        arrives(&fired, "the timer");
        drop(hold);
    }
}

#[test]
fn it_delays_no_timer_armed_later() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let hold = block_one(&runtime);
        let (fires, fired) = channel();
        runtime.spawn(async move {
            sleep(SOON).await;
            fires.send(()).unwrap();
        });
        arrives(&fired, "the timer");
        drop(hold);
    }
}

#[test]
fn r08_it_delays_no_socket() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (accepts, accepted) = channel();
        let (binds, bound) = channel();
        runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            binds.send(listener.local_addr().unwrap()).unwrap();
            accepts.send(listener.accept().await.is_ok()).unwrap();
        });
        let address = arrives(&bound, "the address");
        let hold = block_one(&runtime);
        let _client = TcpStream::connect(address).unwrap();
        assert!(arrives(&accepted, "the connection"));
        drop(hold);
    }
}

/// The woken task lies in the slot of the worker that blocks.
#[test]
fn r08_it_delays_no_task_that_it_woke_last() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (parked, gate) = (Gate::default(), Gate::default());
        let (runs, ran) = channel();
        runtime.spawn({
            let (parked, gate) = (parked.clone(), gate.clone());
            async move {
                parked.open();
                gate.opened().await;
                runs.send(()).unwrap();
            }
        });
        eventually(|| parked.is_open());
        let (plug, hold) = plug();
        runtime.spawn(async move {
            gate.open();
            plug.block();
        });
        hold.blocked();
        arrives(&ran, "the task woken last");
    }
}

/// The spawned task lies in the ring of the worker that blocks.
#[test]
fn r08_it_delays_no_task_that_it_spawned_last() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (runs, ran) = channel();
        let (plug, hold) = plug();
        runtime.spawn(async move {
            wakeful::spawn(async move { runs.send(()).unwrap() });
            plug.block();
        });
        hold.blocked();
        arrives(&ran, "the task spawned last");
    }
}

/// More tasks than fit a ring, and one in the slot.
#[test]
fn r08_it_delays_no_queue() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (runs, ran) = channel();
        let (plug, hold) = plug();
        runtime.spawn(async move {
            for i in 0..1000 {
                let runs = runs.clone();
                wakeful::spawn(async move {
                    yield_now().await;
                    runs.send(i).unwrap();
                });
            }
            plug.block();
        });
        hold.blocked();
        let mut all: Vec<u32> = (0..1000).map(|_| arrives(&ran, "a task")).collect();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }
}

/// The worker has just come back from the driver with a timer's task, and blocks in it.
#[test]
fn r08_it_leaves_the_driver_to_others() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let (plug, hold) = plug();
        let (fires, fired) = channel();
        runtime.spawn(async move {
            sleep(Duration::from_millis(1)).await;
            plug.block();
        });
        for _ in 0..10 {
            let fires = fires.clone();
            runtime.spawn(async move {
                sleep(SOON).await;
                fires.send(()).unwrap();
            });
        }
        hold.blocked();
        (0..10).for_each(|_| arrives(&fired, "a timer"));
    }
}

/// Nothing was waiting for so long that the others stopped looking. Then a timer is armed by a
/// thread that is no worker.
#[test]
fn it_delays_no_timer_of_another_thread() {
    let runtime = workers(2);
    for _ in 0..ROUNDS {
        let (plug, hold) = plug();
        let task = runtime.spawn(async move {
            sleep(Duration::from_millis(1)).await;
            plug.block();
        });
        hold.blocked();
        // SLEEP: longer than anybody watches a runtime in which nothing happens.
        std::thread::sleep(Duration::from_millis(40));
        let (fires, fired) = channel();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || {
            handle.block_on(async { sleep(SOON).await });
            fires.send(()).unwrap();
        });
        arrives(&fired, "the timer");
        drop(hold);
        runtime.handle().block_on(task).unwrap();
    }
}

#[test]
fn it_delays_no_injected_task() {
    for _ in 0..ROUNDS {
        let runtime = workers(2);
        let hold = block_one(&runtime);
        for _ in 0..50 {
            let (runs, ran) = channel();
            runtime.spawn(async move { runs.send(()).unwrap() });
            arrives(&ran, "the injected task");
        }
        drop(hold);
    }
}

/// All of this with one worker left of four.
#[test]
fn the_last_free_worker_does_everything() {
    for _ in 0..ROUNDS {
        let runtime = workers(4);
        let holds: Vec<_> = (0..3).map(|_| block_one(&runtime)).collect();
        let (ends, ended) = channel();
        for _ in 0..10 {
            let ends = ends.clone();
            runtime.spawn(async move {
                sleep(SOON).await;
                wakeful::spawn(yield_now()).await.unwrap();
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let client = wakeful::spawn(wakeful::net::TcpStream::connect(address));
                listener.accept().await.unwrap();
                client.await.unwrap().unwrap();
                ends.send(()).unwrap();
            });
        }
        (0..10).for_each(|_| arrives(&ended, "a task"));
        drop(holds);
    }
}

/// A worker that was stuck is one again.
#[test]
fn it_works_again_afterwards() {
    let runtime = workers(2);
    for _ in 0..ROUNDS {
        let hold = block_one(&runtime);
        drop(hold);
        // Both are needed for these.
        let (a, b) = (block_one(&runtime), plug());
        runtime.spawn(async move { b.0.block() });
        b.1.blocked();
        drop(a);
    }
}
