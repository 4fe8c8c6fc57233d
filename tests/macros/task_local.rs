//! `task_local!`: when the value is there, and what is said when it is not.

use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;

use wakeful::{join, task_local};

use crate::spies::{after, panic_text, poll_once, run};

task_local! {
    /// With an attribute and a visibility.
    pub static NUMBER: u32;
    static COUNT: Cell<u32>
}

#[test]
fn a_task_local_is_set_within_its_scope_only() {
    assert!(NUMBER.try_get().is_err());
    run(async {
        NUMBER
            .scope(1, async {
                assert_eq!(NUMBER.get(), 1);
                NUMBER.scope(2, async { assert_eq!(NUMBER.get(), 2) }).await;
                assert_eq!(NUMBER.with(|number| *number), 1);
            })
            .await;
    });
    assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
    let error = NUMBER.try_with(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "task-local value not set");
    assert_eq!(
        format!("{error:?} {NUMBER:?}"),
        "AccessError LocalKey { .. }"
    );
}

#[test]
fn interleaved_scopes_keep_their_values() {
    let values = run(async {
        let scope = |value| {
            NUMBER.scope(value, async {
                after(2).await;
                NUMBER.get()
            })
        };
        join!(scope(1), scope(2), scope(3))
    });
    assert_eq!(values, (1, 2, 3));
}

#[test]
fn the_value_is_there_while_the_future_is_dropped_and_gone_after() {
    struct Reads<'a>(&'a Cell<Option<u32>>);
    impl Drop for Reads<'_> {
        fn drop(&mut self) {
            self.0.set(NUMBER.try_get().ok());
        }
    }
    let seen = Cell::new(None);
    for polls in [0, 1] {
        seen.set(None);
        let reads = Reads(&seen);
        let mut future = Box::pin(NUMBER.scope(4, async move {
            let _reads = reads;
            pending::<()>().await;
        }));
        for _ in 0..polls {
            assert!(poll_once(future.as_mut()).is_pending());
        }
        drop(future);
        assert_eq!(seen.get(), Some(4), "{polls}");
    }
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn a_panic_in_a_scope_restores_what_was_set_before() {
    NUMBER.sync_scope(1, || {
        panic_text(|| NUMBER.sync_scope(2, || panic!("inside")));
        assert_eq!(NUMBER.get(), 1);
        panic_text(|| run(NUMBER.scope(2, async { panic!("inside") })));
        assert_eq!(NUMBER.get(), 1);
    });
}

#[test]
fn task_locals_say_what_is_wrong() {
    let text = "cannot access a task-local storage value without setting it first";
    assert_eq!(panic_text(|| NUMBER.get()), text);
    let text = "cannot enter a task-local scope while the task-local storage is borrowed";
    let nested = || NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
    assert_eq!(panic_text(nested), text);
    let mut done = pin!(NUMBER.scope(1, ready(())));
    assert!(poll_once(done.as_mut()).is_ready());
    let text = "`TaskLocalFuture` polled after completion";
    assert_eq!(panic_text(|| poll_once(done.as_mut())), text);
}

#[test]
fn the_value_of_a_finished_future_can_be_taken() {
    let mut future = Box::pin(COUNT.scope(Cell::new(1), async {
        COUNT.with(|count| count.set(count.get() + 1));
    }));
    assert_eq!(
        format!("{future:?}"),
        "TaskLocalFuture { value: Cell { value: 1 } }"
    );
    run(future.as_mut());
    assert_eq!(future.as_mut().take_value(), Some(Cell::new(2)));
    assert_eq!(future.as_mut().take_value(), None);
    assert_eq!(
        format!("{future:?}"),
        "TaskLocalFuture { value: <missing> }"
    );
}
