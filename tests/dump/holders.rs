//! Who holds the lock that a task waits for, and where it was taken.

use std::future::{Future, pending, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;

use wakeful::runtime::{Runtime, TaskState};
use wakeful::sync::{Mutex, RwLock, Semaphore};
use wakeful::task::{Builder, JoinHandle};

use crate::flavors::Gate;
use crate::{entry, settle};

#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

/// Task `waits` is shown to wait for what task `holds` took in this line of this file.
#[track_caller]
fn check(runtime: &Runtime, waits: &JoinHandle<()>, holds: &JoinHandle<()>, line: u32) {
    settle(runtime, &[waits.id()], TaskState::Idle);
    let dump = runtime.handle().dump();
    let entry = entry(&dump, waits.id());
    assert_eq!(entry.held_by(), Some(holds.id()), "{entry}");
    let site = entry.held_at().expect("it was taken somewhere");
    assert_eq!((site.file(), site.line()), (file!(), line), "{entry}");
    let text = entry.to_string();
    let held = format!("held by task #{}", holds.id());
    assert!(text.contains(&held), "{text}");
    assert!(
        text.contains(&format!("taken at {}:{line}:", file!())),
        "{text}"
    );
    assert_eq!(dump.deadlocks().len(), 0, "{dump}");
}

each_runtime! {
    fn of_a_mutex(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let (theirs, taken) = (lock.clone(), line() + 2);
        let holds = runtime.spawn(async move {
            let _guard = theirs.lock().await;
            pending().await
        });
        settle(&runtime, &[holds.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.lock().await });
        check(&runtime, &waits, &holds, taken);
    }

    /// The guard that has the `Arc`, and the one that did not wait.
    fn of_a_mutex_in_other_ways(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let (theirs, taken) = (lock.clone(), line() + 2);
        let holds = runtime.spawn(async move {
            let _guard = theirs.lock_owned().await;
            pending().await
        });
        settle(&runtime, &[holds.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { drop(lock.lock_owned().await) });
        check(&runtime, &waits, &holds, taken);

        let lock = Arc::new(Mutex::new(()));
        let (theirs, taken) = (lock.clone(), line() + 2);
        let holds = runtime.spawn(async move {
            let _guard = theirs.try_lock().unwrap();
            pending().await
        });
        settle(&runtime, &[holds.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.lock().await });
        check(&runtime, &waits, &holds, taken);
    }

    fn of_a_rwlock(on) {
        let runtime = on.runtime();
        let lock = Arc::new(RwLock::new(()));
        let (theirs, taken) = (lock.clone(), line() + 2);
        let writes = runtime.spawn(async move {
            let _guard = theirs.write().await;
            pending().await
        });
        settle(&runtime, &[writes.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.read().await });
        check(&runtime, &waits, &writes, taken);

        let lock = Arc::new(RwLock::new(()));
        let (theirs, taken) = (lock.clone(), line() + 2);
        let reads = runtime.spawn(async move {
            let _guard = theirs.try_read().unwrap();
            pending().await
        });
        settle(&runtime, &[reads.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.write().await });
        check(&runtime, &waits, &reads, taken);
    }

    fn of_a_semaphore_with_one_permit(on) {
        let runtime = on.runtime();
        let room = Arc::new(Semaphore::new(1));
        let (theirs, taken) = (room.clone(), line() + 2);
        let holds = runtime.spawn(async move {
            let _permit = theirs.acquire().await.unwrap();
            pending().await
        });
        settle(&runtime, &[holds.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { drop(room.acquire().await) });
        check(&runtime, &waits, &holds, taken);
    }

    /// Each who gets it from the one before is shown to those behind.
    fn who_gets_it_from_another(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let rw = Arc::new(RwLock::new(()));
        let gates: Vec<_> = (0..3).map(|_| Gate::default()).collect();
        let (mutex_line, rw_line) = (line() + 5, line() + 6);
        let mut holders: Vec<JoinHandle<()>> = Vec::new();
        for gate in &gates {
            let (lock, rw, gate) = (lock.clone(), rw.clone(), gate.clone());
            holders.push(runtime.spawn(async move {
                let first = lock.lock().await;
                let second = rw.write().await;
                drop(first);
                gate.opened().await;
                drop(second);
            }));
            settle(&runtime, &[holders.last().unwrap().id()], TaskState::Idle);
        }
        // The first has both and gave the mutex away; the second has the mutex; the third waits.
        check(&runtime, &holders[1], &holders[0], rw_line);
        check(&runtime, &holders[2], &holders[1], mutex_line);
        gates[0].open();
        runtime.block_on(&mut holders[0]).unwrap();
        check(&runtime, &holders[2], &holders[1], rw_line);
        gates[1].open();
        gates[2].open();
        for task in holders.drain(1..) {
            runtime.block_on(task).unwrap();
        }
    }

    /// It was handed to a task that does not poll the future with which it waited.
    fn who_has_not_come_for_it(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.clone().try_lock_owned().unwrap();
        let theirs = lock.clone();
        let keeps = runtime.spawn(async move {
            let mut asks = Box::pin(theirs.lock());
            poll_fn(|cx| Poll::Ready(asks.as_mut().poll(cx).is_ready())).await;
            pending::<()>().await
        });
        settle(&runtime, &[keeps.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.lock().await });
        settle(&runtime, &[waits.id()], TaskState::Idle);
        drop(guard);
        settle(&runtime, &[keeps.id(), waits.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        let found = entry(&dump, waits.id());
        assert_eq!((found.held_by(), found.held_at()), (None, None), "{found}");
        let handed = format!("handed to task #{}, which has not come for it", keeps.id());
        assert!(found.to_string().contains(&handed), "{found}");
    }

    /// Outside of a task, and by a task that has a name.
    fn who_it_is(on) {
        let runtime = on.runtime();
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.clone().try_lock_owned().unwrap();
        let taken = line() - 1;
        let task = lock.clone();
        let waits = runtime.spawn(async move { *task.lock().await });
        settle(&runtime, &[waits.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        let found = entry(&dump, waits.id());
        assert_eq!(found.held_by(), None);
        assert_eq!(found.held_at().unwrap().line(), taken);
        assert!(found.to_string().contains("held outside of any task"), "{found}");
        drop(guard);
        runtime.block_on(waits).unwrap();

        let theirs = lock.clone();
        let named = Builder::new().name("the holder").spawn_on(
            async move {
                let _guard = theirs.lock().await;
                pending::<()>().await
            },
            runtime.handle(),
        );
        settle(&runtime, &[named.unwrap().id()], TaskState::Idle);
        let waits = runtime.spawn(async move { *lock.lock().await });
        settle(&runtime, &[waits.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        let text = entry(&dump, waits.id()).to_string();
        assert!(text.contains("\"the holder\", taken at"), "{text}");
    }

    /// Where several may have permits, or somebody gave a part back, nobody is named.
    fn what_is_not_known_is_not_said(on) {
        let runtime = on.runtime();
        let room = Arc::new(Semaphore::new(2));
        let theirs = room.clone();
        let one = runtime.spawn(async move {
            let _permit = theirs.acquire().await.unwrap();
            pending::<()>().await
        });
        settle(&runtime, &[one.id()], TaskState::Idle);
        let waits = runtime.spawn(async move { drop(room.acquire_many(2).await) });

        let lock = Arc::new(RwLock::new(()));
        let (first, second) = (lock.clone(), lock.clone());
        let reads = runtime.spawn(async move {
            let _guard = first.read().await;
            pending::<()>().await
        });
        settle(&runtime, &[reads.id()], TaskState::Idle);
        runtime.block_on(async move { drop(second.read().await) });
        let writes = runtime.spawn(async move { *lock.write().await });
        settle(&runtime, &[waits.id(), writes.id()], TaskState::Idle);
        let dump = runtime.handle().dump();
        assert_eq!(entry(&dump, waits.id()).held_by(), None, "{dump}");
        assert_eq!(entry(&dump, writes.id()).held_by(), None, "{dump}");
    }

    /// A lock that was waited for at one address, and then elsewhere.
    fn a_lock_may_move(on) {
        let runtime = on.runtime();
        let mut lock = Mutex::new(());
        runtime.block_on(async {
            let guard = lock.lock().await;
            let mut waits = std::pin::pin!(lock.lock());
            assert!(crate::flavors::poll_once(&mut waits).is_pending());
            drop(guard);
            drop(waits.await);
        });
        for _ in 0..2 {
            let shared = Arc::new(lock);
            let theirs = shared.clone();
            let holds = runtime.spawn(async move {
                let _guard = theirs.lock().await;
                pending::<()>().await
            });
            settle(&runtime, &[holds.id()], TaskState::Idle);
            let theirs = shared.clone();
            let waits = runtime.spawn(async move { *theirs.lock().await });
            settle(&runtime, &[waits.id()], TaskState::Idle);
            let dump = runtime.handle().dump();
            assert_eq!(entry(&dump, waits.id()).held_by(), Some(holds.id()), "{dump}");
            for task in [holds, waits] {
                task.abort();
                let _ = runtime.block_on(task);
            }
            lock = Arc::into_inner(shared).unwrap();
        }
    }
}
