//! A value that will be there later, and the right to set it once.
//!
//! An *event* ([`Notify`](super::Notify)) says that something happened, carries nothing and can
//! happen again. A *callback* ([`Promise::then`]) is code that runs with the value where the value
//! is set, on the thread that sets it, without a task that waits. A *promise* is the value itself,
//! not there yet: it is set once, it can be handed on and awaited before or after that, on any
//! executor.
//!
//! ```text
//!   Resolver --resolve(v)--> Promise --.await--> Result<T, PromiseError>
//!                              |  \--then(f)---> Promise<U>, f runs inside `resolve`
//!                              \--shared()-----> SharedPromise, Clone: every reader gets a clone
//! ```
//!
//! A promise is the receiving end of `ends` of `oneshot` under names that fit its use: one
//! allocation, one atomic read-modify-write to resolve it, at most one to take the value.
//! `then` adds an allocation for the callback.
//!
//! Absent: a rejected state. A promise of something that may fail is a `Promise<Result<T, E>>`;
//! [`PromiseError`] only tells that the resolver was dropped.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::oneshot::ends::{ReceiveEnd, SendEnd, open};
use crate::leaf::{Kind, Site};

mod shared;
#[cfg(test)]
mod tests;
mod then;

pub use shared::SharedPromise;

/// The future of a value that somebody sets once, through a [`Resolver`].
///
/// Await it for the value, or for [`PromiseError`] if the resolver was dropped.
/// It works on any executor and needs no runtime.
///
/// # Panics
///
/// Polling it again after it gave its outcome panics.
///
/// # Cancel safety
///
/// Dropping the promise drops the value, if it is there, and [`Resolver::resolve`] gives later
/// values back. To stop waiting and go on later, poll `&mut promise`: nothing is lost then.
///
/// # Examples
///
/// ```
/// use wakeful::sync::Promise;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (promise, resolver) = Promise::new();
/// std::thread::spawn(move || resolver.resolve(6 * 7));
/// assert_eq!(promise.await, Ok(42));
/// # });
/// ```
#[must_use = "a promise does nothing unless it is awaited or followed by `then`"]
pub struct Promise<T> {
    end: ReceiveEnd<T>,
    site: Site,
}

impl<T> Promise<T> {
    /// A promise, and the resolver that keeps it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// let (promise, resolver) = Promise::new();
    /// resolver.resolve("kept").unwrap();
    /// assert_eq!(promise.try_take().unwrap(), Ok("kept"));
    /// ```
    #[track_caller]
    pub fn new() -> (Promise<T>, Resolver<T>) {
        let (sender, receiver) = open();
        (Self::over(receiver), Resolver { end: sender })
    }

    /// A promise that is kept already.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// assert_eq!(Promise::resolved(1).await, Ok(1));
    /// # });
    /// ```
    #[track_caller]
    pub fn resolved(value: T) -> Promise<T> {
        Self::over(ReceiveEnd::with_message(value))
    }

    /// The promise of what a callback-style function will report.
    ///
    /// `start` is called at once with the resolver, to hand it to whatever calls back.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// /// A library that reports through a callback.
    /// fn download(report: impl FnOnce(usize) + Send + 'static) {
    ///     std::thread::spawn(move || report(4096));
    /// }
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let size = Promise::from_callback(|resolver| {
    ///     download(move |bytes| drop(resolver.resolve(bytes)));
    /// });
    /// assert_eq!(size.await, Ok(4096));
    /// # });
    /// ```
    #[track_caller]
    pub fn from_callback(start: impl FnOnce(Resolver<T>)) -> Promise<T> {
        let (promise, resolver) = Self::new();
        start(resolver);
        promise
    }

    /// Takes the outcome if it is there; gives the promise back if not. Never waits.
    ///
    /// # Errors
    ///
    /// The promise itself, unchanged, while the outcome is not there.
    ///
    /// # Panics
    ///
    /// If the outcome was handed out before, by polling through `&mut`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Promise, PromiseError};
    ///
    /// let (promise, resolver) = Promise::<u8>::new();
    /// let promise = promise.try_take().unwrap_err();
    /// drop(resolver);
    /// assert!(matches!(promise.try_take(), Ok(Err(PromiseError { .. }))));
    /// ```
    #[track_caller]
    pub fn try_take(mut self) -> Result<Result<T, PromiseError>, Promise<T>> {
        use super::oneshot::ends::NoMessage;
        assert!(!self.end.is_finished(), "{TAKEN}");
        match self.end.try_receive() {
            Ok(value) => Ok(Ok(value)),
            Err(NoMessage::Ever) => Ok(Err(PromiseError::new())),
            Err(NoMessage::Yet) => Err(self),
        }
    }

    /// Runs `callback` with the value when it is set, and promises what the callback returns.
    ///
    /// The callback runs inside [`Resolver::resolve`], on that thread, or at once, on this one, if
    /// the value is there. It needs no runtime, and no task waits for it, so it should be short.
    /// It also runs if the promise returned here is dropped. If the resolver is dropped instead,
    /// the callback is dropped without being called and the promise returned is broken, too.
    ///
    /// # Panics
    ///
    /// A panic of the callback goes to whoever ran it: the caller of `resolve`, or of `then`. The
    /// promise returned is broken: awaiting it gives [`PromiseError`]. `then` also panics if the
    /// outcome was handed out before, by polling through `&mut`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (promise, resolver) = Promise::new();
    /// let length = promise.then(|text: &str| text.len()).then(|bytes| bytes * 8);
    /// resolver.resolve("four").unwrap();
    /// assert_eq!(length.await, Ok(32));
    /// # });
    /// ```
    #[track_caller]
    pub fn then<U, F>(self, callback: F) -> Promise<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(T) -> U + Send + 'static,
    {
        assert!(!self.end.is_finished(), "{TAKEN}");
        let (next, resolver) = Promise::new();
        then::attach(self.end, callback, resolver);
        next
    }

    /// Makes a promise that can be cloned: each reader gets a clone of the value.
    ///
    /// # Panics
    ///
    /// If the outcome was handed out before, by polling through `&mut`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (promise, resolver) = Promise::new();
    /// let here = promise.shared();
    /// let there = wakeful::spawn(here.clone());
    /// resolver.resolve(String::from("for all")).unwrap();
    /// assert_eq!(here.await.unwrap(), "for all");
    /// assert_eq!(there.await.unwrap().unwrap(), "for all");
    /// # });
    /// ```
    #[track_caller]
    pub fn shared(self) -> SharedPromise<T>
    where
        T: Clone + Send + Sync + 'static,
    {
        assert!(!self.end.is_finished(), "{TAKEN}");
        SharedPromise::over(self.end)
    }

    #[track_caller]
    fn over(end: ReceiveEnd<T>) -> Self {
        Self {
            end,
            site: Site::here(),
        }
    }
}

/// The message of a use after the outcome was handed out.
const TAKEN: &str = "the outcome of this promise was taken before";

impl<T> Future for Promise<T> {
    type Output = Result<T, PromiseError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(!this.end.is_finished(), "{TAKEN}");
        this.end
            .poll(cx, Kind::Promise, this.site)
            .map(|value| value.ok_or_else(PromiseError::new))
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise")
            .field("is_resolved", &self.end.has_message())
            .field("site", &self.site)
            .finish()
    }
}

/// Sets the value of one [`Promise`]. Made by [`Promise::new`].
///
/// Dropping it breaks the promise: awaiting it gives [`PromiseError`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::Promise;
///
/// let (promise, resolver) = Promise::new();
/// std::thread::spawn(move || resolver.resolve("done")); // from any thread
/// assert_eq!(promise.await, Ok("done"));
///
/// let (promise, resolver) = Promise::<u32>::new();
/// drop(resolver);
/// assert!(promise.await.is_err());
/// # }
/// ```
#[must_use = "dropping the resolver breaks the promise"]
pub struct Resolver<T> {
    end: SendEnd<T>,
}

impl<T> Resolver<T> {
    /// Sets the value: wakes the task that awaits the promise, or runs its callback here.
    ///
    /// Never waits, unless a callback given to [`Promise::then`] does.
    ///
    /// # Errors
    ///
    /// Gives the value back if the promise was dropped.
    ///
    /// # Panics
    ///
    /// If a callback of [`Promise::then`] panics. The value counts as set, the promise that the
    /// callback was to keep is broken, and nothing else is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// let (promise, resolver) = Promise::new();
    /// drop(promise);
    /// assert_eq!(resolver.resolve("too late"), Err("too late"));
    /// ```
    pub fn resolve(self, value: T) -> Result<(), T> {
        self.end.send(value)
    }

    /// True once the promise was dropped: nobody wants the value any more.
    ///
    /// A callback of [`Promise::then`] wants the value for as long as it waits, and so does a
    /// [`SharedPromise`], even after its last reader was dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Promise;
    ///
    /// let (promise, resolver) = Promise::<u8>::new();
    /// assert!(!resolver.is_abandoned());
    /// drop(promise);
    /// assert!(resolver.is_abandoned());
    /// ```
    pub fn is_abandoned(&self) -> bool {
        self.end.is_closed()
    }
}

impl<T> fmt::Debug for Resolver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("is_abandoned", &self.is_abandoned())
            .finish()
    }
}

/// The promise is broken: its resolver was dropped without setting a value.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::{Promise, PromiseError};
///
/// let promise = Promise::<u32>::from_callback(drop); // nobody will resolve it
/// let error: PromiseError = promise.await.unwrap_err();
/// println!("{error}");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromiseError {}

impl PromiseError {
    fn new() -> Self {
        Self {}
    }
}

impl fmt::Display for PromiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("promise broken: its resolver was dropped without a value")
    }
}

impl std::error::Error for PromiseError {}
