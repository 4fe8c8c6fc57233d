//! What becomes of a process whose `Child` was dropped: no zombie is left.
#![cfg(target_os = "linux")]

use std::task::{Context, Waker};

use wakeful::process::Command;
use wakeful::runtime::Builder;
use wakeful::time::{Duration, timeout};

use crate::flavors::{On, alone};
use crate::{exists, gone, reads_to_its_end, sh};

each_runtime! {
    fn a_dropped_child_goes_on_and_is_reaped(on) {
        on.run(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            let (id, stdin) = (child.id().unwrap(), child.stdin.take());
            drop(child);
            wakeful::task::yield_now().await;
            assert!(exists(id), "nobody has killed it");
            drop(stdin);
            gone(id).await;
        });
    }

    fn kill_on_drop_kills_and_reaps(on) {
        on.run(async {
            let mut command = reads_to_its_end();
            command.kill_on_drop(true);
            let mut child = command.spawn().unwrap();
            let (id, _stdin) = (child.id().unwrap(), child.stdin.take());
            drop(child);
            gone(id).await;

            // Also with the future that owns it.
            let late = timeout(Duration::from_millis(1), sh("read forever <&2")
                .kill_on_drop(true)
                .stderr(std::process::Stdio::piped())
                .output());
            drop(late.await);
        });
    }

    /// Its runtime sleeps when it ends: the driver reaps, and nobody has to ask.
    fn a_sleeping_runtime_reaps(on) {
        let runtime = on.runtime();
        let (id, stdin) = runtime.block_on(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            (child.id().unwrap(), child.stdin.take())
        });
        let (end, ends) = wakeful::sync::oneshot::channel::<()>();
        let sleeper = std::thread::spawn(move || runtime.block_on(ends));
        drop(stdin);
        while exists(id) {
            std::thread::yield_now();
        }
        drop(end);
        let _ = sleeper.join().unwrap();
    }

    /// The runtime ends with the child: the next one that starts a process looks after it.
    fn a_child_of_a_runtime_that_ended_is_reaped_by_the_next(on) {
        let mut child = on.run(async { reads_to_its_end().spawn().unwrap() });
        let (id, stdin) = (child.id().unwrap(), child.stdin.take());
        drop(child);
        drop(stdin);
        on.run(async move {
            Command::new("true").status().await.unwrap();
            gone(id).await;
        });
    }

    /// A task that is cancelled at the end of the runtime drops its child.
    fn a_runtime_that_ends_kills_what_is_to_be_killed(on) {
        let runtime = on.runtime();
        let (tell, told) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let mut child = reads_to_its_end().kill_on_drop(true).spawn().unwrap();
            tell.send((child.id().unwrap(), child.stdin.take())).unwrap();
            let _ = child.wait().await;
        });
        runtime.block_on(wakeful::task::yield_now());
        let (id, _stdin) = match told.try_recv() {
            Ok(started) => started,
            Err(_) => told.recv().unwrap(),
        };
        drop(runtime);
        on.run(async move {
            Command::new("true").status().await.unwrap();
            gone(id).await;
        });
    }
}

/// A spawn that fails after the start leaves an owner for what was started.
#[test]
fn a_spawn_that_fails_half_way_leaves_no_zombie() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let entered = handle.enter();
    let mut started = None;
    let error = reads_to_its_end().spawn_with(|command| {
        let child = command.spawn()?;
        started = Some(child.id());
        Ok(child)
    });
    assert!(error.unwrap_err().to_string().contains("gone"));
    drop(entered);
    On::CurrentThread.run(async move {
        Command::new("true").status().await.unwrap();
        gone(started.unwrap()).await;
    });
}

/// R24. Nothing of a child stays.
#[test]
fn r24_descriptors_stay_constant() {
    fn entries() -> usize {
        std::fs::read_dir("/proc/self/fd").unwrap().count()
    }
    alone("orphans::r24_descriptors_stay_constant", || {
        On::CurrentThread.run(async {
            let mut before = None;
            for _ in 0..20 {
                assert!(
                    Command::new("true")
                        .output()
                        .await
                        .unwrap()
                        .status
                        .success()
                );
                let mut child = reads_to_its_end().spawn().unwrap();
                let id = child.id().unwrap();
                {
                    let mut wait = std::pin::pin!(child.wait());
                    let mut cx = Context::from_waker(Waker::noop());
                    let _ = wait.as_mut().poll(&mut cx);
                }
                drop(child);
                gone(id).await;
                // The first drop of a running child starts to listen for signals.
                assert_eq!(*before.get_or_insert_with(entries), entries());
            }
        });
    });
}
