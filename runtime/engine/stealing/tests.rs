//! Who is called for what, decision by decision, on workers without threads.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::idle::{HAUL, Idle, Notify, TINY_POLL};
use super::kit::{self, is_tiny};
use super::queue::CAPACITY;
use super::shared::{Seat, Shared};
use super::threads::{self, Starting};
use super::worker::{Seen, Step, Worker};
use crate::engine::config::Config;
use crate::engine::driver::{self, Driver};
use crate::engine::stealing::oracle::{Oracle, Production};

/// Two workers that are up, and a timer that will not fire.
fn two_workers() -> (Arc<Shared>, [Worker; 2]) {
    let (driver, handle) = Driver::new(&driver::Config {
        io: false,
        time: true,
        start_paused: true,
        pausable: true,
        events_per_turn: 16,
        events_when_busy: None,
    })
    .expect("no system call is made");
    let time = Arc::clone(handle.time().expect("it was asked for"));
    let Starting { shared, kits } = threads::start(2, Config::default(), driver, handle);
    let late = time.clock().now_tick() + 1_000_000;
    time.register(late, Waker::noop().clone())
        .expect("not due yet");
    let workers = kits.into_iter().map(|kit| {
        shared.idle.arrive();
        Worker::new(&shared, kit)
    });
    let Ok(workers) = workers.collect::<Vec<_>>().try_into() else {
        unreachable!("two were asked for")
    };
    (shared, workers)
}

/// Has a worker act as if this were its thread.
fn on<R>(worker: &mut Worker, act: impl FnOnce(&Worker) -> R) -> R {
    worker.sit();
    let result = act(worker);
    worker.put_back();
    result
}

fn spawn(shared: &Shared) {
    let handle = shared.spawn(&mut Some(async {}), std::panic::Location::caller());
    assert!(handle.is_some(), "the runtime is up");
}

#[test]
fn many_small_events_call_the_sentinel_once() {
    let (shared, [mut worker, mut watcher]) = two_workers();
    let mut oracle = Production::new(worker.seat, &shared.config);
    let mut seen = Seen::default();
    assert!(on(&mut worker, |worker| worker.lie_down(true, None)));
    assert!(on(&mut watcher, |watcher| watcher.lie_down(false, None)));

    let mut calls = 0;
    for _ in 0..10 {
        on(&mut worker, |worker| {
            worker.get_up(true);
            spawn(&shared);
            assert_eq!(worker.step(&mut oracle), Step::Ran);
        });
        if watcher.forget_call() {
            calls += 1;
            assert!(watcher.leaves_driver(), "its last holder is up");
        }
        assert!(on(&mut worker, |worker| worker.lie_down(true, None)));
        // A period ends.
        let gets_up = on(&mut watcher, |watcher| watcher.may_get_up(None, &mut seen));
        assert!(!gets_up && shared.idle.is_sentinel(watcher.seat));
    }
    assert_eq!(calls, 1);

    on(&mut watcher, |watcher| watcher.may_get_up(None, &mut seen));
    assert!(
        !shared.idle.is_sentinel(watcher.seat),
        "an idle runtime sleeps"
    );
    threads::shutdown(&shared);
}

#[test]
fn a_worker_that_is_called_has_the_driver_if_nobody_is_up() {
    let (shared, [mut worker, mut other]) = two_workers();
    assert!(on(&mut worker, |worker| worker.lie_down(false, None)));
    assert!(on(&mut other, |other| other.lie_down(false, None)));
    assert!(!worker.leaves_driver());
    threads::shutdown(&shared);
}

#[test]
fn while_somebody_naps_only_a_push_from_elsewhere_wakes() {
    let (shared, [mut worker, mut napper]) = two_workers();
    assert!(shared.idle.begin_nap(false));
    assert!(!shared.idle.begin_nap(false), "one at a time");
    assert!(on(&mut napper, |napper| napper.lie_down(false, None)));
    on(&mut worker, |_| (0..10).for_each(|_| spawn(&shared)));
    assert!(!napper.is_called(), "the ring has a worker of its own");

    spawn(&shared);
    assert!(napper.is_called(), "the injector has none");
    napper.forget_call();
    assert!(on(&mut napper, |napper| napper.end_nap(None)));
    threads::shutdown(&shared);
}

#[test]
fn a_nap_ends_in_work_if_a_ring_is_filled() {
    let (shared, [mut worker, mut napper]) = two_workers();
    for tasks in [0, 2] {
        assert!(shared.idle.begin_nap(false), "the last one is over");
        assert!(on(&mut napper, |napper| napper.lie_down(false, None)));
        on(&mut worker, |_| (0..tasks).for_each(|_| spawn(&shared)));
        let gets_up = on(&mut napper, |napper| napper.end_nap(None));
        assert_eq!(gets_up, tasks > 0);
        on(&mut napper, |napper| napper.get_up(false));
    }
    threads::shutdown(&shared);
}

#[test]
fn who_is_up_alone_searches_nowhere() {
    let (shared, [mut worker, mut other]) = two_workers();
    assert!(shared.idle.start_searching());
    assert!(shared.idle.stop_searching());
    assert!(on(&mut other, |other| other.lie_down(true, None)));
    assert!(!shared.idle.start_searching());
    on(&mut other, |other| other.get_up(true));
    on(&mut worker, Worker::stop_searching);
    threads::shutdown(&shared);
}

/// With enough others awake nobody sleeps on the driver: an event would get up one too many. But
/// if a period has seen no look at it, the sentinel looks.
#[test]
fn the_sentinel_looks_at_a_driver_that_nobody_looks_at() {
    let (shared, [mut worker, mut watcher]) = two_workers();
    // The guest is awake, too.
    shared.idle.arrive();
    assert!(on(&mut watcher, |watcher| watcher.lie_down(false, None)));
    assert!(shared.idle.is_left_to_others());

    let mut seen = Seen::default();
    let mut looks = || {
        on(&mut watcher, |watcher| watcher.may_get_up(None, &mut seen));
        shared.driver.lock().looks()
    };
    let mut before = looks();
    for _ in 0..3 {
        let mut driver = shared.driver.lock();
        on(&mut worker, |worker| {
            worker.drive(&mut driver, Some(Duration::ZERO))
        });
        drop(driver);
        assert_eq!(looks(), before + 1, "a worker has looked");
        before += 1;
    }
    assert_eq!(looks(), before + 1, "nobody has, for a period");
    threads::shutdown(&shared);
}

/// The one that was stuck goes on: one of three leaves what it has to the others.
#[test]
fn one_too_many_makes_room() {
    let (shared, [mut worker, mut other]) = two_workers();
    shared.idle.arrive();
    on(&mut worker, |_| (0..3).for_each(|_| spawn(&shared)));
    let mut oracle = Production::new(worker.seat, &shared.config);
    on(&mut worker, |worker| {
        kit::with_core(&shared, |core| core.until_turn = 1);
        assert_eq!(worker.step(&mut oracle), Step::Idle);
        assert!(worker.lie_down(false, None), "the others are awake");
    });
    assert_eq!(shared.injected(), 3);
    assert!(!shared.idle.is_crowded());
    on(&mut other, |other| {
        assert_eq!(other.step(&mut oracle), Step::Ran)
    });
    threads::shutdown(&shared);
}

/// With tasks of its own, too: else what overflowed would wait for a look each.
#[test]
fn a_look_at_the_injector_takes_a_share() {
    let (shared, [mut worker, _other]) = two_workers();
    (0..8).for_each(|_| spawn(&shared));
    on(&mut worker, |worker| {
        spawn(&shared);
        kit::with_core(&shared, |core| core.until_outside = 1);
        let mut oracle = Production::new(worker.seat, &shared.config);
        assert_eq!(worker.step(&mut oracle), Step::Ran);
        let queued = kit::with_core(&shared, |core| core.queue.len());
        assert_eq!(queued, Some(1 + 3), "one of four has run");
    });
    threads::shutdown(&shared);
}

/// Who wakes the sentinel has to call another one to keep watch.
#[test]
fn the_sentinel_is_woken_last() {
    let idle = Idle::new(3, 3);
    (0..3).for_each(|_| idle.arrive());
    (1..3).for_each(|seat| idle.park(seat, false));
    idle.volunteer(1);
    assert!(idle.is_sentinel(1));
    assert_eq!(idle.notify(), Notify::Worker(2));
    assert!(idle.stop_searching());
    assert_eq!(idle.notify(), Notify::Worker(1));
}

/// A thief during whose pauses a victim polls a task, or who was in vain.
struct Watched<'a> {
    production: Production,
    victim: Option<&'a Seat>,
    in_vain: bool,
}

impl Oracle for Watched<'_> {
    fn first_victim(&mut self, seats: usize) -> usize {
        self.production.first_victim(seats)
    }

    fn look_outside(&mut self, is_due: bool) -> bool {
        self.production.look_outside(is_due)
    }

    fn turn_driver(&mut self, is_due: bool) -> bool {
        self.production.turn_driver(is_due)
    }

    fn take_next(&mut self, streak: u32) -> bool {
        self.production.take_next(streak)
    }

    fn was_in_vain(&mut self, _: impl FnOnce() -> bool) -> bool {
        self.in_vain
    }

    fn pause(&mut self) {
        if let Some(victim) = self.victim {
            victim.counters.begin_poll(std::ptr::null_mut());
            victim.counters.end_poll();
        }
    }
}

#[test]
fn who_fetched_tiny_tasks_leaves_the_rest_to_others_for_a_nap() {
    let (shared, [mut worker, mut thief]) = two_workers();
    on(&mut worker, |_| (0..=CAPACITY).for_each(|_| spawn(&shared)));
    assert_eq!(shared.injector.len(), CAPACITY / 2 + 1, "the ring is full");
    let mut oracle = Watched {
        production: Production::new(thief.seat, &shared.config),
        victim: None,
        in_vain: true,
    };
    on(&mut thief, |thief| {
        assert_eq!(thief.step(&mut oracle), Step::Idle);
        assert!(thief.begin_nap(|| false));
        assert!(thief.lie_down(false, None), "although there is work");
        assert!(thief.end_nap(None), "there may be still");
        thief.get_up(false);
        oracle.in_vain = false;
        while thief.step(&mut oracle) == Step::Ran {}
        thief.stop_searching();
    });
    assert_eq!(shared.injector.len(), 0, "it took its share again");
    oracle.in_vain = true;
    on(&mut worker, |_| (0..=CAPACITY).for_each(|_| spawn(&shared)));
    // Nobody else is up who could do it.
    shared.idle.add_stuck();
    on(&mut thief, |thief| {
        assert_eq!(thief.step(&mut oracle), Step::Idle);
        assert!(!thief.begin_nap(|| false));
        assert!(!thief.lie_down(false, None));
        thief.get_up(false);
        thief.stop_searching();
    });
    shared.idle.remove_stuck();
    threads::shutdown(&shared);
}

/// A main future that yields is not kept waiting for a search.
#[test]
fn whose_main_future_is_due_searches_nowhere() {
    let (shared, [mut worker, mut guest]) = two_workers();
    let mut oracle = Production::new(guest.seat, &shared.config);
    on(&mut worker, |_| (0..4).for_each(|_| spawn(&shared)));
    on(&mut guest, |guest| {
        kit::with_core(&shared, |core| core.is_main_due = true);
        assert_eq!(guest.step(&mut oracle), Step::Idle);
        kit::with_core(&shared, |core| core.is_main_due = false);
        assert_eq!(guest.step(&mut oracle), Step::Ran);
    });
    threads::shutdown(&shared);
}

#[test]
fn tiny_is_the_mean_of_all_polls() {
    let polls = u64::try_from(HAUL).expect("small");
    let limit = TINY_POLL * HAUL as u32;
    assert!(!is_tiny(limit, polls));
    assert!(is_tiny(limit - std::time::Duration::from_nanos(1), polls));
    assert!(!is_tiny(limit, 0));
}

/// What a task has woken stays with its worker, which is about to run it. Only from a worker that
/// makes no progress is it taken.
#[test]
fn r10_messages_stay_with_a_worker_that_goes_on() {
    let (shared, [mut worker, mut thief]) = two_workers();
    on(&mut worker, |_| {
        spawn(&shared);
        kit::with_core(&shared, |core| {
            let task = core.queue.pop().expect("just spawned");
            assert!(core.queue.put_next(task).is_none());
        });
    });
    let victim = &shared.seats[worker.seat];
    for goes_on in [true, false] {
        let mut oracle = Watched {
            production: Production::new(thief.seat, &shared.config),
            victim: goes_on.then_some(victim),
            in_vain: false,
        };
        let step = on(&mut thief, |thief| {
            let step = thief.step(&mut oracle);
            thief.stop_searching();
            step
        });
        let wanted = if goes_on { Step::Idle } else { Step::Ran };
        assert_eq!((step, victim.stealer.has_next()), (wanted, goes_on));
    }
    threads::shutdown(&shared);
}
