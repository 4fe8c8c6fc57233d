//! `BufWriter` and `BufStream` in any sequence of calls, some of them given up or failed: what was
//! taken arrives once, in its order.

use std::io::{ErrorKind, IoSlice, SeekFrom};

use proptest::prelude::*;
use wakeful::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufStream, BufWriter,
};

use crate::disk::{Disk, moved};
use crate::socket::{Socket, bytes, steps};
use crate::{config, patience, run, run_for};

const REGRESSIONS: &str = "proptest-regressions/fuzz/writing.txt";

#[derive(Clone, Debug)]
enum Call {
    Write(Vec<u8>),
    Vectored(Vec<Vec<u8>>),
    WriteAll(Vec<u8>),
    WriteAllBuf(Vec<u8>),
    Flush,
    Seek(SeekFrom),
}

fn call() -> impl Strategy<Value = Call> {
    let piece = || prop::collection::vec(any::<u8>(), 0..24);
    let seek = prop_oneof![
        (0_u64..150).prop_map(SeekFrom::Start),
        (-30_i64..30).prop_map(SeekFrom::Current),
        (-130_i64..20).prop_map(SeekFrom::End),
    ];
    prop_oneof![
        3 => piece().prop_map(Call::Write),
        2 => prop::collection::vec(piece(), 0..4).prop_map(Call::Vectored),
        2 => piece().prop_map(Call::WriteAll),
        3 => piece().prop_map(Call::WriteAllBuf),
        2 => Just(Call::Flush),
        2 => seek.prop_map(Call::Seek),
    ]
}

/// The writer, and what should be behind it in the end.
struct Writing {
    writer: BufWriter<Disk>,
    bytes: Vec<u8>,
    at: usize,
}

impl Writing {
    fn took(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        if self.bytes.len() < end && !bytes.is_empty() {
            self.bytes.resize(end, 0);
        }
        if !bytes.is_empty() {
            self.bytes[self.at..end].copy_from_slice(bytes);
        }
        self.at = end;
    }

    /// Until it is written out. What fails is tried again.
    fn flush(&mut self) {
        while run(self.writer.flush()).is_err() {}
        assert!(self.writer.buffer().is_empty());
        assert_eq!(self.writer.get_ref().at as usize, self.at);
        assert_eq!(self.writer.get_ref().bytes, self.bytes);
    }

    fn call(&mut self, call: Call, polls: usize) {
        match call {
            Call::Write(piece) => {
                if let Some(Ok(count)) = run_for(polls, self.writer.write(&piece)) {
                    self.took(&piece[..count]);
                }
            }
            Call::Vectored(pieces) => {
                let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
                if let Some(Ok(count)) = run_for(polls, self.writer.write_vectored(&slices)) {
                    self.took(&pieces.concat()[..count]);
                }
            }
            Call::WriteAll(piece) => self.write_all(&piece, polls),
            Call::WriteAllBuf(piece) => {
                let mut left = &piece[..];
                let written = run_for(polls, self.writer.write_all_buf(&mut left));
                self.took(&piece[..piece.len() - left.len()]);
                assert!(left.is_empty() || !matches!(written, Some(Ok(()))));
            }
            Call::Flush => {
                if let Some(Ok(())) = run_for(polls, self.writer.flush()) {
                    assert!(self.writer.buffer().is_empty());
                    assert_eq!(self.writer.get_ref().bytes, self.bytes);
                }
            }
            Call::Seek(to) => self.seek(to, polls),
        }
    }

    /// Given up or failed, it has written a part, and nothing says how much but the disk.
    fn write_all(&mut self, piece: &[u8], polls: usize) {
        if let Some(Ok(())) = run_for(polls, self.writer.write_all(piece)) {
            return self.took(piece);
        }
        while run(self.writer.flush()).is_err() {}
        let at = self.writer.get_ref().at as usize;
        assert!((self.at..=self.at + piece.len()).contains(&at));
        self.took(&piece[..at - self.at]);
        self.flush();
    }

    fn seek(&mut self, to: SeekFrom, polls: usize) {
        // What is held counts for the end: it is written out first.
        let target = moved(self.at as u64, self.bytes.len(), to);
        match run_for(polls, self.writer.seek(to)) {
            Some(Ok(at)) => {
                assert_eq!(Some(at), target);
                self.at = at as usize;
            }
            // Either nothing moved, or it was written out and then refused.
            Some(Err(error)) if error.kind() == ErrorKind::InvalidInput => {
                assert_eq!(target, None);
            }
            // It failed to write out, or it may happen or not. Another says where it is.
            _ => {
                let to = SeekFrom::Start(self.at as u64);
                while run(self.writer.seek(to)).is_err() {}
            }
        }
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn a_writer_writes_what_it_took(
        bytes in bytes(), steps in steps(2, 1), capacity in 0_usize..16,
        calls in prop::collection::vec((call(), patience()), 0..30),
    ) {
        let writer = BufWriter::with_capacity(capacity, Disk::new(bytes.clone(), &steps));
        let mut writing = Writing { writer, bytes, at: 0 };
        for (call, polls) in calls {
            writing.call(call, polls);
            assert!(writing.writer.buffer().len() <= capacity);
        }
        writing.flush();
    }

    /// Both directions of a stream, one call here, one there.
    #[test]
    fn a_stream_keeps_its_directions_apart(
        input in bytes(), reads in steps(1, 1), writes in steps(1, 1),
        sizes in (1_usize..16, 1_usize..16),
        calls in prop::collection::vec((any::<bool>(), any::<u8>(), 0_usize..6), 0..60),
    ) {
        let mut socket = Socket::new(&input, &reads, &writes, &[]);
        socket.goes_on = true;
        let mut stream = BufStream::with_capacity(sizes.0, sizes.1, socket);
        let (mut read, mut taken) = (Vec::new(), Vec::new());
        for (is_read, byte, polls) in calls {
            if is_read {
                let _ = run_for(polls, stream.read_until(byte, &mut read));
                prop_assert!(input.starts_with(&read));
            } else {
                let piece = vec![byte; usize::from(byte) % 20];
                let mut left = &piece[..];
                let _ = run_for(polls, stream.write_all_buf(&mut left));
                taken.extend_from_slice(&piece[..piece.len() - left.len()]);
            }
            prop_assert!(taken.starts_with(&stream.get_ref().written));
        }
        while run(stream.flush()).is_err() {}
        prop_assert_eq!(&stream.get_ref().written, &taken);
        stream.get_mut().reads.clear();
        run(stream.read_to_end(&mut read)).unwrap();
        prop_assert_eq!(read, input);
    }
}
