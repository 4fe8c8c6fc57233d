//! `lines`, `split`, `read_line`, `read_until`, `read_to_string`, also through `chain` and `take`:
//! the same pieces as std's, however the bytes come, and after a call that was given up or failed.

use std::io::{self, BufRead, ErrorKind, Read};

use proptest::prelude::*;
use wakeful::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::socket::{Socket, Step, steps};
use crate::{config, patience, run, run_for};

const REGRESSIONS: &str = "proptest-regressions/fuzz/lines.txt";

/// Text with many line ends, and broken UTF-8 now and then.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => Just(b"a".to_vec()),
        4 => Just(b"\n".to_vec()),
        3 => Just(b"\r\n".to_vec()),
        2 => Just(b"\r".to_vec()),
        2 => Just("é".as_bytes().to_vec()),
        2 => (30_usize..36).prop_map(|length| vec![b'x'; length]),
        1 => prop::collection::vec(0x80_u8..=0xff, 0..2),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Of one call after the other.
fn each_patience() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(patience(), 1..20)
}

fn reader(bytes: &[u8], steps: &[Step], capacity: usize) -> BufReader<Socket> {
    let mut socket = Socket::new(bytes, steps, &[], &[]);
    socket.goes_on = true;
    BufReader::with_capacity(capacity, socket)
}

/// What becomes of a piece, errors by their kind.
type Piece<T> = Result<T, ErrorKind>;

fn kinds<T>(pieces: impl Iterator<Item = io::Result<T>>) -> Vec<Piece<T>> {
    pieces
        .map(|piece| piece.map_err(|error| error.kind()))
        .collect()
}

/// The lines, each asked for again as often as it was given up or the stream failed.
fn lines_of(reader: impl AsyncBufRead + Unpin, patience: &[usize]) -> Vec<Piece<String>> {
    let mut lines = reader.lines();
    let mut patience = patience
        .iter()
        .copied()
        .chain(std::iter::repeat(usize::MAX));
    let mut found = Vec::new();
    loop {
        match run_for(patience.next().unwrap(), lines.next_line()) {
            Some(Ok(None)) => return found,
            Some(Ok(Some(line))) => found.push(Ok(line)),
            Some(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                found.push(Err(ErrorKind::InvalidData));
            }
            Some(Err(_)) | None => {}
        }
    }
}

fn segments_of(
    reader: impl AsyncBufRead + Unpin,
    delimiter: u8,
    patience: &[usize],
) -> Vec<Piece<Vec<u8>>> {
    let mut split = reader.split(delimiter);
    let mut patience = patience
        .iter()
        .copied()
        .chain(std::iter::repeat(usize::MAX));
    let mut found = Vec::new();
    loop {
        match run_for(patience.next().unwrap(), split.next_segment()) {
            Some(Ok(None)) => return found,
            Some(Ok(Some(segment))) => found.push(Ok(segment)),
            Some(Err(_)) | None => {}
        }
    }
}

/// What `read_until` finds. One that was given up goes on in the same buffer.
fn pieces_of(
    mut reader: impl AsyncBufRead + Unpin,
    delimiter: u8,
    patience: &[usize],
) -> Vec<Vec<u8>> {
    let mut patience = patience
        .iter()
        .copied()
        .chain(std::iter::repeat(usize::MAX));
    let (mut found, mut piece) = (Vec::new(), Vec::new());
    loop {
        if let Some(Ok(_)) = run_for(
            patience.next().unwrap(),
            reader.read_until(delimiter, &mut piece),
        ) {
            if piece.is_empty() {
                return found;
            }
            found.push(std::mem::take(&mut piece));
        }
    }
}

/// What `read_line` finds in a stream that does not fail.
fn whole_lines_of(mut reader: impl AsyncBufRead + Unpin) -> Vec<Piece<String>> {
    let mut found = Vec::new();
    loop {
        let mut line = String::from("0");
        match run(reader.read_line(&mut line)) {
            Ok(0) => return found,
            Ok(count) => {
                assert_eq!(count, line.len() - 1);
                found.push(Ok(line.split_off(1)));
            }
            Err(error) => {
                assert_eq!(line, "0", "it is as it was");
                found.push(Err(error.kind()));
            }
        }
    }
}

fn std_whole_lines(mut bytes: &[u8]) -> Vec<Piece<String>> {
    let mut found = Vec::new();
    loop {
        let mut line = String::new();
        match BufRead::read_line(&mut bytes, &mut line) {
            Ok(0) => return found,
            Ok(_) => found.push(Ok(line)),
            Err(error) => found.push(Err(error.kind())),
        }
    }
}

fn std_pieces(bytes: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let pieces = bytes.split_inclusive(|&byte| byte == delimiter);
    pieces.map(<[u8]>::to_vec).collect()
}

/// All of it against std. `make` makes a reader of the bytes, for those who mind failures or not.
fn check<R: AsyncBufRead + Unpin>(
    bytes: &[u8],
    delimiter: u8,
    patience: &[usize],
    make: impl Fn(bool) -> R,
) {
    assert_eq!(lines_of(make(true), patience), kinds(BufRead::lines(bytes)));
    let split = kinds(BufRead::split(bytes, delimiter));
    assert_eq!(segments_of(make(true), delimiter, patience), split);
    assert_eq!(
        pieces_of(make(true), delimiter, patience),
        std_pieces(bytes, delimiter)
    );
    assert_eq!(whole_lines_of(make(false)), std_whole_lines(bytes));
    let mut text = String::from("0");
    let read = run(make(false).read_to_string(&mut text)).map_err(|error| error.kind());
    match std::str::from_utf8(bytes) {
        Ok(all) => assert_eq!((read, &text[1..]), (Ok(all.len()), all)),
        Err(_) => assert_eq!((read, &*text), (Err(ErrorKind::InvalidData), "0")),
    }
}

/// Without the steps that fail.
fn faultless(steps: &[Step]) -> Vec<Step> {
    let is_fault = |step: &&Step| matches!(step, Step::Fails(_));
    steps
        .iter()
        .filter(|step| !is_fault(step))
        .copied()
        .collect()
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn pieces_are_as_std_finds_them(
        bytes in text(), steps in steps(2, 2), capacity in 1_usize..40,
        delimiter in prop::sample::select(&b"\n\rxa\xc3\0"[..]), patience in each_patience(),
    ) {
        let calm = faultless(&steps);
        let make = |may_fail| reader(&bytes, if may_fail { &steps } else { &calm }, capacity);
        check(&bytes, delimiter, &patience, make);
    }

    /// The end of the first is no end of a line; the limit is one.
    #[test]
    fn pieces_of_a_chain_and_of_a_beginning(
        parts in (text(), text()), steps in (steps(2, 2), steps(2, 2)),
        capacities in (1_usize..40, 1_usize..40), patience in each_patience(),
        limit in 0_u64..200, delimiter in prop::sample::select(&b"\n\rxa"[..]),
    ) {
        let mut bytes = Vec::new();
        Read::take(Read::chain(&parts.0[..], &parts.1[..]), limit).read_to_end(&mut bytes).unwrap();
        let calm = (faultless(&steps.0), faultless(&steps.1));
        let make = |may_fail| {
            let steps = if may_fail { &steps } else { &calm };
            let first = reader(&parts.0, &steps.0, capacities.0);
            first.chain(reader(&parts.1, &steps.1, capacities.1)).take(limit)
        };
        check(&bytes, delimiter, &patience, make);
    }
}

/// The text of a line of the corpus.
fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(
            match (byte, if byte == b'\\' { rest.next() } else { None }) {
                (byte, None) => byte,
                (_, Some(b'n')) => b'\n',
                (_, Some(b'r')) => b'\r',
                (_, Some(b'0')) => 0,
                (_, Some(b'x')) => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                (_, Some(other)) => panic!("an escape \\{other} in {line}"),
            },
        );
    }
    bytes
}

/// In pieces of every small size, through buffers of every small size.
#[test]
fn the_corpus_of_lines() {
    let corpus = include_str!("corpus/lines.txt");
    for line in corpus.lines().filter(|line| !line.starts_with("//")) {
        let bytes = unescaped(line);
        for capacity in [1, 2, 3, 31, 32, 33, 100] {
            for piece in [1, 2, 3, usize::MAX] {
                let steps = [Step::Most(piece), Step::Later].repeat(80);
                for delimiter in *b"\n\ra\0" {
                    check(&bytes, delimiter, &[1, 0, 2], |_| {
                        reader(&bytes, &steps, capacity)
                    });
                }
            }
        }
    }
}
