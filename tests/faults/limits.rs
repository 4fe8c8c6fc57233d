//! Threads and memory that the system refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use wakeful::runtime::Builder;
use wakeful::sync::Mutex;

use crate::flavors::{alone, panic_message};

/// Bytes of address space that this process has now.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    pages * 4096
}

/// Sets the soft limit of a resource; gives back what it was.
#[expect(unsafe_code, reason = "std has no limits of resources")]
pub(crate) fn limit(resource: libc::__rlimit_resource_t, to: u64) -> u64 {
    let mut limits = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes a `rlimit` where there is one.
    assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limits) }, 0);
    let before = std::mem::replace(&mut limits.rlim_cur, to.min(limits.rlim_max));
    // SAFETY: the kernel reads a `rlimit` that is there.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limits) }, 0);
    before
}

/// A thread's stack does not fit any more: whoever asks is told, and what runs goes on running.
#[test]
#[cfg_attr(wakeful_no_pool, ignore = "the sanitizer needs memory of its own")]
fn threads_are_refused() {
    alone("limits::threads_are_refused", || {
        const STACK: usize = 4 << 30;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut large = Builder::new_multi_thread();
        large
            .worker_threads(2)
            .thread_stack_size(STACK)
            .enable_all();
        let mut blocks = Builder::new_current_thread();
        let blocks = blocks.thread_stack_size(STACK).build().unwrap();
        let before = limit(libc::RLIMIT_AS, address_space() + (1 << 30));

        let error = large.build().expect_err("its workers do not fit");
        assert!(error.raw_os_error().is_some(), "{error:?}");
        let ran = Arc::new(AtomicUsize::new(0));
        let refused = Arc::clone(&ran);
        let job = move || refused.fetch_add(1, SeqCst);
        let text = panic_message(|| {
            let _ = blocks.block_on(async { wakeful::task::spawn_blocking(job).await });
        });
        assert!(text.contains("thread"), "{text}");
        assert_eq!(ran.load(SeqCst), 0);
        // The other runtime is not disturbed.
        runtime.block_on(async {
            let tasks: Vec<_> = (0..100)
                .map(|number| wakeful::spawn(async move { number }))
                .collect();
            for (number, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), number);
            }
        });

        // And once there is memory, both that were refused go on.
        limit(libc::RLIMIT_AS, before);
        assert_eq!(large.build().unwrap().block_on(async { 7 }), 7);
        let job = move || ran.fetch_add(1, SeqCst);
        let done = blocks.block_on(async { wakeful::task::spawn_blocking(job).await });
        assert_eq!(done.unwrap(), 0);
    });
}

/// The counter of the README in 64 MiB: nothing sets memory aside that it does not use.
#[test]
#[cfg_attr(wakeful_no_pool, ignore = "the sanitizer needs memory of its own")]
fn a_hundred_thousand_tasks_under_a_limit_of_memory() {
    alone(
        "limits::a_hundred_thousand_tasks_under_a_limit_of_memory",
        || {
            let runtime = Builder::new_current_thread().build().unwrap();
            limit(libc::RLIMIT_AS, address_space() + (64 << 20));
            let counter = Arc::new(Mutex::new(0));
            runtime.block_on(async {
                let tasks: Vec<_> = (0..100_000)
                    .map(|_| {
                        let counter = Arc::clone(&counter);
                        wakeful::spawn(async move {
                            wakeful::task::yield_now().await;
                            *counter.lock().await += 1;
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
                assert_eq!(*counter.lock().await, 100_000);
            });
        },
    );
}
