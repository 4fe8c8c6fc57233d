//! The ranges of histograms against a slow count, and the counters by what they count.

use std::time::Duration;

use proptest::prelude::*;

use super::histogram::{Buckets, Histogram, Legacy, Plan, nanoseconds};
use super::{Counters, HistogramConfiguration, HistogramScale, LogHistogram};

fn nanos(range: std::ops::Range<Duration>) -> std::ops::Range<u64> {
    nanoseconds(range.start)..nanoseconds(range.end)
}

/// From zero to the end without a gap, and each value where the ranges say.
fn check(buckets: Buckets, values: &[u64]) {
    let ranges: Vec<_> = (0..buckets.count())
        .map(|bucket| nanos(buckets.range(bucket)))
        .collect();
    assert_eq!(ranges[0].start, 0);
    assert_eq!(ranges[ranges.len() - 1].end, u64::MAX);
    for pair in ranges.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
        assert!(pair[0].start < pair[0].end);
    }
    let histogram = Histogram::new(&Plan {
        buckets,
        legacy: None,
    });
    for &value in values {
        histogram.measure(Duration::from_nanos(value));
    }
    for (bucket, range) in ranges.iter().enumerate() {
        // The last one has no end at all.
        let is_in = |value: &&u64| range.contains(*value) || **value == range.end;
        let expected = values.iter().filter(is_in).count() as u64;
        assert_eq!(histogram.count(bucket), expected, "{range:?}");
    }
}

proptest! {
    #[test]
    fn linear_buckets(
        width in 1u64..1_000_000,
        count in 1usize..50,
        values in prop::collection::vec(0u64..50_000_000, 0..50),
    ) {
        // At an end, `check` would count a value twice.
        let values: Vec<u64> = values.into_iter().filter(|value| value % width != 0).collect();
        check(Buckets::Linear { count, width }, &values);
    }

    #[test]
    fn doubling_buckets(
        first in 0u32..20,
        count in 1usize..30,
        values in prop::collection::vec(0u64..u64::MAX / 2, 0..50),
    ) {
        let first = 1 << first;
        let values: Vec<u64> =
            values.into_iter().filter(|value| !value.is_power_of_two()).collect();
        check(Buckets::Doubling { count, first }, &values);
    }

    /// Exact at both ends, and no bucket wider than the error allows.
    #[test]
    fn log_buckets(
        min in 1u64..20_000_000_000,
        factor in 1u64..1_000,
        precision in 0u32..=10,
        values in prop::collection::vec(0u64..u64::MAX / 2, 0..20),
    ) {
        let (max, error) = (min.saturating_mul(factor), 0.5_f64.powi(precision as i32));
        let log = LogHistogram::builder()
            .min_value(Duration::from_nanos(min))
            .max_value(Duration::from_nanos(max))
            .precision_exact(precision)
            .build();
        let buckets = Buckets::Log(log);
        prop_assert!(nanos(buckets.range(0)).end <= min);
        let last = nanos(buckets.range(buckets.count() - 1)).start;
        prop_assert!(last > max && last == log.max_value());
        prop_assert!(nanos(buckets.range(buckets.count() - 2)).start <= max);
        for bucket in 1..buckets.count() - 1 {
            let range = nanos(buckets.range(bucket));
            let width = (range.end - range.start) as f64;
            prop_assert!(width == 1.0 || width <= range.start as f64 * error);
        }
        let starts: Vec<u64> =
            (0..buckets.count()).map(|bucket| nanos(buckets.range(bucket)).start).collect();
        let values: Vec<u64> = values.into_iter().filter(|v| !starts.contains(v)).collect();
        check(buckets, &values);
    }
}

/// The numbers that a program configured for tokio sees.
#[test]
fn the_ranges_are_tokios() {
    let log = LogHistogram::default();
    let buckets = HistogramConfiguration::log(log).buckets;
    assert_eq!(buckets.count(), 119);
    assert_eq!(nanos(buckets.range(0)), 0..96);
    assert_eq!(nanos(buckets.range(1)), 96..112);
    let coarse = LogHistogram::builder()
        .min_value(Duration::from_micros(20))
        .max_value(Duration::from_millis(4))
        .precision_exact(0);
    let buckets = HistogramConfiguration::log(coarse).buckets;
    assert_eq!(buckets.count(), 10);
    for bucket in 1..9 {
        let range = nanos(buckets.range(bucket));
        assert_eq!(range.end - range.start, 16_384 << (bucket - 1));
    }
}

#[test]
fn the_old_setters_win() {
    let plan = Plan {
        legacy: Some(Legacy {
            scale: HistogramScale::Log,
            resolution: 50_000,
            buckets: 3,
        }),
        ..Plan::default()
    };
    let first = 50_000_u64.next_power_of_two();
    let ranges: Vec<_> = (0..3).map(|b| nanos(plan.buckets().range(b))).collect();
    assert_eq!(ranges, [0..first, first..2 * first, 2 * first..u64::MAX]);
}

#[test]
#[should_panic(expected = "no bucket number 10")]
fn there_is_no_such_bucket() {
    let _ = Plan::default().buckets().range(10);
}

#[test]
fn a_sleep_without_a_poll_is_a_noop() {
    let counters = Counters::default();
    counters.begin_work();
    counters.park();
    counters.unpark();
    counters.begin_main_poll(std::ptr::null_mut());
    counters.end_main_poll();
    counters.park();
    counters.unpark();
    assert_eq!(counters.noops.get(), 2);
    assert_eq!(counters.mean_poll.get(), 0, "a main future is no task");
    counters.begin_poll(std::ptr::null_mut());
    counters.end_poll();
    counters.park();
    assert_eq!((counters.parks.get(), counters.noops.get()), (3, 2));
    assert!(counters.mean_poll.get() > 0);
    let busy = counters.busy.get();
    counters.end_work();
    assert_eq!(counters.busy.get(), busy, "asleep");
}

/// What is queued, taken over, or polled moves the length of the queue.
#[test]
fn the_length_of_a_queue() {
    let counters = Counters::default();
    counters.schedule();
    counters.collected.add(2);
    counters.begin_main_poll(std::ptr::null_mut());
    assert_eq!(counters.queue_len(), 3);
    counters.schedule();
    assert_eq!(
        counters.queue_len(),
        3,
        "a guest's main future queues outside"
    );
    assert_eq!(counters.queued_from_outside(), 1);
    counters.end_main_poll();
    counters.begin_poll(std::ptr::null_mut());
    assert_eq!(counters.queue_len(), 2);
}

#[test]
fn counters_say_what_they_count() {
    let counters = Counters::default();
    counters.park();
    assert_eq!(
        format!("{counters:?}"),
        "Counters { polls: 0, parks: 1, steals: 0, .. }"
    );
}
