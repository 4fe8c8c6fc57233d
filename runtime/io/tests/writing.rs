//! `AsyncWriteExt`, and the impls of `AsyncWrite` for what std has.

use super::*;
use crate::io::AsyncWriteExt;
use std::io::{Cursor, ErrorKind, IoSlice};

#[test]
fn write_all_goes_on_after_a_wait_and_an_interruption() {
    let mut stream = Script::writes([
        Step::Take(2),
        Step::Pending,
        Step::Fail(ErrorKind::Interrupted),
    ]);
    block_on(stream.write_all(b"abcde")).unwrap();
    assert_eq!(stream.written, b"abcde");
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    for kind in 0..3 {
        let mut stream = Script::writes([Step::Take(1), Step::Take(0)]);
        let error = match kind {
            0 => block_on(stream.write_all(b"abc")),
            1 => block_on(stream.write_u32(7)),
            _ => block_on(stream.write_all_buf(&mut &b"abc"[..])),
        };
        assert_eq!(error.unwrap_err().kind(), ErrorKind::WriteZero);
    }
    block_on(Script::writes([Step::Take(0)]).write_all(b"")).unwrap();
}

#[test]
fn write_all_buf_goes_on_where_it_was_cancelled() {
    let mut stream = Script::writes([Step::Take(2), Step::Pending]);
    let mut rest: &[u8] = b"abcde";
    let mut write = Box::pin(stream.write_all_buf(&mut rest));
    assert!(poll_once(&mut write).is_pending());
    assert_eq!(rest, b"cde");
    block_on(stream.write_all_buf(&mut rest)).unwrap();
    assert_eq!((stream.written.as_slice(), rest), (&b"abcde"[..], &b""[..]));
}

#[test]
fn write_buf_writes_pieces_together_if_the_writer_can() {
    use bytes::Buf;
    for vectored in [true, false] {
        let mut stream = Script {
            vectored,
            ..Script::default()
        };
        let mut pieces = (&b"ab"[..]).chain(&b"cd"[..]);
        let written = block_on(stream.write_buf(&mut pieces)).unwrap();
        assert_eq!(written, if vectored { 4 } else { 2 });
        assert_eq!(pieces.remaining(), 4 - written);
        block_on(stream.write_all_buf(&mut pieces)).unwrap();
        assert_eq!(stream.written, b"abcd");
        assert_eq!(block_on(stream.write_buf(&mut pieces)).unwrap(), 0);
    }
}

#[test]
fn the_default_writes_the_first_piece_that_is_not_empty() {
    struct Plain(Vec<u8>);
    impl AsyncWrite for Plain {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.extend_from_slice(buf);
            Poll::Ready(Ok(buf.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let mut plain = Plain(Vec::new());
    let pieces = [IoSlice::new(b""), IoSlice::new(b"ab"), IoSlice::new(b"c")];
    assert_eq!(block_on(plain.write_vectored(&pieces)).unwrap(), 2);
    assert_eq!(block_on(plain.write_vectored(&[])).unwrap(), 0);
    assert_eq!(plain.0, b"ab");
}

#[test]
fn memory_takes_what_fits() {
    let mut memory = [0; 3];
    let mut cursor = Cursor::new(&mut memory[..]);
    let error = block_on(cursor.write_all(b"abcd")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
    assert_eq!(&memory, b"abc");

    let mut boxed = Cursor::new(vec![0; 2].into_boxed_slice());
    assert_eq!(block_on(boxed.write(b"abc")).unwrap(), 2);

    let mut vec = Cursor::new(b"....".to_vec());
    vec.set_position(2);
    let pieces = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
    assert_eq!(block_on(vec.write_vectored(&pieces)).unwrap(), 4);
    assert_eq!(vec.into_inner(), b"..abcd");

    let mut array = Cursor::new([0; 2]);
    block_on(array.write_all(b"ab")).unwrap();
    block_on(array.flush()).unwrap();
    block_on(array.shutdown()).unwrap();
    assert_eq!(&array.into_inner(), b"ab");
}

#[test]
fn flush_and_shutdown_reach_the_writer_through_a_box_and_a_pin() {
    let mut stream = Script::default();
    {
        let mut boxed: Box<dyn AsyncWrite + Unpin + '_> = Box::new(&mut stream);
        block_on(boxed.write_all(b"ab")).unwrap();
        block_on(boxed.flush()).unwrap();
        let mut pinned: Pin<&mut (dyn AsyncWrite + Unpin)> = Pin::new(&mut *boxed);
        block_on(pinned.shutdown()).unwrap();
        assert!(!pinned.is_write_vectored());
    }
    assert_eq!((stream.flushed, stream.shutdowns), (vec![2], 1));
}

proptest! {
    #[test]
    fn write_all_writes_all(bytes in text(), steps in write_steps()) {
        let mut stream = Script::writes(steps.clone());
        block_on(stream.write_all(&bytes)).unwrap();
        prop_assert_eq!(&stream.written, &bytes);

        let mut stream = Script::writes(steps);
        let mut left = &bytes[..];
        block_on(stream.write_all_buf(&mut left)).unwrap();
        prop_assert_eq!(&stream.written, &bytes);
    }
}
