//! The queue for work from elsewhere: other threads, and rings that overflowed.
//!
//! One lock round an intrusive list: a push is two stores inside it. That is enough for the few
//! threads that spawn from outside; sharding it pays from about eight of them on.

use crate::engine::metrics::Counter;
use crate::engine::task::Runnable;
use crate::engine::task::list::TaskList;
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) struct Injector {
    state: Mutex<State>,
    /// The list's length, for a look without the lock.
    len: AtomicUsize,
    /// Tasks that came one by one: from elsewhere, and not by an overflow. Written under the lock.
    pushed: Counter,
}

struct State {
    tasks: TaskList,
    closed: bool,
}

impl Injector {
    pub(crate) fn new() -> Self {
        let state = State {
            tasks: TaskList::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            len: AtomicUsize::new(0),
            pushed: Counter::default(),
        }
    }

    /// A hint, unless a fence orders it.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    pub(crate) fn pushed(&self) -> u64 {
        self.pushed.get()
    }

    /// Adds a task. `Err` gives it back once the injector is closed.
    pub(crate) fn push(&self, task: Runnable) -> Result<(), Runnable> {
        let state = self.state.lock();
        if state.closed {
            return Err(task);
        }
        state.tasks.push_back(task);
        self.pushed.add(1);
        self.len.store(state.tasks.len(), Relaxed);
        Ok(())
    }

    /// Adds a whole list, or gives it back.
    pub(crate) fn push_all(&self, tasks: TaskList) -> Result<(), TaskList> {
        let state = self.state.lock();
        if state.closed {
            return Err(tasks);
        }
        state.tasks.append(&tasks);
        self.len.store(state.tasks.len(), Relaxed);
        Ok(())
    }

    /// Hands up to `count` tasks from the front to `take`, which must not come back here.
    ///
    /// One at a time and under the lock: to find where to cut a list is to fetch each header in
    /// turn, and here there is something to do meanwhile.
    pub(crate) fn pop_each(&self, count: usize, mut take: impl FnMut(Runnable)) {
        if count == 0 || self.len() == 0 {
            return;
        }
        let state = self.state.lock();
        for _ in 0..count {
            match state.tasks.pop_front() {
                Some(task) => take(task),
                None => break,
            }
        }
        self.len.store(state.tasks.len(), Relaxed);
    }

    /// Refuses tasks from now on, and gives out what is there.
    pub(crate) fn close(&self) -> TaskList {
        let mut state = self.state.lock();
        state.closed = true;
        self.len.store(0, Relaxed);
        state.tasks.take()
    }
}
