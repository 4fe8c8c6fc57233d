//! A case: a scheduler, and a stream of choices from a seed.

use std::env;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use wakeful::runtime::Builder;
use wakeful::sim;

/// What the tasks of a case run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    CurrentThread,
    Workers(usize),
    /// The work-stealing scheduler on one thread, in an order that the seed decides.
    Simulated,
}

/// One run of a property.
pub(crate) struct Case {
    on: On,
    state: u64,
}

impl Case {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 33) as usize % limit
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Another stream of choices on the same scheduler, for a task to take along.
    pub(crate) fn fork(&mut self) -> Case {
        Case {
            on: self.on,
            state: (self.below(1 << 31) as u64) << 31 | self.below(1 << 31) as u64,
        }
    }

    /// Runs `future` as the main future of a runtime of the case's kind.
    pub(crate) fn run<F>(&mut self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let mut builder = match self.on {
            On::CurrentThread => Builder::new_current_thread(),
            On::Workers(workers) => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(workers);
                builder
            }
            On::Simulated => {
                let (seed, workers) = (self.below(1 << 31) as u64, 1 + self.below(4));
                return sim::Builder::new(seed).workers(workers).run(|| future);
            }
        };
        let runtime = builder.enable_all().build().expect("the runtime starts");
        runtime.block_on(future)
    }
}

/// How many seeds a property is tried with: threads are slow to start.
fn seeds(on: On) -> u64 {
    match on {
        On::CurrentThread => 200,
        On::Workers(_) => 40,
        On::Simulated => 500,
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().expect("a seed is a number"))
}

/// Runs a property over its seeds, and names the seed that fails.
pub(crate) fn over_seeds(on: On, property: fn(&mut Case)) {
    let range = match variable("WAKEFUL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("WAKEFUL_SEEDS").unwrap_or(seeds(on)),
    };
    for seed in range {
        let mut case = Case { on, state: seed };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(&mut case))) {
            eprintln!("on {on:?} with WAKEFUL_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

/// Each function becomes a module with one test per scheduler.
macro_rules! each_scheduler {
    ($($(#[$attribute:meta])* fn $name:ident($case:ident) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "not each body needs what its module imports")]
            use super::*;
            use $crate::case::{Case, On, over_seeds};

            fn property($case: &mut Case) $body

            #[test]
            fn current_thread() {
                over_seeds(On::CurrentThread, property);
            }

            #[test]
            fn simulated() {
                over_seeds(On::Simulated, property);
            }

            #[test]
            fn one_worker() {
                over_seeds(On::Workers(1), property);
            }

            #[test]
            fn two_workers() {
                over_seeds(On::Workers(2), property);
            }

            #[test]
            fn four_workers() {
                over_seeds(On::Workers(4), property);
            }
        }
    )*};
}
