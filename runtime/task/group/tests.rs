//! Groups that succeed, fail, panic, are canceled and dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use super::*;
use crate::runtime::{Builder, Runtime};
use crate::sync::Notify;
use crate::task::yield_now;

type Group = TaskGroup<u32, &'static str>;

fn runtimes() -> [Runtime; 2] {
    let one = Builder::new_current_thread().enable_all().build();
    let two = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    [one.unwrap(), two.unwrap()]
}

/// Counts the futures that are gone.
struct Gone(Arc<AtomicUsize>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

async fn forever(gone: Gone) -> Result<u32, &'static str> {
    let _gone = gone;
    std::future::pending().await
}

/// So many tasks that never end by themselves, and how many of them are gone.
fn waiting(group: &mut Group, count: usize) -> Arc<AtomicUsize> {
    let gone = Arc::new(AtomicUsize::new(0));
    for _ in 0..count {
        group.spawn(forever(Gone(Arc::clone(&gone))));
    }
    gone
}

fn panicking() -> Result<u32, &'static str> {
    std::panic::resume_unwind(Box::new("no message"))
}

#[test]
fn auto_traits() {
    fn all<T: Send + Sync + Unpin>() {}
    all::<Group>();
    all::<JoinGroup<u32, &str>>();
}

#[test]
fn values_come_in_the_order_of_spawning() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut group = Group::new();
            for number in 0..20 {
                group.spawn(async move {
                    for _ in 0..20 - number {
                        yield_now().await;
                    }
                    Ok(number)
                });
            }
            group.spawn_blocking(|| Ok(20));
            group.spawn_on(async { Ok(21) }, &Handle::current());
            assert_eq!(group.len(), 22);
            assert!(group.join().await.unwrap().into_iter().eq(0..22));
        });
    }
}

#[test]
fn a_failure_stops_the_others_though_nobody_waits() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut group = Group::new();
            let gone = waiting(&mut group, 10);
            group.spawn(async { Err("first") });
            while gone.load(SeqCst) < 10 {
                yield_now().await;
            }
            group.spawn(async { Err("second") });
            assert!(group.token().is_cancelled());
            let failure = group.join().await.unwrap_err();
            assert!(matches!(failure, TaskGroupError::Failed("first")));
            assert_eq!(failure.to_string(), "a task of the group failed: first");
        });
    }
}

#[test]
fn a_panic_stops_the_others_and_is_reported() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut group = Group::new();
            let gone = waiting(&mut group, 10);
            group.spawn(async { panicking() });
            let Err(TaskGroupError::Panicked(error)) = group.join().await else {
                panic!("it reports the panic");
            };
            assert_eq!(error.into_panic().downcast_ref(), Some(&"no message"));
            assert_eq!(gone.load(SeqCst), 10, "join waits for all");

            let mut group = Group::new();
            let gone = waiting(&mut group, 10);
            group.spawn_blocking(panicking);
            let failure = group.join().await.unwrap_err();
            assert!(matches!(failure, TaskGroupError::Panicked(_)));
            assert_eq!(gone.load(SeqCst), 10);
        });
    }
}

#[test]
fn a_closure_sees_the_token_and_join_waits_for_it() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut group = Group::new();
            let (token, ended) = (group.token().clone(), Arc::new(AtomicUsize::new(0)));
            let counts = Arc::clone(&ended);
            let (began, has_begun) = mpsc::channel();
            group.spawn_blocking(move || {
                began.send(()).unwrap();
                while !token.is_cancelled() {
                    std::thread::yield_now();
                }
                counts.fetch_add(1, SeqCst);
                Ok(1)
            });
            has_begun.recv().unwrap();
            group.spawn(async { Err("stop") });
            assert!(group.join().await.is_err());
            assert_eq!(ended.load(SeqCst), 1);
        });
    }
}

#[test]
fn a_canceled_group_begins_nothing() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let parent = CancellationToken::new();
            let mut group = Group::child_of(&parent);
            group.spawn(async { Ok(1) });
            parent.cancel();
            group.spawn(async { panic!("it is not polled") });
            group.spawn_blocking(|| panic!("it is not called"));
            let failure = group.join().await.unwrap_err();
            assert!(matches!(failure, TaskGroupError::Cancelled));

            let mut group = Group::child_of(&CancellationToken::new());
            group.spawn(async { Ok(1) });
            while !group.tasks[0].is_finished() {
                yield_now().await;
            }
            group.cancel();
            assert_eq!(group.join().await.unwrap(), [1], "all had succeeded");
        });
    }
}

#[test]
fn dropping_the_group_or_its_join_stops_all() {
    for runtime in runtimes() {
        runtime.block_on(async {
            for joins in [false, true] {
                let mut group = Group::new();
                let gone = waiting(&mut group, 10);
                if joins {
                    let mut join = group.join();
                    let cx = &mut Context::from_waker(std::task::Waker::noop());
                    assert!(Pin::new(&mut join).poll(cx).is_pending());
                    drop(join);
                } else {
                    drop(group);
                }
                while gone.load(SeqCst) < 10 {
                    yield_now().await;
                }
            }
        });
    }
}

#[test]
fn a_body_is_a_member() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let ran = Group::run(async |group| {
                group.spawn(async { Ok(1) });
                yield_now().await;
                group.spawn(async { Ok(2) });
                Ok("done")
            });
            assert_eq!(ran.await.unwrap(), ("done", vec![1, 2]));

            let gone = Arc::new(AtomicUsize::new(0));
            let ran = Group::run(async |group| {
                group.spawn(forever(Gone(Arc::clone(&gone))));
                Err::<(), _>("body")
            });
            assert!(matches!(ran.await, Err(TaskGroupError::Failed("body"))));
            assert_eq!(gone.load(SeqCst), 1);

            let ran = Group::run(async |group| {
                let _gone = Gone(Arc::clone(&gone));
                group.spawn(async { Err("task") });
                std::future::pending::<Result<(), _>>().await
            });
            assert!(matches!(ran.await, Err(TaskGroupError::Failed("task"))));
            assert_eq!(gone.load(SeqCst), 2, "the body is dropped");

            let ran = Group::run(async |group| {
                group.token().cancel();
                std::future::pending::<Result<(), _>>().await
            });
            assert!(matches!(ran.await, Err(TaskGroupError::Cancelled)));
        });
    }
}

#[test]
fn a_body_that_panics_cancels_the_tasks() {
    for runtime in runtimes() {
        let gone = Arc::new(AtomicUsize::new(0));
        let ran = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(Group::run(async |group| {
                group.spawn(forever(Gone(Arc::clone(&gone))));
                panicking()
            }))
        }));
        assert!(ran.is_err());
        runtime.block_on(async {
            while gone.load(SeqCst) < 1 {
                yield_now().await;
            }
        });
    }
}

#[test]
fn a_future_that_panics_as_it_is_dropped_is_not_the_first_failure() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut group = Group::new();
            let (began, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let tells = Arc::clone(&began);
            group.spawn(async move {
                let _panics = Panics;
                tells.notify_one();
                std::future::pending().await
            });
            let fails = Arc::clone(&told);
            group.spawn(async move {
                fails.notified().await;
                Err("first")
            });
            began.notified().await;
            told.notify_one();
            let failure = group.join().await.unwrap_err();
            assert!(matches!(failure, TaskGroupError::Failed("first")));
        });
    }
}

#[test]
fn the_end_of_the_runtime_ends_the_group() {
    let [one, other] = runtimes();
    let mut group = Group::new();
    group.spawn_on(std::future::pending(), other.handle());
    let join = group.join();
    drop(other);
    let failure = one.block_on(join).unwrap_err();
    assert!(matches!(failure, TaskGroupError::Cancelled));
    assert_eq!(failure.to_string(), "the group was canceled");
}
