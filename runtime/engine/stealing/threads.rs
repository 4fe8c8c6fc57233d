//! The workers' threads: how they start, work and end.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::kit::{Kit, OnDuty};
use super::oracle::Production;
use super::shared::{self, Shared};
use super::worker::{Step, Worker};
use crate::chance;
use crate::engine::config::{self, Config};
use crate::engine::driver::{self, Driver};
use crate::leaf;
use crate::primitives::Mutex;
use crate::primitives::atomic::{
    Ordering::{Relaxed, Release, SeqCst},
    fence,
};

/// Runs a closure on another thread that is inside the runtime. False if there is none for it:
/// then the closure is dropped.
pub(crate) type HandOff = Box<dyn Fn(Box<dyn FnOnce() + Send>) -> bool + Send + Sync>;

/// What the threads of the workers are like.
pub(crate) struct Threads {
    pub(crate) name: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) stack_size: Option<usize>,
    /// The first thing a worker's thread calls. It drops what it got as the last thing.
    pub(crate) enter: Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>,
    /// Finds a thread for a worker whose own is about to block.
    pub(crate) hand_off: HandOff,
}

/// Makes the scheduler and starts its threads.
pub(crate) fn start(
    workers: usize,
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
) -> Starting {
    let (shared, kits) = shared::new(workers, config, driver, handle);
    Starting { shared, kits }
}

/// A scheduler whose threads do not run yet.
pub(crate) struct Starting {
    pub(crate) shared: Arc<Shared>,
    pub(super) kits: Vec<Kit>,
}

impl Starting {
    /// Starts a thread for each worker.
    ///
    /// # Errors
    ///
    /// If the system refuses one. Those that were started end again.
    pub(crate) fn run(self, threads: Threads) -> io::Result<()> {
        let Threads {
            name,
            stack_size,
            enter,
            hand_off,
        } = threads;
        let Self { shared, kits } = self;
        let _ = shared.hand_off.set(hand_off);
        let mut refused = None;
        for kit in kits {
            if refused.is_some() {
                shared.retire(kit);
                continue;
            }
            shared.idle.arrive();
            let seat = kit.core.seat;
            // The kit must come back if there is no thread for it.
            let slot = Arc::new(Mutex::new(Some(kit)));
            let mut builder = thread::Builder::new().name(name());
            if let Some(bytes) = stack_size {
                builder = builder.stack_size(bytes);
            }
            let (runtime, kit, enter) = (Arc::clone(&shared), Arc::clone(&slot), enter.clone());
            let started = builder.spawn(move || {
                let _inside = enter();
                let kit = kit.lock().take();
                config::call(&runtime.config.on_thread_start);
                kit.into_iter()
                    .for_each(|kit| work(Worker::new(&runtime, kit)));
                config::call(&runtime.config.on_thread_stop);
            });
            match started {
                Ok(thread) => {
                    let counters = &shared.seats[seat].counters;
                    counters.expect_thread(thread.thread().id());
                    shared.threads.lock().push(thread);
                }
                Err(error) => {
                    shared.idle.leave();
                    shared.is_shut_down.store(true, Relaxed);
                    let kit = slot.lock().take();
                    kit.into_iter().for_each(|kit| shared.retire(kit));
                    refused = Some(error);
                }
            }
        }
        match refused {
            None => Ok(()),
            Some(error) => {
                shutdown(&shared);
                wait_for_shutdown(&shared, None);
                Err(error)
            }
        }
    }
}

/// Runs `worker` on another thread, or gives it back if there is none for it.
pub(super) fn hand_off(shared: &Shared, worker: Worker) -> Result<(), Worker> {
    let hand_off = shared.hand_off.get().expect("set before the threads start");
    let slot = Arc::new(Mutex::new(Some(worker)));
    let theirs = Arc::clone(&slot);
    let accepted = hand_off(Box::new(move || {
        let worker = theirs.lock().take();
        worker.into_iter().for_each(work);
    }));
    match accepted {
        true => Ok(()),
        false => Err(slot.lock().take().expect("nobody else has it")),
    }
}

/// A worker's thread: works until the shutdown, or until the seat is handed off.
fn work(mut worker: Worker) {
    let _on_duty = OnDuty::begin();
    let _no_blocking = leaf::forbid_blocking();
    let mut oracle = Production::new(worker.seat, &worker.shared.config);
    let seeds = worker.shared.config.seeds.as_ref();
    let _seeded = seeds.and_then(|seeds| chance::begin(seeds.of_seat(worker.seat)));
    worker.sit();
    // Whoever handed the seat off goes on with its poll elsewhere.
    worker.shared.seats[worker.seat].rest(&worker.shared.idle);
    loop {
        if worker.shared.is_shut_down() {
            break;
        }
        match worker.step(&mut oracle) {
            Step::Ran => {}
            Step::Idle => worker.park(None),
            Step::HandedOff => return,
        }
    }
    // Dropping it retires it.
    worker.put_back();
}

/// Asks every worker to retire. Nobody may be inside [`block_on`](super::block_on).
pub(crate) fn shutdown(shared: &Arc<Shared>) {
    // First: the last to retire drops what is left, and that must be a worker, not the caller,
    // whose time may be limited.
    let guest = shared.guest.lock().take();
    guest.into_iter().for_each(|kit| shared.retire(kit));
    // ORDERING: Release; pairs with the Acquire in `is_shut_down`.
    shared.is_shut_down.store(true, Release);
    // Pairs with the fence in `Idle::park`: who lies down sees the flag, or is unparked here.
    fence(SeqCst);
    for seat in &shared.seats {
        seat.sleeper.unpark();
    }
    shared.driver_handle.unpark();
}

/// Waits until all tasks are dropped, at most `limit`. True if they are.
///
/// Without a limit it joins the threads, so that their thread-locals are gone, too.
pub(crate) fn wait_for_shutdown(shared: &Shared, limit: Option<Duration>) -> bool {
    let is_over = wait_for_tasks(shared, limit);
    let threads = std::mem::take(&mut *shared.threads.lock());
    if limit.is_none() {
        let here = thread::current().id();
        for thread in threads
            .into_iter()
            .filter(|thread| thread.thread().id() != here)
        {
            let _ = thread.join();
        }
    }
    is_over
}

fn wait_for_tasks(shared: &Shared, limit: Option<Duration>) -> bool {
    // A limit near `Duration::MAX` has no deadline: that is for ever, too.
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut retired = shared.retired.lock();
    while !retired.is_over {
        retired = match deadline {
            None => shared.all_retired.wait(retired),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                shared.all_retired.wait_timeout(retired, left).0
            }
        };
    }
    true
}
