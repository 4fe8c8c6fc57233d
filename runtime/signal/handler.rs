//! The signal handler, and how it is put in place.
//!
//! Called by the kernel, and by [`relay`](super::relay) and [`unix`](super::unix) to install it. It
//! calls only what may be called in a handler: atomics, `getpid`, `write`.
//!
//! Invariants:
//! - **SH1** Nothing in [`on_signal`] takes a lock, allocates or panics.
//! - **SH2** `WRITER` is an open descriptor of the process whose id is in `OWNER`, and stays open:
//!   it is stored first, and its owner is leaked. In a child of a fork that has not listened yet
//!   the ids differ, and the handler leaves word and bell alone: both are the parent's.
//! - **SH3** What `PREVIOUS` points to is never freed: a handler may be reading it.
//! - **SH4** A handler leaves `errno` as it found it.
//!
//! A handler is installed once for each number and stays, for it cannot know who has put theirs on
//! top since. With it the signal's default action is gone for the life of the process. It passes
//! the signal on to the handler that was there before; system calls are restarted (SA_RESTART).
//!
//! In place of this file: `signal-hook-registry`, with the same chaining and a list of actions for
//! each signal. We need one action, and the list of packages has a limit.

#![expect(unsafe_code, reason = "sigaction, and what a signal handler may call")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{IntoRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process;
use std::ptr;
use std::sync::atomic::{
    AtomicI32, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use libc::{c_int, c_void, siginfo_t};

use super::pending::{LAST, Pending};
use crate::primitives::Mutex;

/// What has come and has not been told.
pub(super) static PENDING: Pending = Pending::new();

/// The end of the bell that the handler writes to.
static WRITER: AtomicI32 = AtomicI32::new(-1);

/// The process the bell belongs to. 0 before there is one.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// What was there before us, by number.
static PREVIOUS: [AtomicPtr<libc::sigaction>; LAST as usize + 1] =
    [const { AtomicPtr::new(ptr::null_mut()) }; LAST as usize + 1];

/// The numbers that have our handler.
static INSTALLED: Mutex<u64> = Mutex::new(0);

type Plain = extern "C" fn(c_int);
type Informed = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// From now on the handler rings at `writer`, in this process. What came before is forgotten.
pub(super) fn ring_at(writer: UnixStream) {
    // A child of a fork has its parent's word.
    let _ = PENDING.answer(|| ());
    WRITER.store(writer.into_raw_fd(), Relaxed);
    // ORDERING: Release; pairs with the Acquire in on_signal: it finds the writer of this owner.
    OWNER.store(process::id(), Release);
}

/// Puts the handler in place for `number`, if it is not.
///
/// # Errors
///
/// What the operating system says; it may keep a number to itself.
pub(super) fn install(number: u32) -> io::Result<()> {
    let bit = 1 << (number - 1);
    let mut installed = INSTALLED.lock();
    if *installed & bit != 0 {
        return Ok(());
    }
    let signal = number as c_int;
    // Before ours is there: it may be called at once.
    let before = exchange(signal, None)?;
    remember(number, before);
    let replaced = exchange(signal, Some(&ours()))?;
    if replaced.sa_sigaction != before.sa_sigaction {
        // Somebody was faster between the two.
        remember(number, replaced);
    }
    *installed |= bit;
    Ok(())
}

/// Keeps what was there before (SH3: for ever).
fn remember(number: u32, action: libc::sigaction) {
    let action = Box::into_raw(Box::new(action));
    // ORDERING: Release, for the fields; pairs with the Acquire in pass_on.
    PREVIOUS[number as usize].store(action, Release);
}

/// What the signal does now; and what it does from now on, if `action` is given.
fn exchange(signal: c_int, action: Option<&libc::sigaction>) -> io::Result<libc::sigaction> {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    let action = action.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both pointers are to a `sigaction` or null, and what is installed is `on_signal`,
    // which may run at any point (SH1).
    let result = unsafe { libc::sigaction(signal, action, before.as_mut_ptr()) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has filled it, over zeros, which are a `sigaction` as well.
    Ok(unsafe { before.assume_init() })
}

fn ours() -> libc::sigaction {
    let action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are a `sigaction`: numbers, an empty set, no function.
    let mut action = unsafe { action.assume_init() };
    action.sa_sigaction = on_signal as Informed as usize;
    // Not on the alternate stack: std's has room for one handler, and several kinds may nest.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the pointer is to the set of an action of ours.
    unsafe { libc::sigemptyset(&raw mut action.sa_mask) };
    action
}

/// Runs at any point of any thread of this process.
extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // ORDERING: Acquire; pairs with the Release in ring_at.
    if OWNER.load(Acquire) == process::id() {
        if let Some(number) = number_of(signal) {
            PENDING.note(number, ring);
        }
    }
    pass_on(signal, info, context);
}

/// The number, if it has a bit in the word.
pub(super) fn number_of(signal: c_int) -> Option<u32> {
    let number = u32::try_from(signal).ok()?;
    (1..=LAST).contains(&number).then_some(number)
}

/// One byte for the relays. If it does not fit, bytes are there, and they see these.
fn ring() {
    write_to(WRITER.load(Relaxed));
}

fn write_to(writer: RawFd) {
    let errno = errno();
    // SAFETY: SH4. The pointer is to the `errno` of this thread.
    let saved = unsafe { errno.read() };
    let byte = 1_u8;
    // SAFETY: SH2. The descriptor is open and ours, and the pointer is to one byte.
    unsafe { libc::write(writer, (&raw const byte).cast(), 1) };
    // SAFETY: SH4. As above.
    unsafe { errno.write(saved) };
}

/// Calls the handler that was there before, as the kernel would have.
fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(slot) = PREVIOUS.get(signal as usize) else {
        return;
    };
    // ORDERING: Acquire; pairs with the Release in remember.
    let previous = slot.load(Acquire);
    // SAFETY: SH3. Null, or an action that is never freed or written.
    let previous = unsafe { previous.as_ref() };
    let Some(previous) = previous.filter(|previous| is_function(previous)) else {
        return;
    };
    let function = ptr::with_exposed_provenance::<()>(previous.sa_sigaction);
    if previous.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: SH3. Who installed it with this flag gave a function of three arguments.
        let function = unsafe { std::mem::transmute::<*const (), Informed>(function) };
        function(signal, info, context);
    } else {
        // SAFETY: SH3. Who installed it without the flag gave a function of one argument.
        let function = unsafe { std::mem::transmute::<*const (), Plain>(function) };
        function(signal);
    }
}

fn is_function(action: &libc::sigaction) -> bool {
    let address = action.sa_sigaction;
    address != libc::SIG_DFL && address != libc::SIG_IGN
}

/// Where this thread's `errno` is.
fn errno() -> *mut c_int {
    #[cfg(any(
        target_os = "linux",
        target_os = "emscripten",
        target_os = "fuchsia",
        target_os = "hurd",
        target_os = "l4re",
        target_os = "dragonfly",
        target_os = "redox"
    ))]
    use libc::__errno_location as location;

    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;

    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    use libc::___errno as location;

    // SAFETY: it only gives an address, which is good for as long as the thread lives.
    unsafe { location() }
}

#[cfg(test)]
pub(super) fn errno_after_a_ring_that_fails(before: c_int) -> c_int {
    // SAFETY: the pointer is to the `errno` of this thread.
    unsafe { errno().write(before) };
    write_to(-1);
    // SAFETY: as above.
    unsafe { errno().read() }
}
