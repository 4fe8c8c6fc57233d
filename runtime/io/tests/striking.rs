//! A waker whose clone, wake and drop run code of the test: it strikes back at whoever holds a
//! lock meanwhile.
//!
//! - **SK1** The waker has no data: its pointer is null and never used, so every function of the
//!   table may be called with it on any thread.

#![expect(
    unsafe_code,
    reason = "std offers no safe waker whose clone can be watched"
)]

use std::cell::RefCell;
use std::ptr;
use std::rc::Rc;
use std::task::{RawWaker, RawWakerVTable, Waker};

type Strike = Rc<dyn Fn(&'static str)>;

thread_local! {
    static STRIKE: RefCell<Option<Strike>> = const { RefCell::new(None) };
}

static TABLE: RawWakerVTable = RawWakerVTable::new(
    |_| {
        strike("clone");
        RawWaker::new(ptr::null(), &TABLE)
    },
    |_| strike("wake"),
    |_| strike("wake"),
    |_| strike("drop"),
);

fn strike(what: &'static str) {
    // A strike that strikes itself would not end.
    let taken = STRIKE.with(|strike| strike.borrow_mut().take());
    if let Some(action) = taken {
        action(what);
        STRIKE.with(|strike| strike.borrow_mut().get_or_insert(action).clone());
    }
}

/// The waker that runs `action` for each of its clones, wakes and drops on this thread.
pub(in crate::io) fn waker(action: impl Fn(&'static str) + 'static) -> Waker {
    STRIKE.with(|strike| *strike.borrow_mut() = Some(Rc::new(action)));
    // SAFETY: SK1.
    unsafe { Waker::from_raw(RawWaker::new(ptr::null(), &TABLE)) }
}

/// Ends the strikes of this thread.
pub(in crate::io) fn stop() {
    STRIKE.with(|strike| strike.borrow_mut().take());
}
