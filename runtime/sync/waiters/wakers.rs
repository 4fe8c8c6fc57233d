//! Wakers collected under a lock, to be woken after it.
//!
//! One that panics keeps none of the others from being woken; the first panic goes on after the
//! last of them. Absent: any bound. The first few lie in place, the rest in a vector.

use super::Called;
use crate::chance;
use crate::sync::panics::Panics;

/// Called nodes behind the first whose wakers lie in place. Enough for most calls; eight are 128
/// bytes of stack.
const IN_PLACE: usize = 8;

/// Mostly it is one, so that costs no more than one.
#[must_use = "the called are to be woken"]
pub(crate) struct Wakers {
    first: Option<Called>,
    others: Option<Others>,
}

struct Others {
    few: [Option<Called>; IN_PLACE],
    count: usize,
    more: Vec<Called>,
}

impl Wakers {
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            first: None,
            others: None,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, called: Called) {
        match self.first {
            None => self.first = Some(called),
            Some(_) => self.others.get_or_insert_with(Others::new).push(called),
        }
    }

    /// Wakes all, in the order in which they came; in a simulation, in any.
    #[inline]
    pub(crate) fn wake(self) {
        match (self.first, self.others) {
            (Some(first), Some(others)) => others.wake(first),
            (Some(only), None) => only.wake(),
            (None, _) => {}
        }
    }
}

impl Others {
    fn new() -> Self {
        Self {
            few: [const { None }; IN_PLACE],
            count: 0,
            more: Vec::new(),
        }
    }

    fn push(&mut self, called: Called) {
        match self.few.get_mut(self.count) {
            Some(slot) => {
                *slot = Some(called);
                self.count += 1;
            }
            None => self.more.push(called),
        }
    }

    fn wake(mut self, mut first: Called) {
        if chance::is_simulated() {
            self.shuffle(&mut first);
        }
        let few = self.few.iter_mut().take(self.count).map_while(Option::take);
        let mut panics = Panics::new();
        for called in [first].into_iter().chain(few).chain(self.more) {
            panics.run(|| called.wake());
        }
        panics.resume();
    }

    fn shuffle(&mut self, first: &mut Called) {
        chance::shuffle(&mut self.few[..self.count]);
        chance::shuffle(&mut self.more);
        // Beyond the last of them is the first itself.
        let any = chance::first(self.count + 1);
        if let Some(other) = self.few[..self.count].get_mut(any).and_then(Option::as_mut) {
            std::mem::swap(first, other);
        }
    }
}
