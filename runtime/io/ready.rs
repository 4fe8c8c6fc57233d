//! What an I/O source is ready for, as a set of flags.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

use crate::io::Interest;

const READABLE: u8 = 1;
const WRITABLE: u8 = 1 << 1;
const READ_CLOSED: u8 = 1 << 2;
const WRITE_CLOSED: u8 = 1 << 3;
const PRIORITY: u8 = 1 << 4;
const ERROR: u8 = 1 << 5;

/// The set of operations an I/O source is ready for.
///
/// A set bit is a hint: the operation it stands for may still say `WouldBlock`.
///
/// # Examples
///
/// ```
/// use wakeful::io::Ready;
///
/// let ready = Ready::READABLE | Ready::READ_CLOSED;
/// assert!(ready.is_readable());
/// assert!(!ready.is_writable());
/// assert_eq!(ready - Ready::READABLE, Ready::READ_CLOSED);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ready(u8);

impl Ready {
    /// The empty set.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert_eq!(Ready::READABLE - Ready::READABLE, Ready::EMPTY);
    /// ```
    pub const EMPTY: Ready = Ready(0);

    /// There may be something to read.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// let ready = Ready::READABLE | Ready::WRITABLE;
    /// assert!(ready.is_readable() && ready.is_writable());
    /// ```
    pub const READABLE: Ready = Ready(READABLE);

    /// There may be room to write.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::WRITABLE.is_writable() && !Ready::WRITABLE.is_readable());
    /// ```
    pub const WRITABLE: Ready = Ready(WRITABLE);

    /// The other side will send nothing more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::READ_CLOSED.is_readable()); // a read says at once that it is the end
    /// ```
    pub const READ_CLOSED: Ready = Ready(READ_CLOSED);

    /// Nothing more can be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::WRITE_CLOSED.is_writable()); // a write fails at once
    /// ```
    pub const WRITE_CLOSED: Ready = Ready(WRITE_CLOSED);

    /// There is priority (out-of-band) data.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::PRIORITY.is_priority() && !Ready::READABLE.is_priority());
    /// ```
    pub const PRIORITY: Ready = Ready(PRIORITY);

    /// The source has an error to tell.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::ERROR.is_error() && !Ready::READABLE.is_error());
    /// ```
    pub const ERROR: Ready = Ready(ERROR);

    /// Every flag there is.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert_eq!(Ready::ALL & Ready::READABLE, Ready::READABLE);
    /// ```
    pub const ALL: Ready =
        Ready(READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | PRIORITY | ERROR);

    /// True if no flag is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!((Ready::READABLE & Ready::WRITABLE).is_empty());
    /// ```
    pub fn is_empty(self) -> bool {
        self == Ready::EMPTY
    }

    /// True if there may be something to read, or the read side is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::READABLE.is_readable() && Ready::READ_CLOSED.is_readable());
    /// ```
    pub fn is_readable(self) -> bool {
        self.0 & (READABLE | READ_CLOSED) != 0
    }

    /// True if there may be room to write, or the write side is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::WRITABLE.is_writable() && Ready::WRITE_CLOSED.is_writable());
    /// ```
    pub fn is_writable(self) -> bool {
        self.0 & (WRITABLE | WRITE_CLOSED) != 0
    }

    /// True if the other side will send nothing more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::READ_CLOSED.is_read_closed() && !Ready::READABLE.is_read_closed());
    /// ```
    pub fn is_read_closed(self) -> bool {
        self.0 & READ_CLOSED != 0
    }

    /// True if nothing more can be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::Ready;
    ///
    /// assert!(Ready::WRITE_CLOSED.is_write_closed() && !Ready::WRITABLE.is_write_closed());
    /// ```
    pub fn is_write_closed(self) -> bool {
        self.0 & WRITE_CLOSED != 0
    }

    /// True if there is priority data.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::io::Ready::PRIORITY.is_priority());
    /// ```
    pub fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// True if the source has an error to tell.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::io::Ready::ERROR.is_error());
    /// ```
    pub fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    /// The flags that end a wait for `interest`.
    pub(crate) fn of(interest: Interest) -> Ready {
        let mut ready = Ready::EMPTY;
        if interest.is_readable() {
            ready |= Ready::READABLE | Ready::READ_CLOSED;
        }
        if interest.is_writable() {
            ready |= Ready::WRITABLE | Ready::WRITE_CLOSED;
        }
        if interest.is_priority() {
            ready |= Ready::PRIORITY | Ready::READ_CLOSED;
        }
        if interest.is_error() {
            ready |= Ready::ERROR;
        }
        ready
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The set with these bits; unknown bits are dropped.
    pub(crate) const fn from_bits(bits: u8) -> Ready {
        Ready(bits & Ready::ALL.0)
    }
}

impl BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl BitAnd for Ready {
    type Output = Ready;

    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Ready;

    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("is_readable", &self.is_readable())
            .field("is_writable", &self.is_writable())
            .field("is_read_closed", &self.is_read_closed())
            .field("is_write_closed", &self.is_write_closed())
            .field("is_error", &self.is_error())
            .field("is_priority", &self.is_priority())
            .finish()
    }
}
