//! Starting tasks on the runtime this thread is in.

use std::future::Future;
use std::panic::Location;

use crate::engine::task::JoinHandle;
use crate::engine::{context, handle, local_set, stealing};

/// Starts a task on the runtime this thread is in.
///
/// It begins to run whether or not the handle is awaited, and ends when its future does, when it is
/// aborted, or when its runtime shuts down.
///
/// # Panics
///
/// Outside of a runtime: `there is no wakeful runtime on this thread: …`.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let task = wakeful::spawn(async { 40 + 2 });
/// assert_eq!(task.await.unwrap(), 42);
/// # });
/// ```
#[track_caller]
#[inline]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if size_of::<F>() > handle::BOX_ABOVE_BYTES {
        return handle::spawn_here(Box::pin(future));
    }
    handle::spawn_here(future)
}

/// Starts a task that stays on this thread and need not be `Send`.
///
/// # Panics
///
/// Outside of a `LocalSet` and of a `LocalRuntime`.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use wakeful::task::LocalSet;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
/// let local = LocalSet::new();
/// let sum = local.block_on(&runtime, async {
///     let value = Rc::new(40);
///     wakeful::task::spawn_local(async move { *value + 2 }).await.unwrap()
/// });
/// assert_eq!(sum, 42);
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    local_set::spawn_here(future, Location::caller())
}

/// Runs `f` on a thread kept for calls that block, and gives its result.
///
/// Aborting the task has an effect only before `f` starts.
///
/// # Panics
///
/// Outside of a runtime, or if the system refuses the first such thread.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let read = wakeful::task::spawn_blocking(|| std::fs::read_to_string("Cargo.toml"));
/// assert!(read.await.unwrap().is_ok());
/// # });
/// ```
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    context::handle().spawn_blocking(f)
}

/// Runs `f` here although it blocks: another thread takes over this worker meanwhile.
///
/// The other branches of a `join!` or `select!` in the same task wait with it; prefer
/// [`spawn_blocking`] where that matters. Outside of a runtime it just calls `f`.
///
/// # Panics
///
/// On a single-threaded runtime and inside a `LocalSet`, where nobody else may take over.
///
/// # Examples
///
/// ```
/// # let runtime = wakeful::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// # runtime.block_on(async {
/// let text = wakeful::task::block_in_place(|| std::fs::read_to_string("Cargo.toml"));
/// assert!(text.is_ok());
/// # });
/// ```
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    stealing::block_in_place(f)
}
