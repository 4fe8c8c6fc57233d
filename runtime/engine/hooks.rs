//! What a user wants called at the turns of each task's life.
//!
//! Called by the schedulers, on the thread that spawns or polls, with nothing locked. A hook may
//! do whatever a task may; one that panics is reported by the panic hook and costs nobody a worker.
//!
//! Absent: hooks for closures of `spawn_blocking` and for the tasks of a `LocalSet`, as in tokio.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::config::Config;
use super::metrics::Counters;
use super::task::{Id, Polled, Runnable};

/// The task that a hook is called for. See
/// [`Builder::on_task_spawn`](crate::runtime::Builder::on_task_spawn).
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, TaskMeta};
///
/// fn tell(task: &TaskMeta<'_>) {
///     println!("task {} was spawned at {}", task.id(), task.spawned_at());
/// }
///
/// let runtime = Builder::new_current_thread().on_task_spawn(tell).build().unwrap();
/// # runtime.spawn(async {});
/// ```
#[derive(Debug)]
pub struct TaskMeta<'a> {
    id: Id,
    spawned: &'static Location<'static>,
    task: PhantomData<&'a ()>,
}

impl TaskMeta<'_> {
    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// let builder = &mut wakeful::runtime::Builder::new_current_thread();
    /// builder.on_task_terminate(|task| println!("{} has ended", task.id()));
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Where the task was spawned.
    ///
    /// # Examples
    ///
    /// ```
    /// let builder = &mut wakeful::runtime::Builder::new_current_thread();
    /// builder.on_before_task_poll(|task| println!("{}", task.spawned_at()));
    /// ```
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned
    }
}

/// What a builder was told to call.
pub(crate) type TaskHook = Arc<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

/// The hooks of a runtime.
#[derive(Clone, Default)]
pub(crate) struct TaskHooks {
    pub(crate) spawn: Option<TaskHook>,
    pub(crate) before_poll: Option<TaskHook>,
    pub(crate) after_poll: Option<TaskHook>,
    pub(crate) terminate: Option<TaskHook>,
}

impl TaskHooks {
    /// True if a poll must be watched for a hook's sake.
    pub(crate) fn watch_polls(&self) -> bool {
        self.before_poll.is_some() || self.after_poll.is_some() || self.terminate.is_some()
    }
}

/// What a hook is told of a task, which may be gone by then.
pub(crate) fn meta(id: Id, spawned: &'static Location<'static>) -> TaskMeta<'static> {
    TaskMeta {
        id,
        spawned,
        task: PhantomData,
    }
}

/// A task was made, and is not queued yet.
#[cold]
pub(crate) fn spawned(task: Runnable, config: &Config) -> Runnable {
    call(&config.tasks.spawn, &meta(task.id(), task.spawned()));
    task
}

/// A task is about to be made, with this id.
#[cold]
pub(crate) fn announce(id: u64, spawned: &'static Location<'static>, config: &Config) {
    call(&config.tasks.spawn, &meta(Id::from_number(id), spawned));
}

/// Runs a task whose polls have hooks or are timed. `is_seated` says, after the poll, whether the
/// counters are still this thread's.
#[cold]
pub(crate) fn run(
    task: Runnable,
    config: &Config,
    counters: &Counters,
    is_seated: impl FnOnce() -> bool,
) -> Result<Polled, Runnable> {
    let meta = meta(task.id(), task.spawned());
    call(&config.tasks.before_poll, &meta);
    let began = config.histogram.as_ref().map(|_| Instant::now());
    let polled = task.run();
    if let Some(began) = began.filter(|_| is_seated()) {
        counters.measure(began);
    }
    call(&config.tasks.after_poll, &meta);
    if matches!(polled, Ok(Polled::Done)) {
        call(&config.tasks.terminate, &meta);
    }
    polled
}

/// Calls a hook. A panic in it goes no further.
pub(crate) fn call(hook: &Option<TaskHook>, task: &TaskMeta<'_>) {
    if let Some(hook) = hook {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| hook(task))) {
            // Dropping it would run user code once more.
            std::mem::forget(payload);
        }
    }
}
