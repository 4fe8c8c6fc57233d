//! Where tasks live: pooled slots, found again for shutdown and for a dump.
//!
//! Each thread that runs tasks has an [`Arena`]: chunks of 32 KiB, each cut into slots of one
//! size. Spawning takes a slot, the last reference gives it back, neither with an atomic
//! read-modify-write while it happens on the arena's own thread. The chunks are also the list of
//! all tasks, so there is no other.
//!
//! ```text
//! chunk, 32 KiB, aligned to itself
//! +--------+-----------------------+--------+--------+--------+--  --+
//! | Chunk  | ids: u64 for each slot | slot 0 | slot 1 | slot 2 |  ..  |
//! +--------+-----------------------+--------+--------+--------+--  --+
//!     |                                Header, then the future or its output
//!     +--> Shared --> remote: slots freed on other threads, a stack
//!                 --> owner: the scheduler, kept alive by its arenas
//! ```
//!
//! A task too large for a slot, or more strictly aligned, gets an allocation of its own behind a
//! [`Large`] prefix and an entry in `Shared::large`. Under loom, Miri and with
//! `--cfg wakeful_no_pool` (sanitizers) every task does.
//!
//! - **A1** A slot's memory stays mapped until its arena ends, and its header is only written
//!   with atomic stores once its id was published. So a dump may read a header that is being
//!   reused; the id, read before and after, tells it (a sequence lock: 0 is "free").
//! - **A2** The parts of an arena that are not atomic belong to the thread whose thread-local
//!   holds the `Arena`, or to whoever owns the `Arena` value.
//! - **A3** `Shared` lives until the arena is closed and every slot and large task taken from it
//!   is back: `left` counts them, from the moment of closing exactly. Who brings it to zero frees.
//! - **A4** Masking the low 15 bits of a pooled task's address gives its chunk.
//!
//! Not here: returning empty chunks to the system before the runtime ends.

#![expect(unsafe_code, reason = "placement of tasks in memory: A1 to A4")]

mod chunk;
mod here;
mod large;
mod placement;
mod registry;

use std::alloc::dealloc;
use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64};

use slab::Slab;

use self::chunk::{CHUNK_BYTES, Chunk, MAX_CHUNKS_AT_ONCE, buy_chunks, purchase_layout};
use self::here::here;
pub(crate) use self::here::{install, is_local, with_local};
pub(crate) use self::large::take_orphan;
use self::large::{Large, allocate_large, release_large};
pub(crate) use self::placement::Placement;
use self::placement::{CLASSES, class_bytes};
pub(crate) use self::registry::Registry;
use super::header::Header;
use crate::primitives::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence,
};
use crate::primitives::{Arc, Mutex};

/// Task ids are taken from the process-wide counter this many at a time.
const ID_BLOCK: u64 = 64;

/// The scheduler that owns an arena's tasks.
pub(crate) trait Owner: Send + Sync + 'static {
    fn registry(&self) -> &Registry;
}

/// The part of an arena that any thread may touch.
struct Shared {
    owner: *const (),
    drop_owner: unsafe fn(*const ()),
    registry: *const Registry,
    /// Slots freed on other threads, linked through `Header::next`; `CLOSED` after closing.
    remote: AtomicPtr<Header>,
    /// `OPEN` + large tasks while open; after closing, everything not yet freed.
    left: AtomicI64,
    /// All chunks, newest first.
    chunks: AtomicPtr<Chunk>,
    large: Mutex<Slab<TaskPtr>>,
}

struct TaskPtr(NonNull<Header>);

// SAFETY: A3. A pointer to a large task, removed from the list before the task is freed.
unsafe impl Send for TaskPtr {}

const OPEN: i64 = 1 << 62;

fn closed() -> *mut Header {
    ptr::without_provenance_mut(1)
}

/// The owning side: where one thread allocates.
pub(crate) struct Arena {
    shared: NonNull<Shared>,
    free: [Cell<*mut Header>; CLASSES],
    open_chunk: [Cell<*mut Chunk>; CLASSES],
    /// Chunks bought and not yet cut.
    spare: RefCell<Vec<*mut Chunk>>,
    next_purchase: Cell<usize>,
    /// Slots taken and not yet known to be free.
    live: Cell<i64>,
    ids: Cell<(u64, u64)>,
}

// SAFETY: A2. Whoever owns the value owns the cells; `shared` is for any thread.
unsafe impl Send for Arena {}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Memory for a task, not yet written.
pub(crate) struct Slot {
    pub(crate) task: NonNull<Header>,
    /// No dump has ever seen it: the header may be written plainly.
    pub(crate) fresh: bool,
}

impl Arena {
    pub(crate) fn new<S: Owner>(owner: &Arc<S>) -> Box<Self> {
        unsafe fn drop_owner<S>(owner: *const ()) {
            // SAFETY: A3. The pointer came from `Arc::into_raw` below and is given up here, once.
            drop(unsafe { Arc::from_raw(owner.cast::<S>()) });
        }
        let registry: *const Registry = owner.registry();
        let shared = Box::new(Shared {
            owner: Arc::into_raw(owner.clone()).cast(),
            drop_owner: drop_owner::<S>,
            registry,
            remote: AtomicPtr::new(ptr::null_mut()),
            left: AtomicI64::new(OPEN),
            chunks: AtomicPtr::new(ptr::null_mut()),
            large: Mutex::new(Slab::new()),
        });
        let shared = NonNull::from(Box::leak(shared));
        owner.registry().add(shared);
        Box::new(Self {
            shared,
            free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
            open_chunk: [const { Cell::new(ptr::null_mut()) }; CLASSES],
            spare: RefCell::new(Vec::new()),
            next_purchase: Cell::new(1),
            live: Cell::new(0),
            ids: Cell::new((0, 0)),
        })
    }

    #[inline]
    fn shared(&self) -> &Shared {
        // SAFETY: A3. The arena is not closed while the `Arena` exists.
        unsafe { self.shared.as_ref() }
    }

    #[inline]
    pub(crate) fn next_id(&self) -> u64 {
        let (next, end) = self.ids.get();
        if next == end {
            return self.next_block_of_ids();
        }
        self.ids.set((next + 1, end));
        next
    }

    #[cold]
    fn next_block_of_ids(&self) -> u64 {
        let first = NEXT_ID.fetch_add(ID_BLOCK, Relaxed);
        self.ids.set((first + 1, first + ID_BLOCK));
        first
    }

    /// Memory for the task of that id. Write the header, then [`publish`](Slot::publish).
    #[inline]
    pub(crate) fn take(&self, placement: Placement, id: u64) -> Slot {
        let Placement::Pooled(class) = placement else {
            let task = allocate_large(Some(self.shared), id, placement);
            return Slot { task, fresh: true };
        };
        self.live.set(self.live.get() + 1);
        let class = usize::from(class);
        match self.pop_free(class) {
            Some(task) => Slot { task, fresh: false },
            None => self.take_fresh(class),
        }
    }

    #[inline]
    fn pop_free(&self, class: usize) -> Option<NonNull<Header>> {
        let task = NonNull::new(self.free[class].get())?;
        // SAFETY: A1, A2. A slot on our free list: its header is mapped and nobody's but ours.
        let next = unsafe { &(*task.as_ptr()).next };
        self.free[class].set(next.load(Relaxed));
        Some(task)
    }

    fn take_fresh(&self, class: usize) -> Slot {
        if self.collect_remote() {
            if let Some(task) = self.pop_free(class) {
                return Slot { task, fresh: false };
            }
        }
        let mut chunk = self.open_chunk[class].get();
        // SAFETY: A1, A2. A chunk of this arena.
        if chunk.is_null() || unsafe { (*chunk).is_full() } {
            chunk = self.cut_chunk(class);
            self.open_chunk[class].set(chunk);
        }
        // SAFETY: A1. As above.
        let task = unsafe { Chunk::next_fresh(chunk) };
        Slot { task, fresh: true }
    }

    /// Takes what other threads freed onto the free lists. True if there was anything.
    #[inline]
    fn collect_remote(&self) -> bool {
        let remote = &self.shared().remote;
        !remote.load(Relaxed).is_null() && self.collect_from(remote)
    }

    #[cold]
    fn collect_from(&self, remote: &AtomicPtr<Header>) -> bool {
        // ORDERING: Acquire; pairs with the Release in `free_remote`.
        let mut head = remote.swap(ptr::null_mut(), Acquire);
        while let Some(task) = NonNull::new(head) {
            // SAFETY: A1. A slot somebody freed: mapped, and ours since the swap.
            head = unsafe { &(*task.as_ptr()).next }.load(Relaxed);
            self.free_local(task);
        }
        true
    }

    #[inline]
    fn free_local(&self, task: NonNull<Header>) {
        let chunk = Chunk::of(task);
        // SAFETY: A4. The task is pooled.
        let class = usize::from(unsafe { (*chunk.as_ptr()).class });
        // SAFETY: A1, A2. The slot is free and the list is ours.
        unsafe { &(*task.as_ptr()).next }.store(self.free[class].get(), Relaxed);
        self.free[class].set(task.as_ptr());
        self.live.set(self.live.get() - 1);
    }

    #[cold]
    fn cut_chunk(&self, class: usize) -> *mut Chunk {
        let mut spare = self.spare.borrow_mut();
        let (memory, bought) = spare.pop().map_or_else(
            || {
                let count = self.next_purchase.get();
                self.next_purchase.set((count * 2).min(MAX_CHUNKS_AT_ONCE));
                let first = buy_chunks(count);
                for index in (1..count).rev() {
                    spare.push(first.wrapping_byte_add(index * CHUNK_BYTES));
                }
                (first, count as u32)
            },
            |memory| (memory, 0),
        );
        let slot_bytes = class_bytes(class);
        let head = size_of::<Chunk>();
        let slots = (CHUNK_BYTES - head - 8) / (slot_bytes + chunk::ID_BYTES);
        let first_slot = (head + slots * chunk::ID_BYTES).next_multiple_of(16);
        debug_assert!(first_slot + slots * slot_bytes <= CHUNK_BYTES);
        // SAFETY: A1. A chunk of ours that nobody sees yet, cut into that many slots.
        unsafe { Chunk::clear_ids(memory, slots) };
        let shared = self.shared();
        let chunk = Chunk {
            shared: self.shared,
            next: shared.chunks.load(Relaxed),
            bought,
            slot_bytes: slot_bytes as u32,
            per_byte: chunk::per_byte(slot_bytes as u32),
            slots: slots as u16,
            first_slot: first_slot as u16,
            class: class as u8,
            used: AtomicU32::new(0),
        };
        // SAFETY: A1. As above.
        unsafe { memory.write(chunk) };
        // ORDERING: Release; pairs with the Acquire in `Registry::visit`.
        shared.chunks.store(memory, Release);
        memory
    }
}

impl Slot {
    /// Makes the written task visible to dumps. `placement` and `id` are what the slot was taken
    /// for.
    #[inline]
    pub(crate) fn publish(&self, placement: Placement, id: u64) {
        match placement {
            // ORDERING: Release; pairs with the Acquire in `Chunk::visit` (A1).
            Placement::Pooled(_) => Chunk::id(self.task).store(id, Release),
            Placement::Large { offset, .. } => Large::publish(self.task, offset),
        }
    }
}

/// The scheduler a task belongs to, as the type its arena was made with. Null for an orphan.
#[inline]
pub(crate) fn owner_of(task: NonNull<Header>, placement: Placement) -> *const () {
    match shared_of(task, placement) {
        // SAFETY: A3. The task is not freed.
        Some(shared) => unsafe { shared.as_ref() }.owner,
        None => ptr::null(),
    }
}

/// Where `task` lies. The caller keeps it alive.
#[inline]
pub(crate) fn placement_of(task: NonNull<Header>) -> Placement {
    // SAFETY: T4. The caller's reference or turn.
    unsafe { task.as_ref() }.vtable.placement
}

#[inline]
fn shared_of(task: NonNull<Header>, placement: Placement) -> Option<NonNull<Shared>> {
    match placement {
        // SAFETY: A4. The task is pooled and not freed.
        Placement::Pooled(_) => Some(unsafe { (*Chunk::of(task).as_ptr()).shared }),
        // SAFETY: A3. A large task lives behind its prefix.
        Placement::Large { offset, .. } => unsafe { (*Large::of(task, offset)).shared },
    }
}

/// A live task's id.
pub(crate) fn id_of(task: NonNull<Header>, placement: Placement) -> u64 {
    match placement {
        Placement::Pooled(_) => Chunk::id(task).load(Relaxed),
        // SAFETY: A3. A large task lives behind its prefix.
        Placement::Large { offset, .. } => unsafe { (*Large::of(task, offset)).id },
    }
}

/// Gives a task's memory back. Its future and output are gone.
///
/// # Safety
///
/// T4: the caller is the one that frees this task, and `placement` is the task's own.
#[inline]
pub(crate) unsafe fn release(task: NonNull<Header>, placement: &'static Placement) {
    if let Placement::Large { layout, offset } = placement {
        return release_large(task, *layout, *offset);
    }
    // ORDERING: Release; whoever reuses the slot fences before it writes (`begin_reuse`), so a
    // dump that reads anything newer than this sees 0 or the next id (A1).
    Chunk::id(task).store(0, Release);
    // SAFETY: A4. The task is pooled.
    let shared = unsafe { (*Chunk::of(task).as_ptr()).shared };
    here(|arena| match arena {
        Some(arena) if arena.shared == shared => arena.free_local(task),
        _ => free_remote(shared, task),
    });
}

/// Orders the id's 0 before the writes that start a new life in the slot (A1).
#[inline]
pub(crate) fn begin_reuse() {
    // ORDERING: Release; pairs with the Acquire fence in `Chunk::visit`.
    fence(Release);
}

#[cold]
fn free_remote(shared: NonNull<Shared>, task: NonNull<Header>) {
    // SAFETY: A3. This slot is not back yet.
    let remote = &unsafe { shared.as_ref() }.remote;
    // SAFETY: A1, T4. The slot is free and ours to link.
    let next = unsafe { &(*task.as_ptr()).next };
    let mut head = remote.load(Relaxed);
    while head != closed() {
        next.store(head, Relaxed);
        // ORDERING: Release publishes the link; pairs with the Acquire in `collect_remote`.
        match remote.compare_exchange_weak(head, task.as_ptr(), Release, Relaxed) {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
    one_less(shared);
}

/// One slot or large task is back.
fn one_less(shared: NonNull<Shared>) {
    // SAFETY: A3. It was counted until now.
    let left = &unsafe { shared.as_ref() }.left;
    // ORDERING: Release for what was done with the task; Acquire if we free the arena.
    if left.fetch_sub(1, AcqRel) == 1 {
        end(shared);
    }
}

/// Frees a closed arena that everything has come back to.
fn end(shared: NonNull<Shared>) {
    // SAFETY: A3. We brought `left` to zero: nobody else has a pointer but the registry.
    let this = unsafe { shared.as_ref() };
    // SAFETY: A3. The registry is in the owner, which we still hold.
    let registry = unsafe { &*this.registry };
    registry.remove(shared);
    // SAFETY: A3. As above; it came from `Box::leak`.
    let this = unsafe { Box::from_raw(shared.as_ptr()) };
    let mut purchases = Vec::new();
    let mut chunk = this.chunks.load(Relaxed);
    while !chunk.is_null() {
        // SAFETY: A3. A chunk of this arena, freed below.
        let Chunk { bought, next, .. } = unsafe { &*chunk };
        if *bought > 0 {
            purchases.push((chunk, *bought as usize));
        }
        chunk = *next;
    }
    for (first, count) in purchases {
        // SAFETY: A3. Bought by `buy_chunks(count)`; every chunk of it is out of use.
        unsafe { dealloc(first.cast(), purchase_layout(count)) };
    }
    let Shared {
        owner, drop_owner, ..
    } = *this;
    // SAFETY: A3. The owner's reference, given up once.
    unsafe { drop_owner(owner) };
}

impl Drop for Arena {
    /// Closes the arena. It goes when the last task does.
    fn drop(&mut self) {
        let shared = self.shared();
        // ORDERING: Acquire; pairs with the Release in `free_remote`.
        let mut head = shared.remote.swap(closed(), Acquire);
        let mut back = 0;
        while let Some(task) = NonNull::new(head) {
            back += 1;
            // SAFETY: A1. A freed slot, ours since the swap.
            head = unsafe { &(*task.as_ptr()).next }.load(Relaxed);
        }
        let live = self.live.get() - back;
        // ORDERING: AcqRel as in `one_less`.
        if shared.left.fetch_sub(OPEN - live, AcqRel) == OPEN - live {
            end(self.shared);
        }
    }
}
