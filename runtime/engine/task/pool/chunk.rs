//! A chunk: 32 KiB cut into slots of one size, with the ids of the tasks in them (A1, A4).

#![expect(unsafe_code, reason = "placement of tasks in memory: A1, A4")]

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use super::Shared;
use crate::engine::task::header::Header;
use crate::primitives::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed},
    fence,
};

/// Bytes of a chunk, and its alignment. Doubling it halves the chunk headers and doubles the
/// least memory a size class takes.
pub(super) const CHUNK_BYTES: usize = 32 * 1024;
/// Chunks are bought this many at a time at most: 1 MiB.
pub(super) const MAX_CHUNKS_AT_ONCE: usize = 32;
/// Bytes of one entry of the table of ids.
pub(super) const ID_BYTES: usize = size_of::<AtomicU64>();

#[repr(C)]
pub(super) struct Chunk {
    pub(super) shared: NonNull<Shared>,
    pub(super) next: *mut Chunk,
    /// Set on the first chunk of a purchase: how many were bought with it.
    pub(super) bought: u32,
    pub(super) slot_bytes: u32,
    /// See [`per_byte`].
    pub(super) per_byte: u32,
    pub(super) slots: u16,
    /// Where slot 0 starts, from the chunk's start.
    pub(super) first_slot: u16,
    /// Which of the sizes `slot_bytes` is.
    pub(super) class: u8,
    /// Slots handed out at least once. The ones beyond were never written.
    pub(super) used: AtomicU32,
}

/// What an offset is multiplied by to tell the slot it is in, in 2^-32: a division costs more than
/// the rest of a spawn's bookkeeping.
pub(super) const fn per_byte(slot_bytes: u32) -> u32 {
    u32::MAX / slot_bytes + 1
}

#[inline]
fn slot_index(offset: u32, per_byte: u32) -> u32 {
    // An offset is below 2^15 and rounding up adds less than `slot_bytes` parts of 2^32 to each
    // byte, so the product is off by less than one slot's worth as long as they are below 2^16.
    ((u64::from(offset) * u64::from(per_byte)) >> 32) as u32
}

pub(super) fn purchase_layout(chunks: usize) -> Layout {
    Layout::from_size_align(chunks * CHUNK_BYTES, CHUNK_BYTES).expect("at most 1 MiB")
}

pub(super) fn buy_chunks(count: usize) -> *mut Chunk {
    let layout = purchase_layout(count);
    // SAFETY: The size is at least one chunk.
    let memory = unsafe { alloc(layout) };
    if memory.is_null() {
        handle_alloc_error(layout);
    }
    memory.cast()
}

impl Chunk {
    #[inline]
    pub(super) fn of(task: NonNull<Header>) -> NonNull<Chunk> {
        let chunk = task
            .as_ptr()
            .map_addr(|address| address & !(CHUNK_BYTES - 1));
        // SAFETY: A4. A chunk does not start at address 0.
        unsafe { NonNull::new_unchecked(chunk.cast()) }
    }

    /// Sets the id of each slot to 0, which is free. The slots themselves stay as they are, so
    /// that memory is not touched before it is used.
    ///
    /// # Safety
    ///
    /// A1: the chunk's memory is the caller's alone, and its table of ids fits.
    pub(super) unsafe fn clear_ids(chunk: *mut Chunk, slots: usize) {
        let ids = chunk.wrapping_add(1).cast::<AtomicU64>();
        // SAFETY: The caller's contract; all zeros is an `AtomicU64`.
        unsafe { ids.write_bytes(0, slots) };
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.used.load(Relaxed) == u32::from(self.slots)
    }

    /// # Safety
    ///
    /// A2: the chunk belongs to the caller's arena and is not full.
    #[inline]
    pub(super) unsafe fn next_fresh(chunk: *mut Chunk) -> NonNull<Header> {
        // SAFETY: A1. The caller's chunk.
        let this = unsafe { &*chunk };
        let index = this.used.load(Relaxed);
        // The ids beyond `used` are zero since the chunk was cut, and Relaxed is enough: a dump
        // that sees the count early sees an id of 0.
        this.used.store(index + 1, Relaxed);
        let offset = u32::from(this.first_slot) + index * this.slot_bytes;
        // SAFETY: A1. Inside the chunk, so not null.
        unsafe { NonNull::new_unchecked(chunk.wrapping_byte_add(offset as usize).cast()) }
    }

    #[inline]
    pub(super) fn id_at<'a>(chunk: *mut Chunk, index: u32) -> &'a AtomicU64 {
        let ids = chunk.wrapping_add(1).cast::<AtomicU64>();
        // SAFETY: A1. `index` is less than the slots of the chunk; zeroed when it was cut.
        unsafe { &*ids.wrapping_add(index as usize) }
    }

    #[inline]
    pub(super) fn id<'a>(task: NonNull<Header>) -> &'a AtomicU64 {
        let chunk = Self::of(task);
        // SAFETY: A4. The caller's task is pooled.
        let Chunk {
            first_slot,
            slot_bytes,
            per_byte,
            ..
        } = unsafe { &*chunk.as_ptr() };
        let offset = (task.as_ptr().addr() - chunk.as_ptr().addr()) as u32 - u32::from(*first_slot);
        let index = slot_index(offset, *per_byte);
        debug_assert_eq!(index * slot_bytes, offset, "a task starts its slot");
        Self::id_at(chunk.as_ptr(), index)
    }

    /// Shows every task of the chunk that is there before and after `read`.
    pub(super) fn visit<T>(
        chunk: *mut Chunk,
        read: &mut impl FnMut(NonNull<Header>, u64) -> T,
        keep: &mut impl FnMut(T),
    ) {
        // SAFETY: A1. A chunk stays until its arena ends, and the caller holds the registry.
        let this = unsafe { &*chunk };
        for index in 0..this.used.load(Relaxed) {
            let id = Self::id_at(chunk, index);
            // ORDERING: Acquire; pairs with the Release in `publish`.
            let before = id.load(Acquire);
            if before == 0 {
                continue;
            }
            let offset = u32::from(this.first_slot) + index * this.slot_bytes;
            let task = chunk.wrapping_byte_add(offset as usize).cast::<Header>();
            // SAFETY: A1. Inside the chunk, so not null.
            let seen = read(unsafe { NonNull::new_unchecked(task) }, before);
            // ORDERING: Acquire; pairs with the Release fence in `begin_reuse`.
            fence(Acquire);
            if id.load(Relaxed) == before {
                keep(seen);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::task::pool::placement::{CLASSES, class_bytes};

    #[test]
    fn every_slot_of_every_size_has_its_index() {
        for slot_bytes in (0..CLASSES).map(|class| class_bytes(class) as u32) {
            let per_byte = per_byte(slot_bytes);
            for index in 0..CHUNK_BYTES as u32 / slot_bytes {
                assert_eq!(slot_index(index * slot_bytes, per_byte), index);
            }
        }
    }
}
