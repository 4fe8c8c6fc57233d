//! The handles to a task: `JoinHandle`, `AbortHandle`, and the payload of a panic it may end with.

#![expect(
    unsafe_code,
    reason = "owner references and the join side of T2 and T3"
)]

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker, ready};

use super::ending::{discard_output, free, take_error};
use super::header::Header;
use super::kept::Kept;
use super::state::{Join, Outcome};
use super::{Id, JoinError};
use crate::budget;
use crate::leaf::{self, Kind, Site};

/// An owner reference to a task.
struct Owned(NonNull<Header>);

// SAFETY: T4. A counted reference; what it gives access to is atomic, or guarded by the state.
unsafe impl Send for Owned {}
// SAFETY: T4. As above.
unsafe impl Sync for Owned {}

impl Owned {
    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: T4. Our reference.
        unsafe { self.0.as_ref() }
    }

    fn id(&self) -> Id {
        super::id_of(self.0)
    }

    fn abort(&self) {
        if self.header().state.cancel() {
            // SAFETY: T1. We have just set SCHEDULED, and hold a reference.
            unsafe { (self.header().vtable.schedule)(self.0) }
        }
    }

    fn abort_handle(&self) -> AbortHandle {
        self.header().state.add_owner();
        AbortHandle {
            task: Owned(self.0),
        }
    }

    fn is_finished(&self) -> bool {
        self.header().state.snapshot().is_done()
    }

    /// T3. Stores `waker` for the completer. False if the task is done.
    fn set_join_waker(&self, waker: &Waker) -> bool {
        let header = self.header();
        match header.state.join() {
            Join::Done | Join::Taken => return false,
            // The completer may take the waker out at any moment, so even a look needs the slot.
            Join::SlotIsSet if !header.state.unset_join_waker() => return false,
            Join::SlotIsSet | Join::SlotIsMine => {}
        }
        // SAFETY: T3. Clear and not done: the slot is ours.
        let old = header.join.with_mut(|slot| unsafe { (*slot).take() });
        let new = match old {
            Some(old) if old.will_wake(waker) => old,
            old => {
                // User code, while the slot is empty and ours.
                drop(old);
                Kept::from(waker.clone())
            }
        };
        // SAFETY: T3. As above.
        header.join.with_mut(|slot| unsafe { *slot = Some(new) });
        let set = header.state.set_join_waker();
        if !set {
            self.clear_slot();
        }
        set
    }

    /// Waits for the end of a task that was not done a moment ago.
    fn poll_unfinished(&self, cx: &Context<'_>) -> Poll<()> {
        if !self.set_join_waker(cx.waker()) {
            return Poll::Ready(());
        }
        // SAFETY: Written at spawn, from a `&'static Location`.
        let site = Site::at(unsafe { &*self.header().spawned() });
        leaf::waiting(cx, Kind::Join, self.id().number() as usize, site);
        Poll::Pending
    }

    /// The end of a join handle, in whatever state the task is.
    fn drop_handle(&self) {
        let state = &self.header().state;
        if state.join() == Join::SlotIsSet {
            leaf::waits_no_more(None, Kind::Join, self.id().number() as usize);
            if state.unset_join_waker() {
                self.clear_slot();
            }
        }
        let last = match state.drop_handle() {
            Ok(last) => last,
            Err(done) => {
                // SAFETY: T2. Done with HANDLE set: the output is ours.
                unsafe { discard_output(self.0, done.outcome()) };
                state.output_taken();
                state.drop_owner()
            }
        };
        if last {
            // SAFETY: T4. The state says so.
            unsafe { free(self.0) }
        }
    }

    /// T3. The slot is ours.
    fn clear_slot(&self) {
        // SAFETY: T3. The caller has just been told so.
        let waker = self
            .header()
            .join
            .with_mut(|slot| unsafe { (*slot).take() });
        drop(waker);
    }
}

/// Owned permission to await a task's end.
///
/// Made by [`spawn`](crate::spawn) and its relatives. Awaiting it gives what the task returned, or
/// a [`JoinError`] if it panicked or was aborted. Dropping it detaches the task, which runs on.
///
/// # Cancel safety
///
/// Await it by `&mut handle` and nothing is lost: the output stays with the task until a poll
/// returns it.
///
/// # Panics
///
/// Polling it again after it returned the output panics.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let handle = wakeful::spawn(async { 6 * 7 });
/// assert_eq!(handle.await.unwrap(), 42);
/// # });
/// ```
pub struct JoinHandle<T> {
    task: Owned,
    output: PhantomData<T>,
}

// SAFETY: T2. The handle moves the output out at most once; it is never shared.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: T2. `&JoinHandle` gives no access to the output.
unsafe impl<T: Send> Sync for JoinHandle<T> {}
impl<T> Unpin for JoinHandle<T> {}
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(super) fn new(task: NonNull<Header>) -> Self {
        Self {
            task: Owned(task),
            output: PhantomData,
        }
    }

    /// Asks for the task to end at its next suspension. Awaiting the handle then gives a
    /// [cancelled](JoinError::is_cancelled) error, unless the task was done already.
    ///
    /// The future is dropped by its scheduler, on the thread it belongs to. A closure given to
    /// `spawn_blocking` is only stopped if it has not started.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::task::yield_now;
    ///
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let done = wakeful::spawn(async { 1 });
    /// yield_now().await;
    /// task.abort();
    /// done.abort(); // too late
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// assert_eq!(done.await.unwrap(), 1);
    /// # }
    /// ```
    pub fn abort(&self) {
        self.task.abort();
    }

    /// True once the task is done, whether or not its output was taken.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(async { 1 });
    /// assert!(!task.is_finished());
    /// wakeful::task::yield_now().await;
    /// assert!(task.is_finished());
    /// assert_eq!(task.await.unwrap(), 1);
    /// # }
    /// ```
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// A handle that can abort the task without awaiting it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let stop = task.abort_handle(); // for somebody who does not wait for the task
    /// stop.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.task.abort_handle()
    }

    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(async { wakeful::task::id() });
    /// let id = task.id();
    /// assert_eq!(task.await.unwrap(), id);
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.task.id()
    }

    pub(crate) fn set_waker(&self, waker: &Waker) -> bool {
        self.task.set_join_waker(waker)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let spent = ready!(budget::poll_proceed(cx));
        let header = self.task.header();
        match header.state.join() {
            Join::Done => {}
            Join::Taken => {
                panic!("JoinHandle polled after completion: it returned the output before")
            }
            Join::SlotIsMine | Join::SlotIsSet => ready!(self.task.poll_unfinished(cx)),
        }
        let result = match header.state.snapshot().outcome() {
            Outcome::Value => {
                // SAFETY: C1. The task is alive: our reference.
                let output = unsafe { (header.vtable.output)(self.task.0) };
                // SAFETY: T2. Done, and nobody has taken the output, which is a `T` since spawn.
                Ok(unsafe { output.cast::<T>().read() })
            }
            // SAFETY: T2. As above.
            outcome => Err(unsafe { take_error(self.task.0, outcome) }),
        };
        header.state.output_taken();
        spent.made_progress();
        Poll::Ready(result)
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        // The usual end first: it was awaited.
        if self.task.header().state.is_last_handle() {
            // SAFETY: T4. The state says so.
            unsafe { free(self.task.0) }
        } else {
            self.task.drop_handle();
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .finish()
    }
}

/// Aborts a task from afar, without being able to await it.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let task = wakeful::spawn(std::future::pending::<()>());
/// let abort = task.abort_handle();
/// abort.abort();
/// assert!(task.await.unwrap_err().is_cancelled());
/// assert!(abort.is_finished());
/// # });
/// ```
pub struct AbortHandle {
    task: Owned,
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(std::future::pending::<()>());
    /// let handle = task.abort_handle();
    /// wakeful::spawn(async move { handle.abort() });
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort(&self) {
        self.task.abort();
    }

    /// As [`JoinHandle::is_finished`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(async {});
    /// let handle = task.abort_handle();
    /// assert!(!handle.is_finished());
    /// task.await.unwrap();
    /// assert!(handle.is_finished());
    /// # }
    /// ```
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// The task's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = wakeful::spawn(async {});
    /// assert_eq!(task.abort_handle().id(), task.id());
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> Id {
        self.task.id()
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        self.task.abort_handle()
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        if self.task.header().state.drop_owner() {
            // SAFETY: T4. The state says so.
            unsafe { free(self.task.0) }
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle")
            .field("id", &self.id())
            .finish()
    }
}

/// What a task panicked with.
///
/// Reached only through `&mut` or by value, so it is `Sync` whatever lies in it.
pub(super) struct PanicPayload(pub(super) Box<dyn Any + Send>);

// SAFETY: A `&PanicPayload` is only used for `&str` and `String` messages, which are `Sync`.
unsafe impl Sync for PanicPayload {}

impl PanicPayload {
    pub(super) fn message(&self) -> Option<&str> {
        match self.0.downcast_ref::<String>() {
            Some(message) => Some(message),
            None => self.0.downcast_ref::<&'static str>().copied(),
        }
    }
}
