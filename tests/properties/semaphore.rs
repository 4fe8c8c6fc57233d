//! Permits are conserved, whoever gives up waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use wakeful::sync::Semaphore;
use wakeful::task::yield_now;

each_scheduler! {
    /// Tasks take any number of permits, some are aborted at any point. No more are ever out than
    /// there are, and in the end all are back.
    fn r31_permits_are_conserved(case) {
        let total = 1 + case.below(6);
        let mut choices = case.fork();
        case.run(async move {
            let semaphore = Arc::new(Semaphore::new(total));
            let out = Arc::new(AtomicUsize::new(0));
            let mut tasks = Vec::new();
            for _ in 0..2 + choices.below(12) {
                let (semaphore, out) = (Arc::clone(&semaphore), Arc::clone(&out));
                let count = 1 + choices.below(total);
                let (before, inside) = (choices.below(4), choices.below(4));
                tasks.push(wakeful::spawn(async move {
                    for _ in 0..before {
                        yield_now().await;
                    }
                    let permit = semaphore.acquire_many(count as u32).await.expect("open");
                    assert!(out.fetch_add(count, SeqCst) + count <= total);
                    // Dropped before the permit, also when the task is aborted.
                    let _permit = permit;
                    let _back = Back(&out, count);
                    for _ in 0..inside {
                        yield_now().await;
                    }
                }));
            }
            for task in &tasks {
                for _ in 0..choices.below(3) {
                    yield_now().await;
                }
                if choices.one_in(3) {
                    task.abort();
                }
            }
            for task in tasks {
                let ended = task.await;
                assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
            }
            assert_eq!(semaphore.available_permits(), total);
        });
    }
}

struct Back<'a>(&'a AtomicUsize, usize);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, SeqCst);
    }
}
