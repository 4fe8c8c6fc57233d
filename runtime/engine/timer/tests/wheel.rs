//! The wheel against a sorted list.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::engine::timer::wheel::{Key, Wheel};

#[derive(Clone, Debug)]
enum Step {
    Insert { bits: u32, low: u64 },
    Remove(usize),
    Refile { which: usize, bits: u32, low: u64 },
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
        3 => (0..40u32, any::<u64>()).prop_map(|(bits, low)| Step::Advance { bits, low }),
        2 => Just(Step::ToNext),
    ]
}

/// A distance with up to `bits` bits.
fn distance(bits: u32, low: u64) -> u64 {
    low >> (63 - bits)
}

/// A wheel beside the sorted list that it stands for. Values are the list's keys.
struct Both {
    wheel: Wheel<u64>,
    list: BTreeMap<(u64, u64), Key>,
    /// Deadlines by value, of entries in the list.
    deadlines: BTreeMap<u64, (u64, u64)>,
    keys: Vec<(u64, Key)>,
    order: u64,
}

impl Both {
    fn new() -> Self {
        Self {
            wheel: Wheel::new(),
            list: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            keys: Vec::new(),
            order: 0,
        }
    }

    fn file(&mut self, value: u64, deadline: u64, key: Key) {
        self.order += 1;
        self.list.insert((deadline, self.order), key);
        self.deadlines.insert(value, (deadline, self.order));
    }

    fn insert(&mut self, deadline: u64) {
        let value = self.keys.len() as u64;
        match self.wheel.insert(deadline, value) {
            Ok(key) => {
                assert!(deadline > self.wheel.now());
                self.keys.push((value, key));
                self.file(value, deadline, key);
            }
            Err(back) => {
                assert_eq!(back, value);
                assert!(deadline <= self.wheel.now());
            }
        }
    }

    fn remove(&mut self, which: usize) {
        let Some(&(value, key)) = self.keys.get(which % self.keys.len().max(1)) else {
            return;
        };
        let listed = self.deadlines.remove(&value);
        assert_eq!(self.wheel.remove(key), listed.map(|_| value));
        listed.map(|at| self.list.remove(&at));
    }

    fn refile(&mut self, which: usize, deadline: u64) {
        let Some(&(value, key)) = self.keys.get(which % self.keys.len().max(1)) else {
            return;
        };
        let listed = self.deadlines.remove(&value);
        listed.map(|at| self.list.remove(&at));
        match self.wheel.refile(key, deadline) {
            Ok(true) => {
                assert!(listed.is_some() && deadline > self.wheel.now());
                self.file(value, deadline, key);
            }
            Ok(false) => assert!(listed.is_none()),
            Err(back) => assert_eq!((back, deadline <= self.wheel.now()), (value, true)),
        }
    }

    fn advance(&mut self, to: u64) {
        while let Some(value) = self.wheel.pop(to) {
            let (&(deadline, order), _) = self.list.first_key_value().expect("nothing listed");
            assert_eq!(self.deadlines.remove(&value), Some((deadline, order)));
            assert!(deadline <= to);
            assert_eq!(self.wheel.now(), deadline);
            self.list.pop_first();
        }
        assert_eq!(self.wheel.now(), to);
        if let Some((&(deadline, _), _)) = self.list.first_key_value() {
            assert!(deadline > to, "left behind");
        }
    }

    fn check(&self) {
        self.wheel.assert_invariants();
        assert_eq!(self.wheel.len(), self.list.len());
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

#[test]
fn next_deadline_leads_to_the_entry_in_a_few_steps() {
    for bits in 0..64 {
        let mut wheel = Wheel::new();
        let deadline = 1 << bits;
        wheel.insert(deadline, ()).unwrap();
        let stale = wheel.insert(deadline, ()).unwrap();
        wheel.remove(stale);
        assert_eq!(
            wheel.next_deadline(),
            Some(deadline),
            "nothing earlier was removed"
        );
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(()));
    }
    // An earlier one in the same slot was removed: each early `pop` brings it a level down.
    let mut wheel = Wheel::new();
    let early = wheel.insert((1 << 31) + 1, ()).unwrap();
    wheel.insert((1 << 31) + (1 << 29), ()).unwrap();
    wheel.remove(early);
    let mut steps = 0;
    while wheel.pop(wheel.next_deadline().unwrap()).is_none() {
        steps += 1;
        assert!(steps < 7);
    }
}

#[test]
fn r42_far_entry_does_not_stop_near_ones() {
    let mut wheel = Wheel::new();
    for bits in 31..64 {
        wheel.insert(1 << bits, false).unwrap();
    }
    wheel.insert(u64::MAX, false).unwrap();
    assert_eq!(wheel.pop((1 << 30) - 1), None);
    for _ in 0..10_000 {
        let deadline = wheel.now() + 333;
        wheel.insert(deadline, true).unwrap();
        assert_eq!(wheel.next_deadline(), Some(deadline));
        assert_eq!(wheel.pop(deadline - 1), None);
        assert_eq!(wheel.pop(deadline), Some(true));
    }
}

#[test]
fn r43_deadlines_round_the_range_of_the_wheel() {
    let range = 1u64 << 36;
    for base in [0, 1, range - 1, range, 7 * range - 1, u64::MAX - 2 * range] {
        for distance in [1, range - 1, range, range + 1] {
            let mut wheel = Wheel::new();
            assert_eq!(wheel.pop(base), None);
            let deadline = base + distance;
            wheel.insert(deadline, ()).unwrap();
            assert_eq!(wheel.next_deadline(), Some(deadline));
            assert_eq!(wheel.pop(deadline - 1), None);
            wheel.assert_invariants();
            assert_eq!(wheel.pop(u64::MAX), Some(()));
            assert_eq!(wheel.now(), deadline);
        }
    }
}

#[test]
fn r43_ranges_with_nothing_in_them_are_skipped() {
    let mut wheel = Wheel::new();
    wheel.insert(u64::MAX, 1).unwrap();
    wheel.insert(u64::MAX - (1 << 40), 0).unwrap();
    // 2^28 ranges lie between: one by one this would take minutes.
    assert_eq!(wheel.pop(u64::MAX), Some(0));
    assert_eq!(wheel.pop(u64::MAX), Some(1));
    assert_eq!(wheel.pop(u64::MAX), None);
    assert_eq!(wheel.insert(u64::MAX, 2), Err(2));
}

#[test]
fn stale_keys_are_harmless() {
    let mut wheel = Wheel::new();
    let old = wheel.insert(5, 'a').unwrap();
    assert_eq!(wheel.pop(5), Some('a'));
    let new = wheel.insert(9, 'b').unwrap();
    assert_ne!(old, new);
    assert_eq!(wheel.get_mut(old), None);
    assert_eq!(wheel.remove(old), None);
    assert_eq!(wheel.refile(old, 20), Ok(false));
    assert_eq!(wheel.get_mut(new), Some(&mut 'b'));
}
