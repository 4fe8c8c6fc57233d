//! Wakers collected under a lock, to be woken after it.
//!
//! One that panics keeps none of the others from being woken; the first panic goes on after the
//! last of them. Absent: any bound. The first few lie in place, the rest in a vector.

use super::Called;
use crate::chance;
use crate::sync::panics::Panics;

/// Called nodes whose wakers lie in place. Enough for most calls; eight are 128 bytes of stack.
const IN_PLACE: usize = 8;

#[must_use = "the called are to be woken"]
pub(crate) struct Wakers {
    few: [Option<Called>; IN_PLACE],
    count: usize,
    more: Vec<Called>,
}

impl Wakers {
    pub(crate) fn new() -> Self {
        Self {
            few: [const { None }; IN_PLACE],
            count: 0,
            more: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, called: Called) {
        match self.few.get_mut(self.count) {
            Some(slot) => {
                *slot = Some(called);
                self.count += 1;
            }
            None => self.more.push(called),
        }
    }

    /// Wakes all, in the order in which they came; in a simulation, in any.
    pub(crate) fn wake(mut self) {
        if self.count > 1 {
            chance::shuffle(&mut self.few[..self.count]);
            chance::shuffle(&mut self.more);
        }
        let few = self.few.iter_mut().take(self.count).map_while(Option::take);
        let mut panics = Panics::new();
        for called in few.chain(self.more) {
            panics.run(|| called.wake());
        }
        panics.resume();
    }
}
