//! The arena of this thread: where a spawn takes a slot and a last reference gives it back (A2).

#![expect(unsafe_code, reason = "a pointer into a thread-local box: A2")]

use std::cell::{Cell, RefCell};
use std::ptr;

use super::{Arena, Owner};

thread_local! {
    static LOCAL: Installed = const { Installed(RefCell::new(None)) };
    /// What `LOCAL` holds, or null: one load, and there to the end of the thread.
    static HERE: Cell<*const Arena> = const { Cell::new(ptr::null()) };
}

/// The arena of a thread. It goes with the thread, if nobody took it out before.
struct Installed(RefCell<Option<Box<Arena>>>);

impl Drop for Installed {
    fn drop(&mut self) {
        HERE.set(ptr::null());
    }
}

/// Makes `arena` the one this thread allocates from and frees to. Gives back the one before.
pub(crate) fn install(arena: Option<Box<Arena>>) -> Option<Box<Arena>> {
    LOCAL.with(|local| {
        HERE.set(arena.as_deref().map_or(ptr::null(), ptr::from_ref));
        local.0.replace(arena)
    })
}

/// Runs `f` with this thread's arena, if there is one. `f` must not come to [`install`], which
/// could take the arena away under it.
#[inline]
pub(super) fn here<R>(f: impl FnOnce(Option<&Arena>) -> R) -> R {
    // SAFETY: A2. The arena is in this thread's `LOCAL`, and stays there while `f` runs.
    let arena = unsafe { HERE.get().as_ref() };
    f(arena)
}

/// True if this thread's arena is one of `owner`'s.
#[inline]
pub(crate) fn is_local<S: Owner>(owner: &S) -> bool {
    let owner: *const S = owner;
    here(|arena| arena.is_some_and(|arena| ptr::eq(arena.shared().owner, owner.cast())))
}

/// Runs `f` with this thread's arena. There must be one.
#[inline]
pub(crate) fn with_local<R>(f: impl FnOnce(&Arena) -> R) -> R {
    here(|arena| f(arena.expect("the caller is on its seat")))
}
