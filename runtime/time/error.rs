//! What can go wrong with time.

use std::error;
use std::fmt;
use std::io;

/// A [`timeout`](fn@crate::time::timeout) ran out before its future completed.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::time::{Duration, timeout};
///
/// let late = timeout(Duration::ZERO, std::future::pending::<()>()).await.unwrap_err();
/// assert_eq!(late.to_string(), "deadline has elapsed");
/// let late: std::io::Error = late.into();
/// assert_eq!(late.kind(), std::io::ErrorKind::TimedOut);
/// # });
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl Elapsed {
    pub(super) fn new() -> Self {
        Elapsed(())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        "deadline has elapsed".fmt(f)
    }
}

impl error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(_: Elapsed) -> io::Error {
        io::ErrorKind::TimedOut.into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Shutdown,
    AtCapacity,
    Invalid,
}

/// Why a timer cannot be used. No function of this crate returns it; programs that build their
/// own timers on these names do.
///
/// # Examples
///
/// ```
/// use wakeful::time::error::Error;
///
/// /// A timer of our own, with room for so many.
/// fn start(running: usize) -> Result<(), Error> {
///     if running < 1000 { Ok(()) } else { Err(Error::at_capacity()) }
/// }
/// assert!(start(1000).unwrap_err().is_at_capacity());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(Kind);

impl Error {
    /// The timer's runtime has shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::time::error::Error::shutdown().is_shutdown());
    /// ```
    pub fn shutdown() -> Error {
        Error(Kind::Shutdown)
    }

    /// True if the timer's runtime has shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::time::error::Error::invalid().is_shutdown());
    /// ```
    pub fn is_shutdown(&self) -> bool {
        self.0 == Kind::Shutdown
    }

    /// There is no room for another timer.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::time::error::Error::at_capacity().is_at_capacity());
    /// ```
    pub fn at_capacity() -> Error {
        Error(Kind::AtCapacity)
    }

    /// True if there is no room for another timer.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::time::error::Error::invalid().is_at_capacity());
    /// ```
    pub fn is_at_capacity(&self) -> bool {
        self.0 == Kind::AtCapacity
    }

    /// The duration is out of range.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::time::error::Error::invalid().is_invalid());
    /// ```
    pub fn invalid() -> Error {
        Error(Kind::Invalid)
    }

    /// True if the duration is out of range.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::time::error::Error::shutdown().is_invalid());
    /// ```
    pub fn is_invalid(&self) -> bool {
        self.0 == Kind::Invalid
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            Kind::Shutdown => "the timer is shutdown, its wakeful runtime is gone",
            Kind::AtCapacity => "timer is at capacity and cannot create a new entry",
            Kind::Invalid => "timer duration exceeds maximum duration",
        };
        f.write_str(text)
    }
}

impl error::Error for Error {}
