//! A poll that takes longer than it may is reported while it lasts, with the task and its last
//! await, and others go on meanwhile. No test here looks at a clock: what stalls, stalls until it
//! was reported.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use wakeful::runtime::{Runtime, Stall};
use wakeful::task::{Builder, block_in_place, yield_now};

use crate::flavors::{On, bounded};
use crate::{child, is_inside};

const LIMIT: Duration = Duration::from_millis(1);

/// A runtime, and the stalls that it reports.
fn watched(on: On) -> (Runtime, Receiver<Stall>) {
    watched_for(on, LIMIT)
}

/// The same with another limit.
fn watched_for(on: On, limit: Duration) -> (Runtime, Receiver<Stall>) {
    let (told, stalls): (Sender<Stall>, _) = channel();
    let runtime = on
        .builder()
        .stall(limit)
        .on_stall(move |stall| drop(told.send(stall.clone())))
        .build()
        .unwrap();
    (runtime, stalls)
}

/// Blocks this thread until the poll that calls is reported. On a machine that is busy with other
/// things any poll may be.
fn mine(stalls: &Receiver<Stall>) -> Stall {
    let id = wakeful::task::id();
    let mut reports = stalls.iter();
    reports
        .find(|stall| stall.task().id() == id)
        .expect("the runtime reports it")
}

each_runtime! {
    fn a_task_that_blocks(on) {
        let (runtime, stalls) = watched(on);
        let line = line!() + 4;
        let named = Builder::new().name("blocks");
        let task = named.spawn_on(
            async move {
                yield_now().await;
                mine(&stalls)
            },
            runtime.handle(),
        );
        let task = task.unwrap();
        let id = task.id();
        let stall = runtime.block_on(task).unwrap();
        assert_eq!(stall.task().name(), Some("blocks"));
        assert!(stall.lasted() >= LIMIT);
        let last = stall.task().last_await().unwrap();
        assert_eq!((last.file(), last.line()), (file!(), line));
        let text = stall.to_string();
        assert!(text.starts_with(&format!("stall: task #{id} \"blocks\", spawned at ")), "{text}");
        let last = format!("its last await is at {}:{line}:", file!());
        assert!(text.contains(&last), "{text}");
    }

    fn a_main_future_that_blocks(on) {
        let (runtime, stalls) = watched(on);
        runtime.block_on(async {
            let is_main = |stall: &Stall| stall.to_string().starts_with("stall: main future #");
            while !is_main(&stalls.recv().unwrap()) {}
        });
    }

    /// Whatever the report does, the next stall is reported.
    fn a_report_that_panics(on) {
        let (told, stalls) = channel();
        let runtime = on
            .builder()
            .stall(LIMIT)
            .on_stall(move |_| {
                told.send(()).unwrap();
                panic!("the report");
            })
            .build()
            .unwrap();
        for _ in 0..2 {
            runtime.block_on(async { stalls.recv().unwrap() });
        }
    }
}

/// The one worker is stuck, and nobody is in `block_on`: the spare one runs what is queued.
#[test]
fn a_spare_worker_goes_on() {
    bounded(|| {
        let (runtime, _stalls) = watched(On::Workers(1));
        let (send, receive) = channel();
        let (done, is_done) = channel();
        runtime.spawn(async move {
            // Queued behind us, on this worker.
            wakeful::spawn(async move { send.send(()).unwrap() });
            receive.recv().unwrap();
            done.send(()).unwrap();
        });
        is_done.recv().unwrap();
        assert_eq!(runtime.metrics().num_workers(), 1);
    });
}

/// Timers go on, too: the spare worker has the driver.
#[test]
fn a_spare_worker_has_the_driver() {
    bounded(|| {
        let (runtime, _stalls) = watched(On::Workers(1));
        let (send, receive) = channel();
        let (done, is_done) = channel();
        runtime.spawn(async move {
            wakeful::spawn(async move {
                wakeful::time::sleep(Duration::from_millis(1)).await;
                send.send(wakeful::runtime::worker_index()).unwrap();
            });
            done.send(receive.recv().unwrap()).unwrap();
        });
        assert_eq!(is_done.recv().unwrap(), Some(0));
    });
}

/// One poll is told once, however long it lasts: here until one was told that began later.
#[test]
fn it_is_told_once() {
    bounded(|| {
        let (runtime, stalls) = watched(On::Workers(2));
        let blocks = || {
            let (release, released) = channel::<()>();
            let task = runtime.spawn(async move { released.recv().is_err() });
            (task, release)
        };
        let (first, holds_first) = blocks();
        let told = |stall: &Stall| stall.task().id() == first.id();
        assert!(stalls.iter().any(|stall| told(&stall)));
        let (second, holds_second) = blocks();
        let mut others = stalls.iter();
        let until_second = others
            .by_ref()
            .take_while(|stall| stall.task().id() != second.id());
        assert_eq!(until_second.filter(told).count(), 0);
        drop((holds_first, holds_second));
        assert!(runtime.block_on(async { first.await.unwrap() && second.await.unwrap() }));
    });
}

/// A worker that polls one task all the time is not in one poll. The limit is longer than a machine
/// may need for a short one.
#[test]
fn many_polls_are_no_stall() {
    bounded(|| {
        let (runtime, stalls) = watched_for(On::Workers(2), Duration::from_millis(200));
        let (begun, has_begun) = channel();
        let busy = runtime.spawn(async move {
            loop {
                for i in 0..100_000 {
                    black_box(i);
                }
                let _ = begun.send(());
                yield_now().await;
            }
        });
        has_begun.recv().unwrap();
        let blocks = runtime.spawn(async move { stalls.recv().unwrap().task().id() });
        let id = blocks.id();
        assert_eq!(runtime.block_on(blocks).unwrap(), id);
        busy.abort();
    });
}

/// A thread that has left its seat may block. The limit is longer than a machine may need to get
/// there.
#[test]
fn block_in_place_is_no_stall() {
    bounded(|| {
        let (runtime, stalls) = watched_for(On::Workers(2), Duration::from_millis(200));
        let task = runtime.spawn(async move {
            block_in_place(move || {
                // Somebody else is reported meanwhile; had it been us, it would have come first.
                let (send, receive) = channel();
                wakeful::spawn(async move {
                    let stall = stalls.recv().unwrap();
                    send.send((wakeful::task::id(), stall)).unwrap();
                });
                receive.recv().unwrap()
            })
        });
        let (id, stall) = runtime.block_on(task).unwrap();
        assert_eq!(stall.task().id(), id);
    });
}

/// `WAKEFUL=stall:1ms`, and a program that knows nothing of it.
#[test]
fn the_variable_turns_it_on() {
    if is_inside() {
        let runtime = On::CurrentThread.runtime();
        return runtime.block_on(async {
            yield_now().await;
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        });
    }
    let mut command = child("stall::the_variable_turns_it_on");
    command
        .env("WAKEFUL", "stall:1ms")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next().expect("it says something").unwrap();
    assert!(line.starts_with("wakeful: stall: main future #"), "{line}");
    drop(child.stdin.take());
    lines.count();
    assert!(child.wait().unwrap().success());
}
