//! The inbox, from inside.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::JoinSet;
use crate::runtime::{Builder, Handle, Runtime};
use crate::sync::testing::{each_reentry, no_deadlock};
use crate::task::AbortHandle;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("it starts")
}

/// Keys of tasks that are gone, or that still run, change nothing.
#[test]
fn stale_keys_are_skipped() {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        for _ in 0..3 {
            set.spawn(async { 1 });
        }
        set.inbox.state.lock().finished.extend([9, 0, 1, 2, 7]);
        assert!(set.try_join_next().is_none());
        let mut cx = Context::from_waker(Waker::noop());
        set.inbox.state.lock().finished.extend([1, 1]);
        assert!(set.poll_join_next(&mut cx).is_pending());
        crate::task::yield_now().await;
        // One is told twice: the second time it is gone.
        set.inbox.state.lock().finished.push_back(0);
        assert_eq!(set.join_all().await, [1, 1, 1]);
    });
}

/// A completion finds room in the inbox: a waker does not allocate.
#[test]
fn the_inbox_grows_with_the_set() {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        for i in 0..100 {
            set.spawn(async move { i });
            assert!(set.inbox.state.lock().finished.capacity() >= set.len());
        }
        let capacity = set.inbox.state.lock().finished.capacity();
        let mut cx = Context::from_waker(Waker::noop());
        while !matches!(set.poll_join_next(&mut cx), Poll::Ready(None)) {
            crate::task::yield_now().await;
        }
        assert_eq!(set.inbox.state.lock().finished.capacity(), capacity);
    });
}

/// While a waker waits the inbox is empty, and an empty set keeps no waker of a ready poll.
#[test]
fn a_key_takes_the_waker_along() {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        set.spawn(async { 1 });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(set.poll_join_next(&mut cx).is_pending());
        assert!(set.inbox.state.lock().waiting.is_some());
        crate::task::yield_now().await;
        let inbox = set.inbox.state.lock();
        assert!(inbox.waiting.is_none() && inbox.finished.len() == 1);
    });
}

/// Also those of a handle. Tasks of the set end inside of its waker's calls.
#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let runtime = std::sync::Arc::new(runtime());
        let members = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (inside, known) = (runtime.clone(), members.clone());
        let back = move || {
            let member: Option<AbortHandle> = known.lock().unwrap().pop();
            if let Some(member) = member {
                let _ = (member.is_finished(), inside.handle().dump().tasks().count());
                member.abort();
                if Handle::try_current().is_err() {
                    inside.block_on(crate::task::yield_now());
                }
            }
        };
        each_reentry(back, |waker, _| {
            let mut set = JoinSet::new();
            let mut joins = runtime.spawn(crate::task::yield_now());
            let members_now =
                (0..8).map(|_| set.spawn_on(std::future::pending::<()>(), runtime.handle()));
            *members.lock().unwrap() = members_now.collect();
            for waker in [waker, Waker::noop(), waker] {
                let mut cx = Context::from_waker(waker);
                let _ = set.poll_join_next(&mut cx);
                if !joins.is_finished() {
                    let _ = Pin::new(&mut joins).poll(&mut cx);
                }
            }
            set.abort_all();
            runtime.block_on(async {
                while !joins.is_finished() {
                    crate::task::yield_now().await;
                }
            });
        });
    });
}
