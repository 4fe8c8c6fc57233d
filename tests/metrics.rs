//! What a runtime counts, against events that the test makes itself.
#![cfg(not(loom))]

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use wakeful::net::UdpSocket;
use wakeful::runtime::{
    Builder, Handle, HistogramConfiguration, HistogramScale, LogHistogram, Runtime, RuntimeMetrics,
};
use wakeful::task::{consume_budget, yield_now};

/// More than the ring of a worker holds.
const MORE_THAN_A_RING: usize = 600;

fn current() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(count)
        .enable_all()
        .build()
        .unwrap()
}

fn sum_of<T: std::iter::Sum>(runtime: &Runtime, count: fn(&RuntimeMetrics, usize) -> T) -> T {
    let metrics = runtime.metrics();
    let each = (0..metrics.num_workers()).map(|worker| count(&metrics, worker));
    each.sum()
}

#[test]
fn tasks_from_outside_wait_in_the_queue_of_nobody() {
    let runtime = current();
    let metrics = runtime.metrics();
    let tasks: Vec<_> = (0..3)
        .map(|number| runtime.spawn(async move { number }))
        .collect();
    assert_eq!(metrics.global_queue_depth(), 3);
    assert_eq!(metrics.num_alive_tasks(), 3);
    assert_eq!(metrics.remote_schedule_count(), 3);
    let text = format!("{metrics:?}");
    assert!(
        text.contains("num_workers: 1, num_alive_tasks: 3, global_queue_depth: 3"),
        "{text}"
    );
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(runtime.block_on(task).unwrap(), number);
    }
    assert_eq!(metrics.global_queue_depth(), 0);
    assert_eq!(metrics.num_alive_tasks(), 0);
    assert_eq!(metrics.spawned_tasks_count(), 3);
}

#[test]
fn while_the_only_worker_is_busy_others_queue_outside() {
    let runtime = workers(1);
    let metrics = runtime.metrics();
    let (started, is_started) = channel();
    let (release, is_released) = channel::<()>();
    let plug = runtime.spawn(async move {
        started.send(()).unwrap();
        let _ = is_released.recv();
    });
    is_started.recv().unwrap();
    let before = metrics.remote_schedule_count();
    let tasks: Vec<_> = (0..3).map(|_| runtime.spawn(async {})).collect();
    assert_eq!(metrics.global_queue_depth(), 3);
    assert_eq!(metrics.num_alive_tasks(), 4);
    assert_eq!(metrics.remote_schedule_count() - before, 3);
    assert_eq!(metrics.spawned_tasks_count(), 4);
    drop(release);
    for task in tasks.into_iter().chain([plug]) {
        runtime.block_on(task).unwrap();
    }
    assert_eq!(metrics.global_queue_depth(), 0);
}

#[test]
#[allow(deprecated, reason = "the old names must say the same")]
fn old_names_say_the_same() {
    let runtime = Builder::new_current_thread()
        .enable_metrics_poll_count_histogram()
        .metrics_poll_count_histogram_scale(HistogramScale::Log)
        .metrics_poll_count_histogram_resolution(Duration::from_micros(64))
        .metrics_poll_count_histogram_buckets(4)
        .build()
        .unwrap();
    let metrics = runtime.metrics();
    let task = runtime.spawn(async {});
    assert_eq!(metrics.injection_queue_depth(), 1);
    assert_eq!(metrics.active_tasks_count(), 1);
    runtime.block_on(task).unwrap();
    assert!(metrics.poll_count_histogram_enabled());
    assert_eq!(metrics.poll_count_histogram_num_buckets(), 4);
    let nanos = Duration::from_nanos;
    let second = metrics.poll_count_histogram_bucket_range(1);
    assert_eq!(second, nanos(65_536)..nanos(131_072));
    assert_eq!(metrics.poll_time_histogram_bucket_range(1), second);
    let counts = (0..4).map(|bucket| metrics.poll_count_histogram_bucket_count(0, bucket));
    assert_eq!(counts.sum::<u64>(), 1);
}

#[test]
#[allow(deprecated, reason = "the old setters win over the new one")]
fn old_buckets_are_of_one_width() {
    let runtime = Builder::new_current_thread()
        .enable_metrics_poll_time_histogram()
        .metrics_poll_count_histogram_resolution(Duration::from_micros(64))
        .metrics_poll_count_histogram_buckets(3)
        .build()
        .unwrap();
    let metrics = runtime.metrics();
    assert_eq!(metrics.poll_time_histogram_num_buckets(), 3);
    let second = metrics.poll_time_histogram_bucket_range(1);
    assert_eq!(
        second,
        Duration::from_micros(64)..Duration::from_micros(128)
    );
}

#[test]
#[allow(deprecated, reason = "it must refuse as before")]
#[should_panic(expected = "more than zero and no more than a second")]
fn a_resolution_of_two_seconds_is_refused() {
    let mut builder = Builder::new_current_thread();
    builder.metrics_poll_count_histogram_resolution(Duration::from_secs(2));
}

#[test]
fn each_poll_is_in_one_bucket() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder
            .worker_threads(2)
            .enable_metrics_poll_time_histogram()
            .metrics_poll_time_histogram_configuration(HistogramConfiguration::linear(
                Duration::from_micros(50),
                3,
            ))
            .build()
            .unwrap();
        let tasks: Vec<_> = (0..10).map(|_| runtime.spawn(yield_now())).collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
        let metrics = runtime.metrics();
        assert!(metrics.poll_time_histogram_enabled());
        assert_eq!(metrics.poll_time_histogram_num_buckets(), 3);
        let last = metrics.poll_time_histogram_bucket_range(2);
        assert_eq!(last.start, Duration::from_micros(100));
        drop(runtime);
        let in_buckets = (0..metrics.num_workers()).flat_map(|worker| {
            let metrics = &metrics;
            (0..3).map(move |bucket| metrics.poll_time_histogram_bucket_count(worker, bucket))
        });
        assert_eq!(in_buckets.sum::<u64>(), 20);
    }
}

#[test]
fn nobody_asked_for_a_histogram() {
    let metrics = current().metrics();
    assert!(!metrics.poll_time_histogram_enabled());
    assert_eq!(metrics.poll_time_histogram_num_buckets(), 0);
    assert!(metrics.poll_time_histogram_bucket_range(0).is_empty());
    assert_eq!(metrics.poll_time_histogram_bucket_count(0, 0), 0);
}

#[test]
#[should_panic(expected = "no bucket number 10")]
fn a_bucket_too_many() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder
        .enable_metrics_poll_time_histogram()
        .build()
        .unwrap();
    let _ = runtime.metrics().poll_time_histogram_bucket_count(0, 10);
}

#[test]
#[should_panic(expected = "this runtime has 1 workers, and none is number 1")]
fn a_worker_too_many() {
    let _ = current().metrics().worker_park_count(1);
}

#[test]
fn one_thread_counts_its_polls_and_sleeps() {
    let runtime = current();
    let metrics = runtime.metrics();
    let (sender, receiver) = wakeful::sync::oneshot::channel();
    let other = thread::spawn(move || {
        // Sent when the runtime sleeps: it has nothing else to do.
        while metrics.worker_park_count(0) == 0 {
            thread::yield_now();
        }
        sender.send(()).unwrap();
        metrics
    });
    runtime.block_on(receiver).unwrap();
    let metrics = other.join().unwrap();
    let parks = metrics.worker_park_count(0);
    assert!(parks >= 1);
    assert_eq!(metrics.worker_park_unpark_count(0), 2 * parks);
    assert!(metrics.worker_noop_count(0) <= parks);
    assert_eq!(metrics.worker_poll_count(0), 0, "a main future is no task");
    let task = async {
        let here = Handle::current().metrics().worker_thread_id(0);
        assert_eq!(here, Some(thread::current().id()));
        yield_now().await;
    };
    runtime.block_on(runtime.spawn(task)).unwrap();
    assert_eq!(metrics.worker_poll_count(0), 2);
    assert!(metrics.worker_total_busy_duration(0) > Duration::ZERO);
    // Nobody to steal from, no ring, and the times of polls are measured for rings only.
    assert_eq!(metrics.worker_steal_count(0), 0);
    assert_eq!(metrics.worker_steal_operations(0), 0);
    assert_eq!(metrics.worker_overflow_count(0), 0);
    assert_eq!(metrics.worker_mean_poll_time(0), Duration::ZERO);
}

#[test]
fn what_a_blocked_worker_has_queued_is_stolen() {
    let runtime = workers(2);
    let (done, dones) = channel();
    let blocked = runtime.spawn(async move {
        for _ in 0..10 {
            let done = done.clone();
            wakeful::spawn(async move { done.send(()).unwrap() });
        }
        drop(done);
        // Whoever sends took it from this worker.
        dones.recv().unwrap();
    });
    let (sender, receiver) = channel();
    runtime.spawn(async move {
        blocked.await.unwrap();
        sender.send(()).unwrap();
    });
    receiver.recv().unwrap();
    let (stolen, times) = (
        sum_of(&runtime, RuntimeMetrics::worker_steal_count),
        sum_of(&runtime, RuntimeMetrics::worker_steal_operations),
    );
    assert!(
        1 <= times && times <= stolen,
        "{times} times, {stolen} tasks"
    );
}

#[test]
fn a_full_ring_overflows_and_an_empty_one_is_empty() {
    let runtime = workers(1);
    let (depth, depths) = channel();
    runtime.spawn(async move {
        let metrics = Handle::current().metrics();
        for spawned in 0..MORE_THAN_A_RING {
            if spawned == 5 {
                depth.send(metrics.worker_local_queue_depth(0)).unwrap();
            }
            wakeful::spawn(async {});
        }
        assert_eq!(
            metrics.worker_local_schedule_count(0) as usize,
            MORE_THAN_A_RING
        );
        yield_now().await;
        depth.send(0).unwrap();
    });
    // The task spawned last is in a place of its own.
    let after_five = depths.recv().unwrap();
    assert!((4..=5).contains(&after_five), "{after_five}");
    depths.recv().unwrap();
    let metrics = runtime.metrics();
    assert!(metrics.worker_overflow_count(0) >= 1);
    while metrics.num_alive_tasks() > 0 {
        thread::yield_now();
    }
    assert_eq!(metrics.worker_local_queue_depth(0), 0);
    assert!(metrics.worker_mean_poll_time(0) > Duration::ZERO);
}

#[test]
fn a_spent_budget_is_a_forced_yield() {
    let runtime = current();
    runtime.block_on(async {
        for _ in 0..200 {
            consume_budget().await;
        }
    });
    assert_eq!(runtime.metrics().budget_forced_yield_count(), 1);
}

#[test]
fn one_thread_for_two_blocking_calls() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.max_blocking_threads(1).build().unwrap();
    let metrics = runtime.metrics();
    let (started, is_started) = channel();
    let (release, is_released) = channel::<()>();
    let first = runtime.spawn_blocking(move || {
        started.send(()).unwrap();
        let _ = is_released.recv();
    });
    is_started.recv().unwrap();
    let second = runtime.spawn_blocking(|| ());
    assert_eq!(metrics.num_blocking_threads(), 1);
    assert_eq!(metrics.num_idle_blocking_threads(), 0);
    assert_eq!(metrics.blocking_queue_depth(), 1);
    drop(release);
    runtime.block_on(async { (first.await.unwrap(), second.await.unwrap()) });
    assert_eq!(metrics.blocking_queue_depth(), 0);
}

#[test]
fn sockets_come_and_go() {
    let runtime = current();
    let metrics = runtime.metrics();
    runtime.block_on(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        assert_eq!(metrics.io_driver_fd_registered_count(), 1);
        assert_eq!(metrics.io_driver_fd_deregistered_count(), 0);
        let address = socket.local_addr().unwrap();
        socket.send_to(b"x", address).await.unwrap();
        assert_eq!(socket.recv_from(&mut [0; 8]).await.unwrap(), (1, address));
        assert!(metrics.io_driver_ready_count() >= 1);
    });
    assert_eq!(metrics.io_driver_fd_deregistered_count(), 1);
    let without = Builder::new_current_thread().build().unwrap();
    assert_eq!(without.metrics().io_driver_fd_registered_count(), 0);
}

#[test]
fn a_histogram_of_logarithms_says_what_it_costs() {
    let build = || {
        LogHistogram::builder()
            .min_value(Duration::from_micros(1))
            .max_value(Duration::from_secs(1))
    };
    let error = build().precision_exact(10).max_buckets(20).unwrap_err();
    let needed = build().precision_exact(10).max_buckets(1 << 20).unwrap();
    let text = error.to_string();
    assert!(text.starts_with("The configuration for this histogram would have required "));
    assert!(needed.max_value() >= 1_000_000_000);
    // An error of a half is a bucket for each power of two.
    let coarse: LogHistogram = build().max_error(0.5).into();
    let fine: LogHistogram = build().max_error(0.001).into();
    assert!(coarse.max_value() >= 1_000_000_000 && fine.max_value() >= 1_000_000_000);
    assert_eq!(fine, needed);
    let configuration = HistogramConfiguration::log(coarse);
    let runtime = Builder::new_current_thread()
        .enable_metrics_poll_time_histogram()
        .metrics_poll_time_histogram_configuration(configuration)
        .build()
        .unwrap();
    assert!(runtime.metrics().poll_time_histogram_num_buckets() < 200);
    // From zero on, the first buckets are of one nanosecond.
    let fine = LogHistogram::builder().min_value(Duration::ZERO);
    let runtime = Builder::new_current_thread()
        .enable_metrics_poll_time_histogram()
        .metrics_poll_time_histogram_configuration(HistogramConfiguration::log(fine))
        .build()
        .unwrap();
    let second = runtime.metrics().poll_time_histogram_bucket_range(1);
    assert_eq!(second, Duration::from_nanos(1)..Duration::from_nanos(2));
    assert_eq!(LogHistogram::default(), LogHistogram::builder().build());
}
