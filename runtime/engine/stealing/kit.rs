//! What a worker brings to its seat, and where a thread that sits keeps it.
//!
//! - **X1** The kit of a seat is in one place: the thread-locals of the thread that sits, or the
//!   `Worker` or `Shared` that keeps it while nobody does.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::idle::TINY_POLL;
use super::oracle::Oracle;
use super::queue::{CAPACITY, Local};
use super::{GUEST, Shared};
use crate::engine::config::Config;
use crate::engine::task::list::TaskList;
use crate::engine::task::{Arena, Runnable, pool};

/// The most tasks in a ring after some came from the injector.
const MOST_INJECTED: usize = CAPACITY / 2;

/// What only the worker on the seat touches.
pub(super) struct Core {
    pub(super) seat: usize,
    pub(super) queue: Local,
    /// Steps until the injector comes before the own queue, and until the driver is looked at.
    pub(super) until_outside: u32,
    pub(super) until_turn: u32,
    /// Tasks run in a row from the slot for the task woken last.
    pub(super) streak: u32,
    /// We are counted in `searching`.
    pub(super) is_searching: bool,
    /// We gave up a search, and saw work then (I3).
    pub(super) owes_search: bool,
    /// The last large catch from elsewhere, while it is worked on.
    pub(super) haul: Option<Haul>,
    /// The main future is due once the queue is empty: no time to search elsewhere.
    pub(super) is_main_due: bool,
    /// It leaves what there is to others, and naps.
    pub(super) steps_back: bool,
    /// The seat's progress when it last thought of a nap.
    pub(super) napped_at: Option<u64>,
    /// The driver is waking tasks: notify once when it is through.
    pub(super) in_turn: bool,
}

/// When many tasks came from elsewhere at once.
pub(super) struct Haul {
    pub(super) began: Instant,
    /// The seat's progress then.
    pub(super) polls: u64,
}

/// What goes with a seat: who has it may act as its worker.
pub(super) struct Kit {
    pub(super) core: Box<Core>,
    pub(super) arena: Box<Arena>,
}

/// A thread on a seat. Its arena is the thread's arena.
struct Seated {
    shared: Arc<Shared>,
    core: Box<Core>,
}

thread_local! {
    static CURRENT: RefCell<Option<Seated>> = const { RefCell::new(None) };
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// This thread runs tasks of a work-stealing runtime, with or without a seat, until this drops.
pub(super) struct OnDuty(bool);

impl OnDuty {
    pub(super) fn begin() -> Self {
        Self(IS_WORKER.replace(true))
    }
}

impl Drop for OnDuty {
    fn drop(&mut self) {
        IS_WORKER.set(self.0);
    }
}

/// True on a thread that runs tasks of a work-stealing runtime.
pub(super) fn is_worker() -> bool {
    IS_WORKER.get()
}

/// The number of the worker that this thread is. A main future is polled by none.
pub(crate) fn worker_index() -> Option<usize> {
    let index = |current: &RefCell<Option<Seated>>| {
        let current = current.borrow();
        let Seated { shared, core } = current.as_ref()?;
        match core.seat {
            GUEST if shared.seats[GUEST].counters.is_in_main() => None,
            GUEST => Some(0),
            spare if spare > shared.workers() => Some(0),
            seat => Some(seat - 1),
        }
    };
    CURRENT.try_with(index).ok().flatten()
}

impl Core {
    pub(super) fn new(seat: usize, queue: Local) -> Box<Self> {
        Box::new(Self {
            seat,
            queue,
            // The first step counts anew: it is none of those that are due.
            until_outside: 0,
            until_turn: 0,
            streak: 0,
            is_searching: false,
            owes_search: false,
            haul: None,
            is_main_due: false,
            steps_back: false,
            napped_at: None,
            in_turn: false,
        })
    }

    /// A step begins. True if it looks at the driver first.
    #[inline]
    pub(super) fn begin_step(&mut self, config: &Config, oracle: &mut impl Oracle) -> bool {
        let is_due = count_down(&mut self.until_turn, config.event_interval);
        oracle.turn_driver(is_due)
    }

    /// A task from the own queue, or from the injector when it is due.
    #[inline]
    pub(super) fn next(&mut self, shared: &Shared, oracle: &mut impl Oracle) -> Option<Runnable> {
        let interval = shared.config.global_queue_interval;
        let is_due = count_down(&mut self.until_outside, interval);
        if oracle.look_outside(is_due) {
            // In vain: the own queue comes to its end, and then we step back.
            let share = match oracle.was_in_vain(|| self.is_haul_tiny(shared)) {
                true => 1,
                false => self.share(shared),
            };
            if let Some(task) = self.take_injected(shared, share) {
                return Some(task);
            }
        }
        if self.queue.has_next() && oracle.take_next(self.streak) {
            if let Some(task) = self.queue.take_next() {
                self.streak += 1;
                return Some(task);
            }
        }
        self.streak = 0;
        self.queue.pop().or_else(|| self.queue.take_next())
    }

    /// True if what was last fetched from elsewhere in one go has cost more on its way than there
    /// was to do.
    pub(super) fn is_haul_tiny(&self, shared: &Shared) -> bool {
        self.haul.as_ref().is_some_and(|haul| {
            let polls = shared.seats[self.seat].progress() - haul.polls;
            is_tiny(haul.began.elapsed(), polls)
        })
    }

    /// This seat's share of the injector, as far as it fits half of the ring: one that is filled to
    /// the brim overflows with the next task that yields.
    pub(super) fn share(&self, shared: &Shared) -> usize {
        let room = MOST_INJECTED.saturating_sub(self.queue.len());
        let share = shared.injector.len().div_ceil(shared.workers());
        share.min(room.max(1))
    }

    /// Takes so many tasks from the injector: one out, the others into the ring.
    pub(super) fn take_injected(&mut self, shared: &Shared, share: usize) -> Option<Runnable> {
        let mut first = None;
        let late = TaskList::new();
        shared.injector.pop_each(share, |task| match first {
            None => first = Some(task),
            Some(_) => {
                if let Err(task) = self.queue.push(task) {
                    late.push_back(task);
                }
            }
        });
        while let Some(task) = late.pop_front() {
            self.push(shared, task);
        }
        first
    }

    /// The driver is looked at: what it wakes comes in at once.
    pub(super) fn begin_turn(&mut self) {
        self.in_turn = true;
        self.until_turn = 0;
    }

    /// Adds to the ring. Half of a full ring, and the task, go to the injector.
    #[inline]
    pub(super) fn push(&mut self, shared: &Shared, task: Runnable) {
        if let Err(task) = self.queue.push(task) {
            self.overflow(shared, task);
        }
    }

    #[cold]
    fn overflow(&mut self, shared: &Shared, mut task: Runnable) {
        while let Err(back) = self.queue.push(task) {
            task = back;
            let half = self.queue.take_half();
            if !half.is_empty() {
                shared.seats[self.seat].counters.overflows.add(1);
                half.push_back(task);
                shared.take_overflow(half);
                return;
            }
            // Thieves made room.
        }
    }

    /// Takes everything out: the seat is to be left.
    pub(super) fn drain(&mut self) -> TaskList {
        let tasks = TaskList::new();
        while let Some(task) = self.queue.take_next().or_else(|| self.queue.pop()) {
            tasks.push_back(task);
        }
        tasks
    }
}

/// True if so many polls in so long are not worth fetching the tasks.
pub(super) fn is_tiny(elapsed: Duration, polls: u64) -> bool {
    elapsed.as_nanos() < TINY_POLL.as_nanos() * u128::from(polls)
}

/// True each time `left` has come down from `interval`.
#[inline]
fn count_down(left: &mut u32, interval: u32) -> bool {
    if *left == 0 {
        *left = interval;
    }
    *left -= 1;
    *left == 0
}

/// Runs `f` with this thread's core, if it is on a seat of `shared`.
#[inline]
pub(super) fn with_core<R>(shared: &Shared, f: impl FnOnce(&mut Core) -> R) -> Option<R> {
    let run = |current: &RefCell<Option<Seated>>| match &mut *current.borrow_mut() {
        Some(seated) if ptr::eq(&raw const *seated.shared, shared) => Some(f(&mut seated.core)),
        _ => None,
    };
    CURRENT.try_with(run).ok().flatten()
}

/// True if this thread sits on a seat of `shared`.
#[inline]
pub(super) fn is_seated(shared: &Shared) -> bool {
    with_core(shared, |_| ()).is_some()
}

/// How a task comes to be queued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Spawned,
    Woken,
}

/// Queues on this thread's seat, and sees to it that the task does not depend on this thread
/// alone. Gives the task back if the thread has no seat of `shared`.
#[inline]
pub(super) fn push_here(shared: &Shared, task: Runnable, reason: Reason) -> Option<Runnable> {
    let mut task = Some(task);
    let several = with_core(shared, |core| {
        let task = task.take()?;
        let counters = &shared.seats[core.seat].counters;
        counters.schedule();
        let alone = match reason {
            Reason::Woken if shared.config.lifo_slot => match core.queue.put_next(task) {
                Some(displaced) => {
                    core.push(shared, displaced);
                    false
                }
                None => true,
            },
            _ => {
                if reason == Reason::Spawned {
                    counters.spawned.add(1);
                }
                core.push(shared, task);
                core.queue.len() < 2 && !core.queue.has_next()
            }
        };
        (!core.in_turn).then_some(!alone)
    });
    match several {
        Some(Some(true)) => shared.notify_cheaply(),
        Some(Some(false)) => shared.carry_out(shared.idle.watch()),
        _ => {}
    }
    task
}

/// Takes this thread off its seat, if it has one.
pub(super) fn stand_up() -> Option<(Arc<Shared>, Kit)> {
    let Seated { shared, core } = CURRENT.with_borrow_mut(Option::take)?;
    let counters = &shared.seats[core.seat].counters;
    counters.end_work();
    if core.seat == GUEST {
        counters.set_thread(None);
    }
    let arena = pool::install(None).expect("X1: the arena goes with the core");
    Some((shared, Kit { core, arena }))
}

/// The same, if this thread is polling a task or a main future: in a hook the seat stays.
pub(super) fn stand_up_in_a_poll() -> Option<(Arc<Shared>, Kit)> {
    let is_polling = CURRENT.with_borrow(|seated| {
        let seated = seated.as_ref()?;
        let counters = &seated.shared.seats[seated.core.seat].counters;
        Some(!counters.running().is_null())
    });
    if is_polling == Some(true) {
        stand_up()
    } else {
        None
    }
}

/// Puts this thread on a seat. It must have none.
pub(super) fn sit_down(shared: Arc<Shared>, kit: Kit) {
    let Kit { core, arena } = kit;
    let counters = &shared.seats[core.seat].counters;
    counters.set_thread(Some(thread::current().id()));
    counters.begin_work();
    let outer = pool::install(Some(arena));
    let empty = CURRENT.replace(Some(Seated { shared, core }));
    debug_assert!(
        outer.is_none() && empty.is_none(),
        "X1: a thread has one seat"
    );
}
