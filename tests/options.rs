//! What a builder's options do, and what handles, sets and errors say of themselves.
#![cfg(not(loom))]

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use futures_task::{FutureObj, Spawn};
use wakeful::net::UdpSocket;
use wakeful::runtime::{
    Builder, Handle, LocalOptions, LocalRuntime, RngSeed, Runtime, RuntimeFlavor,
    is_rt_shutdown_err,
};
use wakeful::sync::oneshot;
use wakeful::task::{JoinError, LocalSet, spawn_local, yield_now};

fn current() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The name of the thread that runs a blocking closure.
fn blocking_name(builder: &mut Builder) -> Option<String> {
    let runtime = builder.build().unwrap();
    let task = runtime.spawn_blocking(|| thread::current().name().map(String::from));
    runtime.block_on(task).unwrap()
}

#[test]
fn threads_and_runtimes_have_their_names() {
    let mut builder = Builder::new_current_thread();
    let name = blocking_name(builder.thread_name("pool"));
    assert_eq!(name.as_deref(), Some("pool"));
    let name = blocking_name(builder.thread_name_fn(|| String::from("made")));
    assert_eq!(name.as_deref(), Some("made"));
    let runtime = builder.name("requests").build().unwrap();
    assert_eq!(runtime.handle().name(), Some("requests"));
    assert_eq!(current().handle().name(), None);
}

#[test]
#[should_panic(expected = "runtime name shouldn't be empty")]
fn a_blank_name_is_refused() {
    Builder::new_current_thread().name(" ");
}

#[test]
#[should_panic(expected = "global_queue_interval must be greater than 0")]
fn a_global_queue_interval_of_zero_is_refused() {
    Builder::new_current_thread().global_queue_interval(0);
}

#[test]
#[should_panic(expected = "event_interval must be greater than 0")]
fn an_event_interval_of_zero_is_refused() {
    Builder::new_current_thread().event_interval(0);
}

#[test]
#[should_panic(expected = "max_io_events_per_tick must be non-zero")]
fn no_events_per_tick_are_refused() {
    Builder::new_current_thread().max_io_events_per_tick(0);
}

#[test]
#[should_panic(expected = "max_io_events_per_busy_tick must be non-zero")]
fn no_events_per_busy_tick_are_refused() {
    Builder::new_current_thread().max_io_events_per_busy_tick(0);
}

/// More than any address space holds.
const NO_SUCH_STACK: usize = 1 << 60;

#[test]
fn threads_have_the_stack_that_was_asked_for() {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2);
    let runtime = builder.thread_stack_size(64 << 20).build().unwrap();
    let deep = runtime.spawn(async { std::hint::black_box([1_u8; 4 << 20])[7] });
    let (sender, receiver) = channel();
    runtime.spawn(async move { sender.send(deep.await.unwrap()).unwrap() });
    assert_eq!(receiver.recv().unwrap(), 1);
}

#[test]
fn workers_that_get_no_thread_are_an_error() {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    builder
        .thread_stack_size(NO_SUCH_STACK)
        .build()
        .unwrap_err();
    // Nothing of the attempt is left in the way of the next.
    let runtime = builder.thread_stack_size(1 << 20).build().unwrap();
    assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
}

#[test]
#[should_panic(expected = "cannot start a thread for blocking work")]
fn a_blocking_call_that_gets_no_thread_panics() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.thread_stack_size(NO_SUCH_STACK).build().unwrap();
    drop(runtime.spawn_blocking(|| ()));
}

/// One event a look, busy or not, and eight sockets with something to read.
#[test]
fn few_events_at_a_time_lose_none() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder
            .worker_threads(1)
            .event_interval(1)
            .global_queue_interval(1)
            .max_io_events_per_tick(2)
            .max_io_events_per_busy_tick(1)
            .enable_all()
            .build()
            .unwrap();
        let task = runtime.spawn(async {
            let busy = wakeful::spawn(async {
                loop {
                    yield_now().await;
                }
            });
            let mut readers = Vec::new();
            for number in 0..8_u8 {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let address = socket.local_addr().unwrap();
                readers.push(wakeful::spawn(async move {
                    let mut got = [0];
                    socket.recv_from(&mut got).await.unwrap();
                    assert_eq!(got, [number]);
                }));
                let other = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
                other.send_to(&[number], address).unwrap();
            }
            for reader in readers {
                reader.await.unwrap();
            }
            busy.abort();
            assert!(busy.await.unwrap_err().is_cancelled());
        });
        runtime.block_on(task).unwrap();
    }
}

/// The branches that a `select!` takes.
fn choices(seed: &[u8]) -> Vec<bool> {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.rng_seed(RngSeed::from_bytes(seed)).build().unwrap();
    runtime.block_on(async {
        let mut taken = Vec::new();
        for _ in 0..64 {
            taken.push(wakeful::select! {
                () = async {} => true,
                () = async {} => false,
            });
        }
        taken
    })
}

#[test]
fn a_seed_decides_what_select_takes() {
    assert_eq!(choices(b"one"), choices(b"one"));
    assert_ne!(choices(b"one"), choices(b"two"));
}

/// In which order three tasks run that a fourth has woken, on one worker.
fn order(builder: &mut Builder) -> Vec<u32> {
    let runtime = builder.worker_threads(1).build().unwrap();
    let (sender, receiver) = channel();
    runtime.spawn(async move {
        let wakes: Vec<_> = (0..3)
            .map(|number| {
                let (wake, is_woken) = oneshot::channel::<()>();
                let sender = sender.clone();
                wakeful::spawn(async move {
                    is_woken.await.unwrap();
                    sender.send(number).unwrap();
                });
                wake
            })
            .collect();
        // Until each of them waits.
        for _ in 0..10 {
            yield_now().await;
        }
        wakes.into_iter().for_each(|wake| wake.send(()).unwrap());
    });
    receiver.into_iter().collect()
}

#[test]
fn without_the_slot_tasks_run_in_their_order() {
    let mut builder = Builder::new_multi_thread();
    assert_eq!(order(&mut builder), [2, 0, 1]);
    assert_eq!(order(builder.disable_lifo_slot()), [0, 1, 2]);
}

#[test]
fn options_that_are_hints() {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_alt_timer()
        .enable_eager_driver_handoff()
        .enable_sharded_blocking_queue();
    let text = format!("{builder:?}");
    assert!(
        text.starts_with("Builder { flavor: CurrentThread, io: false, time: true"),
        "{text}"
    );
    let runtime = builder.build().unwrap();
    runtime.block_on(async { wakeful::time::sleep(Duration::from_millis(1)).await });
}

#[test]
fn a_new_runtime_has_everything_on() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    assert_eq!(handle.runtime_flavor(), RuntimeFlavor::MultiThread);
    let text = format!("{handle:?}");
    assert_eq!(
        text,
        format!("Handle {{ id: {:?}, flavor: MultiThread }}", handle.id())
    );
    let other = current();
    assert_eq!(
        other.handle().runtime_flavor(),
        RuntimeFlavor::CurrentThread
    );
    assert_ne!(handle.id().to_string(), other.handle().id().to_string());
    runtime.block_on(async {
        wakeful::time::sleep(Duration::from_millis(1)).await;
        UdpSocket::bind("127.0.0.1:0").await.unwrap();
    });
}

#[test]
fn a_handle_spawns_and_blocks_for_others() {
    let runtime = Runtime::new().unwrap();
    let (sender, receiver) = channel();
    let future = FutureObj::new(Box::new(async move { sender.send(1).unwrap() }));
    runtime.handle().spawn_obj(future).unwrap();
    assert_eq!(receiver.recv().unwrap(), 1);
    // Too large to lie on the stack twice.
    let large = [1_u8; 100_000];
    let sum = runtime.handle().block_on(async move {
        yield_now().await;
        large.iter().map(|byte| u64::from(*byte)).sum::<u64>()
    });
    assert_eq!(sum, 100_000);
}

fn local() -> LocalRuntime {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_all()
        .build_local(LocalOptions::default())
        .unwrap()
}

#[test]
fn a_local_runtime_does_what_a_runtime_does() {
    let runtime = local();
    let closure = runtime.spawn_blocking(|| 2);
    assert_eq!(runtime.block_on(closure).unwrap(), 2);
    let large = [1_u8; 100_000];
    let sum = runtime.block_on(async move {
        yield_now().await;
        large.iter().map(|byte| u64::from(*byte)).sum::<u64>()
    });
    assert_eq!(sum, 100_000);
    {
        let _inside = runtime.enter();
        assert_eq!(Handle::current().id(), runtime.handle().id());
    }
    assert_eq!(runtime.metrics().num_workers(), 1);
    runtime.shutdown_timeout(Duration::from_secs(10));
}

#[test]
fn a_local_runtime_waits_for_no_closure_when_told_not_to() {
    let runtime = local();
    let (release, is_released) = channel::<()>();
    let (ended, has_ended) = channel();
    runtime.spawn_blocking(move || {
        let _ = is_released.recv();
        ended.send(()).unwrap();
    });
    runtime.block_on(yield_now());
    runtime.shutdown_background();
    // The closure runs on, if it had begun.
    drop(release);
    let _ = has_ended.recv();
}

#[test]
fn a_set_has_an_id_and_a_guard() {
    let set = LocalSet::default();
    assert_ne!(set.id(), LocalSet::new().id());
    assert_eq!(format!("{set:?}"), "LocalSet { alive: 0, .. }");
    let guard = set.enter();
    assert_eq!(format!("{guard:?}"), "LocalEnterGuard { .. }");
    let task = spawn_local(async { 1 });
    drop(guard);
    assert_eq!(format!("{set:?}"), "LocalSet { alive: 1, .. }");
    let until = set.run_until(task);
    assert_eq!(format!("{until:?}"), "RunUntil { .. }");
    assert_eq!(current().block_on(until).unwrap(), 1);
}

#[test]
fn guards_say_how_deep_they_are() {
    let runtime = current();
    let guard = runtime.enter();
    assert!(format!("{guard:?}").contains("depth: 1"), "{guard:?}");
}

/// A panic has its reasons already: guards in the wrong order add none.
#[test]
fn guards_may_drop_in_any_order_while_unwinding() {
    let thread = thread::spawn(|| {
        let (outer, inner) = (current(), current());
        // The fields drop in their order, and that is the wrong one.
        let _guards = (outer.enter(), inner.enter());
        panic!("the one and only");
    });
    let payload = thread.join().unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "the one and only");
}

#[test]
fn handles_of_tasks_name_them() {
    let runtime = current();
    let task = runtime.spawn(std::future::pending::<()>());
    let abort = task.abort_handle();
    let id = task.id();
    assert_eq!(format!("{task:?}"), format!("JoinHandle {{ id: {id:?} }}"));
    assert_eq!(
        format!("{abort:?}"),
        format!("AbortHandle {{ id: {id:?} }}")
    );
    let other = abort.clone();
    drop(abort);
    other.abort();
    let error = runtime.block_on(task).unwrap_err();
    assert_eq!(error.to_string(), format!("task {id} was cancelled"));
    assert_eq!(
        format!("{error:?}"),
        format!("JoinError::Cancelled({id:?})")
    );
    assert_eq!(io::Error::from(error).to_string(), "task was cancelled");
}

fn panicked(payload: impl Send + 'static) -> JoinError {
    let runtime = current();
    let task = runtime.spawn(async { std::panic::panic_any(payload) });
    runtime.block_on(task).unwrap_err()
}

#[test]
fn an_error_tells_the_message_if_there_is_one() {
    let error = panicked("no");
    let id = error.id();
    assert_eq!(
        error.to_string(),
        format!("task {id} panicked with message \"no\"")
    );
    assert_eq!(
        format!("{error:?}"),
        format!("JoinError::Panic({id:?}, \"no\", ...)")
    );
    let error = panicked(String::from("never"));
    assert!(
        error
            .to_string()
            .ends_with("panicked with message \"never\""),
        "{error}"
    );
    let error = panicked(7_u32);
    let id = error.id();
    assert_eq!(error.to_string(), format!("task {id} panicked"));
    assert_eq!(
        format!("{error:?}"),
        format!("JoinError::Panic({id:?}, ...)")
    );
    assert_eq!(
        *error.try_into_panic().unwrap().downcast::<u32>().unwrap(),
        7
    );
    assert_eq!(io::Error::from(panicked("no")).to_string(), "task panicked");
}

#[test]
#[should_panic(expected = "`JoinError` reason is not a panic.")]
fn a_cancelled_task_has_no_panic_to_give() {
    let runtime = current();
    let task = runtime.spawn(std::future::pending::<()>());
    task.abort();
    let _ = runtime.block_on(task).unwrap_err().into_panic();
}

#[test]
fn outside_of_a_runtime_there_is_none() {
    let error = Handle::try_current().unwrap_err();
    assert!(error.is_missing_context());
    assert!(!error.is_thread_local_destroyed());
    assert!(error.to_string().contains("runtime"), "{error}");
}

/// Asks for the runtime's handle when the thread's locals go.
struct Asks(std::sync::mpsc::Sender<(bool, String)>);

impl Drop for Asks {
    fn drop(&mut self) {
        if let Err(error) = Handle::try_current() {
            let _ = self
                .0
                .send((error.is_thread_local_destroyed(), error.to_string()));
        }
    }
}

thread_local! {
    static LAST: std::cell::RefCell<Option<Asks>> = const { std::cell::RefCell::new(None) };
}

#[test]
fn a_thread_that_ends_says_so() {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        // Made first, so it goes last.
        LAST.set(Some(Asks(sender)));
        assert!(Handle::try_current().is_err());
        let runtime = current();
        let _inside = runtime.enter();
    })
    .join()
    .unwrap();
    let (is_destroyed, text) = receiver.recv().unwrap();
    assert!(
        is_destroyed == text.contains("ending"),
        "{is_destroyed} {text}"
    );
}

#[test]
fn a_socket_of_a_dead_runtime_says_so() {
    let runtime = current();
    let socket = runtime.block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
    drop(runtime);
    let error = current().block_on(socket.readable()).unwrap_err();
    assert!(is_rt_shutdown_err(&error));
    assert!(!is_rt_shutdown_err(&io::Error::other("something else")));
    assert!(!is_rt_shutdown_err(&io::ErrorKind::NotFound.into()));
}
