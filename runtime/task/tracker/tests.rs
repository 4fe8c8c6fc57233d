//! When a tracker counts, and when waiting for it ends.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::mpsc;

use super::*;
use crate::runtime::Builder;
use crate::sync::testing::{Count, each_reentry, no_deadlock, poll, poll_once};
use crate::task::yield_now;

#[test]
fn auto_traits() {
    fn all<T: Send + Sync + Unpin>() {}
    fn both<T: Send + Sync>() {}
    all::<TaskTracker>();
    all::<TaskTrackerToken>();
    both::<TaskTrackerWaitFuture<'_>>();
    both::<TrackedFuture<std::future::Ready<()>>>();
}

#[test]
fn a_wait_ends_when_it_is_closed_and_empty() {
    let tracker = TaskTracker::new();
    let count = Count::new();
    let token = tracker.token();
    let mut wait = pin!(tracker.wait());
    assert!(poll(wait.as_mut(), &count.waker()).is_pending());
    assert!(tracker.close() && !tracker.close());
    assert_eq!((count.wakes(), tracker.len()), (0, 1));
    let other = token.clone();
    drop(token);
    assert!(poll(wait.as_mut(), &count.waker()).is_pending());
    drop(other);
    assert_eq!(count.wakes(), 1);
    assert!(poll(wait.as_mut(), &count.waker()).is_ready());
    assert!(poll_once(pin!(tracker.wait())).is_ready());
    assert!(tracker.reopen() && !tracker.reopen());
    assert!(poll_once(pin!(tracker.wait())).is_pending());
    assert!(poll_once(wait.as_mut()).is_ready(), "it stays ready");
}

#[test]
fn a_moment_is_enough() {
    let tracker = TaskTracker::new();
    let wait = tracker.wait();
    tracker.close();
    tracker.reopen();
    let _token = tracker.token();
    assert!(poll_once(pin!(wait)).is_ready());
    let wait = tracker.wait();
    tracker.close();
    assert!(poll_once(pin!(wait)).is_pending(), "a token is left");
}

#[test]
fn a_task_counts_until_its_future_is_gone() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let tracker = TaskTracker::new();
        tracker.close();
        let tasks = [(); 3].map(|()| tracker.spawn(pending::<()>()));
        let quick = tracker.spawn(ready(7));
        let here = tracker.spawn_on(ready(8), &Handle::current());
        let (release, held) = mpsc::channel::<()>();
        let blocks = tracker.spawn_blocking(move || held.recv().is_err());
        assert_eq!(tracker.len(), 6);
        assert_eq!((quick.await.unwrap(), here.await.unwrap()), (7, 8));
        for task in &tasks {
            task.abort();
        }
        while tracker.len() > 1 {
            yield_now().await;
        }
        drop(release);
        tracker.wait().await;
        assert!(blocks.await.unwrap());
        let panics = tracker.spawn(async { std::panic::resume_unwind(Box::new(())) });
        tracker.wait().await;
        assert!(panics.await.unwrap_err().is_panic());
    });
}

#[test]
fn debug_output_and_identity() {
    let tracker = TaskTracker::default();
    let future = tracker.track_future(ready(()));
    let text = format!("{tracker:?}");
    assert!(text.starts_with("TaskTracker { len: 1, is_closed: false, inner: 0x"));
    assert!(format!("{future:?}").starts_with("TrackedFuture { future: Ready("));
    assert!(TaskTracker::ptr_eq(&tracker, future.token.task_tracker()));
    assert!(!TaskTracker::ptr_eq(&tracker, &TaskTracker::new()));
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let tracker = TaskTracker::new();
        let back = {
            let tracker = tracker.clone();
            move || {
                let _token = tracker.token();
                tracker.reopen();
                let _ = poll_once(pin!(tracker.wait()));
                tracker.close();
            }
        };
        each_reentry(back, |waker, _| {
            let token = tracker.token();
            tracker.close();
            let mut wait = Box::pin(tracker.wait());
            let _ = poll(wait.as_mut(), waker);
            let _ = poll_once(wait.as_mut());
            let _ = poll(wait.as_mut(), waker);
            drop(token);
        });
    });
}
