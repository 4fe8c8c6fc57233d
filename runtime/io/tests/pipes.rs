//! `duplex` and `simplex`.

use super::*;
use crate::budget;
use crate::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, SimplexStream, duplex, simplex};
use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, IoSlice};
use std::rc::Rc;

fn poll_read(stream: &mut DuplexStream, waker: &Waker) -> Poll<io::Result<usize>> {
    let mut buf = [0; 8];
    pin!(stream.read(&mut buf)).poll(&mut Context::from_waker(waker))
}

fn poll_write(stream: &mut DuplexStream, waker: &Waker) -> Poll<io::Result<usize>> {
    pin!(stream.write(b"abcdefgh")).poll(&mut Context::from_waker(waker))
}

#[test]
fn each_direction_has_a_bound_of_its_own() {
    let (mut a, mut b) = duplex(3);
    assert_eq!(block_on(a.write(b"abcd")).unwrap(), 3);
    assert!(poll_once(a.write(b"d")).is_pending());
    assert_eq!(block_on(a.write(b"")).unwrap(), 0);
    assert_eq!(block_on(b.write(b"ef")).unwrap(), 2);
    assert_eq!(block_on(b.read_u8()).unwrap(), b'a');
    let pieces = [IoSlice::new(b""), IoSlice::new(b"d"), IoSlice::new(b"e")];
    assert_eq!(block_on(a.write_vectored(&pieces)).unwrap(), 1);
    assert_eq!(block_on(b.read_u16()).unwrap(), 0x6263);
    assert_eq!(block_on(b.read_u8()).unwrap(), b'd');
    assert_eq!(block_on(a.read_u16()).unwrap(), 0x6566);
}

#[test]
fn a_shutdown_ends_one_direction() {
    let (mut a, mut b) = duplex(8);
    let (count, waker) = Count::new();
    assert!(poll_read(&mut b, &waker).is_pending());
    block_on(a.write_all(b"ab")).unwrap();
    block_on(a.shutdown()).unwrap();
    block_on(a.shutdown()).unwrap();
    assert_eq!(count.get(), 1);
    assert_eq!(
        block_on(a.write(b"c")).unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    let mut rest = String::new();
    block_on(b.read_to_string(&mut rest)).unwrap();
    assert_eq!(rest, "ab");
    block_on(b.write_all(b"cd")).unwrap();
    assert_eq!(block_on(a.read_u16()).unwrap(), 0x6364);
}

#[test]
fn a_drop_ends_both() {
    let (mut a, mut b) = duplex(8);
    block_on(a.write_all(b"abcdefgh")).unwrap();
    let (count, waker) = Count::new();
    assert!(poll_read(&mut a, &waker).is_pending());
    assert!(poll_write(&mut a, &waker).is_pending());
    block_on(b.write_all(b"x")).unwrap();
    drop(b);
    assert_eq!(count.get(), 2, "reader and writer");
    assert_eq!(
        block_on(a.write(b"c")).unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    assert_eq!(block_on(a.read_u8()).unwrap(), b'x');
    assert_eq!(block_on(a.read(&mut [0; 8])).unwrap(), 0);
}

#[test]
fn the_last_waker_is_woken_and_none_is_kept() {
    let (mut a, mut b) = duplex(8);
    let (first, first_waker) = Count::new();
    let (second, second_waker) = Count::new();
    assert!(poll_read(&mut a, &first_waker).is_pending());
    assert!(poll_read(&mut a, &second_waker).is_pending());
    drop(first_waker);
    assert_eq!(Arc::strong_count(&first), 1, "replaced");
    assert!(poll_write(&mut b, &second_waker).is_ready());
    assert_eq!((first.get(), second.get()), (0, 1));
    assert!(poll_write(&mut b, &second_waker).is_pending());
    assert!(poll_read(&mut a, &second_waker).is_ready());
    assert_eq!(second.get(), 2);
    assert_eq!(Arc::strong_count(&second), 2, "woken ones are gone");

    // Of a stream that is dropped while it waits for both.
    assert!(poll_read(&mut a, &second_waker).is_pending());
    assert!(poll_write(&mut a, &second_waker).is_ready());
    assert!(poll_write(&mut a, &second_waker).is_pending());
    drop(a);
    drop(second_waker);
    assert_eq!(Arc::strong_count(&second), 1);
    drop(b);
}

#[test]
fn the_same_waker_is_not_cloned_again() {
    let (mut a, _b) = duplex(8);
    let (count, waker) = Count::new();
    assert!(poll_read(&mut a, &waker).is_pending());
    let clones = Rc::new(RefCell::new(0));
    let seen = Rc::clone(&clones);
    let striking = striking::waker(move |what| *seen.borrow_mut() += u32::from(what == "clone"));
    for _ in 0..3 {
        assert!(poll_read(&mut a, &striking).is_pending());
    }
    striking::stop();
    assert_eq!(*clones.borrow(), 1);
    assert_eq!(Arc::strong_count(&count), 2);
}

/// A waker that uses the pipe while it is cloned, woken or dropped finds no lock held.
#[test]
fn r33_a_waker_may_use_the_pipe() {
    let (a, b) = duplex(4);
    let shared = Rc::new((RefCell::new(a), RefCell::new(b)));
    let inside = Rc::clone(&shared);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let strikes = Rc::clone(&seen);
    let waker = striking::waker(move |what| {
        strikes.borrow_mut().push(what);
        // The stream that is polled just now is borrowed; its peer reaches the same two pipes.
        for stream in [&inside.0, &inside.1] {
            if let Ok(mut stream) = stream.try_borrow_mut() {
                let _ = poll_once(stream.read(&mut [0; 1]));
                let _ = poll_once(stream.write(b"x"));
            }
        }
    });
    for round in 0..10 {
        for stream in [&shared.0, &shared.1] {
            let _ = poll_read(&mut stream.borrow_mut(), &waker);
            let _ = poll_write(&mut stream.borrow_mut(), &waker);
            if round % 2 == 1 {
                let _ = poll_read(&mut stream.borrow_mut(), Waker::noop());
                let _ = poll_write(&mut stream.borrow_mut(), Waker::noop());
            }
        }
    }
    // A reader is left waiting, its peer writes; a writer is, its peer reads.
    let (a, b) = duplex(4);
    let shared = Rc::new((RefCell::new(a), RefCell::new(b)));
    let (inside, strikes) = (Rc::clone(&shared), Rc::clone(&seen));
    let reads = Rc::new(Cell::new(true));
    let reads_now = Rc::clone(&reads);
    let waker = striking::waker(move |what| {
        strikes.borrow_mut().push(what);
        for stream in [&inside.0, &inside.1] {
            if let Ok(mut stream) = stream.try_borrow_mut() {
                if reads_now.get() {
                    let _ = poll_once(stream.read(&mut [0; 1]));
                }
                let _ = poll_once(stream.write(b""));
            }
        }
    });
    assert!(poll_read(&mut shared.0.borrow_mut(), &waker).is_pending());
    assert!(poll_write(&mut shared.1.borrow_mut(), &waker).is_ready());
    reads.set(false);
    while poll_write(&mut shared.1.borrow_mut(), Waker::noop()).is_ready() {}
    assert!(poll_write(&mut shared.1.borrow_mut(), &waker).is_pending());
    assert!(poll_read(&mut shared.0.borrow_mut(), &waker).is_ready());
    striking::stop();
    let seen = seen.borrow();
    for what in ["clone", "wake", "drop"] {
        assert!(seen.contains(&what), "no {what} seen");
    }
}

#[test]
fn the_budget_is_charged_for_progress_only() {
    let (mut a, mut b) = duplex(1);
    let (count, waker) = Count::new();
    let _full = budget::start();
    for _ in 0..1000 {
        assert!(poll_read(&mut a, Waker::noop()).is_pending());
    }
    for _ in 0..budget::POLL_BUDGET / 2 {
        assert!(poll_write(&mut b, &waker).is_ready());
        assert!(poll_read(&mut a, &waker).is_ready());
    }
    assert_eq!(count.get(), 0);
    assert!(poll_write(&mut b, &waker).is_pending());
    assert_eq!(count.get(), 1, "it must run again");
}

#[test]
fn a_simplex_can_be_in_one_piece_or_in_two() {
    let mut one = SimplexStream::new_unsplit(4);
    block_on(one.write_all(b"ab")).unwrap();
    assert_eq!(block_on(one.read_u16()).unwrap(), 0x6162);
    let (mut reader, mut writer) = simplex(4);
    assert_eq!(block_on(writer.write(b"abcdef")).unwrap(), 4);
    assert!(poll_once(writer.write(b"ef")).is_pending());
    assert!(writer.is_write_vectored());
    block_on(writer.shutdown()).unwrap();
    let mut text = String::new();
    block_on(reader.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "abcd");
}

#[test]
#[should_panic(expected = "`max_buf_size` must be greater than 0")]
fn a_pipe_needs_room() {
    duplex(0);
}

#[test]
fn two_threads_pass_bytes_in_order() {
    let (mut a, mut b) = duplex(7);
    let all: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
    let expected = all.clone();
    let writer = thread::spawn(move || block_on(async { a.write_all(&all).await }));
    let mut got = Vec::new();
    block_on(b.read_to_end(&mut got)).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(got, expected);
}
