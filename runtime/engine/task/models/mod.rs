//! Loom models of a task: wakers, polls, aborts, joins and the last reference.
//!
//! Loom also checks that every `Arc` is dropped, so a future, an output or an arena that leaks
//! fails the model, and one that is dropped twice does, too.

mod memory;

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicBool;
use loom::thread;

use super::list::{Inbox, TaskList};
use super::{Arena, JoinHandle, Owner, Polled, Registry, Runnable, Schedule, allocate};
use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::{Arc, Mutex};

/// A scheduler that is a queue.
struct Queue {
    tasks: Mutex<TaskList>,
    registry: Registry,
}

impl Owner for Queue {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        self.tasks.lock().push_back(task);
    }

    fn is_current(&self) -> bool {
        false
    }
}

impl Queue {
    fn new() -> Arc<Self> {
        let tasks = Mutex::new(TaskList::new());
        Arc::new(Self {
            tasks,
            registry: Registry::new(),
        })
    }

    fn next(&self) -> Option<Runnable> {
        self.tasks.lock().pop_front()
    }

    /// Runs what is queued until nothing is.
    fn run(&self) {
        while let Some(task) = self.next() {
            match task.run() {
                Err(again) => self.schedule(again),
                Ok(Polled::Done | Polled::Idle | Polled::Again) => {}
            }
        }
    }
}

fn spawn<F: Future + 'static>(
    queue: &Arc<Queue>,
    arena: &Arena,
    future: F,
) -> JoinHandle<F::Output> {
    let (task, handle) = allocate::<F, Queue>(arena, None, future, Location::caller());
    queue.schedule(task);
    handle
}

/// Ready when both flags are up. They are written and read relaxed: only the wake and the poll
/// that follows it order them (T5).
struct Both {
    flags: Arc<[AtomicBool; 2]>,
    wakers: Arc<Mutex<Vec<Waker>>>,
    /// For loom to see that the future is dropped once.
    token: Arc<()>,
    polling: Arc<AtomicBool>,
}

impl Future for Both {
    type Output = Arc<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Arc<()>> {
        assert!(
            !self.polling.swap(true, Relaxed),
            "T1: polled twice at once"
        );
        let all_up = self.flags.iter().all(|flag| flag.load(Relaxed));
        if !all_up {
            self.wakers
                .lock()
                .extend([cx.waker().clone(), cx.waker().clone()]);
        }
        self.polling.store(false, Relaxed);
        if all_up {
            Poll::Ready(Arc::clone(&self.token))
        } else {
            Poll::Pending
        }
    }
}

struct Waiting {
    queue: Arc<Queue>,
    arena: Box<Arena>,
    handle: JoinHandle<Arc<()>>,
    flags: Arc<[AtomicBool; 2]>,
    wakers: Vec<Waker>,
    left: Arc<Mutex<Vec<Waker>>>,
}

/// A task that was polled once and gave out two wakers.
fn waiting() -> Waiting {
    let queue = Queue::new();
    let arena = Arena::new(&queue);
    let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let left = Arc::new(Mutex::new(Vec::new()));
    let future = Both {
        flags: Arc::clone(&flags),
        wakers: Arc::clone(&left),
        token: Arc::new(()),
        polling: Arc::new(AtomicBool::new(false)),
    };
    let handle = spawn(&queue, &arena, future);
    queue.run();
    let wakers = std::mem::take(&mut *left.lock());
    Waiting {
        queue,
        arena,
        handle,
        flags,
        wakers,
        left,
    }
}

/// Two threads raise a flag and wake, while the task is run. The last poll must see both flags.
fn both_flags_are_seen(is_queued: bool, wake: fn(usize, Waker)) {
    loom::model(move || {
        let Waiting {
            queue,
            arena,
            handle,
            flags,
            mut wakers,
            left,
        } = waiting();
        if is_queued {
            wakers[0].clone().wake();
        }
        let threads: Vec<_> = (0..2)
            .map(|index| {
                let (flags, waker) = (Arc::clone(&flags), wakers.pop().unwrap());
                thread::spawn(move || {
                    flags[index].store(true, Relaxed);
                    wake(index, waker);
                })
            })
            .collect();
        queue.run();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        queue.run();
        assert!(
            handle.is_finished(),
            "T5: the last poll did not see both flags"
        );
        left.lock().clear();
        drop((handle, arena));
    });
}

#[test]
fn two_wakers_against_the_poll() {
    both_flags_are_seen(false, |index, waker| match index {
        0 => waker.wake(),
        _ => waker.wake_by_ref(),
    });
}

/// The task is queued already, so both wakes find it woken or about to be: each must still be seen
/// by the poll that is due, or by one more.
#[test]
fn r01_two_wakers_of_a_queued_task() {
    both_flags_are_seen(true, |_, waker| waker.wake_by_ref());
}

#[test]
fn r17_abort_against_the_poll() {
    loom::model(|| {
        let Waiting {
            queue,
            arena,
            handle,
            wakers,
            left,
            ..
        } = waiting();
        wakers[0].wake_by_ref();
        let abort = handle.abort_handle();
        let aborter = thread::spawn(move || abort.abort());
        queue.run();
        aborter.join().unwrap();
        queue.run();
        assert!(
            handle.is_finished(),
            "an aborted task is dropped by whoever runs it"
        );
        left.lock().clear();
        drop((handle, arena, wakers));
    });
}

#[test]
fn r17_wake_against_abort_against_the_poll() {
    loom::model(|| {
        let Waiting {
            queue,
            arena,
            handle,
            flags,
            mut wakers,
            left,
        } = waiting();
        let abort = handle.abort_handle();
        let aborter = thread::spawn(move || abort.abort());
        let (waker, up) = (wakers.pop().unwrap(), Arc::clone(&flags));
        let other = wakers.pop();
        let wakes = thread::spawn(move || {
            up.iter().for_each(|flag| flag.store(true, Relaxed));
            waker.wake();
            drop(other);
        });
        queue.run();
        aborter.join().unwrap();
        wakes.join().unwrap();
        queue.run();
        assert!(
            handle.is_finished(),
            "an aborted task is scheduled for its end"
        );
        left.lock().clear();
        drop((handle, arena));
    });
}

/// Counts its wakes.
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn counting() -> (std::sync::Arc<Counting>, Waker) {
    let counting = std::sync::Arc::new(Counting(AtomicUsize::new(0)));
    (std::sync::Arc::clone(&counting), Waker::from(counting))
}

fn poll_handle(handle: &mut JoinHandle<Arc<()>>, waker: &Waker) -> Poll<Arc<()>> {
    let mut cx = Context::from_waker(waker);
    Pin::new(handle)
        .poll(&mut cx)
        .map(|output| output.expect("it was not aborted"))
}

/// The task completes on one thread while its handle is polled, polled with another waker, and
/// dropped on this one.
fn join_against_completion(polls: usize, take_output: bool) {
    loom::model(move || {
        let queue = Queue::new();
        let arena = Arena::new(&queue);
        let token = Arc::new(());
        let output = Arc::clone(&token);
        let mut handle = spawn(&queue, &arena, async move { output });
        let task = queue.next().expect("just spawned");
        let completer = thread::spawn(move || {
            let polled = task.run();
            assert!(matches!(polled, Ok(Polled::Done)));
        });
        let mut ready = false;
        let mut last = None;
        for _ in 0..polls {
            let (count, waker) = counting();
            if !ready {
                ready = poll_handle(&mut handle, &waker).is_ready();
                last = Some(count);
            }
        }
        if take_output && !ready {
            completer.join().unwrap();
            if let Some(count) = last {
                assert_eq!(
                    count.0.load(SeqCst),
                    1,
                    "T3: the waker of the last poll is woken"
                );
            }
            let (_, waker) = counting();
            assert!(poll_handle(&mut handle, &waker).is_ready());
            drop(handle);
        } else {
            drop(handle);
            completer.join().unwrap();
        }
        drop((token, arena, queue));
    });
}

#[test]
fn completion_against_drop_of_the_handle() {
    join_against_completion(0, false);
}

#[test]
fn completion_against_a_poll_and_drop_of_the_handle() {
    join_against_completion(1, false);
}

#[test]
fn completion_against_a_poll_of_the_handle() {
    join_against_completion(1, true);
}

#[test]
fn completion_against_two_polls_of_the_handle() {
    join_against_completion(2, true);
}

#[test]
fn the_last_references_go_at_once() {
    loom::model(|| {
        let Waiting {
            queue,
            arena,
            handle,
            flags,
            mut wakers,
            left,
        } = waiting();
        flags.iter().for_each(|flag| flag.store(true, Relaxed));
        let (first, second) = (wakers.pop().unwrap(), wakers.pop().unwrap());
        let drops = thread::spawn(move || drop(first));
        let closes = thread::spawn(move || drop(arena));
        second.wake();
        queue.run();
        drop(handle);
        drops.join().unwrap();
        closes.join().unwrap();
        drop((left, queue));
    });
}

/// Two threads push, the owner collects and then closes: each task is collected, in its thread's
/// order, or given back to the one that pushed it.
#[test]
fn two_push_and_the_owner_collects_and_closes() {
    loom::model(|| {
        let queue = Queue::new();
        let arena = Arena::new(&queue);
        let handles: Vec<_> = (0..3).map(|_| spawn(&queue, &arena, async {})).collect();
        let inbox = Arc::new(Inbox::new());
        let push = |tasks: Vec<Runnable>| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let refused = tasks.into_iter().filter_map(|task| inbox.push(task).err());
                refused.map(|task| drop(task.run())).count()
            })
        };
        let tasks: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        let addresses: Vec<_> = tasks.iter().map(|task| task.as_ptr().addr()).collect();
        let mut tasks = tasks.into_iter();
        let first = push(tasks.by_ref().take(2).collect());
        let second = push(tasks.collect());
        let collected = TaskList::new();
        inbox.collect(&collected);
        inbox.close(&collected);
        let refused = first.join().unwrap() + second.join().unwrap();
        let mut found = Vec::new();
        while let Some(task) = collected.pop_front() {
            found.push(
                addresses
                    .iter()
                    .position(|&address| address == task.as_ptr().addr()),
            );
            let _ = task.run();
        }
        assert_eq!(found.len() + refused, 3);
        found.retain(|&number| number < Some(2));
        assert!(found.is_sorted());
        drop((handles, arena, queue));
    });
}
