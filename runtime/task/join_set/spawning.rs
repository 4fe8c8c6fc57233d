//! How tasks get into a `JoinSet`: each way of spawning, and iterators of futures.
//!
//! Absent: what makes a task a member (`JoinSet::insert`).

use std::future::Future;

use super::JoinSet;
use crate::engine::handle::BOX_ABOVE_BYTES;
use crate::runtime::Handle;
use crate::task::{AbortHandle, LocalSet};

impl<T: 'static> JoinSet<T> {
    /// Spawns `task` onto the current runtime, as a member of the set.
    ///
    /// It runs whether or not anybody waits for the set.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut set = wakeful::task::JoinSet::new();
    /// let handle = set.spawn(std::future::pending::<()>());
    /// handle.abort();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return self.insert(crate::task::spawn(Box::pin(task)));
        }
        self.insert(crate::task::spawn(task))
    }

    /// Spawns `task` onto the runtime of `handle`, as a member of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn_on(async { 1 }, runtime.handle());
    /// assert_eq!(runtime.block_on(set.join_all()), [1]);
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        if size_of::<F>() > BOX_ABOVE_BYTES {
            return self.insert(handle.spawn(Box::pin(task)));
        }
        self.insert(handle.spawn(task))
    }

    /// Spawns `task`, which need not be `Send`, onto the current thread, as a member of the set.
    ///
    /// # Panics
    ///
    /// Where [`spawn_local`](crate::task::spawn_local) panics.
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
    ///         set.spawn_local(async move { *here });
    ///         assert_eq!(set.join_all().await, [1]);
    ///     })
    ///     .await;
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(crate::task::spawn_local(task))
    }

    /// Adds `task`, which need not be `Send`, to `local_set`, as a member of the set. It runs when
    /// `local_set` is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::rc::Rc;
    /// use wakeful::task::{JoinSet, LocalSet};
    ///
    /// let (mut set, local) = (JoinSet::new(), LocalSet::new());
    /// let here = Rc::new(1);
    /// set.spawn_local_on(async move { *here }, &local);
    /// assert_eq!(local.run_until(set.join_all()).await, [1]);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set.spawn_local(task))
    }

    /// Runs `f` on the current runtime's pool of threads for calls that block, as a member of the
    /// set.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut set = wakeful::task::JoinSet::new();
    /// for i in 0..3 {
    ///     set.spawn_blocking(move || i);
    /// }
    /// let mut seen = set.join_all().await;
    /// seen.sort();
    /// assert_eq!(seen, [0, 1, 2]);
    /// # });
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(crate::task::spawn_blocking(f))
    }

    /// Runs `f` on the pool of threads of `handle`'s runtime, as a member of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = wakeful::runtime::Builder::new_current_thread().build().unwrap();
    /// let mut set = wakeful::task::JoinSet::new();
    /// set.spawn_blocking_on(|| 1 + 1, runtime.handle());
    /// assert_eq!(runtime.block_on(set.join_all()), [2]);
    /// ```
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(f))
    }
}

/// Spawns every future of the iterator.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

/// Spawns every future of the iterator.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.spawn(future);
        }
    }
}
