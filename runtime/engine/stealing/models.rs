//! Loom models of the ring, the slot for the task woken last, and parking against posting.

use loom::thread;

use super::idle::{Idle, Notify};
use super::queue::{self, CAPACITY, Local, Stealer};
use crate::engine::sleeper::{How, Sleeper};
use crate::engine::task::{Header, Runnable};
use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use crate::primitives::{Arc, UnsafeCell};

/// A turn that nobody takes: the queues never follow the pointer. Numbered from 1.
#[expect(unsafe_code, reason = "T1: made here, never run")]
fn task(number: usize) -> Runnable {
    let pointer = std::ptr::without_provenance_mut::<Header>(number * 64);
    // SAFETY: T1. Nobody runs it or looks behind it.
    unsafe { Runnable::from_ptr(pointer) }
}

fn number(task: Runnable) -> usize {
    task.into_ptr().addr() / 64
}

fn pop_all(local: &mut Local, found: &mut Vec<usize>) {
    while let Some(task) = local.take_next().or_else(|| local.pop()) {
        found.push(number(task));
    }
}

fn steal_all(stealer: &Stealer, attempts: usize) -> Vec<usize> {
    let (mut own, _) = queue::new();
    let mut found = Vec::new();
    for _ in 0..attempts {
        if let Some((task, _)) = stealer.steal(&mut own) {
            found.push(number(task));
        }
    }
    pop_all(&mut own, &mut found);
    found
}

fn assert_each_once(mut found: Vec<usize>, tasks: usize) {
    found.sort_unstable();
    assert_eq!(
        found,
        (1..=tasks).collect::<Vec<_>>(),
        "Q1: each task exactly once"
    );
}

/// The owner fills the ring, goes round it, and pops, while a thief steals.
#[test]
fn r04_a_thief_against_an_owner_that_wraps() {
    loom::model(|| {
        let (mut local, stealer) = queue::new();
        let mut found = Vec::new();
        // Positions near the end of the ring, so that the next pushes wrap.
        for start in 1..CAPACITY {
            assert!(local.push(task(start)).is_ok());
            found.push(number(local.pop().unwrap()));
        }
        let mut next = CAPACITY;
        let mut push = |local: &mut Local, found: &mut Vec<usize>| {
            let mut turn = task(next);
            next += 1;
            while let Err(back) = local.push(turn) {
                turn = back;
                found.extend(local.pop().map(number));
            }
        };
        push(&mut local, &mut found);
        push(&mut local, &mut found);
        let thief = thread::spawn(move || steal_all(&stealer, 2));
        for _ in 0..3 {
            push(&mut local, &mut found);
        }
        found.extend(local.pop().map(number));
        found.extend(thief.join().unwrap());
        pop_all(&mut local, &mut found);
        assert_each_once(found, CAPACITY + 4);
    });
}

#[test]
fn r04_two_thieves_against_an_owner() {
    loom::model(|| {
        let (mut local, stealer) = queue::new();
        for index in 1..=2 {
            assert!(local.push(task(index)).is_ok());
        }
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let stealer = stealer.clone();
                thread::spawn(move || steal_all(&stealer, 1))
            })
            .collect();
        assert!(local.push(task(3)).is_ok());
        let mut found: Vec<_> = local.pop().map(number).into_iter().collect();
        thieves
            .into_iter()
            .for_each(|thief| found.extend(thief.join().unwrap()));
        pop_all(&mut local, &mut found);
        assert_each_once(found, 3);
    });
}

/// A full ring gives half away while a thief is at it. The chain links headers, so it only
/// counts positions here.
#[test]
fn r04_a_thief_against_an_overflow() {
    loom::model(|| {
        let (mut local, stealer) = queue::new();
        for index in 1..=CAPACITY {
            assert!(local.push(task(index)).is_ok());
        }
        let thief = thread::spawn(move || steal_all(&stealer, 1));
        let mut found = Vec::new();
        local.take_half_with(|task| found.push(number(task)));
        found.extend(thief.join().unwrap());
        pop_all(&mut local, &mut found);
        assert_each_once(found, CAPACITY);
    });
}

#[test]
fn the_next_slot_is_taken_once() {
    loom::model(|| {
        let (mut local, stealer) = queue::new();
        assert!(local.put_next(task(1)).is_none());
        let thief = thread::spawn(move || stealer.steal_next().map(number));
        let mut found: Vec<_> = local.put_next(task(2)).map(number).into_iter().collect();
        found.extend(local.take_next().map(number));
        found.extend(thief.join().unwrap());
        assert_each_once(found, 2);
    });
}

/// What the tasks numbered from 1 hold: loom watches each access.
type Memories = Arc<[UnsafeCell<u32>; 2]>;

fn touch(memories: &Memories, task: usize) {
    memories[task - 1].with_mut(|_| ());
}

/// Nothing but the queue is between who made a task and who runs it.
fn what_a_task_holds_goes_with_it(
    put: fn(&mut Local, Runnable),
    take: fn(&Stealer) -> Option<Runnable>,
) {
    loom::model(move || {
        let (mut local, stealer) = queue::new();
        let memories = Arc::new([UnsafeCell::new(0), UnsafeCell::new(0)]);
        let theirs = Memories::clone(&memories);
        let thief = thread::spawn(move || {
            if let Some(stolen) = take(&stealer) {
                touch(&theirs, number(stolen));
            }
        });
        for index in 1..=2 {
            touch(&memories, index);
            put(&mut local, task(index));
        }
        thief.join().unwrap();
    });
}

#[test]
fn what_the_next_task_holds_goes_with_it() {
    what_a_task_holds_goes_with_it(
        |local, task| {
            let _ = local.put_next(task).map(number);
        },
        Stealer::steal_next,
    );
}

#[test]
fn what_a_task_in_the_ring_holds_goes_with_it() {
    what_a_task_holds_goes_with_it(
        |local, task| assert!(local.push(task).is_ok()),
        |stealer| {
            let (mut own, _) = queue::new();
            let stolen = stealer.steal(&mut own).map(|(task, _)| task);
            pop_all(&mut own, &mut Vec::new());
            stolen
        },
    );
}

/// Work that is counted, and workers that park as `worker.rs` does.
struct Pool {
    idle: Idle,
    work: AtomicUsize,
    beds: [Sleeper; 2],
}

impl Pool {
    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            idle: Idle::new(2, limit),
            work: AtomicUsize::new(0),
            beds: [Sleeper::new(), Sleeper::new()],
        })
    }

    fn post(&self) {
        self.work.fetch_add(1, Relaxed);
        match self.idle.notify() {
            Notify::Nobody => {}
            Notify::Worker(seat) | Notify::Sentinel(seat) => self.unpark(seat),
        }
    }

    fn unpark(&self, seat: usize) {
        self.beds[seat].unpark();
    }

    fn take(&self) -> bool {
        let mut work = self.work.load(Relaxed);
        while work > 0 {
            match self.work.compare_exchange(work, work - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => work = now,
            }
        }
        false
    }

    /// A worker's day that ends after one piece of work.
    fn work_once(&self, seat: usize) {
        let mut is_searching = false;
        loop {
            if self.take() {
                if is_searching && self.idle.stop_searching() {
                    match self.idle.notify() {
                        Notify::Nobody => {}
                        Notify::Worker(seat) | Notify::Sentinel(seat) => self.unpark(seat),
                    }
                }
                return;
            }
            if !is_searching {
                is_searching = self.idle.start_searching();
                if is_searching {
                    continue;
                }
            }
            let was_searching = std::mem::take(&mut is_searching);
            self.idle.park(seat, was_searching);
            let owes = was_searching && self.work.load(Relaxed) > 0;
            if self.work.load(Relaxed) == 0 {
                while self.idle.is_parked(seat) {
                    if self.beds[seat].begin(How::Parked) {
                        self.beds[seat].wait(None);
                        self.beds[seat].end();
                    }
                }
            }
            is_searching = self.idle.wake_self(seat, owes);
        }
    }

    /// A worker that lies down if more are awake than should be. True if it sleeps.
    fn make_room(&self, seat: usize) -> bool {
        if !self.idle.is_crowded() {
            return false;
        }
        self.idle.park(seat, false);
        if self.idle.is_left_to_others() || self.work.load(Relaxed) == 0 {
            return true;
        }
        self.idle.wake_self(seat, false);
        false
    }
}

/// Two are awake where one should be, and each lies down beside work that it leaves to the other:
/// an injected task, or the driver. One of them stays.
#[test]
fn of_a_crowd_that_lies_down_one_stays() {
    loom::model(|| {
        let pool = Pool::new(1);
        pool.idle.arrive();
        pool.idle.arrive();
        pool.work.store(1, Relaxed);
        let workers: Vec<_> = (0..2)
            .map(|seat| {
                let pool = Arc::clone(&pool);
                thread::spawn(move || !pool.make_room(seat) && pool.take())
            })
            .collect();
        let taken = workers.into_iter().filter_map(|w| w.join().ok());
        let taken = taken.filter(|&taken| taken).count();
        assert_eq!(taken, 1, "I5: both sleep beside work");
    });
}

/// A worker parks while somebody posts. If the wake is lost the worker sleeps for ever, which loom
/// reports as a deadlock.
#[test]
fn r05_park_against_push() {
    loom::model(|| {
        let pool = Pool::new(2);
        pool.idle.arrive();
        let worker = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.work_once(0))
        };
        pool.post();
        worker.join().unwrap();
    });
}

/// Two posts, two workers: the second post may rely on the searcher that the first one woke, which
/// then wakes the second worker.
#[test]
fn r05_two_workers_park_against_two_pushes() {
    loom::model(|| {
        let pool = Pool::new(2);
        pool.idle.arrive();
        pool.idle.arrive();
        let workers: Vec<_> = (0..2)
            .map(|seat| {
                let pool = Arc::clone(&pool);
                thread::spawn(move || {
                    pool.work_once(seat);
                    pool.idle.leave();
                })
            })
            .collect();
        pool.post();
        pool.post();
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
    });
}

/// The last one awake pushes and makes sure of a sentinel, while the sentinel finds everybody
/// parked and retires. Afterwards somebody keeps watch.
#[test]
fn a_watch_against_a_retiring_sentinel() {
    loom::model(|| {
        let idle = Arc::new(Idle::new(2, 2));
        idle.arrive();
        idle.arrive();
        idle.park(0, false);
        idle.park(1, false);
        idle.volunteer_for_models(1);
        let other = Arc::clone(&idle);
        let retiring = thread::spawn(move || other.retire_sentinel(1));
        // Seat 0 wakes by itself and pushes where only it looks.
        assert!(!idle.wake_self(0, false));
        let named = idle.watch();
        let retired = retiring.join().unwrap();
        fence(SeqCst);
        let watched = !retired || named == Notify::Sentinel(1);
        assert!(watched, "I4: seat 0 is awake and nobody keeps watch");
    });
}
