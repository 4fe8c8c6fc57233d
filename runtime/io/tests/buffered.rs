//! `BufReader`, `BufWriter`, `BufStream`: against std's, or against the bytes themselves.

use super::*;
use crate::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter,
};
use std::io::{Cursor, ErrorKind, IoSlice, Read, Seek};

#[test]
fn a_large_read_goes_past_the_buffer() {
    let mut reader = BufReader::with_capacity(4, &b"abcdefgh"[..]);
    assert_eq!(block_on(reader.read(&mut [0; 6])).unwrap(), 6);
    assert!(reader.buffer().is_empty());
    assert_eq!(block_on(reader.read(&mut [0; 1])).unwrap(), 1);
    assert_eq!(reader.buffer(), b"h");
}

#[test]
fn consume_stops_at_what_is_there() {
    let mut reader = BufReader::with_capacity(4, &b"abcdefgh"[..]);
    block_on(reader.fill_buf()).unwrap();
    reader.consume(usize::MAX);
    assert_eq!(block_on(reader.fill_buf()).unwrap(), b"efgh");
}

#[test]
#[should_panic(expected = "capacity must be greater than zero")]
fn a_reader_needs_a_buffer() {
    let _ = BufReader::with_capacity(0, &b""[..]);
}

#[test]
fn a_seek_further_than_i64_is_two_seeks() {
    /// Notes the seeks it is asked for.
    struct Far(Vec<SeekFrom>);
    impl AsyncRead for Far {
        fn poll_read(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            buf.put_slice(b"abcd");
            Poll::Ready(Ok(()))
        }
    }
    impl AsyncSeek for Far {
        fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
            self.0.push(position);
            Ok(())
        }
        fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
            Poll::Ready(Ok(0))
        }
    }
    let mut reader = BufReader::new(Far(Vec::new()));
    block_on(reader.read_u8()).unwrap();
    block_on(reader.seek(SeekFrom::Current(i64::MIN))).unwrap();
    let asked = [SeekFrom::Current(-3), SeekFrom::Current(i64::MIN)];
    assert_eq!(reader.into_inner().0, asked);
}

#[test]
fn a_writer_keeps_what_it_could_not_write() {
    let script = Script::writes([Step::Take(2), Step::Fail(ErrorKind::Other)]);
    let mut writer = BufWriter::new(script);
    block_on(writer.write_all(b"abcd")).unwrap();
    assert!(block_on(writer.flush()).is_err());
    assert_eq!(writer.buffer(), b"cd");
    block_on(writer.flush()).unwrap();
    assert_eq!(writer.get_ref().written, b"abcd");
    assert_eq!(writer.get_ref().flushed, [4]);
}

#[test]
fn a_cancelled_flush_goes_on() {
    let script = Script::writes([Step::Take(2), Step::Pending]);
    let mut writer = BufWriter::with_capacity(4, script);
    block_on(writer.write_all(b"abcd")).unwrap();
    assert!(poll_once(writer.flush()).is_pending());
    block_on(writer.write_all(b"ef")).unwrap();
    block_on(writer.shutdown()).unwrap();
    assert_eq!(writer.get_ref().written, b"abcdef");
    assert_eq!(writer.get_ref().shutdowns, 1);
}

#[test]
fn a_flush_into_a_full_writer_is_an_error() {
    let mut writer = BufWriter::new(Script::writes([Step::Take(0)]));
    block_on(writer.write_all(b"abcd")).unwrap();
    let error = block_on(writer.flush()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
    assert_eq!(error.to_string(), "failed to write the buffered data");
}

#[test]
fn a_large_write_goes_past_the_buffer() {
    let mut writer = BufWriter::with_capacity(4, Script::default());
    block_on(writer.write_all(b"ab")).unwrap();
    assert_eq!(block_on(writer.write(b"cdef")).unwrap(), 4);
    assert!(writer.buffer().is_empty());
    assert_eq!(writer.get_ref().written, b"abcdef");
}

#[test]
fn a_writer_is_written_out_before_it_seeks() {
    let mut writer = BufWriter::new(Cursor::new(Vec::new()));
    block_on(writer.write_all(b"abcd")).unwrap();
    assert_eq!(block_on(writer.seek(SeekFrom::Start(1))).unwrap(), 1);
    block_on(writer.write_all(b"X")).unwrap();
    block_on(writer.flush()).unwrap();
    assert_eq!(writer.into_inner().into_inner(), b"aXcd");
}

#[test]
fn a_stream_keeps_both_buffers_when_they_change_places() {
    let mut inner = BufReader::new(Script::reads([Step::Data(b"ab".to_vec())]));
    block_on(inner.read_u8()).unwrap();
    let mut outer = BufWriter::new(inner);
    block_on(outer.write_all(b"cd")).unwrap();
    let mut stream = BufStream::from(outer);
    assert_eq!(block_on(stream.read_u8()).unwrap(), b'b');
    block_on(stream.flush()).unwrap();
    assert_eq!(stream.into_inner().written, b"cd");
}

proptest! {
    #[test]
    fn small_reads_give_the_whole_stream(
        bytes in text(), cuts in cuts(), capacity in 1_usize..12,
        sizes in prop::collection::vec(1_usize..16, 1..8),
    ) {
        let steps = cut(bytes.clone(), &cuts);
        let mut reader = BufReader::with_capacity(capacity, Script::reads(steps));
        let mut all = Vec::new();
        for size in sizes.iter().cycle() {
            let mut buf = vec![0; *size];
            match block_on(reader.read(&mut buf)) {
                Ok(0) => break,
                Ok(read) => all.extend_from_slice(&buf[..read]),
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Interrupted),
            }
        }
        prop_assert_eq!(all, bytes);
    }

    #[test]
    fn seeks_are_like_std(
        capacity in 1_usize..12,
        ops in prop::collection::vec((0_usize..6, -9_i64..9), 0..20),
    ) {
        let bytes: Vec<u8> = (0..40).collect();
        let mut ours = BufReader::with_capacity(capacity, Cursor::new(bytes.clone()));
        let mut stds = Cursor::new(bytes);
        for (size, by) in ops {
            let (mut a, mut b) = (vec![0; size], vec![0; size]);
            let read = block_on(ours.read_exact(&mut a)).is_ok();
            prop_assert_eq!(read, Read::read_exact(&mut stds, &mut b).is_ok());
            if !read {
                break;
            }
            prop_assert_eq!(a, b);
            let to = SeekFrom::Current(by);
            let position = block_on(AsyncSeekExt::seek(&mut ours, to)).map_err(|e| e.kind());
            prop_assert_eq!(position, Seek::seek(&mut stds, to).map_err(|e| e.kind()));
        }
    }

    #[test]
    fn small_writes_arrive_in_order(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..10), 0..20),
        capacity in 0_usize..12, vectored in any::<bool>(), together in 1_usize..4,
        steps in write_steps(),
    ) {
        let script = Script { vectored, ..Script::writes(steps) };
        let mut writer = BufWriter::with_capacity(capacity, script);
        let mut expected = Vec::new();
        for group in pieces.chunks(together) {
            let slices: Vec<_> = group.iter().map(|piece| IoSlice::new(piece)).collect();
            // An interruption took nothing: again.
            let written = loop {
                match block_on(writer.write_vectored(&slices)) {
                    Ok(written) => break written,
                    Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Interrupted),
                }
            };
            let all = group.concat();
            prop_assert!(written > 0 || all.is_empty());
            expected.extend_from_slice(&all[..written]);
            block_on(writer.write_all(&all[written..])).unwrap();
            expected.extend_from_slice(&all[written..]);
            prop_assert!(writer.buffer().len() <= capacity);
        }
        block_on(writer.flush()).unwrap();
        prop_assert_eq!(&writer.get_ref().written, &expected);
    }
}
