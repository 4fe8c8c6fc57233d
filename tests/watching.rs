//! What a runtime counts of its tasks, and what it calls at the turns of their lives.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wakeful::runtime::{
    Builder, Handle, HistogramConfiguration, LocalRuntime, RngSeed, Runtime, RuntimeMetrics,
    TaskMeta, worker_index,
};
use wakeful::task;

fn builders() -> [Builder; 2] {
    let mut several = Builder::new_multi_thread();
    several.worker_threads(2);
    [Builder::new_current_thread(), several]
}

fn each_runtime(mut test: impl FnMut(Runtime)) {
    for mut builder in builders() {
        test(builder.enable_all().build().expect("it starts"));
    }
}

fn sum(metrics: &RuntimeMetrics, count: impl Fn(&RuntimeMetrics, usize) -> u64) -> u64 {
    (0..metrics.num_workers())
        .map(|worker| count(metrics, worker))
        .sum()
}

#[test]
fn polls_are_counted_without_the_main_future() {
    each_runtime(|runtime| {
        let metrics = runtime.metrics();
        runtime.block_on(async {
            for _ in 0..10 {
                wakeful::spawn(task::yield_now()).await.expect("it ends");
            }
        });
        drop(runtime);
        assert_eq!(sum(&metrics, RuntimeMetrics::worker_poll_count), 20);
        assert_eq!(metrics.spawned_tasks_count(), 10);
    });
}

/// Each task that is queued is counted once, as coming from a worker or from elsewhere.
#[test]
fn schedules_are_counted_by_where_they_come_from() {
    let runtime = LocalRuntime::new().expect("it starts");
    runtime.block_on(async { wakeful::spawn(task::yield_now()).await.expect("it ends") });
    let metrics = runtime.metrics();
    assert_eq!(metrics.worker_local_schedule_count(0), 2);
    assert_eq!(metrics.remote_schedule_count(), 0);

    each_runtime(|runtime| {
        thread::scope(|scope| {
            scope.spawn(|| runtime.spawn(async {}));
        });
        let metrics = runtime.metrics();
        assert_eq!(metrics.remote_schedule_count(), 1);
        assert_eq!(metrics.spawned_tasks_count(), 1);
    });
}

#[test]
fn the_depth_of_both_queues() {
    let runtime = Builder::new_current_thread().build().expect("it starts");
    let metrics = runtime.metrics();
    for _ in 0..3 {
        runtime.spawn(async {});
    }
    assert_eq!(metrics.global_queue_depth(), 3);
    runtime.block_on(async {
        for _ in 0..5 {
            wakeful::spawn(async {});
        }
        assert_eq!(metrics.worker_local_queue_depth(0), 5);
        task::yield_now().await;
    });
    runtime.block_on(async {
        for _ in 0..20 {
            task::yield_now().await;
        }
    });
    assert_eq!(metrics.global_queue_depth(), 0);
    assert_eq!(metrics.worker_local_queue_depth(0), 0);
}

/// A poll that tries on after its budget is gone is one forced yield.
#[test]
fn forced_yields_are_counted_once_a_poll() {
    each_runtime(|runtime| {
        let spend = || async {
            for _ in 0..200 {
                task::consume_budget().await;
            }
        };
        runtime.block_on(async { wakeful::join!(spend(), spend()) });
        let yields = runtime.metrics().budget_forced_yield_count();
        // 400 units: the fourth poll is the last.
        assert_eq!(yields, 3);
    });
}

#[test]
fn a_worker_has_a_thread_and_a_number() {
    each_runtime(|runtime| {
        let metrics = runtime.metrics();
        runtime.block_on(async move {
            for _ in 0..20 {
                let metrics = metrics.clone();
                let told = wakeful::spawn(async move {
                    let index = worker_index().expect("a worker");
                    metrics.worker_thread_id(index) == Some(thread::current().id())
                });
                assert!(told.await.expect("it ends"));
            }
        });
        let blocking = runtime.spawn_blocking(worker_index);
        assert_eq!(runtime.block_on(blocking).expect("it ends"), None);
        assert_eq!(runtime.handle().block_on(async { worker_index() }), None);
    });
    assert_eq!(worker_index(), None);
}

/// Awake and asleep.
#[test]
fn sleeps_are_counted() {
    let runtime = LocalRuntime::new().expect("it starts");
    let metrics = runtime.metrics();
    runtime.block_on(async { wakeful::time::sleep(Duration::from_millis(1)).await });
    let parks = metrics.worker_park_count(0);
    assert!(parks > 0);
    assert_eq!(metrics.worker_park_unpark_count(0), 2 * parks);
    assert_eq!(metrics.worker_noop_count(0), parks);
    let busy = metrics.worker_total_busy_duration(0);
    assert!(busy > Duration::ZERO);
    runtime.block_on(async {
        wakeful::spawn(async {}).await.expect("it ends");
        wakeful::time::sleep(Duration::from_millis(1)).await;
    });
    assert!(metrics.worker_noop_count(0) < metrics.worker_park_count(0));
    assert!(metrics.worker_total_busy_duration(0) > busy);
}

#[test]
fn the_histogram_has_each_poll_of_a_task() {
    for mut builder in builders() {
        let buckets = HistogramConfiguration::linear(Duration::from_millis(50), 3);
        let runtime = builder
            .enable_metrics_poll_time_histogram()
            .metrics_poll_time_histogram_configuration(buckets)
            .build()
            .expect("it starts");
        let metrics = runtime.metrics();
        runtime.block_on(async {
            wakeful::spawn(task::yield_now()).await.expect("it ends");
        });
        drop(runtime);
        let polls = |bucket| {
            sum(&metrics, |m, w| {
                m.poll_time_histogram_bucket_count(w, bucket)
            })
        };
        assert_eq!((0..3).map(polls).sum::<u64>(), 2);
    }
    let plain = LocalRuntime::new().expect("it starts").metrics();
    assert_eq!(plain.poll_time_histogram_num_buckets(), 0);
    assert_eq!(plain.poll_time_histogram_bucket_count(0, 7), 0);
}

#[test]
#[should_panic(expected = "none is number 2")]
fn there_is_no_such_worker() {
    let [_, mut several] = builders();
    let _ = several
        .build()
        .expect("it starts")
        .metrics()
        .worker_park_count(2);
}

/// What happened to each task, a letter each: spawned, before, after, terminated.
type Story = Arc<Mutex<HashMap<task::Id, String>>>;

fn tell(story: &Story, letter: char) -> impl Fn(&TaskMeta<'_>) + Send + Sync + 'static {
    let story = Arc::clone(story);
    move |task| {
        assert_eq!(task.spawned_at().file(), file!());
        let mut story = story.lock().expect("nobody panicked");
        story.entry(task.id()).or_default().push(letter);
    }
}

fn told(builder: &mut Builder) -> (Story, Runtime) {
    let story = Story::default();
    let runtime = builder
        .on_task_spawn(tell(&story, 's'))
        .on_before_task_poll(tell(&story, 'b'))
        .on_after_task_poll(tell(&story, 'a'))
        .on_task_terminate(tell(&story, 't'))
        .build()
        .expect("it starts");
    (story, runtime)
}

#[test]
fn hooks_come_in_order() {
    for mut builder in builders() {
        let (story, runtime) = told(&mut builder);
        // From outside, from the main future, and from a task.
        let outside = runtime.spawn(task::yield_now());
        let ids = runtime.block_on(async {
            let main = wakeful::spawn(async { (wakeful::spawn(task::yield_now()),) });
            let ids = [outside.id(), main.id()];
            let (inner,) = main.await.expect("it ends");
            let ids = [ids[0], ids[1], inner.id()];
            outside.await.expect("it ends");
            inner.await.expect("it ends");
            ids
        });
        drop(runtime);
        let story = story.lock().expect("nobody panicked");
        let of = |id| story[id].as_str();
        assert_eq!(
            ids.iter().map(of).collect::<Vec<_>>(),
            ["sbabat", "sbat", "sbabat"]
        );
        assert_eq!(story.len(), 3, "the main future is no task");
    }
}

/// However a task ends: aborted before its first poll, by a panic, by the shutdown.
#[test]
fn every_end_is_told() {
    for mut builder in builders() {
        let (story, runtime) = told(&mut builder);
        let aborted = runtime.spawn(std::future::pending::<()>());
        aborted.abort();
        let panics = runtime.spawn(async { panic!("boom") });
        let waits = runtime.spawn(std::future::pending::<()>());
        let ids = [aborted.id(), panics.id(), waits.id()];
        runtime.block_on(async {
            assert!(aborted.await.is_err() && panics.await.is_err());
        });
        drop(runtime);
        let story = story.lock().expect("nobody panicked");
        for id in ids {
            let ends = story[&id].chars().filter(|&letter| letter == 't').count();
            assert_eq!(ends, 1, "{}", story[&id]);
            assert!(story[&id].starts_with('s') && story[&id].ends_with('t'));
        }
    }
}

/// A hook may spawn, and may panic; both cost nobody anything.
#[test]
fn hooks_may_do_anything() {
    for mut builder in builders() {
        let spawned = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&spawned);
        let runtime = builder
            .on_task_spawn(move |_| {
                // Once: each spawn calls it again.
                if count.fetch_add(1, SeqCst) == 0 {
                    Handle::current().spawn(async {});
                }
                panic!("a hook");
            })
            .on_before_task_poll(|_| panic!("another"))
            .on_task_terminate(|_| panic!("the last"))
            .build()
            .expect("it starts");
        let entered = runtime.enter();
        let task = runtime.spawn(async { 5 });
        drop(entered);
        assert_eq!(runtime.block_on(task).expect("it ends"), 5);
        assert_eq!(spawned.load(SeqCst), 2);
    }
}

/// What `select!` takes first follows from the seed, anew in each `block_on`.
#[test]
fn a_seed_decides_what_select_takes() {
    let seeded = |seed: &[u8]| {
        Builder::new_current_thread()
            .rng_seed(RngSeed::from_bytes(seed))
            .build()
            .expect("it starts")
    };
    let draw = |runtime: &Runtime| -> String {
        runtime.block_on(async {
            let mut taken = String::new();
            for _ in 0..32 {
                wakeful::select! {
                    () = async {} => taken.push('a'),
                    () = async {} => taken.push('b'),
                }
            }
            taken
        })
    };
    let (one, two, other) = (seeded(b"1"), seeded(b"1"), seeded(b"2"));
    let (first, second) = (draw(&one), draw(&one));
    assert_ne!(first, second);
    assert_eq!((first.clone(), second), (draw(&two), draw(&two)));
    assert_ne!(first, draw(&other));
}
