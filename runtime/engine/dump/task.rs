//! A task as a dump shows it.
//!
//! Made by `collect.rs`, which fills it in.

use std::fmt;
use std::panic::Location;

use crate::engine::task::{Id, Snapshot};
use crate::leaf::Kind;

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

/// One task of a [`Dump`](super::Dump).
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
    pub(super) id: Id,
    /// Where its header is. Only to be compared.
    pub(super) header: usize,
    pub(super) state: TaskState,
    pub(super) word: Snapshot,
    pub(super) kind: &'static str,
    pub(super) waits_for: Option<(u8, u64, &'static Location<'static>)>,
    pub(super) held: Option<Held>,
    pub(super) last_site: Option<&'static Location<'static>>,
    pub(super) spawned: &'static Location<'static>,
    pub(super) name: Option<String>,
    pub(super) polls: Option<u64>,
}

/// Who holds a lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    Unknown,
    /// A thread, or a future on another executor.
    NoTask,
    Task(Id),
    /// Was handed the lock, and has not been polled since.
    Called(Id),
}

/// Who has the lock that a task waits for.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) who: Who,
    pub(super) name: Option<String>,
    pub(super) site: Option<&'static Location<'static>>,
    /// Of the lock's entry, to compare with a later one.
    pub(super) version: usize,
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

    /// "task", or what else it is.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// True if it waits for something that is held.
    pub(crate) fn waits_for_lock(&self) -> bool {
        self.waits_for
            .is_some_and(|(kind, _, _)| Kind::is_lock(kind))
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

    /// Where the operation was called that it waited in last, if it ever waited in one of this
    /// crate. Of a task that runs it is the last `.await` that did not go through at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Handle;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// wakeful::task::yield_now().await;
    /// for task in Handle::current().dump().tasks() {
    ///     println!("{} {:?}", task.id(), task.last_await());
    /// }
    /// # });
    /// ```
    #[must_use]
    pub fn last_await(&self) -> Option<&'static Location<'static>> {
        self.last_site
    }

    /// Which task holds the lock it waits for, if that is known: the task that took it, also if
    /// it sent the guard away since. Of several that share a lock it is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::runtime::Handle;
    /// use wakeful::sync::Mutex;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let lock = Arc::new(Mutex::new(()));
    /// let theirs = lock.clone();
    /// let holds = wakeful::spawn(async move {
    ///     let _guard = theirs.lock().await;
    ///     std::future::pending::<()>().await
    /// });
    /// wakeful::task::yield_now().await;
    /// let waits = wakeful::spawn(async move { *lock.lock().await });
    /// wakeful::task::yield_now().await;
    ///
    /// let dump = Handle::current().dump();
    /// let entry = dump.tasks().find(|task| task.id() == waits.id()).unwrap();
    /// assert_eq!(entry.held_by(), Some(holds.id()));
    /// # });
    /// ```
    #[must_use]
    pub fn held_by(&self) -> Option<Id> {
        match self.held.as_ref()?.who {
            Who::Task(id) => Some(id),
            _ => None,
        }
    }

    /// Where the lock it waits for was taken, if that is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::TaskDump;
    ///
    /// fn tell(task: &TaskDump) {
    ///     if let (Some(waits), Some(holds)) = (task.waits_at(), task.held_at()) {
    ///         println!("task {} waits at {waits}, and the lock was taken at {holds}", task.id());
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn held_at(&self) -> Option<&'static Location<'static>> {
        self.held.as_ref()?.site
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
    /// That is certain, and it is not all: a waker that nobody will ever use keeps its task from
    /// being lost. A lost task still ends when it is aborted or its runtime shuts down.
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
            TaskState::Idle if self.is_lost() => "lost: no waker of it is left",
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
        if let Some(held) = &self.held {
            write!(f, "{held}")?;
        }
        if let (None, Some(site)) = (self.waits_for, self.last_site) {
            write!(f, ", waited last at {site}")?;
        }
        if self.word.is_cancelling() {
            write!(f, ", being aborted")?;
        }
        write!(f, ", spawned at {}", self.spawned)
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Unknown => {}
            Who::NoTask => write!(f, ", held outside of any task")?,
            Who::Task(id) => write!(f, ", held by task #{id}")?,
            Who::Called(id) => write!(f, ", handed to task #{id}, which has not come for it")?,
        }
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        match self.site {
            Some(site) => write!(f, ", taken at {site}"),
            None => Ok(()),
        }
    }
}
