//! Spawning with a name.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::context;
use crate::engine::dump::Record;
use crate::engine::handle::Handle;
use crate::engine::task::JoinHandle;
use crate::engine::{local_set, task};
use crate::primitives::atomic::{AtomicU64, Ordering::Relaxed};

/// Spawns tasks with a name, which a dump shows together with the number of polls.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let task = wakeful::task::Builder::new().name("writer").spawn(async { 7 }).unwrap();
/// assert_eq!(task.await.unwrap(), 7);
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// A builder without a name.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::task::Builder;
    ///
    /// let task = Builder::new().spawn(async { 1 })?;
    /// assert_eq!(task.await.unwrap(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task. A [`Dump`](crate::runtime::Dump) has the name from the task's first poll on.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::runtime::Handle;
    /// use wakeful::task::Builder;
    ///
    /// let _task = Builder::new().name("reader").spawn(std::future::pending::<()>())?;
    /// wakeful::task::yield_now().await;
    /// let dump = Handle::current().dump();
    /// assert!(dump.tasks().any(|task| task.name() == Some("reader")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// As [`spawn`](crate::task::spawn()).
    ///
    /// # Errors
    ///
    /// None today; the type is tokio's.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let builder = wakeful::task::Builder::new().name("sum");
    /// let task = builder.spawn(async { (1..=10).sum::<u32>() })?;
    /// assert_eq!(task.await.unwrap(), 55);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_on(future, &context::handle())
    }

    /// As [`Handle::spawn`].
    ///
    /// # Errors
    ///
    /// None today; the type is tokio's.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build()?;
    /// let builder = wakeful::task::Builder::new().name("sum");
    /// let task = builder.spawn_on(async { (1..=10).sum::<u32>() }, runtime.handle())?;
    /// assert_eq!(runtime.block_on(task).unwrap(), 55);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned = Location::caller();
        Ok(match self.name {
            None => handle.spawn_unsend(future, spawned),
            Some(name) => named(name, || {
                handle.spawn_unsend(Recorded::new(future, name, handle), spawned)
            }),
        })
    }

    /// As [`spawn_local`](crate::task::spawn_local).
    ///
    /// # Errors
    ///
    /// None today; the type is tokio's.
    ///
    /// # Panics
    ///
    /// Outside of a `LocalSet` and of a `LocalRuntime`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// #[wakeful::main(flavor = "local")]
    /// async fn main() -> std::io::Result<()> {
    ///     let here = Rc::new(1);
    ///     let builder = wakeful::task::Builder::new().name("here");
    ///     let task = builder.spawn_local(async move { *here })?;
    ///     assert_eq!(task.await.unwrap(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let spawned = Location::caller();
        Ok(match (self.name, context::try_handle()) {
            (Some(name), Some(handle)) => named(name, || {
                local_set::spawn_here(Recorded::new(future, name, &handle), spawned)
            }),
            _ => local_set::spawn_here(future, spawned),
        })
    }

    /// As [`spawn_blocking`](crate::task::spawn_blocking).
    ///
    /// # Errors
    ///
    /// None today; the type is tokio's.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let builder = wakeful::task::Builder::new().name("password");
    /// let task = builder.spawn_blocking(|| (1..=20_u64).product::<u64>())?;
    /// assert_eq!(task.await.unwrap(), 2_432_902_008_176_640_000);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let handle = context::handle();
        Ok(match self.name {
            None => handle.spawn_blocking(f),
            Some(name) => {
                let owned = name.to_owned();
                let call = move || {
                    let leaves_name = NameOnPanic(&owned);
                    let output = f();
                    std::mem::forget(leaves_name);
                    output
                };
                named(name, || handle.spawn_blocking(call))
            }
        })
    }
}

#[cfg(feature = "tracing")]
use crate::engine::task::trace::named;

/// Only spans have names of their own; a dump's are in the records.
#[cfg(not(feature = "tracing"))]
fn named<R>(_: &str, spawn: impl FnOnce() -> R) -> R {
    spawn()
}

pin_project! {
    /// A future with a record: enters it at its first poll, counts polls, leaves it at its end.
    struct Recorded<F> {
        #[pin]
        future: F,
        record: Arc<Record>,
        handle: Handle,
        entered: Option<task::Id>,
    }

    impl<F> PinnedDrop for Recorded<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(id) = this.entered {
                this.handle.parts().records.remove(id);
            }
        }
    }
}

impl<F> Recorded<F> {
    fn new(future: F, name: &str, handle: &Handle) -> Self {
        let record = Arc::new(Record {
            name: name.to_owned(),
            polls: AtomicU64::new(0),
        });
        Self {
            future,
            record,
            handle: handle.clone(),
            entered: None,
        }
    }
}

impl<F: Future> Future for Recorded<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.entered.is_none() {
            if let Some(id) = task::current_id() {
                this.handle
                    .parts()
                    .records
                    .insert(id, Arc::clone(this.record));
                *this.entered = Some(id);
            }
        }
        this.record.polls.fetch_add(1, Relaxed);
        let leaves_name = NameOnPanic(&this.record.name);
        let polled = this.future.poll(cx);
        std::mem::forget(leaves_name);
        polled
    }
}

/// Leaves the name of the task that panics with what is said of the panic. Otherwise forgotten.
struct NameOnPanic<'a>(&'a str);

impl Drop for NameOnPanic<'_> {
    fn drop(&mut self) {
        if let Some(id) = task::current_id() {
            task::remember_name(id, self.0);
        }
    }
}
