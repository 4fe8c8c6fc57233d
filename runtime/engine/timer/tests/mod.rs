//! The handle under wakers that misbehave; the clock.

use std::cell::RefCell;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};
use std::time::Duration;

use super::clock::{Clock, NEVER};
use super::{Handle, Refused, Status, Timer};
use crate::engine::sleeper::Sleeper;

mod wheel;

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
    assert_eq!(time.poll(&key, &last.waker()), Status::Armed);
    time.fire_until(9);
    assert_eq!(last.wakes(), 0);
    time.fire_until(10);
    time.fire_until(11);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(time.poll(&key, &first.waker()), Status::Fired);
}

#[test]
fn r30_no_waker_is_kept() {
    let time = handle();
    let count = Arc::new(Count::default());
    let fired = time.register(1, count.waker()).unwrap();
    let cancelled = time.register(2, count.waker()).unwrap();
    assert_eq!(
        time.poll(&cancelled, &Waker::from(Arc::new(Count::default()))),
        Status::Armed
    );
    assert_eq!(time.poll(&cancelled, &count.waker()), Status::Armed);
    assert_eq!(Arc::strong_count(&count), 3);
    time.fire_until(1);
    assert_eq!(time.status(&fired), Status::Fired);
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
            if let Ok(key) = time.register(1000, Waker::noop().clone()) {
                time.cancel(key);
            }
        }
    };
    let key = time
        .register(5, Arc::new(Count::default()).waker())
        .unwrap();
    let waker = hooked_waker();
    HOOK.with(|slot| slot.replace(Some(Rc::new(hook))));
    assert_eq!(time.poll(&key, &waker), Status::Armed, "clone");
    assert_eq!(
        time.poll(&key, Waker::noop()),
        Status::Armed,
        "drop of the replaced one"
    );
    assert_eq!(time.poll(&key, &waker), Status::Armed);
    time.fire_until(5);
    let cancelled = time.register(6, waker.clone()).unwrap();
    time.cancel(cancelled);
    let reset = time.register(7, waker.clone()).unwrap();
    assert_eq!(time.reset(&reset, 1), Status::Fired);
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
        others: std::sync::Mutex<Vec<Timer>>,
    }
    impl Wake for Meddle {
        fn wake(self: Arc<Self>) {
            for key in self.others.lock().unwrap().drain(..) {
                self.time.reset(&key, 50);
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
    assert_eq!(time.reset(&key, 20), Status::Armed);
    time.fire_until(12);
    assert_eq!(count.wakes(), 0);
    assert_eq!(time.reset(&key, 25), Status::Armed);
    // Before its entry, which is filed for 20 by now.
    assert_eq!(time.reset(&key, 15), Status::Armed);
    time.fire_until(14);
    assert_eq!(count.wakes(), 0);
    time.fire_until(15);
    assert_eq!(count.wakes(), 1);
    assert_eq!(time.reset(&key, 40), Status::Fired, "to be registered anew");
    time.fire_until(40);
    assert_eq!(count.wakes(), 1);
    let key = time.register(50, count.waker()).unwrap();
    assert_eq!(time.reset(&key, 3), Status::Fired);
    assert_eq!(count.wakes(), 2, "woken at once");
}

#[test]
fn a_reset_to_a_later_tick_leaves_the_entry_until_the_wheel_comes_to_it() {
    let time = handle();
    let count = Arc::new(Count::default());
    let timer = time.register(10, count.waker()).unwrap();
    let filed = || time.state.lock().wheel.deadline(timer.index());
    for tick in 11..=100 {
        assert_eq!(time.reset(&timer, tick), Status::Armed);
    }
    assert_eq!(filed(), Some(10));
    // Not as early as before, but not before the entry either: no need to file it.
    assert_eq!(time.reset(&timer, 50), Status::Armed);
    assert_eq!(filed(), Some(10));
    time.fire_until(10);
    assert_eq!((filed(), count.wakes()), (Some(50), 0));
    assert_eq!(time.reset(&timer, 40), Status::Armed);
    assert_eq!(filed(), Some(40));
    time.fire_until(39);
    assert_eq!(count.wakes(), 0);
    time.fire_until(40);
    assert_eq!(count.wakes(), 1);
    assert_eq!(time.reset(&timer, 60), Status::Fired);
    assert_eq!(time.reset(&timer, 30), Status::Fired);
}

#[test]
fn a_paused_clock_does_not_stop_where_a_timer_was_before() {
    let time = handle();
    let count = Arc::new(Count::default());
    for reset_to in [NEVER, 500, 100, 70, 61] {
        let timer = time.register(60, count.waker()).unwrap();
        assert_eq!(time.reset(&timer, reset_to), Status::Armed);
    }
    for (tick, wakes) in [(61, 1), (70, 2), (100, 3), (500, 4)] {
        assert!(time.skip_to_next(None));
        assert_eq!((time.clock().now_tick(), count.wakes()), (tick, wakes));
        assert_eq!(time.has_deadline(), tick < 500);
    }
    assert!(!time.has_deadline() && !time.skip_to_next(None));
    assert_eq!(time.clock().now_tick(), 500);
}

#[test]
fn places_of_timers_are_used_again() {
    let time = handle();
    let mut largest = 0;
    for round in 0..1000 {
        let waker = Waker::noop;
        let fired = time.register(round + 1, waker().clone()).unwrap();
        let cancelled = time.register(round + 2, waker().clone()).unwrap();
        largest = largest.max(fired.index()).max(cancelled.index());
        time.fire_until(round + 1);
        time.cancel(cancelled);
        assert_eq!(time.status(&fired), Status::Fired);
        time.cancel(fired);
    }
    assert!(largest < 64, "one set");
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
    assert_eq!(time.poll(&near, &count.waker()), Status::Closed);
    assert_eq!(time.poll(&never, &count.waker()), Status::Closed);
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
