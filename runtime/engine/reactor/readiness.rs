//! One source: what it is ready for, and who waits for that.
//!
//! Called by the reactor ([`set`](Readiness::set), [`wake`](Readiness::wake),
//! [`close`](Readiness::close)) and by the registration of the source
//! (`event`, `poll_direction`, `poll_wait`, `clear`). It knows no selector.
//!
//! ```text
//! bit 63 ........ 32 | 31 .. 9 |   8    | 7 ............ 0
//!     tick           | unused  | closed | flags of `Ready`
//! ```
//!
//! The selector reports edges: it says once that a source became ready and is silent until the
//! source has been drained and is ready again. So the flags are kept here until an operation says
//! `WouldBlock`, and only that clears them.
//!
//! Invariants:
//! - **R1** Each report adds one to the tick in the same write that sets its flags.
//! - **R2** A clear names the tick under which the operation began, and does nothing when the tick
//!   has moved since. So an edge that comes between the `WouldBlock` and the clear stays.
//! - **R3** A waiter stores its waker under the lock and looks at the word once more before it
//!   lets go of the lock; a report writes the word before it takes the lock. Whoever takes the
//!   lock second sees what the first one did: the waiter sees the flags or the report the waker.
//! - **R4** The closed bit and the two closed flags are never cleared.
//! - **R5** Wakers are cloned, woken and dropped outside the lock.
//!
//! A direction has one slot, for the `poll_` functions: the last caller's waker stays. Futures
//! that wait through `&self` each have a place in a list, so any number of them can wait.

use std::task::{Context, Poll};

use slab::Slab;

use crate::io::Ready;
use crate::leaf::Kept;
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicU64, Ordering};

const FLAGS: u64 = 0xff;
const CLOSED: u64 = 1 << 8;
const TICK_SHIFT: u32 = 32;
const TICK_ONE: u64 = 1 << TICK_SHIFT;

/// What a look at the word found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    tick: u32,
    ready: Ready,
    closed: bool,
}

impl Event {
    pub(crate) fn ready(self) -> Ready {
        self.ready
    }

    /// The reactor is gone: nothing will ever be reported again.
    pub(crate) fn is_closed(self) -> bool {
        self.closed
    }

    /// The same report with fewer flags, to clear only these.
    pub(crate) fn with_ready(self, ready: Ready) -> Event {
        Event { ready, ..self }
    }

    fn of(word: u64, mask: Ready) -> Event {
        Event {
            tick: (word >> TICK_SHIFT) as u32,
            ready: flags(word) & mask,
            closed: word & CLOSED != 0,
        }
    }

    /// True if there is no reason to wait.
    fn ends_wait(self) -> bool {
        !self.ready.is_empty() || self.closed
    }
}

fn flags(word: u64) -> Ready {
    Ready::from_bits((word & FLAGS) as u8)
}

/// The two ways a stream can be waited for by a `poll_` function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    pub(crate) fn mask(self) -> Ready {
        match self {
            Direction::Read => Ready::READABLE | Ready::READ_CLOSED,
            Direction::Write => Ready::WRITABLE | Ready::WRITE_CLOSED,
        }
    }
}

/// A future's place in the list of waiters, if it has one.
///
/// Whoever holds it gives it back with [`Readiness::leave`]; a forgotten one costs its list entry.
#[derive(Debug, Default)]
pub(crate) struct Place(Option<usize>);

#[derive(Debug)]
struct Waiter {
    mask: Ready,
    /// `None` once woken.
    waker: Option<Kept>,
}

#[derive(Debug, Default)]
pub(super) struct Waiters {
    reader: Option<Kept>,
    writer: Option<Kept>,
    /// Futures that wait through `&self`. Most sources never have any.
    list: Option<Box<Slab<Waiter>>>,
}

#[derive(Debug)]
pub(crate) struct Readiness {
    word: AtomicU64,
    waiters: Mutex<Waiters>,
}

// With a generation, less than a cache line for each socket.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom)))]
const _: () = assert!(size_of::<Readiness>() == 40 || cfg!(wakeful_tsan));

impl Readiness {
    /// A source that is taken to be ready for `initial` before the first report.
    pub(crate) fn new(initial: Ready) -> Self {
        Self {
            word: AtomicU64::new(u64::from(initial.bits())),
            waiters: Mutex::new(Waiters::default()),
        }
    }

    /// Another source begins, in the place of one that has [ended](Self::end).
    pub(super) fn begin(&self, initial: Ready) {
        self.word
            .store(u64::from(initial.bits()), Ordering::Relaxed);
    }

    /// The source is gone. Gives out what waited for it, to be dropped without a lock.
    pub(super) fn end(&self) -> Waiters {
        std::mem::take(&mut *self.waiters.lock())
    }

    /// The flags of `mask` as they are now.
    pub(crate) fn event(&self, mask: Ready) -> Event {
        // ORDERING: Acquire; pairs with the Release in `set` and `close`.
        Event::of(self.word.load(Ordering::Acquire), mask)
    }

    /// Takes back what `event` reported, unless there was another report since (R2).
    pub(crate) fn clear(&self, event: Event) {
        let closed = Ready::READ_CLOSED | Ready::WRITE_CLOSED;
        let cleared = u64::from((event.ready - closed).bits());
        let mut word = self.word.load(Ordering::Relaxed);
        while Event::of(word, Ready::ALL).tick == event.tick && word & cleared != 0 {
            // A clear publishes nothing: it orders nothing but itself, and a waiter looks at the
            // word again under the lock.
            match self.word.compare_exchange_weak(
                word,
                word & !cleared,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// A report of the selector (R1). [`wake`](Self::wake) must follow.
    pub(crate) fn set(&self, ready: Ready) {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let next = (word | u64::from(ready.bits())).wrapping_add(TICK_ONE);
            // ORDERING: Release; pairs with the Acquire in `event`.
            match self
                .word
                .compare_exchange_weak(word, next, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// No report will come any more. [`wake`](Self::wake) with `Ready::ALL` must follow.
    pub(crate) fn close(&self) {
        // ORDERING: Release; pairs with the Acquire in `event`.
        self.word.fetch_or(CLOSED, Ordering::Release);
    }

    /// Moves the wakers of all that wait for one of `ready` to `woken`; the caller wakes them.
    pub(crate) fn wake(&self, ready: Ready, woken: &mut Vec<Kept>) {
        let mut waiters = self.waiters.lock();
        if !(ready & Direction::Read.mask()).is_empty() {
            woken.extend(waiters.reader.take());
        }
        if !(ready & Direction::Write.mask()).is_empty() {
            woken.extend(waiters.writer.take());
        }
        let list = waiters.list.iter_mut().flat_map(|list| list.iter_mut());
        for (_, waiter) in list {
            if !(ready & waiter.mask).is_empty() {
                woken.extend(waiter.waker.take());
            }
        }
    }

    /// Waits in the slot of `direction`.
    pub(crate) fn poll_direction(&self, cx: &Context<'_>, direction: Direction) -> Poll<Event> {
        let event = self.event(direction.mask());
        if event.ends_wait() {
            return Poll::Ready(event);
        }
        let waker = Kept::from(cx.waker().clone());
        let mut waiters = self.waiters.lock();
        let slot = match direction {
            Direction::Read => &mut waiters.reader,
            Direction::Write => &mut waiters.writer,
        };
        let mut unused = store(slot, waker, cx);
        // R3: whatever was reported before we held the lock is in the word now.
        let event = self.event(direction.mask());
        if event.ends_wait() {
            unused = slot.take();
        }
        drop(waiters);
        drop(unused);
        if event.ends_wait() {
            Poll::Ready(event)
        } else {
            Poll::Pending
        }
    }

    /// Waits in the list. `place` is the caller's and is empty again once this is `Ready`.
    pub(crate) fn poll_wait(
        &self,
        cx: &Context<'_>,
        mask: Ready,
        place: &mut Place,
    ) -> Poll<Event> {
        let event = self.event(mask);
        if event.ends_wait() {
            self.leave(place);
            return Poll::Ready(event);
        }
        let waker = Kept::from(cx.waker().clone());
        let mut waiters = self.waiters.lock();
        let list = waiters.list.get_or_insert_default();
        let key = *place
            .0
            .get_or_insert_with(|| list.insert(Waiter { mask, waker: None }));
        let unused = store(&mut list[key].waker, waker, cx);
        // R3: as above.
        let event = self.event(mask);
        drop(waiters);
        drop(unused);
        if event.ends_wait() {
            self.leave(place);
            Poll::Ready(event)
        } else {
            Poll::Pending
        }
    }

    /// Gives a place in the list back.
    pub(crate) fn leave(&self, place: &mut Place) {
        if let Some(key) = place.0.take() {
            let mut waiters = self.waiters.lock();
            let waiter = waiters.list.as_mut().map(|list| list.remove(key));
            drop(waiters);
            drop(waiter);
        }
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn waiting(&self) -> usize {
        let waiters = self.waiters.lock();
        let slots = [&waiters.reader, &waiters.writer];
        let listed = waiters.list.as_ref().map_or(0, |list| list.len());
        slots.into_iter().flatten().count() + listed
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn with_tick(tick: u32, initial: Ready) -> Self {
        let readiness = Self::new(initial);
        let tick = u64::from(tick) << TICK_SHIFT;
        readiness.word.fetch_or(tick, Ordering::Relaxed);
        readiness
    }
}

/// Puts `waker`, that of `cx`, into `slot` and returns the one that is not needed any more.
fn store(slot: &mut Option<Kept>, waker: Kept, cx: &Context<'_>) -> Option<Kept> {
    match slot {
        Some(stored) if stored.will_wake(cx.waker()) => Some(waker),
        _ => slot.replace(waker),
    }
}
