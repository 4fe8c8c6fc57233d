//! Which ticks come when.

use super::MissedTickBehavior::{Burst, Delay, Skip};
use super::*;

/// When each tick came and was due, if `work` milliseconds pass after each, in milliseconds.
fn ticks(behavior: MissedTickBehavior, work: &[u32]) -> Vec<(u128, u128)> {
    paused(async {
        let start = Instant::now();
        let mut every = interval(MS * 100);
        every.set_missed_tick_behavior(behavior);
        assert_eq!(
            (every.missed_tick_behavior(), every.period()),
            (behavior, MS * 100)
        );
        let mut ticks = Vec::new();
        for work in work.iter().chain([&0]) {
            let due = every.tick().await;
            ticks.push((start.elapsed().as_millis(), (due - start).as_millis()));
            advance(MS * *work).await;
        }
        ticks
    })
}

/// Its name, what is to be done, work after each tick, and the ticks: when they came, were due.
type Case = (
    &'static str,
    MissedTickBehavior,
    &'static [u32],
    &'static [(u128, u128)],
);

const MISSED: [Case; 10] = [
    (
        "punctual",
        Skip,
        &[0, 99, 100],
        &[(0, 0), (100, 100), (200, 200), (300, 300)],
    ),
    (
        "late by one period",
        Burst,
        &[200, 0, 0],
        &[(0, 0), (200, 100), (200, 200), (300, 300)],
    ),
    (
        "late by several",
        Burst,
        &[350, 0],
        &[(0, 0), (350, 100), (350, 200)],
    ),
    (
        "late by one period",
        Delay,
        &[200, 0, 0],
        &[(0, 0), (200, 100), (300, 300), (400, 400)],
    ),
    (
        "late by several",
        Delay,
        &[350, 0],
        &[(0, 0), (350, 100), (450, 450)],
    ),
    (
        "on a tick",
        Skip,
        &[200, 0, 0],
        &[(0, 0), (200, 100), (300, 300), (400, 400)],
    ),
    (
        "between ticks",
        Skip,
        &[350, 0, 0],
        &[(0, 0), (350, 100), (400, 400), (500, 500)],
    ),
    (
        "tolerated",
        Delay,
        &[105, 0],
        &[(0, 0), (105, 100), (200, 200)],
    ),
    (
        "no longer tolerated",
        Delay,
        &[106, 0],
        &[(0, 0), (106, 100), (206, 206)],
    ),
    (
        "no longer tolerated",
        Skip,
        &[199, 0],
        &[(0, 0), (199, 100), (200, 200)],
    ),
];

#[test]
fn r47_missed_ticks() {
    for (name, behavior, work, expected) in MISSED {
        assert_eq!(ticks(behavior, work), expected, "{behavior:?}, {name}");
    }
}

#[test]
fn r47_skip_with_a_period_beyond_nanoseconds_in_64_bits() {
    paused(async {
        let year = Duration::from_secs(365 * 24 * 3600);
        let start = Instant::now();
        let mut every = interval(year * 700);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        every.tick().await;
        advance(year * 1300).await;
        every.tick().await;
        assert_eq!(every.tick().await - start, year * 1400);
    });
}

#[test]
fn r47_interval_resets() {
    paused(async {
        let start = Instant::now();
        let mut every = interval_at(start + MS * 10, MS * 100);
        assert_eq!(every.tick().await, start + MS * 10);
        advance(MS * 50).await;
        every.reset();
        assert_eq!(every.tick().await, start + MS * 160);
        every.reset_immediately();
        assert_eq!(every.tick().await, start + MS * 160);
        assert_eq!(every.tick().await, start + MS * 260);
        every.reset_after(MS * 7);
        assert_eq!(every.tick().await, start + MS * 267);
        every.reset_at(start + MS * 300);
        assert_eq!(every.tick().await, start + MS * 300);
        assert_eq!(every.tick().await, start + MS * 400);
        assert_eq!(start.elapsed(), MS * 400);
    });
}

#[test]
fn r47_a_dropped_tick_is_not_lost() {
    paused(async {
        let start = Instant::now();
        let mut every = interval_at(start + MS * 10, MS * 10);
        assert!(timeout(MS * 4, every.tick()).await.is_err());
        advance(MS * 6).await;
        assert_eq!(every.tick().await, start + MS * 10);
    });
}

#[test]
fn r47_a_tick_set_to_the_present_is_there_at_once() {
    paused(async {
        let start = Instant::now();
        let mut every = interval_at(start + MS * 300, MS * 300);
        let first = |every: &mut crate::time::Interval| {
            let mut cx = Context::from_waker(Waker::noop());
            every.poll_tick(&mut cx)
        };
        assert!(first(&mut every).is_pending());
        // Nothing is due here, so nobody has looked at the timers since.
        advance(MS * 100).await;
        every.reset_immediately();
        assert_eq!(first(&mut every), Poll::Ready(start + MS * 100));
        assert!(first(&mut every).is_pending());
    });
}
