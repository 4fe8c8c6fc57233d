//! What a broadcast channel holds, without locks and without wakers.
//!
//! Called by the two ends, under the mutex of their audience. Positions count the messages ever
//! sent. The last `capacity` of them lie in the slots, each with the number of receivers that are
//! still to see it; one that everybody has seen is gone.
//!
//! ```text
//!        oldest()                      position
//!           |                             |
//!   +---+---+---+---+---+---+---+---+---+---+
//!   |gone   |seen by all|  2|  2|  3|  3| next goes here
//!   +---+---+---+---+---+---+---+---+---+---+
//! ```
//!
//! Invariants:
//! - BR1. A slot has its message exactly while somebody is to see it: receivers that subscribed
//!   before it was sent, have not gone, and whose cursor is not behind it.
//! - BR2. So the messages that are there are the newest: who has still to see one has still to see
//!   all that came after it.
//! - BR3. No message is dropped here: they go out by value, to be dropped outside of the mutex.
//!
//! Absent: clones. A receiver gets the message or a share of it.

use super::message::Message;

/// Why there is nothing to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    Yet,
    Ever,
    /// So many messages were overwritten. The cursor is at the oldest that is left.
    Lagged(u64),
}

pub(super) struct Ring<T> {
    /// A power of two of them.
    slots: Box<[Slot<T>]>,
    /// How many messages were ever sent.
    position: u64,
    receivers: usize,
    /// No sender is left.
    closed: bool,
}

struct Slot<T> {
    to_see: usize,
    message: Option<Message<T>>,
}

/// Receivers there can be. tokio's number.
const MAX_RECEIVERS: usize = usize::MAX >> 2;

impl<T> Ring<T> {
    pub(super) fn new(capacity: usize, receivers: usize) -> Self {
        let empty = || Slot {
            to_see: 0,
            message: None,
        };
        let slots = std::iter::repeat_with(empty).take(capacity.next_power_of_two());
        Self {
            slots: slots.collect(),
            position: 0,
            receivers,
            closed: false,
        }
    }

    pub(super) fn receivers(&self) -> usize {
        self.receivers
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Puts a message in, for all receivers there are: how many, and the message it takes the place
    /// of. `Err`: there is none, and the message comes back.
    pub(super) fn push(&mut self, value: T) -> Result<Pushed<T>, T> {
        if self.receivers == 0 {
            return Err(value);
        }
        let receivers = self.receivers;
        let position = self.position;
        self.position = position.wrapping_add(1);
        let slot = self.slot(position);
        slot.to_see = receivers;
        let evicted = slot.message.replace(Message::to(receivers, value));
        Ok(Pushed { receivers, evicted })
    }

    /// A receiver more, and its cursor: it sees what is sent from now on.
    ///
    /// # Panics
    ///
    /// When there are too many.
    pub(super) fn subscribe(&mut self) -> u64 {
        assert!(self.receivers < MAX_RECEIVERS, "max receivers");
        self.receivers += 1;
        self.position
    }

    /// A receiver with this cursor goes: what nobody else was to see.
    pub(super) fn unsubscribe(&mut self, cursor: u64) -> Vec<Message<T>> {
        self.receivers -= 1;
        let mut seen = Vec::new();
        let unread = self.unread(cursor).min(self.slots.len() as u64);
        for back in (1..=unread).rev() {
            let slot = self.slot(self.position.wrapping_sub(back));
            slot.to_see -= 1;
            if slot.to_see == 0 {
                seen.extend(slot.message.take());
            }
        }
        seen
    }

    /// The message at the cursor, which moves on.
    pub(super) fn receive(&mut self, cursor: &mut u64) -> Result<Message<T>, Nothing> {
        let unread = self.unread(*cursor);
        if unread == 0 {
            return Err(if self.closed {
                Nothing::Ever
            } else {
                Nothing::Yet
            });
        }
        let capacity = self.slots.len() as u64;
        if unread > capacity {
            *cursor = self.oldest();
            return Err(Nothing::Lagged(unread - capacity));
        }
        let position = *cursor;
        *cursor = position.wrapping_add(1);
        let slot = self.slot(position);
        slot.to_see -= 1;
        let message = if slot.to_see == 0 {
            slot.message.take()
        } else {
            slot.message.as_ref().map(Message::share)
        };
        // BR1: we were to see it.
        Ok(message.expect("an unread message is in its slot"))
    }

    /// Messages sent that a receiver with this cursor has not received, the lost ones included.
    pub(super) fn unread(&self, cursor: u64) -> u64 {
        self.position.wrapping_sub(cursor)
    }

    /// Messages that somebody is to see.
    pub(super) fn len(&self) -> usize {
        // BR2.
        let (mut seen, mut end) = (0, self.slots.len());
        while seen < end {
            let middle = seen.midpoint(end);
            let index = self.index(self.oldest().wrapping_add(middle as u64));
            if self.slots[index].to_see == 0 {
                seen = middle + 1;
            } else {
                end = middle;
            }
        }
        self.slots.len() - seen
    }

    pub(super) fn is_empty(&self) -> bool {
        let newest = self.index(self.position.wrapping_sub(1));
        self.slots[newest].to_see == 0
    }

    /// The position of the oldest message that a slot could hold.
    fn oldest(&self) -> u64 {
        self.position.wrapping_sub(self.slots.len() as u64)
    }

    fn index(&self, position: u64) -> usize {
        // A power of two divides the range of a u64: positions may wrap around.
        position as usize & (self.slots.len() - 1)
    }

    fn slot(&mut self, position: u64) -> &mut Slot<T> {
        let index = self.index(position);
        &mut self.slots[index]
    }
}

/// What came of a send.
pub(super) struct Pushed<T> {
    pub(super) receivers: usize,
    /// To be dropped outside of the mutex (BR3).
    pub(super) evicted: Option<Message<T>>,
}
