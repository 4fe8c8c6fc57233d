//! What a process says of its tasks: `ps`, `tree`, and the dump of SIGQUIT.
//!
//! Called by the threads of `inspect`. It reads what a `Dump` shows, and formats.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::engine::dump::{Dump, TaskDump, TaskState};
use crate::engine::handle::Handle;

/// A runtime and its tasks.
pub(super) struct Seen {
    title: String,
    dump: Dump,
}

impl Seen {
    pub(super) fn of(handle: &Handle) -> Self {
        let workers = handle.metrics().num_workers();
        let dump = handle.dump();
        let mut title = format!("runtime {}", handle.id());
        if let Some(name) = handle.name() {
            let _ = write!(title, " {name:?}");
        }
        let flavor = handle.runtime_flavor();
        let tasks = dump.tasks().len();
        let _ = write!(title, ", {flavor:?}, {workers} workers, {tasks} live tasks");
        Self { title, dump }
    }
}

/// Everything, one task a line.
pub(super) fn dump(all: &[Seen]) -> String {
    let mut text = String::new();
    for Seen { title, dump } in all {
        let _ = write!(text, "{title}\n{dump}");
    }
    text
}

/// A table of the tasks.
pub(super) fn ps(all: &[Seen]) -> String {
    const HEAD: [&str; 7] = [
        "ID",
        "NAME",
        "STATE",
        "POLLS",
        "WAITS FOR",
        "AT",
        "SPAWNED AT",
    ];
    let mut text = String::new();
    for Seen { title, dump } in all {
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(dump.tasks().map(row));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|column| width(column).unwrap_or(0))
            .collect();
        let _ = writeln!(text, "{title}");
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:<width$}  ");
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        deadlocks(&mut text, dump);
    }
    text
}

fn row(task: &TaskDump) -> [String; 7] {
    let none = || "-".to_owned();
    let at = task.waits_at().or(task.last_await());
    [
        task.id().to_string(),
        name(task).unwrap_or_else(none),
        state(task).to_owned(),
        task.polls().map_or_else(none, |polls| polls.to_string()),
        waits(task).unwrap_or_else(none),
        at.map_or_else(none, ToString::to_string),
        task.spawned_at().to_string(),
    ]
}

fn name(task: &TaskDump) -> Option<String> {
    match task.name() {
        Some(name) => Some(name.to_owned()),
        None if task.kind() == "task" => None,
        None => Some(format!("({})", task.kind())),
    }
}

fn state(task: &TaskDump) -> &'static str {
    match task.state() {
        TaskState::Idle if task.is_lost() => "lost",
        TaskState::Idle => "idle",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
    }
}

/// What it waits for, and who has that.
fn waits(task: &TaskDump) -> Option<String> {
    let (kind, resource) = (task.waits_for()?, task.resource()?);
    if kind == "JoinHandle" {
        return Some(format!("task #{resource}"));
    }
    let mut text = format!("{kind} {resource:#x}");
    if let Some(holder) = task.held_by() {
        let _ = write!(text, " held by {holder}");
    }
    Some(text)
}

fn deadlocks(text: &mut String, dump: &Dump) {
    for deadlock in dump.deadlocks() {
        let _ = write!(text, "{deadlock}");
    }
}

/// The tasks by the place where they were spawned, and who waits for whose locks.
pub(super) fn tree(all: &[Seen]) -> String {
    let mut text = String::new();
    for Seen { title, dump } in all {
        let _ = writeln!(text, "{title}");
        let mut places: BTreeMap<_, Vec<&TaskDump>> = BTreeMap::new();
        for task in dump.tasks() {
            let at = task.spawned_at();
            let place = (at.file(), at.line(), at.column());
            places.entry(place).or_default().push(task);
        }
        for ((file, line, column), tasks) in places {
            let _ = writeln!(text, "├─ {file}:{line}:{column}, {} of them", tasks.len());
            for task in tasks {
                let _ = write!(text, "│  ├─ #{}", task.id());
                if let Some(name) = name(task) {
                    let _ = write!(text, " {name}");
                }
                let _ = write!(text, ", {}", state(task));
                if let Some(waits) = waits(task) {
                    let _ = write!(text, ", waits for {waits}");
                }
                match task.waits_at() {
                    Some(at) => drop(writeln!(text, " at {at}")),
                    None => text.push('\n'),
                }
            }
        }
        locks(&mut text, dump);
        deadlocks(&mut text, dump);
    }
    text
}

/// Each lock that somebody waits for, who has it, and who waits.
fn locks(text: &mut String, dump: &Dump) {
    let mut locks: BTreeMap<u64, Vec<&TaskDump>> = BTreeMap::new();
    for task in dump.tasks().filter(|task| task.waits_for_lock()) {
        locks
            .entry(task.resource().unwrap_or(0))
            .or_default()
            .push(task);
    }
    for (lock, tasks) in locks {
        let kind = tasks[0].waits_for().unwrap_or("lock");
        let kind = kind.split(' ').next().unwrap_or(kind);
        let _ = write!(text, "├─ {kind} {lock:#x}");
        if let Some(holder) = tasks[0].held_by() {
            let _ = write!(text, ", held by #{holder}");
        }
        if let Some(at) = tasks[0].held_at() {
            let _ = write!(text, ", taken at {at}");
        }
        text.push('\n');
        for task in tasks {
            let _ = write!(text, "│  ├─ #{} waits", task.id());
            match task.waits_at() {
                Some(at) => drop(writeln!(text, " at {at}")),
                None => text.push('\n'),
            }
        }
    }
}
