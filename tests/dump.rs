//! `Handle::dump`: every live task once, with its state and what it waits for; from any thread,
//! whatever the workers do, and without touching a task (R26).
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[path = "dump/deadlocks.rs"]
mod deadlocks;
#[path = "dump/holders.rs"]
mod holders;
#[path = "blocked/plug.rs"]
#[allow(dead_code, reason = "shared with tests/blocked.rs")]
mod plug;
#[path = "dump/torn.rs"]
mod torn;
#[path = "dump/waits.rs"]
mod waits;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use wakeful::runtime::{Dump, Handle, Runtime, TaskDump, TaskState};
use wakeful::sync::oneshot;
use wakeful::task::{Builder, Id, JoinHandle, yield_now};
use wakeful::time::{Duration, sleep};

use flavors::{Gate, On, bounded};
use plug::{eventually, plug, workers};

fn entry(dump: &Dump, id: Id) -> &TaskDump {
    let mut found = dump.tasks().filter(|task| task.id() == id);
    let entry = found
        .next()
        .unwrap_or_else(|| panic!("task {id} is missing in:\n{dump}"));
    assert!(
        found.next().is_none(),
        "task {id} is listed twice in:\n{dump}"
    );
    entry
}

/// Polls tasks until each of `ids` is in state `state`.
fn settle(runtime: &Runtime, ids: &[Id], state: TaskState) {
    let handle = runtime.handle();
    let settled = || {
        let dump = handle.dump();
        ids.iter().all(|&id| entry(&dump, id).state() == state)
    };
    runtime.block_on(async {
        while !settled() {
            yield_now().await;
        }
    });
}

each_runtime! {
    /// New, waiting and done tasks; small, large, and on the blocking pool.
    fn every_live_task_is_listed_once(on) {
        let runtime = on.runtime();
        let (plug, hold) = plug();
        let job = runtime.spawn_blocking(move || plug.block());
        hold.blocked();
        let mut alive = BTreeSet::from([job.id()]);
        let mut done = BTreeSet::new();
        let mut handles = Vec::new();
        for i in 0..300 {
            let large = [i; 1024];
            let task = match i % 5 {
                0 => runtime.spawn(async move {
                    std::future::pending::<()>().await;
                    assert_eq!(large[0], i);
                }),
                1 => runtime.spawn(async {}),
                2 => runtime.spawn(async move {
                    yield_now().await;
                    assert_eq!(large[0], i);
                }),
                3 => runtime.spawn(async { panic!("done") }),
                // Too large for the pool, too small for a box of its own.
                _ => {
                    let medium = [i; 250];
                    runtime.spawn(async move {
                        std::future::pending::<()>().await;
                        assert_eq!(medium[0], i);
                    })
                }
            };
            if matches!(i % 5, 0 | 4) && i % 3 > 0 {
                alive.insert(task.id());
            } else {
                task.abort();
                done.insert(task.id());
            }
            handles.push(task);
        }
        runtime.block_on(async {
            while !handles.iter().all(|task| done.contains(&task.id()) == task.is_finished()) {
                yield_now().await;
            }
        });
        let dump = runtime.handle().dump();
        let found: Vec<_> = dump.tasks().map(TaskDump::id).collect();
        let expected: Vec<_> = alive.into_iter().collect();
        assert_eq!(found, expected, "sorted, each once, and no task that is done:\n{dump}");
        assert!(dump.to_string().starts_with(&format!("{} live tasks\n", expected.len())));
        let blocking = entry(&dump, job.id()).to_string();
        assert!(blocking.starts_with("blocking task"), "{blocking}");
        drop(hold);
    }

    /// The task that calls is running, one behind it queued, and one that waits idle.
    fn states_are_told_apart(on) {
        let runtime = on.runtime();
        let idle = runtime.spawn(std::future::pending::<()>());
        settle(&runtime, &[idle.id()], TaskState::Idle);
        let (a, b) = (idle.id(), Arc::new(AtomicBool::new(false)));
        let stop = b.clone();
        let task = runtime.spawn(async move {
            let runs = wakeful::task::id();
            let queued = wakeful::spawn(async move {
                while !stop.load(SeqCst) {
                    yield_now().await;
                }
            });
            let dump = Handle::current().dump();
            assert_eq!(entry(&dump, runs).state(), TaskState::Running, "{dump}");
            assert_ne!(entry(&dump, queued.id()).state(), TaskState::Idle, "{dump}");
            assert_eq!(entry(&dump, a).state(), TaskState::Idle, "{dump}");
            assert!(entry(&dump, runs).to_string().contains(" running"));
        });
        runtime.block_on(task).unwrap();
        b.store(true, SeqCst);
    }

    /// Nothing is polled: not a waiting task, not a queued one.
    fn r26_it_polls_nothing(on) {
        let runtime = on.runtime();
        let polls = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let polls = polls.clone();
                runtime.spawn(std::future::poll_fn(move |_| {
                    polls.fetch_add(1, SeqCst);
                    std::task::Poll::<()>::Pending
                }))
            })
            .collect();
        let ids: Vec<_> = tasks.iter().map(JoinHandle::id).collect();
        settle(&runtime, &ids, TaskState::Idle);
        assert_eq!(polls.load(SeqCst), 20);
        for _ in 0..100 {
            assert_eq!(runtime.handle().dump().tasks().len(), 20);
        }
        assert_eq!(polls.load(SeqCst), 20);
    }

    fn a_named_task_has_its_name_and_its_polls(on) {
        let runtime = on.runtime();
        let gate = Gate::default();
        let mine = gate.clone();
        let task = Builder::new()
            .name("the counter")
            .spawn_on(
                async move {
                    for _ in 0..6 {
                        yield_now().await;
                    }
                    mine.opened().await;
                },
                runtime.handle(),
            )
            .unwrap();
        settle(&runtime, &[task.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        let entry = entry(&dump, task.id());
        assert_eq!((entry.name(), entry.polls()), (Some("the counter"), Some(7)));
        assert!(entry.to_string().contains("\"the counter\" idle, 7 polls"), "{entry}");
        gate.open();
        runtime.block_on(task).unwrap();
        assert_eq!(runtime.handle().dump().tasks().len(), 0);
    }

    /// A task that nobody can wake is told from one that waits.
    fn a_lost_task_is_flagged(on) {
        let runtime = on.runtime();
        let gate = Gate::default();
        let mine = gate.clone();
        let waits = runtime.spawn(async move { mine.opened().await });
        let lost = runtime.spawn(std::future::pending::<()>());
        settle(&runtime, &[waits.id(), lost.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        assert!(!entry(&dump, waits.id()).is_lost());
        let lost = entry(&dump, lost.id());
        assert!(lost.is_lost());
        assert!(lost.to_string().contains("lost: no waker of it is left"), "{lost}");
        assert!(lost.to_string().contains(&format!("spawned at {}:", file!())), "{lost}");
    }

    /// Where a lost task was last, though it waits in something else now.
    fn a_lost_task_has_its_last_await(on) {
        let runtime = on.runtime();
        let line = line!() + 2;
        let task = runtime.spawn(async {
            yield_now().await;
            std::future::pending::<()>().await;
        });
        settle(&runtime, &[task.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        let lost = entry(&dump, task.id());
        assert!(lost.is_lost(), "{lost}");
        let at = lost.last_await().expect("it has waited");
        assert_eq!((at.file(), at.line()), (file!(), line));
        let text = lost.to_string();
        assert!(text.contains(&format!("waited last at {}:{line}:", file!())), "{text}");
    }

    /// What keeps a task, and cannot wake it: handles. What can wake it, though nobody looks: a
    /// waker that is held by a thread, by a timer, in a channel.
    fn handles_wake_nobody_and_wakers_do(on) {
        let runtime = on.runtime();
        let lost = runtime.spawn(std::future::pending::<()>());
        let _abort = (lost.abort_handle(), lost.abort_handle());
        let (send, waker) = std::sync::mpsc::channel();
        let foreign = runtime.spawn(std::future::poll_fn(move |cx| {
            let _ = send.send(cx.waker().clone());
            std::task::Poll::<()>::Pending
        }));
        let timer = runtime.spawn(async { sleep(Duration::from_secs(3600)).await });
        let (_sender, receiver) = oneshot::channel::<()>();
        let channel = runtime.spawn(async move { drop(receiver.await) });
        let ids = [lost.id(), foreign.id(), timer.id(), channel.id()];
        settle(&runtime, &ids, TaskState::Idle);
        let is_lost = || {
            let dump = runtime.handle().dump();
            ids.map(|id| entry(&dump, id).is_lost())
        };
        assert_eq!(is_lost(), [true, false, false, false]);
        // Dropped and not woken: now nobody can wake it.
        drop(waker);
        assert_eq!(is_lost(), [true, true, false, false]);
    }

    /// From where the runtime itself calls out, and from a runtime that is gone.
    fn r26_it_works_from_everywhere(on) {
        let parks = Arc::new(AtomicUsize::new(0));
        let hook = parks.clone();
        let runtime = on
            .builder()
            .on_thread_park(move || {
                if let Ok(handle) = Handle::try_current() {
                    hook.fetch_add(1, SeqCst);
                    let _ = handle.dump().to_string();
                }
            })
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let guard = flavors::OnDrop::new(move || {
            assert!(handle.dump().to_string().contains("live tasks"));
        });
        let task = runtime.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await
        });
        runtime.block_on(async { sleep(Duration::from_millis(2)).await });
        assert!(parks.load(SeqCst) > 0);
        let handle = runtime.handle().clone();
        drop(runtime);
        let error: wakeful::task::JoinError = flavors::foreign_block_on(task).unwrap_err();
        assert!(error.is_cancelled(), "{error}");
        assert_eq!(handle.dump().tasks().len(), 0);
    }

    /// The future given to `block_on` is listed, too, where it waits.
    fn the_main_future_is_listed(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        let (sender, receiver) = oneshot::channel::<()>();
        let watcher = thread::spawn(move || {
            let waits = || {
                let dump = handle.dump();
                let entry = dump.tasks().find(|task| task.to_string().starts_with("main future"));
                entry.is_some_and(|entry| entry.waits_for() == Some("oneshot"))
            };
            eventually(waits);
            sender.send(()).unwrap();
        });
        runtime.block_on(receiver).unwrap();
        watcher.join().unwrap();
        assert_eq!(runtime.handle().dump().tasks().len(), 0);
    }
}

/// Every worker is busy, or stuck, or inside `block_in_place`: a dump answers all the same.
#[test]
fn r26_it_answers_while_every_worker_is_stuck() {
    bounded(|| {
        let runtime = workers(2);
        let (a, hold_a) = plug();
        let (b, hold_b) = plug();
        let first = runtime.spawn(async move { a.block() });
        let second = runtime.spawn(async move { b.block() });
        hold_a.blocked();
        hold_b.blocked();
        let queued = runtime.spawn(async {});
        let dump = runtime.handle().dump();
        assert_eq!(
            entry(&dump, first.id()).state(),
            TaskState::Running,
            "{dump}"
        );
        assert_eq!(
            entry(&dump, second.id()).state(),
            TaskState::Running,
            "{dump}"
        );
        assert_eq!(
            entry(&dump, queued.id()).state(),
            TaskState::Queued,
            "{dump}"
        );
        assert_eq!(dump.tasks().len(), 3, "{dump}");
        drop((hold_a, hold_b));
    });
}

#[test]
fn a_task_inside_block_in_place_is_running() {
    bounded(|| {
        let runtime = workers(1);
        let (plug, hold) = plug();
        let task = runtime.spawn(async move { wakeful::task::block_in_place(|| plug.block()) });
        hold.blocked();
        // The seat has moved on once another task has run.
        runtime.handle().block_on(runtime.spawn(async {})).unwrap();
        let dump = runtime.handle().dump();
        assert_eq!(
            entry(&dump, task.id()).state(),
            TaskState::Running,
            "{dump}"
        );
        assert_eq!(
            dump.tasks().len(),
            1,
            "the seat's new thread is no task of ours: {dump}"
        );
        drop(hold);
        runtime.handle().block_on(task).unwrap();
    });
}

#[test]
fn r26_it_answers_while_workers_are_busy() {
    bounded(|| {
        for on in [On::Workers(1), On::Workers(2)] {
            let runtime = on.runtime();
            let stop = Arc::new(AtomicBool::new(false));
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let stop = stop.clone();
                    runtime.spawn(async move {
                        while !stop.load(SeqCst) {
                            yield_now().await;
                        }
                    })
                })
                .collect();
            for _ in 0..200 {
                let dump = runtime.handle().dump();
                assert_eq!(dump.tasks().len(), 50);
                tasks
                    .iter()
                    .for_each(|task| drop(entry(&dump, task.id()).to_string()));
            }
            stop.store(true, SeqCst);
        }
    });
}
