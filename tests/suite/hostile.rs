//! User code that panics wherever the runtime calls it. What others wait for still comes.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};

use wakeful::runtime::Runtime;
use wakeful::task::{JoinSet, yield_now};

use crate::flavors::{Gate, OnDrop, panic_message, until};

/// The runtime still spawns, wakes, blocks and joins.
fn works(runtime: &Runtime) {
    runtime.block_on(async {
        let gate = Gate::default();
        let other = gate.clone();
        let task = wakeful::spawn(async move { other.opened().await });
        yield_now().await;
        gate.open();
        task.await.unwrap();
        assert_eq!(wakeful::task::spawn_blocking(|| 5).await.unwrap(), 5);
    });
}

struct PanicsOnWake(AtomicUsize);

impl Wake for PanicsOnWake {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        panic!("wake");
    }
}

/// A waker whose last drop panics.
mod panics_on_drop {
    use super::*;

    struct Shared(Arc<AtomicUsize>);

    impl Wake for Shared {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Shared {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            panic!("the waker's drop");
        }
    }

    pub(super) fn waker(drops: &Arc<AtomicUsize>) -> Waker {
        Waker::from(Arc::new(Shared(drops.clone())))
    }
}

each_runtime! {
    fn r14_futures_that_panic_in_poll_and_in_drop(on) {
        let runtime = on.runtime();
        runtime.block_on(async {
            let poll = wakeful::spawn(async { panic!("poll") }).await;
            assert!(poll.unwrap_err().is_panic());
            let task = wakeful::spawn(async {
                let _guard = OnDrop::new(|| panic!("drop"));
                std::future::pending::<()>().await
            });
            yield_now().await;
            task.abort();
            let error = task.await.unwrap_err();
            assert!(error.is_panic() || error.is_cancelled());
        });
        works(&runtime);
    }

    /// As a local of its `poll` would be: a guard that looks for a panic finds it.
    fn a_future_that_panics_is_dropped_while_it_does(on) {
        let runtime = on.runtime();
        let (seen, sees) = std::sync::mpsc::channel();
        let guard = OnDrop::new(move || seen.send(std::thread::panicking()).unwrap());
        let task = runtime.spawn(std::future::poll_fn(move |_| {
            let _ = &guard;
            panic!("on purpose")
        }));
        let task: wakeful::task::JoinHandle<()> = task;
        assert!(runtime.block_on(task).unwrap_err().is_panic());
        assert_eq!(sees.iter().collect::<Vec<_>>(), [true]);
        works(&runtime);
    }

    /// A panic in the main future leaves the runtime, and the next one works.
    fn the_main_future_panics(on) {
        let runtime = on.runtime();
        let message = panic_message(|| runtime.block_on(async { panic!("main") }));
        assert_eq!(message, "main");
        works(&runtime);
    }

    /// The iterator panics half way: the tasks spawned so far are aborted, nothing else happens.
    fn r14_an_iterator_of_futures_panics(on) {
        let runtime = on.runtime();
        let _context = runtime.enter();
        let drops = Arc::new(AtomicUsize::new(0));
        let futures = (0..10).map(|i| {
            assert!(i < 5, "the iterator");
            let drops = drops.clone();
            let guard = OnDrop::new(move || {
                drops.fetch_add(1, SeqCst);
            });
            async move {
                let _guard = guard;
                std::future::pending::<()>().await
            }
        });
        let message = panic_message(|| futures.collect::<JoinSet<()>>());
        assert!(message.contains("the iterator"));
        runtime.block_on(until(|| drops.load(SeqCst) == 5));
        works(&runtime);
    }

    /// The join waker panics: the task that completed has, and nobody else notices.
    fn r14_a_join_waker_panics(on) {
        let runtime = on.runtime();
        let (gate, parked) = (Gate::default(), Gate::default());
        let mut task = {
            let (gate, parked) = (gate.clone(), parked.clone());
            runtime.spawn(async move {
                parked.open();
                gate.opened().await;
                3
            })
        };
        runtime.block_on(parked.opened());
        let hostile = Arc::new(PanicsOnWake(AtomicUsize::new(0)));
        let waker = Waker::from(hostile.clone());
        let first = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
        assert!(first.is_pending());
        gate.open();
        let finished = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(until(|| task.is_finished()));
        }));
        // Where the panic comes out is not promised. That it stops nobody is.
        drop(finished);
        works(&runtime);
        assert_eq!(runtime.block_on(task).unwrap(), 3);
        assert_eq!(hostile.0.load(SeqCst), 1);
    }

    /// The join waker's drop panics, when replaced and when the handle goes.
    fn r14_a_join_waker_panics_in_drop(on) {
        let runtime = on.runtime();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut task = runtime.spawn(std::future::pending::<()>());
        let waker = panics_on_drop::waker(&drops);
        let first = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
        assert!(first.is_pending());
        // The task now holds the last reference.
        std::mem::forget(catch_unwind(AssertUnwindSafe(|| drop(waker))));
        let replaced = catch_unwind(AssertUnwindSafe(|| {
            let _ = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
        }));
        drop(replaced);
        task.abort();
        let gone = catch_unwind(AssertUnwindSafe(|| drop(task)));
        drop(gone);
        works(&runtime);
        assert_eq!(drops.load(SeqCst), 1);
    }

    fn panics_on_the_blocking_pool(on) {
        let runtime = on.builder().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            for _ in 0..10 {
                let error = wakeful::task::spawn_blocking(|| panic!("job")).await.unwrap_err();
                assert!(error.is_panic());
            }
            struct Bomb;
            impl Drop for Bomb {
                fn drop(&mut self) {
                    panic!("the output's drop");
                }
            }
            drop(wakeful::task::spawn_blocking(|| Bomb));
            let bomb = Bomb;
            let unwanted = wakeful::task::spawn_blocking(move || {
                std::mem::forget(bomb);
            });
            unwanted.await.unwrap();
        });
        works(&runtime);
    }

    fn thread_hooks_panic(on) {
        let runtime = on
            .builder()
            .on_thread_stop(|| panic!("on_thread_stop"))
            .build()
            .unwrap();
        works(&runtime);
        drop(runtime);
    }

    /// Tasks whose drop panics do not keep the shutdown from dropping the rest.
    fn drops_panic_during_shutdown(on) {
        let runtime = on.runtime();
        let drops = Arc::new(AtomicUsize::new(0));
        for i in 0..100 {
            let drops = drops.clone();
            let guard = OnDrop::new(move || {
                drops.fetch_add(1, SeqCst);
                if i % 2 == 0 {
                    panic!("in shutdown");
                }
            });
            runtime.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await
            });
        }
        runtime.block_on(yield_now());
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(runtime)));
        assert!(dropped.is_ok());
        assert_eq!(drops.load(SeqCst), 100);
    }
}
