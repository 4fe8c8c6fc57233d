//! Runtimes inside runtimes, contexts, and what happens after the end: a panic that says
//! what to do, never a deadlock.

use wakeful::runtime::Handle;

use crate::flavors::{foreign_block_on, panic_message};

each_runtime! {
    fn r25_nested_block_on_panics(on) {
        let outer = on.runtime();
        let inner = on.runtime();
        let message = outer.block_on(async { panic_message(|| inner.block_on(async {})) });
        assert!(message.contains("within a runtime") || message.contains("block_on"), "{message}");
        let message = outer.block_on(async { panic_message(|| outer.block_on(async {})) });
        assert!(message.contains("within a runtime") || message.contains("block_on"), "{message}");
        let message = outer.block_on(async {
            panic_message(|| Handle::current().block_on(async {}))
        });
        assert!(message.contains("within a runtime") || message.contains("block_on"), "{message}");
        // In a task, too; and both runtimes go on.
        let in_task = outer.spawn(async { panic_message(|| Handle::current().block_on(async {})) });
        let message = outer.block_on(in_task).unwrap();
        assert!(message.contains("within a runtime") || message.contains("block_on"), "{message}");
        assert_eq!(inner.block_on(async { 1 }), 1);
        assert_eq!(outer.block_on(async { 2 }), 2);
    }

    /// A thread that may block may block on a runtime.
    fn block_on_from_the_blocking_pool(on) {
        let runtime = on.runtime();
        let value = runtime.block_on(async {
            wakeful::task::spawn_blocking(|| Handle::current().block_on(async { 7 }))
                .await
                .unwrap()
        });
        assert_eq!(value, 7);
    }

    /// Two threads block on one runtime at the same time.
    fn r13_block_on_from_two_threads(on) {
        let runtime = on.runtime();
        let barrier = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    barrier.wait();
                    for i in 0..100 {
                        let task = runtime.spawn(async move { i });
                        assert_eq!(runtime.block_on(task).unwrap(), i);
                    }
                });
            }
        });
    }

    /// Dropping a runtime from async code panics rather than blocking a worker.
    fn dropping_a_runtime_inside_a_runtime_panics(on) {
        let outer = on.runtime();
        let inner = on.runtime();
        let message = outer.block_on(async { panic_message(|| drop(inner)) });
        assert!(message.contains("drop a runtime"), "{message}");
        assert_eq!(outer.block_on(async { 2 }), 2);
        let inner = on.runtime();
        outer.block_on(async { inner.shutdown_background() });
    }

    fn enter_guards_nest(on) {
        let (a, b) = (on.runtime(), on.runtime());
        assert!(Handle::try_current().is_err());
        {
            let _a = a.enter();
            assert_eq!(Handle::current().id(), a.handle().id());
            {
                let _b = b.enter();
                assert_eq!(Handle::current().id(), b.handle().id());
            }
            assert_eq!(Handle::current().id(), a.handle().id());
        }
        assert!(Handle::try_current().is_err());
    }

    /// Guards dropped in the wrong order panic: the context would be another's.
    fn r25_enter_guards_out_of_order(on) {
        let (a, b) = (on.runtime(), on.runtime());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let first = a.enter();
                let second = b.enter();
                let message = panic_message(move || drop(first));
                assert!(message.contains("order"), "{message}");
                std::mem::forget(second);
            });
        });
    }

    fn outside_of_a_runtime_spawn_says_so(on) {
        let _ = on;
        let error = Handle::try_current().unwrap_err();
        assert!(error.is_missing_context());
        for message in [
            panic_message(|| wakeful::spawn(async {})),
            panic_message(|| wakeful::task::spawn_blocking(|| ())),
            panic_message(Handle::current),
        ] {
            assert!(message.contains("no wakeful runtime"), "{message}");
        }
    }

    /// A handle outlives its runtime: what it spawns is cancelled, what it blocks on is polled.
    fn r25_handles_after_the_end(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        drop(runtime);
        let task = handle.spawn(async {});
        assert!(foreign_block_on(task).unwrap_err().is_cancelled());
        let job = handle.spawn_blocking(|| ());
        assert!(foreign_block_on(job).unwrap_err().is_cancelled());
        let task = handle.spawn(std::future::pending::<()>());
        assert!(handle.block_on(task).unwrap_err().is_cancelled());
    }
}
