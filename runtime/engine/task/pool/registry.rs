//! Every task of a scheduler, found through its arenas (A1, A3).

#![expect(unsafe_code, reason = "walks the arenas: A1, A3")]

use std::ptr::NonNull;

use super::chunk::Chunk;
use super::{Shared, id_of, placement_of};
use crate::engine::task::header::Header;
use crate::primitives::Mutex;
use crate::primitives::atomic::Ordering::Acquire;

/// Every arena of one scheduler.
pub(crate) struct Registry(Mutex<Vec<SharedPtr>>);

#[derive(Clone, Copy, PartialEq)]
struct SharedPtr(NonNull<Shared>);

// SAFETY: A3. An entry is removed before its `Shared` is freed, and `Shared` is used by any thread.
unsafe impl Send for SharedPtr {}

impl Registry {
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn add(&self, arena: NonNull<Shared>) {
        self.0.lock().push(SharedPtr(arena));
    }

    pub(super) fn remove(&self, arena: NonNull<Shared>) {
        self.0.lock().retain(|entry| entry.0 != arena);
    }

    /// Shows every task to `read`, and what it returned to `keep` if the task's slot was not
    /// reused meanwhile. `read` may only do atomic loads on the header. Tasks neither start nor
    /// end in here, so neither closure may free one.
    pub(crate) fn visit<T>(
        &self,
        mut read: impl FnMut(NonNull<Header>, u64) -> T,
        mut keep: impl FnMut(T),
    ) {
        let arenas = self.0.lock();
        for arena in arenas.iter() {
            // SAFETY: A3. Entries leave the registry before they are freed, and we hold its lock.
            let shared = unsafe { arena.0.as_ref() };
            // ORDERING: Acquire; pairs with the Release in `cut_chunk`.
            let mut chunk = shared.chunks.load(Acquire);
            while !chunk.is_null() {
                Chunk::visit(chunk, &mut read, &mut keep);
                // SAFETY: A1. As above; `next` is written before the chunk is published.
                chunk = unsafe { (*chunk).next };
            }
            let large = shared.large.lock();
            for (_, task) in large.iter() {
                let placement = placement_of(task.0);
                keep(read(task.0, id_of(task.0, placement)));
            }
        }
    }
}
