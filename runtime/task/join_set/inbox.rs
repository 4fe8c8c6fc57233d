//! Which tasks of a set have completed, and who waits for the next.
//!
//! Called by the set, and by the join waker of each of its tasks. The picture is in `mod.rs`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::primitives::Mutex;

/// What a set and the join wakers of its tasks share.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Keys of tasks that completed, first come first.
    pub(super) finished: VecDeque<usize>,
    /// Who waits for the next of them. `None` while there are any.
    pub(super) waiting: Option<Waker>,
}

/// The join waker of one task.
pub(super) struct Finished {
    pub(super) key: usize,
    pub(super) inbox: Arc<Inbox>,
}

impl Wake for Finished {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.inbox.state.lock();
        state.finished.push_back(self.key);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl Inbox {
    /// Makes room for `capacity` keys in all.
    pub(super) fn reserve(&self, capacity: usize) {
        let mut state = self.state.lock();
        let missing = capacity.saturating_sub(state.finished.len());
        state.finished.reserve(missing);
    }

    /// The key that came first.
    pub(super) fn pop(&self) -> Option<usize> {
        self.state.lock().finished.pop_front()
    }

    /// Leaves `waker` for the next completion. False if one has come: look again.
    pub(super) fn wait(&self, waker: &Waker) -> bool {
        let state = self.state.lock();
        if state.waiting.as_ref().is_some_and(|w| w.will_wake(waker)) {
            // Whatever puts a key in takes the waker out.
            debug_assert!(state.finished.is_empty());
            return true;
        }
        drop(state);
        // Cloned and dropped outside the lock: a waker is foreign code.
        let mut waker = Some(waker.clone());
        let mut state = self.state.lock();
        let empty = state.finished.is_empty();
        if empty {
            std::mem::swap(&mut state.waiting, &mut waker);
        }
        drop(state);
        empty
    }
}
