//! `#[wakeful::test]` fails for async reasons: tasks that outlive it, panics that nobody can
//! observe, waits that cannot end. And it fails for no others.
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
mod flavors;

#[path = "strict/deadlocks.rs"]
#[cfg(target_os = "linux")]
mod deadlocks;

use std::future::pending;
use std::panic::AssertUnwindSafe;

use wakeful::macros::strictly;
use wakeful::runtime::Builder;
use wakeful::sync::oneshot;
use wakeful::task::{JoinSet, yield_now};
use wakeful::time::{Duration, sleep};

use flavors::panic_message;

#[wakeful::test]
#[should_panic(expected = "a task outlived the test")]
async fn a_task_that_waits_for_ever_fails() {
    wakeful::spawn(pending::<()>());
    yield_now().await;
}

#[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "2 tasks outlived the test")]
async fn also_on_workers() {
    wakeful::spawn(sleep(Duration::from_secs(3600)));
    wakeful::spawn(async {
        loop {
            yield_now().await;
        }
    });
}

#[wakeful::test(flavor = "local")]
#[should_panic(expected = "a task outlived the test")]
async fn also_on_a_local_runtime() {
    wakeful::task::spawn_local(pending::<()>());
}

#[wakeful::test(start_paused = true)]
#[should_panic(expected = "strict.rs")]
async fn the_place_is_told() {
    wakeful::spawn(sleep(Duration::from_secs(1)));
}

#[wakeful::test]
async fn tasks_may_end_a_little_later() {
    let (sender, receiver) = oneshot::channel::<()>();
    wakeful::spawn(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    wakeful::spawn(async { receiver.await.unwrap_err() });
    wakeful::spawn(pending::<()>()).abort();
    let mut set = JoinSet::new();
    set.spawn(pending::<()>());
    yield_now().await;
    drop((sender, set));
}

#[wakeful::test]
#[should_panic(expected = "nobody can observe it")]
async fn a_panic_that_nobody_can_observe_fails() {
    drop(wakeful::spawn(async { panic!("on purpose") }));
    yield_now().await;
}

#[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "nobody can observe it")]
async fn nor_one_whose_handle_was_never_asked() {
    let task = wakeful::spawn(async { panic!("on purpose") });
    while !task.is_finished() {
        yield_now().await;
    }
}

#[wakeful::test]
async fn a_panic_that_is_observed_passes() {
    let task = wakeful::spawn(async { panic!("on purpose") });
    assert!(task.await.unwrap_err().is_panic());
}

#[wakeful::test]
#[should_panic(expected = "deadlock: the test waits, and no waker")]
async fn a_wait_for_nothing_fails() {
    pending().await
}

#[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "deadlock: the test waits, and no waker")]
async fn a_wait_for_nothing_fails_on_workers() {
    let _sleeps = wakeful::spawn(sleep(Duration::from_secs(3600)));
    pending().await
}

#[wakeful::test(strict = false)]
async fn it_can_be_left_out() {
    wakeful::spawn(pending::<()>());
    drop(wakeful::spawn(async { panic!("on purpose") }));
    yield_now().await;
}

#[wakeful::test(strict)]
async fn it_can_be_asked_for() -> Result<(), wakeful::task::JoinError> {
    wakeful::spawn(async {}).await
}

/// What a test that is over has heard is not the next one's.
#[test]
fn an_error_is_told_before_what_was_left() {
    let run = |fails: bool| {
        let body = async move {
            if !fails {
                return Ok(());
            }
            wakeful::spawn(pending::<()>());
            Err("the body's")
        };
        panic_message(AssertUnwindSafe(|| {
            strictly(Builder::new_current_thread().enable_all(), false, body);
            panic!("passed");
        }))
    };
    assert_eq!(run(true), "the test gave an error");
    assert_eq!(run(false), "passed");
}
