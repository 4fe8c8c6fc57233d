//! Worlds of tasks that check the scheduler: none is lost, doubled or starved.
//!
//! Tasks spawn, yield, wait for each other, sleep, and lock. Some worlds are crowded: tasks that
//! wake each other or yield for long. Some see a burst of spawns that overflows a ring. Some are
//! shut down in the midst of it.
//!
//! Checked for each seed: every task ends, is never polled twice at once, and is polled soon after
//! it was queued. No more workers than are woken stay awake for long, as when a stuck one goes on
//! after another one got up in its place. `WAKEFUL_SEED=n` runs one seed, `WAKEFUL_SEEDS=n` that
//! many.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::super::oracle::NEXT_STREAK;
use super::super::queue::CAPACITY;
use super::super::shared::Shared;
use super::super::threads;
use super::{Outside, Rates, Simulation, Turn};
use crate::chance::{self, Simulated};
use crate::engine::config::Config;
use crate::engine::driver::{self, Driver};
use crate::engine::task::JoinHandle;
use crate::engine::timer::{self, Status, Timer};
use crate::sync::{Mutex, Notify};
use crate::task::yield_now;

const WORKERS: usize = 4;
const SEEDS: u64 = 3_000;
/// No task may wait longer than this many polls of others. The worlds have some 40 tasks at a
/// time, and the slot for the task woken last lets three go first for each.
const MOST_POLLS_QUEUED: u64 = 1_000;
/// The same after a burst: the last of a full ring, of whose worker's polls the slot for the task
/// woken last has all but one in so many, while all seats poll as often.
const MOST_POLLS_IN_A_BURST: u64 =
    CAPACITY as u64 * (NEXT_STREAK as u64 + 1) * (WORKERS as u64 + 1);
/// One world in so many is crowded, and one in so many sees a burst.
const CROWDED: usize = 100;
/// How long the tasks of a crowd keep at it: longer than anybody may wait.
const CROWD_ROUNDS: usize = 2_000;
/// Spawned at once in a crowded world: more than a ring holds.
const BURST: usize = 600;
/// Polls for one that takes long, in every other world.
const LONG: usize = 16;
/// Times that the main future waits for somebody.
const MAIN_WAITS: usize = 8;
/// For so many turns more workers may be awake than are woken: each 16th step of a worker that has
/// something to do is a look round.
const LONGEST_CROWD: u64 = 1_000;
/// Far more turns than any world takes: a livelock is an error, too.
const MOST_TURNS: u64 = 1_000_000;

/// What the tasks of one seed share.
struct World {
    shared: Arc<Shared>,
    /// Polls so far, of all tasks.
    polls: Cell<u64>,
    longest_wait: Cell<u64>,
    may_wait: Cell<u64>,
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
        self.shared.spawn(&mut Some(life), Location::caller())
    }

    fn wake_somebody(&self) -> bool {
        let mut parked = self.parked.borrow_mut();
        if parked.is_empty() {
            return false;
        }
        let chosen = chance::first(parked.len());
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
        self.longest_wait.set(self.longest_wait.get().max(waited));
        assert!(
            waited <= self.may_wait.get(),
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

/// Waits for a timer.
struct Nap {
    time: Arc<timer::Handle>,
    timer: Option<Timer>,
}

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(timer) = &self.timer {
            return match self.time.poll(timer, cx.waker()) {
                Status::Armed => Poll::Pending,
                Status::Fired | Status::Closed => Poll::Ready(()),
            };
        }
        let deadline = self.time.clock().now_tick() + 1 + chance::first(3) as u64;
        match self.time.register(deadline, cx.waker().clone()) {
            Ok(timer) => self.timer = Some(timer),
            Err(_) => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Drop for Nap {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.time.cancel(timer);
        }
    }
}

/// Keeps every worker busy with tasks that wake each other or yield.
fn crowd(world: &Rc<World>) {
    for _ in 0..WORKERS {
        if chance::one_in(2) {
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

/// Overflows a ring: half of it waits in the injector.
fn burst(world: &Rc<World>) {
    world.may_wait.set(MOST_POLLS_IN_A_BURST);
    let parent = Rc::clone(world);
    drop(world.spawn_life(async move {
        for _ in 0..BURST {
            drop(parent.spawn_life(async {}));
        }
    }));
}

/// Spawns, waits to be woken, and does not end.
async fn main_future(world: Rc<World>) {
    for _ in 0..MAIN_WAITS {
        drop(world.spawn(3));
        WaitForSomebody {
            world: Rc::clone(&world),
            place: None,
        }
        .await;
    }
    pending().await
}

async fn answer(ask: Rc<Notify>, tell: Rc<Notify>) {
    for _ in 0..CROWD_ROUNDS {
        ask.notified().await;
        tell.notify_one();
    }
}

async fn life(world: Rc<World>, depth: usize) {
    for _ in 0..chance::first(10) {
        match chance::first(7) {
            0 => yield_now().await,
            6 => {
                let time = world.shared.driver_handle.time().map(Arc::clone);
                let time = time.expect("it has timers");
                Nap { time, timer: None }.await;
            }
            1 | 2 if depth < 4 => {
                let child = world.spawn(depth + 1);
                if let (Some(child), true) = (child, chance::one_in(2)) {
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

/// The world as seen by those who simulate it: now and then it wakes somebody.
impl Outside for Rc<World> {
    fn events(&self) -> usize {
        self.parked.borrow().len()
    }

    fn happen(&mut self) {
        self.wake_somebody();
    }

    fn stuck(&mut self) {}
}

fn begin() -> (Rc<World>, Simulation) {
    let (driver, handle) = Driver::new(&driver::Config {
        io: false,
        time: true,
        start_paused: true,
        pausable: true,
        events_per_turn: 16,
        events_when_busy: None,
    })
    .expect("no system call is made");
    let config = Config {
        // One seat more than are woken. At first all are awake.
        spare_worker: chance::one_in(2),
        ..Config::default()
    };
    let starting = threads::start(WORKERS, config, driver, handle);
    let world = Rc::new(World {
        shared: Arc::clone(&starting.shared),
        polls: Cell::new(0),
        longest_wait: Cell::new(0),
        may_wait: Cell::new(MOST_POLLS_QUEUED),
        born: Cell::new(0),
        ended: Cell::new(0),
        dropped: Cell::new(0),
        parked: RefCell::default(),
        lock: Mutex::new(0),
    });
    // A poll that nobody asked for is not part of what is counted here.
    let rates = Rates {
        spurious: 0,
        short: 16,
        long: if chance::one_in(2) { LONG } else { 0 },
    };
    (world, Simulation::new(starting, rates))
}

/// Runs a world to its end, or to its shutdown.
fn run(world: &Rc<World>, simulation: &mut Simulation, shut_down_early: bool) {
    for _ in 0..1 + chance::first(32) {
        world.spawn(0);
    }
    let is_crowded = chance::one_in(CROWDED);
    if is_crowded {
        // Who is stuck keeps what it has while all others are busy.
        simulation.oracle.0.long = 0;
        crowd(world);
    }
    if chance::one_in(if is_crowded { 2 } else { CROWDED }) {
        // The same goes for what comes with a burst.
        simulation.oracle.0.long = 0;
        burst(world);
    }
    let turns = match shut_down_early {
        true => chance::first(200) as u64,
        false => MOST_TURNS,
    };
    let mut outside = Rc::clone(world);
    let mut main = pin!(main_future(Rc::clone(world)));
    let mut crowd = 0;
    for _ in 0..turns {
        let turn = simulation.turn(&mut outside, &mut |task| {
            let _ = task.poll(main.as_mut());
        });
        crowd = match world.shared.idle.is_crowded() {
            true => crowd + 1,
            false => 0,
        };
        assert!(crowd <= LONGEST_CROWD, "nobody makes room");
        if !shut_down_early && world.is_over() {
            return;
        }
        let lost = turn == Turn::Stuck && !world.is_over();
        assert!(!lost, "everybody sleeps and a task is left");
    }
    assert!(shut_down_early, "no end after {MOST_TURNS} turns");
}

fn simulate(seed: u64) -> u64 {
    let _simulated = Simulated::begin(seed).expect("none runs here");
    let (world, mut simulation) = begin();
    let shut_down_early = chance::one_in(4);
    let has_guest = chance::one_in(2);
    if has_guest {
        simulation.seat_guest(Location::caller());
    }
    run(&world, &mut simulation, shut_down_early);
    if has_guest {
        simulation.unseat_guest();
    }
    if !shut_down_early {
        assert_eq!(world.ended.get(), world.born.get(), "each task ends once");
    }
    simulation.shut_down();
    assert!(world.is_over(), "the shutdown lost a task");
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
