//! Why a group of tasks failed.
//!
//! Absent: what happened after the first failure.

use std::error::Error;
use std::fmt;

use crate::task::JoinError;

/// What ended a [`TaskGroup`](super::TaskGroup) early. Of several failures, the first.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::task::{TaskGroup, TaskGroupError};
///
/// let mut group = TaskGroup::<(), String>::new();
/// group.spawn(async { Err("no disk".to_owned()) });
/// match group.join().await {
///     Err(TaskGroupError::Failed(error)) => assert_eq!(error, "no disk"),
///     Err(TaskGroupError::Panicked(error)) => std::panic::resume_unwind(error.into_panic()),
///     other => panic!("{other:?}"),
/// }
/// # }
/// ```
#[derive(Debug)]
pub enum TaskGroupError<E> {
    /// A task, or the body of [`TaskGroup::run`](super::TaskGroup::run), returned this error.
    Failed(E),
    /// A task panicked. [`JoinError::into_panic`] has what it panicked with.
    Panicked(JoinError),
    /// Nobody failed, and some task did not come to its end: the group's token was canceled, or
    /// the runtime has shut down.
    Cancelled,
}

impl<E: fmt::Display> fmt::Display for TaskGroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "a task of the group failed: {error}"),
            Self::Panicked(error) => write!(f, "a task of the group panicked: {error}"),
            Self::Cancelled => f.write_str("the group was canceled"),
        }
    }
}

impl<E: Error + 'static> Error for TaskGroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Panicked(error) => Some(error),
            Self::Cancelled => None,
        }
    }
}
