//! Every interleaving of one source's reports, clears, waits and its end.
//!
//! The kernel is played by an atomic: "there is data" is written before the report of it, as the
//! kernel does. A lost report shows as a deadlock: the model's task sleeps and nobody wakes it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use crate::engine::reactor::readiness::{Direction, Event, Place, Readiness};
use crate::io::Ready;

/// Wakes a sleeping `block_on`.
struct Alarm {
    rang: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Alarm {
    fn wake(self: std::sync::Arc<Self>) {
        *self.rang.lock().unwrap() = true;
        self.bell.notify_one();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let alarm = std::sync::Arc::new(Alarm {
        rang: Mutex::new(false),
        bell: Condvar::new(),
    });
    let waker = Waker::from(alarm.clone());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut rang = alarm.rang.lock().unwrap();
        while !*rang {
            rang = alarm.bell.wait(rang).unwrap();
        }
        *rang = false;
    }
}

struct Source {
    readiness: Readiness,
    /// Bytes in the kernel's buffer.
    data: AtomicUsize,
}

impl Source {
    fn new(initial: Ready) -> Arc<Self> {
        Arc::new(Self {
            readiness: Readiness::new(initial),
            data: AtomicUsize::new(0),
        })
    }

    /// A byte arrives: the kernel has it, then the selector reports it.
    fn deliver(&self) {
        self.data.fetch_add(1, Ordering::Relaxed);
        self.report(Ready::READABLE);
    }

    fn report(&self, ready: Ready) {
        self.readiness.set(ready);
        self.wake(ready);
    }

    fn shut_down(&self) {
        self.readiness.close();
        self.wake(Ready::ALL);
    }

    fn wake(&self, ready: Ready) {
        let mut woken = Vec::new();
        self.readiness.wake(ready, &mut woken);
        for waker in woken {
            waker.wake();
        }
    }

    /// A read: takes a byte, or clears the report like every `WouldBlock` does.
    fn take(&self, event: Event) -> bool {
        let took = self
            .data
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok();
        if !took {
            self.readiness.clear(event);
        }
        took
    }

    /// Reads one byte through the slot of the read direction.
    fn read(&self) -> bool {
        block_on(poll_fn(|cx| {
            loop {
                match self.readiness.poll_direction(cx, Direction::Read) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(event) if event.is_closed() => return Poll::Ready(false),
                    Poll::Ready(event) if self.take(event) => return Poll::Ready(true),
                    Poll::Ready(_) => {}
                }
            }
        }))
    }

    /// Waits in the list until there is a report or the end.
    fn wait(&self) -> Event {
        let mut place = Place::default();
        let mask = Direction::Read.mask();
        block_on(poll_fn(|cx| self.readiness.poll_wait(cx, mask, &mut place)))
    }
}

/// R2: the source starts as ready without data, so the reader's first read clears while the
/// report of the real data is on its way.
#[test]
fn a_clear_never_takes_a_newer_report_with_it() {
    loom::model(|| {
        let source = Source::new(Ready::READABLE);
        let kernel = thread::spawn({
            let source = source.clone();
            move || source.deliver()
        });
        assert!(source.read());
        kernel.join().unwrap();
    });
}

/// R2 with two reports: the second comes while the first byte is being read.
#[test]
fn two_reports_two_bytes() {
    loom::model(|| {
        let source = Source::new(Ready::EMPTY);
        let kernel = thread::spawn({
            let source = source.clone();
            move || {
                source.deliver();
                source.deliver();
            }
        });
        assert!(source.read());
        assert!(source.read());
        kernel.join().unwrap();
    });
}

/// R3 for the slot and for the list: a report against a waiter that is just registering.
#[test]
fn a_report_finds_whoever_waits() {
    loom::model(|| {
        let source = Source::new(Ready::EMPTY);
        let kernel = thread::spawn({
            let source = source.clone();
            move || source.deliver()
        });
        let other = thread::spawn({
            let source = source.clone();
            move || assert!(source.wait().ready().is_readable())
        });
        assert!(source.read());
        kernel.join().unwrap();
        other.join().unwrap();
    });
}

/// A waiter that gives up while it is being woken takes nobody else's wake with it.
#[test]
fn one_leaves_the_list_and_the_other_is_woken() {
    loom::model(|| {
        let source = Source::new(Ready::EMPTY);
        let kernel = thread::spawn({
            let source = source.clone();
            move || source.report(Ready::READABLE)
        });
        let quitter = thread::spawn({
            let source = source.clone();
            move || {
                let mut place = Place::default();
                block_on(poll_fn(|cx| {
                    let mask = Direction::Read.mask();
                    let _ = source.readiness.poll_wait(cx, mask, &mut place);
                    source.readiness.leave(&mut place);
                    Poll::Ready(())
                }));
            }
        });
        assert!(source.wait().ready().is_readable());
        kernel.join().unwrap();
        quitter.join().unwrap();
    });
}

/// R4 and R8 for the slot: a clear that runs while the reactor ends does not undo the end.
#[test]
fn the_end_reaches_a_reader() {
    loom::model(|| {
        let source = Source::new(Ready::READABLE);
        let reactor = thread::spawn({
            let source = source.clone();
            move || source.shut_down()
        });
        assert!(!source.read());
        reactor.join().unwrap();
    });
}

/// R4 and R8 for the list: the end reaches a waiter that is just registering.
#[test]
fn the_end_reaches_a_waiter() {
    loom::model(|| {
        let source = Source::new(Ready::EMPTY);
        let reactor = thread::spawn({
            let source = source.clone();
            move || source.shut_down()
        });
        assert!(source.wait().is_closed());
        reactor.join().unwrap();
    });
}
