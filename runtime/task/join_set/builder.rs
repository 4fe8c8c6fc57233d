//! Spawning into a [`JoinSet`] with a name.

use std::future::Future;
use std::io;

use super::JoinSet;
use crate::runtime::Handle;
use crate::task::{self, AbortHandle, LocalSet};

/// Spawns one task into a [`JoinSet`], with a name. Made by [`JoinSet::build_task`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::runtime::Handle;
/// use wakeful::task::JoinSet;
///
/// let mut set = JoinSet::new();
/// set.build_task().name("waits").spawn(std::future::pending::<()>()).unwrap();
/// wakeful::task::yield_now().await;
/// let dump = Handle::current().dump();
/// assert!(dump.tasks().any(|task| task.name() == Some("waits")));
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it spawns"]
pub struct Builder<'a, T> {
    set: &'a mut JoinSet<T>,
    task: task::Builder<'a>,
}

impl<T> JoinSet<T> {
    /// A builder for one task of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.build_task().name("worker").spawn(async { 4 }).unwrap();
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 4);
    /// # });
    /// ```
    pub fn build_task(&mut self) -> Builder<'_, T> {
        Builder {
            set: self,
            task: task::Builder::new(),
        }
    }
}

impl<'a, T: 'static> Builder<'a, T> {
    /// Names the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut set = wakeful::task::JoinSet::new();
    /// for name in ["left", "right"] {
    ///     set.build_task().name(name).spawn(async move { name.len() })?;
    /// }
    /// assert_eq!(set.join_all().await.iter().sum::<usize>(), 9);
    /// # Ok(())
    /// # }
    /// ```
    pub fn name(self, name: &'a str) -> Self {
        Self {
            task: self.task.name(name),
            ..self
        }
    }

    /// As [`JoinSet::spawn`].
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
    /// let mut set = wakeful::task::JoinSet::new();
    /// let handle = set.build_task().name("waits").spawn(std::future::pending::<()>())?;
    /// handle.abort();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.task.spawn(future)?))
    }

    /// As [`JoinSet::spawn_on`].
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
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.build_task().name("one").spawn_on(async { 1 }, runtime.handle())?;
    /// assert_eq!(runtime.block_on(set.join_all()), [1]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.task.spawn_on(future, handle)?))
    }

    /// As [`JoinSet::spawn_local`].
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
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::rc::Rc;
    /// use wakeful::task::{JoinSet, LocalSet};
    ///
    /// let here = Rc::new(1);
    /// LocalSet::new()
    ///     .run_until(async move {
    ///         let mut set = JoinSet::new();
    ///         set.build_task().name("here").spawn_local(async move { *here }).unwrap();
    ///         assert_eq!(set.join_all().await, [1]);
    ///     })
    ///     .await;
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        Ok(self.set.insert(self.task.spawn_local(future)?))
    }

    /// As [`JoinSet::spawn_local_on`].
    ///
    /// # Errors
    ///
    /// None today; the type is tokio's.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::rc::Rc;
    /// use wakeful::task::{JoinSet, LocalSet};
    ///
    /// let (mut set, local) = (JoinSet::new(), LocalSet::new());
    /// let here = Rc::new(1);
    /// set.build_task().name("here").spawn_local_on(async move { *here }, &local)?;
    /// assert_eq!(local.run_until(set.join_all()).await, [1]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        let _inside = local_set.enter();
        Ok(self.set.insert(self.task.spawn_local(future)?))
    }

    /// As [`JoinSet::spawn_blocking`].
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
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.build_task().name("sum").spawn_blocking(|| (1..=10).sum::<u32>())?;
    /// assert_eq!(set.join_all().await, [55]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.task.spawn_blocking(f)?))
    }

    /// As [`JoinSet::spawn_blocking_on`].
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
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.build_task().name("sum").spawn_blocking_on(|| 1 + 1, runtime.handle())?;
    /// assert_eq!(runtime.block_on(set.join_all()), [2]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking_on<F>(self, f: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(handle.spawn_blocking(f)))
    }
}
