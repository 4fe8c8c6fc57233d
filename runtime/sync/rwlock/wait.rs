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
