//! `block_on` and `block_in_place`: threads that come to a seat, or leave it for a while.
//!
//! One seat is the guest's. The first thread inside `block_on` takes it: it runs its main future
//! when that is woken, and tasks otherwise. Its spawns go to the seat's own ring. If the main
//! future, or a task it runs, blocks the thread, the sentinel finds the seat stuck and the other
//! workers take what it holds. A second `block_on` at the same time only waits.

use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use super::kit::{self, Kit, OnDuty};
use super::oracle::Production;
use super::worker::{Step, Worker};
use super::{GUEST, Shared, threads};
use crate::engine::task::main_task::MainTask;
use crate::engine::task::pool;
use crate::engine::task::{Arena, Header};
use crate::engine::{local_set, park};
use crate::{budget, leaf};

/// Runs `future` to its end on this thread, and tasks while it waits.
pub(crate) fn block_on<F: Future>(
    shared: &Arc<Shared>,
    future: F,
    called: &'static Location<'static>,
) -> F::Output {
    match Guest::sit(shared) {
        Some(mut guest) => guest.block_on(pin!(future), called),
        None => park::block_on(future),
    }
}

/// A thread on the guest's seat. Leaves it when dropped, also by a panic of the main future.
struct Guest<'a> {
    shared: &'a Arc<Shared>,
    worker: Worker,
    outer_arena: Option<Box<Arena>>,
    _on_duty: OnDuty,
}

impl<'a> Guest<'a> {
    fn sit(shared: &'a Arc<Shared>) -> Option<Self> {
        let kit = shared.guest.lock().take()?;
        let mut worker = Worker::new(shared, kit);
        let outer_arena = pool::install(None);
        worker.sit();
        shared.idle.arrive();
        Some(Self {
            shared,
            worker,
            outer_arena,
            _on_duty: OnDuty::begin(),
        })
    }

    fn block_on<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        called: &'static Location<'static>,
    ) -> F::Output {
        let main = pool::with_local(|arena| MainTask::new::<Shared>(arena, called));
        let mut oracle = Production::new(GUEST, &self.shared.config);
        let counters = &self.shared.seats[GUEST].counters;
        loop {
            if main.is_woken() {
                self.worker.stop_searching();
                counters.begin_main_poll(main.as_ptr());
                let polled = main.poll(future.as_mut());
                counters.end_main_poll();
                if let Poll::Ready(output) = polled {
                    return output;
                }
            }
            // It has yielded, mostly.
            let is_main_due = main.is_woken();
            kit::with_core(self.shared, |core| core.is_main_due = is_main_due);
            let most = self.shared.config.event_interval;
            match self.worker.steps(&mut oracle, most) {
                Step::Idle if !main.is_woken() => self.worker.park(Some(&main)),
                Step::Ran | Step::Idle => {}
                Step::HandedOff => unreachable!("the guest's seat is kept for it"),
            }
        }
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        let mut kit = self
            .worker
            .stand_up()
            .expect("the guest's seat is kept for it");
        Worker::give_away(self.shared, &mut kit.core);
        pool::install(self.outer_arena.take());
        *self.shared.guest.lock() = Some(kit);
    }
}

/// Runs `f`, which may block, on this thread, and sees to it that others do this worker's work.
#[track_caller]
pub(crate) fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    // A thread in `Handle::block_on`, or in a second `block_on` at the same time, polls one future
    // and runs no tasks.
    let runs_tasks = kit::is_worker() || leaf::is_alone() || local_set::is_ticking();
    if !leaf::must_not_block() || !runs_tasks {
        let _blocking = leaf::allow_blocking();
        return f();
    }
    assert!(
        kit::is_worker() && !local_set::is_ticking(),
        "can call blocking only when running on the multi-threaded runtime: on a single-threaded \
         one or in a `LocalSet` nobody else can run the other tasks; use `spawn_blocking`"
    );
    let _blocking = leaf::allow_blocking();
    // What runs in here may be an executor of its own, which knows nothing of our tasks' turns.
    let _budget = budget::lift();
    let _away = Away::leave();
    f()
}

/// A thread that has left its seat for the length of a call.
enum Away {
    /// The guest's seat is kept for it, and it goes on with the poll of this task.
    Guest(Option<(Arc<Shared>, Kit)>, *mut Header),
    /// Another thread has the seat, or had it before; this one goes on without. Or nothing is being
    /// polled: in a hook or a waker the seat stays.
    HandedOff,
}

impl Away {
    fn leave() -> Self {
        let Some((shared, mut kit)) = kit::stand_up_in_a_poll() else {
            return Self::HandedOff;
        };
        let task = shared.seats[kit.core.seat].counters.running().cast_mut();
        if kit.core.seat == GUEST {
            Worker::give_away(&shared, &mut kit.core);
            return Self::Guest(Some((shared, kit)), task);
        }
        // First: all others could retire in between (G3).
        shared.go_away(task);
        // Until another thread sits down, the seat is as good as stuck, and may be found so.
        if let Err(worker) = threads::hand_off(&shared, Worker::new(&shared, kit)) {
            // There is no thread for it: the seat stays ours, and is found stuck.
            worker.sit_again();
            shared.come_back(task);
        }
        Self::HandedOff
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        if let Self::Guest(seat, task) = self {
            let (shared, kit) = seat.take().expect("left once");
            shared.idle.arrive();
            shared.seats[GUEST].counters.resume_poll(*task);
            kit::sit_down(shared, kit);
        }
    }
}
