//! A value that is made when it is first asked for, by an async function.
//!
//! Called by users; calls `permits` and `slot`. There is one permit. Who holds it may put the value
//! in, and closes the permits afterwards: those who waited for it find the value.
//!
//! Absent: resetting through a shared borrow.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::initialize::{GetOrInit, GetOrTryInit};
use super::slot::Slot;
use crate::leaf::Site;
use crate::sync::permits::{Hold, Permits, Refused};

/// A cell for a value that is set once, usually by the first who needs it.
///
/// # Examples
///
/// ```
/// use wakeful::sync::OnceCell;
///
/// static ANSWER: OnceCell<u32> = OnceCell::const_new();
///
/// async fn answer() -> u32 {
///     *ANSWER.get_or_init(|| async { 6 * 7 }).await
/// }
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert_eq!(answer().await, 42);
/// assert_eq!(ANSWER.get(), Some(&42));
/// # });
/// ```
pub struct OnceCell<T> {
    slot: Slot<T>,
    permits: Permits,
    /// Not unwind-safe, as tokio's is not.
    _unwinding: PhantomData<dyn Send + Sync + Unpin>,
}

/// The right to put the value in.
pub(super) type Key<'a> = Hold<&'a Permits>;

impl<T> OnceCell<T> {
    /// Makes an empty cell.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::<u32>::new();
    /// assert_eq!(cell.get(), None);
    /// ```
    pub fn new() -> Self {
        Self::const_new()
    }

    /// Makes an empty cell, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::OnceCell;
    ///
    /// static CELL: OnceCell<u32> = OnceCell::const_new();
    /// assert!(!CELL.initialized());
    /// ```
    pub const fn const_new() -> Self {
        Self {
            slot: Slot::new(),
            permits: Permits::new(1),
            _unwinding: PhantomData,
        }
    }

    /// Makes a cell with this value, or an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::new_with(Some(1));
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn new_with(value: Option<T>) -> Self {
        match value {
            Some(value) => Self::const_new_with(value),
            None => Self::const_new(),
        }
    }

    /// Makes a cell with this value, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::OnceCell;
    ///
    /// static CELL: OnceCell<u32> = OnceCell::const_new_with(1);
    /// assert_eq!(CELL.get(), Some(&1));
    /// ```
    pub const fn const_new_with(value: T) -> Self {
        Self {
            slot: Slot::holding(value),
            permits: Permits::closed(),
            _unwinding: PhantomData,
        }
    }

    /// True when the value is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::new();
    /// assert!(!cell.initialized());
    /// cell.set(1).unwrap();
    /// assert!(cell.initialized());
    /// ```
    pub fn initialized(&self) -> bool {
        self.slot.is_set()
    }

    /// The value, if it is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::new();
    /// assert_eq!(cell.get(), None);
    /// cell.set(1).unwrap();
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.slot.get()
    }

    /// The value, if it is there, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut cell = wakeful::sync::OnceCell::from(1);
    /// *cell.get_mut().unwrap() += 1;
    /// assert_eq!(cell.get(), Some(&2));
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.slot.get_mut()
    }

    /// Puts the value in.
    ///
    /// # Errors
    ///
    /// Gives it back when there is one already, or when somebody is making one; see [`SetError`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{OnceCell, SetError};
    ///
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.set(1), Ok(()));
    /// assert_eq!(cell.set(2), Err(SetError::AlreadyInitializedError(2)));
    /// ```
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.permits.try_acquire(1) {
            Ok(()) => {
                let key = Hold {
                    pool: &self.permits,
                    count: 1,
                };
                self.fill(value, key);
                Ok(())
            }
            Err(Refused::Closed) => Err(SetError::AlreadyInitializedError(value)),
            Err(Refused::Few) => Err(SetError::InitializingError(value)),
        }
    }

    /// The value; makes it first if it is not there, by awaiting what `f` returns.
    ///
    /// While somebody else makes it, this waits for that. One who is dropped, or panics, before the
    /// value is there leaves the making to the next who waits. `f` must not ask for the value of
    /// the same cell: it would wait for itself.
    ///
    /// # Cancel safety
    ///
    /// The cell stays empty and can be used as before, but what `f` had done so far is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let cell = wakeful::sync::OnceCell::new();
    /// assert_eq!(cell.get_or_init(|| async { 1 }).await, &1);
    /// assert_eq!(cell.get_or_init(|| async { 2 }).await, &1);
    /// # });
    /// ```
    #[track_caller]
    pub fn get_or_init<F, Fut>(&self, f: F) -> GetOrInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        GetOrInit::new(self, f, Site::here())
    }

    /// The value; makes it first like [`get_or_init`](Self::get_or_init), by something that may
    /// fail.
    ///
    /// # Errors
    ///
    /// What `f`'s future returns. The cell stays empty, and the next who waits makes the value.
    ///
    /// # Cancel safety
    ///
    /// The cell stays empty and can be used as before, but what `f` had done so far is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let cell = wakeful::sync::OnceCell::new();
    /// assert!(cell.get_or_try_init(|| async { "one".parse::<u32>() }).await.is_err());
    /// assert_eq!(cell.get_or_try_init(|| async { "1".parse::<u32>() }).await, Ok(&1));
    /// # });
    /// ```
    #[track_caller]
    pub fn get_or_try_init<E, F, Fut>(&self, f: F) -> GetOrTryInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        GetOrTryInit::new(self, f, Site::here())
    }

    /// The value of a cell that is not needed any more.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::from(String::from("hello"));
    /// assert_eq!(cell.into_inner(), Some(String::from("hello")));
    /// ```
    pub fn into_inner(mut self) -> Option<T> {
        self.slot.take()
    }

    /// Takes the value out, and leaves the cell empty.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut cell = wakeful::sync::OnceCell::from(1);
    /// assert_eq!(cell.take(), Some(1));
    /// assert_eq!(cell.get(), None);
    /// cell.set(2).unwrap();
    /// ```
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }

    pub(super) fn permits(&self) -> &Permits {
        &self.permits
    }

    /// Puts the value in, and lets those who wait know.
    pub(super) fn fill(&self, value: T, key: Key<'_>) -> &T {
        let put = self.slot.put(value);
        debug_assert!(put.is_ok(), "we have the only permit");
        // The permit is not given back before they are closed, whatever a waker does.
        let key = key;
        self.permits.close();
        drop(key);
        self.slot.get().expect("it was just put in")
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        Self::const_new_with(value)
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell")
            .field("value", &self.get())
            .finish()
    }
}

/// Why [`OnceCell::set`] did not put the value in. It comes back.
///
/// # Examples
///
/// ```
/// use wakeful::sync::{OnceCell, SetError};
///
/// let cell = OnceCell::new();
/// assert_eq!(cell.set(1), Ok(()));
/// assert_eq!(cell.set(2), Err(SetError::AlreadyInitializedError(2)));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum SetError<T> {
    /// There is a value already.
    AlreadyInitializedError(T),
    /// Somebody is making a value.
    InitializingError(T),
}

impl<T> SetError<T> {
    /// True when there was a value already.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::OnceCell::from(1);
    /// assert!(cell.set(2).unwrap_err().is_already_init_err());
    /// ```
    pub fn is_already_init_err(&self) -> bool {
        matches!(self, Self::AlreadyInitializedError(_))
    }

    /// True when somebody was making a value.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let cell = wakeful::sync::OnceCell::new();
    /// cell.get_or_init(|| async {
    ///     assert!(cell.set(2).unwrap_err().is_initializing_err());
    ///     1
    /// })
    /// .await;
    /// # });
    /// ```
    pub fn is_initializing_err(&self) -> bool {
        matches!(self, Self::InitializingError(_))
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitializedError(_) => "AlreadyInitializedError",
            Self::InitializingError(_) => "InitializingError",
        })
    }
}

impl<T: fmt::Debug> std::error::Error for SetError<T> {}
