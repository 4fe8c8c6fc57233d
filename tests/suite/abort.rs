//! Aborts and dropped handles in every state of a task, with and without a runtime around.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use wakeful::task::{AbortOnDrop, AbortOnDropHandle, yield_now};

use crate::flavors::{Gate, On, OnDrop, foreign_block_on, until};

struct Bomb(Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
        panic!("the output's drop");
    }
}

each_runtime! {
    /// Abort and drop at once, from a thread without a runtime, in all states.
    fn r17_abort_from_a_plain_thread(on) {
        let runtime = on.runtime();
        let drops = Arc::new(AtomicUsize::new(0));
        for keep_handle in [true, false] {
            for state in ["never polled", "parked", "done"] {
                let before = drops.load(SeqCst);
                let (parked, finish) = (Gate::default(), Gate::default());
                let guard = {
                    let drops = drops.clone();
                    OnDrop::new(move || {
                        drops.fetch_add(1, SeqCst);
                    })
                };
                let task = {
                    let (parked, finish) = (parked.clone(), finish.clone());
                    runtime.spawn(async move {
                        let _guard = guard;
                        parked.open();
                        finish.opened().await;
                    })
                };
                let probe = task.abort_handle();
                match state {
                    "never polled" => {}
                    "parked" => runtime.block_on(parked.opened()),
                    _ => {
                        finish.open();
                        runtime.block_on(until(|| probe.is_finished()));
                    }
                }
                let kept = thread::spawn(move || {
                    task.abort();
                    keep_handle.then_some(task)
                })
                .join()
                .unwrap();
                runtime.block_on(until(|| probe.is_finished()));
                if let Some(task) = kept {
                    let result = runtime.block_on(task);
                    assert_eq!(result.is_ok(), state == "done", "{state}");
                }
                runtime.block_on(until(|| drops.load(SeqCst) == before + 1));
            }
        }
    }

    /// A task that aborts itself stops at its next await.
    fn r17_abort_while_running(on) {
        on.run(async {
            let (sender, receiver) = std::sync::mpsc::channel::<wakeful::task::AbortHandle>();
            let after = Arc::new(AtomicUsize::new(0));
            let go = Gate::default();
            let task = {
                let (after, go) = (after.clone(), go.clone());
                wakeful::spawn(async move {
                    go.opened().await;
                    receiver.recv().unwrap().abort();
                    after.fetch_add(1, SeqCst);
                    yield_now().await;
                    after.fetch_add(10, SeqCst);
                })
            };
            sender.send(task.abort_handle()).unwrap();
            go.open();
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(after.load(SeqCst), 1);
        });
    }

    /// An abort that comes while the last poll runs does not undo the output.
    fn abort_in_the_last_poll(on) {
        on.run(async {
            let (sender, receiver) = std::sync::mpsc::channel::<wakeful::task::AbortHandle>();
            let go = Gate::default();
            let task = {
                let go = go.clone();
                wakeful::spawn(async move {
                    go.opened().await;
                    receiver.recv().unwrap().abort();
                    7
                })
            };
            sender.send(task.abort_handle()).unwrap();
            go.open();
            match task.await {
                Ok(output) => assert_eq!(output, 7),
                Err(error) => assert!(error.is_cancelled()),
            }
        });
    }

    /// Handles and abort handles work after their runtime is gone.
    fn r17_abort_after_the_runtime(on) {
        let runtime = on.runtime();
        let task = runtime.spawn(std::future::pending::<()>());
        let abort = task.abort_handle();
        drop(runtime);
        abort.abort();
        task.abort();
        assert!(abort.is_finished() && task.is_finished());
        assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        abort.abort();
    }

    /// An output nobody wants is dropped, and its panic stays there.
    fn r18_unwanted_output_with_a_panicking_drop(on) {
        let drops = Arc::new(AtomicUsize::new(0));
        on.run(async {
            let task = {
                let drops = drops.clone();
                wakeful::spawn(async move { Bomb(drops) })
            };
            until(|| task.is_finished()).await;
            drop(task);
            assert_eq!(drops.load(SeqCst), 1);

            // During an unwinding, where an escaping panic would abort the process.
            let task = {
                let drops = drops.clone();
                wakeful::spawn(async move { Bomb(drops) })
            };
            until(|| task.is_finished()).await;
            let unwound = catch_unwind(AssertUnwindSafe(move || {
                let _task = task;
                panic!("first panic");
            }));
            assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "first panic");
            assert_eq!(drops.load(SeqCst), 2);

            // Dropped before it completes: the runtime drops the output.
            let go = Gate::default();
            let task = {
                let (drops, go) = (drops.clone(), go.clone());
                wakeful::spawn(async move {
                    go.opened().await;
                    Bomb(drops)
                })
            };
            drop(task);
            go.open();
            until(|| drops.load(SeqCst) == 3).await;
            assert_eq!(wakeful::spawn(async { 1 }).await.unwrap(), 1);
        });
    }

    /// Aborts race with wakes, completions and dropped handles: each task ends, once.
    fn r17_aborts_race_with_everything(on) {
        on.run(async {
            let ended = Arc::new(AtomicUsize::new(0));
            for round in 0..500 {
                let gate = Gate::default();
                let task = {
                    let (gate, ended) = (gate.clone(), ended.clone());
                    let guard = OnDrop::new(move || {
                        ended.fetch_add(1, SeqCst);
                    });
                    wakeful::spawn(async move {
                        let _guard = guard;
                        yield_now().await;
                        gate.opened().await;
                    })
                };
                let abort = task.abort_handle();
                let aborter = thread::spawn(move || abort.abort());
                gate.open();
                if round % 2 == 0 {
                    drop(task);
                } else if let Err(error) = task.await {
                    assert!(error.is_cancelled());
                }
                until(|| ended.load(SeqCst) == round + 1).await;
                aborter.join().unwrap();
            }
        });
    }

    fn abort_on_drop(on) {
        struct NotDebug;

        on.run(async {
            let task = AbortOnDropHandle::new(wakeful::spawn(async { 3 }));
            assert_eq!(task.await.unwrap(), 3);

            let parked = Gate::default();
            let signal = parked.clone();
            let task: AbortOnDropHandle<NotDebug> = wakeful::spawn(async move {
                signal.open();
                std::future::pending().await
            })
            .into();
            parked.opened().await;
            let probe = task.abort_handle();
            assert_eq!(probe.id(), task.id());
            assert!(!task.is_finished());
            let shown = format!("AbortOnDropHandle {{ id: {:?} }}", task.id());
            assert_eq!(format!("{task:?}"), shown);
            drop(task);
            until(|| probe.is_finished()).await;

            let go = Gate::default();
            let signal = go.clone();
            let task = AbortOnDropHandle::new(wakeful::spawn(async move {
                signal.opened().await;
                4
            }));
            let plain = task.detach();
            go.open();
            assert_eq!(plain.await.unwrap(), 4);

            let task = AbortOnDropHandle::new(wakeful::spawn(std::future::pending::<()>()));
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());

            let task = wakeful::spawn(std::future::pending::<()>());
            let bare = AbortOnDrop::new(task.abort_handle());
            let shown = format!("AbortOnDrop {{ id: {:?} }}", task.id());
            assert_eq!(format!("{bare:?}"), shown);
            let bare = AbortOnDrop::new(bare.detach());
            yield_now().await;
            assert!(!bare.is_finished(), "detaching aborts nothing");
            drop(bare);
            assert!(task.await.unwrap_err().is_cancelled());
        });
    }
}

/// An abort from another thread drops a task that is not `Send` on the thread it lives on.
#[test]
fn r16_a_local_future_is_dropped_at_home() {
    let home = thread::current().id();
    let dropped_on = Arc::new(std::sync::Mutex::new(None));
    let witness = dropped_on.clone();
    let not_send = std::rc::Rc::new(());
    let local = wakeful::task::LocalSet::new();
    local.block_on(&On::CurrentThread.runtime(), async move {
        let guard = OnDrop::new(move || {
            *witness.lock().unwrap() = Some(thread::current().id());
        });
        let task = wakeful::task::spawn_local(async move {
            let _parts = (not_send, guard);
            std::future::pending::<()>().await
        });
        let abort = task.abort_handle();
        yield_now().await;
        thread::spawn(move || abort.abort()).join().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
    assert_eq!(*dropped_on.lock().unwrap(), Some(home));
}
