//! A seeded simulation: several workers of the real scheduler, driven from one thread.
//!
//! Each turn of the loop picks a worker and lets it make one decision: a step, lying down, getting
//! up, the sentinel's look. The oracle answers the worker's own choices from the same seed. A
//! worker that sleeps gets up only if it was unparked, so a wake that is lost shows as a world in
//! which nobody is awake and a task is left. Tasks spawn, yield, wait for each other, and lock.
//! Some worlds are crowded: tasks that wake each other or yield for long. Some see a burst of
//! spawns that overflows a ring.
//!
//! Checked for each seed: every task ends, is never polled twice at once, and is polled soon after
//! it was queued. `WAKEFUL_SEED=n` runs one seed, `WAKEFUL_SEEDS=n` that many.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::kit::OnDuty;
use super::oracle::{NEXT_STREAK, Oracle};
use super::shared::{self, Shared};
use super::threads;
use super::worker::{Seen, Step, Worker};
use crate::engine::config::{Config, EVENT_INTERVAL, GLOBAL_QUEUE_INTERVAL};
use crate::engine::driver::{self, Driver};
use crate::engine::task::JoinHandle;
use crate::sync::{Mutex, Notify};
use crate::task::yield_now;

const WORKERS: usize = 4;
const SEEDS: u64 = 10_000;
/// No task may wait longer than this many polls of others. The worlds have some 40 tasks at a
/// time, and the slot for the task woken last lets three go first for each.
const MOST_POLLS_QUEUED: u64 = 1_000;
/// One world in so many is crowded, and one in so many sees a burst.
const CROWDED: usize = 100;
/// How long the tasks of a crowd keep at it: longer than anybody may wait.
const CROWD_ROUNDS: usize = 2_000;
/// Spawned at once in a crowded world: more than a ring holds.
const BURST: usize = 600;
/// Far more turns than any world takes: a livelock is an error, too.
const MOST_TURNS: u64 = 1_000_000;

/// The seed's stream of choices.
#[derive(Clone)]
struct Choices(Rc<Cell<u64>>);

impl Choices {
    fn new(seed: u64) -> Self {
        Self(Rc::new(Cell::new(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        )))
    }

    fn below(&self, limit: usize) -> usize {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        (state >> 33) as usize % limit
    }

    fn one_in(&self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

impl Oracle for Choices {
    fn first_victim(&mut self, seats: usize) -> usize {
        self.below(seats)
    }

    fn look_outside(&mut self, _: u32, _: u32) -> bool {
        self.one_in(16)
    }

    fn turn_driver(&mut self, _: u32, _: u32) -> bool {
        self.one_in(16)
    }

    fn take_next(&mut self, streak: u32) -> bool {
        streak < NEXT_STREAK && !self.one_in(8)
    }
}

/// What the tasks of one seed share.
struct World {
    choices: Choices,
    shared: Arc<Shared>,
    /// Polls so far, of all tasks.
    polls: Cell<u64>,
    longest_wait: Cell<u64>,
    is_patient: Cell<bool>,
    born: Cell<usize>,
    ended: Cell<usize>,
    dropped: Cell<usize>,
    /// Tasks that wait for somebody to wake them, and when they were woken.
    parked: RefCell<Vec<Rc<Place>>>,
    lock: Mutex<u64>,
}

#[derive(Default)]
struct Place {
    waker: RefCell<Option<Waker>>,
    woken_at: Cell<Option<u64>>,
}

impl World {
    fn spawn(self: &Rc<Self>, depth: usize) -> Option<JoinHandle<()>> {
        self.spawn_life(life(Rc::clone(self), depth))
    }

    fn spawn_life(
        self: &Rc<Self>,
        life: impl Future<Output = ()> + 'static,
    ) -> Option<JoinHandle<()>> {
        self.born.set(self.born.get() + 1);
        let life = Watched {
            life: Box::pin(life),
            world: Rc::clone(self),
            queued_at: Some(self.polls.get()),
            is_polling: false,
        };
        // A refused future is dropped, which counts.
        self.shared.spawn(life, Location::caller()).ok()
    }

    fn wake_somebody(&self) -> bool {
        let mut parked = self.parked.borrow_mut();
        if parked.is_empty() {
            return false;
        }
        let chosen = self.choices.below(parked.len());
        let place = parked.swap_remove(chosen);
        drop(parked);
        place.woken_at.set(Some(self.polls.get()));
        let waker = place.waker.borrow_mut().take();
        waker.expect("a parked task left its waker").wake();
        true
    }

    fn is_over(&self) -> bool {
        self.dropped.get() == self.born.get()
    }

    fn note_wait(&self, queued_at: u64) {
        let waited = self.polls.get() - queued_at;
        if !self.is_patient.get() {
            self.longest_wait.set(self.longest_wait.get().max(waited));
        }
        assert!(
            self.is_patient.get() || waited <= MOST_POLLS_QUEUED,
            "a task waited for {waited} polls of others"
        );
    }
}

/// A task's future under observation.
struct Watched {
    life: Pin<Box<dyn Future<Output = ()>>>,
    world: Rc<World>,
    /// When it was queued, where that is known.
    queued_at: Option<u64>,
    is_polling: bool,
}

impl Future for Watched {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        assert!(!self.is_polling, "a task is polled twice at once");
        self.is_polling = true;
        let world = Rc::clone(&self.world);
        world.polls.set(world.polls.get() + 1);
        if let Some(queued_at) = self.queued_at.take() {
            world.note_wait(queued_at);
        }
        let polled = self.life.as_mut().poll(cx);
        self.is_polling = false;
        if polled.is_ready() {
            world.ended.set(world.ended.get() + 1);
        }
        polled
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.world.dropped.set(self.world.dropped.get() + 1);
    }
}

/// Waits until somebody calls `wake_somebody`.
struct WaitForSomebody {
    world: Rc<World>,
    place: Option<Rc<Place>>,
}

impl Future for WaitForSomebody {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(place) = &self.place {
            if let Some(woken_at) = place.woken_at.get() {
                self.world.note_wait(woken_at);
                return Poll::Ready(());
            }
        } else {
            let place = Rc::new(Place::default());
            self.world.parked.borrow_mut().push(Rc::clone(&place));
            self.place = Some(place);
        }
        if let Some(place) = &self.place {
            *place.waker.borrow_mut() = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// Keeps every worker busy with tasks that wake each other or yield.
fn crowd(world: &Rc<World>) {
    for _ in 0..WORKERS {
        if world.choices.one_in(2) {
            let (ping, pong) = (Rc::new(Notify::new()), Rc::new(Notify::new()));
            drop(world.spawn_life(answer(Rc::clone(&ping), Rc::clone(&pong))));
            drop(world.spawn_life(answer(pong, Rc::clone(&ping))));
            ping.notify_one();
        } else {
            drop(world.spawn_life(async {
                for _ in 0..CROWD_ROUNDS {
                    yield_now().await;
                }
            }));
        }
    }
}

/// Overflows a ring. Whoever waits behind a burst in the injector may wait for long.
fn burst(world: &Rc<World>) {
    world.is_patient.set(true);
    let parent = Rc::clone(world);
    drop(world.spawn_life(async move {
        for _ in 0..BURST {
            drop(parent.spawn_life(async {}));
        }
    }));
}

async fn answer(ask: Rc<Notify>, tell: Rc<Notify>) {
    for _ in 0..CROWD_ROUNDS {
        ask.notified().await;
        tell.notify_one();
    }
}

async fn life(world: Rc<World>, depth: usize) {
    for _ in 0..world.choices.below(10) {
        match world.choices.below(6) {
            0 => yield_now().await,
            1 | 2 if depth < 4 => {
                let child = world.spawn(depth + 1);
                if let (Some(child), true) = (child, world.choices.one_in(2)) {
                    let _ = child.await;
                }
            }
            3 => {
                let mut guard = world.lock.lock().await;
                yield_now().await;
                *guard += 1;
            }
            4 => {
                WaitForSomebody {
                    world: Rc::clone(&world),
                    place: None,
                }
                .await
            }
            _ => drop(world.wake_somebody()),
        }
    }
}

/// A worker that is simulated.
struct Virtual {
    worker: Worker,
    /// It found nothing to do, and lies down next.
    is_idle: bool,
    /// Asleep since it lay down; on the driver or not.
    asleep: Option<bool>,
    seen: Seen,
    gone: bool,
}

struct Simulation {
    world: Rc<World>,
    choices: Choices,
    workers: Vec<Virtual>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let choices = Choices::new(seed);
        let (driver, handle) = Driver::new(&driver::Config {
            io: false,
            time: true,
            start_paused: false,
            pausable: false,
            events_per_turn: 16,
        })
        .expect("no system call is made");
        let config = Config {
            event_interval: EVENT_INTERVAL,
            global_queue_interval: GLOBAL_QUEUE_INTERVAL,
            ..Config::default()
        };
        let (shared, kits) = shared::new(WORKERS, config, driver, handle);
        let workers = kits
            .into_iter()
            .map(|kit| {
                shared.idle.arrive();
                let worker = Worker::new(&shared, kit);
                Virtual {
                    worker,
                    is_idle: false,
                    asleep: None,
                    seen: Seen::new(),
                    gone: false,
                }
            })
            .collect();
        let world = Rc::new(World {
            choices: choices.clone(),
            shared,
            polls: Cell::new(0),
            longest_wait: Cell::new(0),
            is_patient: Cell::new(false),
            born: Cell::new(0),
            ended: Cell::new(0),
            dropped: Cell::new(0),
            parked: RefCell::default(),
            lock: Mutex::new(0),
        });
        Self {
            world,
            choices,
            workers,
        }
    }

    fn is_driven(&self) -> bool {
        self.workers.iter().any(|other| other.asleep == Some(true))
    }

    /// True if the worker would wake up if it were a thread.
    fn is_called(&self, index: usize) -> bool {
        let Virtual { worker, asleep, .. } = &self.workers[index];
        match asleep {
            None => true,
            Some(false) => worker.is_called(),
            // Whoever sleeps on the driver is called through it. One look is as good as another.
            Some(true) => !self.world.shared.idle.is_parked(worker.seat),
        }
    }

    /// One decision of one worker.
    fn advance(&mut self, index: usize) {
        let on_driver = !self.is_driven() && self.choices.one_in(2);
        let virtual_worker = &mut self.workers[index];
        let Virtual {
            worker,
            is_idle,
            asleep,
            seen,
            gone,
        } = virtual_worker;
        if worker.shared.is_shut_down() {
            *gone = true;
            worker.retire();
            return;
        }
        worker.sit();
        match asleep {
            None if *is_idle => {
                *is_idle = false;
                seen.clear();
                if worker.lie_down(on_driver, None) {
                    *asleep = Some(on_driver);
                } else {
                    worker.get_up(on_driver);
                }
            }
            None => match worker.step(&mut self.choices) {
                Step::Ran => {}
                Step::Idle => *is_idle = true,
                Step::HandedOff => unreachable!("nobody blocks in place"),
            },
            Some(_) => {
                worker.forget_call();
                if worker.may_get_up(None, seen) {
                    *asleep = None;
                    worker.get_up(on_driver);
                }
            }
        }
        worker.put_back();
    }

    /// Runs the world to its end.
    fn run(&mut self, shut_down_early: bool) {
        let _on_duty = OnDuty::begin();
        for _ in 0..1 + self.choices.below(32) {
            self.world.spawn(0);
        }
        if self.choices.one_in(CROWDED) {
            crowd(&self.world);
        } else if self.choices.one_in(CROWDED) {
            burst(&self.world);
        }
        let stop_at = shut_down_early.then(|| self.choices.below(200) as u64);
        for turn in 0..MOST_TURNS {
            if self.world.is_over() && stop_at.is_none() {
                return;
            }
            if stop_at == Some(turn) {
                threads::shutdown(&self.world.shared);
                (0..WORKERS).for_each(|index| self.advance(index));
                assert!(self.workers.iter().all(|worker| worker.gone));
                assert!(self.world.is_over(), "the shutdown lost a task");
                return;
            }
            let called: Vec<_> = (0..WORKERS)
                .filter(|&index| self.is_called(index))
                .collect();
            if self.choices.one_in(32) {
                // A spurious wake, a late call, or the sentinel's period.
                self.advance(self.choices.below(WORKERS));
            } else if called.is_empty() || self.choices.one_in(64) {
                // Something from outside.
                let woke = self.world.wake_somebody();
                let lost = called.is_empty() && !woke && stop_at.is_none();
                assert!(
                    !lost || self.world.is_over(),
                    "everybody sleeps and a task is left"
                );
            } else {
                self.advance(called[self.choices.below(called.len())]);
            }
        }
        panic!("no end after {MOST_TURNS} turns");
    }
}

fn simulate(seed: u64) -> u64 {
    let mut simulation = Simulation::new(seed);
    let shut_down_early = simulation.choices.one_in(4);
    simulation.run(shut_down_early);
    let world = Rc::clone(&simulation.world);
    if !shut_down_early {
        assert_eq!(world.ended.get(), world.born.get(), "each task ends once");
        threads::shutdown(&world.shared);
        (0..WORKERS).for_each(|index| simulation.advance(index));
    }
    assert!(threads::wait_for_shutdown(
        &world.shared,
        Some(Duration::ZERO)
    ));
    world.longest_wait.get()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

#[test]
fn no_task_is_lost_doubled_or_starved() {
    let seeds = match number("WAKEFUL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("WAKEFUL_SEEDS").unwrap_or(SEEDS),
    };
    let mut longest = 0;
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            Ok(waited) => longest = longest.max(waited),
            Err(panic) => {
                let test = "no_task_is_lost_doubled_or_starved";
                eprintln!("seed {seed} failed; again: WAKEFUL_SEED={seed} cargo test --lib {test}");
                resume_unwind(panic);
            }
        }
    }
    println!("longest wait: {longest} polls");
}
