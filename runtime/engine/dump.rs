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
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// What it was doing.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Where it was spawned.
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned
    }

    /// What kind of thing it waits for, if it is idle and waits in an operation of this crate.
    #[must_use]
    pub fn waits_for(&self) -> Option<&'static str> {
        self.waits_for.map(|(kind, _, _)| Kind::name(kind))
    }

    /// Which of its kind it waits for: a task's id, an address, or a token.
    #[must_use]
    pub fn resource(&self) -> Option<u64> {
        self.waits_for.map(|(_, resource, _)| resource)
    }

    /// Where the operation it waits in was called.
    #[must_use]
    pub fn waits_at(&self) -> Option<&'static Location<'static>> {
        self.waits_for.map(|(_, _, site)| site)
    }

    /// The name given with `task::Builder::name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How often it was polled, where that is recorded: for named tasks.
    #[must_use]
    pub fn polls(&self) -> Option<u64> {
        self.polls
    }

    /// True if nothing can ever wake it: it is idle, and no waker of it is left.
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
#[derive(Clone, Debug)]
pub struct Dump {
    tasks: Vec<TaskDump>,
}

impl Dump {
    /// The tasks, oldest first.
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
