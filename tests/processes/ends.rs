//! Waiting for the end of a process.

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use wakeful::process::Command;
use wakeful::runtime::Handle;
use wakeful::task::yield_now;

use crate::flavors::{On, alone, panic_message};
use crate::{reads_to_its_end, sh};

each_runtime! {
    fn each_wait_gives_the_status(on) {
        on.run(async {
            let mut child = sh("exit 7").spawn().unwrap();
            let id = child.id().unwrap();
            assert_ne!(id, std::process::id());
            assert_eq!(child.wait().await.unwrap().code(), Some(7));
            assert_eq!(child.id(), None);
            assert_eq!(child.wait().await.unwrap().code(), Some(7));
            assert_eq!(child.try_wait().unwrap().unwrap().code(), Some(7));
            child.start_kill().unwrap();
            child.kill().await.unwrap();
            assert!(Command::new("true").status().await.unwrap().success());
        });
    }

    fn a_killed_process_says_so(on) {
        on.run(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            assert!(child.try_wait().unwrap().is_none());
            child.start_kill().unwrap();
            child.start_kill().unwrap();
            assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGKILL));
            let mut child = reads_to_its_end().spawn().unwrap();
            child.kill().await.unwrap();
            assert_eq!(child.try_wait().unwrap().unwrap().signal(), Some(libc::SIGKILL));
        });
    }

    /// A wait that is dropped or forgotten loses nothing but the standard input.
    fn a_wait_may_be_dropped_or_forgotten(on) {
        on.run(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            let stdin = child.stdin.take();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(pin!(child.wait()).poll(&mut cx).is_pending());
            let mut leaked = Box::pin(child.wait());
            assert!(leaked.as_mut().poll(&mut cx).is_pending());
            std::mem::forget(leaked);
            // A future that is not polled does nothing, and this one would kill.
            drop(child.kill());
            assert!(child.try_wait().unwrap().is_none());
            drop(stdin);
            assert!(child.wait().await.unwrap().success());
        });
    }

    fn a_wait_closes_the_standard_input(on) {
        on.run(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            assert!(child.stdin.is_some());
            drop(child.wait());
            assert!(child.stdin.is_some(), "not before the first poll");
            assert!(child.try_wait().unwrap().is_none());
            assert!(child.stdin.is_some());
            assert!(child.wait().await.unwrap().success());
            assert!(child.stdin.is_none());
            assert!(reads_to_its_end().status().await.unwrap().success());
            assert!(reads_to_its_end().output().await.unwrap().status.success());
        });
    }

    fn many_may_end_at_once(on) {
        on.run(async {
            let waits: Vec<_> = (0..10).map(|_| wakeful::spawn(async {
                let mut children: Vec<_> = (0..5)
                    .map(|_| Command::new("true").kill_on_drop(true).spawn().unwrap())
                    .collect();
                for child in &mut children {
                    assert!(child.wait().await.unwrap().success());
                }
            })).collect();
            for wait in waits {
                wait.await.unwrap();
            }
        });
    }

    /// The runtime it was started in has ended, or runs besides.
    fn a_child_may_be_awaited_in_another_runtime(on) {
        let mut child = on.run(async { reads_to_its_end().spawn().unwrap() });
        assert!(on.run(child.wait()).unwrap().success());

        let first = On::Workers(1).runtime();
        let mut child = first.block_on(async { reads_to_its_end().spawn().unwrap() });
        assert!(on.run(child.wait()).unwrap().success());
        drop(first);

        let mut child = on.run(async { reads_to_its_end().spawn().unwrap() });
        let error = crate::flavors::foreign_block_on(child.wait()).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error}");
        on.run(child.kill()).unwrap();
    }

    /// R29, R30. The last waker is woken, and none is kept.
    fn the_last_waker_is_woken_and_let_go(on) {
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        on.run(async {
            let counts = [(); 2].map(|()| Arc::new(Count(AtomicUsize::new(0))));
            let mut child = reads_to_its_end().spawn().unwrap();
            let stdin = child.stdin.take();
            let mut wait = Box::pin(child.wait());
            for count in &counts {
                let waker = Waker::from(count.clone());
                assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            drop(stdin);
            while counts[1].0.load(SeqCst) == 0 {
                yield_now().await;
            }
            assert_eq!(counts[0].0.load(SeqCst), 0);
            assert!(wait.await.unwrap().success());
            drop(child);
            for count in &counts {
                assert_eq!(Arc::strong_count(count), 1);
            }
        });
    }

    /// R37. Without budget a wait is not over, and its end is not lost.
    fn r37_a_wait_spends_budget(on) {
        on.run(async {
            wakeful::spawn(async {
                let mut child = Command::new("true").spawn().unwrap();
                while child.stdin.is_some() || !has_ended(child.id().unwrap()) {
                    yield_now().await;
                }
                poll_fn(|cx| {
                    while wakeful::task::coop::has_budget_remaining() {
                        let _ = pin!(wakeful::task::coop::consume_budget()).poll(cx);
                    }
                    assert!(pin!(child.wait()).poll(cx).is_pending());
                    Poll::Ready(())
                }).await;
                assert!(child.wait().await.unwrap().success());
            }).await.unwrap();
        });
    }
}

/// True once the process is a zombie, or gone.
fn has_ended(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
    stat.map_or(true, |stat| {
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

#[test]
fn what_cannot_be_started_is_an_error() {
    On::CurrentThread.run(async {
        let error = Command::new("no such program").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let mut missing = Command::new("no such program");
        assert_eq!(
            missing.status().await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
        assert_eq!(
            missing.output().await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
        let with = |_: &mut std::process::Command| Err(ErrorKind::Other.into());
        let error = Command::new("true").spawn_with(with).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
    });
}

/// It panics before anything is started.
#[test]
fn without_a_runtime_it_panics() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("started");
    let mut command = Command::new("touch");
    command.arg(&file);
    let message = panic_message(|| command.spawn());
    assert!(message.contains("there is no wakeful runtime"), "{message}");
    let builder = &mut wakeful::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    let message = panic_message(|| runtime.block_on(async { command.status().await }));
    assert!(message.contains("enable_io"), "{message}");
    assert!(!file.exists());
}

/// A process that a debugger holds has ended for its descriptor before it has for us.
#[cfg(target_os = "linux")]
#[test]
fn a_traced_process_ends_for_both() {
    On::CurrentThread.run(async {
        // Without `strace`, or without the right to use it, there is nothing to see.
        if !Command::new("strace")
            .args(["-o", "/dev/null", "true"])
            .status()
            .await
            .is_ok_and(|it| it.success())
        {
            return;
        }
        for _ in 0..5 {
            let mut command = Command::new("strace");
            command
                .args(["-o", "/dev/null", "-D", "cat"])
                .stdin(Stdio::piped());
            let mut child = command.kill_on_drop(true).spawn().unwrap();
            let stdin = child.stdin.take();
            let path = format!("/proc/{}/status", child.id().unwrap());
            while std::fs::read_to_string(&path)
                .unwrap()
                .contains("TracerPid:\t0\n")
            {
                yield_now().await;
            }
            let wait = wakeful::time::timeout(crate::flavors::LONG, child.wait());
            drop(stdin);
            assert!(wait.await.expect("it has ended").is_ok());
        }
    });
}

/// Who ignores SIGCHLD gets no status, and does not wait for ever.
#[test]
fn ignored_children_have_no_status() {
    alone("ends::ignored_children_have_no_status", || {
        On::CurrentThread.run(async {
            let mut child = reads_to_its_end().spawn().unwrap();
            ignore_children();
            let error = child.wait().await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
        });
    });
}

#[expect(unsafe_code, reason = "std has no function for it")]
fn ignore_children() {
    // SAFETY: it installs no function of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

#[test]
fn a_command_is_shown_and_read_back() {
    let mut command = Command::from(std::process::Command::new("env"));
    assert!(!command.get_kill_on_drop());
    command
        .kill_on_drop(true)
        .env_clear()
        .env("A", "1")
        .envs([("B", "2")])
        .env_remove("A");
    assert!(command.get_kill_on_drop());
    command.as_std_mut().arg("-0");
    assert_eq!(command.as_std().get_program(), "env");
    assert!(format!("{command:?}").contains("env"));
    On::CurrentThread.run(async {
        let output = command
            .current_dir("/")
            .process_group(0)
            .output()
            .await
            .unwrap();
        assert_eq!(output.stdout, b"B=2\0");
        let named = sh("echo $0").arg0("name").output().await.unwrap();
        assert_eq!(named.stdout, b"name\n");
    });
    assert!(command.into_std().get_args().eq(["-0"]));
}

#[test]
fn the_hook_before_exec_is_called() {
    On::CurrentThread.run(async {
        let mut command = Command::new("true");
        hook(&mut command);
        assert_eq!(
            command.spawn().unwrap_err().raw_os_error(),
            Some(libc::EXFULL)
        );
    });
}

#[expect(unsafe_code, reason = "it is unsafe to call")]
fn hook(command: &mut Command) {
    // SAFETY: an error is made from a number, without allocating.
    unsafe { command.pre_exec(|| Err(std::io::Error::from_raw_os_error(libc::EXFULL))) };
}

#[test]
fn a_dump_tells_who_waits_for_a_process() {
    On::CurrentThread.run(async {
        let line = line!() + 4;
        let task = wakeful::spawn(async {
            let mut child = reads_to_its_end().kill_on_drop(true).spawn().unwrap();
            let _stdin = child.stdin.take();
            child.wait().await.unwrap();
        });
        yield_now().await;
        let dump = Handle::current().dump().to_string();
        assert!(dump.contains("process"), "{dump}");
        assert!(dump.contains(&format!("ends.rs:{line}")), "{dump}");
        task.abort();
        let _ = task.await;
    });
}

/// R22. What crosses threads, and what does not move.
#[test]
fn r22_children_and_their_futures_are_send_and_sync() {
    fn check<T: Send + Sync>(_: &T) {}
    fn unpin<T: Unpin>(_: &T) {}
    On::CurrentThread.run(async {
        let mut command = reads_to_its_end();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        check(&command);
        let mut child = command.spawn().unwrap();
        check(&child);
        unpin(&child);
        check(&child.wait());
        check(&child.kill());
        check(&child.wait_with_output());
        let output = command.output();
        check(&output);
        drop(output);
        check(&command.status());
    });
}
