//! What a semaphore gives out, borrowing it or holding its `Arc`.
//!
//! Absent: waiting. A permit is only there once it was got.

use std::fmt;
use std::sync::Arc;

use super::Semaphore;
use crate::sync::permits::Hold;

/// One or several permits of a [`Semaphore`]. Dropping it gives them back.
///
/// Made by [`Semaphore::acquire`] and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use wakeful::sync::Semaphore;
///
/// let semaphore = Semaphore::new(2);
/// let permit = semaphore.acquire().await.unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(permit);
/// assert_eq!(semaphore.available_permits(), 2);
///
/// semaphore.acquire().await.unwrap().forget(); // this one does not come back
/// assert_eq!(semaphore.available_permits(), 1);
/// # }
/// ```
#[must_use = "dropping it gives the permits back at once"]
pub struct SemaphorePermit<'a> {
    held: Hold<&'a Semaphore>,
}

impl<'a> SemaphorePermit<'a> {
    pub(super) fn new(pool: &'a Semaphore, count: usize) -> Self {
        Self {
            held: Hold { pool, count },
        }
    }

    /// Keeps the permits from going back: the semaphore has so many fewer for good.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(2);
    /// room.try_acquire().unwrap().forget();
    /// assert_eq!(room.available_permits(), 1);
    /// ```
    pub fn forget(mut self) {
        self.held.count = 0;
    }

    /// Puts the permits of `other` to these.
    ///
    /// # Panics
    ///
    /// When they are of different semaphores.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// let mut permits = room.try_acquire().unwrap();
    /// permits.merge(room.try_acquire_many(2).unwrap());
    /// assert_eq!(permits.num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            std::ptr::eq(self.held.pool, other.held.pool),
            "merging permits from different semaphore instances"
        );
        // There are no more than `MAX_PERMITS` of them.
        self.held.count += std::mem::take(&mut other.held.count);
    }

    /// Takes `n` of the permits into one of their own. `None`: there are fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// let mut permits = room.try_acquire_many(3).unwrap();
    /// let one = permits.split(1).unwrap();
    /// assert_eq!((permits.num_permits(), one.num_permits()), (2, 1));
    /// ```
    #[must_use]
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.held.count = self.held.count.checked_sub(n)?;
        Some(Self::new(self.held.pool, n))
    }

    /// The semaphore that these are permits of.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(1);
    /// let permit = room.try_acquire().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 0);
    /// ```
    pub fn semaphore(&self) -> &Semaphore {
        self.held.pool
    }

    /// How many permits it is.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = wakeful::sync::Semaphore::new(3);
    /// assert_eq!(room.try_acquire_many(2).unwrap().num_permits(), 2);
    /// ```
    pub fn num_permits(&self) -> usize {
        self.held.count
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphorePermit")
            .field("semaphore", self.held.pool)
            .field("permits", &self.held.count)
            .finish()
    }
}

/// One or several permits of a [`Semaphore`] in an `Arc`. Dropping it gives them back.
///
/// Made by [`Semaphore::acquire_owned`] and its like.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
/// use wakeful::sync::Semaphore;
///
/// let seats = Arc::new(Semaphore::new(2));
/// for _ in 0..5 {
///     let seat = Arc::clone(&seats).acquire_owned().await.unwrap();
///     wakeful::spawn(async move {
///         let _seat = seat; // two tasks at a time
///     });
/// }
/// let all = seats.acquire_many(2).await.unwrap(); // once the last has ended
/// assert_eq!(all.num_permits(), 2);
/// # }
/// ```
#[must_use = "dropping it gives the permits back at once"]
pub struct OwnedSemaphorePermit {
    held: Hold<Arc<Semaphore>>,
}

impl OwnedSemaphorePermit {
    pub(super) fn new(pool: Arc<Semaphore>, count: usize) -> Self {
        Self {
            held: Hold { pool, count },
        }
    }

    /// Keeps the permits from going back: the semaphore has so many fewer for good.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(2));
    /// room.clone().try_acquire_owned().unwrap().forget();
    /// assert_eq!(room.available_permits(), 1);
    /// ```
    pub fn forget(mut self) {
        self.held.count = 0;
    }

    /// Puts the permits of `other` to these.
    ///
    /// # Panics
    ///
    /// When they are of different semaphores.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(3));
    /// let mut permits = room.clone().try_acquire_owned().unwrap();
    /// permits.merge(room.try_acquire_many_owned(2).unwrap());
    /// assert_eq!(permits.num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            Arc::ptr_eq(&self.held.pool, &other.held.pool),
            "merging permits from different semaphore instances"
        );
        // There are no more than `MAX_PERMITS` of them.
        self.held.count += std::mem::take(&mut other.held.count);
    }

    /// Takes `n` of the permits into one of their own. `None`: there are fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(3));
    /// let mut permits = room.try_acquire_many_owned(3).unwrap();
    /// let one = permits.split(1).unwrap();
    /// assert_eq!((permits.num_permits(), one.num_permits()), (2, 1));
    /// ```
    #[must_use]
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.held.count = self.held.count.checked_sub(n)?;
        Some(Self::new(self.held.pool.clone(), n))
    }

    /// The semaphore that these are permits of.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(1));
    /// let permit = room.clone().try_acquire_owned().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 0);
    /// ```
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.held.pool
    }

    /// How many permits it is.
    ///
    /// # Examples
    ///
    /// ```
    /// let room = std::sync::Arc::new(wakeful::sync::Semaphore::new(3));
    /// assert_eq!(room.try_acquire_many_owned(2).unwrap().num_permits(), 2);
    /// ```
    pub fn num_permits(&self) -> usize {
        self.held.count
    }
}

impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSemaphorePermit")
            .field("semaphore", &self.held.pool)
            .field("permits", &self.held.count)
            .finish()
    }
}
