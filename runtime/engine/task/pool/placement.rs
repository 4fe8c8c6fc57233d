//! Which tasks get a pooled slot, and of what size.

use std::alloc::Layout;

use super::large::Large;

pub(super) const POOL: bool = !cfg!(any(loom, miri, wakeful_no_pool));
/// Slot sizes: steps of 8 bytes to 256, then of 64 to 1024.
pub(super) const CLASSES: usize = 38;
/// The one of 256 bytes.
const FINE: usize = 25;
/// A task without a future.
const SMALLEST: usize = 56;

const fn class_of(bytes: usize) -> usize {
    if bytes <= 256 {
        bytes.saturating_sub(SMALLEST).div_ceil(8)
    } else {
        FINE + (bytes - 256).div_ceil(64)
    }
}

pub(super) const fn class_bytes(class: usize) -> usize {
    if class <= FINE {
        SMALLEST + 8 * class
    } else {
        256 + 64 * (class - FINE)
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
            // Slots of a multiple of 16 bytes are aligned to 16, and a task's size is one of its
            // alignment.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// The smallest slot that holds the task, and an allocation for what no slot holds.
    #[test]
    fn each_task_has_the_smallest_place_for_it() {
        for bytes in 0..2_000 {
            let task = Layout::from_size_align(bytes, 8).unwrap();
            match Placement::of(task) {
                Placement::Pooled(class) => {
                    let class = usize::from(class);
                    assert!(bytes <= class_bytes(class), "{bytes} bytes");
                    assert!(
                        class == 0 || bytes > class_bytes(class - 1),
                        "{bytes} bytes"
                    );
                    assert!(bytes % 16 != 0 || class == 0 || class_bytes(class) % 16 == 0);
                }
                Placement::Large { layout, offset } => {
                    assert!(!POOL || bytes > class_bytes(CLASSES - 1), "{bytes} bytes");
                    assert!(layout.size() >= offset + bytes && offset >= size_of::<Large>());
                }
            }
        }
        let wide = Layout::from_size_align(64, 64).unwrap();
        let Placement::Large { layout, offset } = Placement::of(wide) else {
            panic!("a slot is aligned to 16 bytes");
        };
        assert_eq!((layout.align(), offset % 64), (64, 0));
    }
}
