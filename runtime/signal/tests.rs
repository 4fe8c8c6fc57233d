//! Listeners without a kernel; the handler's manners.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use super::listeners::{Listener, tell};
use super::pending::{LAST, Pending};
use super::unix::{SignalKind, listen};
use super::{handler, relay};
use crate::engine::reactor::{self, Reactor};

/// Counts its wakes, and calls somebody back at each.
struct Bell<F>(AtomicUsize, F);

impl<F: Fn() + Send + Sync + 'static> Bell<F> {
    fn new(back: F) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(0), back))
    }

    fn rung(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl<F: Fn() + Send + Sync + 'static> Wake for Bell<F> {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        (self.1)();
    }
}

fn poll(listener: &mut Listener, waker: &Waker) -> Poll<()> {
    listener.poll(&Context::from_waker(waker))
}

// Each test has a number of its own: slots are the process's.

#[test]
fn only_the_first_of_several_rings() {
    let pending = Pending::new();
    let rings = AtomicUsize::new(0);
    let ring = || {
        rings.fetch_add(1, SeqCst);
    };
    for number in [3, 3, LAST, 1] {
        pending.note(number, ring);
    }
    assert_eq!(rings.load(SeqCst), 1);
    assert!(pending.answer(|| ()).eq([1, 3, LAST]));
    assert!(pending.answer(|| ()).eq([]));
    pending.note(2, ring);
    assert_eq!(rings.load(SeqCst), 2);
}

#[test]
fn numbers_have_bits_up_to_the_last() {
    assert_eq!(handler::number_of(1), Some(1));
    assert_eq!(handler::number_of(LAST as i32), Some(LAST));
    for number in [0, -1, LAST as i32 + 1, i32::MIN, i32::MAX] {
        assert_eq!(handler::number_of(number), None);
    }
}

#[test]
fn a_listener_is_told_once_for_all_since_the_last_time() {
    let mut listener = Listener::new(40);
    let bell = Bell::new(|| ());
    let waker = Waker::from(bell.clone());
    assert!(poll(&mut listener, &waker).is_pending());
    tell([40, 41].into_iter());
    tell([40].into_iter());
    assert_eq!(bell.rung(), 1);
    assert!(poll(&mut listener, &waker).is_ready());
    assert!(poll(&mut listener, &waker).is_pending());
    // Who comes later has nothing to see.
    assert!(poll(&mut Listener::new(40), Waker::noop()).is_pending());
}

/// R29, R30. The last waker is woken, and none stays behind.
#[test]
fn the_last_waker_is_woken_and_let_go() {
    let mut listener = Listener::new(42);
    let bells = [(); 2].map(|()| Bell::new(|| ()));
    for bell in &bells {
        assert!(poll(&mut listener, &Waker::from(bell.clone())).is_pending());
    }
    assert_eq!(Arc::strong_count(&bells[0]), 1);
    tell([42].into_iter());
    assert_eq!([bells[0].rung(), bells[1].rung()], [0, 1]);
    assert!(poll(&mut listener, Waker::noop()).is_ready());
    assert!(poll(&mut listener, &Waker::from(bells[0].clone())).is_pending());
    drop(listener);
    assert_eq!(Arc::strong_count(&bells[0]), 1);
    assert_eq!(Arc::strong_count(&bells[1]), 1);
}

/// R33. Wake, clone and drop of a waker may listen, tell and stop listening.
#[test]
fn r33_wakers_may_call_back() {
    use crate::sync::testing::{each_reentry, no_deadlock};

    no_deadlock(|| {
        let back = || {
            let mut other = Listener::new(43);
            let _ = poll(&mut other, Waker::noop());
            tell([44].into_iter());
        };
        each_reentry(back, |waker, _| {
            let mut listener = Listener::new(43);
            let _ = poll(&mut listener, waker);
            let _ = poll(&mut listener, waker);
            tell([43].into_iter());
            let _ = poll(&mut listener, waker);
            let _ = poll(&mut listener, waker);
        });
    });
}

#[test]
fn a_waker_that_panics_keeps_nobody_from_being_told() {
    let mut listeners = [(); 3].map(|()| Listener::new(45));
    let panics = Bell::new(|| panic!("a waker of a test"));
    let rings = Bell::new(|| ());
    assert!(poll(&mut listeners[0], &Waker::from(rings.clone())).is_pending());
    assert!(poll(&mut listeners[1], &Waker::from(panics.clone())).is_pending());
    assert!(poll(&mut listeners[2], &Waker::from(rings.clone())).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| tell([45].into_iter()))).is_ok());
    assert_eq!((panics.rung(), rings.rung()), (1, 2));
}

fn reactor() -> (Reactor, Arc<reactor::Handle>) {
    Reactor::new(16, None, Box::new(|| ())).expect("the reactor starts")
}

/// The ear stays when the last listener goes, and goes with its runtime.
#[test]
fn a_runtime_has_one_ear_until_it_ends() {
    let (mut reactor, handle) = reactor();
    let kind = SignalKind::window_change();
    let first = listen(kind, &handle).unwrap();
    let second = listen(kind, &handle).unwrap();
    assert_eq!(handle.table_len(), 1);
    drop((first, second));
    assert_eq!(handle.table_len(), 1);
    assert!(relay::listens(&handle));
    reactor.shutdown();
    assert!(!relay::listens(&handle));
    let error = listen(kind, &handle).unwrap_err();
    assert!(error.to_string().contains("gone"), "{error}");
    assert_eq!(Arc::strong_count(&handle), 2, "the reactor's and ours");
}

/// SH4. Though the write fails.
#[test]
fn the_handler_leaves_errno_as_it_was() {
    assert_eq!(
        handler::errno_after_a_ring_that_fails(libc::EXFULL),
        libc::EXFULL
    );
}
