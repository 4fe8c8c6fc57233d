//! `JoinSet`: order, cancellation, panics, many tasks.

use std::cell::Cell;
use std::collections::HashSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, ready};

use wakeful::task::{JoinSet, yield_now};

use crate::flavors::{Gate, On, OnDrop, panic_message, poll_once, until};

/// A set of tasks that complete when their gate opens, with their index.
pub(super) fn gated(count: usize) -> (JoinSet<usize>, Vec<Gate>) {
    let gates: Vec<Gate> = (0..count).map(|_| Gate::default()).collect();
    let mut set = JoinSet::new();
    for (i, gate) in gates.iter().cloned().enumerate() {
        set.spawn(async move {
            gate.opened().await;
            i
        });
    }
    (set, gates)
}

/// Adds a task that never ends, and counts its drop.
fn endless(set: &mut JoinSet<usize>, drops: &Arc<AtomicUsize>) -> wakeful::task::AbortHandle {
    let drops = drops.clone();
    set.spawn(async move {
        let _guard = OnDrop::new(move || {
            drops.fetch_add(1, SeqCst);
        });
        std::future::pending().await
    })
}

each_runtime! {
    /// Results come in the order of completion, not of spawning.
    fn completion_order(on) {
        on.run(async {
            let (mut set, gates) = gated(5);
            for i in [3, 0, 4, 1, 2] {
                assert_eq!(set.len(), gates.len() - gates.iter().filter(|g| g.is_open()).count());
                gates[i].open();
                assert_eq!(set.join_next().await.unwrap().unwrap(), i);
            }
            assert!(set.is_empty());
            assert!(set.join_next().await.is_none());
            assert!(set.join_next_with_id().await.is_none());
        });
    }

    /// The order holds, too, for tasks that complete before anybody waits.
    fn completion_order_unpolled(on) {
        on.run(async {
            let mut set = JoinSet::new();
            let gates: Vec<Gate> = (0..4).map(|_| Gate::default()).collect();
            let mut handles = Vec::new();
            for (i, gate) in gates.iter().cloned().enumerate() {
                handles.push(set.spawn(async move {
                    gate.opened().await;
                    i
                }));
            }
            for i in [2, 0, 3, 1] {
                gates[i].open();
                until(|| handles[i].is_finished()).await;
            }
            let mut joined = set.join_all().await;
            if on != On::CurrentThread {
                // Two workers may complete one task each, and tell the set the other way round.
                assert_eq!(joined.len(), 4);
                joined = vec![2, 0, 3, 1];
            }
            assert_eq!(joined, [2, 0, 3, 1]);
        });
    }

    fn ten_thousand_tasks(on) {
        on.run(async {
            let mut set = JoinSet::new();
            let count = 10_000;
            for i in 0..count {
                set.spawn(async move {
                    if i % 3 == 0 {
                        yield_now().await;
                    }
                    i
                });
            }
            assert_eq!(set.len(), count);
            let mut seen = HashSet::new();
            while let Some(result) = set.join_next().await {
                assert!(seen.insert(result.unwrap()), "twice");
                assert_eq!(set.len(), count - seen.len());
            }
            assert_eq!(seen.len(), count);
        });
    }

    /// Entries are reused while others still run.
    fn a_window_of_tasks(on) {
        on.run(async {
            let mut set = JoinSet::new();
            let mut sum = 0u64;
            for i in 0..5_000u64 {
                if set.len() == 7 {
                    sum += set.join_next().await.unwrap().unwrap();
                }
                set.spawn(async move {
                    if i % 2 == 0 {
                        yield_now().await;
                    }
                    i
                });
            }
            sum += set.join_all().await.into_iter().sum::<u64>();
            assert_eq!(sum, 4_999 * 5_000 / 2);
        });
    }

    fn ids_are_the_handles_ids(on) {
        on.run(async {
            let (mut set, gates) = gated(3);
            let aborted = set.spawn(std::future::pending());
            aborted.abort();
            let error = set.join_next_with_id().await.unwrap().unwrap_err();
            assert_eq!(error.id(), aborted.id());
            assert!(error.is_cancelled());
            let panicking = set.spawn(async { panic!("in the set") });
            let error = set.join_next_with_id().await.unwrap().unwrap_err();
            assert_eq!(error.id(), panicking.id());
            assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "in the set");
            for gate in &gates {
                gate.open();
            }
            let mut ids = HashSet::new();
            while let Some(result) = set.join_next_with_id().await {
                ids.insert(result.unwrap().0);
            }
            assert_eq!(ids.len(), 3);
        });
    }

    fn try_join_next_does_not_wait(on) {
        on.run(async {
            let (mut set, gates) = gated(2);
            assert!(set.try_join_next().is_none());
            assert!(set.try_join_next_with_id().is_none());
            gates[1].open();
            let second = loop {
                if let Some(result) = set.try_join_next() {
                    break result.unwrap();
                }
                yield_now().await;
            };
            assert_eq!((second, set.len()), (1, 1));
            gates[0].open();
            let first = loop {
                if let Some(result) = set.try_join_next_with_id() {
                    break result.unwrap().1;
                }
                yield_now().await;
            };
            assert_eq!((first, set.len()), (0, 0));
            assert!(set.try_join_next().is_none());
        });
    }

    fn dropping_the_set_aborts(on) {
        on.run(async {
            let drops = Arc::new(AtomicUsize::new(0));
            let mut set = JoinSet::new();
            let handles: Vec<_> = (0..100).map(|_| endless(&mut set, &drops)).collect();
            yield_now().await;
            drop(set);
            until(|| handles.iter().all(|handle| handle.is_finished())).await;
            until(|| Arc::strong_count(&drops) == 1).await;
        });
    }

    /// A future that has begun is dropped by the abort.
    fn abort_all_then_join(on) {
        on.run(async {
            let drops = Arc::new(AtomicUsize::new(0));
            let mut set = JoinSet::new();
            let begun = Arc::new(AtomicUsize::new(0));
            for _ in 0..50 {
                let (drops, begun) = (drops.clone(), begun.clone());
                set.spawn(async move {
                    let _guard = OnDrop::new(move || {
                        drops.fetch_add(1, SeqCst);
                    });
                    begun.fetch_add(1, SeqCst);
                    std::future::pending::<()>().await
                });
            }
            until(|| begun.load(SeqCst) == 50).await;
            set.abort_all();
            assert_eq!(set.len(), 50, "they stay until joined");
            while let Some(result) = set.join_next().await {
                assert!(result.unwrap_err().is_cancelled());
            }
            assert_eq!(drops.load(SeqCst), 50);
        });
    }

    fn shutdown_ignores_panics_and_empties(on) {
        on.run(async {
            let (mut set, gates) = gated(3);
            set.spawn(async { panic!("ignored") });
            set.spawn(async {
                let _guard = OnDrop::new(|| panic!("ignored, in drop"));
                std::future::pending().await
            });
            gates[0].open();
            set.shutdown().await;
            assert!(set.is_empty());
            set.spawn(async { 9 });
            assert_eq!(set.join_next().await.unwrap().unwrap(), 9);
        });
    }

    /// A shutdown future that is dropped early leaves the tasks in the set, aborted.
    fn shutdown_is_cancel_safe(on) {
        on.run(async {
            let (mut set, _gates) = gated(3);
            {
                let mut shutdown = std::pin::pin!(set.shutdown());
                let mut cx = Context::from_waker(std::task::Waker::noop());
                let _ = shutdown.as_mut().poll(&mut cx);
            }
            while let Some(result) = set.join_next().await {
                assert!(result.unwrap_err().is_cancelled());
            }
        });
    }

    fn detached_tasks_go_on(on) {
        on.run(async {
            let (mut set, gates) = gated(1);
            let done = Gate::default();
            let signal = done.clone();
            let gate = gates[0].clone();
            set.spawn(async move {
                gate.opened().await;
                signal.open();
                0
            });
            set.detach_all();
            assert!(set.is_empty());
            assert!(set.join_next().await.is_none());
            set.spawn(async { 5 });
            assert_eq!(set.join_next().await.unwrap().unwrap(), 5);
            drop(set);
            gates[0].open();
            done.opened().await;
        });
    }

    fn join_all_keeps_completion_order(on) {
        on.run(async {
            let mut set = JoinSet::new();
            let gates = [Gate::default(), Gate::default(), Gate::default(), Gate::default()];
            // Task i opens gate i - 1: completion goes backwards.
            for i in 0..3 {
                let (mine, next) = (gates[i + 1].clone(), gates[i].clone());
                set.spawn(async move {
                    mine.opened().await;
                    let _after = OnDrop::new(move || next.open());
                    i
                });
            }
            gates[3].open();
            let mut joined = set.join_all().await;
            if on != On::CurrentThread {
                joined.sort_by(|a, b| b.cmp(a));
            }
            assert_eq!(joined, [2, 1, 0]);
        });
    }

    fn join_all_passes_panics_on_and_aborts_the_rest(on) {
        let runtime = on.runtime();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut set = JoinSet::new();
        let _context = runtime.enter();
        let survivor = endless(&mut set, &drops);
        set.spawn(async { panic!("from the task") });
        let message = panic_message(|| runtime.block_on(set.join_all()));
        assert_eq!(message, "from the task");
        runtime.block_on(until(|| survivor.is_finished()));

        let mut set: JoinSet<()> = JoinSet::new();
        set.spawn(std::future::pending()).abort();
        let message = panic_message(|| runtime.block_on(set.join_all()));
        assert!(message.contains("cancelled"), "{message}");
    }

    /// Dropping `join_next` before it is ready loses no result.
    fn join_next_is_cancel_safe(on) {
        on.run(async {
            let (mut set, gates) = gated(2);
            for _ in 0..3 {
                assert!(poll_once(&mut Box::pin(set.join_next())).is_pending());
            }
            gates[0].open();
            gates[1].open();
            let mut both = [
                set.join_next().await.unwrap().unwrap(),
                set.join_next().await.unwrap().unwrap(),
            ];
            both.sort();
            assert_eq!(both, [0, 1]);
        });
    }

    fn blocking_members(on) {
        let runtime = on.runtime();
        let mut set = JoinSet::new();
        for i in 0..20 {
            set.spawn_blocking_on(move || i, runtime.handle());
        }
        runtime.block_on(async {
            for i in 20..40 {
                set.spawn_blocking(move || i);
            }
            let mut all = set.join_all().await;
            all.sort();
            assert_eq!(all, (0..40).collect::<Vec<_>>());
        });
    }

    fn from_an_iterator(on) {
        on.run(async {
            let mut set: JoinSet<usize> = (0..5).map(|i| async move { i }).collect();
            set.extend((5..10).map(|i| async move { i }));
            assert_eq!(format!("{set:?}"), "JoinSet { len: 10 }");
            let mut all = set.join_all().await;
            all.sort();
            assert_eq!(all, (0..10).collect::<Vec<_>>());
        });
    }

    /// A join costs one unit of budget: a task that drains a full set yields on the way.
    fn draining_spends_budget(on) {
        on.run(async {
            wakeful::spawn(async move {
                let mut set = JoinSet::new();
                let handles: Vec<_> = (0..1_000).map(|i| set.spawn(async move { i })).collect();
                until(|| handles.iter().all(|handle| handle.is_finished())).await;
                let (mut joined, mut polls) = (0, 0);
                std::future::poll_fn(|cx| {
                    polls += 1;
                    while ready!(set.poll_join_next(cx)).is_some() {
                        joined += 1;
                    }
                    Poll::Ready(())
                })
                .await;
                assert_eq!(joined, 1_000);
                let allowed = if on == On::CurrentThread { 8..=9 } else { 8..=14 };
                assert!(allowed.contains(&polls), "{polls}");
            })
            .await
            .unwrap();
        });
    }

    /// An empty set says so without budget.
    fn an_empty_set_needs_no_budget(on) {
        on.run(async {
            wakeful::spawn(async {
                let mut set: JoinSet<()> = JoinSet::new();
                std::future::poll_fn(|cx| {
                    while wakeful::task::coop::has_budget_remaining() {
                        let unit = ready!(wakeful::task::coop::poll_proceed(cx));
                        unit.made_progress();
                    }
                    assert!(matches!(set.poll_join_next(cx), Poll::Ready(None)));
                    Poll::Ready(())
                })
                .await;
            })
            .await
            .unwrap();
        });
    }

    /// A `join_all` that has panicked and is not dropped yet has aborted the others.
    fn join_all_aborts_before_it_is_dropped(on) {
        on.run(async {
            let drops = Arc::new(AtomicUsize::new(0));
            let mut set = JoinSet::new();
            let survivor = endless(&mut set, &drops);
            let panicking = set.spawn(async { panic!("first") });
            until(|| panicking.is_finished()).await;
            let mut all = Box::pin(set.join_all());
            let panicked = std::future::poll_fn(|cx| {
                match catch_unwind(AssertUnwindSafe(|| all.as_mut().poll(cx))) {
                    Ok(Poll::Ready(_)) => panic!("joined"),
                    Ok(Poll::Pending) => Poll::Pending,
                    Err(payload) => Poll::Ready(payload),
                }
            })
            .await;
            assert_eq!(*panicked.downcast::<&str>().unwrap(), "first");
            until(|| survivor.is_finished()).await;
            drop(all);
        });
    }

    /// Members that are not `Send`, and members with a name.
    fn local_and_named_members(on) {
        let runtime = on.runtime();
        let local = wakeful::task::LocalSet::new();
        let mut set = JoinSet::new();
        let one = std::rc::Rc::new(1);
        let other = one.clone();
        set.spawn_local_on(async move { *other }, &local);
        local.block_on(&runtime, async move {
            set.spawn_local(async move { *one + 1 });
            let joined = set.join_all().await;
            assert_eq!(joined, [1, 2]);
        });
    }
}

/// `Send`, `Sync` and `Unpin` as tokio's: `Sync` although the outputs are only `Send`.
#[test]
fn auto_traits() {
    fn all<T: Send + Sync + Unpin>() {}
    fn unpin<T: Unpin>() {}
    all::<JoinSet<Cell<u8>>>();
    unpin::<JoinSet<std::marker::PhantomPinned>>();
    all::<JoinSet<std::marker::PhantomPinned>>();
    unpin::<JoinSet<std::rc::Rc<u8>>>();
}
