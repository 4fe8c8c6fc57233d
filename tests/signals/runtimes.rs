//! Several runtimes, one after another and at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;

use wakeful::runtime::Builder;
use wakeful::signal::unix::{SignalKind, signal};
use wakeful::sync::oneshot;

use crate::each_alone;
use crate::flavors::{On, alone, foreign_block_on};
use crate::process::raise;

const USR1: SignalKind = SignalKind::user_defined1();

each_alone! {
    fn a_runtime_that_ends_keeps_the_next_from_nothing(on) {
        for _ in 0..20 {
            on.run(async {
                let mut usr1 = signal(USR1).unwrap();
                raise(USR1);
                usr1.recv().await;
            });
        }
    }

    /// Two runtimes listen; one ends; the other is told of all that comes, before and after.
    fn the_end_of_one_leaves_the_other(on) {
        let (first, second) = (on.runtime(), on.runtime());
        let mut one = first.block_on(async { signal(USR1).unwrap() });
        let mut two = second.block_on(async { signal(USR1).unwrap() });
        raise(USR1);
        first.block_on(one.recv());
        drop(first);
        second.block_on(two.recv());
        raise(USR1);
        second.block_on(two.recv());
        // Whatever runtime it was made in, it is told wherever it is waited for.
        raise(USR1);
        second.block_on(one.recv());
    }

    /// Its own runtime does not turn, or has ended: the one it is awaited in does.
    fn a_listener_may_be_awaited_in_another_runtime(on) {
        let sleeps = On::CurrentThread.runtime();
        let mut usr1 = sleeps.block_on(async { signal(USR1).unwrap() });
        let (waits, waiting) = channel();
        let raiser = thread::spawn(move || {
            waiting.recv().unwrap();
            raise(USR1);
        });
        on.run(async move {
            let mut recv = std::pin::pin!(usr1.recv());
            std::future::poll_fn(|cx| {
                let polled = recv.as_mut().poll(cx);
                let _ = waits.send(());
                polled
            }).await;
        });
        raiser.join().unwrap();
        drop(sleeps);
    }

    /// All of them sleep when it comes.
    fn every_sleeping_runtime_is_told(on) {
        for _ in 0..10 {
            let (ready, are_ready) = channel();
            let threads = [(); 4].map(|()| {
                let ready = ready.clone();
                thread::spawn(move || {
                    on.run(async {
                        let mut hangup = signal(SignalKind::hangup()).unwrap();
                        ready.send(()).unwrap();
                        hangup.recv().await
                    })
                })
            });
            for _ in &threads {
                are_ready.recv().unwrap();
            }
            raise(SignalKind::hangup());
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Some(()));
            }
        }
    }

    /// Under another executor the runtime that it was made in has to turn.
    fn a_foreign_executor_may_wait(on) {
        let runtime = on.runtime();
        let mut usr1 = runtime.block_on(async { signal(USR1).unwrap() });
        let (end, ends) = oneshot::channel::<()>();
        let turning = thread::spawn(move || runtime.block_on(ends));
        raise(USR1);
        assert_eq!(foreign_block_on(usr1.recv()), Some(()));
        drop(end);
        let _ = turning.join().unwrap();
    }

    fn a_runtime_that_has_ended_refuses(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let error = signal(USR1).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error}");
    }
}

/// Who has not asked for a signal is not woken by any.
#[test]
fn an_idle_runtime_sleeps_through_signals() {
    alone("runtimes::an_idle_runtime_sleeps_through_signals", || {
        let wakes = Arc::new(AtomicUsize::new(0));
        let (sleeps, asleep) = channel();
        let (end, ends) = oneshot::channel::<()>();
        let counter = wakes.clone();
        let idle = thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .on_thread_park(move || sleeps.send(()).unwrap())
                .on_thread_unpark(move || {
                    counter.fetch_add(1, SeqCst);
                })
                .build()
                .unwrap();
            let _ = runtime.block_on(ends);
        });
        asleep.recv().unwrap();
        On::CurrentThread.run(async {
            let mut usr1 = signal(USR1).unwrap();
            for _ in 0..100 {
                raise(USR1);
                usr1.recv().await;
            }
        });
        assert_eq!(wakes.load(SeqCst), 0);
        drop(end);
        idle.join().unwrap();
    });
}

/// R24. The ear of a runtime goes with it.
#[cfg(target_os = "linux")]
#[test]
fn r24_descriptors_and_threads_stay_constant() {
    fn entries(path: &str) -> usize {
        std::fs::read_dir(path).unwrap().count()
    }
    fn use_up(on: On) {
        on.run(async {
            let mut usr1 = signal(USR1).unwrap();
            raise(USR1);
            usr1.recv().await;
        });
    }
    alone(
        "runtimes::r24_descriptors_and_threads_stay_constant",
        || {
            for on in [On::CurrentThread, On::Workers(2)] {
                use_up(on);
                let before = (entries("/proc/self/fd"), entries("/proc/self/task"));
                for _ in 0..50 {
                    use_up(on);
                }
                let after = (entries("/proc/self/fd"), entries("/proc/self/task"));
                assert_eq!(before, after, "{on:?}: descriptors, threads");
            }
        },
    );
}
