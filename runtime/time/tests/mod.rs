//! What users see of time, by a paused clock.

use std::future::{Future, poll_fn};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::error::{Elapsed, Error};
use super::operations::{Advance, Tick};
use super::*;
use crate::budget;
use crate::engine::context::testing::block_on;
use crate::engine::driver::Config;

mod in_a_runtime;
mod interval;
mod limits;

const MS: Duration = Duration::from_millis(1);

fn config() -> Config {
    Config {
        io: false,
        time: true,
        start_paused: true,
        pausable: true,
        events_per_turn: 16,
        events_when_busy: None,
    }
}

/// Runs a future under a paused clock.
fn paused<F: Future>(future: F) -> F::Output {
    block_on(&config(), future)
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls all of them until all are ready.
async fn all(mut futures: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    poll_fn(|cx| {
        futures.retain_mut(|future| future.as_mut().poll(cx).is_pending());
        match futures.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

/// The text a closure panics with.
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("no panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast::<&str>().expect("a text").to_string(),
    }
}

#[test]
fn types_are_send_and_sync_and_sleep_stays_pinned() {
    fn shareable<T: Send + Sync>() {}
    fn unpin<T: Unpin>() {}
    shareable::<(
        Sleep,
        Timeout<()>,
        Interval,
        Instant,
        Elapsed,
        Error,
        Advance,
    )>();
    shareable::<Tick<'static>>();
    unpin::<Interval>();

    trait MaybeUnpin<Marker> {
        fn found() {}
    }
    impl<T: ?Sized> MaybeUnpin<()> for T {}
    struct IsUnpin;
    impl<T: ?Sized + Unpin> MaybeUnpin<IsUnpin> for T {}
    // Ambiguous, and so a compile error, if `Sleep` were `Unpin`.
    <Sleep as MaybeUnpin<_>>::found();
    <PhantomPinned as MaybeUnpin<_>>::found();
}

#[cfg(target_pointer_width = "64")]
#[test]
fn futures_are_small() {
    assert_eq!(size_of::<Sleep>(), 48);
    assert_eq!(size_of::<Timeout<u64>>(), 56);
    assert_eq!(size_of::<Interval>(), 64);
}

#[test]
fn sleep_takes_exactly_its_time() {
    paused(async {
        let before = Instant::now();
        for ms in [1, 2, 63, 64, 65, 4096, 3_600_000] {
            let start = Instant::now();
            sleep(MS * ms).await;
            assert_eq!(start.elapsed(), MS * ms);
        }
        sleep_until(before).await;
        let start = Instant::now();
        sleep(Duration::ZERO).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        sleep(Duration::from_micros(1)).await;
        assert_eq!(start.elapsed(), MS, "rounded up");
    });
}

#[test]
fn sleeps_by_the_real_clock_are_not_early() {
    let config = Config {
        start_paused: false,
        ..config()
    };
    block_on(&config, async {
        for micros in [1, 300, 999, 1000, 1001, 2500] {
            let start = std::time::Instant::now();
            sleep(Duration::from_micros(micros)).await;
            assert!(start.elapsed() >= Duration::from_micros(micros));
        }
    });
}

#[test]
fn sleeps_end_in_order() {
    paused(async {
        let order = std::cell::RefCell::new(Vec::new());
        let start = Instant::now();
        let nap = |ms| {
            let order = &order;
            let future: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async move {
                sleep(MS * ms).await;
                assert_eq!(start.elapsed(), MS * ms);
                order.borrow_mut().push(ms);
            });
            future
        };
        all([500, 1, 70, 5000, 70, 64, 0].map(nap).into()).await;
        assert_eq!(*order.borrow(), [0, 1, 64, 70, 70, 500, 5000]);
    });
}

#[test]
fn a_sleep_that_is_not_polled_costs_nothing() {
    paused(async {
        let naps: Vec<_> = (0..10).map(|_| sleep(MS)).collect();
        let driver = crate::engine::context::driver();
        assert!(driver.is_quiet());
        drop(naps);
        let mut nap = Box::pin(sleep(MS));
        assert!(poll_once(nap.as_mut()).is_pending());
        assert!(!driver.is_quiet());
        let start = Instant::now();
        drop(nap);
        sleep(MS * 9).await;
        assert_eq!(start.elapsed(), MS * 9);
        assert!(driver.is_quiet());
    });
}

#[test]
fn r30_dropping_a_sleep_drops_its_waker() {
    struct Nothing;
    impl std::task::Wake for Nothing {
        fn wake(self: std::sync::Arc<Self>) {}
    }
    paused(async {
        let waker = std::sync::Arc::new(Nothing);
        let mut nap = Box::pin(sleep(MS));
        let by = Waker::from(waker.clone());
        assert!(
            nap.as_mut()
                .poll(&mut Context::from_waker(&by))
                .is_pending()
        );
        drop((by, nap));
        assert_eq!(std::sync::Arc::strong_count(&waker), 1);
    });
}

#[test]
fn a_deadline_that_has_gone_by_is_ready_at_once() {
    paused(async {
        let start = Instant::now();
        advance(Duration::from_micros(1500)).await;
        // Its tick, at 2 ms, has not come.
        let late = sleep_until(start + Duration::from_micros(1200));
        assert!(poll_once(pin!(late)).is_ready());
    });
}

#[test]
fn reset_and_is_elapsed() {
    paused(async {
        let start = Instant::now();
        let mut nap = pin!(sleep(MS * 50));
        assert_eq!(nap.deadline(), start + MS * 50);
        assert!(poll_once(nap.as_mut()).is_pending());
        nap.as_mut().reset(start + MS * 10);
        assert!(!nap.is_elapsed());
        advance(MS * 10).await;
        assert!(nap.is_elapsed(), "fired, though not polled since");
        nap.as_mut().await;
        nap.as_mut().reset(start + MS * 70);
        assert!(!nap.is_elapsed());
        nap.as_mut().await;
        assert_eq!(start.elapsed(), MS * 70);
        nap.as_mut().reset(start);
        assert!(poll_once(nap.as_mut()).is_ready());
    });
}

#[test]
fn r44_a_task_sleeps_on_after_a_reset_without_another_poll() {
    paused(async {
        let start = Instant::now();
        let mut nap = pin!(sleep(MS * 5));
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                assert!(nap.as_mut().poll(cx).is_pending());
                nap.as_mut().reset(start + MS * 8);
                return Poll::Pending;
            }
            nap.as_mut().poll(cx)
        })
        .await;
        assert_eq!((start.elapsed(), polls), (MS * 8, 2));
    });
}

#[test]
fn timeout_polls_its_future_first() {
    paused(async {
        assert_eq!(timeout(Duration::ZERO, async { 1 }).await, Ok(1));
        let late = timeout(MS * 5, std::future::pending::<()>())
            .await
            .unwrap_err();
        assert_eq!(late.to_string(), "deadline has elapsed");
        let start = Instant::now();
        assert!(timeout_at(start + MS * 5, sleep(MS * 6)).await.is_err());
        assert!(timeout_at(start + MS * 11, sleep(MS * 6)).await.is_ok());
        assert_eq!(start.elapsed(), MS * 11);

        let mut limited = timeout(MS, std::future::ready(3));
        assert_eq!(limited.get_ref().clone().into_inner(), 3);
        *limited.get_mut() = std::future::ready(4);
        assert_eq!(limited.into_inner().await, 4);
    });
}

#[test]
fn r37_timeout_stops_a_future_that_uses_up_the_budget() {
    paused(async {
        /// Always finds its leaf ready, until the budget is gone.
        struct Greedy;
        impl Future for Greedy {
            type Output = ();
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                while let Poll::Ready(spent) = budget::poll_proceed(cx) {
                    spent.made_progress();
                }
                Poll::Pending
            }
        }
        let mut limited = pin!(timeout(MS, Greedy));
        let poll = |future: Pin<&mut Timeout<Greedy>>| {
            let _budget = budget::start();
            poll_once(future)
        };
        assert!(poll(limited.as_mut()).is_pending());
        advance(MS).await;
        assert!(poll(limited.as_mut()).is_ready());
    });
}

#[test]
fn r37_each_leaf_spends_and_gives_back() {
    paused(async {
        let mut every = interval(MS);
        let mut count = 0;
        let _budget = budget::start();
        while poll_once(pin!(sleep(Duration::ZERO))).is_ready() {
            count += 1;
        }
        assert_eq!(count, budget::POLL_BUDGET);
        assert!(poll_once(pin!(every.tick())).is_pending());
        assert!(
            poll_once(pin!(timeout(Duration::ZERO, std::future::pending::<()>()))).is_pending()
        );
        let _budget = budget::start();
        let late = || timeout(Duration::ZERO, std::future::pending::<()>());
        count = 0;
        // One more would be for ever.
        while count <= budget::POLL_BUDGET && poll_once(pin!(late())).is_ready() {
            count += 1;
        }
        assert_eq!(count, budget::POLL_BUDGET);
        let _budget = budget::start();
        let nap = sleep(MS);
        let mut nap = pin!(nap);
        for _ in 0..1000 {
            assert!(poll_once(nap.as_mut()).is_pending());
        }
        assert!(budget::has_remaining(), "waiting is not progress");
        assert!(poll_once(pin!(every.tick())).is_ready());
    });
}

#[test]
fn instants_count_as_std_does() {
    let now = Instant::now();
    let later = now + MS;
    assert_eq!((later - now, now - later), (MS, Duration::ZERO));
    assert_eq!(now.checked_duration_since(later), None);
    assert_eq!(later.checked_duration_since(now), Some(MS));
    assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    assert_eq!(later.checked_sub(MS), Some(now));
    assert_eq!(now.checked_add(Duration::MAX), None);
    assert_eq!(Instant::from(std::time::Instant::from(now)), now);
    assert_eq!(Instant::from_std(now.into_std()), now);
    let mut moved = now;
    moved += MS;
    assert_eq!(moved, later);
    moved -= MS;
    assert_eq!(moved, later - MS);
    panic_of(|| now + Duration::MAX);
}

#[test]
fn errors_say_what_they_are() {
    let io = std::io::Error::from(Elapsed::new());
    assert_eq!(io.kind(), std::io::ErrorKind::TimedOut);
    assert!(Error::shutdown().is_shutdown() && !Error::shutdown().is_invalid());
    assert!(Error::invalid().is_invalid() && Error::at_capacity().is_at_capacity());
    assert_eq!(
        Error::invalid().to_string(),
        "timer duration exceeds maximum duration"
    );
}

#[test]
fn misuse_panics_with_the_remedy() {
    let outside = "there is no wakeful runtime on this thread";
    assert!(panic_of(|| sleep(MS)).contains(outside));
    assert!(panic_of(|| interval(MS)).contains(outside));
    assert!(panic_of(|| timeout(MS, async {})).contains(outside));
    assert!(panic_of(pause).contains(outside));
    assert_eq!(
        panic_of(|| interval(Duration::ZERO)),
        "`period` must be non-zero."
    );
    paused(async {
        assert_eq!(panic_of(pause), "time is already frozen");
        resume();
        assert_eq!(panic_of(resume), "time is not frozen");
        assert_eq!(
            panic_of(|| poll_once(pin!(advance(MS)))),
            "time is not frozen"
        );
        pause();
        assert!(panic_of(|| poll_once(pin!(advance(Duration::MAX)))).contains("overflow"));
    });
    let several_threads = Config {
        pausable: false,
        ..config()
    };
    block_on(&several_threads, async {
        assert!(panic_of(pause).contains("current_thread"));
    });
    let without = Config {
        time: false,
        ..config()
    };
    block_on(&without, async {
        assert!(panic_of(|| sleep(MS)).contains("enable_time"));
    });
}

#[test]
fn r44_a_timer_outlives_its_runtime_and_says_so() {
    let (mut armed, mut fresh, idle) = paused(async {
        let mut armed = Box::pin(sleep(MS * 5));
        assert!(poll_once(armed.as_mut()).is_pending());
        (armed, Box::pin(sleep(MS * 5)), sleep(MS))
    });
    let text = "the wakeful runtime of this timer is being shutdown, or gone";
    assert_eq!(panic_of(|| poll_once(armed.as_mut())), text);
    assert_eq!(panic_of(|| poll_once(fresh.as_mut())), text);
    armed.as_mut().reset(Instant::now() + MS * 60_000);
    assert_eq!(panic_of(|| poll_once(armed.as_mut())), text);
    drop(idle);
}
