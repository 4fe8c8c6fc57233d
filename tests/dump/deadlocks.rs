//! Tasks that wait for each other are reported, and nobody else is.

use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use wakeful::runtime::{Runtime, TaskState};
use wakeful::sync::{Mutex, Notify, RwLock, Semaphore};
use wakeful::task::{Id, yield_now};
use wakeful::time::timeout;

use crate::flavors::{Gate, On};
use crate::settle;

#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

/// The one circle that a dump shows, as ids in their order, and its text.
#[track_caller]
fn circle(runtime: &Runtime) -> (Vec<Id>, String) {
    let dump = runtime.handle().dump();
    let mut found = dump.deadlocks();
    let deadlock = found
        .next()
        .unwrap_or_else(|| panic!("no deadlock in:\n{dump}"));
    assert_eq!(found.len(), 0, "{dump}");
    let text = deadlock.to_string();
    assert!(dump.to_string().ends_with(&text), "{dump}");
    let mut ids: Vec<_> = deadlock.tasks().collect();
    ids.sort_unstable();
    (ids, text)
}

#[track_caller]
fn none(runtime: &Runtime, idle: &[Id]) {
    settle(runtime, idle, TaskState::Idle);
    let dump = runtime.handle().dump();
    assert_eq!(dump.deadlocks().len(), 0, "{dump}");
}

/// Two locks that each of two tasks takes in another order; both have one before they go on.
macro_rules! crossed {
    ($runtime:ident, $new:expr, $one:ident, $other:ident) => {{
        let locks = [Arc::new($new), Arc::new($new)];
        let gate = Gate::default();
        let tasks = [0, 1].map(|first| {
            let (mine, theirs) = (locks[first].clone(), locks[1 - first].clone());
            let gate = gate.clone();
            $runtime.spawn(async move {
                let _first = mine.$one().await;
                gate.opened().await;
                let _second = theirs.$other().await;
            })
        });
        let ids = tasks.map(|task| task.id());
        settle(&$runtime, &ids, TaskState::Idle);
        gate.open();
        settle(&$runtime, &ids, TaskState::Idle);
        ids
    }};
}

each_runtime! {
    fn two_mutexes(on) {
        let runtime = on.runtime();
        let base = line();
        let locks = [Arc::new(Mutex::new(())), Arc::new(Mutex::new(()))];
        let gate = Gate::default();
        let tasks = [0, 1].map(|first| {
            let (mine, theirs) = (locks[first].clone(), locks[1 - first].clone());
            let gate = gate.clone();
            runtime.spawn(async move {
                let _first = mine.lock().await;
                gate.opened().await;
                let _second = theirs.lock().await;
            })
        });
        let ids = tasks.map(|task| task.id());
        none(&runtime, &ids);
        gate.open();
        settle(&runtime, &ids, TaskState::Idle);
        let (found, text) = circle(&runtime);
        assert_eq!(found, ids);
        assert!(text.starts_with("deadlock: 2 tasks wait for each other\n"), "{text}");
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(lines.len(), 2, "{text}");
        let at = |offset| format!("{}:{}:", file!(), base + offset);
        for said in lines {
            assert!(said.contains(&format!("spawned at {}", at(6))), "{text}");
            assert!(said.contains(", taken at "), "{text}");
            assert!(said.contains(&format!("taken at {}", at(7))), "{text}");
            let waits = said.split_once(" waits for Mutex 0x").expect("it waits").1;
            assert!(waits.contains(&format!(" at {}", at(9))), "{text}");
        }
    }

    fn through_rwlocks(on) {
        let runtime = on.runtime();
        let ids = crossed!(runtime, RwLock::new(()), write, read);
        let (found, text) = circle(&runtime);
        assert_eq!(found, ids);
        assert!(text.contains(" waits for RwLock (read) 0x"), "{text}");
    }

    fn through_readers(on) {
        let runtime = on.runtime();
        let ids = crossed!(runtime, RwLock::new(()), read, write);
        assert_eq!(circle(&runtime).0, ids);
    }

    /// A writer between two reads of one task. The reader waits for itself.
    fn a_second_read_behind_a_writer(on) {
        let runtime = on.runtime();
        let lock = Arc::new(RwLock::new(()));
        let gate = Gate::default();
        let (theirs, opens) = (lock.clone(), gate.clone());
        let reads = runtime.spawn(async move {
            let _once = theirs.read().await;
            opens.opened().await;
            let _twice = theirs.read().await;
        });
        settle(&runtime, &[reads.id()], TaskState::Idle);
        let writes = runtime.spawn(async move { *lock.write().await });
        none(&runtime, &[writes.id()]);
        gate.open();
        settle(&runtime, &[reads.id(), writes.id()], TaskState::Idle);
        assert_eq!(circle(&runtime).0, [reads.id()]);
    }

    fn a_mutex_twice(on) {
        let runtime = on.runtime();
        let task = runtime.spawn(async {
            let lock = Mutex::new(());
            let _once = lock.lock().await;
            let _twice = lock.lock().await;
        });
        settle(&runtime, &[task.id()], TaskState::Idle);
        let (found, text) = circle(&runtime);
        assert_eq!(found, [task.id()]);
        assert!(text.starts_with("deadlock: a task waits for itself\n"), "{text}");
    }

    /// One task waits for the other's end, which waits for the lock of the first.
    fn a_task_that_is_joined(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let task = runtime.spawn(async move {
            let _guard = lock.lock().await;
            let theirs = lock.clone();
            let inner = wakeful::spawn(async move { *theirs.lock().await });
            let _ = inner.await;
        });
        runtime.block_on(async {
            while runtime.handle().dump().tasks().len() < 3 {
                yield_now().await;
            }
        });
        settle(&runtime, &[task.id()], TaskState::Idle);
        let inner = runtime.handle().dump().tasks().last().unwrap().id();
        settle(&runtime, &[task.id(), inner], TaskState::Idle);
        let (found, text) = circle(&runtime);
        assert_eq!(found, [task.id(), inner]);
        assert!(text.contains(&format!("waits for task #{inner} at ")), "{text}");
    }

    /// What a timeout, another branch or another's permit can end is no deadlock.
    fn what_can_go_on_is_not_reported(on) {
        let runtime = on.runtime();
        let timed = runtime.spawn(async {
            let lock = Mutex::new(());
            let _once = lock.lock().await;
            let _ = timeout(Duration::from_secs(3600), lock.lock()).await;
        });
        let notify = Arc::new(Notify::new());
        let chooses = runtime.spawn(async move {
            let lock = Mutex::new(());
            let _once = lock.lock().await;
            wakeful::select! {
                biased;
                _ = notify.notified() => {}
                _ = lock.lock() => {}
            }
        });
        let permits = runtime.spawn(async {
            let room = Semaphore::new(1);
            let _one = room.acquire().await;
            let _two = room.acquire().await;
        });
        none(&runtime, &[timed.id(), chooses.id(), permits.id()]);
    }

    /// A lock, or a task's end, that was waited for a moment before, in the same poll.
    fn what_was_given_up_is_not_reported(on) {
        let runtime = on.runtime();
        let gate = Gate::default();
        let (lock, rw) = (Arc::new(Mutex::new(())), Arc::new(RwLock::new(())));
        let (a, b, opens) = (lock.clone(), rw.clone(), gate.clone());
        let mutex = runtime.spawn(async move {
            let _guard = a.lock().await;
            gives_up(a.lock(), &opens).await;
        });
        let opens = gate.clone();
        let writer = runtime.spawn(async move {
            let _guard = b.write().await;
            gives_up(b.read(), &opens).await;
        });
        let opens = gate.clone();
        let joins = runtime.spawn(async move {
            let lock = Arc::new(Mutex::new(()));
            let guard = lock.clone().lock_owned().await;
            let inner = wakeful::spawn(async move { *lock.lock().await });
            gives_up(inner, &opens).await;
            drop(guard);
        });
        // With somebody behind each lock its holder is known.
        let waits = [
            runtime.spawn(async move { *lock.lock().await }),
            runtime.spawn(async move { *rw.read().await }),
        ];
        let ids = [&mutex, &writer, &joins, &waits[0], &waits[1]].map(|task| task.id());
        none(&runtime, &ids);
        gate.open();
        for task in [mutex, writer, joins].into_iter().chain(waits) {
            runtime.block_on(task).unwrap();
        }
    }
}

/// Polls `future` once, drops it, and waits for the gate, in one poll.
async fn gives_up<F: Future>(future: F, gate: &Gate) {
    let mut future = Some(Box::pin(future));
    poll_fn(move |cx| {
        if let Some(mut future) = future.take() {
            assert!(future.as_mut().poll(cx).is_pending());
        }
        gate.poll(cx)
    })
    .await;
}

/// Tasks on several threads that take locks in one order, sleep and send, while dumps are taken: in
/// none of them is anybody lost, or in a deadlock.
#[test]
fn nobody_is_reported_while_all_go_on() {
    let runtime = On::Workers(3).runtime();
    let locks: Arc<[Mutex<u32>; 3]> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..24)
        .map(|i| {
            let (locks, stop) = (locks.clone(), stop.clone());
            runtime.spawn(async move {
                let (low, high) = ([0, 0, 1][i % 3], [1, 2, 2][i % 3]);
                while !stop.load(SeqCst) {
                    let mut low = locks[low].lock().await;
                    *low += 1;
                    if i % 2 == 0 {
                        yield_now().await;
                    }
                    let _ = timeout(Duration::from_millis(1), locks[high].lock()).await;
                    *locks[high].lock().await += 1;
                    drop(low);
                    wakeful::spawn(yield_now()).await.unwrap();
                }
            })
        })
        .collect();
    let handle = runtime.handle().clone();
    let looks = thread::spawn(move || {
        for _ in 0..300 {
            let dump = handle.dump();
            assert_eq!(dump.deadlocks().len(), 0, "{dump}");
            for task in dump.tasks() {
                assert!(!task.is_lost(), "{dump}");
            }
        }
    });
    let looked = looks.join();
    stop.store(true, SeqCst);
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(looked.is_ok());
}
