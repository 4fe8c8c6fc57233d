//! What every leaf operation does when it returns `Pending`: it says what it waits for, and where.
//!
//! A leaf is a future that waits for something itself instead of polling other futures: a lock, a
//! receive, a sleep, a socket. Each is made by a plain `#[track_caller]` fn, keeps the caller's
//! [`Site`], and calls [`waiting`] right before it returns `Pending`. The note goes into the
//! header of the task whose waker it was polled with, where `Handle::dump` reads it. Under a
//! foreign executor's waker the note goes nowhere and costs one comparison.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::task::{Context, Waker};

use crate::engine::task;
pub(crate) use crate::engine::task::Kept;

/// A place in the user's program.
#[derive(Clone, Copy)]
pub(crate) struct Site(&'static Location<'static>);

impl Site {
    /// The caller of the `#[track_caller]` fn this is used in.
    #[track_caller]
    #[inline]
    pub(crate) fn here() -> Self {
        Self(Location::caller())
    }

    /// A place known from elsewhere.
    pub(crate) fn at(location: &'static Location<'static>) -> Self {
        Self(location)
    }

    pub(crate) fn location(self) -> &'static Location<'static> {
        self.0
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

/// What kind of thing a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Nothing = 0,
    Mutex,
    RwLockRead,
    RwLockWrite,
    Semaphore,
    Notify,
    Condvar,
    Barrier,
    Oneshot,
    Promise,
    Channel,
    Join,
    Sleep,
    Readable,
    Writable,
    Yield,
    Blocking,
    Signal,
    Process,
    Cancellation,
    Broadcast,
    Watch,
    OnceCell,
    SetOnce,
}

impl Kind {
    const NAMES: &[(Kind, &'static str)] = &[
        (Kind::Nothing, "nothing"),
        (Kind::Mutex, "Mutex"),
        (Kind::RwLockRead, "RwLock (read)"),
        (Kind::RwLockWrite, "RwLock (write)"),
        (Kind::Semaphore, "Semaphore"),
        (Kind::Notify, "Notify"),
        (Kind::Condvar, "Condvar"),
        (Kind::Barrier, "Barrier"),
        (Kind::Oneshot, "oneshot"),
        (Kind::Promise, "Promise"),
        (Kind::Channel, "channel"),
        (Kind::Join, "JoinHandle"),
        (Kind::Sleep, "sleep"),
        (Kind::Readable, "readable I/O"),
        (Kind::Writable, "writable I/O"),
        (Kind::Yield, "yield"),
        (Kind::Blocking, "blocking call"),
        (Kind::Signal, "signal"),
        (Kind::Process, "process"),
        (Kind::Cancellation, "CancellationToken"),
        (Kind::Broadcast, "broadcast"),
        (Kind::Watch, "watch"),
        (Kind::OnceCell, "OnceCell"),
        (Kind::SetOnce, "SetOnce"),
    ];

    /// True of the numbers of locks, whose holders may be known.
    pub(crate) fn is_lock(number: u8) -> bool {
        let locks = [
            Self::Mutex,
            Self::RwLockRead,
            Self::RwLockWrite,
            Self::Semaphore,
        ];
        locks.iter().any(|kind| *kind as u8 == number)
    }

    /// What a kind is about, whatever is to be done with it.
    pub(crate) fn thing(number: u8) -> &'static str {
        let name = Self::name(number);
        name.split_once(' ').map_or(name, |(thing, _)| thing)
    }

    /// The name of the kind with this number, for dumps.
    pub(crate) fn name(number: u8) -> &'static str {
        let found = Self::NAMES.iter().find(|(kind, _)| *kind as u8 == number);
        found.map_or("something", |(_, name)| name)
    }
}

/// Notes in the current task's header that it waits for `resource`, a `kind`, at `site`.
///
/// `resource` names the thing among others of its kind: an address or a token. Its low 56 bits
/// are kept.
#[inline]
pub(crate) fn waiting(cx: &Context<'_>, kind: Kind, resource: usize, site: Site) {
    if let Some(task) = task::task_of(cx.waker()) {
        task.wait.set(kind as u8, resource, site.0);
    }
}

/// The address of the task that is polled with `cx`. 0: not a task of ours, or hidden behind
/// somebody else's waker. As long as a waker of that task is kept no other task has the address.
#[inline]
pub(crate) fn task(cx: &Context<'_>) -> usize {
    task::task_of(cx.waker()).map_or(0, |task| std::ptr::from_ref(task).addr())
}

/// Takes a note back: the task that `waker` wakes, or without one the task that is polled here,
/// does not wait for `resource` any more. For a lock that was got, or given up, in the same poll
/// in which the note was made; each poll begins without one.
pub(crate) fn waits_no_more(waker: Option<&Waker>, kind: Kind, resource: usize) {
    match waker {
        Some(waker) => {
            if let Some(task) = task::task_of(waker) {
                task.wait.take_back(kind as u8, resource);
            }
        }
        None => task::with_current(|task| task.wait.take_back(kind as u8, resource)),
    }
}

thread_local! {
    static MUST_NOT_BLOCK: Cell<bool> = const { Cell::new(false) };
    static IS_ALONE: Cell<bool> = const { Cell::new(false) };
}

/// True on a thread whose tasks have it to themselves: while one runs, no other of them does.
pub(crate) fn is_alone() -> bool {
    IS_ALONE.try_with(Cell::get).unwrap_or(false)
}

/// This thread runs a single-threaded runtime, until the guard drops.
pub(crate) struct Alone(bool);

impl Alone {
    pub(crate) fn begin() -> Self {
        Self(IS_ALONE.replace(true))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        IS_ALONE.set(self.0);
    }
}

/// True on a thread that is running tasks: blocking it would stall them.
pub(crate) fn must_not_block() -> bool {
    MUST_NOT_BLOCK.try_with(Cell::get).unwrap_or(false)
}

/// Restores, when dropped, whether this thread may block.
#[derive(Debug)]
pub(crate) struct NoBlocking(bool);

/// This thread runs tasks from now on, until the guard drops.
pub(crate) fn forbid_blocking() -> NoBlocking {
    NoBlocking(MUST_NOT_BLOCK.replace(true))
}

/// This thread may block, until the guard drops.
pub(crate) fn allow_blocking() -> NoBlocking {
    NoBlocking(MUST_NOT_BLOCK.replace(false))
}

impl Drop for NoBlocking {
    fn drop(&mut self) {
        let _ = MUST_NOT_BLOCK.try_with(|flag| flag.set(self.0));
    }
}

/// Panics on a thread that runs tasks. `what` is the call that would block it.
#[track_caller]
pub(crate) fn deny_blocking(what: &str) {
    assert!(
        !must_not_block(),
        "Cannot block the current thread from within a runtime: `{what}` would stop the async \
         tasks that it runs; use the async method, or move the call into `spawn_blocking`"
    );
}
