//! The semaphore as users see it. Order and conservation are tested in `permits`.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

type Boxed = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

fn acquire(room: &Arc<Semaphore>, count: u32) -> Boxed {
    Box::pin(room.clone().acquire_many_owned(count))
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Acquire<'_>>(), 72);
    assert_eq!(size_of::<AcquireOwned>(), 72);
    assert_eq!(size_of::<SemaphorePermit<'_>>(), 16);
    assert_eq!(size_of::<Semaphore>(), 64);
}

#[test]
fn auto_traits() {
    fn both<T: Send + Sync>() {}
    both::<Semaphore>();
    both::<SemaphorePermit<'_>>();
    both::<OwnedSemaphorePermit>();
    both::<Acquire<'_>>();
    both::<AcquireOwned>();
}

#[test]
fn what_tokio_documents() {
    static ROOM: Semaphore = Semaphore::const_new(3);
    assert_eq!(ROOM.available_permits(), 3);
    let mut many = ROOM.try_acquire_many(2).unwrap();
    let one = ROOM.try_acquire().unwrap();
    let few = ROOM.try_acquire().unwrap_err();
    assert_eq!(few, TryAcquireError::NoPermits);
    assert_eq!(few.to_string(), "no permits available");
    assert!(many.split(3).is_none());
    many.merge(one);
    assert_eq!(many.num_permits(), 3);
    let none = many.split(0).unwrap();
    assert_eq!(none.num_permits(), 0);
    many.split(1).unwrap().forget();
    drop((many, none));
    assert_eq!(ROOM.available_permits(), 2);
    assert_eq!(ROOM.forget_permits(1), 1);
    ROOM.add_permits(2);
    assert_eq!(ROOM.available_permits(), 3);

    let room = Arc::new(Semaphore::new(2));
    let mut permit = block_on("test", room.clone().acquire_owned()).unwrap();
    permit.merge(block_on("test", room.clone().acquire_owned()).unwrap());
    assert!(Arc::ptr_eq(permit.semaphore(), &room));
    assert!(room.clone().try_acquire_owned().is_err());
    let half = permit.split(1).unwrap();
    drop(permit);
    assert_eq!(room.available_permits(), 1);
    half.forget();
    assert_eq!(room.available_permits(), 1);

    room.close();
    assert!(room.is_closed());
    let closed = room.try_acquire().unwrap_err();
    assert_eq!(closed, TryAcquireError::Closed);
    assert_eq!(closed.to_string(), "semaphore closed");
    let closed = block_on("test", room.acquire()).unwrap_err();
    assert_eq!(closed.to_string(), "semaphore closed");
}

#[test]
#[should_panic(expected = "different")]
fn permits_of_two_semaphores_do_not_merge() {
    let (one, other) = (Semaphore::new(1), Semaphore::new(1));
    let mut permit = one.try_acquire().unwrap();
    permit.merge(other.try_acquire().unwrap());
}

#[test]
fn none_at_all_is_always_to_be_had() {
    let room = Arc::new(Semaphore::new(0));
    let mut waits = acquire(&room, 1);
    assert!(poll_once(waits.as_mut()).is_pending());
    assert!(poll_once(acquire(&room, 0).as_mut()).is_ready());
    assert!(room.try_acquire_many(0).is_ok());
}

#[test]
fn r36_boundaries() {
    let room = Semaphore::new(Semaphore::MAX_PERMITS);
    assert_eq!(room.available_permits(), Semaphore::MAX_PERMITS);
    let panics = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    assert!(panics(&|| room.add_permits(1)));
    assert!(panics(&|| room.add_permits(usize::MAX)));
    assert!(panics(&|| {
        let _ = Semaphore::new(Semaphore::MAX_PERMITS + 1);
    }));
    assert_eq!(room.forget_permits(usize::MAX), Semaphore::MAX_PERMITS);
    room.add_permits(Semaphore::MAX_PERMITS);
    assert!(!room.is_closed());

    let empty = Arc::new(Semaphore::new(0));
    let mut waits = acquire(&empty, 1);
    assert!(poll_once(waits.as_mut()).is_pending());
    assert!(
        panics(&|| empty.add_permits(usize::MAX)),
        "with a waiter, too"
    );
    assert!(poll_once(waits.as_mut()).is_pending());
    empty.add_permits(Semaphore::MAX_PERMITS);
    assert!(poll_once(waits.as_mut()).is_ready());
}

#[test]
fn r36_closed_stays_closed() {
    let room = Semaphore::new(3);
    let held = room.try_acquire().unwrap();
    room.close();
    assert_eq!(room.forget_permits(5), 2);
    assert!(room.is_closed());
    drop(held);
    room.add_permits(2);
    assert_eq!(room.available_permits(), 3);
    assert!(room.is_closed());
    assert!(matches!(room.try_acquire(), Err(TryAcquireError::Closed)));
    assert!(block_on("test", room.acquire()).is_err());
}

#[test]
fn closing_wakes_all_and_keeps_no_permit() {
    let room = Arc::new(Semaphore::new(1));
    let wakes: Vec<_> = (0..20).map(|_| Count::new()).collect();
    let mut waiting: Vec<_> = (0..20).map(|_| acquire(&room, 2)).collect();
    for (future, count) in waiting.iter_mut().zip(&wakes) {
        assert!(poll(future.as_mut(), &count.waker()).is_pending());
    }
    assert_eq!(
        room.available_permits(),
        0,
        "the first has the one there was"
    );
    room.close();
    for (future, count) in waiting.iter_mut().zip(&wakes) {
        assert_eq!(count.wakes(), 1);
        let Poll::Ready(Err(_)) = poll_once(future.as_mut()) else {
            panic!("closed")
        };
    }
    drop(waiting);
    assert_eq!(room.available_permits(), 1);

    // Granted before, asked after: closed, and the permit goes back.
    let room = Arc::new(Semaphore::new(0));
    let mut waits = acquire(&room, 1);
    assert!(poll_once(waits.as_mut()).is_pending());
    room.add_permits(1);
    room.close();
    assert!(matches!(poll_once(waits.as_mut()), Poll::Ready(Err(_))));
    drop(waits);
    assert_eq!(room.available_permits(), 1);
}

#[test]
fn r29_r30_wakers() {
    let room = Arc::new(Semaphore::new(0));
    let (first, last) = (Count::new(), Count::new());
    let mut waits = acquire(&room, 1);
    assert!(poll(waits.as_mut(), &first.waker()).is_pending());
    assert!(poll(waits.as_mut(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    room.add_permits(1);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert_eq!(Arc::strong_count(&last), 1);
    let mut dropped = acquire(&room, 1);
    assert!(poll(dropped.as_mut(), &last.waker()).is_pending());
    drop(dropped);
    assert_eq!(Arc::strong_count(&last), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let room = Arc::new(Semaphore::new(1));
        let again = room.clone();
        let back = move || {
            drop(again.try_acquire());
            let mut other = acquire(&again, 2);
            let _ = poll_once(other.as_mut());
            drop(other);
            again.add_permits(1);
            again.forget_permits(1);
            let _ = format!("{again:?}");
        };
        each_reentry(back, |waker, _| {
            room.forget_permits(usize::MAX);
            let mut waits = acquire(&room, 3);
            assert!(poll(waits.as_mut(), Waker::noop()).is_pending());
            let _ = poll(waits.as_mut(), waker);
            let mut behind = acquire(&room, 1);
            let _ = poll(behind.as_mut(), waker);
            room.add_permits(1);
            drop(waits);
            drop(behind);
            room.forget_permits(usize::MAX);
            let mut waits = acquire(&room, 1);
            assert!(poll(waits.as_mut(), waker).is_pending() || room.available_permits() == 0);
            room.add_permits(1);
            assert!(poll(waits.as_mut(), waker).is_ready());
        });
        let room = Arc::new(Semaphore::new(0));
        let (again, calls) = (room.clone(), Count::new());
        let count = calls.clone();
        let waker = hooked(move |asked| {
            if asked == Asked::Wake {
                count.waker().wake();
                again.close();
                again.add_permits(1);
            }
        });
        let mut waits = acquire(&room, 9);
        assert!(poll(waits.as_mut(), &waker).is_pending());
        room.close();
        assert_eq!(calls.wakes(), 1);
    });
}

#[test]
fn r40_forgotten_futures() {
    let room = Arc::new(Semaphore::new(1));
    mem::forget(acquire(&room, 1));
    assert_eq!(room.available_permits(), 1, "not polled: nothing taken");
    let mut waits = acquire(&room, 2);
    assert!(poll_once(waits.as_mut()).is_pending());
    mem::forget(waits);
    room.add_permits(2);
    assert!(
        room.try_acquire().is_ok(),
        "what it does not lack goes to others"
    );
}

#[test]
fn four_threads_conserve_permits() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let room = Arc::new(Semaphore::new(3));
    let threads: Vec<_> = (0..4)
        .map(|me| {
            let room = room.clone();
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    let count = 1 + ((round + me) % 3) as u32;
                    if round % 4 == me {
                        let _ = poll_once(acquire(&room, count).as_mut());
                    }
                    let permit = block_on("test", room.acquire_many(count)).unwrap();
                    assert_eq!(permit.num_permits(), count as usize);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(room.available_permits(), 3);
}

#[test]
fn a_thread_blocks_until_it_is_its_turn() {
    let room = Arc::new(Semaphore::new(0));
    let mut first = acquire(&room, 2);
    assert!(poll_once(first.as_mut()).is_pending());
    let theirs = room.clone();
    let thread = thread::spawn(move || {
        assert_eq!(theirs.blocking_acquire().unwrap().num_permits(), 1);
        assert_eq!(theirs.blocking_acquire_many(3).unwrap().num_permits(), 3);
        let owned = theirs.clone().blocking_acquire_owned().unwrap();
        assert_eq!(owned.semaphore().available_permits(), 2);
        drop(owned);
        let owned = theirs.clone().blocking_acquire_many_owned(3);
        assert_eq!(owned.unwrap().num_permits(), 3);
        theirs.close();
        assert!(theirs.blocking_acquire().is_err());
        assert!(theirs.clone().blocking_acquire_many_owned(0).is_err());
    });
    // Whether the thread is there already or not, the first in the queue is served first.
    room.add_permits(2);
    assert!(poll_once(first.as_mut()).is_ready());
    drop(first);
    room.add_permits(1);
    thread.join().unwrap();
}

#[test]
fn blocking_where_tasks_run_panics_at_the_caller() {
    let runtime = crate::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let room = Semaphore::new(1);
        let blocked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = room.blocking_acquire();
        }));
        let panic = *blocked.unwrap_err().downcast::<String>().unwrap();
        assert!(panic.contains("Semaphore::blocking_acquire"), "{panic}");
        assert_eq!(room.available_permits(), 1);
    });
}

#[test]
#[cfg(target_pointer_width = "64")]
fn permits_that_are_merged_may_be_more_than_32_bits() {
    let room = Semaphore::new(6_000_000_000);
    let mut all = room.try_acquire_many(u32::MAX).unwrap();
    all.merge(room.try_acquire_many(1_000_000_000).unwrap());
    assert_eq!(all.num_permits(), 5_294_967_295);
    assert_eq!(
        all.split(4_500_000_000).unwrap().num_permits(),
        4_500_000_000
    );
    drop(all);
    assert_eq!(room.available_permits(), 6_000_000_000);
}
