//! Every primitive against a plain model, over many seeds, on every scheduler.
//!
//! A property is a function of a [`Case`](case::Case): it asks the case for its choices, builds
//! what it tests, runs tasks over it, and compares what happened with a model that has no
//! concurrency in it. The macro `each_scheduler!` makes one test a scheduler of it. A failure names
//! the seed; `WAKEFUL_SEED=n` runs that one alone, `WAKEFUL_SEEDS=n` so many.
#![cfg(not(loom))]

#[macro_use]
mod case;

mod broadcast;
mod cancellation;
mod delay_queue;
mod fairness;
mod file;
mod handovers;
mod locks;
mod mpmc;
mod mpsc;
mod once;
mod semaphore;
mod watch;
