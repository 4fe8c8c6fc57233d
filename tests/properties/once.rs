//! One value is made, whoever gives up making it; and everybody gets that one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use wakeful::sync::{OnceCell, SetOnce};
use wakeful::task::yield_now;

each_scheduler! {
    /// Tasks ask for the value; some fail to make it, panic, or are aborted at any point. At most
    /// one makes it at a time, one succeeds, and all who stay get what it made.
    fn a_value_is_made_once(case) {
        let tasks = 2 + case.below(10);
        let mut choices = case.fork();
        case.run(async move {
            let cell = Arc::new(OnceCell::new());
            let (making, made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let mut asking = Vec::new();
            for number in 0..tasks {
                let (cell, making, made) = (cell.clone(), making.clone(), made.clone());
                let (before, inside) = (choices.below(3), choices.below(4));
                let fails = choices.one_in(3);
                asking.push(wakeful::spawn(async move {
                    for _ in 0..before {
                        yield_now().await;
                    }
                    let make = || async {
                        assert_eq!(making.fetch_add(1, SeqCst), 0, "two make it");
                        let _over = Over(&making);
                        for _ in 0..inside {
                            yield_now().await;
                        }
                        if fails {
                            return Err("failed");
                        }
                        made.fetch_add(1, SeqCst);
                        Ok(number)
                    };
                    cell.get_or_try_init(make).await.copied()
                }));
            }
            for task in &asking {
                if choices.one_in(3) {
                    task.abort();
                    yield_now().await;
                }
            }
            let mut got = Vec::new();
            for task in asking {
                match task.await {
                    Ok(outcome) => got.extend(outcome.ok()),
                    Err(error) => assert!(error.is_cancelled()),
                }
            }
            let last = *cell.get_or_init(|| async { tasks }).await;
            assert!(got.iter().all(|value| *value == last));
            assert_eq!(made.load(SeqCst), usize::from(last < tasks));
        });
    }

    /// Tasks wait for a value that several try to set: one does, and all get its value.
    fn a_value_is_set_once(case) {
        let (waiters, setters) = (case.below(8), 1 + case.below(4));
        let mut choices = case.fork();
        case.run(async move {
            let cell = Arc::new(SetOnce::new());
            let mut waits = Vec::new();
            for _ in 0..waiters {
                let cell = cell.clone();
                waits.push(wakeful::spawn(async move { *cell.wait().await }));
            }
            if waiters > 0 && choices.one_in(2) {
                yield_now().await;
                waits[choices.below(waiters)].abort();
            }
            let mut sets = Vec::new();
            for number in 0..setters {
                let cell = cell.clone();
                sets.push(wakeful::spawn(async move { cell.set(number).is_ok() }));
            }
            let mut set = Vec::new();
            for (number, task) in sets.into_iter().enumerate() {
                set.extend(task.await.expect("it ends").then_some(number));
            }
            assert_eq!(set, [*cell.wait().await], "one of them did");
            for task in waits {
                match task.await {
                    Ok(value) => assert_eq!([value], set[..]),
                    Err(error) => assert!(error.is_cancelled()),
                }
            }
        });
    }
}

struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
