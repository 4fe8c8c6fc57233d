//! Workers that wake for reasons of their own still come when they are called (R7, R9, R12,
//! R15).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::task::{Poll, Waker};
use std::time::Duration;

use wakeful::runtime::{Builder, Runtime};
use wakeful::task::yield_now;
use wakeful::time::sleep;

use crate::flavors::Gate;
use crate::plug::{arrives, eventually, plug, workers};

/// A task spawned from outside runs, and one that it makes, too.
fn works(runtime: &Runtime) {
    let (runs, ran) = channel();
    runtime.spawn(async move {
        wakeful::spawn(async move {
            yield_now().await;
            runs.send(()).unwrap();
        });
    });
    arrives(&ran, "a task spawned from outside");
}

/// R7: dumps, metrics, timers that fire for nobody, and wakes of tasks that are done.
#[test]
fn r07_spawns_from_outside_run_after_odd_wakes() {
    for count in [1, 2, 4] {
        let runtime = workers(count);
        let gate = Gate::default();
        for round in 0..300 {
            let _ = runtime.handle().dump().tasks().count();
            let _ = runtime.metrics().num_alive_tasks();
            let mine = gate.clone();
            let task = runtime.spawn(async move {
                let nobody = wakeful::time::timeout(Duration::from_millis(1), mine.opened());
                let _ = nobody.await;
            });
            match round % 3 {
                0 => task.abort(),
                1 => gate.open(),
                _ => runtime.handle().block_on(async {
                    sleep(Duration::from_millis(1)).await;
                }),
            }
            works(&runtime);
        }
    }
}

/// R9: two tasks wake each other without end. A third, queued behind them, has its turn soon.
#[test]
fn r09_a_ping_pong_starves_nobody() {
    const SOON: usize = 200;
    let runtime = workers(1);
    let polls = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let [a, b] = [(); 2].map(|()| Arc::new(wakeful::sync::Notify::new()));
    for (mine, other) in [(a.clone(), b.clone()), (b, a.clone())] {
        let (polls, stop) = (polls.clone(), stop.clone());
        runtime.spawn(async move {
            while !stop.load(SeqCst) {
                mine.notified().await;
                polls.fetch_add(1, SeqCst);
                other.notify_one();
            }
            other.notify_one();
        });
    }
    a.notify_one();
    let (sends, sent) = channel();
    let count = polls.clone();
    let spawner = runtime.spawn(async move {
        while count.load(SeqCst) == 0 {
            yield_now().await;
        }
        for _ in 0..100 {
            let before = count.load(SeqCst);
            let inner = count.clone();
            let third = wakeful::spawn(async move { inner.load(SeqCst) - before });
            sends.send(third.await.unwrap()).unwrap();
        }
    });
    for _ in 0..100 {
        let waited = arrives(&sent, "the third task");
        assert!(waited < SOON, "{waited} polls of the others came first");
    }
    stop.store(true, SeqCst);
    runtime.handle().block_on(spawner).unwrap();
}

/// R12: a hook that spawns just before its worker sleeps.
#[test]
fn r12_a_park_hook_may_spawn() {
    for count in [0, 1, 2] {
        let (runs, ran) = channel();
        let hook = move || {
            if let Ok(handle) = wakeful::runtime::Handle::try_current() {
                let runs = runs.clone();
                // The dropped end says when to stop: each run makes another park.
                if runs.send("parks").is_ok() {
                    handle.spawn(async move {
                        let _ = runs.send("runs");
                    });
                }
            }
        };
        let runtime = hooked(count, hook);
        with_main(count, &runtime, move || {
            let mut runs = 0;
            while runs < 20 {
                runs += usize::from(arrives(&ran, "the hook's task") == "runs");
            }
        });
    }
}

/// R12: a hook that wakes just before its worker sleeps.
#[test]
fn r12_a_park_hook_may_wake() {
    for count in [0, 1, 2] {
        let gates: Vec<Gate> = (0..20).map(|_| Gate::default()).collect();
        let (hook_gates, next) = (gates.clone(), AtomicUsize::new(0));
        let runtime = hooked(count, move || {
            let next = next.fetch_add(1, SeqCst);
            if let Some(gate) = hook_gates.get(next) {
                gate.open();
            }
        });
        let (ends, ended) = channel();
        runtime.spawn(async move {
            for gate in gates {
                gate.opened().await;
            }
            ends.send(()).unwrap();
        });
        with_main(count, &runtime, move || {
            arrives(&ended, "the task woken by the hook")
        });
    }
}

/// R15: a waker only queues. Eight threads wake all there is while the only worker is stuck.
#[test]
fn r15_no_wake_waits_for_a_worker_that_is_stuck() {
    const TASKS: usize = 20_000;
    for count in [0, 1] {
        let runtime = hooked(count, || ());
        let (plug, hold) = plug();
        let (polled, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (gives, wakers) = channel();
        for _ in 0..TASKS {
            let (gives, polled, done) = (gives.clone(), polled.clone(), done.clone());
            let mut is_first = true;
            runtime.spawn(std::future::poll_fn(move |cx| {
                if std::mem::take(&mut is_first) {
                    gives.send(cx.waker().clone()).unwrap();
                    polled.fetch_add(1, SeqCst);
                    return Poll::Pending;
                }
                done.fetch_add(1, SeqCst);
                Poll::Ready(())
            }));
        }
        runtime.spawn(async move {
            while polled.load(SeqCst) < TASKS {
                yield_now().await;
            }
            plug.block();
        });
        with_main(count, &runtime, move || {
            hold.blocked();
            let wakers: Vec<Waker> = wakers.try_iter().collect();
            std::thread::scope(|scope| {
                for some in wakers.chunks(TASKS / 8) {
                    scope.spawn(|| some.iter().cloned().for_each(Waker::wake));
                }
            });
            assert_eq!(done.load(SeqCst), 0, "the worker was stuck");
            drop(hold);
            eventually(|| done.load(SeqCst) == TASKS);
        });
    }
}

/// `count` workers; none is a single-threaded runtime.
fn hooked(count: usize, hook: impl Fn() + Send + Sync + 'static) -> Runtime {
    let mut builder = match count {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if count > 0 {
        builder.worker_threads(count);
    }
    builder.enable_all().on_thread_park(hook).build().unwrap()
}

/// Calls `wait` while the runtime runs.
fn with_main(count: usize, runtime: &Runtime, wait: impl FnOnce() + Send + 'static) {
    if count > 0 {
        return wait();
    }
    let (ends, ended) = wakeful::sync::oneshot::channel();
    let waiter = std::thread::spawn(move || {
        wait();
        ends.send(()).unwrap();
    });
    runtime.block_on(ended).expect("the hook's tasks run");
    waiter.join().unwrap();
}
