//! The handler: others' handlers, interrupted calls, storms, forks.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;

use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::runtime::Builder;
use wakeful::signal::unix::{SignalKind, signal};

use crate::each_alone;
use crate::flavors::{On, alone, bounded};
use crate::process::{Handler, Thread, fork, handle, number_in, raise, raise_somewhere};

const USR1: SignalKind = SignalKind::user_defined1();
const USR2: SignalKind = SignalKind::user_defined2();

/// Handlers that were there before are called, with what the kernel gave.
#[test]
fn the_handlers_before_ours_are_called() {
    static PLAIN: AtomicUsize = AtomicUsize::new(0);
    static NUMBER: AtomicI32 = AtomicI32::new(0);
    extern "C" fn plain(_: libc::c_int) {
        PLAIN.fetch_add(1, SeqCst);
    }
    extern "C" fn informed(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        NUMBER.store(number_in(info), SeqCst);
    }
    alone("handlers::the_handlers_before_ours_are_called", || {
        handle(USR1, Handler::Plain(plain));
        handle(USR2, Handler::Informed(informed));
        handle(SignalKind::hangup(), Handler::Ignore);
        On::CurrentThread.run(async {
            let kinds = [USR1, USR2, SignalKind::hangup(), SignalKind::alarm()];
            for kind in kinds {
                let (mut first, _second) = (signal(kind).unwrap(), signal(kind).unwrap());
                raise(kind);
                first.recv().await;
            }
        });
        assert_eq!(PLAIN.load(SeqCst), 1);
        assert_eq!(NUMBER.load(SeqCst), libc::SIGUSR2);
    });
}

/// R52. Reads of other threads go on where they were, and nobody sees an interrupted call.
#[test]
fn r52_interrupted_calls_are_restarted() {
    alone("handlers::r52_interrupted_calls_are_restarted", || {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let reader = thread::spawn(move || {
            tell.send(Thread::current()).unwrap();
            let mut byte = [0];
            for _ in 0..500 {
                assert_eq!(far.read(&mut byte).expect("not interrupted"), 1);
                far.write_all(&byte).unwrap();
            }
        });
        let thread = told.recv().unwrap();
        On::CurrentThread.run(async {
            let mut usr1 = signal(USR1).unwrap();
            for _ in 0..500 {
                thread.raise(USR1);
                usr1.recv().await;
                thread.raise(USR1);
                near.write_all(&[1]).unwrap();
                near.read_exact(&mut [0]).unwrap();
            }
        });
        reader.join().unwrap();
    });
}

each_alone! {
    /// R52. The thread that drives is interrupted all the time: its tasks do not notice.
    fn r52_an_interrupted_driver_loses_nothing(on) {
        static DONE: AtomicBool = AtomicBool::new(false);
        let target = Thread::current();
        let runtime = on.runtime();
        let usr1 = runtime.block_on(async { signal(USR1).unwrap() });
        let storm = thread::spawn(move || {
            while !DONE.load(SeqCst) {
                target.raise(USR1);
            }
        });
        runtime.block_on(async {
            let (mut near, mut far) = wakeful::net::UnixStream::pair().unwrap();
            let echo = wakeful::spawn(async move {
                let mut byte = [0];
                while far.read(&mut byte).await.expect("not interrupted") == 1 {
                    far.write_all(&byte).await.expect("not interrupted");
                }
            });
            for number in 0..500_u16 {
                let byte = [number as u8];
                near.write_all(&byte).await.expect("not interrupted");
                let mut back = [0];
                near.read_exact(&mut back).await.expect("not interrupted");
                assert_eq!(byte, back);
            }
            drop(near);
            echo.await.unwrap();
        });
        DONE.store(true, SeqCst);
        storm.join().unwrap();
        drop(usr1);
    }

    /// Threads raise as fast as they can; after the last one, whoever listens is told once more.
    fn a_storm_ends_with_everybody_told(on) {
        static SENT: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
        const EACH: usize = 2000;
        let kinds = [USR1, USR2, SignalKind::hangup()];
        on.run(async {
            let mut tasks = Vec::new();
            for (index, kind) in kinds.into_iter().enumerate() {
                let mut signal = signal(kind).unwrap();
                tasks.push(wakeful::spawn(async move {
                    let mut told = 0;
                    loop {
                        signal.recv().await;
                        told += 1;
                        if SENT[index].load(SeqCst) == EACH {
                            break;
                        }
                    }
                    assert!(told <= EACH, "{told}");
                }));
            }
            let raisers = [0, 1, 2].map(|index| thread::spawn(move || {
                for sent in 1..=EACH {
                    SENT[index].store(sent, SeqCst);
                    raise_somewhere(kinds[index]);
                }
            }));
            for task in tasks {
                task.await.unwrap();
            }
            for raiser in raisers {
                raiser.join().unwrap();
            }
        });
    }
}

/// A child of a fork listens for itself, and what comes to it is none of its parent's business.
#[test]
fn a_forked_child_listens_for_itself() {
    alone("handlers::a_forked_child_listens_for_itself", || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut usr1 = signal(USR1).unwrap();
            let mut usr2 = signal(USR2).unwrap();
            let status = fork(|| {
                // Not listening yet: nothing happens, here or there.
                raise(USR1);
                let both = thread::spawn(|| {
                    bounded(|| {
                        On::CurrentThread.run(async {
                            let mut usr1 = signal(USR1).unwrap();
                            for _ in 0..3 {
                                raise(USR1);
                                usr1.recv().await;
                            }
                            // A number that the parent never listened to.
                            let mut hangup = signal(SignalKind::hangup()).unwrap();
                            raise(SignalKind::hangup());
                            hangup.recv().await;
                        });
                    })
                });
                if both.join().is_ok() { 17 } else { 1 }
            });
            assert_eq!(status, 17);
            // The driver turns, and the child's signals are not among what comes.
            raise(USR2);
            usr2.recv().await;
            let mut cx = Context::from_waker(Waker::noop());
            assert!(usr1.poll_recv(&mut cx).is_pending());
            raise(USR1);
            usr1.recv().await;
        });
    });
}
