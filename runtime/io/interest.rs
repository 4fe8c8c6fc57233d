//! What a task wants to know about an I/O source, as a set of flags that is never empty.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

const READABLE: u8 = 1;
const WRITABLE: u8 = 1 << 1;
const PRIORITY: u8 = 1 << 2;
const ERROR: u8 = 1 << 3;

/// The operations a task wants an I/O source to be ready for.
///
/// # Examples
///
/// ```
/// use wakeful::io::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u8);

impl Interest {
    /// Something to read, or the read side closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// let either = Interest::READABLE | Interest::WRITABLE;
    /// assert!(either.is_readable() && !Interest::WRITABLE.is_readable());
    /// ```
    pub const READABLE: Interest = Interest(READABLE);

    /// Room to write, or the write side closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// assert!(Interest::WRITABLE.is_writable() && !Interest::WRITABLE.is_readable());
    /// ```
    pub const WRITABLE: Interest = Interest(WRITABLE);

    /// An error.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::ERROR).is_error());
    /// ```
    pub const ERROR: Interest = Interest(ERROR);

    /// Priority (out-of-band) data, or the read side closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// assert!((Interest::READABLE | Interest::PRIORITY).is_priority());
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const PRIORITY: Interest = Interest(PRIORITY);

    /// True if the set has readable in it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::io::Interest::READABLE.is_readable());
    /// ```
    pub const fn is_readable(self) -> bool {
        self.0 & READABLE != 0
    }

    /// True if the set has writable in it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::io::Interest::READABLE.is_writable());
    /// ```
    pub const fn is_writable(self) -> bool {
        self.0 & WRITABLE != 0
    }

    /// True if the set has error in it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::io::Interest::READABLE.is_error()); // an error is told all the same
    /// ```
    pub const fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    /// True if the set has priority in it. Only on Linux and Android can it be.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wakeful::io::Interest::READABLE.is_priority());
    /// ```
    pub const fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// Both sets as one. `|` for const contexts.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
    /// assert_eq!(BOTH, Interest::READABLE | Interest::WRITABLE);
    /// ```
    #[must_use = "this returns the union and changes nothing"]
    pub const fn add(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    /// What is left without `other`, or `None` if nothing is.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Interest;
    ///
    /// let both = Interest::READABLE | Interest::WRITABLE;
    /// assert_eq!(both.remove(Interest::WRITABLE), Some(Interest::READABLE));
    /// assert_eq!(both.remove(both), None); // no interest at all is none
    /// ```
    #[must_use = "this returns the difference and changes nothing"]
    pub fn remove(self, other: Interest) -> Option<Interest> {
        match self.0 & !other.0 {
            0 => None,
            left => Some(Interest(left)),
        }
    }
}

impl BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (READABLE, "READABLE"),
            (WRITABLE, "WRITABLE"),
            (PRIORITY, "PRIORITY"),
            (ERROR, "ERROR"),
        ];
        let mut separator = "";
        for (bit, name) in names {
            if self.0 & bit != 0 {
                write!(f, "{separator}{name}")?;
                separator = " | ";
            }
        }
        Ok(())
    }
}
