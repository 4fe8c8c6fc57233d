//! Messages in the order in which they were sent, in chunks.
//!
//! A channel has two: one that senders append to, and one that the receiver takes from. When the
//! receiver's is empty the two change places, whole and at once, whatever they hold.
//!
//! ```text
//!   full  [chunk][chunk][chunk]    each but the first holds CHUNK messages
//!   back  [chunk  ]                where the next message goes
//! ```
//!
//! Chunks keep one thing short: growing a buffer moves what is in it, and senders do that under
//! the channel's lock. So no more than a chunk is ever moved, however long the backlog.
//!
//! Absent: any sharing. Whoever has it as mutable is alone.

use std::collections::VecDeque;

/// Bytes of messages in a chunk, about: small enough for an allocator to have them at hand.
const CHUNK_TARGET_BYTES: usize = 16 * 1024;

pub(super) struct Backlog<T> {
    full: VecDeque<VecDeque<T>>,
    back: VecDeque<T>,
}

impl<T> Backlog<T> {
    /// Messages in a full chunk. A power of two, so that buffers that double hit it exactly.
    pub(super) const CHUNK: usize = {
        let size = if size_of::<T>() == 0 {
            1
        } else {
            size_of::<T>()
        };
        let fit = CHUNK_TARGET_BYTES / size;
        match fit {
            0..16 => 8,
            16..256 => 16,
            _ => 256,
        }
    };

    pub(super) const fn new() -> Self {
        Self {
            full: VecDeque::new(),
            back: VecDeque::new(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, message: T) {
        if self.back.len() == Self::CHUNK {
            self.start_chunk();
        }
        self.back.push_back(message);
    }

    #[cold]
    fn start_chunk(&mut self) {
        let next = VecDeque::with_capacity(Self::CHUNK);
        self.full.push_back(std::mem::replace(&mut self.back, next));
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.full.is_empty() {
            return self.back.pop_front();
        }
        let front = self.full.front_mut()?;
        let message = front.pop_front();
        if front.is_empty() {
            self.full.pop_front();
        }
        message
    }

    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.back.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        let full = match self.full.front() {
            Some(front) => front.len() + (self.full.len() - 1) * Self::CHUNK,
            None => 0,
        };
        full + self.back.len()
    }
}
