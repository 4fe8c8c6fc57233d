//! A counting semaphore: `Permits` with a public face.
//!
//! Called by users; calls `permits`. Absent: any state of its own.

mod blocking;
mod error;
mod permit;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::leaf::{Kind, Site};
use crate::sync::held::NotUnwindSafe;
use crate::sync::permits::{self, Acquiring, Permits, Pool};

pub use error::{AcquireError, TryAcquireError};
pub use permit::{OwnedSemaphorePermit, SemaphorePermit};

/// Permits to be taken and given back, for instance to bound how many tasks do something at once.
///
/// It is fair: permits are given out in the order in which the futures were first polled, also
/// when they ask for many. A large request at the head of the queue holds up the smaller ones
/// behind it. It works on any executor.
///
/// # Examples
///
/// At most two tasks work at a time.
///
/// ```
/// use std::sync::Arc;
/// use wakeful::sync::Semaphore;
///
/// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
/// # runtime.unwrap().block_on(async {
/// let room = Arc::new(Semaphore::new(2));
/// let mut tasks = Vec::new();
/// for _ in 0..5 {
///     let permit = room.clone().acquire_owned().await.unwrap();
///     tasks.push(wakeful::task::spawn(async move {
///         // Work, and make room.
///         drop(permit);
///     }));
/// }
/// for task in tasks {
///     task.await.unwrap();
/// }
/// # });
/// ```
pub struct Semaphore {
    permits: Permits,
    _unwinding: NotUnwindSafe,
}

impl Pool for Semaphore {
    fn permits(&self) -> &Permits {
        &self.permits
    }
}

impl Semaphore {
    /// The most permits a semaphore can have: `usize::MAX >> 3`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(Semaphore::MAX_PERMITS); // one more would panic
    /// assert_eq!(semaphore.available_permits(), usize::MAX >> 3);
    /// ```
    pub const MAX_PERMITS: usize = permits::MAX;

    /// Makes a semaphore with that many permits.
    ///
    /// # Panics
    ///
    /// When `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// assert_eq!(room.available_permits(), 3);
    /// ```
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self::const_new(permits)
    }

    /// Makes a semaphore with that many permits, in a constant.
    ///
    /// # Panics
    ///
    /// When `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::Semaphore;
    ///
    /// static ROOM: Semaphore = Semaphore::const_new(3);
    /// ```
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        Self {
            permits: Permits::new(permits),
            _unwinding: PhantomData,
        }
    }

    /// The permits that are free now.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// let permit = room.try_acquire().unwrap();
    /// assert_eq!(room.available_permits(), 2);
    /// ```
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Adds `n` permits.
    ///
    /// # Panics
    ///
    /// When there would be more than [`MAX_PERMITS`](Self::MAX_PERMITS) free ones.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(0);
    /// room.add_permits(2);
    /// assert!(room.try_acquire_many(2).is_ok());
    /// ```
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        self.permits.release(n);
    }

    /// Takes up to `n` free permits away for good, and returns how many it were.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// assert_eq!(room.forget_permits(5), 3);
    /// assert_eq!(room.available_permits(), 0);
    /// ```
    pub fn forget_permits(&self, n: usize) -> usize {
        self.permits.forget(n)
    }

    /// Takes a permit, waiting until it is our turn and one is free.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. No permit is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let room = wakeful::sync::Semaphore::new(1);
    /// let permit = room.acquire().await.unwrap();
    /// assert_eq!(room.available_permits(), 0);
    /// # });
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_> {
        self.acquire_many(1)
    }

    /// Takes `n` permits at once, waiting until it is our turn and they are free.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. No permit is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let room = wakeful::sync::Semaphore::new(5);
    /// let permits = room.acquire_many(3).await.unwrap();
    /// assert_eq!(room.available_permits(), 2);
    /// # });
    /// ```
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> Acquire<'_> {
        Acquire {
            acquiring: Acquiring::new(self, n, Kind::Semaphore, Site::here()),
        }
    }

    /// Takes a permit when one is free.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`]: closed, or none is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Semaphore, TryAcquireError};
    ///
    /// let room = Semaphore::new(1);
    /// let permit = room.try_acquire().unwrap();
    /// assert_eq!(room.try_acquire().err(), Some(TryAcquireError::NoPermits));
    /// ```
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits at once when they are free.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`]: closed, or fewer are free.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(4);
    /// let permits = room.try_acquire_many(3).unwrap();
    /// assert!(room.try_acquire_many(2).is_err());
    /// ```
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_take(n as usize)?;
        Ok(SemaphorePermit::new(self, n as usize))
    }

    /// Takes a permit like [`acquire`](Self::acquire); the permit holds the `Arc`.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. No permit is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let room = Arc::new(wakeful::sync::Semaphore::new(1));
    /// let permit = room.clone().acquire_owned().await.unwrap();
    /// assert_eq!(room.available_permits(), 0);
    /// # });
    /// ```
    #[track_caller]
    pub fn acquire_owned(self: Arc<Self>) -> AcquireOwned {
        self.acquire_many_owned(1)
    }

    /// Takes `n` permits like [`acquire_many`](Self::acquire_many); they hold the `Arc`.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the place in the queue. No permit is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// # let runtime = wakeful::runtime::Builder::new_current_thread().enable_all().build();
    /// # runtime.unwrap().block_on(async {
    /// let room = Arc::new(wakeful::sync::Semaphore::new(5));
    /// let permits = room.clone().acquire_many_owned(3).await.unwrap();
    /// assert_eq!(room.available_permits(), 2);
    /// # });
    /// ```
    #[track_caller]
    pub fn acquire_many_owned(self: Arc<Self>, n: u32) -> AcquireOwned {
        AcquireOwned {
            acquiring: Acquiring::new(self, n, Kind::Semaphore, Site::here()),
        }
    }

    /// Takes a permit when one is free; the permit holds the `Arc`.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`]: closed, or none is free.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(1));
    /// let permit = room.clone().try_acquire_owned().unwrap();
    /// assert!(room.try_acquire_owned().is_err());
    /// ```
    #[track_caller]
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// Takes `n` permits at once when they are free; they hold the `Arc`.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError`]: closed, or fewer are free.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(4));
    /// let permits = room.clone().try_acquire_many_owned(3).unwrap();
    /// assert_eq!(room.available_permits(), 1);
    /// ```
    #[track_caller]
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_take(n as usize)?;
        Ok(OwnedSemaphorePermit::new(self, n as usize))
    }

    #[track_caller]
    fn try_take(&self, count: usize) -> Result<(), TryAcquireError> {
        self.permits.try_acquire(count)?;
        self.permits.took(count, Site::here());
        Ok(())
    }

    /// Closes the semaphore: nobody gets a permit from now on, and everybody who waits for one
    /// gets an error. Permits that were given out stay good, and go back as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sync::{Semaphore, TryAcquireError};
    ///
    /// let room = Semaphore::new(1);
    /// room.close();
    /// assert_eq!(room.try_acquire().err(), Some(TryAcquireError::Closed));
    /// ```
    pub fn close(&self) {
        self.permits.close();
    }

    /// True after [`close`](Self::close).
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(1);
    /// assert!(!room.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("permits", &self.available_permits())
            .field("closed", &self.is_closed())
            .finish()
    }
}

pin_project! {
    /// Waits for permits; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::Semaphore;
    /// use wakeful::time::timeout;
    ///
    /// let semaphore = Semaphore::new(1);
    /// // Giving up gives back what it had got so far.
    /// assert!(timeout(Duration::from_secs(1), semaphore.acquire_many(2)).await.is_err());
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Acquire<'a> {
        #[pin]
        acquiring: Acquiring<&'a Semaphore>,
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<SemaphorePermit<'a>, AcquireError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let count = self.acquiring.count();
        let polled = self.project().acquiring.poll(cx);
        polled.map(|polled| match polled {
            Ok(semaphore) => Ok(SemaphorePermit::new(semaphore, count as usize)),
            Err(_) => Err(AcquireError(())),
        })
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("permits", &self.acquiring.count())
            .field("site", &self.acquiring.site())
            .finish()
    }
}

pin_project! {
    /// Waits for permits; made by [`Semaphore::acquire_owned`] and
    /// [`Semaphore::acquire_many_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use wakeful::sync::Semaphore;
    ///
    /// let semaphore = Arc::new(Semaphore::new(0));
    /// let task = wakeful::spawn(Arc::clone(&semaphore).acquire_owned());
    /// semaphore.add_permits(1);
    /// drop(task.await.unwrap().unwrap());
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct AcquireOwned {
        #[pin]
        acquiring: Acquiring<Arc<Semaphore>>,
    }
}

impl Future for AcquireOwned {
    type Output = Result<OwnedSemaphorePermit, AcquireError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let count = self.acquiring.count();
        let polled = self.project().acquiring.poll(cx);
        polled.map(|polled| match polled {
            Ok(semaphore) => Ok(OwnedSemaphorePermit::new(semaphore, count as usize)),
            Err(_) => Err(AcquireError(())),
        })
    }
}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned")
            .field("permits", &self.acquiring.count())
            .field("site", &self.acquiring.site())
            .finish()
    }
}
