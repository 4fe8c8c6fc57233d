//! The safe ways to read into a part of a `ReadBuf`, into a `Vec` and into a `BufMut`.
//!
//! Called by the rest of `io`. What may be relied on, RB1 to RB4, is in the module above.

#![expect(unsafe_code, reason = "reading into memory that was never set")]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::ReadBuf;
use crate::io::AsyncRead;

/// Reads at most `limit` bytes and counts them as filled in `buf`. Returns how many they are.
///
/// # Panics
///
/// If the reader breaks **RB3**.
pub(in crate::io) fn poll_limited<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
    limit: u64,
) -> Poll<io::Result<usize>> {
    let mut view = buf.take(usize::try_from(limit).unwrap_or(usize::MAX));
    let start = view.buf.as_ptr();
    ready!(reader.poll_read(cx, &mut view))?;
    view.same_memory(start);
    let (filled, initialized) = (view.filled, view.initialized);
    // SAFETY: RB3. The view is of our unfilled part, and by its own RB2 this much of it is set.
    unsafe { buf.assume_init(initialized) };
    buf.advance(filled);
    Poll::Ready(Ok(filled))
}

/// What earlier reads into a vector left behind its end, so that no reader sets it twice.
#[derive(Debug, Default)]
pub(in crate::io) struct Spare {
    /// How many bytes behind the end are set.
    set: usize,
    len: usize,
    capacity: usize,
}

/// Reads at most `limit` bytes onto the end of `vec`, into capacity it has. Returns how many.
///
/// # Panics
///
/// If the reader breaks **RB3**.
pub(in crate::io) fn poll_into_vec<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    vec: &mut Vec<u8>,
    limit: usize,
    spare: &mut Spare,
) -> Poll<io::Result<usize>> {
    if (spare.len, spare.capacity) != (vec.len(), vec.capacity()) {
        spare.set = 0;
    }
    let memory = vec.spare_capacity_mut();
    let limit = limit.min(memory.len());
    let mut view = ReadBuf::uninit(&mut memory[..limit]);
    // SAFETY: RB4. It is the vector of the last read, and nobody has unset anything since.
    unsafe { view.assume_init(spare.set.min(limit)) };
    let start = view.buf.as_ptr();
    let result = reader.poll_read(cx, &mut view);
    view.same_memory(start);
    let set = spare.set.max(view.initialized);
    let read = match result {
        Poll::Ready(Ok(())) => view.filled,
        Poll::Ready(Err(_)) | Poll::Pending => 0,
    };
    let len = vec.len() + read;
    // SAFETY: RB3. The view is of the spare capacity, and by its RB1 and RB2 `read` bytes of it are
    // set and fit in.
    unsafe { vec.set_len(len) };
    *spare = Spare {
        set: set - read,
        len,
        capacity: vec.capacity(),
    };
    result.map_ok(|()| read)
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
mod buf_mut {
    use super::super::ReadBuf;
    use crate::io::AsyncRead;
    use bytes::BufMut;
    use bytes::buf::UninitSlice;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    /// Reads into the next free chunk of `buf`. Returns how many bytes; zero if it is full.
    ///
    /// # Panics
    ///
    /// If the reader breaks **RB3**.
    pub(crate) fn poll_into<R, B>(
        reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        buf: &mut B,
    ) -> Poll<io::Result<usize>>
    where
        R: AsyncRead + ?Sized,
        B: BufMut + ?Sized,
    {
        if !buf.has_remaining_mut() {
            return Poll::Ready(Ok(0));
        }
        let chunk = buf.chunk_mut();
        // SAFETY: RB2. A `ReadBuf` unsets no byte it was given.
        let mut view = ReadBuf::uninit(unsafe { chunk.as_uninit_slice_mut() });
        let start = view.buf.as_ptr();
        ready!(reader.poll_read(cx, &mut view))?;
        view.same_memory(start);
        let read = view.filled;
        // SAFETY: RB3. The view is of the chunk, and by its RB1 and RB2 `read` bytes of it are set
        // and fit in.
        unsafe { buf.advance_mut(read) };
        Poll::Ready(Ok(read))
    }

    // SAFETY: RB1, RB2. `chunk_mut` lends the unfilled part as memory that only an `unsafe` call
    // can unset, and `advance_mut` is told how much of it is set.
    unsafe impl BufMut for ReadBuf<'_> {
        fn remaining_mut(&self) -> usize {
            self.remaining()
        }

        unsafe fn advance_mut(&mut self, n: usize) {
            assert!(n <= self.remaining(), "advance_mut past the end");
            // SAFETY: RB2, as the caller says; RB1 by the line above.
            unsafe { self.assume_init(n) };
            self.advance(n);
        }

        fn chunk_mut(&mut self) -> &mut UninitSlice {
            UninitSlice::uninit(&mut self.buf[self.filled..])
        }
    }
}

#[cfg(any(feature = "bytes", feature = "io-util"))]
pub(in crate::io) use buf_mut::poll_into;
