//! Which tasks get a pooled slot, and of what size.

use std::alloc::Layout;

use super::large::Large;

pub(super) const POOL: bool = !cfg!(any(loom, miri, wakeful_no_pool));
/// Slot sizes: steps of 16 bytes to 256, then of 64 to 1024.
pub(super) const CLASSES: usize = 25;

pub(super) const fn class_of(bytes: usize) -> usize {
    match bytes {
        0..=64 => 0,
        65..=256 => (bytes - 64).div_ceil(16),
        _ => 12 + (bytes - 256).div_ceil(64),
    }
}

pub(super) const fn class_bytes(class: usize) -> usize {
    if class <= 12 {
        64 + 16 * class
    } else {
        256 + 64 * (class - 12)
    }
}

/// Where a type of task goes. Decided at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Pooled(u8),
    /// Its own allocation: the whole layout, and where the task starts in it.
    Large {
        layout: Layout,
        offset: usize,
    },
}

impl Placement {
    pub(crate) const fn of(task: Layout) -> Self {
        if POOL && task.size() <= class_bytes(CLASSES - 1) && task.align() <= 16 {
            return Self::Pooled(class_of(task.size()) as u8);
        }
        Self::large(task)
    }

    pub(crate) const fn large(task: Layout) -> Self {
        let (layout, offset) = match Layout::new::<Large>().extend(task) {
            Ok(both) => both,
            Err(_) => panic!("the task is too large for this address space"),
        };
        Self::Large { layout, offset }
    }
}
