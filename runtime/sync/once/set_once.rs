//! A value that somebody brings, once, and that others wait for.
//!
//! Called by users; calls `slot` and `audience`. The value is put in under the mutex of the
//! audience: who is refused there finds it.
//!
//! Absent: a second value.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::slot::Slot;
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::audience::{Audience, close_and_call};
use crate::sync::waiters::Node;

/// A cell for a value that is set once, and can be waited for.
///
/// # Examples
///
/// ```
/// use wakeful::sync::SetOnce;
///
/// static READY: SetOnce<u32> = SetOnce::const_new();
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// wakeful::spawn(async { READY.set(20) });
/// assert_eq!(READY.wait().await, &20);
/// assert_eq!(READY.get(), Some(&20));
/// # });
/// ```
pub struct SetOnce<T> {
    slot: Slot<T>,
    audience: Audience<()>,
}

impl<T> SetOnce<T> {
    /// Makes an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::SetOnce::<u32>::new();
    /// assert_eq!(cell.get(), None);
    /// ```
    pub fn new() -> Self {
        Self {
            slot: Slot::new(),
            audience: Audience::new(()),
        }
    }

    /// Makes an empty one, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::SetOnce;
    ///
    /// static CELL: SetOnce<u32> = SetOnce::const_new();
    /// assert!(!CELL.initialized());
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new() -> Self {
        Self {
            slot: Slot::new(),
            audience: Audience::new(()),
        }
    }

    /// Makes one with this value, or an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::SetOnce::new_with(Some(1));
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    #[cfg(not(loom))]
    pub fn new_with(value: Option<T>) -> Self {
        match value {
            Some(value) => Self::const_new_with(value),
            None => Self::const_new(),
        }
    }

    /// Makes one with this value, in a constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::SetOnce;
    ///
    /// static CELL: SetOnce<u32> = SetOnce::const_new_with(1);
    /// assert_eq!(CELL.get(), Some(&1));
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new_with(value: T) -> Self {
        Self {
            slot: Slot::holding(value),
            audience: Audience::new(()),
        }
    }

    /// True when the value is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::SetOnce::new();
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
    /// let cell = wakeful::sync::SetOnce::new();
    /// assert_eq!(cell.get(), None);
    /// cell.set(1).unwrap();
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.slot.get()
    }

    /// Puts the value in, and wakes all who wait for it.
    ///
    /// # Errors
    ///
    /// Gives it back when there is one already.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{SetOnce, SetOnceError};
    ///
    /// let cell = SetOnce::new();
    /// assert_eq!(cell.set(1), Ok(()));
    /// assert_eq!(cell.set(2), Err(SetOnceError(2)));
    /// ```
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        if self.initialized() {
            return Err(SetOnceError(value));
        }
        let open = self.audience.open();
        match self.slot.put(value) {
            Ok(()) => {
                close_and_call(open).wake();
                Ok(())
            }
            Err(value) => {
                drop(open);
                Err(SetOnceError(value))
            }
        }
    }

    /// The value of one that is not needed any more.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = wakeful::sync::SetOnce::from(String::from("hello"));
    /// assert_eq!(cell.into_inner(), Some(String::from("hello")));
    /// ```
    pub fn into_inner(mut self) -> Option<T> {
        self.slot.take()
    }

    /// Waits until the value is there.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost. A new call sees the same state.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wakeful::sync::SetOnce;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let cell = Arc::new(SetOnce::new());
    /// let theirs = cell.clone();
    /// wakeful::spawn(async move { theirs.set("here") });
    /// assert_eq!(cell.wait().await, &"here");
    /// # });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> SetOnceWait<'_, T> {
        SetOnceWait {
            cell: self,
            site: Site::here(),
            node: Node::new(()),
        }
    }
}

pin_project! {
    /// Waits for the value; made by [`SetOnce::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::SetOnce;
    ///
    /// let cell = SetOnce::new();
    /// let sets = async { cell.set(1) };
    /// let (value, set) = wakeful::join!(cell.wait(), sets);
    /// assert_eq!((value, set), (&1, Ok(())));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct SetOnceWait<'a, T> {
        cell: &'a SetOnce<T>,
        site: Site,
        #[pin]
        node: Node<()>,
    }

    impl<T> PinnedDrop for SetOnceWait<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.cell.audience.leave(this.node.as_ref());
        }
    }
}

impl<'a, T> Future for SetOnceWait<'a, T> {
    type Output = &'a T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        let spent = ready!(budget::poll_proceed(cx));
        let this = self.project();
        let cell = *this.cell;
        let look = |_: &mut ()| cell.get();
        let Poll::Ready(value) = cell.audience.poll(this.node.as_ref(), cx.waker(), look) else {
            let resource = std::ptr::from_ref(cell).addr();
            leaf::waiting(cx, Kind::SetOnce, resource, *this.site);
            return Poll::Pending;
        };
        spent.made_progress();
        Poll::Ready(value)
    }
}

impl<T> fmt::Debug for SetOnceWait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnceWait")
            .field("site", &self.site)
            .finish()
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(not(loom))]
impl<T> From<T> for SetOnce<T> {
    fn from(value: T) -> Self {
        Self::const_new_with(value)
    }
}

#[cfg(not(loom))]
impl<T: Clone> Clone for SetOnce<T> {
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnce")
            .field("value", &self.get())
            .finish()
    }
}

/// There was a value already. The one that was to be set comes back.
///
/// # Examples
///
/// ```
/// use wakeful::sync::{SetOnce, SetOnceError};
///
/// let cell = SetOnce::new();
/// assert_eq!(cell.set(1), Ok(()));
/// assert_eq!(cell.set(2), Err(SetOnceError(2)));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct SetOnceError<T>(pub T);

impl<T> fmt::Display for SetOnceError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetOnceError")
    }
}

impl<T: fmt::Debug> std::error::Error for SetOnceError<T> {}
