//! The bytes that travel between a `File` and the pool: read ahead of the program, or accepted from
//! it and not written yet. Never both: whoever starts one kind empties the other first.

use std::cmp::min;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::ops::Range;

use crate::io::ReadBuf;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Initialized up to the longest use so far. What counts is `live`.
    bytes: Vec<u8>,
    live: Range<usize>,
}

impl Buffer {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Reads once from `file`, at most `limit` bytes. The buffer must be empty.
    pub(super) fn read_from(&mut self, mut file: impl Read, limit: usize) -> io::Result<()> {
        debug_assert!(self.is_empty(), "a read would overwrite bytes");
        self.live = 0..0;
        if self.bytes.len() < limit {
            // Zeroed by the system as its pages are touched, unlike what `resize` adds.
            self.bytes = vec![0; limit];
        }
        let count = loop {
            match file.read(&mut self.bytes[..limit]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.live = 0..count;
        Ok(())
    }

    /// Gives out as much as there is room for.
    pub(super) fn give(&mut self, to: &mut ReadBuf<'_>) {
        let count = min(self.live.len(), to.remaining());
        to.put_slice(&self.bytes[self.live.start..self.live.start + count]);
        self.live.start += count;
    }

    /// Forgets what was read and not given out. Returns how far back the program is of the file's
    /// own position, as an offset to it: zero or less.
    pub(super) fn forget(&mut self) -> i64 {
        let behind = self.live.len() as i64;
        self.live = 0..0;
        -behind
    }

    /// Accepts at most `limit` bytes, to be written. The buffer must be empty.
    pub(super) fn take(&mut self, pieces: &[IoSlice<'_>], limit: usize) -> usize {
        debug_assert!(self.is_empty(), "a write would mix with what was read");
        let mut end = 0;
        for piece in pieces {
            let piece = &piece[..min(piece.len(), limit - end)];
            let over = min(piece.len(), self.bytes.len() - end);
            self.bytes[end..end + over].copy_from_slice(&piece[..over]);
            self.bytes.extend_from_slice(&piece[over..]);
            end += piece.len();
        }
        self.live = 0..end;
        end
    }

    /// Writes all of it. What was not written because of an error is lost.
    pub(super) fn write_to(&mut self, mut file: impl Write) -> io::Result<()> {
        let live = std::mem::replace(&mut self.live, 0..0);
        file.write_all(&self.bytes[live])
    }
}
