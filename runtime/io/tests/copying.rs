//! `copy`, `copy_buf`, `copy_bidirectional`.

use super::*;
use crate::budget;
use crate::io::{
    AsyncReadExt, AsyncWriteExt, BufReader, copy, copy_bidirectional,
    copy_bidirectional_with_sizes, copy_buf, duplex, empty, join, repeat, sink,
};
use std::io::ErrorKind;

fn data(bytes: &[u8]) -> Step {
    Step::Data(bytes.to_vec())
}

#[test]
fn a_copy_that_never_waits_yields() {
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    let (mut reader, mut writer) = (repeat(0), sink());
    let mut endless = pin!(copy(&mut reader, &mut writer));
    let full = budget::start();
    assert!(endless.as_mut().poll(&mut cx).is_pending());
    assert_eq!(count.get(), 1, "it must run again");
    drop(full);
    let (mut reader, mut writer) = (crate::io::BufReader::new(repeat(0)), Vec::new());
    let mut endless = pin!(copy_buf(&mut reader, &mut writer));
    let _full = budget::start();
    assert!(endless.as_mut().poll(&mut cx).is_pending());
    assert_eq!(count.get(), 2);
}

/// Streams without a budget of their own: the copy has one.
#[test]
fn a_copy_charges_the_budget_itself() {
    let mut reader = Script::reads(vec![data(b"a"); 1000]);
    let mut writer = Script::writes(vec![Step::Take(1); 1000]);
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    let mut copying = pin!(copy(&mut reader, &mut writer));
    let mut polls = 1;
    loop {
        let _full = budget::start();
        match copying.as_mut().poll(&mut cx) {
            Poll::Ready(copied) => break assert_eq!(copied.unwrap(), 1000),
            Poll::Pending => polls += 1,
        }
    }
    assert_eq!(count.get(), polls - 1);
    assert!(polls > 5, "{polls} polls");
}

#[test]
fn a_copy_that_waits_costs_nothing() {
    let (mut reader, _other) = duplex(8);
    let mut writer = sink();
    let mut waiting = Box::pin(copy(&mut reader, &mut writer));
    let _full = budget::start();
    for _ in 0..1000 {
        assert!(poll_once(&mut waiting).is_pending());
    }
    let left = (0..1000).take_while(|_| {
        let spent = budget::poll_proceed(&Context::from_waker(Waker::noop()));
        spent.map(budget::Spent::made_progress).is_ready()
    });
    assert_eq!(left.count(), usize::from(budget::POLL_BUDGET));
}

#[test]
fn the_writer_is_flushed_before_the_reader_makes_it_wait() {
    let steps = || [data(b"ab"), Step::Pending, data(b"c"), Step::Pending];
    let (mut reader, mut writer) = (Script::reads(steps()), Script::default());
    assert_eq!(block_on(copy(&mut reader, &mut writer)).unwrap(), 3);
    assert_eq!(writer.flushed, [2, 3, 3]);
    let (mut reader, mut writer) = (BufReader::new(Script::reads(steps())), Script::default());
    assert_eq!(block_on(copy_buf(&mut reader, &mut writer)).unwrap(), 3);
    assert_eq!(writer.flushed, [2, 3, 3]);
    assert_eq!(writer.shutdowns, 0);
}

/// A terminal would wait for a second end.
#[test]
fn the_end_is_asked_for_once() {
    let bytes = || Script::reads([data(b"abc")]);
    let slow = || Slow(3);
    let mut reader = bytes();
    assert_eq!(block_on(copy(&mut reader, &mut slow())).unwrap(), 3);
    assert_eq!(reader.reads_at_end, 1);
    let mut reader = BufReader::new(bytes());
    assert_eq!(block_on(copy_buf(&mut reader, &mut slow())).unwrap(), 3);
    assert_eq!(reader.get_ref().reads_at_end, 1);
}

/// Takes all, and is so many polls behind when it is flushed.
struct Slow(usize);

impl AsyncWrite for Slow {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_done = self.0 == 0;
        self.0 = self.0.saturating_sub(1);
        if is_done {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    let mut writer = Script::writes([Step::Take(1), Step::Take(0)]);
    let error = block_on(copy(&mut &b"abc"[..], &mut writer)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
    assert_eq!(error.to_string(), "write zero byte into writer");
    let mut writer = Script::writes([Step::Take(1), Step::Take(0)]);
    let mut reader: &[u8] = b"abc";
    let error = block_on(copy_buf(&mut reader, &mut writer)).unwrap_err();
    assert_eq!((error.kind(), reader), (ErrorKind::WriteZero, &b"bc"[..]));
}

#[test]
fn a_slow_writer_does_not_keep_the_reader_from_being_read() {
    let mut reader = Script::reads([data(b"a"), data(b"b"), data(b"c")]);
    let mut writer = Script::writes([Step::Pending]);
    assert!(poll_once(copy(&mut reader, &mut writer)).is_pending());
    assert!(reader.reads.is_empty());
}

#[test]
fn errors_end_a_copy() {
    let mut reader = Script::reads([data(b"a"), Step::Fail(ErrorKind::ConnectionReset)]);
    let error = block_on(copy(&mut reader, &mut sink())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let mut writer = Script::writes([Step::Fail(ErrorKind::BrokenPipe)]);
    let error = block_on(copy(&mut &b"abc"[..], &mut writer)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

/// When one side ends, the other hears of it and can still answer.
#[test]
fn one_side_ends_first() {
    let (mut client, mut front) = duplex(4);
    let (mut back, mut server) = duplex(4);
    let proxy = thread::spawn(move || block_on(copy_bidirectional(&mut front, &mut back)));
    let server = thread::spawn(move || {
        block_on(async {
            let mut question = String::new();
            server.read_to_string(&mut question).await.unwrap();
            server.write_all(b"the answer").await.unwrap();
            question
        })
    });
    let answer = block_on(async {
        client.write_all(b"a long question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    });
    assert_eq!(answer, "the answer");
    assert_eq!(server.join().unwrap(), "a long question");
    assert_eq!(proxy.join().unwrap().unwrap(), (15, 10));
}

#[test]
fn the_writers_are_shut_down_once_each_when_their_reader_ends() {
    let scripts = || {
        let b = [Step::Pending, Step::Pending, data(b"d")];
        (Script::reads([data(b"abc")]), Script::reads(b))
    };
    let (mut a, mut b) = scripts();
    let mut both = Box::pin(copy_bidirectional(&mut a, &mut b));
    assert!(poll_once(&mut both).is_pending());
    assert!(poll_once(&mut both).is_pending());
    drop(both);
    assert_eq!((a.shutdowns, b.shutdowns), (0, 1));

    let (mut a, mut b) = scripts();
    assert_eq!(
        block_on(copy_bidirectional(&mut a, &mut b)).unwrap(),
        (3, 1)
    );
    assert_eq!((a.shutdowns, b.shutdowns), (1, 1));
    assert_eq!(
        (a.written.as_slice(), b.written.as_slice()),
        (&b"d"[..], &b"abc"[..])
    );
}

#[test]
fn neither_direction_waits_for_the_other() {
    for swapped in [false, true] {
        let mut waiting = Script::reads([Step::Pending]);
        let mut ready = Script::reads([data(b"abc"), Step::Pending]);
        let polled = if swapped {
            poll_once(copy_bidirectional(&mut ready, &mut waiting)).is_pending()
        } else {
            poll_once(copy_bidirectional(&mut waiting, &mut ready)).is_pending()
        };
        assert!(polled);
        assert_eq!(waiting.written, b"abc");
    }
}

#[test]
fn the_first_error_ends_both_directions() {
    let mut a = Script::reads([Step::Pending, Step::Pending]);
    let mut b = Script::reads([Step::Fail(ErrorKind::ConnectionReset)]);
    let error = block_on(copy_bidirectional(&mut a, &mut b)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
#[should_panic(expected = "`b_to_a_buf_size` must be greater than 0")]
fn a_copy_needs_a_buffer() {
    drop(copy_bidirectional_with_sizes(
        &mut empty(),
        &mut empty(),
        1,
        0,
    ));
}

proptest! {
    #[test]
    fn copies_are_complete(bytes in text(), cuts in cuts(), steps in write_steps()) {
        let mut reader = Script::reads(cut(bytes.clone(), &cuts));
        let mut writer = Script::writes(steps.clone());
        let copied = block_on(copy(&mut reader, &mut writer)).unwrap();
        prop_assert_eq!((copied, &writer.written), (bytes.len() as u64, &bytes));

        let mut reader = BufReader::with_capacity(5, Script::reads(cut(bytes.clone(), &cuts)));
        let mut writer = Script::writes(steps.clone());
        let copied = block_on(copy_buf(&mut reader, &mut writer)).unwrap();
        prop_assert_eq!((copied, &writer.written), (bytes.len() as u64, &bytes));

        let mut a = join(Script::reads(cut(bytes.clone(), &cuts)), Script::writes(steps.clone()));
        let mut b = join(Script::reads(cut(bytes.clone(), &cuts)), Script::writes(steps));
        let both = block_on(copy_bidirectional_with_sizes(&mut a, &mut b, 3, 7)).unwrap();
        prop_assert_eq!(both, (bytes.len() as u64, bytes.len() as u64));
        prop_assert_eq!(&a.writer().written, &bytes);
        prop_assert_eq!(&b.writer().written, &bytes);
    }
}
