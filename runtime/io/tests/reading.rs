//! `AsyncReadExt`, `Take`, `Chain`, and the impls of `AsyncRead` for what std has.

use super::*;
use crate::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use std::io::{Cursor, ErrorKind};

fn data(bytes: &[u8]) -> Step {
    Step::Data(bytes.to_vec())
}

#[test]
fn read_exact_goes_on_after_a_wait_and_an_interruption() {
    let mut stream = Script::reads([
        data(b"ab"),
        Step::Pending,
        Step::Fail(ErrorKind::Interrupted),
        data(b"cde"),
    ]);
    let mut buf = [0; 4];
    assert_eq!(block_on(stream.read_exact(&mut buf)).unwrap(), 4);
    assert_eq!(&buf, b"abcd");
    assert_eq!(block_on(stream.read(&mut buf)).unwrap(), 1);
}

#[test]
fn read_exact_says_that_the_stream_ended() {
    let error = block_on(b"abc".as_slice().read_exact(&mut [0; 4])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(error.to_string(), "early eof");
    let error = block_on(b"abc".as_slice().read_u32()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(
        error.get_ref().is_none(),
        "a number's has no text of its own"
    );
    assert_eq!(block_on(b"".as_slice().read_exact(&mut [])).unwrap(), 0);
}

#[test]
fn read_passes_an_interruption_on() {
    let mut stream = Script::reads([Step::Fail(ErrorKind::Interrupted), data(b"a")]);
    let error = block_on(stream.read(&mut [0; 4])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(block_on(stream.read(&mut [0; 4])).unwrap(), 1);
}

macro_rules! numbers_round_trip {
    ($($number:ident: $write:ident $read:ident $write_le:ident $read_le:ident;)*) => {$(
        #[test]
        fn $number() {
            let n = $number::from_be_bytes(std::array::from_fn(|i| 0x41 + i as u8));
            let cuts: Vec<_> = [(1, 0); 16].into_iter().collect();

            let mut out = Script::writes([Step::Take(1), Step::Pending, Step::Take(2)]);
            block_on(out.$write(n)).unwrap();
            assert_eq!(out.written, n.to_be_bytes());
            let mut input = Script::reads(cut(out.written, &cuts));
            assert_eq!(block_on(input.$read()).unwrap(), n);

            let mut out = Script::writes([Step::Take(1), Step::Pending, Step::Take(2)]);
            block_on(out.$write_le(n)).unwrap();
            assert_eq!(out.written, n.to_le_bytes());
            let mut input = Script::reads(cut(out.written, &cuts));
            assert_eq!(block_on(input.$read_le()).unwrap(), n);
        }
    )*};
}

mod numbers_round_trip {
    use super::*;
    numbers_round_trip! {
        u8: write_u8 read_u8 write_u8 read_u8;
        i8: write_i8 read_i8 write_i8 read_i8;
        u16: write_u16 read_u16 write_u16_le read_u16_le;
        i16: write_i16 read_i16 write_i16_le read_i16_le;
        u32: write_u32 read_u32 write_u32_le read_u32_le;
        i32: write_i32 read_i32 write_i32_le read_i32_le;
        u64: write_u64 read_u64 write_u64_le read_u64_le;
        i64: write_i64 read_i64 write_i64_le read_i64_le;
        u128: write_u128 read_u128 write_u128_le read_u128_le;
        i128: write_i128 read_i128 write_i128_le read_i128_le;
        f32: write_f32 read_f32 write_f32_le read_f32_le;
        f64: write_f64 read_f64 write_f64_le read_f64_le;
    }
}

#[test]
fn read_to_end_does_not_grow_a_vec_of_the_right_size() {
    let mut buf = Vec::with_capacity(5);
    let capacity = buf.capacity();
    block_on([7; 5].as_slice().read_to_end(&mut buf)).unwrap();
    assert_eq!((buf.len(), buf.capacity()), (5, capacity));
    let mut nothing = Vec::new();
    block_on(b"".as_slice().read_to_end(&mut nothing)).unwrap();
    assert_eq!(nothing.capacity(), 0);
}

#[test]
fn read_to_end_keeps_what_came_before_an_error() {
    let mut stream = Script::reads([data(b"abc"), Step::Fail(ErrorKind::Other)]);
    let mut buf = b"0".to_vec();
    assert!(block_on(stream.read_to_end(&mut buf)).is_err());
    assert_eq!(buf, b"0abc");
}

#[test]
fn read_to_end_reads_much() {
    let much: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    let mut buf = Vec::new();
    let mut stream = Script::reads([Step::Data(much.clone())]);
    assert_eq!(block_on(stream.read_to_end(&mut buf)).unwrap(), much.len());
    assert_eq!(buf, much);
    assert!(buf.capacity() < 4 * much.len());
}

#[test]
fn read_to_string_restores_the_string() {
    // Not UTF-8.
    let mut text = String::from("é");
    let error = block_on(b"ab\xff".as_slice().read_to_string(&mut text)).unwrap_err();
    assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "é"));
    // An error of the stream.
    let mut stream = Script::reads([data(b"ab"), Step::Fail(ErrorKind::Other)]);
    let error = block_on(stream.read_to_string(&mut text)).unwrap_err();
    assert_eq!((error.kind(), text.as_str()), (ErrorKind::Other, "é"));
    // Cancelled.
    let mut stream = Script::reads([data(b"ab"), Step::Pending]);
    let mut read = Box::pin(stream.read_to_string(&mut text));
    assert!(poll_once(&mut read).is_pending());
    drop(read);
    assert_eq!(text, "é");
    // Completed.
    block_on(stream.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "é");
}

#[test]
fn take_ends_without_asking_the_reader() {
    let stream = Script::reads([data(b"abcd"), Step::Pending, data(b"e")]);
    let mut taken = stream.take(4);
    let mut buf = Vec::new();
    block_on(taken.read_to_end(&mut buf)).unwrap();
    assert_eq!((buf.as_slice(), taken.limit()), (&b"abcd"[..], 0));
    assert_eq!(taken.get_ref().reads.len(), 2, "asked at its end");
    taken.set_limit(1);
    assert_eq!(block_on(taken.read_u8()).unwrap(), b'e');
    assert!(block_on(taken.read_u8()).is_err());
}

#[test]
fn take_lends_no_more_than_its_limit() {
    let mut taken = b"abcdef".as_slice().take(4);
    assert_eq!(block_on(taken.fill_buf()).unwrap(), b"abcd");
    taken.consume(3);
    assert_eq!(block_on(taken.fill_buf()).unwrap(), b"d");
    taken.consume(9);
    assert!(block_on(taken.fill_buf()).unwrap().is_empty());
    assert_eq!(taken.into_inner(), b"ef");
}

#[test]
fn take_of_everything_has_no_limit() {
    let mut buf = Vec::new();
    block_on(b"abc".as_slice().take(u64::MAX).read_to_end(&mut buf)).unwrap();
    assert_eq!(buf, b"abc");
}

#[test]
fn chain_does_not_take_a_full_buffer_for_the_end() {
    let mut both = b"ab".as_slice().chain(b"cd".as_slice());
    assert_eq!(block_on(both.read(&mut [])).unwrap(), 0);
    let mut text = String::new();
    block_on(both.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "abcd");
}

#[test]
fn chain_lends_the_first_then_the_second() {
    let mut both = b"ab".as_slice().chain(b"cd".as_slice());
    let mut buf = Vec::new();
    block_on(both.read_until(b'c', &mut buf)).unwrap();
    assert_eq!(buf, b"abc");
    assert_eq!(both.into_inner(), (&b""[..], &b"d"[..]));
}

#[test]
fn cursor_past_its_end_is_at_the_end() {
    let mut cursor = Cursor::new(b"abc");
    cursor.set_position(u64::MAX);
    assert_eq!(block_on(cursor.read(&mut [0; 4])).unwrap(), 0);
    assert!(block_on(cursor.fill_buf()).unwrap().is_empty());
}

#[test]
fn cursor_seeks_like_std() {
    let mut cursor = Cursor::new(b"abcdef");
    assert_eq!(block_on(cursor.seek(SeekFrom::End(-1))).unwrap(), 5);
    assert_eq!(block_on(cursor.read_u8()).unwrap(), b'f');
    assert!(block_on(cursor.seek(SeekFrom::Current(-7))).is_err());
    block_on(cursor.rewind()).unwrap();
    assert_eq!(block_on(cursor.stream_position()).unwrap(), 0);
}

#[test]
fn boxed_and_pinned_readers_read() {
    let mut boxed: Box<dyn AsyncRead + Unpin> = Box::new(&b"ab"[..]);
    assert_eq!(block_on(boxed.read_u8()).unwrap(), b'a');
    let mut pinned: Pin<Box<dyn AsyncRead>> = Box::pin(&b"ab"[..]);
    assert_eq!(block_on(pinned.read_u8()).unwrap(), b'a');
}

#[test]
fn fill_buf_waits_and_lends() {
    let stream = Script::reads([Step::Pending, data(b"abc")]);
    let mut reader = crate::io::BufReader::new(stream);
    assert_eq!(block_on(reader.fill_buf()).unwrap(), b"abc");
    reader.consume(3);
    assert!(block_on(reader.fill_buf()).unwrap().is_empty());
    assert_eq!(
        reader.get_ref().reads_at_end,
        1,
        "the end was asked for twice"
    );
}

proptest! {
    #[test]
    fn read_to_end_is_the_whole_stream(
        before in text(), bytes in text(), cuts in cuts(), spare in 0_usize..70,
    ) {
        let mut buf = before.clone();
        buf.reserve_exact(spare);
        let mut stream = Script::reads(cut(bytes.clone(), &cuts));
        prop_assert_eq!(block_on(stream.read_to_end(&mut buf)).unwrap(), bytes.len());
        prop_assert_eq!(buf, [before, bytes].concat());
    }

    #[test]
    fn take_and_chain_are_like_std(a in text(), b in text(), cuts in cuts(), limit in 0_u64..90) {
        use std::io::Read;
        let mut expected = Vec::new();
        Read::take(Read::chain(&a[..], &b[..]), limit).read_to_end(&mut expected).unwrap();
        let first = Script::reads(cut(a, &cuts));
        let second = Script::reads(cut(b, &cuts));
        let mut buf = Vec::new();
        block_on(first.chain(second).take(limit).read_to_end(&mut buf)).unwrap();
        prop_assert_eq!(buf, expected);
    }
}

/// Sets two bytes more than it fills, and counts those that it found unset.
struct Setting {
    reads: usize,
    found_unset: usize,
}

impl AsyncRead for Setting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let set = buf.initialized().len() - buf.filled().len();
        self.found_unset += 2_usize.saturating_sub(set);
        buf.initialize_unfilled_to(3.min(buf.remaining()));
        self.reads += 1;
        if self.reads % 2 == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.reads < 20 {
            buf.advance(1);
        }
        Poll::Ready(Ok(()))
    }
}

/// RB4. Also over a `Pending`; only a vector that grew has to be set anew.
#[test]
fn read_to_end_remembers_what_is_set() {
    let mut reader = Setting {
        reads: 0,
        found_unset: 0,
    };
    let mut vec = Vec::with_capacity(64);
    assert_eq!(block_on(reader.read_to_end(&mut vec)).unwrap(), 10);
    assert_eq!(reader.found_unset, 2);
}
