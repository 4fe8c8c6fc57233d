//! One allocation: the header, then the future or its output. And the vtable over it.
//!
//! ```text
//! spawn --> [ Header | future ] --run: Ready--> [ Header | output ] --join--> [ Header | - ]
//!                        |
//!                        +--- run: panic, or cancel ---> [ Header | - ], the reason in `wait`
//! ```
//!
//! All functions here take a pointer to the header of a task whose type they know. Invariants T1
//! to T4 are in `state.rs`; here they become accesses.
//!
//! - **C1** `Header` is the first field of `Cell<F>`: a pointer to one is a pointer to the other.
//! - **C2** The stage holds the future until `run` or `cancel` ends it, then the output if the
//!   outcome is a value, else nothing. Only T1's and T2's owners touch it.
//! - **C3** The future is never moved: it is pinned in the cell.

#![expect(unsafe_code, reason = "the typed side of a task: C1 to C3, T1 to T4")]

use std::alloc::Layout;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll};

use super::ending::{Payload, finish, free, quietly, set_payload};
use super::header::{Header, Polled, VTable};
use super::join::JoinHandle;
use super::pool::{self, Arena, Owner, Placement};
use super::state::{BeginPoll, EndPoll, Outcome, State, Wake};
use super::{Runnable, waker};
use crate::budget::Turn;
use crate::primitives::UnsafeCell;
use crate::primitives::atomic::Ordering::Relaxed;

/// What puts tasks into queues. Implemented by the schedulers; `self` is the arenas' owner.
pub(crate) trait Schedule: Owner {
    /// Queues a task that was just woken.
    fn schedule(&self, task: Runnable);

    /// True if this thread is running this scheduler's tasks, so that the scheduler cannot go
    /// away before the thread is back in its loop.
    fn is_current(&self) -> bool;

    /// What the spans of its tasks say they are.
    #[cfg(feature = "tracing")]
    const KIND: &'static str = "task";

    /// Whether [`panicked`](Self::panicked) is called: `self` then lives as long as one of its
    /// tasks is polled, also when that task was the last.
    const TOLD_OF_PANICS: bool = false;

    /// A task has panicked, and ended, on this thread.
    fn panicked(&self) {}
}

#[repr(C)]
struct Cell<F: Future, S> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
    scheduler: PhantomData<fn(S)>,
}

#[repr(C)]
union Stage<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<F::Output>,
}

impl<F: Future, S: Schedule> Cell<F, S> {
    const VTABLE: VTable = Self::vtable(Placement::of(Layout::new::<Self>()));
    /// For a task that no arena owns.
    const ORPHAN: VTable = Self::vtable(Placement::large(Layout::new::<Self>()));

    const fn vtable(placement: Placement) -> VTable {
        VTable {
            run: run::<F, S>,
            cancel: cancel::<F, S>,
            schedule: schedule::<S>,
            wake: wake::<S>,
            output: output::<F, S>,
            drop_output: drop_output::<F, S>,
            placement,
        }
    }

    /// Where the future is, while it is there.
    fn future(task: NonNull<Header>) -> *mut F {
        Self::stage(task).cast()
    }

    /// Where the output is, while it is there.
    fn output(task: NonNull<Header>) -> *mut F::Output {
        Self::stage(task).cast()
    }

    /// The union's fields both start where it does.
    fn stage(task: NonNull<Header>) -> *mut Stage<F> {
        // SAFETY: C1. The callers' tasks are cells of this type and alive.
        let cell = unsafe { task.cast::<Self>().as_ref() };
        cell.stage.with_mut(|stage| stage)
    }
}

/// Makes a task in `arena`. The run queue's side and the join handle's.
///
/// An `announced` id is one that [`Arena::next_id`] gave out before.
#[inline]
pub(crate) fn allocate<F: Future, S: Schedule>(
    arena: &Arena,
    announced: Option<u64>,
    future: F,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>) {
    allocate_from::<F, S>(arena, announced, &mut Some(future), spawned)
}

/// As [`allocate`], of a future that is there. It moves once, straight to its place.
#[inline]
pub(crate) fn allocate_from<F: Future, S: Schedule>(
    arena: &Arena,
    announced: Option<u64>,
    future: &mut Option<F>,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>) {
    #[cfg(feature = "tracing")]
    {
        let id = announced.unwrap_or_else(|| arena.next_id());
        let future = future.take().expect("the caller's promise");
        let (future, span) = super::trace::wrap(future, S::KIND, id, spawned);
        let (task, handle) = place::<_, S>(arena, Some(id), &mut Some(future), spawned);
        task.header().span.store(span, Relaxed);
        (task, handle)
    }
    #[cfg(not(feature = "tracing"))]
    place::<F, S>(arena, announced, future, spawned)
}

/// As [`allocate_from`], for a future as it is.
#[inline]
fn place<F: Future, S: Schedule>(
    arena: &Arena,
    announced: Option<u64>,
    future: &mut Option<F>,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>) {
    let vtable: &'static VTable = &const { Cell::<F, S>::VTABLE };
    let placement = const { Cell::<F, S>::VTABLE.placement };
    let id = announced.unwrap_or_else(|| arena.next_id());
    let slot = arena.take(placement, id);
    if slot.fresh {
        // SAFETY: A1. Fresh memory of the right size, which nobody else has seen.
        unsafe { slot.task.write(Header::new(State::new(), vtable, spawned)) };
    } else {
        // SAFETY: A1. A slot of ours; the header in it is initialized.
        unsafe { reuse(slot.task, vtable, spawned) };
    }
    let stage = slot.task.cast::<Cell<F, S>>();
    let first = Stage {
        future: ManuallyDrop::new(future.take().expect("the caller's promise")),
    };
    // SAFETY: C1, A1. The memory behind the header is the cell's, not yet in use.
    let place = unsafe { &raw mut (*stage.as_ptr()).stage };
    // SAFETY: C2. As above.
    unsafe { place.write(UnsafeCell::new(first)) };
    slot.publish(placement, id);
    (Runnable(slot.task), JoinHandle::new(slot.task))
}

/// # Safety
///
/// A1: `task` is a free slot of the caller's arena that held a task before.
#[inline]
unsafe fn reuse(
    task: NonNull<Header>,
    vtable: &'static VTable,
    spawned: &'static Location<'static>,
) {
    pool::begin_reuse();
    let task = task.as_ptr();
    // SAFETY: A1. A slot of ours.
    let vtable_slot = unsafe { &raw mut (*task).vtable };
    // SAFETY: A1. Nobody but dumps reads a free slot, and they do not read this field.
    unsafe { vtable_slot.write(vtable) };
    // SAFETY: A1. A slot of ours.
    let join_slot = unsafe { &raw mut (*task).join };
    // SAFETY: A1, T4. As for the vtable; the slot was emptied before the task was freed.
    unsafe { join_slot.write(UnsafeCell::new(None)) };
    // SAFETY: A1. Initialized, and from here on only atomic stores.
    let header = unsafe { &*task };
    header.state.reset();
    header
        .spawned
        .store(ptr::from_ref(spawned).cast_mut(), Relaxed);
    header.wait.clear();
}

/// The handle of a task that could not be spawned because its runtime is gone.
#[cold]
pub(crate) fn allocate_cancelled<F: Future, S: Schedule>(
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    let vtable: &'static VTable = &const { Cell::<F, S>::ORPHAN };
    let task = pool::take_orphan(vtable.placement).task;
    // SAFETY: Fresh memory of the right size, which nobody else has seen.
    unsafe { task.write(Header::new(State::new(), vtable, spawned)) };
    quietly(|| drop(future));
    // SAFETY: T1, C2. Nobody else has ever seen the task, and the stage is empty.
    unsafe { finish(task, Outcome::Cancelled) };
    JoinHandle::new(task)
}

/// Makes its call while a panic passes, as the locals of a function are dropped: what a future
/// that panics drops finds `thread::panicking()` true. A panic in there is not the one to report.
struct OnUnwind<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnUnwind<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// # Safety
///
/// T1: the caller took the task out of a queue. C1: it is a `Cell<F, S>`.
unsafe fn run<F: Future, S: Schedule>(task: NonNull<Header>) -> Polled {
    // SAFETY: T4. A task that is not done is alive.
    let header = unsafe { task.as_ref() };
    if header.state.begin_poll() == BeginPoll::Cancel {
        // SAFETY: T1. The caller's.
        unsafe { cancel::<F, S>(task) };
        return Polled::Done;
    }
    // What the task waited for is over; a leaf will say what it waits for next.
    header.wait.what.store(0, Relaxed);
    let turn = Turn::begin(task.as_ptr().cast());
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let waker = waker::borrowed(task);
        // SAFETY: C2, T1. The future is there and ours.
        let future = unsafe { &mut *Cell::<F, S>::future(task) };
        // SAFETY: C3.
        let future = unsafe { Pin::new_unchecked(future) };
        // SAFETY: C2, T1. The future panicked and is still there.
        let on_panic = OnUnwind(|| quietly(|| drop(unsafe { drop_future::<F, S>(task) })));
        let polled = future.poll(&mut Context::from_waker(&waker));
        mem::forget(on_panic);
        polled
    }));
    match polled {
        Ok(Poll::Pending) => {
            if turn.end() && !header.state.stay_queued() {
                return Polled::Again;
            }
            match header.state.end_poll() {
                EndPoll::Idle => Polled::Idle,
                EndPoll::Again => Polled::Again,
                EndPoll::Cancel => {
                    // SAFETY: T1. `end_poll` left the turn with us.
                    unsafe { cancel::<F, S>(task) };
                    Polled::Done
                }
            }
        }
        Ok(Poll::Ready(output)) => {
            // SAFETY: C2, T1. The future is done and still there, and we end our turn.
            unsafe { end_ready::<F, S>(task, output, turn) };
            Polled::Done
        }
        Err(payload) => {
            // Its future is dropped.
            turn.end();
            set_payload(header, payload);
            // SAFETY: T1. We end our turn.
            unsafe { finish_panicked::<S>(task) };
            Polled::Done
        }
    }
}

/// # Safety
///
/// T1, T2: the caller owns the turn and has set the payload.
#[cold]
unsafe fn finish_panicked<S: Schedule>(task: NonNull<Header>) {
    // SAFETY: A3. Not done yet; beyond that, `TOLD_OF_PANICS` promises it.
    let scheduler = S::TOLD_OF_PANICS.then(|| unsafe { scheduler::<S>(task) });
    // SAFETY: The caller's contract.
    unsafe { finish(task, Outcome::Panicked) };
    if let Some(scheduler) = scheduler {
        scheduler.panicked();
    }
}

/// Ends the turn of a task whose future is ready. A future that panics when it is dropped has
/// panicked, output or not.
///
/// # Safety
///
/// C2, T1: the future is there and the caller's.
unsafe fn end_ready<F: Future, S: Schedule>(task: NonNull<Header>, output: F::Output, turn: Turn) {
    // SAFETY: The caller's contract.
    let dropped = unsafe { drop_future::<F, S>(task) };
    turn.end();
    match dropped {
        Ok(()) => {
            // SAFETY: C2, T1. The stage is empty.
            unsafe { Cell::<F, S>::output(task).write(output) };
            // SAFETY: T1. We end the turn.
            unsafe { finish(task, Outcome::Value) };
        }
        Err(payload) => {
            quietly(|| drop(output));
            // SAFETY: T4. Not done yet.
            set_payload(unsafe { task.as_ref() }, payload);
            // SAFETY: T1, T2. As above.
            unsafe { finish_panicked::<S>(task) };
        }
    }
}

/// Drops the future. `Err` if that panicked.
///
/// # Safety
///
/// C2, T1: the future is there and the caller's.
unsafe fn drop_future<F: Future, S: Schedule>(task: NonNull<Header>) -> Result<(), Payload> {
    let future = Cell::<F, S>::future(task);
    // SAFETY: C2. The caller's contract; nobody uses the future after this.
    let drop = || unsafe { future.drop_in_place() };
    catch_unwind(AssertUnwindSafe(drop))
}

/// # Safety
///
/// T1: the caller owns the task's turn, or has stopped every thread that could. C1: it is a
/// `Cell<F, S>`.
unsafe fn cancel<F: Future, S: Schedule>(task: NonNull<Header>) {
    let turn = Turn::begin(task.as_ptr().cast());
    // SAFETY: C2, T1. The future is there, and the turn is the caller's.
    let dropped = unsafe { drop_future::<F, S>(task) };
    turn.end();
    let outcome = match dropped {
        Ok(()) => Outcome::Cancelled,
        Err(payload) => {
            // SAFETY: T4. Not done yet.
            set_payload(unsafe { task.as_ref() }, payload);
            Outcome::Panicked
        }
    };
    // SAFETY: T1. We end the turn.
    unsafe { finish(task, outcome) };
}

/// Where the output is, while it is there.
///
/// # Safety
///
/// C1: the task is a `Cell<F, S>`, and the caller keeps it alive.
unsafe fn output<F: Future, S: Schedule>(task: NonNull<Header>) -> *mut () {
    Cell::<F, S>::output(task).cast()
}

/// # Safety
///
/// T2: the outcome is a value, which is there and the caller's.
unsafe fn drop_output<F: Future, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: C2. The caller's contract.
    unsafe { Cell::<F, S>::output(task).drop_in_place() };
}

/// The scheduler of `task`.
///
/// # Safety
///
/// The task is alive and belongs to a scheduler of type `S`; the reference is used no longer
/// than the task is alive or `S::is_current` holds.
unsafe fn scheduler<'a, S: Schedule>(task: NonNull<Header>) -> &'a S {
    let placement = pool::placement_of(task);
    // SAFETY: A3. The arena's owner is kept as long as the task.
    unsafe { &*pool::owner_of(task, placement).cast::<S>() }
}

/// # Safety
///
/// T1: the caller has just set `SCHEDULED`, and has a reference to the task.
unsafe fn schedule<S: Schedule>(task: NonNull<Header>) {
    // SAFETY: The caller's reference keeps the task alive.
    unsafe { scheduler::<S>(task) }.schedule(Runnable(task));
}

/// # Safety
///
/// The caller gives up a waker reference.
unsafe fn wake<S: Schedule>(task: NonNull<Header>) {
    // SAFETY: T4. The caller's reference.
    let header = unsafe { task.as_ref() };
    // SAFETY: A3. The caller's reference keeps the task, and so its arena's owner.
    let scheduler = unsafe { scheduler::<S>(task) };
    if scheduler.is_current() {
        match header.state.wake() {
            Wake::Nothing => {}
            Wake::Enqueue => scheduler.schedule(Runnable(task)),
            // SAFETY: T4. The order says so.
            Wake::Free => unsafe { free(task) },
        }
        return;
    }
    // On another thread the task could be run, freed and its runtime dropped before we have
    // queued it: the reference must outlive the call.
    if header.state.wake_by_ref() {
        scheduler.schedule(Runnable(task));
    }
    if header.state.drop_waker() {
        // SAFETY: T4. The order says so.
        unsafe { free(task) };
    }
}
