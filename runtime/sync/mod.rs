//! Locks and one-shot hand-offs that work on any executor.

pub mod oneshot;
