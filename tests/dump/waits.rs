//! What a task waits for, and where.

use std::any::Any;
use std::panic::Location;
use std::sync::Arc;

use wakeful::net::TcpListener;
use wakeful::runtime::{Runtime, TaskState};
use wakeful::sync::{Mutex, Notify, RwLock, Semaphore, oneshot};
use wakeful::task::JoinHandle;
use wakeful::time::{Duration, sleep};

use crate::{entry, settle};

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

/// What a task should be seen to wait for.
struct Waits {
    task: JoinHandle<()>,
    kind: &'static str,
    line: u32,
    resource: Option<u64>,
}

impl Waits {
    fn new(task: JoinHandle<()>, kind: &'static str, line: u32) -> Self {
        Self {
            task,
            kind,
            line,
            resource: None,
        }
    }
}

/// Tasks that wait for locks, and what holds them.
fn locks(runtime: &Runtime, all: &mut Vec<Waits>) -> Box<dyn Any> {
    let mutex = Arc::new(Mutex::new(()));
    let locked = mutex.clone().try_lock_owned().unwrap();
    let line = here().line() + 2;
    let task = runtime.spawn(async move {
        drop(mutex.lock().await);
    });
    all.push(Waits::new(task, "Mutex", line));

    let lock = Arc::new(RwLock::new(()));
    let read = lock.clone().try_read_owned().unwrap();
    let line = here().line() + 2;
    let task = runtime.spawn(async move {
        drop(lock.write().await);
    });
    all.push(Waits::new(task, "RwLock (write)", line));

    let line = here().line() + 2;
    let task = runtime.spawn(async move {
        drop(Semaphore::new(0).acquire().await);
    });
    all.push(Waits::new(task, "Semaphore", line));
    Box::new((locked, read))
}

/// Tasks that wait for what does not come, and what could send it.
fn others(runtime: &Runtime, all: &mut Vec<Waits>) -> Box<dyn Any> {
    let line = here().line() + 2;
    let task = runtime.spawn(async move {
        sleep(Duration::from_secs(3600)).await;
    });
    all.push(Waits::new(task, "sleep", line));

    let (sender, receiver) = oneshot::channel::<()>();
    // The receiver is a future itself: its place is where the channel was made.
    let line = here().line() - 2;
    let task = runtime.spawn(async move {
        let _ = receiver.await;
    });
    all.push(Waits::new(task, "oneshot", line));

    let line = here().line() + 3;
    let task = runtime.spawn(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _ = listener.accept().await;
    });
    all.push(Waits::new(task, "readable I/O", line));

    let line = here().line() + 2;
    let task = runtime.spawn(async move {
        Notify::new().notified().await;
    });
    all.push(Waits::new(task, "Notify", line));

    let line = here().line() + 1;
    let other = runtime.spawn(std::future::pending::<()>());
    let id = other.id();
    let task = runtime.spawn(async move {
        let _ = other.await;
    });
    let mut waits = Waits::new(task, "JoinHandle", line);
    waits.resource = Some(id.to_string().parse().unwrap());
    all.push(waits);
    Box::new(sender)
}

each_runtime! {
    /// Kind, file and line of what each task waits for.
    fn it_says_what_a_task_waits_for_and_where(on) {
        let runtime = on.runtime();
        let mut all = Vec::new();
        let _held = (locks(&runtime, &mut all), others(&runtime, &mut all));
        let ids: Vec<_> = all.iter().map(|waits| waits.task.id()).collect();
        settle(&runtime, &ids, TaskState::Idle);
        let dump = runtime.handle().dump();
        for waits in &all {
            let entry = entry(&dump, waits.task.id());
            assert_eq!(entry.waits_for(), Some(waits.kind), "{entry}");
            let site = entry.waits_at().expect("it waits somewhere");
            assert_eq!((site.file(), site.line()), (file!(), waits.line), "{entry}");
            assert!(!entry.is_lost(), "{entry}");
            if waits.resource.is_some() {
                assert_eq!(entry.resource(), waits.resource, "{entry}");
            }
            let text = entry.to_string();
            assert!(text.contains(&format!("{}:{}:", file!(), waits.line)), "{text}");
        }
        assert_eq!(dump.tasks().len(), all.len() + 1);
    }
}
