//! What tasks do while they are dropped by a runtime that ends (R19).

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;

use wakeful::runtime::{Builder, Handle};
use wakeful::task::{LocalSet, spawn_local, yield_now};

use crate::flavors::{Gate, OnDrop, foreign_block_on};

each_runtime! {
    /// In every state a task can be in: new, queued, idle, woken, aborted, done.
    fn each_future_is_dropped_once(on) {
        for _ in 0..20 {
            let runtime = on.runtime();
            let counts: Vec<_> = (0..60).map(|_| Arc::new(AtomicUsize::new(0))).collect();
            let gate = Gate::default();
            let mut tasks = Vec::new();
            for (i, count) in counts.iter().enumerate() {
                let (count, gate) = (count.clone(), gate.clone());
                let guard = OnDrop::new(move || {
                    count.fetch_add(1, SeqCst);
                });
                let large = [i; 600];
                tasks.push(runtime.spawn(async move {
                    let _guard = guard;
                    match i % 4 {
                        0 => std::future::pending::<()>().await,
                        1 => gate.opened().await,
                        2 => while !gate.is_open() { yield_now().await },
                        _ => {}
                    }
                    gate.opened().await;
                    assert_eq!(large[i], i);
                    std::future::pending::<()>().await;
                }));
                if i == 30 {
                    runtime.block_on(yield_now());
                }
                if i % 7 == 0 {
                    tasks[i].abort();
                }
            }
            gate.open();
            drop(runtime);
            for (i, count) in counts.iter().enumerate() {
                assert_eq!(count.load(SeqCst), 1, "task {i}");
            }
        }
    }

    /// Spawning from a drop: the future is dropped at once and the handle says so.
    fn spawns_from_a_drop_are_refused(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        let (sends, sent) = channel();
        for _ in 0..10 {
            let (held, sends) = (owned.clone(), sends.clone());
            let guard = OnDrop::new(move || {
                let (a, b, c) = (held.clone(), held.clone(), held);
                sends.send(wakeful::spawn(async move { drop(a) })).unwrap();
                sends.send(wakeful::task::spawn_blocking(move || drop(b))).unwrap();
                sends.send(Handle::current().spawn(async move {
                    let _c = c;
                    std::future::pending::<()>().await;
                })).unwrap();
            });
            runtime.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
        }
        drop(sends);
        runtime.block_on(yield_now());
        drop(runtime);
        let mut count = 0;
        for handle in sent.iter() {
            count += 1;
            if let Err(error) = foreign_block_on(handle) {
                assert!(error.is_cancelled());
            }
        }
        assert_eq!((count, Arc::strong_count(&owned)), (30, 1));
    }

    /// A drop that panics is its own task's panic. The others are dropped, and the drop of the
    /// runtime returns.
    fn a_drop_that_panics_stops_no_other(on) {
        let runtime = on.runtime();
        let owned = Arc::new(());
        let tasks: Vec<_> = (0..40)
            .map(|i| {
                let held = owned.clone();
                // Made here: whether the task has been polled when it is dropped is open.
                let bomb = OnDrop::new(move || assert!(i % 3 > 0, "a drop"));
                runtime.spawn(async move {
                    let _held = held;
                    let _bomb = bomb;
                    std::future::pending::<()>().await;
                })
            })
            .collect();
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(Arc::strong_count(&owned), 1);
        for (i, task) in tasks.into_iter().enumerate() {
            let error = foreign_block_on(task).unwrap_err();
            assert_eq!(error.is_panic(), i % 3 == 0, "task {i}: {error}");
        }
    }

    /// Drops that abort, wake and take the handles of tasks that are to be dropped next.
    fn drops_that_touch_other_tasks(on) {
        for _ in 0..20 {
            let runtime = on.runtime();
            let gates: Vec<Gate> = (0..40).map(|_| Gate::default()).collect();
            let handles = Arc::new(std::sync::Mutex::new(Vec::new()));
            for i in 0..40 {
                let (mine, other) = (gates[i].clone(), gates[(i * 7 + 3) % 40].clone());
                let others = handles.clone();
                let guard = OnDrop::new(move || {
                    other.open();
                    let handle: Option<wakeful::task::JoinHandle<()>> =
                        others.lock().unwrap().pop();
                    if let Some(handle) = handle {
                        handle.abort();
                    }
                });
                let task = runtime.spawn(async move {
                    let _guard = guard;
                    mine.opened().await;
                    std::future::pending::<()>().await;
                });
                handles.lock().unwrap().push(task);
            }
            runtime.block_on(yield_now());
            drop(runtime);
            assert!(gates.iter().all(Gate::is_open));
        }
    }
}

/// `spawn_local` from the drop of a local task, as its set or its runtime ends.
#[test]
fn local_tasks_that_spawn_from_a_drop() {
    let spawned = Rc::new(Cell::new(0));
    let dropped = Rc::new(Cell::new(0));
    let task = || {
        let (spawned, dropped) = (spawned.clone(), dropped.clone());
        let guard = OnDrop::new(move || {
            let guard = OnDrop::new(move || dropped.set(dropped.get() + 1));
            spawned.set(spawned.get() + 1);
            drop(spawn_local(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            }));
        });
        async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        }
    };
    let runtime = Builder::new_current_thread().build().unwrap();
    let set = LocalSet::new();
    for _ in 0..10 {
        set.spawn_local(task());
    }
    set.block_on(&runtime, yield_now());
    drop(set);
    assert_eq!((spawned.get(), dropped.get()), (10, 10));
}

/// A `!Send` future of a runtime that stays on its thread is dropped on that thread.
#[test]
fn a_local_runtime_drops_its_tasks_here() {
    let here = thread::current().id();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
        .unwrap();
    let count = Rc::new(Cell::new(0));
    for _ in 0..10 {
        let count = count.clone();
        let guard = OnDrop::new(move || {
            assert_eq!(thread::current().id(), here);
            count.set(count.get() + 1);
        });
        runtime.spawn_local(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
    }
    runtime.block_on(yield_now());
    drop(runtime);
    assert_eq!(count.get(), 10);
}

/// The thread-local that says which runtime a thread is in is gone by then, or goes first.
#[test]
fn a_runtime_may_be_dropped_by_a_thread_that_ends() {
    thread_local! {
        static KEPT: std::cell::RefCell<Vec<wakeful::runtime::Runtime>> =
            const { std::cell::RefCell::new(Vec::new()) };
    }
    let (dropped, is_dropped) = channel();
    let ending = thread::spawn(move || {
        let new = [Builder::new_current_thread, Builder::new_multi_thread];
        // Before the runtime's own thread-locals, so that it goes after them.
        KEPT.with_borrow_mut(|kept| {
            for mut builder in new.map(|new| new()) {
                let runtime = builder.enable_all().build().unwrap();
                let dropped = dropped.clone();
                runtime.block_on(async {
                    let guard = OnDrop::new(move || dropped.send(()).unwrap());
                    wakeful::spawn(async move {
                        let _guard = guard;
                        std::future::pending::<()>().await;
                    });
                    yield_now().await;
                });
                kept.push(runtime);
            }
        });
    });
    ending.join().expect("the thread ends in peace");
    assert_eq!(is_dropped.iter().count(), 2);
}
