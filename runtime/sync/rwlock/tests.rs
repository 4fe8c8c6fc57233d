//! The lock as users see it, and the order among readers and writers.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::thread;

use super::*;
use crate::sync::block::block_on;
use crate::sync::testing::*;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn reading(lock: &Arc<RwLock<u32>>) -> Boxed<OwnedRwLockReadGuard<u32>> {
    Box::pin(lock.clone().read_owned())
}

fn writing(lock: &Arc<RwLock<u32>>) -> Boxed<OwnedRwLockWriteGuard<u32>> {
    Box::pin(lock.clone().write_owned())
}

fn ready<T>(polled: Poll<T>) -> T {
    match polled {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Read<'_, u64>>(), 72);
    assert_eq!(size_of::<Write<'_, u64>>(), 72);
    assert_eq!(size_of::<RwLockReadGuard<'_, u64>>(), 24);
    assert_eq!(size_of::<RwLock<u64>>(), 80);
}

/// Ambiguous, and so an error, for a type that is `Sync`.
trait NotSync<A> {
    fn holds() {}
}
impl<T: ?Sized> NotSync<()> for T {}
impl<T: ?Sized + Sync> NotSync<u8> for T {}

#[test]
fn auto_traits() {
    fn both<T: Send + Sync>() {}
    both::<RwLock<u8>>();
    both::<RwLockReadGuard<'_, u8>>();
    both::<RwLockWriteGuard<'_, u8>>();
    both::<RwLockMappedWriteGuard<'_, u8>>();
    both::<OwnedRwLockReadGuard<u8>>();
    both::<OwnedRwLockWriteGuard<u8>>();
    both::<OwnedRwLockMappedWriteGuard<u8, u8>>();
    both::<Read<'_, u8>>();
    both::<WriteOwned<u8>>();
    <RwLock<std::cell::Cell<u8>> as NotSync<_>>::holds();
    <RwLockReadGuard<'_, std::cell::Cell<u8>> as NotSync<_>>::holds();
    <RwLockWriteGuard<'_, std::cell::Cell<u8>> as NotSync<_>>::holds();
}

#[test]
fn what_tokio_documents() {
    static LOCK: RwLock<u32> = RwLock::const_new(1);
    let (one, other) = (LOCK.try_read().unwrap(), LOCK.try_read().unwrap());
    assert_eq!(*one + *other, 2);
    let error = LOCK.try_write().unwrap_err();
    assert_eq!(error.to_string(), "operation would block");
    drop((one, other));
    *LOCK.blocking_write() += 1;
    assert_eq!(*LOCK.blocking_read(), 2);

    let mut lock = RwLock::from(3);
    *lock.get_mut() += 1;
    assert_eq!(format!("{lock:?}"), "RwLock { data: 4 }");
    let writer = lock.try_write().unwrap();
    assert_eq!(
        format!("{lock:?} {writer:?} {writer}"),
        "RwLock { data: <locked> } 4 4"
    );
    assert!(lock.try_read().is_err());
    drop(writer);
    assert_eq!(lock.into_inner(), 4);
    assert_eq!(RwLock::<u32>::default().into_inner(), 0);

    let two = RwLock::with_max_readers(0, 2);
    let readers = (two.try_read().unwrap(), two.try_read().unwrap());
    assert!(two.try_read().is_err());
    drop(readers);
    drop(two.try_write().unwrap());

    let unsized_: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2]));
    assert_eq!(block_on("test", unsized_.read()).len(), 2);
    block_on("test", unsized_.write())[0] = 9;
    assert_eq!(block_on("test", unsized_.clone().read_owned())[0], 9);
}

#[test]
#[should_panic(expected = "readers")]
fn too_many_readers() {
    RwLock::with_max_readers(0, (u32::MAX >> 3) + 1);
}

#[test]
fn narrowed_guards_unlock_once() {
    let lock = Arc::new(RwLock::new((1, 2)));
    let all = MAX_READERS as usize;

    let guard = RwLockReadGuard::map(lock.try_read().unwrap(), |pair| &pair.0);
    let guard = RwLockReadGuard::try_map(guard, |_| None::<&u8>).unwrap_err();
    assert_eq!(lock.permits.available(), all - 1);
    drop(guard);
    let guard = RwLockWriteGuard::try_map(lock.try_write().unwrap(), |_| None::<&mut u8>);
    let guard = RwLockWriteGuard::map(guard.unwrap_err(), |pair| &mut pair.0);
    let guard = RwLockMappedWriteGuard::try_map(guard, |_| None::<&mut u8>);
    let mut guard = RwLockMappedWriteGuard::map(guard.unwrap_err(), |number| number);
    *guard = 5;
    assert_eq!(lock.permits.available(), 0);
    drop(guard);
    let guard = RwLockWriteGuard::try_downgrade_map(lock.try_write().unwrap(), |_| None::<&u8>);
    let guard = RwLockWriteGuard::downgrade_map(guard.unwrap_err(), |pair| &pair.0);
    assert_eq!((*guard, lock.permits.available()), (5, all - 1));
    drop(guard);

    let guard = lock.clone().try_read_owned().unwrap();
    let guard = OwnedRwLockReadGuard::map(guard, |pair| &pair.0);
    let guard = OwnedRwLockReadGuard::try_map(guard, |_| None::<&u8>).unwrap_err();
    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&guard), &lock));
    drop(guard);
    let guard = lock.clone().try_write_owned().unwrap();
    let guard = OwnedRwLockWriteGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    let guard = OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.1);
    let guard = OwnedRwLockMappedWriteGuard::try_map(guard, |_| None::<&mut u8>).unwrap_err();
    assert_eq!((*guard, lock.permits.available()), (2, 0));
    drop(guard);
    let guard = lock.clone().try_write_owned().unwrap();
    let guard = OwnedRwLockWriteGuard::try_downgrade_map(guard, |_| None::<&u8>).unwrap_err();
    let guard = OwnedRwLockWriteGuard::downgrade_map(guard, |pair| &pair.1);
    assert_eq!((*guard, lock.permits.available()), (2, all - 1));
    drop(guard);
    assert_eq!(lock.permits.available(), all);
}

#[test]
fn r39_a_waiting_writer_goes_before_later_readers() {
    let lock = Arc::new(RwLock::new(0));
    let reader = lock.try_read().unwrap();
    let mut writer = writing(&lock);
    assert!(poll_once(writer.as_mut()).is_pending());
    assert!(lock.try_read().is_err());
    let mut later = reading(&lock);
    assert!(poll_once(later.as_mut()).is_pending());
    drop(reader);
    assert!(poll_once(later.as_mut()).is_pending());
    let writer = ready(poll_once(writer.as_mut()));
    drop(writer);
    assert!(poll_once(later.as_mut()).is_ready());
}

#[test]
fn r39_a_downgrade_keeps_the_queue() {
    let lock = Arc::new(RwLock::new(0));
    // A queued writer stays out, and so do the readers behind it.
    let mut held = lock.clone().try_write_owned().unwrap();
    *held = 1;
    let (mut writer, mut behind) = (writing(&lock), reading(&lock));
    assert!(poll_once(writer.as_mut()).is_pending());
    assert!(poll_once(behind.as_mut()).is_pending());
    let held = held.downgrade();
    assert_eq!(*held, 1);
    assert!(poll_once(writer.as_mut()).is_pending());
    assert!(poll_once(behind.as_mut()).is_pending());
    assert!(lock.try_read().is_err());
    drop(held);
    drop(ready(poll_once(writer.as_mut())));
    drop(ready(poll_once(behind.as_mut())));

    // Queued readers come in, up to the first writer.
    let held = lock.try_write().unwrap();
    let mut queue = [reading(&lock), reading(&lock)];
    let mut writer = writing(&lock);
    for reader in &mut queue {
        assert!(poll_once(reader.as_mut()).is_pending());
    }
    assert!(poll_once(writer.as_mut()).is_pending());
    let held = held.downgrade();
    let readers = queue.map(|mut reader| ready(poll_once(reader.as_mut())));
    assert!(poll_once(writer.as_mut()).is_pending());
    drop((held, readers));
    assert!(poll_once(writer.as_mut()).is_ready());
}

#[test]
fn r31_a_waiter_may_leave_in_any_stage() {
    for granted in [false, true] {
        for leaves in 0..3 {
            let lock = Arc::new(RwLock::new(0));
            let mut held = Some(lock.try_read().unwrap());
            let mut writers: Vec<_> = (0..3).map(|_| Some(writing(&lock))).collect();
            for writer in writers.iter_mut().flatten() {
                assert!(poll_once(writer.as_mut()).is_pending());
            }
            if granted {
                held = None;
            }
            writers[leaves] = None;
            drop(held);
            for mut writer in writers.into_iter().flatten() {
                assert!(poll_once(writer.as_mut()).is_ready());
            }
            assert!(lock.try_write().is_ok());
        }
    }
    // A writer that gives up lets the readers behind it in.
    let lock = Arc::new(RwLock::new(0));
    let held = lock.try_read().unwrap();
    let (mut writer, mut reader) = (writing(&lock), reading(&lock));
    let woken = Count::new();
    assert!(poll_once(writer.as_mut()).is_pending());
    assert!(poll(reader.as_mut(), &woken.waker()).is_pending());
    drop(writer);
    assert_eq!(woken.wakes(), 1);
    assert!(poll_once(reader.as_mut()).is_ready());
    drop(held);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let lock = Arc::new(RwLock::new(0));
        let again = lock.clone();
        let back = move || {
            drop(again.try_read());
            drop(again.try_write());
            let mut other = writing(&again);
            let _ = poll_once(other.as_mut());
            drop(other);
            let _ = format!("{again:?}");
        };
        each_reentry(back, |waker, _| {
            let held = lock.try_write().unwrap();
            let (mut reader, mut writer) = (reading(&lock), writing(&lock));
            assert!(poll(reader.as_mut(), waker).is_pending());
            assert!(poll(writer.as_mut(), waker).is_pending());
            assert!(poll(writer.as_mut(), Waker::noop()).is_pending());
            assert!(poll(writer.as_mut(), waker).is_pending());
            drop(held.downgrade());
            drop(ready(poll(reader.as_mut(), waker)));
            drop(writer);
            assert!(lock.try_write().is_ok());
        });
    });
}

#[test]
fn r37_without_budget_the_place_is_kept() {
    let lock = Arc::new(RwLock::new(0));
    let mut writer = writing(&lock);
    {
        let _spent = no_budget();
        assert!(poll_once(writer.as_mut()).is_pending());
    }
    let mut reader = reading(&lock);
    assert!(poll_once(reader.as_mut()).is_pending());
    drop(ready(poll_once(writer.as_mut())));
    assert!(poll_once(reader.as_mut()).is_ready());
}

#[test]
fn r40_forgotten_futures() {
    let lock = Arc::new(RwLock::new(0));
    mem::forget(writing(&lock));
    assert!(lock.try_write().is_ok());
    let held = lock.clone().try_write_owned().unwrap();
    let mut reader = reading(&lock);
    assert!(poll_once(reader.as_mut()).is_pending());
    mem::forget(reader);
    drop(held);
    assert!(lock.try_read().is_ok(), "a reader more keeps no reader out");
}

#[test]
fn readers_and_writers_on_four_threads() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let lock = Arc::new(RwLock::new(0));
    let inside = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|me| {
            let (lock, inside) = (lock.clone(), inside.clone());
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    if (round + me) % 3 == 0 {
                        let mut value = lock.blocking_write();
                        assert_eq!(inside.fetch_add(1000, Ordering::SeqCst), 0);
                        *value += 1;
                        inside.fetch_sub(1000, Ordering::SeqCst);
                        let value = value.downgrade();
                        assert!(*value > 0);
                    } else {
                        let mut given_up = writing(&lock);
                        let _ = poll_once(given_up.as_mut());
                        drop(given_up);
                        let value = lock.blocking_read();
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 1000);
                        let _ = *value;
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let writes = (0..4).flat_map(|me| (0..ROUNDS).map(move |round| (round + me) % 3 == 0));
    assert_eq!(
        *lock.try_read().unwrap(),
        writes.map(u32::from).sum::<u32>()
    );
}

/// Who waits is woken when it is served, and not before: nobody spins.
#[test]
fn r39_a_wait_is_two_polls() {
    let lock = RwLock::new(0);
    let (held, reads, writes) = (lock.try_write().unwrap(), Count::new(), Count::new());
    let (mut read, mut write) = (Box::pin(lock.read()), Box::pin(lock.write()));
    for _ in 0..3 {
        assert!(poll(read.as_mut(), &reads.waker()).is_pending());
        assert!(poll(write.as_mut(), &writes.waker()).is_pending());
        assert_eq!((reads.wakes(), writes.wakes()), (0, 0));
    }
    drop(held);
    assert_eq!((reads.wakes(), writes.wakes()), (1, 0));
    drop(poll(read.as_mut(), &reads.waker()));
    assert_eq!((reads.wakes(), writes.wakes()), (1, 1));
    assert!(poll(write.as_mut(), &writes.waker()).is_ready());
}
