//! Who holds a lock, and where it was taken: written by locks, read by dumps.
//!
//! ```text
//!   beside the lock                      in its queue, once somebody has waited
//!   +-----------------+    copied        +---------------------------+
//!   | Holder          |  ------------->  | Ledger --> Entry, counted |<-- all of them: contended()
//!   | task, site      |  under the       |            who, where,    |
//!   +-----------------+  queue's mutex   |            which lock     |
//!                                        +---------------------------+
//! ```
//!
//! A dump must not follow an address that a task waits for: the lock may be gone. So a lock that
//! is free, or held with nobody waiting, costs its holder plain stores ([`Holder`]), and whoever
//! queues copies them to an [`Entry`] that dumps find by themselves. The holder of a lock with
//! waiters changes only under the queue's mutex, and so does the entry.
//!
//! The task is kept as the address of its header, which is a load and a store; a dump knows the
//! headers of the tasks there are. So a task that has ended, and left the lock locked, may lend its
//! address to another. That is the price of five instructions a lock.
//!
//! Invariants:
//! - LK1. A [`Holder`] has a place only while somebody holds the lock: it is cleared before the
//!   lock is released, and written after it was taken.
//! - LK2. What [`contended`] gives of a lock was true at one moment, and still is if it is given
//!   again with the same version.
//!
//! Absent: exact accounts of many holders. Of those who share a lock one is known, the last.

use std::panic::Location;
use std::ptr;
use std::sync::Weak;
// Hints beside a lock: no model depends on them.
use std::sync::atomic::{AtomicPtr as Place, AtomicUsize as Word};
use std::task::Waker;

use crate::budget;
use crate::engine::task;
use crate::leaf::Site;
use crate::primitives::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

#[cfg(all(test, loom))]
mod models;

/// Beside a lock: who took it last.
pub(crate) struct Holder {
    /// As `budget::poller` names it.
    task: Word,
    /// Null: nobody holds it, or it is not known who.
    site: Place<Location<'static>>,
}

impl Holder {
    pub(crate) const fn new() -> Self {
        Self {
            task: Word::new(0),
            site: Place::new(ptr::null_mut()),
        }
    }

    /// Whoever is polled on this thread has just taken the lock.
    #[inline]
    pub(crate) fn took(&self, site: Site) {
        self.task.store(budget::poller(), Relaxed);
        let place = ptr::from_ref(site.location()).cast_mut();
        // ORDERING: Release; pairs with the Acquire in `get`: who sees the place sees the task.
        self.site.store(place, Release);
    }

    /// The lock is about to be released (LK1).
    #[inline]
    pub(crate) fn left(&self) {
        self.site.store(ptr::null_mut(), Relaxed);
    }

    fn get(&self) -> (usize, *mut Location<'static>) {
        // ORDERING: Acquire; pairs with the Release in `took`.
        let site = self.site.load(Acquire);
        (self.task.load(Relaxed), site)
    }
}

/// In a lock's queue: what dumps know of the lock. Nothing until somebody has waited for it.
pub(crate) struct Ledger(Option<std::sync::Arc<Entry>>);

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The queue of the lock at this address has changed, or its holder has while there is one.
    ///
    /// Under the queue's mutex. `handed` is whom the lock was handed to, until it comes for it.
    pub(crate) fn write(
        &mut self,
        lock: usize,
        is_waited_for: bool,
        holder: &Holder,
        handed: Option<&Waker>,
    ) {
        if cfg!(loom) || !is_waited_for && self.0.is_none() {
            return;
        }
        let entry = self.0.get_or_insert_with(registry::enter);
        let lock = if is_waited_for { lock } else { 0 };
        let (task, site) = match handed.and_then(task::task_of) {
            Some(task) => (ptr::from_ref(task).addr(), ptr::null_mut()),
            None => holder.get(),
        };
        entry.write([lock, task], site);
    }
}

/// One lock that somebody has waited for. A sequence lock: whoever writes it is alone, by the
/// queue's mutex, and readers only look.
struct Entry {
    /// Odd while it is being written.
    version: AtomicUsize,
    /// The lock's address, and who has it.
    words: [AtomicUsize; 2],
    site: AtomicPtr<Location<'static>>,
}

impl Entry {
    fn new() -> Self {
        Self {
            version: AtomicUsize::new(0),
            words: [AtomicUsize::new(0), AtomicUsize::new(0)],
            site: AtomicPtr::new(ptr::null_mut()),
        }
    }

    fn write(&self, words: [usize; 2], site: *mut Location<'static>) {
        let version = self.version.load(Relaxed);
        self.version.store(version + 1, Relaxed);
        // ORDERING: Release fence; pairs with the Acquire fence in `read`: who sees a word of what
        // follows sees the odd version, too.
        fence(Release);
        for (place, word) in self.words.iter().zip(words) {
            place.store(word, Relaxed);
        }
        self.site.store(site, Relaxed);
        // ORDERING: Release; pairs with the Acquire in `read`: who sees it sees the words.
        self.version.store(version + 2, Release);
    }

    /// `None` while it is being written.
    fn read(&self) -> Option<(usize, [usize; 2], *mut Location<'static>)> {
        // ORDERING: Acquire; pairs with the Release that ends `write`.
        let version = self.version.load(Acquire);
        let words = [0, 1].map(|word: usize| self.words[word].load(Relaxed));
        let site = self.site.load(Relaxed);
        // ORDERING: Acquire fence; pairs with the Release fence in `write`.
        fence(Acquire);
        let is_same = self.version.load(Relaxed) == version;
        (version % 2 == 0 && is_same).then_some((version, words, site))
    }
}

/// What is known of a lock that somebody waits for.
#[derive(Clone, Copy)]
pub(crate) struct Contended {
    /// Low 56 bits of its address, as in a note of what a task waits for.
    pub(crate) lock: u64,
    /// The address of the header of who has it: of a task, or of a main future. 0: neither.
    pub(crate) header: usize,
    /// Where it was taken. `None`: it was handed to that task, which has not been polled since;
    /// without a task nothing is known.
    pub(crate) site: Option<&'static Location<'static>>,
    /// It changes with each change of the queue or the holder.
    pub(crate) version: usize,
}

/// Every lock of the process that somebody waits for.
pub(crate) fn contended() -> Vec<Contended> {
    let locks = registry::all()
        .into_iter()
        .filter_map(|entry: Weak<Entry>| {
            let (version, [lock, task], site) = entry.upgrade()?.read()?;
            (lock != 0).then_some(Contended {
                lock: lock as u64 & ((1 << 56) - 1),
                header: budget::header_of(task),
                site: task::location(site),
                version,
            })
        });
    locks.collect()
}

mod registry {
    //! Every entry there is. Those of locks that are gone are thrown out when there are twice as
    //! many as after the last time.

    use std::sync::{Arc, Weak};

    use super::Entry;
    #[cfg(not(loom))]
    use crate::primitives::Mutex;

    #[cfg(not(loom))]
    static ENTRIES: Mutex<Entries> = Mutex::new(Entries {
        all: Vec::new(),
        most: FEWEST,
    });

    /// Below so many nothing is thrown out.
    const FEWEST: usize = 64;

    struct Entries {
        all: Vec<Weak<Entry>>,
        most: usize,
    }

    #[cfg(not(loom))]
    pub(super) fn enter() -> Arc<Entry> {
        let entry = Arc::new(Entry::new());
        let mut entries = ENTRIES.lock();
        if entries.all.len() >= entries.most {
            entries.all.retain(|entry| entry.strong_count() > 0);
            entries.most = FEWEST.max(2 * entries.all.len());
        }
        entries.all.push(Arc::downgrade(&entry));
        entry
    }

    #[cfg(not(loom))]
    pub(super) fn all() -> Vec<Weak<Entry>> {
        ENTRIES.lock().all.clone()
    }

    #[cfg(loom)]
    pub(super) fn enter() -> Arc<Entry> {
        Arc::new(Entry::new())
    }

    #[cfg(loom)]
    pub(super) fn all() -> Vec<Weak<Entry>> {
        Vec::new()
    }
}
