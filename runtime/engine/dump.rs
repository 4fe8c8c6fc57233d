//! A snapshot of every live task, taken by reading headers.
//!
//! Nothing is polled and no task is stopped: the headers' fields are atomics, a reused slot is told
//! by its id, and what a task waits for was written down by the leaf future it waits in. So a dump
//! works from any thread while every worker is stuck.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::ptr;
use std::sync::Arc;

use super::handle::{Handle, Scheduler};
use super::task::{self, Header, Id, Registry, Snapshot};
use crate::leaf::Kind;
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicU64, Ordering::Relaxed};

/// What is kept for the tasks that asked for it, by id.
#[derive(Default)]
pub(crate) struct Records(Mutex<BTreeMap<u64, Arc<Record>>>);

/// Kept for a named task.
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) polls: AtomicU64,
}

impl Records {
    pub(crate) fn insert(&self, id: Id, record: Arc<Record>) {
        self.0.lock().insert(id.number(), record);
    }

    pub(crate) fn remove(&self, id: Id) {
        let record = self.0.lock().remove(&id.number());
        drop(record);
    }
}

/// What a task is doing.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::runtime::{Handle, TaskState};
///
/// wakeful::spawn(async {});
/// let dump = Handle::current().dump();
/// let queued = dump.tasks().filter(|task| task.state() == TaskState::Queued);
/// assert_eq!(queued.count(), 1); // not much: there is a worker for it
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskState {
    /// It waits to be woken.
    Idle,
    /// It waits for a worker.
    Queued,
    /// A worker is polling it.
    Running,
}

/// One task of a [`Dump`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
/// use wakeful::runtime::{Handle, TaskState};
///
/// let task = wakeful::spawn(async { wakeful::time::sleep(Duration::from_secs(60)).await });
/// wakeful::task::yield_now().await;
/// let dump = Handle::current().dump();
/// let found = dump.tasks().find(|found| found.id() == task.id()).unwrap();
/// assert_eq!(found.state(), TaskState::Idle);
/// println!("{found}"); // what it waits for, where, and where it was spawned
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskDump {
    id: Id,
    state: TaskState,
    word: Snapshot,
    kind: &'static str,
    waits_for: Option<(u8, u64, &'static Location<'static>)>,
    spawned: &'static Location<'static>,
    name: Option<String>,
    polls: Option<u64>,
}

impl TaskDump {
    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// assert!(dump.tasks().any(|found| found.id() == task.id()));
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// What it was doing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::{Handle, TaskState};
    ///
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let state = || {
    ///     let dump = Handle::current().dump();
    ///     dump.tasks().find(|found| found.id() == task.id()).unwrap().state()
    /// };
    /// assert_eq!(state(), TaskState::Queued);
    /// wakeful::task::yield_now().await;
    /// assert_eq!(state(), TaskState::Idle);
    /// # }
    /// ```
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Where it was spawned.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (task, line) = (wakeful::spawn(std::future::pending::<()>()), line!());
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// let found = dump.tasks().find(|found| found.id() == task.id()).unwrap();
    /// assert_eq!(found.spawned_at().line(), line);
    /// # }
    /// ```
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned
    }

    /// What kind of thing it waits for, if it is idle and waits in an operation of this crate.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::Handle;
    ///
    /// let mutex = std::sync::Arc::new(wakeful::sync::Mutex::new(()));
    /// let _guard = mutex.lock().await;
    /// let other = std::sync::Arc::clone(&mutex);
    /// let task = wakeful::spawn(async move { drop(other.lock().await) });
    /// wakeful::task::yield_now().await;
    /// let dump = Handle::current().dump();
    /// let found = dump.tasks().find(|found| found.id() == task.id()).unwrap();
    /// assert_eq!(found.waits_for(), Some("Mutex"));
    /// # }
    /// ```
    #[must_use]
    pub fn waits_for(&self) -> Option<&'static str> {
        self.waits_for.map(|(kind, _, _)| Kind::name(kind))
    }

    /// Which of its kind it waits for: a task's id, an address, or a token.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::Handle;
    ///
    /// let awaited = wakeful::spawn(std::future::pending::<()>());
    /// let id = awaited.id().to_string();
    /// let waits = wakeful::spawn(awaited);
    /// wakeful::task::yield_now().await;
    /// let dump = Handle::current().dump();
    /// let found = dump.tasks().find(|found| found.id() == waits.id()).unwrap();
    /// assert_eq!(found.resource().unwrap().to_string(), id); // of a join: the task's id
    /// # }
    /// ```
    #[must_use]
    pub fn resource(&self) -> Option<u64> {
        self.waits_for.map(|(_, resource, _)| resource)
    }

    /// Where the operation it waits in was called.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// let task = wakeful::spawn(async {
    ///     wakeful::time::sleep(Duration::from_secs(60)).await; // here
    /// });
    /// wakeful::task::yield_now().await;
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// let found = dump.tasks().find(|found| found.id() == task.id()).unwrap();
    /// assert_eq!(found.waits_at().unwrap().line(), found.spawned_at().line() + 1);
    /// # }
    /// ```
    #[must_use]
    pub fn waits_at(&self) -> Option<&'static Location<'static>> {
        self.waits_for.map(|(_, _, site)| site)
    }

    /// The name given with `task::Builder::name`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let builder = wakeful::task::Builder::new().name("reader");
    /// let _task = builder.spawn(std::future::pending::<()>())?;
    /// wakeful::task::yield_now().await;
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// assert!(dump.tasks().any(|found| found.name() == Some("reader")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How often it was polled, where that is recorded: for named tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::task::{Builder, yield_now};
    ///
    /// let _task = Builder::new().name("busy").spawn(async { loop { yield_now().await } })?;
    /// yield_now().await;
    /// yield_now().await;
    /// let dump = wakeful::runtime::Handle::current().dump();
    /// let busy = dump.tasks().find(|found| found.name() == Some("busy")).unwrap();
    /// assert_eq!(busy.polls(), Some(2));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn polls(&self) -> Option<u64> {
        self.polls
    }

    /// True if nothing can ever wake it: it is idle, and no waker of it is left.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::Notify;
    ///
    /// let lost = wakeful::spawn(std::future::pending::<()>()); // leaves its waker with nobody
    /// let notify = std::sync::Arc::new(Notify::new());
    /// let other = std::sync::Arc::clone(&notify);
    /// let waits = wakeful::spawn(async move { other.notified().await });
    /// wakeful::task::yield_now().await;
    /// for task in wakeful::runtime::Handle::current().dump().tasks() {
    ///     assert_eq!(task.is_lost(), task.id() == lost.id());
    /// }
    /// # drop(waits);
    /// # }
    /// ```
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.state == TaskState::Idle && self.word.wakers() == 0
    }
}

impl fmt::Display for TaskDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            TaskState::Idle => "idle",
            TaskState::Queued => "queued",
            TaskState::Running => "running",
        };
        write!(f, "{} #{}", self.kind, self.id)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        write!(f, " {state}")?;
        if let Some(polls) = self.polls {
            write!(f, ", {polls} polls")?;
        }
        if let Some((kind, resource, site)) = self.waits_for {
            if kind == Kind::Join as u8 {
                write!(f, ", waits for task #{resource} at {site}")?;
            } else {
                write!(
                    f,
                    ", waits for {} {resource:#x} at {site}",
                    Kind::name(kind)
                )?;
            }
        }
        if self.is_lost() {
            write!(f, ", lost: no waker of it is left")?;
        }
        if self.word.is_cancelling() {
            write!(f, ", being aborted")?;
        }
        write!(f, ", spawned at {}", self.spawned)
    }
}

/// Every live task of a runtime, as [`Handle::dump`] found it.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::runtime::Handle;
///
/// wakeful::spawn(std::future::pending::<()>());
/// wakeful::task::yield_now().await;
/// let dump = Handle::current().dump();
/// assert_eq!(dump.tasks().filter(|task| task.is_lost()).count(), 1);
/// println!("{dump}"); // a line a task
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Dump {
    tasks: Vec<TaskDump>,
}

impl Dump {
    /// The tasks, oldest first.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::collections::BTreeMap;
    /// use wakeful::runtime::Handle;
    ///
    /// for _ in 0..3 {
    ///     wakeful::spawn(std::future::pending::<()>());
    /// }
    /// let mut by_place = BTreeMap::new();
    /// for task in Handle::current().dump().tasks() {
    ///     *by_place.entry(task.spawned_at().line()).or_insert(0) += 1;
    /// }
    /// assert!(by_place.values().any(|count| *count == 3));
    /// # }
    /// ```
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &TaskDump> {
        self.tasks.iter()
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} live tasks", self.tasks.len())?;
        for task in &self.tasks {
            writeln!(f, "{task}")?;
        }
        Ok(())
    }
}

/// What is read from a header before it is known to be whole.
struct Reading {
    header: *const Header,
    id: u64,
    word: Snapshot,
    wait: (u8, u64, *const Location<'static>),
    spawned: *const Location<'static>,
}

pub(crate) fn dump(handle: &Handle) -> Dump {
    let parts = handle.parts();
    let mut tasks = Vec::new();
    let (registry, running) = match &parts.scheduler {
        Scheduler::Local(shared) => (&shared.registry, shared.running()),
        Scheduler::Stealing(shared) => (&shared.registry, shared.running()),
    };
    collect(
        registry,
        "task",
        |header| running.contains(&header),
        &mut tasks,
    );
    let registry = &parts.blocking_tasks.registry;
    collect(registry, "blocking task", |_| false, &mut tasks);
    parts.local_sets.visit(|registry, running| {
        collect(
            registry,
            "local task",
            |header| ptr::eq(header, running),
            &mut tasks,
        );
    });
    let records = parts.records.0.lock();
    for task in &mut tasks {
        if let Some(record) = records.get(&task.id.number()) {
            task.name = Some(record.name.clone());
            task.polls = Some(record.polls.load(Relaxed));
        }
    }
    drop(records);
    tasks.sort_by_key(|task| task.id);
    Dump { tasks }
}

fn collect(
    registry: &Registry,
    kind: &'static str,
    is_running: impl Fn(*const Header) -> bool,
    tasks: &mut Vec<TaskDump>,
) {
    let mut readings = Vec::new();
    task::read_headers(
        registry,
        |header, id| Reading {
            header,
            id,
            word: header.state.snapshot(),
            wait: header.wait.get(),
            spawned: header.spawned(),
        },
        |reading| readings.push(reading),
    );
    for Reading {
        header,
        id,
        word,
        wait,
        spawned,
    } in readings
    {
        if word.is_done() {
            continue;
        }
        let state = match word.is_scheduled() {
            false => TaskState::Idle,
            true if is_running(header) => TaskState::Running,
            true => TaskState::Queued,
        };
        let (wait_kind, resource, site) = wait;
        let waits = state == TaskState::Idle && wait_kind != Kind::Nothing as u8;
        let waits_for = task::location(site).filter(|_| waits);
        tasks.push(TaskDump {
            id: Id::from_number(id),
            state,
            word,
            kind: if word.is_main() { "main future" } else { kind },
            waits_for: waits_for.map(|site| (wait_kind, resource, site)),
            spawned: task::location(spawned).expect("written before the id"),
            name: None,
            polls: None,
        });
    }
}
