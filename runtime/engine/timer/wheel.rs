//! The hierarchical wheel as pure data: ticks and values in, due values out.
//!
//! No clock, no wakers, no locks: `super::Handle` brings those. Time is a `u64` of ticks that
//! only [`Wheel::pop`] moves. The caller names entries by small numbers of its choice.
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

#[derive(Debug)]
struct Entry<T> {
    deadline: u64,
    prev: u32,
    next: u32,
    /// `None` while the entry is not in the wheel.
    value: Option<T>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Entry<crate::leaf::Kept>>() == 24);

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u32,
    tail: u32,
    earliest: u64,
}

impl<T> Entry<T> {
    const EMPTY: Self = Self {
        deadline: 0,
        prev: NIL,
        next: NIL,
        value: None,
    };
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
        }
    }

    /// The tick up to which everything has left.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Keeps `value` until `deadline`, which is to come, as the entry `index`, which is not in the
    /// wheel. The table is as long as the largest index.
    pub(crate) fn insert(&mut self, index: u32, deadline: u64, value: T) {
        let at = index as usize;
        while self.entries.len() <= at {
            self.entries.push(Entry::EMPTY);
        }
        let entry = &mut self.entries[at];
        debug_assert!(entry.value.is_none(), "in the wheel already");
        entry.value = Some(value);
        self.file(index, deadline);
    }

    /// The value of an entry that has not left.
    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.entries.get_mut(index as usize)?.value.as_mut()
    }

    /// When the entry leaves.
    pub(crate) fn deadline(&self, index: u32) -> Option<u64> {
        let entry = self.entries.get(index as usize)?;
        entry.value.is_some().then_some(entry.deadline)
    }

    /// Takes an entry out before its time.
    pub(crate) fn remove(&mut self, index: u32) -> Option<T> {
        self.deadline(index)?;
        self.unlink(index);
        self.take(index)
    }

    /// Moves an entry that has not left to a deadline to come, behind those that have it already.
    pub(crate) fn refile(&mut self, index: u32, deadline: u64) {
        self.unlink(index);
        self.file(index, deadline);
    }

    /// Names the next entry due at `to` or before and moves `now` up to it, or to `to` when there
    /// is none. The entry is in no slot: [`take`](Self::take) its value or [`file`](Self::file) it
    /// for later.
    pub(crate) fn pop(&mut self, to: u64) -> Option<u32> {
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
                return Some(index);
            }
            self.refile_slot(first, |_, deadline| deadline);
        }
        self.now = to;
        None
    }

    /// The value of an entry that [`pop`](Self::pop) has named.
    pub(crate) fn take(&mut self, index: u32) -> Option<T> {
        self.entries[index as usize].value.take()
    }

    /// Puts an entry that is in no slot into that of a deadline to come.
    pub(crate) fn file(&mut self, index: u32, deadline: u64) {
        self.entries[index as usize].deadline = deadline;
        self.link(index);
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

    /// Files the entries of the first slot again, each for the deadline that `deadline` says it has
    /// by now.
    pub(crate) fn refile_first(&mut self, deadline: impl Fn(u32) -> u64) {
        if let Some(slot) = self.first_slot() {
            self.refile_slot(slot, |index, _| deadline(index));
        }
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

    /// Files the entries of a slot again: those of a slot that `now` has entered go lower down.
    fn refile_slot(&mut self, slot: usize, deadline: impl Fn(u32, u64) -> u64) {
        let mut index = self.slots[slot].head;
        self.slots[slot] = Slot::EMPTY;
        self.mark(slot, false);
        while index != NIL {
            let Entry {
                deadline: before,
                next,
                ..
            } = self.entries[index as usize];
            self.file(index, deadline(index, before));
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

    /// V5, V6 and V7, and links that lead both ways.
    #[cfg(test)]
    pub(super) fn assert_invariants(&self) {
        let mut found = 0;
        let len = self.entries.iter().filter(|entry| entry.value.is_some());
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
        assert_eq!(found, len.count());
    }
}
