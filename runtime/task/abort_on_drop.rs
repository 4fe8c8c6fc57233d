//! A task that ends with its handle.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task::{AbortHandle, Id, JoinError, JoinHandle};

/// A [`JoinHandle`] that aborts its task when dropped.
///
/// A plain handle lets the task go on. With this one a task lives no longer than whoever waits for
/// it: wrap it at once, and a cancelled caller takes the task along.
///
/// # Cancel safety
///
/// As a future it is cancel safe by reference: poll `&mut handle`. Dropping it aborts the task.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::task::AbortOnDropHandle;
///
/// let task = wakeful::spawn(std::future::pending::<()>());
/// let probe = task.abort_handle();
/// drop(AbortOnDropHandle::new(task));
/// while !probe.is_finished() {
///     wakeful::task::yield_now().await;
/// }
///
/// let task = AbortOnDropHandle::new(wakeful::spawn(async { 7 }));
/// assert_eq!(task.await.unwrap(), 7);
/// # });
/// ```
#[must_use = "dropping the handle aborts the task at once"]
pub struct AbortOnDropHandle<T> {
    /// `None` only after `detach`.
    handle: Option<JoinHandle<T>>,
}

impl<T> JoinHandle<T> {
    /// Aborts the task when the handle is dropped, instead of detaching it.
    ///
    /// # Cancel safety
    ///
    /// Await it by `&mut handle` and nothing is lost. Dropping it aborts the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let task = wakeful::spawn(std::future::pending::<()>()).abort_on_drop();
    /// let watch = task.abort_handle();
    /// drop(task);
    /// wakeful::task::yield_now().await;
    /// assert!(watch.is_finished());
    /// # });
    /// ```
    pub fn abort_on_drop(self) -> AbortOnDropHandle<T> {
        AbortOnDropHandle::new(self)
    }
}

impl<T> AbortOnDropHandle<T> {
    /// Wraps `handle`. From now on, dropping means aborting.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::AbortOnDropHandle;
    ///
    /// let task = AbortOnDropHandle::new(wakeful::spawn(std::future::pending::<()>()));
    /// let watch = task.abort_handle();
    /// drop(task);
    /// wakeful::task::yield_now().await;
    /// assert!(watch.is_finished());
    /// # }
    /// ```
    pub fn new(handle: JoinHandle<T>) -> Self {
        Self {
            handle: Some(handle),
        }
    }

    fn get(&self) -> &JoinHandle<T> {
        self.handle.as_ref().expect("only detach takes the handle")
    }

    /// Aborts the task. Awaiting the handle then tells how it ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::AbortOnDropHandle;
    ///
    /// let task = AbortOnDropHandle::new(wakeful::spawn(std::future::pending::<()>()));
    /// task.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort(&self) {
        self.get().abort();
    }

    /// True once the task has ended and its future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::{AbortOnDropHandle, yield_now};
    ///
    /// let task = AbortOnDropHandle::new(wakeful::spawn(async {}));
    /// assert!(!task.is_finished());
    /// yield_now().await;
    /// assert!(task.is_finished());
    /// # }
    /// ```
    pub fn is_finished(&self) -> bool {
        self.get().is_finished()
    }

    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::{self, AbortOnDropHandle};
    ///
    /// let task = AbortOnDropHandle::new(wakeful::spawn(async { task::id() }));
    /// let id = task.id();
    /// assert_eq!(task.await.unwrap(), id);
    /// # }
    /// ```
    pub fn id(&self) -> Id {
        self.get().id()
    }

    /// A handle that can only abort. Dropping that one does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::AbortOnDropHandle;
    ///
    /// let task = AbortOnDropHandle::new(wakeful::spawn(async { 1 }));
    /// drop(task.abort_handle()); // nothing happens
    /// assert_eq!(task.await.unwrap(), 1);
    /// # }
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.get().abort_handle()
    }

    /// The plain handle again: dropping it lets the task go on.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::oneshot;
    /// use wakeful::task::AbortOnDropHandle;
    ///
    /// let (sender, receiver) = oneshot::channel();
    /// let task = AbortOnDropHandle::new(wakeful::spawn(async { sender.send("done") }));
    /// drop(task.detach());
    /// assert_eq!(receiver.await, Ok("done"));
    /// # }
    /// ```
    pub fn detach(mut self) -> JoinHandle<T> {
        self.handle.take().expect("only detach takes the handle")
    }
}

impl<T> Drop for AbortOnDropHandle<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.abort();
        }
    }
}

/// The task by its id; its output need not have a `Debug`.
impl<T> fmt::Debug for AbortOnDropHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortOnDropHandle")
            .field("id", &self.id())
            .finish()
    }
}

impl<T> Future for AbortOnDropHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let handle = self.handle.as_mut().expect("only detach takes the handle");
        Pin::new(handle).poll(cx)
    }
}

impl<T> AsRef<JoinHandle<T>> for AbortOnDropHandle<T> {
    fn as_ref(&self) -> &JoinHandle<T> {
        self.get()
    }
}

impl<T> From<JoinHandle<T>> for AbortOnDropHandle<T> {
    fn from(handle: JoinHandle<T>) -> Self {
        Self::new(handle)
    }
}

/// An [`AbortHandle`] that aborts its task when dropped.
///
/// It has no output to await, and so no type parameter: for tasks that a struct owns.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use wakeful::task::{AbortHandle, AbortOnDrop};
///
/// struct Monitor {
///     _ends_with_me: AbortOnDrop,
/// }
///
/// let task = wakeful::spawn(std::future::pending::<()>());
/// drop(Monitor {
///     _ends_with_me: AbortOnDrop::new(task.abort_handle()),
/// });
/// assert!(task.await.unwrap_err().is_cancelled());
/// # });
/// ```
#[must_use = "dropping the handle aborts the task at once"]
pub struct AbortOnDrop {
    /// `None` only after `detach`.
    handle: Option<AbortHandle>,
}

impl AbortOnDrop {
    /// Wraps `handle`. From now on, dropping means aborting.
    ///
    /// # Examples
    ///
    /// See [the type](AbortOnDrop).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::AbortOnDrop;
    ///
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// drop(AbortOnDrop::new(task.abort_handle()));
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn new(handle: AbortHandle) -> Self {
        Self {
            handle: Some(handle),
        }
    }

    fn get(&self) -> &AbortHandle {
        self.handle.as_ref().expect("only detach takes the handle")
    }

    /// Aborts the task now.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use wakeful::task::AbortOnDrop;
    ///
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let handle = AbortOnDrop::new(task.abort_handle());
    /// handle.abort();
    /// assert!(task.await.is_err() && handle.is_finished());
    /// # });
    /// ```
    pub fn abort(&self) {
        self.get().abort();
    }

    /// True once the task has ended and its future is dropped.
    ///
    /// # Examples
    ///
    /// See [`abort`](Self::abort).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::AbortOnDrop;
    ///
    /// let task = wakeful::spawn(async {});
    /// let guard = AbortOnDrop::new(task.abort_handle());
    /// assert!(!guard.is_finished());
    /// task.await.unwrap();
    /// assert!(guard.is_finished());
    /// # }
    /// ```
    pub fn is_finished(&self) -> bool {
        self.get().is_finished()
    }

    /// The plain handle again: dropping it lets the task go on.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use wakeful::task::AbortOnDrop;
    ///
    /// let task = wakeful::spawn(async { 7 });
    /// drop(AbortOnDrop::new(task.abort_handle()).detach());
    /// assert_eq!(task.await.unwrap(), 7);
    /// # });
    /// ```
    pub fn detach(mut self) -> AbortHandle {
        self.handle.take().expect("only detach takes the handle")
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.abort();
        }
    }
}

impl fmt::Debug for AbortOnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortOnDrop")
            .field("id", &self.get().id())
            .finish()
    }
}
