//! A snapshot of every live task, taken by reading headers.
//!
//! Nothing is polled and no task is stopped: the headers' fields are atomics, a reused slot is told
//! by its id, and what a task waits for was written down by the leaf future it waits in. So a dump
//! works from any thread while every worker is stuck.
//!
//! ```text
//!   mod.rs       Dump: what is shown
//!   task.rs      TaskDump: a task in it
//!   collect.rs   how it is read
//!   deadlock.rs  tasks that wait for each other
//! ```

mod collect;
mod deadlock;
mod task;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub(crate) use collect::dump;
pub use deadlock::Deadlock;
pub use task::{TaskDump, TaskState};

use super::task::Id;
use crate::primitives::Mutex;
use crate::primitives::atomic::AtomicU64;

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

/// Every live task of a runtime, as [`Handle::dump`](super::handle::Handle::dump) found it.
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
    deadlocks: Vec<Deadlock>,
}

impl Dump {
    /// The task whose header is there.
    pub(crate) fn into_task_at(self, header: usize) -> Option<TaskDump> {
        self.tasks.into_iter().find(|task| task.header == header)
    }

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

    /// The tasks that wait for each other, round after round. See [`Deadlock`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Handle;
    /// use wakeful::sync::Mutex;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let task = wakeful::spawn(async {
    ///     let lock = Mutex::new(());
    ///     let _once = lock.lock().await;
    ///     let _twice = lock.lock().await;
    /// });
    /// wakeful::task::yield_now().await;
    /// let dump = Handle::current().dump();
    /// let deadlock = dump.deadlocks().next().unwrap();
    /// assert_eq!(deadlock.tasks().collect::<Vec<_>>(), [task.id()]);
    /// println!("{deadlock}");
    /// # });
    /// ```
    pub fn deadlocks(&self) -> impl ExactSizeIterator<Item = &Deadlock> {
        self.deadlocks.iter()
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} live tasks", self.tasks.len())?;
        for task in &self.tasks {
            writeln!(f, "{task}")?;
        }
        for deadlock in &self.deadlocks {
            write!(f, "{deadlock}")?;
        }
        Ok(())
    }
}
