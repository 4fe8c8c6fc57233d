//! The values of a queue: by key, and by deadline.
//!
//! A key names its entry by an index, which makes finding it cheap, and by an id, which is never
//! used again. `compact` moves entries; those that moved are then found by their id.
//!
//! Absent: time. Whoever calls knows what is due.

use std::collections::{BTreeSet, HashMap};

use slab::Slab;

use super::{Expired, Key};
use crate::time::Instant;

pub(super) struct Store<T> {
    entries: Slab<Entry<T>>,
    /// In the order in which they expire; of equal deadlines, what was set first.
    order: BTreeSet<Place>,
    /// Where the entries are that `compact` has moved, by id.
    moved: HashMap<u64, usize>,
    next_id: u64,
}

struct Entry<T> {
    value: T,
    /// As it was given out, wherever the entry is now.
    key: Key,
    place: Place,
}

/// Deadline, a number that grows with each setting, and the index.
type Place = (Instant, u64, usize);

impl<T> Store<T> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Slab::with_capacity(capacity),
            order: BTreeSet::new(),
            moved: HashMap::new(),
            next_id: 0,
        }
    }

    pub(super) fn insert(&mut self, value: T, deadline: Instant) -> Key {
        let id = self.number();
        let index = self.entries.vacant_key();
        let place = (deadline, id, index);
        self.order.insert(place);
        let key = Key { index, id };
        self.entries.insert(Entry { value, key, place });
        key
    }

    /// `None`: the key's entry is gone.
    pub(super) fn remove(&mut self, key: Key) -> Option<Expired<T>> {
        let index = self.find(key)?;
        Some(self.take(index))
    }

    /// Takes the first entry out if it is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Expired<T>> {
        let (deadline, _, index) = *self.order.first()?;
        (deadline <= now).then(|| self.take(index))
    }

    fn take(&mut self, index: usize) -> Expired<T> {
        let Entry { value, key, place } = self.entries.remove(index);
        self.order.remove(&place);
        self.moved.remove(&key.id);
        Expired {
            data: value,
            deadline: place.0,
            key,
        }
    }

    /// False: the key's entry is gone.
    pub(super) fn reset(&mut self, key: Key, deadline: Instant) -> bool {
        let Some(index) = self.find(key) else {
            return false;
        };
        let place = (deadline, self.number(), index);
        let before = std::mem::replace(&mut self.entries[index].place, place);
        self.order.remove(&before);
        self.order.insert(place);
        true
    }

    pub(super) fn deadline(&self, key: Key) -> Option<Instant> {
        Some(self.entries[self.find(key)?].place.0)
    }

    /// The earliest deadline, and whose it is.
    pub(super) fn first(&self) -> Option<(Instant, Key)> {
        let (deadline, _, index) = *self.order.first()?;
        Some((deadline, self.entries[index].key))
    }

    /// Takes everything out, to be dropped by the caller.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        let capacity = self.entries.capacity();
        let entries = std::mem::replace(&mut self.entries, Slab::with_capacity(capacity));
        self.order.clear();
        self.moved.clear();
        entries.into_iter().map(|(_, entry)| entry.value)
    }

    /// Gives back memory at the end of the table.
    pub(super) fn shrink(&mut self) {
        self.entries.shrink_to_fit();
        self.moved.shrink_to_fit();
    }

    /// Moves entries to the front of the table, and gives back the rest. Keys stay good.
    pub(super) fn compact(&mut self) {
        let Self {
            entries,
            order,
            moved,
            ..
        } = self;
        entries.compact(|entry, _, to| {
            order.remove(&entry.place);
            entry.place.2 = to;
            order.insert(entry.place);
            moved.insert(entry.key.id, to);
            true
        });
        self.shrink();
    }

    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        self.entries.reserve(additional);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn find(&self, key: Key) -> Option<usize> {
        let is_it = |&index: &usize| self.entries.get(index).is_some_and(|e| e.key == key);
        let moved = || self.moved.get(&key.id).copied();
        Some(key.index).filter(is_it).or_else(moved)
    }

    fn number(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
