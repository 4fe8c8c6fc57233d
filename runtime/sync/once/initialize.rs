//! The futures that give the value of a `OnceCell`, and make it if they have to.
//!
//! Both are `Initialize` with a face. It waits for the cell's permit, calls the function, and polls
//! what came of it; the permit is in its hands all the time.
//!
//! Absent: a leaf of its own. What is waited for is the permit, or whatever the user's future
//! waits for.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::cell::{Key, OnceCell};
use crate::budget;
use crate::leaf::{Kind, Site};
use crate::sync::permits::{Acquiring, Hold, Permits};

pin_project! {
    struct Initialize<'a, T, F, Fut> {
        cell: &'a OnceCell<T>,
        // None once it was called.
        make: Option<F>,
        site: Site,
        // Waited for while there is neither permit nor value: most find the value at once.
        #[pin]
        acquiring: Option<Acquiring<&'a Permits>>,
        // Ours while `making` is there. Dropped after it.
        #[pin]
        making: Option<Fut>,
        key: Option<Key<'a>>,
    }
}

/// Ends the attempt of one whose future panics: the permit goes to the next.
struct Attempt<'p, 'a, Fut> {
    making: Pin<&'p mut Option<Fut>>,
    key: &'p mut Option<Key<'a>>,
    goes_on: bool,
}

impl<Fut> Drop for Attempt<'_, '_, Fut> {
    fn drop(&mut self) {
        if !self.goes_on {
            self.making.set(None);
            drop(self.key.take());
        }
    }
}

impl<'a, T, F, Fut> Initialize<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future,
{
    fn new(cell: &'a OnceCell<T>, make: F, site: Site) -> Self {
        Self {
            cell,
            make: Some(make),
            site,
            acquiring: None,
            making: None,
            key: None,
        }
    }

    #[inline]
    fn poll<E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        made: impl FnOnce(Fut::Output) -> Result<T, E>,
    ) -> Poll<Result<&'a T, E>> {
        let this = self.as_mut().project();
        if this.key.is_none() {
            assert!(
                this.make.is_some(),
                "a future of a OnceCell was polled after it had completed"
            );
            if let Some(value) = this.cell.get() {
                ready!(budget::poll_proceed(cx)).made_progress();
                *this.make = None;
                return Poll::Ready(Ok(value));
            }
        }
        self.poll_making(cx, made)
    }

    /// There is no value yet.
    fn poll_making<E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        made: impl FnOnce(Fut::Output) -> Result<T, E>,
    ) -> Poll<Result<&'a T, E>> {
        let mut this = self.project();
        let cell = *this.cell;
        if this.key.is_none() {
            if this.acquiring.is_none() {
                let acquiring = Acquiring::new(cell.permits(), 1, Kind::OnceCell, *this.site);
                this.acquiring.set(Some(acquiring));
            }
            let Some(acquiring) = this.acquiring.as_mut().as_pin_mut() else {
                unreachable!("it was made a moment ago");
            };
            match ready!(acquiring.poll(cx)) {
                Ok(pool) => *this.key = Some(Hold { pool, count: 1 }),
                Err(_) => {
                    *this.make = None;
                    let value = cell.get();
                    return Poll::Ready(
                        Ok(value.expect("the last permit was closed over a value")),
                    );
                }
            }
        }
        let mut attempt = Attempt {
            making: this.making,
            key: this.key,
            goes_on: false,
        };
        if let Some(make) = this.make.take() {
            attempt.making.set(Some(make()));
        }
        let Some(making) = attempt.making.as_mut().as_pin_mut() else {
            unreachable!("it was made when the permit came");
        };
        let Poll::Ready(output) = making.poll(cx) else {
            attempt.goes_on = true;
            return Poll::Pending;
        };
        let value = made(output);
        attempt.making.set(None);
        Poll::Ready(match (value, attempt.key.take()) {
            (Ok(value), Some(key)) => Ok(cell.fill(value, key)),
            (Ok(_), None) => unreachable!("the permit stays with us"),
            (Err(error), _key) => Err(error),
        })
    }
}

pin_project! {
    /// Gives the value of a cell, and makes it first if it is not there; made by
    /// [`OnceCell::get_or_init`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::future::pending;
    /// use std::time::Duration;
    /// use wakeful::sync::OnceCell;
    /// use wakeful::time::timeout;
    ///
    /// let cell = OnceCell::new();
    /// // An attempt that is given up leaves the cell to the next.
    /// let never = cell.get_or_init(|| pending::<u32>());
    /// assert!(timeout(Duration::from_secs(1), never).await.is_err());
    /// assert_eq!(cell.get_or_init(|| async { 2 }).await, &2);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct GetOrInit<'a, T, F, Fut> {
        #[pin]
        initialize: Initialize<'a, T, F, Fut>,
    }
}

impl<'a, T, F, Fut> GetOrInit<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future,
{
    pub(super) fn new(cell: &'a OnceCell<T>, make: F, site: Site) -> Self {
        Self {
            initialize: Initialize::new(cell, make, site),
        }
    }
}

impl<'a, T, F, Fut> Future for GetOrInit<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = T>,
{
    type Output = &'a T;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        let made = self.project().initialize.poll(cx, Ok::<T, Infallible>);
        made.map(|made| match made {
            Ok(value) => value,
            Err(never) => match never {},
        })
    }
}

impl<T, F, Fut> fmt::Debug for GetOrInit<'_, T, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetOrInit")
            .field("site", &self.initialize.site)
            .finish()
    }
}

pin_project! {
    /// Gives the value of a cell, and tries to make it first if it is not there; made by
    /// [`OnceCell::get_or_try_init`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::OnceCell;
    ///
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.get_or_try_init(|| async { Err("no") }).await, Err("no"));
    /// let second = cell.get_or_try_init(|| async { Ok::<_, &str>(2) }); // may try again
    /// assert_eq!(second.await, Ok(&2));
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct GetOrTryInit<'a, T, F, Fut> {
        #[pin]
        initialize: Initialize<'a, T, F, Fut>,
    }
}

impl<'a, T, F, Fut> GetOrTryInit<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future,
{
    pub(super) fn new(cell: &'a OnceCell<T>, make: F, site: Site) -> Self {
        Self {
            initialize: Initialize::new(cell, make, site),
        }
    }
}

impl<'a, T, E, F, Fut> Future for GetOrTryInit<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    type Output = Result<&'a T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().initialize.poll(cx, |made| made)
    }
}

impl<T, F, Fut> fmt::Debug for GetOrTryInit<'_, T, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetOrTryInit")
            .field("site", &self.initialize.site)
            .finish()
    }
}
