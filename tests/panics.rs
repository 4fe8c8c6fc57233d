//! What a runtime does when one of its tasks panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;

use wakeful::runtime::{Builder, LocalRuntime, Runtime, UnhandledPanic};
use wakeful::task::{self, LocalSet};

fn strict() -> Runtime {
    Builder::new_current_thread()
        .unhandled_panic(UnhandledPanic::ShutdownRuntime)
        .build()
        .expect("it starts")
}

/// What `f` panics with.
fn message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    let text = payload.downcast_ref::<&str>().copied();
    text.expect("a message").to_owned()
}

const RUNTIME: &str =
    "a spawned task panicked and the runtime is configured to shut down on unhandled panic";

struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_panic_ends_the_runtime_at_once() {
    let runtime = strict();
    let dropped = Arc::new(AtomicUsize::new(0));
    let polled = Arc::new(AtomicBool::new(false));
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let count = CountDrop(Arc::clone(&dropped));
            runtime.spawn(async move {
                std::future::pending::<()>().await;
                drop(count);
            })
        })
        .collect();
    let boom = runtime.spawn(async {
        // Its join handle does not count as handling it.
        panic!("boom");
    });
    let late = Arc::clone(&polled);
    let behind = runtime.spawn(async move { late.store(true, SeqCst) });
    let said = message(|| {
        let _ = runtime.block_on(boom);
    });
    assert_eq!(said, RUNTIME);
    assert_eq!(dropped.load(SeqCst), 3);
    assert!(!polled.load(SeqCst), "no other task got a turn");
    assert!(waiting.iter().all(task::JoinHandle::is_finished) && behind.is_finished());

    // It stays so.
    let after = runtime.spawn(async {});
    assert!(after.is_finished());
    assert_eq!(
        message(|| runtime.block_on(std::future::pending())),
        RUNTIME
    );
}

#[test]
fn the_task_that_panicked_keeps_its_panic() {
    let runtime = strict();
    let boom = runtime.spawn(async { panic!("boom") });
    message(|| runtime.block_on(std::future::pending()));
    let other = Builder::new_current_thread().build().expect("it starts");
    let error = other.block_on(boom).expect_err("it panicked");
    assert!(error.to_string().contains("boom"));
}

#[test]
fn every_block_on_ends() {
    let runtime = strict();
    let (entered, all) = mpsc::channel();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (runtime, entered) = (&runtime, entered.clone());
                scope.spawn(move || {
                    message(|| {
                        runtime.block_on(async {
                            entered.send(()).expect("the test waits");
                            std::future::pending().await
                        })
                    })
                })
            })
            .collect();
        (0..3).for_each(|_| all.recv().expect("it is entered"));
        runtime.spawn(async { panic!("boom") });
        for thread in threads {
            assert_eq!(thread.join().expect("caught"), RUNTIME);
        }
    });
}

/// The runtime was shut down before its owner drops it; the closures were not.
#[test]
fn the_drop_still_waits_for_blocking_calls() {
    let runtime = strict();
    let (go, wait) = mpsc::channel::<()>();
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    let (started, is_started) = mpsc::channel();
    runtime.spawn_blocking(move || {
        started.send(()).expect("the test waits");
        wait.recv().expect("the test goes on");
        end.store(true, SeqCst);
    });
    is_started.recv().expect("it starts");
    runtime.spawn(async { panic!("boom") });
    message(|| runtime.block_on(std::future::pending()));
    go.send(()).expect("it waits");
    drop(runtime);
    assert!(ended.load(SeqCst));
}

#[test]
fn ignored_panics_end_only_their_task() {
    let check = |runtime: Runtime| {
        let boom = runtime.spawn(async { panic!("boom") });
        let fine = runtime.spawn(async { 7 });
        let (boom, fine) = runtime.block_on(async { (boom.await, fine.await) });
        assert!(boom.expect_err("it panicked").is_panic());
        assert_eq!(fine.expect("it did not"), 7);
    };
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        builder.unhandled_panic(UnhandledPanic::Ignore);
        check(builder.worker_threads(2).build().expect("it starts"));
    }
}

#[test]
#[should_panic(expected = "only supported in current thread runtime")]
fn several_workers_cannot_stop_at_once() {
    Builder::new_multi_thread().unhandled_panic(UnhandledPanic::ShutdownRuntime);
}

#[test]
fn a_local_runtime_ends_too() {
    let runtime = Builder::new_current_thread()
        .unhandled_panic(UnhandledPanic::ShutdownRuntime)
        .build_local(Default::default())
        .expect("it starts");
    let said = message(|| {
        runtime.block_on(async {
            task::spawn_local(async { panic!("boom") });
            std::future::pending().await
        })
    });
    assert_eq!(said, RUNTIME);
}

#[test]
fn a_local_set_ends_and_its_runtime_goes_on() {
    let runtime = LocalRuntime::new().expect("it starts");
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut set = LocalSet::new();
    set.unhandled_panic(UnhandledPanic::ShutdownRuntime);
    let count = CountDrop(Arc::clone(&dropped));
    let waiting = set.spawn_local(async move {
        std::future::pending::<()>().await;
        drop(count);
    });
    set.spawn_local(async { panic!("boom") });
    let said = message(|| runtime.block_on(set.run_until(std::future::pending())));
    assert!(said.starts_with("a spawned task panicked and the LocalSet"));
    assert_eq!(dropped.load(SeqCst), 1);
    assert!(waiting.is_finished() && set.spawn_local(async {}).is_finished());
    assert_eq!(runtime.block_on(async { 3 }), 3);
}

/// In a process of its own, which dies.
#[test]
fn a_panic_may_abort_the_process() {
    const FLAVOR: &str = "WAKEFUL_TEST_ABORT";
    let abort = |mut builder: Builder| {
        let runtime = builder.unhandled_panic(UnhandledPanic::Abort).build();
        let runtime = runtime.expect("it starts");
        runtime.block_on(async {
            let _ = wakeful::spawn(async { panic!("boom") }).await;
        });
    };
    match std::env::var(FLAVOR).as_deref() {
        Ok("single") => abort(Builder::new_current_thread()),
        Ok(_) => abort(Builder::new_multi_thread()),
        Err(_) => {
            for flavor in ["single", "multi"] {
                let output = Command::new(std::env::current_exe().expect("there is one"))
                    .args(["--exact", "a_panic_may_abort_the_process", "--nocapture"])
                    .env(FLAVOR, flavor)
                    .output()
                    .expect("it runs");
                assert!(!output.status.success(), "{flavor}");
                let text = String::from_utf8_lossy(&output.stderr);
                assert!(text.contains("boom"), "reported first: {text}");
                assert!(!String::from_utf8_lossy(&output.stdout).contains("test result"));
            }
        }
    }
}
