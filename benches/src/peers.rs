//! Who is compared: each runs both workloads, and says how many tasks it counted.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use async_executor::{Executor, LocalExecutor};
use futures_lite::future;

use crate::Workload;

/// One executor with one number of workers.
pub struct Peer {
    /// As printed. Ends with the number of workers where there can be several.
    pub name: String,
    /// Whether all of it happens on one thread.
    pub one_thread: bool,
    run: Box<dyn FnMut(Workload, usize) -> usize>,
}

impl Peer {
    fn new(
        name: impl Into<String>,
        one_thread: bool,
        run: impl FnMut(Workload, usize) -> usize + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            one_thread,
            run: Box::new(run),
        }
    }

    /// Runs one round and times it.
    ///
    /// # Panics
    ///
    /// If the peer counted wrong.
    pub fn round(&mut self, workload: Workload, tasks: usize) -> Duration {
        let start = Instant::now();
        let counted = black_box((self.run)(workload, tasks));
        let elapsed = start.elapsed();
        assert_eq!(counted, tasks, "{} lost tasks", self.name);
        elapsed
    }
}

/// The floor, then the executors of one thread.
pub fn one_threaded() -> Vec<Peer> {
    vec![
        Peer::new(FLOOR, true, floor),
        wakeful_peer("wakeful current-thread", true, wakeful_local()),
        tokio_peer(TOKIO_LOCAL, true, false, tokio_local()),
        smol_local(),
    ]
}

/// [`one_threaded`], then the parallel executors. tokio is there twice, as its main future may be
/// polled by the caller's thread or, if it is spawned, by a worker.
pub fn all(workers: usize) -> Vec<Peer> {
    let named = |name: &str| format!("{name}, workers: {workers}");
    let mut peers = one_threaded();
    peers.extend([
        wakeful_peer(
            named("wakeful work-stealing"),
            false,
            wakeful_stealing(workers),
        ),
        tokio_peer(named(TOKIO_PARALLEL), false, false, tokio_parallel(workers)),
        tokio_peer(
            named("tokio, main spawned"),
            false,
            true,
            tokio_parallel(workers),
        ),
        smol_parallel(named("smol Executor"), workers),
    ]);
    peers
}

/// The name of the peer that is no executor.
pub const FLOOR: &str = "floor: boxed, polled twice";
/// The name of the peer that the single-threaded ones are compared to.
pub const TOKIO_LOCAL: &str = "tokio current-thread";
/// The start of the name of the peer that the parallel ones are compared to.
pub const TOKIO_PARALLEL: &str = "tokio multi-thread";

/// What a task costs before there is an executor: allocate it, poll it twice, free it. The tasks
/// are those of wakeful's peer, with its lock; the yield is three lines here.
fn floor(workload: Workload, tasks: usize) -> usize {
    let counter = Arc::new(wakeful::sync::Mutex::new(0));
    let mut futures: Vec<Pin<Box<dyn Future<Output = usize> + Send>>> = Vec::with_capacity(tasks);
    for _ in 0..tasks {
        let counter = counter.clone();
        futures.push(match workload {
            Workload::Counter => Box::pin(async move {
                yield_once().await;
                *counter.lock().await += 1;
                0
            }),
            Workload::Yield => Box::pin(async move {
                yield_once().await;
                1
            }),
        });
    }
    let mut cx = Context::from_waker(Waker::noop());
    for future in &mut futures {
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    let mut sum = 0;
    for mut future in futures {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(one) => sum += one,
            Poll::Pending => unreachable!("the second poll completes"),
        }
    }
    sum + counter.try_lock().map_or(0, |counter| *counter)
}

fn yield_once() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |_| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
}

/// The body of a peer: the same program over other names. `$spawn` returns what can be awaited,
/// `$finish` makes the output of it.
macro_rules! program {
    ($workload:expr, $tasks:expr, $mutex:path, $yield_now:path, $spawn:expr, $finish:expr) => {{
        let counter = Arc::new(<$mutex>::new(0_usize));
        let mut handles = Vec::with_capacity($tasks);
        for _ in 0..$tasks {
            match $workload {
                Workload::Counter => {
                    let counter = counter.clone();
                    handles.push($spawn(async move {
                        $yield_now().await;
                        *counter.lock().await += 1;
                        0
                    }));
                }
                Workload::Yield => handles.push($spawn(async move {
                    $yield_now().await;
                    1_usize
                })),
            }
        }
        let mut sum = 0;
        for handle in handles {
            sum += $finish(handle.await);
        }
        sum + *counter.lock().await
    }};
}

fn wakeful_peer(
    name: impl Into<String>,
    one_thread: bool,
    runtime: wakeful::runtime::Runtime,
) -> Peer {
    Peer::new(name, one_thread, move |workload, tasks| {
        runtime.block_on(async move {
            program!(
                workload,
                tasks,
                wakeful::sync::Mutex<usize>,
                wakeful::task::yield_now,
                wakeful::spawn,
                |output: Result<usize, wakeful::task::JoinError>| output.unwrap_or(0)
            )
        })
    })
}

fn wakeful_local() -> wakeful::runtime::Runtime {
    let runtime = wakeful::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime starts")
}

fn wakeful_stealing(workers: usize) -> wakeful::runtime::Runtime {
    let mut builder = wakeful::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(workers).build();
    runtime.expect("a runtime starts")
}

async fn tokio_program(workload: Workload, tasks: usize) -> usize {
    program!(
        workload,
        tasks,
        tokio::sync::Mutex<usize>,
        tokio::task::yield_now,
        tokio::spawn,
        |output: Result<usize, tokio::task::JoinError>| output.unwrap_or(0)
    )
}

fn tokio_peer(
    name: impl Into<String>,
    one_thread: bool,
    spawn_main: bool,
    runtime: tokio::runtime::Runtime,
) -> Peer {
    Peer::new(name, one_thread, move |workload, tasks| {
        let main = tokio_program(workload, tasks);
        match spawn_main {
            false => runtime.block_on(main),
            true => runtime.block_on(runtime.spawn(main)).unwrap_or(0),
        }
    })
}

fn tokio_local() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime starts")
}

fn tokio_parallel(workers: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(workers).build();
    runtime.expect("a runtime starts")
}

fn smol_local() -> Peer {
    let executor = LocalExecutor::new();
    Peer::new("smol LocalExecutor", true, move |workload, tasks| {
        future::block_on(executor.run(async {
            program!(
                workload,
                tasks,
                async_lock::Mutex<usize>,
                future::yield_now,
                |future| executor.spawn(future),
                |output| output
            )
        }))
    })
}

/// The caller's thread is one of the workers, as a program that uses smol would have it.
fn smol_parallel(name: String, workers: usize) -> Peer {
    let executor: Arc<Executor<'static>> = Arc::new(Executor::new());
    for _ in 1..workers {
        let executor = executor.clone();
        thread::spawn(move || future::block_on(executor.run(future::pending::<()>())));
    }
    Peer::new(name, false, move |workload, tasks| {
        let executor = &executor;
        future::block_on(executor.run(async move {
            program!(
                workload,
                tasks,
                async_lock::Mutex<usize>,
                future::yield_now,
                |future| executor.spawn(future),
                |output| output
            )
        }))
    })
}
