//! The thread that reads, over a source of the test's own. The streams of a real process are in
//! `tests/stdio.rs`.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Stdin;
use super::input::Input;
use crate::io::AsyncReadExt;
use crate::io::tests::{Count, block_on, striking};

/// What a source gives, in this order; then it blocks.
enum Step {
    Bytes(&'static [u8]),
    Fail(ErrorKind),
    End,
}

/// A source that is fed by the test, and says how much it was asked for.
struct Fed {
    feed: mpsc::Sender<Step>,
    asked: mpsc::Receiver<usize>,
    input: Arc<Input>,
}

impl Fed {
    fn new() -> Self {
        let (feed, steps) = mpsc::channel();
        let (asks, asked) = mpsc::channel();
        let shared = Mutex::new((steps, asks, VecDeque::new()));
        let input = Input::new(Box::new(move |buf: &mut [u8]| {
            let mut shared = shared.lock().unwrap();
            let (steps, asks, left) = &mut *shared;
            let _ = asks.send(buf.len());
            if left.is_empty() {
                match steps.recv() {
                    Ok(Step::Bytes(bytes)) => left.extend(bytes),
                    Ok(Step::Fail(kind)) => return Err(kind.into()),
                    Ok(Step::End) | Err(_) => return Ok(0),
                }
            }
            let count = left.len().min(buf.len());
            for (to, from) in buf.iter_mut().zip(left.drain(..count)) {
                *to = from;
            }
            Ok(count)
        }));
        Self { feed, asked, input }
    }

    fn stdin(&self) -> Stdin {
        Stdin::of(&self.input)
    }

    fn give(&self, step: Step) {
        self.feed.send(step).unwrap();
    }
}

fn poll<F: Future>(future: F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// Reads once, at most `count` bytes.
fn read(stdin: &mut Stdin, count: usize) -> io::Result<Vec<u8>> {
    let mut buf = vec![0; count];
    let count = block_on(stdin.read(&mut buf))?;
    buf.truncate(count);
    Ok(buf)
}

/// A waker that says when it is woken.
fn bell() -> (Arc<(Mutex<bool>, Condvar)>, Waker) {
    struct Bell(Arc<(Mutex<bool>, Condvar)>);
    impl std::task::Wake for Bell {
        fn wake(self: Arc<Self>) {
            *self.0.0.lock().unwrap() = true;
            self.0.1.notify_all();
        }
    }
    let rung = Arc::new((Mutex::new(false), Condvar::new()));
    let waker = Waker::from(Arc::new(Bell(Arc::clone(&rung))));
    (rung, waker)
}

/// A wake that does not come within 10 s is a lost one.
fn wait_for(rung: &(Mutex<bool>, Condvar)) {
    let limit = Duration::from_secs(10);
    let bell = rung.0.lock().unwrap();
    let wait = rung.1.wait_timeout_while(bell, limit, |rung| !*rung);
    assert!(!wait.unwrap().1.timed_out(), "lost wake");
}

#[test]
fn bytes_come_in_their_order_and_the_end_is_not_for_ever() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    fed.give(Step::Bytes(b"hello"));
    assert_eq!(read(&mut stdin, 3).unwrap(), b"hel");
    assert_eq!(read(&mut stdin, 10).unwrap(), b"lo");
    fed.give(Step::End);
    assert_eq!(read(&mut stdin, 10).unwrap(), b"");
    fed.give(Step::Bytes(b"again"));
    assert_eq!(read(&mut stdin, 10).unwrap(), b"again");
}

#[test]
fn it_reads_only_on_request_and_no_more_than_that() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    fed.give(Step::Bytes(b"hello"));
    assert_eq!(read(&mut stdin, 0).unwrap(), b"");
    assert!(fed.asked.try_recv().is_err());
    assert_eq!(read(&mut stdin, 3).unwrap(), b"hel");
    assert_eq!(fed.asked.recv().unwrap(), 3);
    assert!(fed.asked.try_recv().is_err());
}

#[test]
fn errors_come_once_and_interruptions_never() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    fed.give(Step::Fail(ErrorKind::Interrupted));
    fed.give(Step::Fail(ErrorKind::BrokenPipe));
    fed.give(Step::Bytes(b"hello"));
    let error = read(&mut stdin, 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert_eq!(read(&mut stdin, 10).unwrap(), b"hello");
}

#[test]
fn what_a_cancelled_read_got_goes_to_the_next() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    let (rung, waker) = bell();
    assert!(poll(stdin.read(&mut [0; 10]), &waker).is_pending());
    fed.give(Step::Bytes(b"hello"));
    wait_for(&rung);
    // Of another handle, and in pieces.
    drop(stdin);
    let (mut one, mut other) = (fed.stdin(), fed.stdin());
    assert_eq!(read(&mut one, 2).unwrap(), b"he");
    assert_eq!(read(&mut other, 10).unwrap(), b"llo");
}

/// Dropped before the bytes come: nobody is woken, nothing is lost.
#[test]
fn a_handle_that_goes_takes_its_waker_along() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    let (count, waker) = Count::new();
    assert!(poll(stdin.read(&mut [0; 10]), &waker).is_pending());
    drop(waker);
    drop(stdin);
    assert_eq!(Arc::strong_count(&count), 1);
    fed.give(Step::Bytes(b"hello"));
    assert_eq!(read(&mut fed.stdin(), 10).unwrap(), b"hello");
    assert_eq!(count.get(), 0);
}

#[test]
fn a_leaked_read_is_like_a_cancelled_one() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    let mut read_one = Box::pin(async move {
        let mut buf = [0; 10];
        stdin.read(&mut buf).await
    });
    let waker = Waker::noop();
    let mut cx = Context::from_waker(waker);
    assert!(read_one.as_mut().poll(&mut cx).is_pending());
    std::mem::forget(read_one);
    fed.give(Step::Bytes(b"hello"));
    assert_eq!(read(&mut fed.stdin(), 10).unwrap(), b"hello");
}

#[test]
fn the_last_waker_of_each_reader_is_woken() {
    let fed = Fed::new();
    let (mut one, mut other) = (fed.stdin(), fed.stdin());
    let (first, first_waker) = Count::new();
    assert!(poll(one.read(&mut [0; 10]), &first_waker).is_pending());
    let (second, second_waker) = bell();
    assert!(poll(one.read(&mut [0; 10]), &second_waker).is_pending());
    let (third, third_waker) = bell();
    assert!(poll(other.read(&mut [0; 10]), &third_waker).is_pending());
    fed.give(Step::Bytes(b"hello"));
    wait_for(&second);
    wait_for(&third);
    assert_eq!(first.get(), 0);
    // One gets it; the other asks anew.
    assert_eq!(read(&mut other, 10).unwrap(), b"hello");
    assert!(poll(one.read(&mut [0; 10]), &second_waker).is_pending());
    fed.give(Step::Bytes(b"more"));
    assert_eq!(read(&mut one, 10).unwrap(), b"more");
}

#[test]
fn r33_a_waker_may_read() {
    let fed = Fed::new();
    let mut stdin = fed.stdin();
    let input = Arc::clone(&fed.input);
    let waker = striking::waker(move |_| {
        let mut other = Stdin::of(&input);
        let _ = poll(other.read(&mut [0; 1]), Waker::noop());
    });
    assert!(poll(stdin.read(&mut [0; 10]), &waker).is_pending());
    assert!(poll(stdin.read(&mut [0; 10]), &waker).is_pending());
    drop(stdin);
    drop(waker);
    striking::stop();
    fed.give(Step::Bytes(b"hello"));
    // The waker asked first, and for one byte.
    assert!(b"hello".starts_with(&read(&mut fed.stdin(), 10).unwrap()));
}

#[test]
fn a_waker_that_panics_ends_nothing() {
    struct Bad;
    impl std::task::Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    let fed = Fed::new();
    let (mut one, mut other) = (fed.stdin(), fed.stdin());
    let bad = Waker::from(Arc::new(Bad));
    assert!(poll(one.read(&mut [0; 10]), &bad).is_pending());
    let (rung, waker) = bell();
    assert!(poll(other.read(&mut [0; 10]), &waker).is_pending());
    fed.give(Step::Bytes(b"hello"));
    wait_for(&rung);
    assert_eq!(read(&mut one, 10).unwrap(), b"hello");
    fed.give(Step::Bytes(b"more"));
    assert_eq!(read(&mut one, 10).unwrap(), b"more");
}
