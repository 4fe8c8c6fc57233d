//! `AsyncBufReadExt`, `Lines`, `Split`: against std's `BufRead` on the same bytes.

use super::*;
use crate::io::{AsyncBufReadExt, BufReader};
use std::io::{BufRead, ErrorKind};

fn data(bytes: &[u8]) -> Step {
    Step::Data(bytes.to_vec())
}

#[test]
fn a_cancelled_next_line_loses_nothing() {
    let stream = Script::reads([data(b"ab"), Step::Pending, data(b"c\nd")]);
    let mut lines = BufReader::new(stream).lines();
    assert!(poll_once(lines.next_line()).is_pending());
    assert_eq!(block_on(lines.next_line()).unwrap().unwrap(), "abc");
    assert_eq!(block_on(lines.next_line()).unwrap().unwrap(), "d");
    assert_eq!(block_on(lines.next_line()).unwrap(), None);
}

#[test]
fn a_delimiter_is_found_wherever_it_is() {
    for length in 0..100 {
        for at in 0..length {
            let mut bytes = vec![b'x'; length];
            bytes[at] = b';';
            let (mut reader, mut buf) = (&bytes[..], Vec::new());
            let read = block_on(AsyncBufReadExt::read_until(&mut reader, b';', &mut buf));
            assert_eq!((read.unwrap(), reader.len()), (at + 1, length - at - 1));
        }
    }
}

#[test]
fn a_cancelled_next_segment_loses_nothing() {
    let stream = Script::reads([data(b"ab"), Step::Pending, data(b"c,")]);
    let mut split = BufReader::new(stream).split(b',');
    assert!(poll_once(split.next_segment()).is_pending());
    assert_eq!(block_on(split.next_segment()).unwrap().unwrap(), b"abc");
    assert_eq!(block_on(split.next_segment()).unwrap(), None);
}

#[test]
fn a_cancelled_read_line_leaves_the_string() {
    let mut reader = BufReader::new(Script::reads([data(b"ab"), Step::Pending]));
    let mut line = String::from("é");
    let mut read = Box::pin(reader.read_line(&mut line));
    assert!(poll_once(&mut read).is_pending());
    drop(read);
    assert_eq!(line, "é");
}

#[test]
fn a_cancelled_read_until_goes_on() {
    let mut reader = BufReader::new(Script::reads([data(b"ab"), Step::Pending, data(b"c;d")]));
    let mut buf = Vec::new();
    assert!(poll_once(reader.read_until(b';', &mut buf)).is_pending());
    assert_eq!(block_on(reader.read_until(b';', &mut buf)).unwrap(), 2);
    assert_eq!(buf, b"abc;");
}

#[test]
fn an_error_leaves_the_half_line_in_the_string() {
    let mut reader = BufReader::new(Script::reads([data(b"ab"), Step::Fail(ErrorKind::Other)]));
    let mut line = String::from("0");
    let error = block_on(reader.read_line(&mut line)).unwrap_err();
    assert_eq!((error.kind(), line.as_str()), (ErrorKind::Other, "0ab"));
}

#[test]
fn an_error_after_half_a_character_is_the_streams_own() {
    let mut reader = BufReader::new(Script::reads([data(b"\xc3"), Step::Fail(ErrorKind::Other)]));
    let mut line = String::from("0");
    let error = block_on(reader.read_line(&mut line)).unwrap_err();
    assert_eq!((error.kind(), line.as_str()), (ErrorKind::Other, "0"));
}

#[test]
fn a_line_that_is_not_utf8_is_an_error_and_the_next_is_not() {
    let mut lines = AsyncBufReadExt::lines(&b"a\xff\nb\n"[..]);
    let error = block_on(lines.next_line()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(block_on(lines.next_line()).unwrap().unwrap(), "b");
}

proptest! {
    #[test]
    fn read_until_and_read_line_are_like_std(
        bytes in text(), cuts in cuts(), capacity in 1_usize..90,
    ) {
        let script = Script::reads(cut(bytes.clone(), &cuts));
        let mut reader = BufReader::with_capacity(capacity, script);
        let mut expected = &bytes[..];
        loop {
            let (mut ours, mut stds) = (b"0".to_vec(), b"0".to_vec());
            let read = block_on(reader.read_until(b'\r', &mut ours)).unwrap();
            prop_assert_eq!(read, BufRead::read_until(&mut expected, b'\r', &mut stds).unwrap());
            prop_assert_eq!(ours, stds);

            let (mut ours, mut stds) = (String::from("0"), String::from("0"));
            let read = block_on(reader.read_line(&mut ours)).map_err(|error| error.kind());
            let std_read = BufRead::read_line(&mut expected, &mut stds);
            let std_read = std_read.map_err(|error| error.kind());
            prop_assert_eq!(&read, &std_read);
            prop_assert_eq!(ours, stds);
            if read == Ok(0) {
                break;
            }
        }
    }

    #[test]
    fn lines_and_split_are_like_std(bytes in text(), cuts in cuts(), capacity in 1_usize..90) {
        let script = Script::reads(cut(bytes.clone(), &cuts));
        let mut lines = BufReader::with_capacity(capacity, script).lines();
        for expected in BufRead::lines(&bytes[..]) {
            let line = block_on(lines.next_line()).map_err(|error| error.kind());
            prop_assert_eq!(line, expected.map(Some).map_err(|error| error.kind()));
        }
        prop_assert_eq!(block_on(lines.next_line()).unwrap(), None);

        let script = Script::reads(cut(bytes.clone(), &cuts));
        let mut split = BufReader::with_capacity(capacity, script).split(b'x');
        for expected in BufRead::split(&bytes[..], b'x') {
            prop_assert_eq!(block_on(split.next_segment()).unwrap(), Some(expected.unwrap()));
        }
        prop_assert_eq!(block_on(split.next_segment()).unwrap(), None);
    }
}
