//! A thread in a runtime: `EnterGuard`, and asking for the runtime one is in.
//!
//! Absent: where a thread keeps it (`context.rs`).

use std::fmt;
use std::marker::PhantomData;

use super::context::{self, Entered};
use super::handle::Handle;

/// Keeps a thread inside a runtime. Made by [`Handle::enter`] and `Runtime::enter`.
///
/// Guards must be dropped in the reverse order of their making.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::{Builder, Handle};
///
/// let runtime = Builder::new_current_thread().build().unwrap();
/// let guard = runtime.enter();
/// let task = wakeful::spawn(async { 1 }); // finds the runtime
/// drop(guard);
/// assert!(Handle::try_current().is_err());
/// assert_eq!(runtime.block_on(task).unwrap(), 1);
/// ```
#[derive(Debug)]
#[must_use = "dropping the guard leaves the runtime again"]
pub struct EnterGuard<'a> {
    _entered: Entered,
    runtime: PhantomData<&'a Handle>,
    // As tokio's guard is not.
    not_unwind_safe: PhantomData<dyn Send + Sync + Unpin>,
}

/// There is no runtime on this thread.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Handle;
///
/// let error = Handle::try_current().unwrap_err();
/// assert!(error.is_missing_context());
/// println!("{error}"); // says what to do
/// ```
#[derive(Debug)]
pub struct TryCurrentError(Missing);

#[derive(Debug)]
enum Missing {
    NoContext,
    ThreadLocalDestroyed,
}

impl TryCurrentError {
    /// The thread is in no runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::runtime::Handle::try_current().unwrap_err().is_missing_context());
    /// ```
    #[must_use]
    pub fn is_missing_context(&self) -> bool {
        matches!(self.0, Missing::NoContext)
    }

    /// The thread is ending and its thread-locals are gone.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = wakeful::runtime::Handle::try_current().unwrap_err();
    /// assert!(!error.is_thread_local_destroyed()); // only in destructors of thread-locals
    /// ```
    #[must_use]
    pub fn is_thread_local_destroyed(&self) -> bool {
        matches!(self.0, Missing::ThreadLocalDestroyed)
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Missing::NoContext => f.write_str(context::NO_RUNTIME),
            Missing::ThreadLocalDestroyed => {
                f.write_str("this thread is ending and its runtime context is gone")
            }
        }
    }
}

impl std::error::Error for TryCurrentError {}

impl Handle {
    /// The runtime this thread is in.
    ///
    /// # Panics
    ///
    /// If there is none. See [`try_current`](Self::try_current).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use wakeful::runtime::Handle;
    ///
    /// let handle = Handle::current();
    /// // A thread of ours spawns onto the runtime that started it.
    /// let thread = std::thread::spawn(move || handle.spawn(async { 1 }));
    /// assert_eq!(thread.join().unwrap().await.unwrap(), 1);
    /// # }
    /// ```
    #[track_caller]
    #[must_use]
    pub fn current() -> Self {
        context::handle()
    }

    /// The runtime this thread is in.
    ///
    /// # Errors
    ///
    /// [`TryCurrentError`] if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::{Builder, Handle};
    ///
    /// assert!(Handle::try_current().unwrap_err().is_missing_context());
    /// let runtime = Builder::new_current_thread().build().unwrap();
    /// assert!(runtime.block_on(async { Handle::try_current().is_ok() }));
    /// ```
    pub fn try_current() -> Result<Self, TryCurrentError> {
        context::try_handle().ok_or_else(|| {
            let gone = context::is_thread_local_destroyed();
            let why = if gone {
                Missing::ThreadLocalDestroyed
            } else {
                Missing::NoContext
            };
            TryCurrentError(why)
        })
    }

    /// Puts this thread into the runtime, so that `wakeful::spawn`, sockets and timers find it.
    /// It does not run anything.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::net::UdpSocket;
    ///
    /// let runtime = wakeful::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    /// let std = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    /// std.set_nonblocking(true).unwrap();
    /// let _guard = runtime.handle().enter();
    /// assert!(UdpSocket::from_std(std).is_ok()); // would panic outside of a runtime
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard {
            _entered: context::enter(self),
            runtime: PhantomData,
            not_unwind_safe: PhantomData,
        }
    }
}
