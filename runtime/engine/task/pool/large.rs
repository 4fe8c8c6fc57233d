//! Tasks that fit no slot: an allocation each, and an entry in their arena's list (A3).

#![expect(unsafe_code, reason = "placement of tasks in memory: A3")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use super::placement::Placement;
use super::{NEXT_ID, Shared, Slot, TaskPtr, one_less};
use crate::engine::task::header::Header;
use crate::primitives::atomic::Ordering::Relaxed;

/// Before each large task.
#[repr(C)]
pub(super) struct Large {
    pub(super) shared: Option<NonNull<Shared>>,
    pub(super) id: u64,
    pub(super) key: usize,
}

/// A task that belongs to no scheduler. It must be done before anybody sees it.
pub(crate) fn take_orphan(placement: Placement) -> Slot {
    let id = NEXT_ID.fetch_add(1, Relaxed);
    let task = allocate_large(None, id, placement);
    Slot { task, fresh: true }
}

pub(super) fn allocate_large(
    shared: Option<NonNull<Shared>>,
    id: u64,
    placement: Placement,
) -> NonNull<Header> {
    let Placement::Large { layout, offset } = placement else {
        unreachable!("pooled")
    };
    // SAFETY: The layout holds at least the prefix, so its size is not zero.
    let memory = unsafe { alloc(layout) };
    if memory.is_null() {
        handle_alloc_error(layout);
    }
    if let Some(shared) = shared {
        // SAFETY: A3. The arena is open: its `Arena` called us.
        unsafe { shared.as_ref() }.left.fetch_add(1, Relaxed);
    }
    let task = memory.wrapping_add(offset).cast::<Header>();
    let large = Large {
        shared,
        id,
        key: usize::MAX,
    };
    // SAFETY: The memory is ours, and the prefix ends where the task starts.
    unsafe { Large::of_ptr(task, offset).write(large) };
    // SAFETY: `offset` bytes into an allocation is not null.
    unsafe { NonNull::new_unchecked(task) }
}

#[cold]
pub(super) fn release_large(task: NonNull<Header>, layout: Layout, offset: usize) {
    let large = Large::of(task, offset);
    // SAFETY: A3. A large task lives behind its prefix until we free both.
    let Large { shared, key, .. } = unsafe { large.read() };
    if let Some(shared) = shared {
        // SAFETY: A3. This task is still counted.
        unsafe { shared.as_ref() }.large.lock().remove(key);
    }
    // SAFETY: T4. Allocated by `allocate_large` with this layout, and not in the list any more.
    unsafe { dealloc(task.as_ptr().cast::<u8>().wrapping_sub(offset), layout) };
    if let Some(shared) = shared {
        one_less(shared);
    }
}

impl Large {
    /// Enters the task into its arena's list.
    pub(super) fn publish(task: NonNull<Header>, offset: usize) {
        let large = Self::of(task, offset);
        // SAFETY: A3. A large task lives behind its prefix.
        let shared = unsafe { (*large).shared };
        if let Some(shared) = shared {
            // SAFETY: A3. Not freed: this task is counted.
            let list = &unsafe { shared.as_ref() }.large;
            let key = list.lock().insert(TaskPtr(task));
            // SAFETY: A3. Only the task's last reference reads it, later.
            unsafe { (*large).key = key };
        }
    }

    pub(super) fn of(task: NonNull<Header>, offset: usize) -> *mut Large {
        Self::of_ptr(task.as_ptr(), offset)
    }

    /// The prefix lies at the start of the allocation.
    pub(super) fn of_ptr(task: *mut Header, offset: usize) -> *mut Large {
        task.wrapping_byte_sub(offset).cast()
    }
}
