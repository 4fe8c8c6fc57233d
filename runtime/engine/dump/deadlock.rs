//! Tasks that wait for each other in a circle, each for what the next one holds.
//!
//! A link from one task to the next is certain, or it is not drawn: the task is idle, one waker of
//! it is left, and what it waits for is a `Mutex` or an `RwLock` whose holder is known, or another
//! task's end. So nothing but the next task can wake it: not a timeout, not another branch of a
//! `select!`, not a thread. A semaphore is no link, since anybody may add permits.
//!
//! Links are read at different moments, so a circle counts once it was [`confirmed`]: read a second
//! time, it is the same, and the queue of no lock in it has changed (LK2). A task in the circle can
//! only move if one of them does.
//!
//! What remains is a guard that was sent to another task: it still counts as held by the task that
//! took it.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use super::Id;
use super::task::{TaskDump, TaskState, Who};
use crate::leaf::Kind;

/// Tasks none of which can go on, since each waits for what the next one holds.
///
/// What is shown is certain at the time of the dump, unless a guard was sent to another task: it
/// counts as held by the task that took it. A circle that a timeout or another branch of a
/// `select!` can break is not shown, nor one through a `Semaphore` or a `blocking_lock`.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Handle;
///
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// for deadlock in Handle::current().dump().deadlocks() {
///     eprintln!("{deadlock}");
/// }
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Deadlock {
    links: Vec<Link>,
}

/// One task of the circle, and what it waits for.
#[derive(Clone, Debug)]
struct Link {
    task: Id,
    name: Option<String>,
    spawned: &'static Location<'static>,
    kind: u8,
    resource: u64,
    site: &'static Location<'static>,
    /// Who it waits for, where that one took the lock, and the version of that knowledge.
    next: u64,
    taken: Option<&'static Location<'static>>,
    version: usize,
}

impl Link {
    /// What this task waits for and who has it, if that is certain.
    fn of(task: &TaskDump) -> Option<Self> {
        if task.state != TaskState::Idle || task.word.wakers() != 1 {
            return None;
        }
        let (kind, resource, site) = task.waits_for?;
        let is_certain = [Kind::Mutex, Kind::RwLockRead, Kind::RwLockWrite]
            .iter()
            .any(|lock| *lock as u8 == kind);
        let (next, taken, version) = match &task.held {
            Some(held) if is_certain => match held.who {
                Who::Task(id) => (id.number(), held.site, held.version),
                Who::Unknown | Who::NoTask | Who::Called(_) => return None,
            },
            _ if kind == Kind::Join as u8 => (resource, None, 0),
            _ => return None,
        };
        Some(Self {
            task: task.id,
            name: task.name.clone(),
            spawned: task.spawned,
            kind,
            resource,
            site,
            next,
            taken,
            version,
        })
    }

    fn is_same(&self, other: &Self) -> bool {
        let all = |link: &Self| (link.kind, link.resource, link.next, link.version);
        all(self) == all(other)
    }
}

fn links(tasks: &[TaskDump]) -> BTreeMap<u64, Link> {
    let links = tasks.iter().filter_map(Link::of);
    links.map(|link| (link.task.number(), link)).collect()
}

/// The circles among what was read.
pub(super) fn cycles(tasks: &[TaskDump]) -> Vec<Deadlock> {
    let links = links(tasks);
    // In which walk a task was met: each task has one link, so one walk meets at most one circle.
    let mut met = BTreeMap::new();
    let mut found = Vec::new();
    for &start in links.keys() {
        let mut at = start;
        while let Some(link) = links.get(&at).filter(|_| !met.contains_key(&at)) {
            met.insert(at, start);
            at = link.next;
        }
        if met.get(&at) == Some(&start) && links.contains_key(&at) {
            found.push(circle(&links, at));
        }
    }
    found
}

/// The circle that goes through this task.
fn circle(links: &BTreeMap<u64, Link>, first: u64) -> Deadlock {
    let mut circle: Vec<Link> = Vec::new();
    let mut at = first;
    while let Some(link) = links.get(&at) {
        circle.push(link.clone());
        at = link.next;
        if at == first {
            break;
        }
    }
    Deadlock { links: circle }
}

/// Those that are still there.
pub(super) fn confirmed(mut found: Vec<Deadlock>, tasks: &[TaskDump]) -> Vec<Deadlock> {
    let now = links(tasks);
    let holds = |link: &Link| {
        let again = now.get(&link.task.number());
        again.is_some_and(|again| again.is_same(link))
    };
    found.retain(|deadlock| deadlock.links.iter().all(holds));
    found
}

impl Deadlock {
    /// The tasks of the circle: each waits for the one that follows, the last for the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Deadlock;
    ///
    /// fn size(deadlock: &Deadlock) -> usize {
    ///     deadlock.tasks().len()
    /// }
    /// ```
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = Id> + '_ {
        self.links.iter().map(|link| link.task)
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.links.len() {
            1 => writeln!(f, "deadlock: a task waits for itself")?,
            tasks => writeln!(f, "deadlock: {tasks} tasks wait for each other")?,
        }
        // What a task holds is what the one before it waits for.
        let before = self.links.iter().cycle().skip(self.links.len() - 1);
        for (before, link) in before.zip(&self.links) {
            write!(f, "  task #{}", link.task)?;
            if let Some(name) = &link.name {
                write!(f, " {name:?}")?;
            }
            write!(f, ", spawned at {},", link.spawned)?;
            if before.kind != Kind::Join as u8 {
                let kind = Kind::thing(before.kind);
                write!(f, " holds {kind} {:#x}", before.resource)?;
                if let Some(taken) = before.taken {
                    write!(f, ", taken at {taken},")?;
                }
                write!(f, " and")?;
            }
            match link.kind == Kind::Join as u8 {
                true => writeln!(f, " waits for task #{} at {}", link.resource, link.site)?,
                false => {
                    let kind = Kind::name(link.kind);
                    writeln!(f, " waits for {kind} {:#x} at {}", link.resource, link.site)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::collect;
    use super::*;
    use crate::runtime::{Builder, Handle};
    use crate::sync::Mutex;

    #[test]
    fn what_has_changed_since_is_not_confirmed() {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let waits_for_itself = crate::spawn(async {
                let lock = Mutex::new(());
                let _once = lock.lock().await;
                let _twice = lock.lock().await;
            });
            crate::task::yield_now().await;
            let tasks = collect::tasks(&Handle::current());
            let found = cycles(&tasks);
            assert_eq!(found.len(), 1);
            assert_eq!(confirmed(found.clone(), &tasks).len(), 1);
            let mut later = tasks;
            for held in later.iter_mut().filter_map(|task| task.held.as_mut()) {
                held.version += 2;
            }
            assert_eq!(confirmed(found.clone(), &later).len(), 0);
            assert_eq!(confirmed(found, &[]).len(), 0);
            waits_for_itself.abort();
        });
    }
}
