//! Who sleeps, and what ends it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::{Wake, Waker};
use std::thread;
use std::time::Instant;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Far more than any of this takes, far less than an hour.
const SOON: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Flag(AtomicBool);

impl Flag {
    fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    fn is_set(&self) -> bool {
        self.0.load(SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

fn new(start_paused: bool) -> (Driver, Arc<Handle>) {
    Driver::new(&Config {
        io: true,
        time: true,
        start_paused,
        pausable: true,
        events_per_turn: 16,
        events_when_busy: None,
    })
    .expect("the driver starts")
}

fn register(handle: &Handle, after: Duration, waker: Waker) -> timer::Timer {
    let time = handle.time().unwrap();
    let tick = time.clock().tick_of(time.clock().now() + after);
    time.register(tick, waker).unwrap()
}

fn until_asleep(handle: &Handle) {
    while !handle.sleeper.is_asleep() {
        thread::yield_now();
    }
}

#[test]
fn unpark_ends_a_sleep_and_leaves_a_permit() {
    let (mut driver, handle) = new(false);
    handle.unpark();
    driver.park(None);
    let start = Instant::now();
    let parked = thread::spawn(move || driver.park(Some(HOUR)));
    until_asleep(&handle);
    handle.unpark();
    parked.join().unwrap();
    assert!(start.elapsed() < SOON);
}

#[test]
fn one_permit_is_one_wake() {
    let (mut driver, handle) = new(false);
    handle.unpark();
    handle.unpark();
    driver.park(None);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2) {
        driver.park(Some(Duration::from_millis(2)));
    }
    assert!(!handle.sleeper.end(), "nothing left");
}

#[test]
fn r06_an_earlier_timer_ends_a_sleep() {
    let (mut driver, handle) = new(false);
    register(&handle, HOUR, Waker::noop().clone());
    let flag = Arc::new(Flag::default());
    let (done, is_done) = mpsc::channel();
    let sleeping = {
        let flag = Arc::clone(&flag);
        thread::spawn(move || {
            while !flag.is_set() {
                driver.park(None);
            }
            done.send(()).unwrap();
        })
    };
    until_asleep(&handle);
    register(&handle, Duration::from_millis(1), flag.waker());
    is_done.recv_timeout(SOON).expect("slept on");
    sleeping.join().unwrap();
}

#[test]
fn r06_resetting_to_earlier_ends_a_sleep() {
    let (mut driver, handle) = new(false);
    let flag = Arc::new(Flag::default());
    let key = register(&handle, HOUR, flag.waker());
    let (done, is_done) = mpsc::channel();
    let sleeping = {
        let flag = Arc::clone(&flag);
        thread::spawn(move || {
            while !flag.is_set() {
                driver.park(None);
            }
            done.send(()).unwrap();
        })
    };
    until_asleep(&handle);
    let time = handle.time().unwrap();
    time.reset(&key, time.clock().now_tick() + 2);
    is_done.recv_timeout(SOON).expect("slept on");
    sleeping.join().unwrap();
}

#[test]
fn a_timer_registered_while_nobody_sleeps_leaves_no_permit() {
    let (_driver, handle) = new(false);
    register(&handle, HOUR, Waker::noop().clone());
    register(&handle, HOUR / 2, Waker::noop().clone());
    assert!(!handle.sleeper.end());
}

#[test]
fn a_later_timer_does_not_end_a_sleep() {
    let (mut driver, handle) = new(false);
    register(&handle, HOUR, Waker::noop().clone());
    let cancelled = register(&handle, HOUR / 2, Waker::noop().clone());
    let sleeping = thread::spawn(move || driver.park(None));
    until_asleep(&handle);
    register(&handle, HOUR, Waker::noop().clone());
    // Nor after the one slept for is gone: the sleep ends early enough anyway.
    handle.time().unwrap().cancel(cancelled);
    register(&handle, HOUR * 3 / 4, Waker::noop().clone());
    assert!(handle.sleeper.is_asleep());
    handle.unpark();
    sleeping.join().unwrap();
}

#[test]
fn timers_fire_in_a_turn_without_sleeping() {
    let (mut driver, handle) = new(true);
    let flag = Arc::new(Flag::default());
    register(&handle, Duration::from_millis(5), flag.waker());
    let clock = handle.time().unwrap().clock();
    clock.advance(Duration::from_millis(4));
    driver.park(Some(Duration::ZERO));
    assert!(!flag.is_set() && !handle.is_quiet());
    clock.advance(Duration::from_millis(1));
    driver.park(Some(Duration::ZERO));
    assert!(flag.is_set() && handle.is_quiet());
}

#[test]
fn a_turn_without_sleeping_does_not_move_a_paused_clock() {
    let (mut driver, handle) = new(true);
    let flag = Arc::new(Flag::default());
    register(&handle, Duration::from_millis(5), flag.waker());
    driver.park(Some(Duration::ZERO));
    assert!(!flag.is_set());
    driver.park(None);
    assert!(flag.is_set());
}

#[test]
fn r45_a_permit_keeps_a_paused_clock_where_it_is() {
    let (mut driver, handle) = new(true);
    register(&handle, HOUR, Waker::noop().clone());
    let clock = handle.time().unwrap().clock();
    let start = clock.now();
    handle.unpark();
    driver.park(None);
    assert_eq!(clock.now(), start);
    driver.park(None);
    assert_eq!(clock.now(), start + HOUR);
}

#[test]
fn r45_blocking_work_keeps_a_paused_clock_where_it_is() {
    let (mut driver, handle) = new(true);
    register(&handle, HOUR, Waker::noop().clone());
    let time = handle.time().unwrap();
    let start = time.clock().now();
    let inhibit = time.inhibit_auto_advance();
    let other = time.inhibit_auto_advance();
    driver.park(Some(Duration::from_millis(1)));
    drop(other);
    driver.park(Some(Duration::from_millis(1)));
    assert_eq!(time.clock().now(), start);
    // The last guard wakes a sleeper, which then moves the clock.
    let sleeping = thread::spawn(move || {
        driver.park(None);
        driver.park(None);
    });
    until_asleep(&handle);
    drop(inhibit);
    sleeping.join().unwrap();
    assert_eq!(time.clock().now(), start + HOUR);
}

#[test]
fn r45_a_paused_clock_does_not_stop_at_cancelled_deadlines() {
    let (mut driver, handle) = new(true);
    let ms = Duration::from_millis(1);
    // In one slot of the wheel.
    let cancelled = register(&handle, 70 * ms, Waker::noop().clone());
    register(&handle, 100 * ms, Waker::noop().clone());
    handle.time().unwrap().cancel(cancelled);
    let clock = handle.time().unwrap().clock();
    let start = clock.now();
    driver.park(None);
    assert_eq!(clock.now(), start + 100 * ms);
}

#[test]
fn r45_a_paused_clock_moves_by_no_more_than_the_limit() {
    let (mut driver, handle) = new(true);
    register(&handle, HOUR, Waker::noop().clone());
    let clock = handle.time().unwrap().clock();
    let start = clock.now();
    driver.park(Some(HOUR / 4));
    assert_eq!(clock.now(), start + HOUR / 4);
}

#[test]
fn r43_a_timer_at_the_end_of_time_does_not_keep_a_paused_driver_busy() {
    let (mut driver, handle) = new(true);
    let time = handle.time().unwrap();
    time.register(timer::clock::NEVER, Waker::noop().clone())
        .unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(5) {
        let turn = Instant::now();
        driver.park(Some(Duration::from_millis(5)));
        assert!(turn.elapsed() >= Duration::from_millis(5), "it slept");
    }
}

#[test]
fn r46_sleeps_are_clamped() {
    assert_eq!(shortest(None, None), LONGEST_SLEEP);
    assert_eq!(shortest(None, Some(Duration::MAX)), LONGEST_SLEEP);
    assert_eq!(shortest(Some(Duration::MAX), None), LONGEST_SLEEP);
    assert_eq!(shortest(Some(HOUR), Some(SOON)), SOON);
    assert_eq!(shortest(Some(SOON), Some(HOUR)), SOON);
    assert!(LONGEST_SLEEP.as_millis() <= i32::MAX as u128);
    // Half a year away, by the real clock: one park, no busy loop, no panic.
    let (mut driver, handle) = new(false);
    register(&handle, HOUR * 24 * 180, Waker::noop().clone());
    let sleeping = thread::spawn(move || driver.park(None));
    until_asleep(&handle);
    handle.unpark();
    sleeping.join().unwrap();
}

#[test]
fn r05_unpark_against_park_loses_nothing() {
    let (mut driver, handle) = new(false);
    let (ping, pinged) = mpsc::channel();
    let other = thread::spawn(move || {
        for () in pinged {
            handle.unpark();
        }
    });
    let start = Instant::now();
    for _ in 0..2000 {
        ping.send(()).unwrap();
        driver.park(Some(HOUR));
    }
    assert!(start.elapsed() < HOUR);
    drop(ping);
    other.join().unwrap();
}

#[cfg(feature = "net")]
mod with_sources {
    //! Sleeps in the reactor.

    use std::io::{Read, Write};
    use std::task::{Context, Poll};

    use super::*;
    use crate::engine::reactor::{Direction, Registration};
    use crate::io::{Interest, Ready};
    use crate::leaf::Site;

    /// Two ends of a connection; the second is registered.
    fn pair(handle: &Handle) -> (std::net::TcpStream, mio::net::TcpStream, Registration) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let near = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let far = listener.accept().unwrap().0;
        far.set_nonblocking(true).unwrap();
        let mut far = mio::net::TcpStream::from_std(far);
        let io = handle.io().unwrap();
        let interest = Interest::READABLE;
        let registration = io.register(&mut far, interest, Ready::EMPTY).unwrap();
        (near, far, registration)
    }

    /// Reads what there is, or has `waker` woken once there is something.
    fn read(
        registration: &Registration,
        mut far: &mio::net::TcpStream,
        waker: Waker,
    ) -> Poll<usize> {
        let mut cx = Context::from_waker(&waker);
        let read = || far.read(&mut [0; 8]);
        let polled = registration.poll_io(&mut cx, Direction::Read, Site::here(), read);
        polled.map(Result::unwrap)
    }

    #[test]
    fn an_event_ends_a_sleep_and_wakes() {
        let (mut driver, handle) = new(false);
        let (mut near, far, registration) = pair(&handle);
        let flag = Arc::new(Flag::default());
        assert!(!handle.is_quiet());
        assert!(read(&registration, &far, flag.waker()).is_pending());
        let start = Instant::now();
        let sleeping = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                while !flag.is_set() {
                    driver.park(Some(HOUR));
                }
            })
        };
        until_asleep(&handle);
        near.write_all(b"x").unwrap();
        sleeping.join().unwrap();
        assert!(start.elapsed() < SOON);
    }

    #[test]
    fn unpark_and_timers_end_a_sleep_in_the_reactor() {
        let (mut driver, handle) = new(false);
        let _pair = pair(&handle);
        // The registration of the first source left a permit.
        driver.park(None);
        let flag = Arc::new(Flag::default());
        let (done, is_done) = mpsc::channel();
        let sleeping = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                driver.park(Some(HOUR));
                done.send(()).unwrap();
                while !flag.is_set() {
                    driver.park(Some(HOUR));
                }
                done.send(()).unwrap();
                driver
            })
        };
        until_asleep(&handle);
        handle.unpark();
        is_done.recv_timeout(SOON).expect("unpark");
        until_asleep(&handle);
        register(&handle, Duration::from_millis(1), flag.waker());
        is_done.recv_timeout(SOON).expect("timer");
        sleeping.join().unwrap();
    }

    #[test]
    fn the_first_source_ends_a_sleep_without_sources() {
        let (mut driver, handle) = new(false);
        let flag = Arc::new(Flag::default());
        let (done, is_done) = mpsc::channel();
        let sleeping = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                while !flag.is_set() {
                    driver.park(None);
                }
                done.send(()).unwrap();
            })
        };
        until_asleep(&handle);
        let (mut near, far, registration) = pair(&handle);
        assert!(read(&registration, &far, flag.waker()).is_pending());
        near.write_all(b"x").unwrap();
        is_done.recv_timeout(SOON).expect("slept on");
        sleeping.join().unwrap();
    }

    #[test]
    fn r45_an_event_keeps_a_paused_clock_where_it_is() {
        let (mut driver, handle) = new(true);
        let (mut near, far, registration) = pair(&handle);
        register(&handle, HOUR, Waker::noop().clone());
        let clock = handle.time().unwrap().clock();
        let start = clock.now();
        driver.park(None);
        for round in 0..50 {
            let flag = Arc::new(Flag::default());
            assert!(read(&registration, &far, flag.waker()).is_pending());
            near.write_all(&[round]).unwrap();
            driver.park(None);
            assert!(flag.is_set());
            assert_eq!(read(&registration, &far, flag.waker()), Poll::Ready(1));
            assert_eq!(clock.now(), start);
        }
        driver.park(None);
        assert_eq!(clock.now(), start + HOUR);
    }

    #[test]
    fn r24_a_driver_leaves_nothing_behind() {
        let (mut driver, handle) = new(false);
        let sleeper = Arc::downgrade(&handle.sleeper);
        let io = Arc::downgrade(handle.io().unwrap());
        driver.shutdown();
        drop((driver, handle));
        assert!(sleeper.upgrade().is_none() && io.upgrade().is_none());
    }
}
