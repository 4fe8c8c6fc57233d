//! `ReadBuf`: memory to read into, without zeroing it first. The only module of `io` with `unsafe`.
//!
//! Called by every reader. `reading` has [`poll_limited`], [`poll_into_vec`] and `poll_into`, the
//! safe ways in which the rest of `io` reads into a part of a buffer, into a `Vec` and into a
//! `BufMut`.
//!
//! ```text
//!   0            filled          initialized              capacity
//!   ├── filled ────┼── set, but old ──┼── maybe never set ────┤
//!                  └──────────── unfilled, `remaining` ───────┘
//! ```
//!
//! - **RB1** `filled <= initialized <= buf.len()`. Every method keeps it; only `unsafe` ones trust
//!   their caller with it.
//! - **RB2** `buf[..initialized]` holds set bytes. Nothing lends this memory as `MaybeUninit`
//!   except through an `unsafe fn` whose contract forbids to unset it.
//! - **RB3** Safe code that is given `&mut ReadBuf` may exchange it for another one. What it says
//!   about the memory counts only if its memory still begins at the same address, which
//!   [`same_memory`](ReadBuf::same_memory) asserts. No two live buffers of nonzero length begin
//!   at the same address, as each is borrowed exclusively.
//! - **RB4** [`Spare`] counts for a vector of the same length and capacity as after the read it is
//!   of. Whoever keeps one borrows the vector exclusively, and reaches its spare capacity through
//!   [`poll_into_vec`] only.

#![expect(unsafe_code, reason = "memory of which a part was never set")]

mod reading;

#[cfg(any(feature = "bytes", feature = "io-util"))]
pub(super) use reading::poll_into;
pub(super) use reading::{Spare, poll_into_vec, poll_limited};

use std::fmt;
use std::mem::MaybeUninit;

/// A buffer to read into, which knows what part of it is filled and what part was ever set.
///
/// Readers append with [`put_slice`](Self::put_slice), or write into
/// [`initialize_unfilled`](Self::initialize_unfilled) and call [`advance`](Self::advance). The
/// three `unsafe` methods avoid even the zeroing.
///
/// # Examples
///
/// ```
/// use std::mem::MaybeUninit;
/// use wakeful::io::ReadBuf;
///
/// let mut memory = [MaybeUninit::uninit(); 8];
/// let mut buf = ReadBuf::uninit(&mut memory);
/// buf.put_slice(b"abc");
/// buf.initialize_unfilled()[0] = b'd';
/// buf.advance(1);
/// assert_eq!(buf.filled(), b"abcd");
/// assert_eq!(buf.remaining(), 4);
/// ```
pub struct ReadBuf<'a> {
    buf: &'a mut [MaybeUninit<u8>],
    filled: usize,
    initialized: usize,
}

impl<'a> ReadBuf<'a> {
    /// A buffer over bytes that are all set. None of them counts as filled.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [7; 4];
    /// let buf = wakeful::io::ReadBuf::new(&mut memory);
    /// assert_eq!((buf.filled(), buf.initialized()), (&[][..], &[7; 4][..]));
    /// ```
    #[inline]
    pub fn new(buf: &'a mut [u8]) -> ReadBuf<'a> {
        let initialized = buf.len();
        ReadBuf {
            buf: as_uninit_mut(buf),
            filled: 0,
            initialized,
        }
    }

    /// A buffer over bytes of which none needs to be set.
    ///
    /// Use [`assume_init`](Self::assume_init) if a part of them is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    /// use wakeful::io::ReadBuf;
    ///
    /// let mut memory = [MaybeUninit::uninit(); 1024]; // not zeroed
    /// let mut buf = ReadBuf::uninit(&mut memory);
    /// buf.put_slice(b"hello");
    /// assert_eq!(buf.filled(), b"hello");
    /// ```
    #[inline]
    pub fn uninit(buf: &'a mut [MaybeUninit<u8>]) -> ReadBuf<'a> {
        ReadBuf {
            buf,
            filled: 0,
            initialized: 0,
        }
    }

    /// The size of the whole buffer in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"abc");
    /// assert_eq!(buf.capacity(), 4); // whatever is in it
    /// ```
    #[inline]
    pub fn capacity(&self) -> usize {
        self.buf.len()
    }

    /// The bytes that were read.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"abc");
    /// assert_eq!(buf.filled(), b"abc");
    /// ```
    #[inline]
    pub fn filled(&self) -> &[u8] {
        // SAFETY: RB1, RB2. The filled part is set.
        unsafe { assume_init(&self.buf[..self.filled]) }
    }

    /// The bytes that were read, to change in place.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"abc");
    /// buf.filled_mut().make_ascii_uppercase();
    /// assert_eq!(buf.filled(), b"ABC");
    /// ```
    #[inline]
    pub fn filled_mut(&mut self) -> &mut [u8] {
        // SAFETY: RB1, RB2. The filled part is set, and `&mut [u8]` cannot unset it.
        unsafe { assume_init_mut(&mut self.buf[..self.filled]) }
    }

    /// A buffer over the first `n` unfilled bytes, or over all of them if there are fewer.
    ///
    /// What is read into it does not become filled here: tell this buffer with
    /// [`assume_init`](Self::assume_init) and [`advance`](Self::advance).
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// let mut part = buf.take(2); // for a reader that is to read no more than two bytes
    /// part.put_slice(b"ab");
    /// let read = part.filled().len();
    /// buf.advance(read); // all of it was set from the start
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    pub fn take(&mut self, n: usize) -> ReadBuf<'_> {
        let n = n.min(self.remaining());
        ReadBuf {
            initialized: (self.initialized - self.filled).min(n),
            filled: 0,
            buf: &mut self.buf[self.filled..self.filled + n],
        }
    }

    /// The bytes that are set: the filled ones and maybe more.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [std::mem::MaybeUninit::uninit(); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// buf.put_slice(b"abc");
    /// buf.clear();
    /// assert_eq!(buf.initialized(), b"abc"); // old, but set
    /// ```
    #[inline]
    pub fn initialized(&self) -> &[u8] {
        // SAFETY: RB2.
        unsafe { assume_init(&self.buf[..self.initialized]) }
    }

    /// The bytes that are set, to change in place.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.initialized_mut()[..2].copy_from_slice(b"ab");
    /// buf.advance(2);
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    pub fn initialized_mut(&mut self) -> &mut [u8] {
        // SAFETY: RB2, and `&mut [u8]` cannot unset them.
        unsafe { assume_init_mut(&mut self.buf[..self.initialized]) }
    }

    /// The whole buffer, whatever it holds.
    ///
    /// # Safety
    ///
    /// The caller must not unset bytes that are set (**RB2**).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// let mut memory = [MaybeUninit::uninit(); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// // SAFETY: it sets bytes, and unsets none.
    /// unsafe {
    ///     buf.inner_mut()[0] = MaybeUninit::new(b'a');
    ///     buf.assume_init(1);
    /// }
    /// buf.advance(1);
    /// assert_eq!(buf.filled(), b"a");
    /// ```
    #[inline]
    pub unsafe fn inner_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        self.buf
    }

    /// The unfilled part, whatever it holds.
    ///
    /// # Safety
    ///
    /// The caller must not unset bytes that are set (**RB2**).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// let mut memory = [MaybeUninit::uninit(); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// buf.put_slice(b"a");
    /// // SAFETY: it sets bytes, and unsets none.
    /// unsafe {
    ///     buf.unfilled_mut()[0] = MaybeUninit::new(b'b');
    ///     buf.assume_init(1);
    /// }
    /// buf.advance(1);
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    pub unsafe fn unfilled_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.buf[self.filled..]
    }

    /// The unfilled part, zeroed where it was never set.
    ///
    /// The zeroing is remembered: it happens once for each byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// let mut memory = [std::mem::MaybeUninit::uninit(); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// let read = (&b"ab"[..]).read(buf.initialize_unfilled()).unwrap(); // std wants a `&mut [u8]`
    /// buf.advance(read);
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    pub fn initialize_unfilled(&mut self) -> &mut [u8] {
        self.initialize_unfilled_to(self.remaining())
    }

    /// The first `n` unfilled bytes, zeroed where they were never set.
    ///
    /// # Panics
    ///
    /// If fewer than `n` bytes are unfilled.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [std::mem::MaybeUninit::uninit(); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// assert_eq!(buf.initialize_unfilled_to(2), [0, 0]);
    /// assert_eq!(buf.initialized().len(), 2); // the rest is as it was
    /// ```
    #[inline]
    #[track_caller]
    pub fn initialize_unfilled_to(&mut self, n: usize) -> &mut [u8] {
        assert!(self.remaining() >= n, "n overflows remaining");
        let end = self.filled + n;
        if self.initialized < end {
            self.buf[self.initialized..end].fill(MaybeUninit::new(0));
            self.initialized = end;
        }
        // SAFETY: RB2. `initialized` is at least `end` now.
        unsafe { assume_init_mut(&mut self.buf[self.filled..end]) }
    }

    /// How many bytes are unfilled.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"abc");
    /// assert_eq!(buf.remaining(), 1);
    /// ```
    #[inline]
    pub fn remaining(&self) -> usize {
        self.buf.len() - self.filled
    }

    /// Makes nothing filled. What is set stays set.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"abc");
    /// buf.clear(); // for the next read
    /// assert_eq!(buf.remaining(), 4);
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// Counts `n` more bytes as filled.
    ///
    /// # Panics
    ///
    /// If that reaches bytes that were never set.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.initialize_unfilled()[..2].copy_from_slice(b"ab");
    /// buf.advance(2);
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    #[track_caller]
    pub fn advance(&mut self, n: usize) {
        let filled = self.filled.checked_add(n).expect("filled overflow");
        self.set_filled(filled);
    }

    /// Counts the first `n` bytes of the buffer, and only these, as filled.
    ///
    /// # Panics
    ///
    /// If that reaches bytes that were never set.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"ab\n");
    /// buf.set_filled(2); // the line break goes
    /// assert_eq!(buf.filled(), b"ab");
    /// ```
    #[inline]
    #[track_caller]
    pub fn set_filled(&mut self, n: usize) {
        assert!(
            n <= self.initialized,
            "filled must not become larger than initialized"
        );
        self.filled = n;
    }

    /// States that the first `n` unfilled bytes are set.
    ///
    /// # Safety
    ///
    /// They must be, and there must be that many (**RB1**, **RB2**).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// let mut memory = [MaybeUninit::new(b'a'); 4];
    /// let mut buf = wakeful::io::ReadBuf::uninit(&mut memory);
    /// // SAFETY: all four were set above.
    /// unsafe { buf.assume_init(4) };
    /// buf.advance(2);
    /// assert_eq!(buf.filled(), b"aa");
    /// ```
    #[inline]
    pub unsafe fn assume_init(&mut self, n: usize) {
        debug_assert!(n <= self.remaining());
        self.initialized = self.initialized.max(self.filled + n);
    }

    /// Appends `bytes` to the filled part.
    ///
    /// # Panics
    ///
    /// If fewer than `bytes.len()` bytes are unfilled.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = [0; 4];
    /// let mut buf = wakeful::io::ReadBuf::new(&mut memory);
    /// buf.put_slice(b"ab");
    /// buf.put_slice(b"c");
    /// assert_eq!(buf.filled(), b"abc");
    /// ```
    #[inline]
    #[track_caller]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        assert!(
            self.remaining() >= bytes.len(),
            "buf.len() must fit in remaining(); buf.len() = {}, remaining() = {}",
            bytes.len(),
            self.remaining()
        );
        let end = self.filled + bytes.len();
        self.buf[self.filled..end].copy_from_slice(as_uninit(bytes));
        self.initialized = self.initialized.max(end);
        self.filled = end;
    }

    /// Asserts **RB3**: this is still a view of the memory that begins at `start`.
    #[inline]
    #[track_caller]
    fn same_memory(&self, start: *const MaybeUninit<u8>) {
        assert!(
            self.buf.as_ptr() == start,
            "poll_read exchanged the ReadBuf it was given"
        );
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("initialized", &self.initialized)
            .field("capacity", &self.capacity())
            .finish()
    }
}

fn as_uninit(bytes: &[u8]) -> &[MaybeUninit<u8>] {
    let start = bytes.as_ptr().cast();
    // SAFETY: RB2 is not touched: the view is shared, so it cannot unset the bytes. The two types
    // have the same layout.
    unsafe { std::slice::from_raw_parts(start, bytes.len()) }
}

/// Only for [`ReadBuf::new`], which never lends the result to safe code (RB2).
fn as_uninit_mut(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (start, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: RB2. Same layout, and the one caller keeps the bytes set.
    unsafe { std::slice::from_raw_parts_mut(start, len) }
}

/// # Safety
///
/// All of `bytes` is set.
unsafe fn assume_init(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: RB2, as the caller says. Same layout.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// # Safety
///
/// All of `bytes` is set.
unsafe fn assume_init_mut(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    let (start, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: RB2, as the caller says. Same layout.
    unsafe { std::slice::from_raw_parts_mut(start, len) }
}
