//! What one listener sees.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wakeful::runtime::Builder;
use wakeful::signal::ctrl_c;
use wakeful::signal::unix::{Signal, SignalKind, signal};
use wakeful::task::yield_now;
use wakeful::time::{Duration, timeout};

use crate::each_alone;
use crate::flavors::{alone, panic_message};
use crate::process::raise;

const USR1: SignalKind = SignalKind::user_defined1();

fn poll(signal: &mut Signal) -> Poll<Option<()>> {
    signal.poll_recv(&mut Context::from_waker(Waker::noop()))
}

/// Returns after the driver has looked at what was raised before: then `other` has been told.
async fn told(other: &mut Signal) {
    raise(SignalKind::user_defined2());
    other.recv().await;
}

each_alone! {
    fn a_sleeping_task_is_told(on) {
        on.run(async {
            let mut usr1 = signal(USR1).unwrap();
            for _ in 0..100 {
                let (ready, is_ready) = std::sync::mpsc::channel();
                let raiser = std::thread::spawn(move || {
                    is_ready.recv().unwrap();
                    raise(USR1);
                });
                let task = wakeful::spawn(async move {
                    let mut recv = pin!(usr1.recv());
                    poll_fn(|cx| {
                        let polled = recv.as_mut().poll(cx);
                        let _ = ready.send(());
                        polled
                    }).await;
                    usr1
                });
                usr1 = task.await.unwrap();
                raiser.join().unwrap();
            }
        });
    }

    /// Any number before the next look is one.
    fn signals_between_two_looks_are_one(on) {
        on.run(async {
            let mut usr1 = signal(USR1).unwrap();
            let mut usr2 = signal(SignalKind::user_defined2()).unwrap();
            for _ in 0..5 {
                raise(USR1);
            }
            usr1.recv().await;
            // Some may have been told after the first.
            told(&mut usr2).await;
            let _ = poll(&mut usr1);
            told(&mut usr2).await;
            assert!(poll(&mut usr1).is_pending());
        });
    }

    fn every_listener_is_told(on) {
        on.run(async {
            let [mut a, mut b, c, d] = [(); 4].map(|()| signal(USR1).unwrap());
            drop(c);
            drop(d);
            raise(USR1);
            assert_eq!(a.recv().await, Some(()));
            assert_eq!(b.recv().await, Some(()));
        });
    }

    /// A receive that is dropped, or forgotten, takes nothing with it.
    fn a_dropped_or_forgotten_receive_loses_nothing(on) {
        on.run(async {
            let mut usr1 = signal(USR1).unwrap();
            let mut usr2 = signal(SignalKind::user_defined2()).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(pin!(usr1.recv()).poll(&mut cx).is_pending());
            raise(USR1);
            told(&mut usr2).await;
            usr1.recv().await;
            let mut leaked = Box::pin(usr1.recv());
            assert!(leaked.as_mut().poll(&mut cx).is_pending());
            std::mem::forget(leaked);
            raise(USR1);
            usr1.recv().await;
        });
    }

    /// R37. Without budget there is no signal, and none is lost.
    fn r37_each_receive_spends_budget(on) {
        on.run(async {
            let mut usr1 = signal(USR1).unwrap();
            raise(USR1);
            wakeful::spawn(async move {
                poll_fn(|cx| {
                    while wakeful::task::coop::has_budget_remaining() {
                        let step = pin!(wakeful::task::coop::consume_budget());
                        let _ = step.poll(cx);
                    }
                    assert!(usr1.poll_recv(cx).is_pending());
                    Poll::Ready(())
                }).await;
                yield_now().await;
                usr1.recv().await;
            }).await.unwrap();
        });
    }

    fn ctrl_c_listens_from_its_first_poll(on) {
        on.run(async {
            let mut first = Box::pin(ctrl_c());
            assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            raise(SignalKind::interrupt());
            first.await.unwrap();
        });
    }
}

/// The clock stands still, and does not run ahead of a signal that has come.
#[test]
fn a_paused_clock_waits_for_a_signal_that_came() {
    alone(
        "listening::a_paused_clock_waits_for_a_signal_that_came",
        || {
            let mut builder = Builder::new_current_thread();
            let runtime = builder.enable_all().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let mut usr1 = signal(USR1).unwrap();
                for _ in 0..20 {
                    raise(USR1);
                    let long = timeout(Duration::from_secs(5), usr1.recv());
                    assert_eq!(long.await, Ok(Some(())));
                }
            });
        },
    );
}

#[test]
fn a_dump_tells_who_waits_for_which_signal() {
    alone("listening::a_dump_tells_who_waits_for_which_signal", || {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(async {
            let line = line!() + 2;
            wakeful::spawn(async {
                signal(USR1).unwrap().recv().await;
            });
            yield_now().await;
            let dump = wakeful::runtime::Handle::current().dump().to_string();
            assert!(dump.contains("signal"), "{dump}");
            assert!(dump.contains(&format!("listening.rs:{line}")), "{dump}");
        });
    });
}

#[test]
fn some_signals_are_refused() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let forbidden = [
        libc::SIGKILL,
        libc::SIGSTOP,
        libc::SIGILL,
        libc::SIGFPE,
        libc::SIGSEGV,
    ];
    for number in forbidden
        .into_iter()
        .chain([-1, 0, 65, 1000, i32::MAX, i32::MIN])
    {
        let error = signal(SignalKind::from_raw(number)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Other, "{number}");
        assert!(error.to_string().contains(&number.to_string()), "{error}");
    }
}

/// libc keeps the first two for itself, and says so.
#[cfg(target_os = "linux")]
#[test]
fn real_time_signals_can_be_listened_to() {
    alone("listening::real_time_signals_can_be_listened_to", || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let kinds = (libc::SIGRTMIN()..=libc::SIGRTMAX()).map(SignalKind::from_raw);
            let mut all: Vec<_> = kinds.map(|kind| (kind, signal(kind).unwrap())).collect();
            for (kind, _) in &all {
                raise(*kind);
            }
            for (_, signal) in &mut all {
                signal.recv().await;
            }
            for number in 32..libc::SIGRTMIN() {
                assert!(signal(SignalKind::from_raw(number)).is_err());
            }
        });
    });
}

#[test]
fn without_a_runtime_or_its_io_it_panics() {
    let message = panic_message(|| signal(USR1));
    assert!(message.contains("there is no wakeful runtime"), "{message}");
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let message = panic_message(|| runtime.block_on(async { signal(USR1) }));
    assert!(message.contains("enable_io"), "{message}");
    let message = panic_message(|| runtime.block_on(ctrl_c()));
    assert!(message.contains("enable_io"), "{message}");
}

#[test]
fn kinds_are_numbers_with_names() {
    assert_eq!(SignalKind::from(libc::SIGTERM), SignalKind::terminate());
    assert_eq!(i32::from(SignalKind::pipe()), libc::SIGPIPE);
    const WINCH: SignalKind = SignalKind::from_raw(libc::SIGWINCH);
    assert_eq!(WINCH, SignalKind::window_change());
    assert_eq!(format!("{:?}", SignalKind::from_raw(7)), "SignalKind(7)");
    let named = [
        SignalKind::alarm(),
        SignalKind::child(),
        SignalKind::hangup(),
        SignalKind::io(),
    ];
    let numbers = [libc::SIGALRM, libc::SIGCHLD, libc::SIGHUP, libc::SIGIO];
    assert_eq!(named.map(|kind| kind.as_raw_value()), numbers);
    assert_eq!(SignalKind::quit().as_raw_value(), libc::SIGQUIT);
}
