//! The futures that lock a `RwLock`.
//!
//! Absent: logic. They wait for permits and make a guard of them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use crate::sync::permits::{Acquiring, Refused};

pin_project! {
    /// Waits to read; made by [`RwLock::read`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    /// use wakeful::sync::RwLock;
    /// use wakeful::time::timeout;
    ///
    /// let lock = RwLock::new(1);
    /// let writes = lock.write().await;
    /// assert!(timeout(Duration::from_secs(1), lock.read()).await.is_err());
    /// drop(writes);
    /// assert_eq!(*lock.read().await, 1);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Read<'a, T>
    where
        T: ?Sized,
    {
        #[pin]
        acquiring: Acquiring<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to write; made by [`RwLock::write`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::sync::RwLock;
    ///
    /// let lock = RwLock::new(0);
    /// let reads = lock.read().await;
    /// let mut write = std::pin::pin!(lock.write());
    /// wakeful::select! {
    ///     biased;
    ///     _ = &mut write => unreachable!("somebody reads"),
    ///     () = async {} => {}
    /// }
    /// assert!(lock.try_read().is_err()); // nobody overtakes a writer that waits
    /// drop(reads);
    /// *write.await += 1;
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Write<'a, T>
    where
        T: ?Sized,
    {
        #[pin]
        acquiring: Acquiring<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to read; made by [`RwLock::read_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use wakeful::sync::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let read = Arc::clone(&lock).read_owned(); // locks nothing yet
    /// *lock.write().await += 1;
    /// assert_eq!(*read.await, 2);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadOwned<T>
    where
        T: ?Sized,
    {
        #[pin]
        acquiring: Acquiring<Arc<RwLock<T>>>,
    }
}

pin_project! {
    /// Waits to write; made by [`RwLock::write_owned`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use wakeful::sync::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let write = Arc::clone(&lock).write_owned(); // locks nothing yet
    /// assert_eq!(*lock.read().await, 1);
    /// *write.await += 1;
    /// assert_eq!(*lock.read().await, 2);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct WriteOwned<T>
    where
        T: ?Sized,
    {
        #[pin]
        acquiring: Acquiring<Arc<RwLock<T>>>,
    }
}

/// What the four have in common: `$waiting` takes permits of a `$pool`, and `$made` makes a
/// `$guard` of them.
macro_rules! waits {
    ([$($params:tt)*] $waiting:ty, $pool:ty => $guard:ty, $made:path, $name:literal) => {
        impl<$($params)* T: ?Sized> $waiting {
            pub(super) fn new(acquiring: Acquiring<$pool>) -> Self {
                Self { acquiring }
            }
        }

        impl<$($params)* T: ?Sized> Future for $waiting {
            type Output = $guard;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.project().acquiring.poll(cx).map(|taken| $made(open(taken)))
            }
        }

        impl<$($params)* T: ?Sized> fmt::Debug for $waiting {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name).field("site", &self.acquiring.site()).finish()
            }
        }
    };
}

waits!(['a,] Read<'a, T>, &'a RwLock<T> => RwLockReadGuard<'a, T>, RwLock::reader, "Read");
waits!(['a,] Write<'a, T>, &'a RwLock<T> => RwLockWriteGuard<'a, T>, RwLock::writer, "Write");
waits!([] ReadOwned<T>, Arc<RwLock<T>> => OwnedRwLockReadGuard<T>, RwLock::reader_owned,
    "ReadOwned");
waits!([] WriteOwned<T>, Arc<RwLock<T>> => OwnedRwLockWriteGuard<T>, RwLock::writer_owned,
    "WriteOwned");

fn open<P>(taken: Result<P, Refused>) -> P {
    match taken {
        Ok(pool) => pool,
        Err(_) => unreachable!("nobody closes the permits of a RwLock"),
    }
}
