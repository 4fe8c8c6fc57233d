//! A test that cannot go on says so; one that somebody outside will wake does not.
//!
//! Threads are counted per process, so each check runs in a process of its own.

use std::future::Future;
use std::sync::Arc;
use std::thread;

use wakeful::macros::strictly;
use wakeful::process::Command;
use wakeful::runtime::{Builder, Handle};
use wakeful::sync::{Mutex, Notify, mpsc, oneshot};
use wakeful::task::{spawn_blocking, yield_now};
use wakeful::time::{Duration, sleep};

use crate::flavors::{alone, panic_message};

/// What a strict test with this body says.
fn said(paused: bool, body: impl Future<Output = ()>) -> String {
    panic_message(|| {
        let mut builder = Builder::new_current_thread();
        strictly(builder.start_paused(paused).enable_all(), false, body);
        panic!("passed");
    })
}

/// Until the runtime's thread has looked whether it is alone, and again.
fn judged(runtime: &Handle) {
    let parks = || runtime.metrics().worker_park_count(0);
    let before = parks();
    while parks() < before + 4 {
        thread::yield_now();
    }
}

#[test]
fn two_tasks_that_wait_for_each_other() {
    alone("deadlocks::two_tasks_that_wait_for_each_other", || {
        let said = said(false, async {
            let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
            let lock_both = |first: Arc<Mutex<i32>>, second: Arc<Mutex<i32>>| async move {
                let _first = first.lock().await;
                yield_now().await;
                let _second = second.lock().await;
            };
            let one = wakeful::spawn(lock_both(a.clone(), b.clone()));
            let other = wakeful::spawn(lock_both(b, a));
            one.await.unwrap();
            other.await.unwrap();
        });
        assert!(said.starts_with("deadlock: nothing can run"), "{said}");
        assert!(said.contains("deadlocks.rs"), "with a dump: {said}");
        assert!(said.contains("waits for Mutex"), "{said}");
    });
}

/// R41: a future that was granted the lock and is not polled any more keeps it.
#[test]
fn r41_a_lock_granted_to_a_future_that_is_not_polled() {
    let name = "deadlocks::r41_a_lock_granted_to_a_future_that_is_not_polled";
    alone(name, || {
        let said = said(true, async {
            let lock = Arc::new(Mutex::new(0));
            let (inside, gone) = (lock.clone(), Arc::new(Notify::new()));
            let held = lock.clone().lock_owned().await;
            let mut waits = std::pin::pin!(async move { *inside.lock().await += 1 });
            wakeful::select! {
                biased;
                () = &mut waits => unreachable!("it is held"),
                () = sleep(Duration::from_millis(1)) => {}
            }
            drop((held, gone));
            // `waits` has the lock now, and nobody polls it.
            *lock.lock().await += 1;
        });
        assert!(said.starts_with("deadlock: nothing can run"), "{said}");
    });
}

/// Each of two tests waits for itself, and neither takes the other's thread for a hope.
#[test]
fn two_tests_at_once() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "deadlocks::beside_each_other",
            "--test-threads=2",
        ])
        .as_std_mut()
        .status();
    assert!(status.unwrap().success());
}

mod beside_each_other {
    use super::oneshot;

    #[wakeful::test]
    #[ignore = "in a process without other tests: started by `two_tests_at_once`"]
    #[should_panic(expected = "deadlock: nothing can run")]
    async fn one() {
        let (_sender, receiver) = oneshot::channel::<()>();
        receiver.await.unwrap();
    }

    #[wakeful::test(start_paused = true)]
    #[ignore = "in a process without other tests: started by `two_tests_at_once`"]
    #[should_panic(expected = "deadlock: nothing can run")]
    async fn another() {
        let (_sender, receiver) = oneshot::channel::<()>();
        receiver.await.unwrap();
    }
}

/// One test's thread wakes the other's, after both have slept.
#[test]
fn two_tests_that_share() {
    alone("deadlocks::two_tests_that_share", || {
        for _ in 0..100 {
            let (sender, mut receiver) = mpsc::channel::<u32>(1);
            let (back, mut answers) = mpsc::channel::<u32>(1);
            let one = thread::spawn(move || {
                said(false, async move {
                    while let Some(number) = receiver.recv().await {
                        back.send(number).await.unwrap();
                    }
                })
            });
            let other = thread::spawn(move || {
                said(false, async move {
                    for number in 0..50 {
                        sender.send(number).await.unwrap();
                        assert_eq!(answers.recv().await, Some(number));
                    }
                })
            });
            assert_eq!(
                [one, other].map(|thread| thread.join().unwrap()),
                ["passed"; 2]
            );
        }
    });
}

#[test]
fn a_closure_that_has_ended_is_no_hope() {
    alone("deadlocks::a_closure_that_has_ended_is_no_hope", || {
        let said = said(false, async {
            let (_sender, mut receiver) = mpsc::channel::<()>(1);
            spawn_blocking(|| ()).await.unwrap();
            receiver.recv().await;
        });
        assert!(said.starts_with("deadlock: nothing can run"), "{said}");
    });
}

#[test]
fn a_thread_may_come_late() {
    alone("deadlocks::a_thread_may_come_late", || {
        let said = said(false, async {
            let (sender, receiver) = oneshot::channel();
            let runtime = Handle::current();
            let thread = thread::spawn(move || {
                judged(&runtime);
                // By the time it is seen this thread may be gone.
                sender.send(()).unwrap();
            });
            receiver.await.unwrap();
            thread.join().unwrap();
        });
        assert_eq!(said, "passed");
    });
}

/// They have sent and ended while the runtime's thread counts them.
#[test]
fn threads_may_be_gone() {
    alone("deadlocks::threads_may_be_gone", || {
        let said = said(false, async {
            for number in 0..3_000 {
                let (sender, receiver) = oneshot::channel();
                drop(thread::spawn(move || sender.send(number)));
                assert_eq!(receiver.await, Ok(number));
            }
        });
        assert_eq!(said, "passed");
    });
}

#[test]
fn threads_may_take_turns() {
    alone("deadlocks::threads_may_take_turns", || {
        let said = said(false, async {
            let (sender, mut receiver) = mpsc::channel(1);
            fn pass(sender: mpsc::Sender<u32>, left: u32) {
                sender.blocking_send(left).unwrap();
                if left > 0 {
                    drop(thread::spawn(move || pass(sender, left - 1)));
                }
            }
            pass_from(pass, sender);
            while receiver.recv().await.is_some() {}
        });
        assert_eq!(said, "passed");
    });
}

fn pass_from(pass: fn(mpsc::Sender<u32>, u32), sender: mpsc::Sender<u32>) {
    thread::spawn(move || pass(sender, 2_000));
}

#[test]
fn timers_may_come_late() {
    alone("deadlocks::timers_may_come_late", || {
        let said = said(false, async { sleep(Duration::from_millis(1)).await });
        assert_eq!(said, "passed");
    });
}

#[test]
fn closures_processes_and_signals_may_come_late() {
    let name = "deadlocks::closures_processes_and_signals_may_come_late";
    alone(name, || {
        let said = said(false, async {
            let (sender, receiver) = oneshot::channel();
            let runtime = Handle::current();
            let job = spawn_blocking(move || {
                judged(&runtime);
                sender.send(()).unwrap();
            });
            receiver.await.unwrap();
            job.await.unwrap();

            let mut child = Command::new("sleep").arg("0.2").spawn().unwrap();
            assert!(child.wait().await.unwrap().success());

            use wakeful::signal::unix::{SignalKind, signal};
            let mut listens = signal(SignalKind::user_defined1()).unwrap();
            let kill = format!("sleep 0.2; kill -USR1 {}", std::process::id());
            let mut killer = Command::new("sh").arg("-c").arg(kill).spawn().unwrap();
            listens.recv().await.unwrap();
            killer.wait().await.unwrap();
        });
        assert_eq!(said, "passed");
    });
}
