//! `LocalSet` and `LocalRuntime`: tasks that stay on their thread.
#![cfg(not(loom))]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use wakeful::runtime::{Builder, LocalOptions, Runtime};
use wakeful::task::{self, LocalSet, yield_now};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn tasks_need_not_be_send_and_run_in_order() {
    let set = LocalSet::new();
    let order = Rc::new(RefCell::new(Vec::new()));
    set.block_on(&runtime(), async {
        let tasks: Vec<_> = (0..5)
            .map(|number| {
                let order = Rc::clone(&order);
                task::spawn_local(async move {
                    order.borrow_mut().push(number);
                    yield_now().await;
                    order.borrow_mut().push(number + 10);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*order.borrow(), [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
}

#[test]
fn awaiting_the_set_waits_for_all_of_its_tasks() {
    let set = LocalSet::new();
    let count = Rc::new(Cell::new(0));
    for _ in 0..200 {
        let count = Rc::clone(&count);
        drop(set.spawn_local(async move {
            yield_now().await;
            count.set(count.get() + 1);
        }));
    }
    runtime().block_on(set);
    assert_eq!(count.get(), 200);
}

#[test]
fn r13_a_task_may_poll_its_own_set() {
    let set = Rc::new(LocalSet::new());
    let inner = Rc::clone(&set);
    let ran = Rc::new(Cell::new(false));
    let runs = Rc::clone(&ran);
    set.block_on(&runtime(), async move {
        let outer = task::spawn_local(async move {
            let child = task::spawn_local(async move {
                // From inside of the inner poll.
                task::spawn_local(async move { runs.set(true) }).await
            });
            inner.run_until(child).await.unwrap().unwrap();
        });
        outer.await.unwrap();
    });
    assert!(ran.get());
}

#[test]
fn a_set_may_lie_in_a_thread_local() {
    thread_local! {
        static SET: LocalSet = LocalSet::new();
    }
    let ended = thread::spawn(|| {
        SET.with(|set| {
            drop(set.spawn_local(std::future::pending::<()>()));
            set.block_on(&runtime(), yield_now());
        });
    });
    ended
        .join()
        .expect("the set is dropped with its thread's other locals");
}

/// Says which thread drops it.
struct Home {
    told: std::sync::mpsc::Sender<thread::ThreadId>,
    _not_send: Rc<()>,
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.told.send(thread::current().id());
    }
}

#[test]
fn r16_an_abort_from_another_thread_drops_the_future_at_home() {
    let set = LocalSet::new();
    let (dropped, drops) = channel();
    set.block_on(&runtime(), async {
        let home = Home {
            told: dropped,
            _not_send: Rc::new(()),
        };
        let task = task::spawn_local(async move {
            let _home = home;
            std::future::pending::<()>().await;
        });
        yield_now().await;
        let abort = task.abort_handle();
        thread::spawn(move || abort.abort()).join().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
    assert_eq!(drops.recv().unwrap(), thread::current().id());
}

#[test]
fn a_wake_from_another_thread_reaches_a_local_task() {
    let set = LocalSet::new();
    let (answer, question) = wakeful::sync::oneshot::channel();
    let (asked, asks) = channel();
    let helper = thread::spawn(move || {
        asks.recv().unwrap();
        answer.send(7).unwrap();
    });
    let value = set.block_on(&runtime(), async move {
        let local = Rc::new(1);
        let task = task::spawn_local(async move {
            asked.send(()).unwrap();
            question.await.unwrap() + *local
        });
        task.await.unwrap()
    });
    assert_eq!(value, 8);
    helper.join().unwrap();
}

#[test]
fn dropping_the_set_drops_its_tasks_and_ends_their_handles() {
    let set = LocalSet::new();
    let owned = Rc::new(());
    let held = Rc::clone(&owned);
    let task = set.spawn_local(async move {
        let _held = held;
        std::future::pending::<()>().await;
    });
    set.block_on(&runtime(), yield_now());
    assert_eq!(Rc::strong_count(&owned), 2);
    drop(set);
    assert_eq!(Rc::strong_count(&owned), 1);
    assert!(runtime().block_on(task).unwrap_err().is_cancelled());
}

#[test]
fn a_local_runtime_spawns_without_a_set() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .unwrap();
    let value = runtime.block_on(async {
        let shared = Rc::new(20);
        let other = Rc::clone(&shared);
        let task = task::spawn_local(async move {
            wakeful::time::sleep(Duration::from_millis(1)).await;
            *other + 1
        });
        task.await.unwrap() + *shared
    });
    assert_eq!(value, 41);
}

#[test]
fn a_dump_lists_local_tasks() {
    use wakeful::runtime::{Handle, TaskState};

    let set = LocalSet::new();
    set.block_on(&runtime(), async {
        let (_keep, never) = wakeful::sync::oneshot::channel::<()>();
        let line = line!() + 1;
        let waits = task::spawn_local(async move { drop(never.await) });
        yield_now().await;
        let looks = task::spawn_local(async move {
            let dump = Handle::current().dump();
            let find = |id| {
                let mut found = dump.tasks().filter(|entry| entry.id() == id);
                let entry = found.next().expect("it is listed").clone();
                assert!(found.next().is_none(), "it is listed once");
                entry
            };
            (find(waits.id()), find(task::id()))
        });
        let (waiting, looking) = looks.await.unwrap();
        assert_eq!(waiting.state(), TaskState::Idle);
        assert_eq!(waiting.waits_for(), Some("oneshot"));
        assert_eq!(waiting.spawned_at().line(), line);
        assert_eq!(looking.state(), TaskState::Running);
    });
    drop(set);
}

/// More turns than the set takes at a time: whoever polls it must come again.
#[test]
fn a_task_that_yields_for_long_is_carried_on_in_run_until() {
    let set = LocalSet::new();
    let task = set.spawn_local(async {
        for _ in 0..1_000 {
            yield_now().await;
        }
        7
    });
    assert_eq!(runtime().block_on(set.run_until(task)).unwrap(), 7);
}

#[test]
fn a_set_waits_for_what_another_thread_sends() {
    let set = LocalSet::new();
    let (sender, receiver) = wakeful::sync::oneshot::channel();
    let (waits, is_waiting) = channel();
    let task = set.spawn_local(async move {
        waits.send(()).unwrap();
        receiver.await.unwrap()
    });
    let other = thread::spawn(move || {
        is_waiting.recv().unwrap();
        sender.send(7).unwrap();
    });
    runtime().block_on(async {
        set.await;
        assert_eq!(task.await.unwrap(), 7);
    });
    other.join().unwrap();
}
