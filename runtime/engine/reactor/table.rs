//! The table of sources: a place for each, which stays where it is while the table grows.
//!
//! Called by the reactor under the lock in which it has the table. A registration keeps the
//! [`Block`] with its place, and so reaches its own source without the table.
//!
//! Invariants, with R6 and R8 of `mod.rs`:
//! - **R10** A place is its registration's from [`insert`](Table::insert) to
//!   [`remove`](Table::remove). In between nobody else changes its generation; before and after
//!   nobody waits in it, and no event is for it.
//!
//! Not here: giving blocks back. A runtime that had many sources keeps their places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::readiness::{Readiness, Waiters};
use crate::io::Ready;

/// Places that are made together.
const SOURCES_AT_ONCE: usize = 32;

/// Bits of a token that are the table index.
const INDEX_BITS: u32 = usize::BITS / 2;

const GENERATIONS: usize = usize::MAX >> INDEX_BITS;

/// The generation of a place that is nobody's.
const NOBODY: usize = GENERATIONS;

/// A place on a cache line of its own: neighbors may be used by two threads.
#[repr(align(64))]
pub(super) struct Source {
    pub(super) readiness: Readiness,
    generation: AtomicUsize,
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const _: () = assert!(size_of::<Source>() == 64 || cfg!(wakeful_tsan));

pub(super) struct Block([Source; SOURCES_AT_ONCE]);

pub(super) struct Table {
    blocks: Vec<Arc<Block>>,
    /// Places that were used before.
    free: Vec<u32>,
    /// Places that were ever used.
    used: usize,
    /// What the next source gets.
    generation: usize,
}

fn token(index: usize, generation: usize) -> usize {
    debug_assert!(index <= usize::MAX >> INDEX_BITS, "too many sources");
    generation << INDEX_BITS | index
}

fn index(token: usize) -> usize {
    token & (usize::MAX >> INDEX_BITS)
}

impl Block {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Source {
            readiness: Readiness::new(Ready::EMPTY),
            generation: AtomicUsize::new(NOBODY),
        }))
    }

    /// The source of a registration that has this block.
    #[inline]
    pub(super) fn source(&self, token: usize) -> &Readiness {
        &self.0[index(token) % SOURCES_AT_ONCE].readiness
    }

    /// The places that are somebody's.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        let is_taken = |source: &&Source| source.generation.load(Relaxed) != NOBODY;
        self.0.iter().filter(is_taken)
    }
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            free: Vec::new(),
            used: 0,
            generation: 0,
        }
    }

    /// A place for a source that is taken to be ready for `initial`, and its token.
    pub(super) fn insert(&mut self, initial: Ready) -> (Arc<Block>, usize) {
        let generation = self.generation;
        self.generation = (generation + 1) % GENERATIONS;
        let index = self.free.pop().map_or(self.used, |index| index as usize);
        if index == self.used {
            self.used += 1;
            if index % SOURCES_AT_ONCE == 0 {
                self.blocks.push(Arc::new(Block::new()));
            }
        }
        let block = &self.blocks[index / SOURCES_AT_ONCE];
        let source = &block.0[index % SOURCES_AT_ONCE];
        source.readiness.begin(initial);
        source.generation.store(generation, Relaxed);
        (Arc::clone(block), token(index, generation))
    }

    /// R6: the source that a token was given for, if it is still there.
    pub(super) fn find(&self, token: usize) -> Option<&Source> {
        let block = self.blocks.get(index(token) / SOURCES_AT_ONCE)?;
        let source = &block.0[index(token) % SOURCES_AT_ONCE];
        (source.generation.load(Relaxed) == token >> INDEX_BITS).then_some(source)
    }

    /// Frees a place. What waited there is to be dropped outside of the lock.
    pub(super) fn remove(&mut self, token: usize) -> Option<Waiters> {
        let source = self.find(token)?;
        source.generation.store(NOBODY, Relaxed);
        let waiters = source.readiness.end();
        self.free.push(index(token) as u32);
        Some(waiters)
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(Arc::as_ref)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used - self.free.len()
    }
}
