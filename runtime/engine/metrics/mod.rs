//! What a runtime counts, and the public view of it.
//!
//! Each worker has [`Counters`] of its own. Only the thread on the worker's seat writes them, with
//! plain stores, so a count costs one instruction; anybody may read them, a moment late. Clocks
//! are read when a worker falls asleep and wakes up, and round each poll only if the builder asked
//! for a histogram.
//!
//! Called by the schedulers. Absent: sums. Whoever asks adds the workers up.

mod histogram;
mod log;
#[cfg(not(loom))]
mod view;
#[cfg(not(loom))]
mod workers;

#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::ptr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::task::Header;
use crate::primitives::Mutex;
use crate::primitives::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering::Relaxed};
use crate::primitives::thread::ThreadId;

pub(crate) use histogram::Histogram;
pub(crate) use histogram::Plan;
pub use histogram::{HistogramConfiguration, HistogramScale};
pub use log::{InvalidHistogramConfiguration, LogHistogram, LogHistogramBuilder};
#[cfg(not(loom))]
pub use view::RuntimeMetrics;

/// How much the newest stretch of work weighs in the mean time of a poll, in percent. tokio's
/// number.
const NEWEST_WEIGHT: u64 = 10;

/// A number that one thread at a time writes and any may read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Not a read-modify-write: two writers at once may lose a count.
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.set(self.0.load(Relaxed).wrapping_add(count));
    }

    /// For a number that several threads count.
    pub(crate) fn add_shared(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One worker's counts, and what it is polling.
#[derive(Default)]
pub(crate) struct Counters {
    running: AtomicPtr<Header>,
    /// What is running is a main future.
    in_main: AtomicBool,
    /// All polls begun, those of main futures too: the sentinel goes by them.
    pub(crate) polls: Counter,
    /// Those of main futures.
    main_polls: Counter,
    /// Tasks spawned on this seat.
    pub(crate) spawned: Counter,
    /// Tasks queued by the worker itself.
    pub(crate) scheduled: Counter,
    /// Tasks queued by a guest's main future, which counts as outside.
    scheduled_by_main: Counter,
    /// Tasks taken over from where other threads leave them.
    pub(crate) collected: Counter,
    pub(crate) steals: Counter,
    pub(crate) steal_operations: Counter,
    pub(crate) overflows: Counter,
    parks: Counter,
    /// Times it went to sleep without having polled a task.
    noops: Counter,
    unparks: Counter,
    /// Nanoseconds awake, up to the last sleep.
    busy: Counter,
    /// When it woke up last, in nanoseconds since `epoch`; zero while it sleeps.
    awake_since: Counter,
    /// `task_polls` when it woke up last.
    polls_before: Counter,
    /// Nanoseconds a poll takes, with a weight that fades.
    mean_poll: Counter,
    /// Whose thread this is, or was last.
    thread: Mutex<Option<ThreadId>>,
    histogram: Option<Histogram>,
}

/// Nanoseconds since the first call.
fn now() -> u64 {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    // One: zero means asleep.
    EPOCH.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1
}

impl Counters {
    pub(crate) fn new(plan: Option<&Plan>) -> Self {
        Self {
            histogram: plan.map(Histogram::new),
            ..Self::default()
        }
    }

    /// A task's turn begins on this worker.
    #[inline]
    pub(crate) fn begin_poll(&self, task: *mut Header) {
        self.running.store(task, Relaxed);
        self.polls.add(1);
    }

    /// A main future's turn begins on this worker.
    #[inline]
    pub(crate) fn begin_main_poll(&self, task: *mut Header) {
        self.begin_poll(task);
        self.main_polls.add(1);
        self.in_main.store(true, Relaxed);
    }

    #[inline]
    pub(crate) fn end_main_poll(&self) {
        self.in_main.store(false, Relaxed);
        self.end_poll();
    }

    /// True while a main future is polled here.
    #[inline]
    pub(crate) fn is_in_main(&self) -> bool {
        self.in_main.load(Relaxed)
    }

    /// The turn that was under way goes on here.
    pub(crate) fn resume_poll(&self, task: *mut Header) {
        self.running.store(task, Relaxed);
    }

    #[inline]
    pub(crate) fn end_poll(&self) {
        self.running.store(ptr::null_mut(), Relaxed);
    }

    /// The task being polled, only to be compared. Null if none is.
    #[inline]
    pub(crate) fn running(&self) -> *const Header {
        self.running.load(Relaxed)
    }

    /// A task was queued here by the thread on the seat. A main future is no worker.
    #[inline]
    pub(crate) fn schedule(&self) {
        match self.is_in_main() {
            false => self.scheduled.add(1),
            true => self.scheduled_by_main.add(1),
        }
    }

    /// A thread has come to work here, or woken up.
    pub(crate) fn begin_work(&self) {
        self.polls_before.set(self.task_polls());
        self.awake_since.set(now());
    }

    /// How long ago the thread woke up, or came to work here.
    pub(crate) fn stint(&self) -> Duration {
        Duration::from_nanos(now().saturating_sub(self.awake_since.get()))
    }

    /// It goes away, or to sleep.
    pub(crate) fn end_work(&self) {
        let since = self.awake_since.get();
        if since == 0 {
            return;
        }
        let time = now().saturating_sub(since);
        self.awake_since.set(0);
        self.busy.add(time);
        let polls = self.task_polls() - self.polls_before.get();
        if let Some(mean) = time.checked_div(polls) {
            let before = self.mean_poll.get();
            self.mean_poll.set(match before {
                0 => mean.max(1),
                _ => (mean * NEWEST_WEIGHT + before * (100 - NEWEST_WEIGHT)) / 100,
            });
        }
    }

    pub(crate) fn park(&self) {
        self.parks.add(1);
        if self.task_polls() == self.polls_before.get() {
            self.noops.add(1);
        }
        self.end_work();
    }

    pub(crate) fn unpark(&self) {
        self.unparks.add(1);
        self.begin_work();
    }

    /// This thread is the worker's. `None`: nobody's is.
    pub(crate) fn set_thread(&self, thread: Option<ThreadId>) {
        *self.thread.lock() = thread;
    }

    /// This thread is about to be the worker's, unless one has been before.
    pub(crate) fn expect_thread(&self, thread: ThreadId) {
        self.thread.lock().get_or_insert(thread);
    }

    /// A poll that began then has ended.
    pub(crate) fn measure(&self, began: Instant) {
        if let Some(histogram) = &self.histogram {
            histogram.measure(began.elapsed());
        }
    }

    fn task_polls(&self) -> u64 {
        // The part first: both grow, and the difference must not be negative.
        let main = self.main_polls.get();
        self.polls.get().saturating_sub(main)
    }
}

/// What readers want to know. Each number may be a moment old.
#[cfg(not(loom))]
impl Counters {
    pub(crate) fn queued_from_outside(&self) -> u64 {
        self.scheduled_by_main.get()
    }

    /// Tasks in a queue that only this worker takes from.
    pub(crate) fn queue_len(&self) -> usize {
        let out = self.task_polls();
        let into = self.scheduled.get() + self.collected.get();
        into.saturating_sub(out) as usize
    }

    fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy.get())
    }

    fn thread(&self) -> Option<ThreadId> {
        *self.thread.lock()
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters")
            .field("polls", &self.polls.get())
            .field("parks", &self.parks.get())
            .field("steals", &self.steals.get())
            .finish_non_exhaustive()
    }
}
