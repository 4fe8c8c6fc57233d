//! The hierarchical wheel as pure data: ticks and values in, due values out.
//!
//! No clock, no wakers, no locks: `super::Handle` brings those. Time is a `u64` of ticks that
//! only [`Wheel::pop`] moves.
//!
//! ```text
//! level 5   64 slots of 2^30 ticks     deadline:  ....|555555|444444|333333|222222|111111|000000
//!   ...                                                 one group of 6 bits a level
//! level 1   64 slots of 64 ticks
//! level 0   64 slots of 1 tick         far: one slot more, for all that is 2^36 ticks or more away
//! ```
//!
//! An entry lies at the level of the highest group in which its deadline differs from `now`, in
//! the slot that group names. So a slot's entries all come before those of the slots after it and
//! of the levels above it, and the first occupied slot of the lowest occupied level is next. When
//! `now` enters a slot its entries are filed again, lower down. Each moves at most seven times.
//!
//! Invariants:
//! - **V5** Every entry lies at the place that [`place`] gives for its deadline and `now`.
//! - **V6** Bit `s` of `occupied[l]` is set exactly if slot `s` of level `l` has entries.
//! - **V7** A slot's `earliest` is not later than any deadline in it.
//! - **V8** Equal deadlines leave in the order in which they came.
//!
//! Not here: wrapping. Deadlines beyond the top level wait in `far` and are filed when the wheel
//! comes into their range, so they cost nothing until then.

use std::num::NonZeroU32;

/// Bits of the deadline one level looks at: 64 slots.
const SLOT_BITS: u32 = 6;

const SLOTS: usize = 1 << SLOT_BITS;

/// Six levels of 1 ms ticks reach 2^36 ms, 2.2 years, before a deadline counts as far.
const LEVELS: usize = 6;

/// Index of the slot for everything beyond the top level.
const FAR: usize = LEVELS * SLOTS;

/// Bits of a tick that the levels cover.
const RANGE_BITS: u32 = SLOT_BITS * LEVELS as u32;

/// "No entry" in a link.
const NIL: u32 = u32::MAX;

/// Names an entry. Stale keys are harmless: the generation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    index: u32,
    generation: NonZeroU32,
}

#[derive(Debug)]
struct Entry<T> {
    deadline: u64,
    prev: u32,
    /// The entry behind this one in its slot, or the next free one.
    next: u32,
    generation: NonZeroU32,
    /// `None` while the entry is free.
    value: Option<T>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u32,
    tail: u32,
    earliest: u64,
}

impl Slot {
    const EMPTY: Slot = Slot {
        head: NIL,
        tail: NIL,
        earliest: u64::MAX,
    };
}

/// Values in the order of their deadlines.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    now: u64,
    occupied: [u64; LEVELS],
    slots: Box<[Slot; FAR + 1]>,
    entries: Vec<Entry<T>>,
    free: u32,
    len: usize,
}

/// The slot for `deadline` as seen from `now`.
fn place(now: u64, deadline: u64) -> usize {
    debug_assert!(now <= deadline, "filed in the past");
    let differing = (now ^ deadline) | 1;
    let level = differing.ilog2() / SLOT_BITS;
    if level as usize >= LEVELS {
        return FAR;
    }
    let slot = (deadline >> (level * SLOT_BITS)) as usize % SLOTS;
    level as usize * SLOTS + slot
}

/// Clears the lowest `bits` bits.
fn floor(tick: u64, bits: u32) -> u64 {
    tick >> bits << bits
}

impl<T> Wheel<T> {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            occupied: [0; LEVELS],
            slots: Box::new([Slot::EMPTY; FAR + 1]),
            entries: Vec::new(),
            free: NIL,
            len: 0,
        }
    }

    /// The tick up to which everything has left.
    #[cfg(test)]
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Keeps `value` until `deadline`, or gives it back if that tick has gone by.
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Result<Key, T> {
        if deadline <= self.now {
            return Err(value);
        }
        let index = self.allocate(deadline, value);
        self.link(index);
        self.len += 1;
        Ok(Key {
            index,
            generation: self.entries[index as usize].generation,
        })
    }

    /// The value of an entry that has not left.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.index as usize)?;
        if entry.generation != key.generation {
            return None;
        }
        entry.value.as_mut()
    }

    /// When the entry leaves.
    pub(crate) fn deadline(&self, key: Key) -> Option<u64> {
        let entry = self.entries.get(key.index as usize)?;
        (entry.generation == key.generation && entry.value.is_some()).then_some(entry.deadline)
    }

    /// Takes an entry out before its time.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        self.deadline(key)?;
        self.unlink(key.index);
        self.release(key.index)
    }

    /// Moves an entry to another deadline, behind those that have it already. Gives the value
    /// back if that tick has gone by; `Ok(false)` if the entry had left.
    pub(crate) fn refile(&mut self, key: Key, deadline: u64) -> Result<bool, T> {
        if self.deadline(key).is_none() {
            return Ok(false);
        }
        self.unlink(key.index);
        if deadline <= self.now {
            return self.release(key.index).map_or(Ok(false), Err);
        }
        self.entries[key.index as usize].deadline = deadline;
        self.link(key.index);
        Ok(true)
    }

    /// Takes out the next value due at `to` or before and moves `now` up to it, or to `to` when
    /// there is none.
    pub(crate) fn pop(&mut self, to: u64) -> Option<T> {
        let to = to.max(self.now);
        while let Some(first) = self.first_slot() {
            let start = self.start_of(first);
            if start > to {
                break;
            }
            self.now = self.now.max(start);
            if first < SLOTS {
                let index = self.slots[first].head;
                self.unlink(index);
                return self.release(index);
            }
            self.refile_slot(first);
        }
        self.now = to;
        None
    }

    /// A tick no later than the earliest deadline: the deadline itself, or, when an earlier entry
    /// was removed from the same slot, possibly before it. A `pop` there makes progress.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let first = self.first_slot()?;
        Some(self.slots[first].earliest)
    }

    /// The earliest deadline exactly, by looking at the whole first slot.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let mut index = self.slots[self.first_slot()?].head;
        let mut earliest = u64::MAX;
        while index != NIL {
            let entry = &self.entries[index as usize];
            earliest = earliest.min(entry.deadline);
            index = entry.next;
        }
        Some(earliest)
    }

    /// V5 makes the lowest level's first slot the earliest one.
    fn first_slot(&self) -> Option<usize> {
        let level = self.occupied.iter().position(|bits| *bits != 0);
        match level {
            Some(level) => Some(level * SLOTS + self.occupied[level].trailing_zeros() as usize),
            None => (self.slots[FAR].head != NIL).then_some(FAR),
        }
    }

    /// The first tick of a slot. For `far`, that of the first range with something in it.
    fn start_of(&self, slot: usize) -> u64 {
        if slot == FAR {
            return floor(self.slots[FAR].earliest, RANGE_BITS);
        }
        let shift = (slot / SLOTS) as u32 * SLOT_BITS;
        floor(self.now, shift + SLOT_BITS) + (((slot % SLOTS) as u64) << shift)
    }

    /// Files the entries of a slot that `now` has entered again, lower down.
    fn refile_slot(&mut self, slot: usize) {
        let mut index = self.slots[slot].head;
        self.slots[slot] = Slot::EMPTY;
        self.mark(slot, false);
        while index != NIL {
            let next = self.entries[index as usize].next;
            self.link(index);
            index = next;
        }
    }

    /// Appends an entry to its slot: V8.
    fn link(&mut self, index: u32) {
        let deadline = self.entries[index as usize].deadline;
        let place = place(self.now, deadline);
        let slot = &mut self.slots[place];
        let tail = slot.tail;
        slot.tail = index;
        slot.earliest = slot.earliest.min(deadline);
        if tail == NIL {
            slot.head = index;
            self.mark(place, true);
        } else {
            self.entries[tail as usize].next = index;
        }
        let entry = &mut self.entries[index as usize];
        entry.prev = tail;
        entry.next = NIL;
    }

    fn unlink(&mut self, index: u32) {
        let Entry {
            deadline,
            prev,
            next,
            ..
        } = self.entries[index as usize];
        let place = place(self.now, deadline);
        match prev {
            NIL => self.slots[place].head = next,
            _ => self.entries[prev as usize].next = next,
        }
        match next {
            NIL => self.slots[place].tail = prev,
            _ => self.entries[next as usize].prev = prev,
        }
        if self.slots[place].head == NIL {
            self.slots[place] = Slot::EMPTY;
            self.mark(place, false);
        }
    }

    /// Keeps V6.
    fn mark(&mut self, place: usize, occupied: bool) {
        if place == FAR {
            return;
        }
        let bit = 1 << (place % SLOTS);
        match occupied {
            true => self.occupied[place / SLOTS] |= bit,
            false => self.occupied[place / SLOTS] &= !bit,
        }
    }

    fn allocate(&mut self, deadline: u64, value: T) -> u32 {
        let index = self.free;
        if let Some(entry) = self.entries.get_mut(index as usize) {
            self.free = entry.next;
            entry.deadline = deadline;
            entry.value = Some(value);
            return index;
        }
        let index = u32::try_from(self.entries.len()).unwrap_or(NIL);
        assert!(index != NIL, "more than 4 billion timers");
        self.entries.push(Entry {
            deadline,
            prev: NIL,
            next: NIL,
            generation: NonZeroU32::MIN,
            value: Some(value),
        });
        index
    }

    /// Frees an unlinked entry. Its keys are stale from here on.
    fn release(&mut self, index: u32) -> Option<T> {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        entry.next = self.free;
        self.free = index;
        self.len -= 1;
        entry.value.take()
    }

    /// V5, V6 and V7, and links that lead both ways.
    #[cfg(test)]
    pub(super) fn assert_invariants(&self) {
        let mut found = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            let (mut before, mut at) = (NIL, slot.head);
            while at != NIL {
                let entry = &self.entries[at as usize];
                assert_eq!(place(self.now, entry.deadline), index, "V5");
                assert!(slot.earliest <= entry.deadline, "V7");
                assert_eq!(entry.prev, before);
                (before, at) = (at, entry.next);
                found += 1;
            }
            assert_eq!(slot.tail, before);
            if index != FAR {
                let marked = self.occupied[index / SLOTS] >> (index % SLOTS) & 1 == 1;
                assert_eq!(marked, slot.head != NIL, "V6");
            }
        }
        assert_eq!(found, self.len);
    }
}
