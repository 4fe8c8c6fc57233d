//! Variables of a task: `task_local!` declares one, `LocalKey` gives it a value for a while.
//!
//! The value lies in the future that has it. Each poll swaps it into a thread-local slot and back
//! out, so it moves from thread to thread with its task, and a read costs as much as one of a
//! thread-local. Used by no other module; works on any executor.
//!
//! Absent: inheritance. A spawned task sees only what it is given by a `scope` of its own.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

/// Declares variables of a task.
///
/// The syntax is that of [`std::thread_local!`] without initial values: a variable has a value only
/// within [`LocalKey::scope`]. Each becomes a `static` of type [`LocalKey`].
///
/// # Examples
///
/// ```
/// wakeful::task_local! {
///     /// The request a task works on.
///     pub static REQUEST: u32;
///     static USER: String;
/// }
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let seen = REQUEST.scope(7, async { REQUEST.get() }).await;
/// assert_eq!(seen, 7);
/// assert!(USER.try_get().is_err());
/// # });
/// ```
///
/// [`LocalKey`]: crate::task::LocalKey
/// [`LocalKey::scope`]: crate::task::LocalKey::scope
#[macro_export]
macro_rules! task_local {
    () => {};
    ($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty $(; $($rest:tt)*)?) => {
        $(#[$attribute])*
        $vis static $name: $crate::task::LocalKey<$type> = {
            $crate::__support::thread_local! {
                static SLOT: $crate::__support::Slot<$type> =
                    const { $crate::__support::empty_slot() };
            }
            $crate::__support::new_local_key(SLOT)
        };
        $($crate::task_local!($($rest)*);)?
    };
}

/// Where a thread has the value while the future that owns it is polled.
pub type Slot<T> = RefCell<Option<T>>;

/// A slot of a thread on which no value is set.
pub const fn empty_slot<T>() -> Slot<T> {
    RefCell::new(None)
}

/// For the expansion of `task_local!` only.
pub const fn new_local_key<T: 'static>(slot: thread::LocalKey<Slot<T>>) -> LocalKey<T> {
    LocalKey { slot }
}

/// A variable of a task, declared by [`task_local!`](crate::task_local).
///
/// # Examples
///
/// ```
/// wakeful::task_local! {
///     static DEPTH: u32;
/// }
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// DEPTH.scope(1, async {
///     assert_eq!(DEPTH.get(), 1);
///     DEPTH.scope(2, async { assert_eq!(DEPTH.get(), 2) }).await;
///     assert_eq!(DEPTH.get(), 1);
/// })
/// .await;
/// # });
/// ```
pub struct LocalKey<T: 'static> {
    slot: thread::LocalKey<Slot<T>>,
}

impl<T: 'static> LocalKey<T> {
    /// Runs `future` with the variable set to `value`.
    ///
    /// The value is set while the future is polled and while it is dropped. Tasks that it spawns do
    /// not see it.
    ///
    /// # Panics
    ///
    /// Polling the future panics if this is done within [`with`](Self::with) of the same variable,
    /// or while the thread ends.
    ///
    /// # Cancel safety
    ///
    /// As safe as `future` is.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static NAME: &'static str;
    /// }
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let length = NAME.scope("four", async { NAME.get().len() }).await;
    /// assert_eq!(length, 4);
    /// # });
    /// ```
    pub fn scope<F>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F>
    where
        F: Future,
    {
        TaskLocalFuture {
            key: self,
            value: Some(value),
            future: Some(future),
            _pinned: PhantomPinned,
        }
    }

    /// Calls `function` with the variable set to `value`.
    ///
    /// # Panics
    ///
    /// Within [`with`](Self::with) of the same variable, or while the thread ends.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static NAME: &'static str;
    /// }
    ///
    /// assert_eq!(NAME.sync_scope("here", || NAME.get()), "here");
    /// ```
    #[track_caller]
    pub fn sync_scope<F, R>(&'static self, value: T, function: F) -> R
    where
        F: FnOnce() -> R,
    {
        let mut value = Some(value);
        match self.enter(&mut value) {
            Ok(_guard) => function(),
            Err(error) => error.panic(),
        }
    }

    /// Calls `function` with a reference to the value.
    ///
    /// # Panics
    ///
    /// If the variable has no value here.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static NAME: String;
    /// }
    ///
    /// let length = NAME.sync_scope("four".to_owned(), || NAME.with(|name| name.len()));
    /// assert_eq!(length, 4);
    /// ```
    #[track_caller]
    pub fn with<F, R>(&'static self, function: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(function) {
            Ok(result) => result,
            Err(_) => panic!("cannot access a task-local storage value without setting it first"),
        }
    }

    /// Calls `function` with a reference to the value, if there is one.
    ///
    /// # Errors
    ///
    /// [`AccessError`] if the variable has no value here; `function` is not called.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static NAME: String;
    /// }
    ///
    /// assert!(NAME.try_with(|name| name.len()).is_err());
    /// ```
    pub fn try_with<F, R>(&'static self, function: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        // The slot is borrowed mutably only to swap, which runs no code of the user's.
        let read = |slot: &Slot<T>| slot.borrow().as_ref().map(function);
        // Where the thread's slot is gone, nobody is inside a scope.
        self.slot
            .try_with(read)
            .ok()
            .flatten()
            .ok_or(AccessError { _private: () })
    }

    /// Makes `value` the current one until the guard drops. They change places: meanwhile `value`
    /// holds what was current before.
    fn enter<'a>(&'static self, value: &'a mut Option<T>) -> Result<Guard<'a, T>, EnterError> {
        let swap = |slot: &Slot<T>| match slot.try_borrow_mut() {
            Ok(mut current) => {
                mem::swap(&mut *current, value);
                Ok(())
            }
            Err(_) => Err(EnterError::Borrowed),
        };
        match self.slot.try_with(swap) {
            Ok(Ok(())) => Ok(Guard { key: self, value }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(EnterError::Destroyed),
        }
    }
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A clone of the value.
    ///
    /// # Panics
    ///
    /// If the variable has no value here.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static ID: u64;
    /// }
    ///
    /// assert_eq!(ID.sync_scope(3, || ID.get()), 3);
    /// ```
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A clone of the value, if there is one.
    ///
    /// # Errors
    ///
    /// [`AccessError`] if the variable has no value here.
    ///
    /// # Examples
    ///
    /// ```
    /// wakeful::task_local! {
    ///     static ID: u64;
    /// }
    ///
    /// assert!(ID.try_get().is_err());
    /// assert_eq!(ID.sync_scope(3, || ID.try_get()), Ok(3));
    /// ```
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("LocalKey { .. }")
    }
}

/// Swaps the value back when it drops, also on a panic.
struct Guard<'a, T: 'static> {
    key: &'static LocalKey<T>,
    value: &'a mut Option<T>,
}

impl<T: 'static> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // Neither fails: the slot was there when the guard was made and lives as long as the
        // thread's stack, and no borrow of it outlasts the call that made it.
        self.key
            .slot
            .with(|slot| mem::swap(&mut *slot.borrow_mut(), self.value));
    }
}

enum EnterError {
    Borrowed,
    Destroyed,
}

impl EnterError {
    #[cold]
    #[track_caller]
    fn panic(self) -> ! {
        match self {
            EnterError::Borrowed => {
                panic!("cannot enter a task-local scope while the task-local storage is borrowed")
            }
            EnterError::Destroyed => panic!(
                "cannot enter a task-local scope during or after destruction of the underlying \
                 thread-local"
            ),
        }
    }
}

pin_project! {
    /// The future of [`LocalKey::scope`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// wakeful::task_local! { static USER: u32; }
    ///
    /// let mut future = Box::pin(USER.scope(7, async { USER.get() }));
    /// assert_eq!(future.as_mut().await, 7);
    /// assert_eq!(future.as_mut().take_value(), Some(7)); // the value outlives the future inside
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct TaskLocalFuture<T, F>
    where
        T: 'static,
    {
        key: &'static LocalKey<T>,
        // Between polls: our value. During a poll: what was current before.
        value: Option<T>,
        // `None` once it is done.
        #[pin]
        future: Option<F>,
        #[pin]
        _pinned: PhantomPinned,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !mem::needs_drop::<F>() || this.future.is_none() {
                return;
            }
            // Where the value cannot be set, the future is dropped without it.
            if let Ok(_guard) = this.key.enter(this.value) {
                this.future.set(None);
            }
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out, for whoever owns the finished future.
    ///
    /// `None` if it was taken before. A future that is polled without its value finds the variable
    /// unset.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// wakeful::task_local! {
    ///     static COUNT: Cell<u32>;
    /// }
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut counted = Box::pin(COUNT.scope(Cell::new(1), async {
    ///     COUNT.with(|count| count.set(count.get() + 1));
    /// }));
    /// counted.as_mut().await;
    /// assert_eq!(counted.as_mut().take_value(), Some(Cell::new(2)));
    /// # });
    /// ```
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _guard = match this.key.enter(this.value) {
            Ok(guard) => guard,
            Err(error) => error.panic(),
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("`TaskLocalFuture` polled after completion");
        };
        let polled = future.poll(cx);
        if polled.is_ready() {
            // Its drop may use the value, so it happens here.
            this.future.set(None);
        }
        polled
    }
}

impl<T: fmt::Debug + 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("TaskLocalFuture");
        match &self.value {
            Some(value) => out.field("value", value),
            None => out.field("value", &format_args!("<missing>")),
        };
        out.finish()
    }
}

/// The variable has no value here: the code does not run within its scope.
///
/// # Examples
///
/// ```
/// wakeful::task_local! { static USER: u32; }
///
/// let error = USER.try_with(|user| *user).unwrap_err();
/// assert_eq!(error.to_string(), "task-local value not set");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessError {
    _private: (),
}

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task-local value not set")
    }
}

impl std::error::Error for AccessError {}
