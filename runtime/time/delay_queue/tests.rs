//! Queues under the paused clock: order, keys, edges of time, wakers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;

use super::*;
use crate::runtime::Builder;
use crate::sync::testing::{Count, no_budget, poll, poll_once};
use crate::time::{advance, sleep};

const MS: Duration = Duration::from_millis(1);

fn paused(body: impl Future<Output = ()>) {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(body);
}

fn take<T>(queue: &mut DelayQueue<T>) -> Poll<Option<T>> {
    let mut next = pin!(queue.expired());
    poll_once(next.as_mut()).map(|expired| expired.map(Expired::into_inner))
}

#[test]
fn values_come_in_the_order_of_their_deadlines() {
    paused(async {
        let start = Instant::now();
        let mut queue = DelayQueue::new();
        assert_eq!(take(&mut queue), Poll::Ready(None));
        queue.insert(3, 30 * MS);
        queue.insert(1, 10 * MS);
        queue.insert(2, 20 * MS);
        queue.insert(22, 20 * MS);
        let past = queue.insert_at(0, start - MS);
        assert_eq!(queue.peek(), Some(past));
        for (value, after) in [(0, 0), (1, 10), (2, 20), (22, 20), (3, 30)] {
            let expired = queue.expired().await.unwrap();
            assert_eq!(*expired.get_ref(), value);
            assert_eq!(start.elapsed(), after * MS);
        }
        assert!(queue.expired().await.is_none());
    });
}

#[test]
fn nothing_comes_before_its_time() {
    paused(async {
        let mut queue = DelayQueue::new();
        queue.insert(1, 5 * MS);
        assert_eq!(take(&mut queue), Poll::Pending);
        advance(4 * MS).await;
        assert_eq!(take(&mut queue), Poll::Pending);
        advance(MS).await;
        assert_eq!(take(&mut queue), Poll::Ready(Some(1)));
    });
}

#[test]
fn keys_name_one_value_for_ever() {
    paused(async {
        let mut queue = DelayQueue::new();
        let when = Instant::now() + MS;
        let first = queue.insert_at("first", when);
        assert_eq!(queue.deadline(&first), when);
        let removed = queue.remove(&first);
        assert_eq!((removed.key(), removed.deadline()), (first, when));
        let second = queue.insert("second", MS);
        assert_ne!(first, second);
        assert!(queue.try_remove(&first).is_none(), "its place is another's");
        for call in [
            |queue: &mut DelayQueue<&str>, key: &Key| _ = queue.remove(key),
            |queue: &mut DelayQueue<&str>, key: &Key| queue.reset(key, MS),
            |queue: &mut DelayQueue<&str>, key: &Key| queue.reset_at(key, Instant::now()),
            |queue: &mut DelayQueue<&str>, key: &Key| _ = queue.deadline(key),
        ] {
            let called = catch_unwind(AssertUnwindSafe(|| call(&mut queue, &first)));
            assert!(called.is_err());
        }
        assert_eq!(queue.expired().await.unwrap().key(), second);
        assert!(queue.try_remove(&second).is_none());
    });
}

#[test]
fn compacting_keeps_keys_good() {
    paused(async {
        let mut queue = DelayQueue::with_capacity(100);
        let keys: Vec<_> = (0..20).map(|i| queue.insert(i, (i + 1) * MS)).collect();
        for key in keys.iter().step_by(2) {
            queue.remove(key);
        }
        queue.compact();
        assert_eq!((queue.len(), queue.capacity()), (10, 10));
        let again: Vec<_> = (20..30).map(|i| queue.insert(i, 60 * MS)).collect();
        assert!(
            keys.iter()
                .step_by(2)
                .all(|key| queue.try_remove(key).is_none())
        );
        queue.reset(&keys[19], 2 * MS);
        assert_eq!(queue.remove(&keys[5]).into_inner(), 5);
        queue.compact();
        assert_eq!(queue.remove(&again[3]).into_inner(), 23);
        for value in [1, 19, 3, 7] {
            assert_eq!(queue.expired().await.unwrap().into_inner(), value);
        }
        queue.clear();
        queue.compact();
        assert_eq!((queue.len(), queue.capacity(), queue.peek()), (0, 0, None));
        assert!(queue.try_remove(&again[0]).is_none());
    });
}

#[test]
fn a_reset_moves_the_wake() {
    paused(async {
        let (start, mut queue) = (Instant::now(), DelayQueue::new());
        let key = queue.insert(1, 10 * MS);
        assert_eq!(take(&mut queue), Poll::Pending);
        queue.reset(&key, 50 * MS);
        assert_eq!(queue.expired().await.unwrap().into_inner(), 1);
        assert_eq!(start.elapsed(), 50 * MS);

        let (key, start) = (queue.insert(2, 60_000 * MS), Instant::now());
        assert_eq!(take(&mut queue), Poll::Pending);
        queue.reset_at(&key, start + 3 * MS);
        queue.expired().await.unwrap();
        assert_eq!(start.elapsed(), 3 * MS);
    });
}

#[test]
fn whoever_polled_last_is_woken() {
    paused(async {
        let mut queue = DelayQueue::new();
        let (first, last) = (Count::new(), Count::new());
        let poll = |queue: &mut DelayQueue<_>, count: &Arc<Count>| {
            poll(Pin::new(&mut queue.expired()), &count.waker()).is_ready()
        };
        assert!(poll(&mut queue, &first), "empty");
        let key = queue.insert(1, 10 * MS);
        assert_eq!(first.wakes(), 1, "there is a first value now");
        assert!(!poll(&mut queue, &first));
        assert!(!poll(&mut queue, &last));
        queue.insert(2, 20 * MS);
        queue.remove(&key);
        assert_eq!((first.wakes(), last.wakes()), (1, 0));
        queue.insert(3, 5 * MS);
        assert_eq!(last.wakes(), 1, "it comes before the others");
        assert!(!poll(&mut queue, &last));
        sleep(6 * MS).await;
        assert_eq!((first.wakes(), last.wakes()), (1, 2));
        while queue.expired().await.is_some() {}
        let key = queue.insert(4, 5 * MS);
        assert!(!poll(&mut queue, &last));
        queue.remove(&key);
        assert_eq!(last.wakes(), 3, "nothing is left to wait for");
        queue.insert(5, 5 * MS);
        assert!(!poll(&mut queue, &last));
        queue.clear();
        assert_eq!(last.wakes(), 4, "nor now");
        assert!(poll(&mut queue, &last));
        drop(queue);
        assert_eq!(Arc::strong_count(&first), 1);
        assert_eq!(Arc::strong_count(&last), 1, "no waker is left behind");
    });
}

#[test]
fn r31_a_wait_may_be_dropped_or_forgotten() {
    paused(async {
        let (start, mut queue) = (Instant::now(), DelayQueue::new());
        queue.insert(1, 10 * MS);
        drop(queue.expired());
        assert_eq!(take(&mut queue), Poll::Pending);
        let mut forgotten = Box::pin(queue.expired());
        assert!(poll_once(forgotten.as_mut()).is_pending());
        std::mem::forget(forgotten);
        sleep(15 * MS).await;
        assert_eq!(take(&mut queue), Poll::Ready(Some(1)));
        assert_eq!(start.elapsed(), 15 * MS);
    });
}

#[test]
fn r37_each_value_costs_budget() {
    paused(async {
        let mut queue = DelayQueue::new();
        queue.insert(1, Duration::ZERO);
        let restore = no_budget();
        assert_eq!(take(&mut queue), Poll::Pending);
        drop(restore);
        assert_eq!(take(&mut queue), Poll::Ready(Some(1)));
    });
}

#[test]
fn r42_a_far_deadline_stops_no_near_one() {
    paused(async {
        let mut queue = DelayQueue::new();
        let far = queue.insert(0, Duration::MAX);
        assert_eq!(take(&mut queue), Poll::Pending);
        advance(Duration::from_millis((1 << 30) - 1)).await;
        for _ in 0..5 {
            let start = Instant::now();
            queue.insert(1, 333 * MS);
            assert_eq!(queue.expired().await.unwrap().into_inner(), 1);
            assert_eq!(start.elapsed(), 333 * MS);
        }
        assert_eq!(queue.peek(), Some(far));
    });
}

#[test]
fn r43_edges_of_time() {
    paused(async {
        let mut queue = DelayQueue::new();
        for far in [
            Duration::MAX,
            Duration::MAX / 10,
            Duration::from_millis(70 << 30),
        ] {
            let key = queue.insert(0, far);
            assert_eq!(take(&mut queue), Poll::Pending);
            queue.reset(&key, MS);
            queue.reset(&key, far);
            assert_eq!(take(&mut queue), Poll::Pending);
            queue.remove(&key);
        }
        let start = Instant::now();
        let long = Duration::from_millis(1 << 36);
        queue.insert(1, long + MS);
        queue.insert(2, long - MS);
        queue.insert(3, Duration::ZERO);
        assert_eq!(take(&mut queue), Poll::Ready(Some(3)));
        assert_eq!(queue.expired().await.unwrap().into_inner(), 2);
        assert_eq!(start.elapsed(), long - MS);
        assert_eq!(queue.expired().await.unwrap().into_inner(), 1);
        assert_eq!(start.elapsed(), long + MS);
    });
}

#[test]
#[should_panic(expected = "runtime")]
fn the_first_insertion_needs_a_runtime() {
    DelayQueue::new().insert(1, MS);
}

#[test]
fn a_value_whose_drop_panics_is_gone() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
    paused(async {
        let mut queue = DelayQueue::new();
        queue.insert(Some(Panics), MS);
        queue.insert(None, MS);
        assert!(catch_unwind(AssertUnwindSafe(|| queue.clear())).is_err());
        assert!(queue.is_empty());
        queue.insert(None, MS);
        assert!(queue.expired().await.is_some());
    });
}
