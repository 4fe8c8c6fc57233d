//! Acquiring on a thread that runs no tasks.
//!
//! Absent: anything of its own. Each call blocks on the async one of the same name.

use std::sync::Arc;

use super::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use crate::sync::block::block_on;

impl Semaphore {
    /// Blocks this thread until it is our turn and one is free, and takes a permit.
    ///
    /// For code that is not async; the place in the queue is the same as that of
    /// [`acquire`](Self::acquire).
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use wakeful::sync::Semaphore;
    ///
    /// let room = Arc::new(Semaphore::new(0));
    /// let theirs = Arc::clone(&room);
    /// let worker = thread::spawn(move || theirs.blocking_acquire().unwrap().num_permits());
    /// room.add_permits(1);
    /// assert_eq!(worker.join().unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on("Semaphore::blocking_acquire", self.acquire())
    }

    /// Blocks this thread until it is our turn and they are free, and takes `n` permits at once.
    ///
    /// For code that is not async; the place in the queue is the same as that of
    /// [`acquire_many`](Self::acquire_many).
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use wakeful::sync::Semaphore;
    ///
    /// let room = Arc::new(Semaphore::new(0));
    /// let theirs = Arc::clone(&room);
    /// let worker = thread::spawn(move || theirs.blocking_acquire_many(2).unwrap().num_permits());
    /// room.add_permits(2);
    /// assert_eq!(worker.join().unwrap(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on("Semaphore::blocking_acquire_many", self.acquire_many(n))
    }

    /// Blocks this thread until it is our turn and one is free, and takes a permit.
    /// The permit holds the `Arc`.
    ///
    /// For code that is not async; the place in the queue is the same as that of
    /// [`acquire_owned`](Self::acquire_owned).
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use wakeful::sync::Semaphore;
    ///
    /// let room = Arc::new(Semaphore::new(0));
    /// let theirs = Arc::clone(&room);
    /// let worker = thread::spawn(move || theirs.blocking_acquire_owned());
    /// room.add_permits(1);
    /// let permit = worker.join().unwrap().unwrap();
    /// assert_eq!(permit.num_permits(), 1);
    /// ```
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on("Semaphore::blocking_acquire_owned", self.acquire_owned())
    }

    /// Blocks this thread until it is our turn and they are free, and takes `n` permits at once.
    /// The permits hold the `Arc`.
    ///
    /// For code that is not async; the place in the queue is the same as that of
    /// [`acquire_many_owned`](Self::acquire_many_owned).
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is closed, or becomes so while we wait.
    ///
    /// # Panics
    ///
    /// Inside an async task: it would stop all tasks of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use wakeful::sync::Semaphore;
    ///
    /// let room = Arc::new(Semaphore::new(0));
    /// let theirs = Arc::clone(&room);
    /// let worker = thread::spawn(move || theirs.blocking_acquire_many_owned(2));
    /// room.add_permits(2);
    /// let permit = worker.join().unwrap().unwrap();
    /// assert_eq!(permit.num_permits(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on(
            "Semaphore::blocking_acquire_many_owned",
            self.acquire_many_owned(n),
        )
    }
}
