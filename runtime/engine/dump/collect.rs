//! Reads the headers of all tasks of a runtime, and what locks tell of their holders.
//!
//! Called by `Handle::dump`. Readings are taken one after the other while tasks go on: each task is
//! shown as it was at some moment of the call.

use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;
use std::sync::Arc;

use super::task::{Held, TaskDump, TaskState, Who};
use super::{Dump, Record, deadlock};
use crate::engine::handle::{Handle, Scheduler};
use crate::engine::task::{self, Header, Id, Registry, Snapshot};
use crate::holder::{self, Contended};
use crate::leaf::Kind;
use crate::primitives::atomic::Ordering::Relaxed;

/// What is read from a header before it is known to be whole.
struct Reading {
    header: *const Header,
    id: u64,
    word: Snapshot,
    wait: (u8, u64, *const Location<'static>),
    spawned: *const Location<'static>,
}

/// Every live task, and who waits for whom.
pub(crate) fn dump(handle: &Handle) -> Dump {
    let tasks = tasks(handle);
    let found = deadlock::cycles(&tasks);
    let deadlocks = match found.is_empty() {
        true => found,
        // Each link was seen at a moment of its own. What holds is seen again.
        false => deadlock::confirmed(found, &self::tasks(handle)),
    };
    Dump { tasks, deadlocks }
}

pub(super) fn tasks(handle: &Handle) -> Vec<TaskDump> {
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
    let locks: BTreeMap<u64, Contended> = holder::contended()
        .into_iter()
        .map(|lock| (lock.lock, lock))
        .collect();
    let by_header: BTreeMap<usize, Id> = tasks.iter().map(|task| (task.header, task.id)).collect();
    for task in &mut tasks {
        task.held = task.waits_for.and_then(|(kind, resource, _)| {
            let lock = locks.get(&resource).filter(|_| Kind::is_lock(kind))?;
            Some(held(lock, by_header.get(&lock.header).copied(), &records))
        });
    }
    drop(records);
    tasks.sort_by_key(|task| task.id);
    tasks
}

/// What is known of a lock. `task` is the one whose header it names, if that is one of ours.
fn held(lock: &Contended, task: Option<Id>, records: &BTreeMap<u64, Arc<Record>>) -> Held {
    let who = match (task, lock.site) {
        (Some(task), Some(_)) => Who::Task(task),
        (Some(task), None) => Who::Called(task),
        (None, Some(_)) if lock.header == 0 => Who::NoTask,
        // Of another runtime, or it has ended.
        (None, _) => Who::Unknown,
    };
    let record = task.and_then(|task| records.get(&task.number()));
    Held {
        who,
        name: record.map(|record| record.name.clone()),
        site: lock.site,
        version: lock.version,
    }
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
        let last_site = task::location(site);
        let waits_for = last_site.filter(|_| waits);
        tasks.push(TaskDump {
            id: Id::from_number(id),
            header: header.addr(),
            state,
            word,
            kind: if word.is_main() { "main future" } else { kind },
            waits_for: waits_for.map(|site| (wait_kind, resource, site)),
            spawned: task::location(spawned).expect("written before the id"),
            held: None,
            last_site,
            name: None,
            polls: None,
        });
    }
}
