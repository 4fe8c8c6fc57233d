//! Tasks: spawning, yielding, joining, aborting.

mod abort_on_drop;
mod builder;
pub mod coop;
mod group;
pub mod join_set;
pub(crate) mod local_key;
mod spawn;
mod tracker;
mod yielding;

pub use abort_on_drop::{AbortOnDrop, AbortOnDropHandle};
pub use builder::Builder;
pub use coop::{Unconstrained, consume_budget, unconstrained};
pub use group::{JoinGroup, TaskGroup, TaskGroupError};
pub use join_set::JoinSet;
pub use local_key::{AccessError, LocalKey};
pub use spawn::{block_in_place, spawn, spawn_blocking, spawn_local};
pub use tracker::{TaskTracker, TaskTrackerToken, TaskTrackerWaitFuture, TrackedFuture};
pub use yielding::{YieldNow, yield_now};

pub use crate::engine::local_set::{LocalEnterGuard, LocalSet, RunUntil};
pub use crate::engine::task::{AbortHandle, Id, JoinError, JoinHandle};

/// The futures that the methods of this module return, by name.
pub mod futures {
    pub use super::local_key::TaskLocalFuture;
}

/// The id of the task that calls.
///
/// # Panics
///
/// Outside of a task, also directly inside `block_on`. See [`try_id`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::task;
///
/// let one = wakeful::spawn(async { task::id() });
/// let other = wakeful::spawn(async { task::id() });
/// assert_ne!(one.await.unwrap(), other.await.unwrap());
/// # }
/// ```
#[track_caller]
#[must_use]
pub fn id() -> Id {
    match try_id() {
        Some(id) => id,
        None => panic!("Can't get a task id when not inside a task: `try_id` asks first"),
    }
}

/// The id of the task that calls, or `None` outside of one.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::task;
///
/// assert_eq!(task::try_id(), None); // the main future is no task
/// let task = wakeful::spawn(async { task::try_id() });
/// assert!(task.await.unwrap().is_some());
/// # }
/// ```
#[must_use]
pub fn try_id() -> Option<Id> {
    crate::engine::task::current_id()
}
