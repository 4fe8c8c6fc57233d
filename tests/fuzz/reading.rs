//! `BufReader` in any sequence of calls, some of them given up or failed: where it is in the bytes
//! is known at every step.

use std::io::{ErrorKind, SeekFrom};

use proptest::prelude::*;
use wakeful::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, BufReader};

use crate::disk::{Disk, moved};
use crate::socket::{bytes, steps};
use crate::{config, patience, run, run_for};

const REGRESSIONS: &str = "proptest-regressions/fuzz/reading.txt";

#[derive(Clone, Debug)]
enum Call {
    Read(usize),
    ReadBuf(usize),
    ReadExact(usize),
    ReadToEnd(u64),
    ReadUntil(u8),
    Number,
    FillBuf(usize),
    Seek(SeekFrom),
}

fn call() -> impl Strategy<Value = Call> {
    let seek = prop_oneof![
        (0_u64..150).prop_map(SeekFrom::Start),
        (-30_i64..30).prop_map(SeekFrom::Current),
        (-130_i64..20).prop_map(SeekFrom::End),
        Just(SeekFrom::Current(i64::MIN)),
        Just(SeekFrom::Current(0)),
    ];
    prop_oneof![
        3 => (0_usize..24).prop_map(Call::Read),
        2 => (0_usize..24).prop_map(Call::ReadBuf),
        3 => (0_usize..24).prop_map(Call::ReadExact),
        1 => (0_u64..40).prop_map(Call::ReadToEnd),
        3 => any::<u8>().prop_map(Call::ReadUntil),
        1 => Just(Call::Number),
        2 => (0_usize..24).prop_map(Call::FillBuf),
        3 => seek.prop_map(Call::Seek),
    ]
}

/// The reader, and where it should be.
struct Reading {
    reader: BufReader<Disk>,
    bytes: Vec<u8>,
    at: u64,
}

impl Reading {
    fn ahead(&self) -> &[u8] {
        self.bytes.get(self.at as usize..).unwrap_or_default()
    }

    fn check(&self) {
        let held = self.reader.buffer().len() as u64;
        assert_eq!(self.reader.get_ref().at - held, self.at);
        assert!(self.ahead().starts_with(self.reader.buffer()));
    }

    /// These bytes came out of the reader.
    fn got(&mut self, bytes: &[u8]) {
        assert!(self.ahead().starts_with(bytes), "{bytes:?} are not next");
        self.at += bytes.len() as u64;
    }

    /// After a call that lost count: it is somewhere from here to `most` bytes on.
    fn lost(&mut self, most: usize) {
        let at = self.reader.get_ref().at - self.reader.buffer().len() as u64;
        assert!((self.at..=self.at + most as u64).contains(&at));
        self.at = at;
    }

    /// Polls the call so often at most.
    fn call(&mut self, call: Call, polls: usize) {
        match call {
            Call::Read(size) => {
                let mut buf = vec![0; size];
                if let Some(Ok(count)) = run_for(polls, self.reader.read(&mut buf)) {
                    self.got(&buf[..count]);
                }
            }
            Call::ReadBuf(size) => {
                let mut buf = Vec::with_capacity(size);
                let read = run_for(polls, self.reader.read_buf(&mut buf));
                assert_eq!(read.and_then(Result::ok).unwrap_or(0), buf.len());
                self.got(&buf);
            }
            Call::ReadExact(size) => self.read_exact(size, polls),
            Call::ReadToEnd(limit) => {
                let mut buf = Vec::new();
                let mut taken = (&mut self.reader).take(limit);
                let read = run_for(polls, taken.read_to_end(&mut buf));
                assert_eq!(taken.limit(), limit - buf.len() as u64);
                self.got(&buf);
                if let Some(Ok(count)) = read {
                    assert_eq!(count, buf.len());
                }
            }
            Call::ReadUntil(byte) => {
                let mut buf = Vec::new();
                let read = run_for(polls, self.reader.read_until(byte, &mut buf));
                assert!(!buf[..buf.len().saturating_sub(1)].contains(&byte));
                self.got(&buf);
                if let Some(Ok(count)) = read {
                    assert_eq!(count, buf.len());
                }
            }
            Call::Number => match run_for(polls, self.reader.read_u32()) {
                Some(Ok(number)) => self.got(&number.to_be_bytes()),
                _ => self.lost(4),
            },
            Call::FillBuf(consumed) => {
                if let Some(Ok(lent)) = run_for(polls, self.reader.fill_buf()) {
                    let consumed = consumed.min(lent.len());
                    let lent = lent[..consumed].to_vec();
                    self.reader.consume(consumed);
                    self.got(&lent);
                }
            }
            Call::Seek(to) => self.seek(to, polls),
        }
    }

    fn read_exact(&mut self, size: usize, polls: usize) {
        let mut buf = vec![0; size];
        match run_for(polls, self.reader.read_exact(&mut buf)) {
            Some(Ok(count)) => {
                assert_eq!(count, size);
                self.got(&buf);
            }
            Some(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                assert!(self.ahead().len() < size || !self.reader.get_ref().steps.is_empty());
                self.lost(size);
            }
            _ => self.lost(size),
        }
    }

    fn seek(&mut self, to: SeekFrom, polls: usize) {
        let target = moved(self.at, self.bytes.len(), to);
        match run_for(polls, self.reader.seek(to)) {
            Some(Ok(at)) => {
                assert_eq!(Some(at), target);
                self.at = at;
            }
            Some(Err(error)) => {
                assert_eq!((error.kind(), target), (ErrorKind::InvalidInput, None));
                // A far one goes in two steps, and the first may have happened.
                self.lost(0);
            }
            // It may happen or not, and the next one may hear that it was refused.
            None => {
                let to = SeekFrom::Start(self.at);
                let again = run(self.reader.seek(to)).or_else(|_| run(self.reader.seek(to)));
                assert_eq!(again.unwrap(), self.at);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn a_reader_is_where_it_should_be(
        bytes in bytes(), steps in steps(2, 1), capacity in 1_usize..16,
        calls in prop::collection::vec((call(), patience()), 0..30),
    ) {
        let disk = Disk::new(bytes.clone(), &steps);
        let reader = BufReader::with_capacity(capacity, disk);
        let mut reading = Reading { reader, bytes, at: 0 };
        for (call, polls) in calls {
            reading.call(call, polls);
            reading.check();
        }
    }
}
