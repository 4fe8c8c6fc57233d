//! What the usual operations take from the allocator, as numbers: a warm runtime spawns, locks,
//! yields and sleeps without it.
//!
//! Counted on the thread that tests, so that other tests do not matter; a single-threaded runtime
//! does everything there. Sanitizer builds have no pool, and count otherwise.

#![cfg(not(wakeful_no_pool))]
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use wakeful::runtime::{Builder, Runtime};
use wakeful::sync::{Mutex, Notify, Promise, Semaphore, mpsc, oneshot};
use wakeful::task::{JoinHandle, yield_now};
use wakeful::time::{sleep, timeout};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: All of it is `System`'s; a thread-local without a destructor is counted up beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: The caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: The caller's contract.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: The caller's contract.
        unsafe { System.realloc(memory, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Allocations in ten calls, after one that warms up what is kept.
fn in_ten<F: Future<Output = ()>>(mut call: impl FnMut() -> F) -> u64 {
    runtime().block_on(async move {
        call().await;
        let before = ALLOCATIONS.get();
        for _ in 0..10 {
            call().await;
        }
        ALLOCATIONS.get() - before
    })
}

/// Polls a future once and drops it.
async fn poll_once(future: impl Future) {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _ = future.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_task_takes_a_slot_of_the_pool() {
    let spawn = || async { wakeful::spawn(async {}).await.unwrap() };
    assert_eq!(in_ten(spawn), 0);
    let yields = || async { wakeful::spawn(yield_now()).await.unwrap() };
    assert_eq!(in_ten(yields), 0);
    let detached = || async {
        drop(wakeful::spawn(async {}));
        yield_now().await;
    };
    assert_eq!(in_ten(detached), 0);
}

#[test]
fn a_task_beyond_the_pool_is_one_allocation() {
    let large = || async {
        let bytes = [1_u8; 1500];
        let task = wakeful::spawn(async move {
            yield_now().await;
            std::hint::black_box(bytes);
        });
        task.await.unwrap();
    };
    assert_eq!(in_ten(large), 10);
}

#[test]
fn an_abort_allocates_nothing() {
    let abort = || async {
        let task = wakeful::spawn(std::future::pending::<()>());
        let handle = task.abort_handle();
        handle.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    };
    assert_eq!(in_ten(abort), 0);
}

#[test]
fn locks_allocate_nothing_even_if_they_wait() {
    let lock = Mutex::new(0);
    let uncontended = || async { *lock.lock().await += 1 };
    assert_eq!(in_ten(uncontended), 0);
    let contended = || async {
        let held = lock.lock().await;
        poll_once(lock.lock()).await;
        drop(held);
    };
    assert_eq!(in_ten(contended), 0);
    let semaphore = Semaphore::new(1);
    let permits = || async {
        let permit = semaphore.acquire().await.unwrap();
        poll_once(semaphore.acquire()).await;
        drop(permit);
    };
    assert_eq!(in_ten(permits), 0);
    let notify = Notify::new();
    assert_eq!(in_ten(|| poll_once(notify.notified())), 0);
    let shared = Arc::new(Mutex::new(0));
    let owned = || async { *shared.clone().lock_owned().await += 1 };
    assert_eq!(in_ten(owned), 0);
}

#[test]
fn a_hand_off_is_one_allocation() {
    let channel = || async {
        let (sender, receiver) = oneshot::channel();
        sender.send(1).unwrap();
        assert_eq!(receiver.await, Ok(1));
    };
    assert_eq!(in_ten(channel), 10);
    let promise = || async {
        let (promise, resolver) = Promise::new();
        resolver.resolve(1).unwrap();
        assert_eq!(promise.await.unwrap(), 1);
    };
    assert_eq!(in_ten(promise), 10);
}

#[test]
fn a_bounded_channel_that_exists_allocates_nothing() {
    let (sender, receiver) = mpsc::channel(1);
    let ends = Mutex::new((sender, receiver));
    let messages = || async {
        let (sender, receiver) = &mut *ends.lock().await;
        sender.send(1).await.unwrap();
        assert_eq!(receiver.recv().await, Some(1));
    };
    assert!(in_ten(messages) <= 1, "a block for 32 messages at most");
}

#[test]
fn a_timer_lies_in_its_future() {
    assert_eq!(in_ten(|| poll_once(sleep(Duration::from_secs(60)))), 0);
    let in_time = || async { timeout(Duration::from_secs(60), yield_now()).await.unwrap() };
    assert_eq!(in_ten(in_time), 0);
}

#[cfg(target_pointer_width = "64")]
mod sizes {
    //! A change here is a change of what a million tasks weigh.

    use super::*;

    const _: () = assert!(size_of::<JoinHandle<[u64; 9]>>() == 8);
    const _: () = assert!(size_of::<Option<JoinHandle<u64>>>() == 8);
    const _: () = assert!(size_of::<wakeful::task::AbortHandle>() == 8);
    const _: () = assert!(size_of::<wakeful::task::YieldNow>() == 16);
    const _: () = assert!(size_of::<wakeful::sync::futures::Lock<'static, u64>>() == 56);
    const _: () = assert!(size_of::<Mutex<()>>() == 56);
    const _: () = assert!(size_of::<wakeful::time::Sleep>() == 48);
    const _: () = assert!(size_of::<oneshot::Receiver<[u64; 9]>>() == 16);
}

/// SH1: a thread may be in the midst of its allocator when a signal comes.
#[cfg(unix)]
#[test]
fn a_signal_handler_takes_no_memory() {
    use wakeful::signal::unix::{SignalKind, signal};

    let kind = SignalKind::user_defined1();
    let raise = || {
        // SAFETY: It has a handler, which has run on this thread when this returns.
        let result = unsafe { libc::raise(kind.as_raw_value()) };
        assert_eq!(result, 0);
    };
    runtime().block_on(async {
        let mut signals = signal(kind).unwrap();
        raise();
        signals.recv().await;
        let before = ALLOCATIONS.get();
        for _ in 0..10 {
            raise();
        }
        assert_eq!(ALLOCATIONS.get() - before, 0);
        signals.recv().await;
    });
}
