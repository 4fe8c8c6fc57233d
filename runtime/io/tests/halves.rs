//! `split` and `join`.

use super::*;
use crate::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, duplex, join, simplex, split};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

#[test]
fn halves_know_each_other() {
    let (reader, writer) = split(Script::default());
    let (other_reader, other_writer) = split(Script::default());
    assert!(reader.is_pair_of(&writer) && writer.is_pair_of(&reader));
    assert!(!reader.is_pair_of(&other_writer) && !writer.is_pair_of(&other_reader));
    assert_eq!(
        format!("{reader:?} {writer:?}"),
        "ReadHalf { .. } WriteHalf { .. }"
    );
}

#[test]
#[should_panic(expected = "Unrelated `split::Write`")]
fn unsplit_refuses_a_stranger() {
    let (reader, _writer) = split(Script::default());
    let (_reader, writer) = split(Script::default());
    reader.unsplit(writer);
}

#[test]
fn unsplit_gives_the_stream_back() {
    let (mut reader, mut writer) = split(Script::reads([Step::Data(b"ab".to_vec())]));
    block_on(writer.write_all(b"cd")).unwrap();
    assert_eq!(block_on(reader.read_u8()).unwrap(), b'a');
    let mut script = reader.unsplit(writer);
    assert_eq!(script.written, b"cd");
    assert_eq!(block_on(script.read_u8()).unwrap(), b'b');
}

type Halves = (ReadHalf<Nested>, WriteHalf<Nested>);

/// A stream whose read polls a write through the other half, and which then may panic.
struct Nested {
    halves: Rc<RefCell<Option<Halves>>>,
    waker: Waker,
    panics: bool,
}

impl AsyncRead for Nested {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut halves = self.halves.borrow_mut().take().unwrap();
        let mut cx = Context::from_waker(&self.waker);
        let write = Pin::new(&mut halves.1).poll_write(&mut cx, b"x");
        assert!(write.is_pending(), "the stream is in use");
        *self.halves.borrow_mut() = Some(halves);
        assert!(!self.panics, "as told");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Nested {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A half that finds the stream in use waits, is woken when it is back, and nothing is left
/// behind; also when the other half panicked.
#[test]
fn a_half_waits_for_the_other() {
    for panics in [false, true] {
        let (count, waker) = Count::new();
        let halves = Rc::new(RefCell::new(None));
        let (mut reader, writer) = split(Nested {
            halves: Rc::clone(&halves),
            waker: waker.clone(),
            panics,
        });
        let (spare, _) = split(Nested {
            halves: Rc::default(),
            waker: waker.clone(),
            panics,
        });
        *halves.borrow_mut() = Some((spare, writer));
        let held = Arc::strong_count(&count);
        let mut buf = [0; 4];
        let mut read = Box::pin(reader.read(&mut buf));
        let outcome = catch_unwind(AssertUnwindSafe(|| poll_once(&mut read)));
        assert_eq!(outcome.is_err(), panics);
        assert_eq!(count.get(), 1);
        assert_eq!(Arc::strong_count(&count), held, "a waker was left behind");
        let (_spare, mut writer) = halves.borrow_mut().take().unwrap();
        assert_eq!(block_on(writer.write(b"xy")).unwrap(), 2);
    }
}

/// The waker of a half that found the stream in use may use that half when it is woken.
#[test]
fn a_waiting_half_may_be_used_as_it_is_woken() {
    let halves: Rc<RefCell<Option<Halves>>> = Rc::default();
    let inside = Rc::clone(&halves);
    let writes = Rc::new(RefCell::new(0));
    let written = Rc::clone(&writes);
    let waker = striking::waker(move |what| {
        if let (Some((_, writer)), "wake") = (&mut *inside.borrow_mut(), what) {
            *written.borrow_mut() += u32::from(poll_once(writer.write(b"x")).is_ready());
        }
    });
    let nested = |halves: &Rc<RefCell<Option<Halves>>>| Nested {
        halves: Rc::clone(halves),
        waker: waker.clone(),
        panics: false,
    };
    let (mut reader, writer) = split(nested(&halves));
    let (spare, _) = split(nested(&Rc::default()));
    *halves.borrow_mut() = Some((spare, writer));
    assert!(poll_once(reader.read(&mut [0; 4])).is_ready());
    striking::stop();
    assert_eq!(*writes.borrow(), 1);
    halves.borrow_mut().take();
}

/// A waker may use the other half while it is woken, cloned or dropped.
#[test]
fn r33_a_waker_may_use_the_other_half() {
    let (reader, writer) = simplex(4);
    let halves = Rc::new(RefCell::new((Some(reader), Some(writer))));
    let inside = Rc::clone(&halves);
    let waker = striking::waker(move |_| {
        // Whichever half is not in use just now.
        let mut halves = inside.borrow_mut();
        if let Some(writer) = &mut halves.1 {
            let _ = poll_once(writer.write(b"ab"));
        }
        if let Some(reader) = &mut halves.0 {
            let _ = poll_once(reader.read(&mut [0; 1]));
        }
    });
    let mut cx = Context::from_waker(&waker);
    for _ in 0..20 {
        let mut reader = halves.borrow_mut().0.take().unwrap();
        let _ = pin!(reader.read(&mut [0; 4])).poll(&mut cx);
        halves.borrow_mut().0 = Some(reader);
        let mut writer = halves.borrow_mut().1.take().unwrap();
        let _ = pin!(writer.write(b"cdef")).poll(&mut cx);
        halves.borrow_mut().1 = Some(writer);
    }
    striking::stop();
}

#[test]
fn two_threads_use_the_halves_at_once() {
    const BYTES: u32 = 20_000;
    let (here, there) = duplex(64);
    let (mut here_reader, mut here_writer) = split(here);
    let (mut there_reader, mut there_writer) = split(there);
    let write = |writer: &mut WriteHalf<_>| {
        block_on(async {
            for n in 0..BYTES / 4 {
                writer.write_u32(n).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        });
    };
    let read = |reader: &mut ReadHalf<_>| {
        block_on(async {
            for n in 0..BYTES / 4 {
                assert_eq!(reader.read_u32().await.unwrap(), n);
            }
            assert_eq!(reader.read(&mut [0; 1]).await.unwrap(), 0);
        });
    };
    thread::scope(|scope| {
        scope.spawn(|| write(&mut here_writer));
        scope.spawn(|| write(&mut there_writer));
        scope.spawn(|| read(&mut here_reader));
        scope.spawn(|| read(&mut there_reader));
    });
}

#[test]
fn a_join_reads_from_one_and_writes_to_the_other() {
    let reader = Script::reads([Step::Data(b"ab".to_vec())]);
    let mut both = join(reader, Script::default());
    block_on(both.write_all(b"cd")).unwrap();
    block_on(both.shutdown()).unwrap();
    assert_eq!(block_on(both.read_u16()).unwrap(), 0x6162);
    both.reader_mut().reads.push_back(Step::Data(b"e".to_vec()));
    assert_eq!(block_on(both.read_u8()).unwrap(), b'e');
    let (reader, writer) = both.into_inner();
    assert_eq!((reader.shutdowns, writer.shutdowns), (0, 1));
    assert_eq!((reader.written.len(), writer.written.len()), (0, 2));
}
