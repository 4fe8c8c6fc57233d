//! The wheel against a sorted list.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::engine::timer::wheel::Wheel;

#[derive(Clone, Debug)]
enum Step {
    Insert { bits: u32, low: u64 },
    Remove(usize),
    Refile { which: usize, bits: u32, low: u64 },
    RefileFirst { bits: u32, low: u64 },
    Advance { bits: u32, low: u64 },
    ToNext,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..64u32, any::<u64>()).prop_map(|(bits, low)| Step::Insert { bits, low }),
        // Short ones too, so that deadlines coincide.
        4 => (0..8u32, any::<u64>()).prop_map(|(bits, low)| Step::Insert { bits, low }),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => (any::<usize>(), 0..64u32, any::<u64>())
            .prop_map(|(which, bits, low)| Step::Refile { which, bits, low }),
        1 => (0..64u32, any::<u64>()).prop_map(|(bits, low)| Step::RefileFirst { bits, low }),
        3 => (0..40u32, any::<u64>()).prop_map(|(bits, low)| Step::Advance { bits, low }),
        2 => Just(Step::ToNext),
    ]
}

/// A distance with up to `bits` bits.
fn distance(bits: u32, low: u64) -> u64 {
    low >> (63 - bits)
}

/// A wheel beside the sorted list that it stands for. Values are the indices of their entries.
struct Both {
    wheel: Wheel<u32>,
    list: BTreeMap<(u64, u64), u32>,
    /// Deadlines of the entries in the list.
    deadlines: BTreeMap<u32, (u64, u64)>,
    used: u32,
    order: u64,
    is_in_order: bool,
}

impl Both {
    fn new() -> Self {
        Self {
            wheel: Wheel::new(),
            list: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            used: 0,
            order: 0,
            is_in_order: true,
        }
    }

    fn file(&mut self, index: u32, deadline: u64) {
        self.order += 1;
        self.list.insert((deadline, self.order), index);
        self.deadlines.insert(index, (deadline, self.order));
    }

    /// Of a deadline to come. Every other time the entry of one that has left is used again.
    fn insert(&mut self, deadline: u64) {
        if deadline <= self.wheel.now() {
            return;
        }
        let free = (0..self.used).find(|index| !self.deadlines.contains_key(index));
        let index = free.filter(|_| self.order % 2 == 0).unwrap_or(self.used);
        self.used = self.used.max(index + 1);
        self.wheel.insert(index, deadline, index);
        self.file(index, deadline);
    }

    fn remove(&mut self, which: usize) {
        let index = (which % (self.used.max(1) as usize)) as u32;
        let listed = self.deadlines.remove(&index);
        assert_eq!(self.wheel.get_mut(index).copied(), listed.map(|_| index));
        assert_eq!(self.wheel.remove(index), listed.map(|_| index));
        listed.map(|at| self.list.remove(&at));
    }

    fn refile(&mut self, which: usize, deadline: u64) {
        let index = (which % (self.used.max(1) as usize)) as u32;
        let Some(at) = self.deadlines.get(&index) else {
            return;
        };
        if deadline > self.wheel.now() {
            self.list.remove(at);
            self.wheel.refile(index, deadline);
            self.file(index, deadline);
        }
    }

    /// Some of what comes first is for later by now. Equal deadlines may change places by that.
    fn refile_first(&mut self, later: u64) {
        self.is_in_order = false;
        let deadlines = &self.deadlines;
        self.wheel.refile_first(|index| {
            let (deadline, order) = deadlines[&index];
            match order % 2 {
                0 => deadline,
                _ => deadline.saturating_add(later),
            }
        });
        let listed: Vec<u32> = self.list.values().copied().collect();
        for index in listed {
            let at = self.deadlines[&index];
            let filed = self.wheel.deadline(index).expect("it is in the wheel");
            assert!(filed == at.0 || filed == at.0.saturating_add(later));
            self.list.remove(&at);
            self.file(index, filed);
        }
    }

    fn advance(&mut self, to: u64) {
        while let Some(index) = self.wheel.pop(to) {
            let (&first, _) = self.list.first_key_value().expect("nothing listed");
            let at = self.deadlines.remove(&index).expect("it is listed");
            assert_eq!(at.0, first.0);
            assert!(at == first || !self.is_in_order, "V8");
            assert_eq!(self.wheel.take(index), Some(index));
            assert!(at.0 <= to);
            assert_eq!(self.wheel.now(), at.0);
            self.list.remove(&at);
        }
        assert_eq!(self.wheel.now(), to);
        if let Some((&(deadline, _), _)) = self.list.first_key_value() {
            assert!(deadline > to, "left behind");
        }
    }

    fn check(&self) {
        self.wheel.assert_invariants();
        let earliest = self
            .list
            .first_key_value()
            .map(|(&(deadline, _), _)| deadline);
        assert_eq!(self.wheel.earliest(), earliest);
        let next = self.wheel.next_deadline();
        assert_eq!(next.is_some(), earliest.is_some());
        assert!(next <= earliest && next.is_none_or(|next| next >= self.wheel.now()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn wheel_is_a_sorted_list(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::new();
        for step in steps {
            let now = both.wheel.now();
            match step {
                Step::Insert { bits, low } => {
                    both.insert(now.saturating_add(distance(bits, low)));
                }
                Step::Remove(which) => both.remove(which),
                Step::Refile { which, bits, low } => {
                    both.refile(which, now.saturating_add(distance(bits, low)));
                }
                Step::RefileFirst { bits, low } => both.refile_first(distance(bits, low)),
                Step::Advance { bits, low } => {
                    both.advance(now.saturating_add(distance(bits, low)));
                }
                Step::ToNext => {
                    if let Some(next) = both.wheel.next_deadline() {
                        both.advance(next);
                    }
                }
            }
            both.check();
        }
        both.advance(u64::MAX);
        both.check();
    }
}

/// A wheel of values without a thought for indices.
struct Values<T> {
    wheel: Wheel<T>,
    used: u32,
}

impl<T> Values<T> {
    fn new() -> Self {
        Self {
            wheel: Wheel::new(),
            used: 0,
        }
    }

    fn insert(&mut self, deadline: u64, value: T) -> u32 {
        let index = self.used;
        self.used += 1;
        self.wheel.insert(index, deadline, value);
        index
    }

    fn pop(&mut self, to: u64) -> Option<T> {
        let index = self.wheel.pop(to)?;
        self.wheel.take(index)
    }
}

#[test]
fn next_deadline_leads_to_the_entry_in_a_few_steps() {
    for bits in 0..64 {
        let mut wheel = Values::new();
        let deadline = 1 << bits;
        wheel.insert(deadline, ());
        let stale = wheel.insert(deadline, ());
        wheel.wheel.remove(stale);
        assert_eq!(
            wheel.wheel.next_deadline(),
            Some(deadline),
            "nothing earlier was removed"
        );
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(()));
    }
    // An earlier one in the same slot was removed: each early `pop` brings it a level down.
    let mut wheel = Values::new();
    let early = wheel.insert((1 << 31) + 1, ());
    wheel.insert((1 << 31) + (1 << 29), ());
    wheel.wheel.remove(early);
    let mut steps = 0;
    while wheel.pop(wheel.wheel.next_deadline().unwrap()).is_none() {
        steps += 1;
        assert!(steps < 7);
    }
}

#[test]
fn r42_far_entry_does_not_stop_near_ones() {
    let mut wheel = Values::new();
    for bits in 31..64 {
        wheel.insert(1 << bits, false);
    }
    wheel.insert(u64::MAX, false);
    assert_eq!(wheel.pop((1 << 30) - 1), None);
    for _ in 0..10_000 {
        let deadline = wheel.wheel.now() + 333;
        wheel.insert(deadline, true);
        assert_eq!(wheel.wheel.next_deadline(), Some(deadline));
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(true));
    }
}

#[test]
fn r43_deadlines_round_the_range_of_the_wheel() {
    let range = 1u64 << 36;
    for base in [0, 1, range - 1, range, 7 * range - 1, u64::MAX - 2 * range] {
        for distance in [1, range - 1, range, range + 1] {
            let mut wheel = Values::new();
            assert_eq!(wheel.pop(base), None);
            let deadline = base + distance;
            wheel.insert(deadline, ());
            assert_eq!(wheel.wheel.next_deadline(), Some(deadline));
            assert_eq!(wheel.pop(deadline - 1), None);
            wheel.wheel.assert_invariants();
            assert_eq!(wheel.pop(u64::MAX), Some(()));
            assert_eq!(wheel.wheel.now(), deadline);
        }
    }
}

#[test]
fn r43_ranges_with_nothing_in_them_are_skipped() {
    let mut wheel = Values::new();
    wheel.insert(u64::MAX, 1);
    wheel.insert(u64::MAX - (1 << 40), 0);
    // 2^28 ranges lie between: one by one this would take minutes.
    assert_eq!(wheel.pop(u64::MAX), Some(0));
    assert_eq!(wheel.pop(u64::MAX), Some(1));
    assert_eq!(wheel.pop(u64::MAX), None);
}
