//! The wheel against a sorted list; the handle under wakers that misbehave.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::clock::{Clock, NEVER};
use super::wheel::{Key, Wheel};
use super::{Handle, Refused, Status};
use crate::engine::sleeper::Sleeper;

#[derive(Clone, Debug)]
enum Step {
    Insert { bits: u32, low: u64 },
    Remove(usize),
    Refile { which: usize, bits: u32, low: u64 },
    Advance { bits: u32, low: u64 },
    ToNext,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..64u32, any::<u64>()).prop_map(|(bits, low)| Step::Insert { bits, low }),
        // Short ones too, so that deadlines coincide.
        4 => (0..8u32, any::<u64>()).prop_map(|(bits, low)| Step::Insert { bits, low }),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => (any::<usize>(), 0..64u32, any::<u64>())
            .prop_map(|(which, bits, low)| Step::Refile { which, bits, low }),
        3 => (0..40u32, any::<u64>()).prop_map(|(bits, low)| Step::Advance { bits, low }),
        2 => Just(Step::ToNext),
    ]
}

/// A distance with up to `bits` bits.
fn distance(bits: u32, low: u64) -> u64 {
    low >> (63 - bits)
}

/// A wheel beside the sorted list that it stands for. Values are the list's keys.
struct Both {
    wheel: Wheel<u64>,
    list: BTreeMap<(u64, u64), Key>,
    /// Deadlines by value, of entries in the list.
    deadlines: BTreeMap<u64, (u64, u64)>,
    keys: Vec<(u64, Key)>,
    order: u64,
}

impl Both {
    fn new() -> Self {
        Self {
            wheel: Wheel::new(),
            list: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            keys: Vec::new(),
            order: 0,
        }
    }

    fn file(&mut self, value: u64, deadline: u64, key: Key) {
        self.order += 1;
        self.list.insert((deadline, self.order), key);
        self.deadlines.insert(value, (deadline, self.order));
    }

    fn insert(&mut self, deadline: u64) {
        let value = self.keys.len() as u64;
        match self.wheel.insert(deadline, value) {
            Ok(key) => {
                assert!(deadline > self.wheel.now());
                self.keys.push((value, key));
                self.file(value, deadline, key);
            }
            Err(back) => {
                assert_eq!(back, value);
                assert!(deadline <= self.wheel.now());
            }
        }
    }

    fn remove(&mut self, which: usize) {
        let Some(&(value, key)) = self.keys.get(which % self.keys.len().max(1)) else {
            return;
        };
        let listed = self.deadlines.remove(&value);
        assert_eq!(self.wheel.remove(key), listed.map(|_| value));
        listed.map(|at| self.list.remove(&at));
    }

    fn refile(&mut self, which: usize, deadline: u64) {
        let Some(&(value, key)) = self.keys.get(which % self.keys.len().max(1)) else {
            return;
        };
        let listed = self.deadlines.remove(&value);
        listed.map(|at| self.list.remove(&at));
        match self.wheel.refile(key, deadline) {
            Ok(true) => {
                assert!(listed.is_some() && deadline > self.wheel.now());
                self.file(value, deadline, key);
            }
            Ok(false) => assert!(listed.is_none()),
            Err(back) => assert_eq!((back, deadline <= self.wheel.now()), (value, true)),
        }
    }

    fn advance(&mut self, to: u64) {
        while let Some(value) = self.wheel.pop(to) {
            let (&(deadline, order), _) = self.list.first_key_value().expect("nothing listed");
            assert_eq!(self.deadlines.remove(&value), Some((deadline, order)));
            assert!(deadline <= to);
            assert_eq!(self.wheel.now(), deadline);
            self.list.pop_first();
        }
        assert_eq!(self.wheel.now(), to);
        if let Some((&(deadline, _), _)) = self.list.first_key_value() {
            assert!(deadline > to, "left behind");
        }
    }

    fn check(&self) {
        self.wheel.assert_invariants();
        assert_eq!(self.wheel.len(), self.list.len());
        let earliest = self
            .list
            .first_key_value()
            .map(|(&(deadline, _), _)| deadline);
        assert_eq!(self.wheel.earliest(), earliest);
        let next = self.wheel.next_deadline();
        assert_eq!(next.is_some(), earliest.is_some());
        assert!(next <= earliest && next.is_none_or(|next| next >= self.wheel.now()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn wheel_is_a_sorted_list(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::new();
        for step in steps {
            let now = both.wheel.now();
            match step {
                Step::Insert { bits, low } => {
                    both.insert(now.saturating_add(distance(bits, low)));
                }
                Step::Remove(which) => both.remove(which),
                Step::Refile { which, bits, low } => {
                    both.refile(which, now.saturating_add(distance(bits, low)));
                }
                Step::Advance { bits, low } => {
                    both.advance(now.saturating_add(distance(bits, low)));
                }
                Step::ToNext => {
                    if let Some(next) = both.wheel.next_deadline() {
                        both.advance(next);
                    }
                }
            }
            both.check();
        }
        both.advance(u64::MAX);
        both.check();
    }
}

#[test]
fn next_deadline_leads_to_the_entry_in_a_few_steps() {
    for bits in 0..64 {
        let mut wheel = Wheel::new();
        let deadline = 1 << bits;
        wheel.insert(deadline, ()).unwrap();
        let stale = wheel.insert(deadline, ()).unwrap();
        wheel.remove(stale);
        assert_eq!(
            wheel.next_deadline(),
            Some(deadline),
            "nothing earlier was removed"
        );
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(()));
    }
    // An earlier one in the same slot was removed: each early `pop` brings it a level down.
    let mut wheel = Wheel::new();
    let early = wheel.insert((1 << 31) + 1, ()).unwrap();
    wheel.insert((1 << 31) + (1 << 29), ()).unwrap();
    wheel.remove(early);
    let mut steps = 0;
    while wheel.pop(wheel.next_deadline().unwrap()).is_none() {
        steps += 1;
        assert!(steps < 7);
    }
}

#[test]
fn r42_far_entry_does_not_stop_near_ones() {
    let mut wheel = Wheel::new();
    for bits in 31..64 {
        wheel.insert(1 << bits, false).unwrap();
    }
    wheel.insert(u64::MAX, false).unwrap();
    assert_eq!(wheel.pop((1 << 30) - 1), None);
    for _ in 0..10_000 {
        let deadline = wheel.now() + 333;
        wheel.insert(deadline, true).unwrap();
        assert_eq!(wheel.next_deadline(), Some(deadline));
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(true));
    }
}

#[test]
fn r43_deadlines_round_the_range_of_the_wheel() {
    let range = 1u64 << 36;
    for base in [0, 1, range - 1, range, 7 * range - 1, u64::MAX - 2 * range] {
        for distance in [1, range - 1, range, range + 1] {
            let mut wheel = Wheel::new();
            assert_eq!(wheel.pop(base), None);
            let deadline = base + distance;
            wheel.insert(deadline, ()).unwrap();
            assert_eq!(wheel.next_deadline(), Some(deadline));
            assert_eq!(wheel.pop(deadline - 1), None);
            wheel.assert_invariants();
            assert_eq!(wheel.pop(u64::MAX), Some(()));
            assert_eq!(wheel.now(), deadline);
        }
    }
}

#[test]
fn r43_ranges_with_nothing_in_them_are_skipped() {
    let mut wheel = Wheel::new();
    wheel.insert(u64::MAX, 1).unwrap();
    wheel.insert(u64::MAX - (1 << 40), 0).unwrap();
    // 2^28 ranges lie between: one by one this would take minutes.
    assert_eq!(wheel.pop(u64::MAX), Some(0));
    assert_eq!(wheel.pop(u64::MAX), Some(1));
    assert_eq!(wheel.pop(u64::MAX), None);
    assert_eq!(wheel.insert(u64::MAX, 2), Err(2));
}

#[test]
fn stale_keys_are_harmless() {
    let mut wheel = Wheel::new();
    let old = wheel.insert(5, 'a').unwrap();
    assert_eq!(wheel.pop(5), Some('a'));
    let new = wheel.insert(9, 'b').unwrap();
    assert_ne!(old, new);
    assert_eq!(wheel.get_mut(old), None);
    assert_eq!(wheel.remove(old), None);
    assert_eq!(wheel.refile(old, 20), Ok(false));
    assert_eq!(wheel.get_mut(new), Some(&mut 'b'));
}

// The handle.

fn handle() -> Handle {
    Handle::new(Clock::new(true), Arc::new(Sleeper::new()), true)
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Count {
    fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    fn wakes(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[test]
fn r29_the_latest_waker_is_woken_once() {
    let time = handle();
    let [first, last] = [Arc::new(Count::default()), Arc::new(Count::default())];
    let key = time.register(10, first.waker()).unwrap();
    assert_eq!(time.poll(key, &last.waker()), Status::Armed);
    time.fire_until(9);
    assert_eq!(last.wakes(), 0);
    time.fire_until(10);
    time.fire_until(11);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(time.poll(key, &first.waker()), Status::Fired);
}

#[test]
fn r30_no_waker_is_kept() {
    let time = handle();
    let count = Arc::new(Count::default());
    let fired = time.register(1, count.waker()).unwrap();
    let cancelled = time.register(2, count.waker()).unwrap();
    assert_eq!(
        time.poll(cancelled, &Waker::from(Arc::new(Count::default()))),
        Status::Armed
    );
    assert_eq!(time.poll(cancelled, &count.waker()), Status::Armed);
    assert_eq!(Arc::strong_count(&count), 3);
    time.fire_until(1);
    assert_eq!(time.status(fired), Status::Fired);
    time.cancel(cancelled);
    assert_eq!(Arc::strong_count(&count), 1);
    assert_eq!(time.register(1, count.waker()), Err(Refused::Due));
    time.shutdown();
    assert_eq!(time.register(9, count.waker()), Err(Refused::Closed));
    assert_eq!(Arc::strong_count(&count), 1);
}

thread_local! {
    static HOOK: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

fn call_hook() {
    let hook = HOOK.with(|hook| hook.borrow().clone());
    if let Some(hook) = hook {
        hook();
    }
}

/// A waker that calls the hook whenever it is cloned, woken or dropped.
#[expect(unsafe_code, reason = "only a raw waker notices that it is cloned")]
fn hooked_waker() -> Waker {
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            call_hook();
            RawWaker::new(data, &TABLE)
        },
        |_| call_hook(),
        |_| call_hook(),
        |_| call_hook(),
    );
    // SAFETY: the functions of the table never use the data pointer.
    unsafe { Waker::new(ptr::null(), &TABLE) }
}

#[test]
fn r33_wakers_may_call_back() {
    let time = Rc::new(handle());
    let calls = Rc::new(RefCell::new(0));
    let hook = {
        let (time, calls) = (Rc::clone(&time), Rc::clone(&calls));
        move || {
            *calls.borrow_mut() += 1;
            // Needs the lock: under it this would not return.
            let key = time.register(1000, Waker::noop().clone()).ok();
            key.map(|key| time.cancel(key));
        }
    };
    let key = time
        .register(5, Arc::new(Count::default()).waker())
        .unwrap();
    let waker = hooked_waker();
    HOOK.with(|slot| slot.replace(Some(Rc::new(hook))));
    assert_eq!(time.poll(key, &waker), Status::Armed, "clone");
    assert_eq!(
        time.poll(key, Waker::noop()),
        Status::Armed,
        "drop of the replaced one"
    );
    assert_eq!(time.poll(key, &waker), Status::Armed);
    time.fire_until(5);
    let cancelled = time.register(6, waker.clone()).unwrap();
    time.cancel(cancelled);
    let reset = time.register(7, waker.clone()).unwrap();
    assert_eq!(time.reset(reset, 1), Status::Fired);
    assert_eq!(time.register(1, waker.clone()), Err(Refused::Due));
    time.register(8, waker.clone()).unwrap();
    time.shutdown();
    assert_eq!(time.register(9, waker.clone()), Err(Refused::Closed));
    HOOK.with(|slot| slot.replace(None));
    assert!(*calls.borrow() >= 14, "{}", calls.borrow());
}

#[test]
fn r14_waker_that_panics_does_not_cost_another_its_wake() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("a waker's panic, on purpose");
        }
    }
    let time = handle();
    let count = Arc::new(Count::default());
    for tick in 1..=100 {
        let waker = match tick % 3 {
            0 => Waker::from(Arc::new(Bad)),
            _ => count.waker(),
        };
        time.register(tick, waker).unwrap();
    }
    time.fire_until(100);
    assert_eq!(count.wakes(), 67);
    time.register(101, count.waker()).unwrap();
    time.shutdown();
    assert_eq!(count.wakes(), 68);
}

#[test]
fn r44_timers_dropped_and_reset_by_the_wake_of_another() {
    struct Meddle {
        time: Arc<Handle>,
        others: std::sync::Mutex<Vec<Key>>,
    }
    impl Wake for Meddle {
        fn wake(self: Arc<Self>) {
            for key in self.others.lock().unwrap().drain(..) {
                self.time.reset(key, 50);
                self.time.cancel(key);
            }
        }
    }
    let time = Arc::new(handle());
    let count = Arc::new(Count::default());
    let meddle = Arc::new(Meddle {
        time: Arc::clone(&time),
        others: Default::default(),
    });
    time.register(5, Waker::from(Arc::clone(&meddle))).unwrap();
    // Due with it, in the same batch and in the next one, and later.
    for tick in 5..80 {
        let key = time.register(tick.max(40) - 35, count.waker()).unwrap();
        meddle.others.lock().unwrap().push(key);
    }
    time.fire_until(5);
    time.fire_until(200);
    assert!(count.wakes() < 75);
    assert!(time.until_next().is_none());
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn r44_reset_moves_the_wake() {
    let time = handle();
    let count = Arc::new(Count::default());
    let key = time.register(10, count.waker()).unwrap();
    assert_eq!(time.reset(key, 20), Status::Armed);
    time.fire_until(19);
    assert_eq!(count.wakes(), 0);
    assert_eq!(time.reset(key, 25), Status::Armed);
    assert_eq!(time.reset(key, 21), Status::Armed);
    time.fire_until(21);
    assert_eq!(count.wakes(), 1);
    assert_eq!(time.reset(key, 40), Status::Fired, "to be registered anew");
    time.fire_until(40);
    assert_eq!(count.wakes(), 1);
    let key = time.register(50, count.waker()).unwrap();
    assert_eq!(time.reset(key, 3), Status::Fired);
    assert_eq!(count.wakes(), 2, "woken at once");
}

#[test]
fn r44_shutdown_wakes_armed_timers() {
    let time = handle();
    let count = Arc::new(Count::default());
    let near = time.register(1, count.waker()).unwrap();
    let never = time.register(NEVER, count.waker()).unwrap();
    time.shutdown();
    time.shutdown();
    assert_eq!(count.wakes(), 2);
    assert_eq!(time.poll(near, &count.waker()), Status::Closed);
    assert_eq!(time.poll(never, &count.waker()), Status::Closed);
}

#[test]
fn many_timers_fire_in_order_over_several_batches() {
    thread_local! {
        static ORDER: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    struct Push(u64);
    impl Wake for Push {
        fn wake(self: Arc<Self>) {
            ORDER.with(|order| order.borrow_mut().push(self.0));
        }
    }
    let time = handle();
    for n in 0..1000u64 {
        let tick = 1 + (n * 7919) % 1000;
        time.register(tick, Waker::from(Arc::new(Push(tick))))
            .unwrap();
    }
    time.fire_until(5000);
    ORDER.with(|order| assert_eq!(*order.borrow(), (1..=1000).collect::<Vec<_>>()));
}

// The clock.

#[test]
fn deadlines_round_up_and_the_present_down() {
    let clock = Clock::new(true);
    let origin = clock.now();
    assert_eq!(clock.tick_of(origin), 0);
    assert_eq!(clock.tick_of(origin + Duration::from_nanos(1)), 1);
    assert_eq!(clock.tick_of(origin + Duration::from_millis(1)), 1);
    clock.advance(Duration::from_nanos(1_999_999));
    assert_eq!(clock.now_tick(), 1);
    assert_eq!(clock.until(2), Duration::from_nanos(1));
    assert_eq!(clock.until(1), Duration::ZERO);
}

#[test]
fn r43_no_clock_reaches_never() {
    let clock = Clock::new(true);
    let Some(far) = clock.now().checked_add(Duration::from_millis(u64::MAX)) else {
        return; // This platform's instants end earlier.
    };
    assert_eq!(clock.tick_of(far), NEVER);
    assert_eq!(clock.advance(Duration::from_millis(u64::MAX)), Some(true));
    assert_eq!(clock.advance(Duration::from_secs(1)), Some(true));
    assert!(clock.now_tick() < NEVER);
    assert_eq!(clock.advance(Duration::MAX), Some(false));
}

#[test]
fn a_resumed_clock_runs_on_from_where_it_stood() {
    let clock = Clock::new(false);
    let before = clock.now();
    assert_eq!(clock.advance(Duration::from_secs(1)), None);
    assert!(clock.pause() && !clock.pause());
    let stopped = clock.now();
    assert!(stopped >= before);
    assert_eq!(clock.tick_of(stopped), clock.now_tick(), "on a whole tick");
    clock.advance(Duration::from_secs(3600));
    assert!(clock.resume() && !clock.resume());
    let resumed = clock.now();
    assert!(resumed >= stopped + Duration::from_secs(3600));
    assert!(clock.pause());
    assert!(clock.now() >= resumed);
}
