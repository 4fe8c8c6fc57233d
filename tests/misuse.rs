//! Calls in the wrong place or with wrong values: the exact text, which names the way out.
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
mod flavors;

use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wakeful::net::{TcpListener, TcpStream, UdpSocket};
use wakeful::runtime::{Builder, Handle, Runtime};
use wakeful::task::{LocalSet, block_in_place, spawn_blocking, spawn_local};
use wakeful::time::{Instant, interval, sleep, sleep_until, timeout};

use flavors::{On, foreign_block_on, panic_message};

const NO_RUNTIME: &str = "there is no wakeful runtime on this thread: call this from inside \
                          `Runtime::block_on`, a task, or under `Handle::enter`";

const NO_IO: &str = "IO is disabled. Call `enable_io` (or `enable_all`) on the runtime's Builder";

const NO_TIME: &str = "timers are disabled. Call `enable_time` (or `enable_all`) on the runtime's \
                       Builder";

const NESTED: &str = "Cannot start a runtime from within a runtime: this thread is already running \
                      async tasks, and `block_on` would keep them waiting; `.await` the future, or \
                      move the call into `spawn_blocking`";

const ALL: [On; 3] = [On::CurrentThread, On::Workers(1), On::Workers(2)];

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The runtime is none the worse for it.
fn works(runtime: &Runtime) {
    runtime.block_on(async {
        assert_eq!(wakeful::spawn(async { 1 }).await.unwrap(), 1);
        assert_eq!(spawn_blocking(|| 2).await.unwrap(), 2);
    });
}

#[test]
fn without_a_runtime_each_call_says_so() {
    let messages = [
        panic_message(|| wakeful::spawn(async {})),
        panic_message(|| spawn_blocking(|| ())),
        panic_message(Handle::current),
        panic_message(|| poll(sleep(Duration::from_secs(1)))),
        panic_message(|| {
            poll(timeout(
                Duration::from_secs(1),
                std::future::pending::<()>(),
            ))
        }),
        panic_message(|| poll(interval(Duration::from_secs(1)).tick())),
        panic_message(|| poll(TcpListener::bind("127.0.0.1:0"))),
        panic_message(|| poll(TcpStream::connect("127.0.0.1:1"))),
        panic_message(|| poll(UdpSocket::bind("127.0.0.1:0"))),
        panic_message(|| wakeful::task::JoinSet::new().spawn(async {})),
        Handle::try_current().unwrap_err().to_string(),
    ];
    for (i, message) in messages.iter().enumerate() {
        assert_eq!(message, NO_RUNTIME, "call {i}");
    }
}

#[test]
fn block_on_inside_of_async_code() {
    for on in ALL {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        runtime.block_on(async {
            assert_eq!(panic_message(|| runtime.block_on(async {})), NESTED);
            assert_eq!(panic_message(|| handle.block_on(async {})), NESTED);
            let other = handle.clone();
            let task = wakeful::spawn(async move { panic_message(|| other.block_on(async {})) });
            assert_eq!(task.await.unwrap(), NESTED);
            // And where it is no misuse.
            let handle = handle.clone();
            spawn_blocking(move || handle.block_on(async {}))
                .await
                .unwrap();
        });
        works(&runtime);
    }
}

#[test]
fn no_workers() {
    assert_eq!(
        panic_message(|| _ = Builder::new_multi_thread().worker_threads(0)),
        "Worker threads cannot be set to 0: pass 1 or more to `worker_threads`, or use \
         `Builder::new_current_thread`"
    );
    assert_eq!(
        panic_message(|| _ = Builder::new_multi_thread().max_blocking_threads(0)),
        "Max blocking threads cannot be set to 0: pass 1 or more to `max_blocking_threads`"
    );
    for (name, set) in [
        (
            "global_queue_interval",
            Builder::global_queue_interval as fn(&mut _, _) -> &mut _,
        ),
        ("event_interval", Builder::event_interval),
    ] {
        let message = panic_message(|| _ = set(&mut Builder::new_current_thread(), 0));
        assert_eq!(message, format!("{name} must be greater than 0"));
    }
}

/// The variable is read by this binary, started again.
#[test]
fn the_variable_for_the_number_of_workers() {
    const ASK: &str = "WAKEFUL_TEST_ASK";
    if std::env::var_os(ASK).is_some() {
        let answer = match Builder::new_multi_thread().build() {
            Ok(runtime) => runtime.metrics().num_workers().to_string(),
            Err(error) => format!("{:?}: {error}", error.kind()),
        };
        println!("<{answer}>");
        return;
    }
    let must = |value: &str| {
        format!(
            "InvalidInput: WAKEFUL_WORKER_THREADS must be a number of at least 1, not {value:?}"
        )
    };
    for (value, expected) in [
        ("3", "3".to_owned()),
        ("0", must("0")),
        ("abc", must("abc")),
        ("-1", must("-1")),
        ("", must("")),
        ("99999999999999999999", must("99999999999999999999")),
    ] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "the_variable_for_the_number_of_workers",
                "--nocapture",
            ])
            .env(ASK, "1")
            .env("WAKEFUL_WORKER_THREADS", value)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("<{expected}>")), "{value:?}: {text}");
    }
}

#[test]
fn io_without_enable_io() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.worker_threads(1).enable_time().build().unwrap();
        runtime.block_on(async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let messages = [
                panic_message(|| poll(TcpListener::bind("127.0.0.1:0"))),
                panic_message(|| poll(UdpSocket::bind("127.0.0.1:0"))),
                panic_message(|| poll(TcpStream::connect("127.0.0.1:1"))),
                panic_message(|| TcpListener::from_std(listener)),
            ];
            for (i, message) in messages.iter().enumerate() {
                assert_eq!(message, NO_IO, "call {i}");
            }
            sleep(Duration::from_millis(1)).await;
        });
        works(&runtime);
    }
}

#[test]
fn timers_without_enable_time() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.worker_threads(1).enable_io().build().unwrap();
        runtime.block_on(async {
            let messages = [
                panic_message(|| poll(sleep(Duration::from_secs(1)))),
                panic_message(|| poll(timeout(Duration::from_secs(1), async {}))),
                panic_message(|| poll(interval(Duration::from_secs(1)).tick())),
            ];
            for (i, message) in messages.iter().enumerate() {
                assert_eq!(message, NO_TIME, "call {i}");
            }
            drop(TcpListener::bind("127.0.0.1:0").await.unwrap());
        });
        works(&runtime);
    }
}

#[test]
fn start_paused_needs_one_thread_and_timers() {
    let text = "`start_paused` needs a single-threaded runtime with timers: use \
                `Builder::new_current_thread` and `enable_time`";
    for mut builder in [
        Builder::new_current_thread(),
        std::mem::replace(
            Builder::new_multi_thread().enable_all(),
            Builder::new_current_thread(),
        ),
    ] {
        let error = builder.start_paused(true).build().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), text);
    }
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap();
}

#[test]
fn block_in_place_where_nobody_takes_over() {
    let text = "can call blocking only when running on the multi-threaded runtime: on a \
                single-threaded one or in a `LocalSet` nobody else can run the other tasks; use \
                `spawn_blocking`";
    let runtime = On::CurrentThread.runtime();
    runtime.block_on(async {
        assert_eq!(panic_message(|| block_in_place(|| ())), text);
        let task = wakeful::spawn(async { panic_message(|| block_in_place(|| ())) });
        assert_eq!(task.await.unwrap(), text);
    });
    works(&runtime);
    let runtime = On::Workers(1).runtime();
    let set = LocalSet::new();
    let task = set.spawn_local(async { panic_message(|| block_in_place(|| ())) });
    assert_eq!(set.block_on(&runtime, task).unwrap(), text);
    works(&runtime);
    // Nor while the set drops its tasks.
    struct Blocks;
    impl Drop for Blocks {
        fn drop(&mut self) {
            block_in_place(|| ());
        }
    }
    let blocks = Blocks;
    let task = set.spawn_local(async move {
        let _blocks = blocks;
        std::future::pending::<()>().await;
    });
    let error = runtime.block_on(async {
        set.run_until(wakeful::task::yield_now()).await;
        drop(set);
        task.await.unwrap_err()
    });
    let payload = error.into_panic();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&text));
    works(&runtime);
    assert_eq!(block_in_place(|| 5), 5, "outside of a runtime it is a call");
}

#[test]
fn spawn_local_outside_of_a_set() {
    let text = "`spawn_local` called from outside of a `task::LocalSet` or \
                `runtime::LocalRuntime`: run it inside `LocalSet::run_until`, \
                `LocalSet::block_on` or `LocalRuntime::block_on`";
    assert_eq!(panic_message(|| spawn_local(async {})), text);
    for on in ALL {
        let runtime = on.runtime();
        runtime.block_on(async {
            assert_eq!(panic_message(|| spawn_local(async {})), text);
        });
        works(&runtime);
    }
}

#[test]
fn a_multi_threaded_runtime_is_not_local() {
    assert_eq!(
        panic_message(|| Builder::new_multi_thread().build_local(Default::default())),
        "only a single-threaded runtime can be local: use `Builder::new_current_thread`"
    );
}

#[test]
fn enter_guards_out_of_order() {
    let (a, b) = (On::CurrentThread.runtime(), On::Workers(1).runtime());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let first = a.enter();
            let second = b.enter();
            assert_eq!(
                panic_message(|| drop(first)),
                "`EnterGuard` values dropped out of order: drop the guards of `Handle::enter` in \
                 the reverse order of their making"
            );
            assert_eq!(Handle::current().id(), b.handle().id());
            drop(second);
            assert_eq!(Handle::current().id(), a.handle().id());
        });
    });
    works(&a);
    works(&b);
}

#[test]
fn a_join_handle_polled_after_its_output() {
    for on in ALL {
        let runtime = on.runtime();
        runtime.block_on(async {
            let mut task = wakeful::spawn(async {});
            (&mut task).await.unwrap();
            let message = panic_message(|| poll(&mut task));
            assert_eq!(
                message,
                "JoinHandle polled after completion: it returned the output before"
            );
        });
        works(&runtime);
    }
}

#[test]
fn blocking_calls_inside_of_async_code() {
    fn text(call: &str) -> String {
        format!(
            "Cannot block the current thread from within a runtime: `{call}` would stop the async \
             tasks that it runs; use the async method, or move the call into `spawn_blocking`"
        )
    }
    for on in ALL {
        let runtime = on.runtime();
        let mutex = wakeful::sync::Mutex::new(());
        let lock = wakeful::sync::RwLock::new(());
        runtime.block_on(async {
            let (_sender, receiver) = wakeful::sync::oneshot::channel::<()>();
            let found = [
                panic_message(|| drop(mutex.blocking_lock())),
                panic_message(|| drop(lock.blocking_read())),
                panic_message(|| drop(lock.blocking_write())),
                panic_message(|| drop(receiver.blocking_recv())),
            ];
            for (call, message) in [
                "blocking_lock",
                "blocking_read",
                "blocking_write",
                "blocking_recv",
            ]
            .into_iter()
            .zip(found)
            {
                assert!(message.contains(call), "{call}: {message}");
                let full = message.split('`').nth(1).unwrap_or(call);
                assert_eq!(message, text(full));
            }
        });
        // They held nothing.
        drop((mutex.blocking_lock(), lock.blocking_write()));
        works(&runtime);
    }
}

/// No deadline is too late.
#[test]
fn deadlines_past_the_end_of_time() {
    for on in ALL {
        let runtime = on.runtime();
        runtime.block_on(async {
            assert!(poll(sleep(Duration::MAX)).is_pending());
            assert!(poll(timeout(Duration::MAX, std::future::pending::<()>())).is_pending());
            assert_eq!(timeout(Duration::MAX, async { 3 }).await, Ok(3));
            let far = Instant::now() + Duration::from_secs(60 * 60 * 24 * 365 * 100);
            assert!(poll(sleep_until(far)).is_pending());
            let mut interval = interval(Duration::MAX);
            interval.tick().await;
            assert!(poll(interval.tick()).is_pending());
            // The near ones still come.
            sleep(Duration::from_millis(1)).await;
        });
        works(&runtime);
    }
}

/// A descriptor that is closed, or cannot be polled, is refused, and nothing is kept of it.
#[cfg(target_os = "linux")]
mod descriptors {
    use std::os::fd::{AsRawFd, OwnedFd, RawFd};
    use std::os::unix::fs::OpenOptionsExt;

    use wakeful::io::unix::AsyncFd;

    use super::*;

    /// A descriptor that is no descriptor. Not one that was closed: another test might open it.
    const CLOSED: RawFd = 1_000_000;
    const NONBLOCK: i32 = 0o4000;

    #[derive(Debug)]
    struct Number(RawFd);

    impl AsRawFd for Number {
        fn as_raw_fd(&self) -> RawFd {
            self.0
        }
    }

    #[test]
    fn a_closed_descriptor_is_refused() {
        for on in ALL {
            let runtime = on.runtime();
            runtime.block_on(async {
                for _ in 0..3 {
                    let error = AsyncFd::new(Number(CLOSED)).unwrap_err();
                    assert_eq!(error.raw_os_error(), Some(9), "{error}");
                    let error = AsyncFd::try_new(Number(CLOSED)).unwrap_err();
                    let (number, error) = error.into_parts();
                    assert_eq!((number.0, error.raw_os_error()), (CLOSED, Some(9)));
                }
                drop(TcpListener::bind("127.0.0.1:0").await.unwrap());
            });
            works(&runtime);
        }
    }

    #[test]
    fn a_blocking_socket_is_refused() {
        let runtime = On::CurrentThread.runtime();
        runtime.block_on(async {
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            assert_eq!(
                panic_message(|| UdpSocket::from_std(socket)),
                "Registering a blocking socket is unsupported: call `set_nonblocking(true)` on it \
                 first"
            );
        });
        works(&runtime);
    }

    #[test]
    fn a_regular_file_is_refused() {
        for on in ALL {
            let runtime = on.runtime();
            runtime.block_on(async {
                let file = std::fs::File::options()
                    .read(true)
                    .custom_flags(NONBLOCK)
                    .open("/proc/self/exe")
                    .unwrap();
                let number = file.as_raw_fd();
                let socket = std::net::UdpSocket::from(OwnedFd::from(file));
                let error = UdpSocket::from_std(socket).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(1), "{error}");
                // Closed with the socket that was refused.
                let next = std::fs::File::open("/proc/self/exe").unwrap().as_raw_fd();
                assert!(next < number + 64, "{next} after {number}");
            });
            works(&runtime);
        }
    }
}

/// A handle whose runtime is gone.
#[test]
fn a_dead_runtime_cancels() {
    for on in ALL {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        drop(runtime);
        let task = handle.spawn(async {});
        let id = task.id();
        let error = foreign_block_on(task).unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.to_string(), format!("task {id} was cancelled"));
        let job = handle.spawn_blocking(|| ());
        assert!(foreign_block_on(job).unwrap_err().is_cancelled());
        let _entered = handle.enter();
        assert!(
            foreign_block_on(wakeful::spawn(async {}))
                .unwrap_err()
                .is_cancelled()
        );
    }
}
