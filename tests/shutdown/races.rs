//! Threads that know nothing of the end wake, abort and let go meanwhile (R2).

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::task::{Poll, Waker};
use std::thread;

use wakeful::runtime::Runtime;
use wakeful::task::{AbortHandle, JoinHandle};

use crate::flavors::{LONG, On, bounded};

/// Rounds of the races. Optimized builds do more in less time.
const ROUNDS: usize = if cfg!(debug_assertions) {
    2_000
} else {
    10_000
};

/// What outsiders hold of a task.
struct Holds {
    waker: Waker,
    join: JoinHandle<()>,
    abort: AbortHandle,
}

/// A task that gives its waker away and waits for ever.
fn waits(runtime: &Runtime, owned: &Arc<()>, wakers: &Sender<Waker>) -> JoinHandle<()> {
    let (held, wakers) = (owned.clone(), wakers.clone());
    runtime.spawn(async move {
        let _held = held;
        poll_fn(|cx| {
            let _ = wakers.send(cx.waker().clone());
            Poll::<()>::Pending
        })
        .await;
    })
}

fn holds(runtime: &Runtime, owned: &Arc<()>, count: usize) -> Vec<Holds> {
    let (wakers, sent) = channel();
    let tasks: Vec<_> = (0..count).map(|_| waits(runtime, owned, &wakers)).collect();
    let mut found = Vec::new();
    // Each is polled, in whatever order.
    let mut seen = runtime.block_on(async {
        let mut seen = Vec::new();
        while seen.len() < count {
            wakeful::task::yield_now().await;
            seen.extend(sent.try_iter());
        }
        seen
    });
    for join in tasks {
        let abort = join.abort_handle();
        let waker = seen.pop().expect("one for each task");
        found.push(Holds { waker, join, abort });
    }
    found
}

/// What an outsider does with what it holds, in an order that depends on `turn`.
fn let_go(holds: Holds, turn: usize) {
    let Holds { waker, join, abort } = holds;
    match turn % 6 {
        0 => {
            waker.wake_by_ref();
            join.abort();
            drop((abort, waker, join));
        }
        1 => {
            drop(join);
            waker.wake();
            abort.abort();
        }
        2 => {
            let other = waker.clone();
            drop(waker);
            abort.abort();
            drop((join, abort));
            other.wake();
        }
        3 => drop((abort, join, waker)),
        4 => {
            #[expect(clippy::waker_clone_wake, reason = "these give references up, too")]
            for _ in 0..10 {
                waker.clone().wake();
            }
            drop((join, abort));
        }
        _ => {
            let _ = join.is_finished();
            drop(abort);
            waker.wake();
            drop(join);
        }
    }
}

fn race(on: On, rounds: usize) {
    let outsiders = 2;
    let (work, barrier) = (Arc::new(Barrier::new(outsiders + 1)), Arc::new(()));
    let mut lines: Vec<Sender<(Vec<Holds>, usize)>> = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..outsiders {
        let (sender, receiver) = channel::<(Vec<Holds>, usize)>();
        let work = work.clone();
        lines.push(sender);
        threads.push(thread::spawn(move || {
            for (all, turn) in receiver {
                work.wait();
                for (i, holds) in all.into_iter().enumerate() {
                    let_go(holds, turn + i);
                }
                work.wait();
            }
        }));
    }
    for round in 0..rounds {
        let runtime = on.runtime();
        for line in &lines {
            line.send((holds(&runtime, &barrier, 6), round)).unwrap();
        }
        work.wait();
        drop(runtime);
        work.wait();
        assert_eq!(Arc::strong_count(&barrier), 1, "round {round}");
    }
    drop(lines);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn r02_outsiders_let_go_of_a_single_thread() {
    bounded(|| race(On::CurrentThread, ROUNDS));
}

#[test]
fn r02_outsiders_let_go_of_one_worker() {
    bounded(|| race(On::Workers(1), ROUNDS / 4));
}

#[test]
fn r02_outsiders_let_go_of_two_workers() {
    bounded(|| race(On::Workers(2), ROUNDS / 4));
}

/// One waker, and one thread that fires it all the time, while runtime after runtime ends.
#[test]
fn r02_a_waker_outlives_its_runtime() {
    bounded(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let (wakers, to_fire) = channel::<Waker>();
        let stopped = stop.clone();
        let firing = thread::spawn(move || {
            let mut all: Vec<Waker> = Vec::new();
            while !stopped.load(SeqCst) {
                all.extend(to_fire.try_iter());
                let recent = all.len().saturating_sub(50);
                all.drain(..recent);
                all.iter().for_each(Waker::wake_by_ref);
            }
        });
        for round in 0..ROUNDS / 4 {
            let on = [On::CurrentThread, On::Workers(1), On::Workers(2)][round % 3];
            let runtime = on.runtime();
            let owned = Arc::new(());
            for _ in 0..4 {
                drop(waits(&runtime, &owned, &wakers));
            }
            runtime.block_on(wakeful::task::yield_now());
            drop(runtime);
            assert_eq!(Arc::strong_count(&owned), 1);
        }
        stop.store(true, SeqCst);
        firing.join().unwrap();
    });
}

/// Handles are polled by a foreign executor while the runtime ends. Each resolves.
#[test]
fn joins_that_race_with_the_end_resolve() {
    bounded(|| {
        for round in 0..ROUNDS / 4 {
            let on = [On::CurrentThread, On::Workers(1), On::Workers(2)][round % 3];
            let runtime = on.runtime();
            let (started, has_started) = channel();
            let tasks: Vec<_> = (0..4)
                .map(|_| runtime.spawn(std::future::pending::<()>()))
                .collect();
            let joins = thread::spawn(move || {
                started.send(()).unwrap();
                for task in tasks {
                    let error = crate::flavors::foreign_block_on(task).unwrap_err();
                    assert!(error.is_cancelled());
                }
            });
            has_started.recv_timeout(LONG).unwrap();
            drop(runtime);
            joins.join().unwrap();
        }
    });
}
