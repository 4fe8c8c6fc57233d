//! Tasks without a runtime: where they lie, when they go, what a dump may see.

use std::future::{Future, pending, ready};
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::thread;

use super::list::TaskList;
use super::state::State;
use super::{
    Arena, Header, JoinHandle, Owner, Polled, Registry, Runnable, Schedule, allocate, pool,
};
use crate::primitives::{Arc, Mutex};

/// A scheduler that is a queue.
#[derive(Default)]
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
        pool::is_local(self)
    }
}

fn spawn<F: Future + 'static>(
    queue: &Queue,
    arena: &Arena,
    future: F,
) -> (Runnable, JoinHandle<F::Output>) {
    let spawned = allocate::<F, Queue>(arena, None, future, Location::caller());
    assert!(!queue.registry.is_empty());
    spawned
}

fn join<T>(mut handle: JoinHandle<T>) -> T {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(&mut handle).poll(&mut cx) {
        Poll::Ready(output) => output.expect("neither cancelled nor panicked"),
        Poll::Pending => panic!("the task is not done"),
    }
}

fn done(task: Runnable) -> bool {
    matches!(task.run(), Ok(Polled::Done))
}

#[test]
fn a_slot_is_used_again_on_its_own_thread() {
    let queue = Arc::new(Queue::default());
    pool::install(Some(Arena::new(&queue)));
    let mut places = std::collections::HashSet::new();
    for number in 0..100 {
        let (task, handle) = pool::with_local(|arena| spawn(&queue, arena, ready(number)));
        places.insert(task.as_ptr().addr());
        assert!(done(task));
        assert_eq!(join(handle), number);
    }
    drop(pool::install(None));
    if !cfg!(any(miri, wakeful_no_pool)) {
        assert_eq!(places.len(), 1, "one task at a time needs one slot");
    }
    assert_eq!(Arc::strong_count(&queue), 1, "the arena is gone");
}

/// By value, a wake on the scheduler's own thread is one step of the word.
#[test]
fn a_waker_given_up_on_its_own_thread_wakes_and_is_counted() {
    let queue = Arc::new(Queue::default());
    pool::install(Some(Arena::new(&queue)));
    let mut places = std::collections::HashSet::new();
    for _ in 0..100 {
        let kept = Arc::new(Mutex::new(None::<Waker>));
        let keeps = Arc::clone(&kept);
        let mut polls = 0;
        let future = std::future::poll_fn(move |cx| {
            polls += 1;
            match polls {
                1 => {
                    let by_value = cx.waker().clone();
                    by_value.wake();
                }
                2 => *keeps.lock() = Some(cx.waker().clone()),
                _ => return Poll::Ready(()),
            }
            Poll::Pending
        });
        let (task, handle) = pool::with_local(|arena| spawn(&queue, arena, future));
        places.insert(task.as_ptr().addr());
        let Err(task) = task.run() else {
            panic!("woken in its poll, it is due again");
        };
        assert!(matches!(task.run(), Ok(Polled::Idle)));
        let waker = kept.lock().take().expect("left by the second poll");
        waker.wake();
        let task = queue.tasks.lock().pop_front().expect("the wake queues it");
        assert!(done(task));
        join(handle);
    }
    drop(pool::install(None));
    if !cfg!(any(miri, wakeful_no_pool)) {
        assert_eq!(places.len(), 1, "each is freed before the next");
    }
    assert_eq!(Arc::strong_count(&queue), 1, "the arena is gone");
}

#[test]
fn slots_freed_on_another_thread_come_back() {
    let queue = Arc::new(Queue::default());
    let arena = Arena::new(&queue);
    let mut places = std::collections::HashSet::new();
    for _ in 0..10 {
        let handles: Vec<_> = (0..1_000)
            .map(|number| {
                let (task, handle) = spawn(&queue, &arena, ready(number));
                places.insert(task.as_ptr().addr());
                assert!(done(task));
                handle
            })
            .collect();
        thread::spawn(move || handles.into_iter().map(join).sum::<i32>())
            .join()
            .unwrap();
    }
    drop(arena);
    if !cfg!(any(miri, wakeful_no_pool)) {
        assert_eq!(places.len(), 1_000, "ten rounds in the slots of one");
    }
    assert_eq!(Arc::strong_count(&queue), 1, "the arena is gone");
}

#[test]
fn an_arena_outlives_its_closing_as_long_as_its_tasks() {
    let queue = Arc::new(Queue::default());
    let arena = Arena::new(&queue);
    let (first, small) = spawn(&queue, &arena, ready(1));
    let (second, large) = spawn(&queue, &arena, ready([2u8; 4096]));
    assert!(done(first) && done(second));
    drop(arena);
    assert_eq!(Arc::strong_count(&queue), 2, "two tasks are left in it");
    assert_eq!(join(small), 1);
    assert_eq!(Arc::strong_count(&queue), 2);
    assert_eq!(join(large)[0], 2);
    assert_eq!(Arc::strong_count(&queue), 1);
}

#[test]
fn every_size_and_alignment_has_a_place() {
    #[repr(align(128))]
    struct Aligned<const N: usize>([u8; N]);

    fn check<T: 'static>(output: T, is_right: impl Fn(&T) -> bool) {
        let queue = Arc::new(Queue::default());
        let arena = Arena::new(&queue);
        let (task, handle) = spawn(&queue, &arena, ready(output));
        let mut seen = 0;
        super::read_headers(&queue.registry, |_, id| assert!(id > 0), |()| seen += 1);
        assert_eq!(seen, 1);
        assert!(done(task));
        assert!(is_right(&join(handle)));
    }

    macro_rules! check_sizes {
        ($($bytes:literal)*) => {
            $(check([7u8; $bytes], |bytes| bytes.iter().all(|&byte| byte == 7));)*
        };
    }
    check_sizes!(0 1 8 15 16 17 100 128 150 192 193 256 500 700 900 959 960 961 1000 5000 70000);
    check(Aligned([3u8; 128]), |aligned| {
        std::ptr::from_ref(aligned).addr() % 128 == 0 && aligned.0[127] == 3
    });
}

#[test]
fn ids_differ_and_name_the_live() {
    let queue = Arc::new(Queue::default());
    let arena = Arena::new(&queue);
    let spawned: Vec<_> = (0..300)
        .map(|_| spawn(&queue, &arena, pending::<()>()))
        .collect();
    let mut listed = Vec::new();
    super::read_headers(&queue.registry, |_, id| id, |id| listed.push(id));
    let mut expected: Vec<_> = spawned
        .iter()
        .map(|(_, handle)| handle.id().number())
        .collect();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
    expected.dedup();
    assert_eq!(expected.len(), 300);
    for (task, handle) in spawned {
        task.cancel();
        drop(handle);
    }
    let mut left = 0;
    super::read_headers(&queue.registry, |_, _| (), |()| left += 1);
    assert_eq!(left, 0, "no freed slot is shown");
}

#[test]
fn a_dump_shows_no_torn_task_while_slots_are_reused() {
    #[track_caller]
    fn here() -> usize {
        std::ptr::from_ref(Location::caller()).addr()
    }
    let queue = Arc::new(Queue::default());
    let over = Arc::new(AtomicBool::new(false));
    let (reader_queue, reader_over) = (Arc::clone(&queue), Arc::clone(&over));
    let reader = thread::spawn(move || {
        let mut readings = 0_u64;
        let mut ids = Vec::new();
        while !reader_over.load(Relaxed) {
            super::read_headers(
                &reader_queue.registry,
                |header, id| (id, header.wait.get()),
                |(id, (kind, resource, site))| {
                    ids.push(id);
                    readings += 1;
                    // Each task notes twice its id, of the kind that fits, or nothing yet.
                    let is_whole = resource == 0 || (resource == id * 2 && kind == 7);
                    assert!(is_whole, "task {id} shows {kind} {resource} at {site:?}");
                },
            );
            ids.sort_unstable();
            assert!(
                ids.windows(2).all(|pair| pair[0] != pair[1]),
                "an id is shown twice"
            );
            ids.clear();
        }
        readings
    });
    let arena = Arena::new(&queue);
    let rounds = if cfg!(any(wakeful_no_pool, miri)) {
        200
    } else {
        20_000
    };
    for _ in 0..rounds {
        let (task, handle) = spawn(&queue, &arena, ready(()));
        let site = Location::caller();
        assert_ne!(here(), 0);
        task.header()
            .wait
            .set(7, handle.id().number() as usize * 2, site);
        assert!(done(task));
        join(handle);
    }
    over.store(true, Relaxed);
    reader.join().unwrap();
}

/// A task ends in the midst of being read, and another one gets its place: what was read may be of
/// both, and is not shown.
#[cfg(not(any(wakeful_no_pool, miri)))]
#[test]
fn r26_a_slot_that_is_reused_while_it_is_read_is_not_shown() {
    let queue = Arc::new(Queue::default());
    let arena = Arena::new(&queue);
    let next = || allocate::<_, Queue>(&arena, None, ready(()), Location::caller());
    let mut first = Some(next());
    let mut later = Vec::new();
    let mut shown = Vec::new();
    let mut replace = |header: &Header| {
        let Some((task, handle)) = first.take() else {
            return;
        };
        assert!(done(task));
        join(handle);
        loop {
            let (task, handle) = next();
            let has_its_place = std::ptr::eq(task.as_ptr(), header);
            later.push((task, handle));
            if has_its_place {
                return;
            }
        }
    };
    let read = |header: &Header, id| {
        replace(header);
        id
    };
    super::read_headers(&queue.registry, read, |id| shown.push(id));
    assert_eq!(shown, []);
    for (task, handle) in later {
        assert!(done(task));
        join(handle);
    }
}

/// A scheduler that runs a task inside of `schedule`, and says when it is gone.
#[derive(Default)]
struct Inline {
    registry: Registry,
    is_gone: Arc<AtomicBool>,
}

impl Owner for Inline {
    fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Schedule for Inline {
    fn schedule(&self, task: Runnable) {
        let is_gone = Arc::clone(&self.is_gone);
        assert!(done(task));
        assert!(!is_gone.load(Relaxed), "dropped while it schedules");
    }

    fn is_current(&self) -> bool {
        false
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        self.is_gone.store(true, Relaxed);
    }
}

/// The last owner of a scheduler is a task, which ends while the scheduler queues it.
#[test]
fn r03_a_scheduler_outlives_its_call() {
    let scheduler = Arc::new(Inline::default());
    let is_gone = Arc::clone(&scheduler.is_gone);
    let arena = Arena::new(&scheduler);
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let (keeps, mut polls) = (Arc::clone(&kept), 0);
    let future = std::future::poll_fn(move |cx| {
        polls += 1;
        if polls == 1 {
            *keeps.lock() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    });
    let (task, handle) = allocate::<_, Inline>(&arena, None, future, Location::caller());
    assert!(matches!(task.run(), Ok(Polled::Idle)));
    drop((handle, arena, scheduler));
    let waker = kept.lock().take().expect("it was polled");
    assert!(!is_gone.load(Relaxed), "the task keeps it");
    waker.wake();
    assert!(is_gone.load(Relaxed), "nothing keeps it");
}

#[test]
fn a_state_says_what_it_is() {
    assert_eq!(
        format!("{:?}", State::new()),
        "scheduled handle owners=1 wakers=0"
    );
    assert_eq!(
        format!("{:?}", State::new_main()),
        "scheduled main owners=1 wakers=0"
    );
}
