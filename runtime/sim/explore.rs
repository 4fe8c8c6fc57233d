//! Many seeds, and what is said about the one that fails.

use std::env;
use std::fmt::Write;
use std::future::Future;
use std::panic::Location;
use std::process::{ExitCode, Termination};
use std::thread;

use super::{Builder, Failure};

/// Runs one seed only, in place of all.
const SEED: &str = "WAKEFUL_SEED";
/// Runs so many seeds, from 0 on.
const SEEDS: &str = "WAKEFUL_SEEDS";

/// Runs `body` in a simulation with each of `seeds`, until one fails.
///
/// See [`Builder::explore`].
///
/// # Panics
///
/// As [`Builder::explore`].
///
/// # Examples
///
/// ```
/// wakeful::sim::explore(0..100, || async {
///     let task = wakeful::spawn(async { 1 });
///     assert_eq!(task.await.unwrap(), 1);
/// });
/// ```
#[track_caller]
pub fn explore<B, F>(seeds: impl IntoIterator<Item = u64>, body: B)
where
    B: FnMut() -> F,
    F: Future,
    F::Output: Termination,
{
    Builder::new(0).explore(seeds, body);
}

impl Builder {
    /// Runs `body` in a simulation with each of `seeds`, until one fails: the body panics, waits
    /// for ever, or gives an error.
    ///
    /// The panic's message then ends with the seed and the command that runs it again. The
    /// environment can name other seeds: `WAKEFUL_SEED=7` or `WAKEFUL_SEED=0x7` runs that one,
    /// `WAKEFUL_SEEDS=5000` those from 0 to 4,999. The seed given to [`new`](Self::new) is not
    /// used.
    ///
    /// # Panics
    ///
    /// If a seed fails, or a variable is no number. On a thread that runs async tasks or another
    /// simulation.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::Builder;
    ///
    /// Builder::new(0).workers(2).explore(0..50, || async {
    ///     wakeful::task::yield_now().await;
    /// });
    /// ```
    ///
    /// One that fails. Two tasks each read the number, give others a turn, and write it back:
    ///
    /// ```should_panic
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    ///
    /// wakeful::sim::explore(0..100, || async {
    ///     let number = Arc::new(AtomicU32::new(0));
    ///     let tasks = [(), ()].map(|()| {
    ///         let number = Arc::clone(&number);
    ///         wakeful::spawn(async move {
    ///             let before = number.load(Relaxed);
    ///             wakeful::task::yield_now().await;
    ///             number.store(before + 1, Relaxed);
    ///         })
    ///     });
    ///     for task in tasks {
    ///         task.await.unwrap();
    ///     }
    ///     assert_eq!(number.load(Relaxed), 2); // fails with some seeds
    /// });
    /// ```
    #[track_caller]
    pub fn explore<B, F>(&self, seeds: impl IntoIterator<Item = u64>, mut body: B)
    where
        B: FnMut() -> F,
        F: Future,
        F::Output: Termination,
    {
        let called = Location::caller();
        let mut passed = 0_u64;
        let mut try_seed = |seed| {
            let ended = self.simulate(seed, &mut body, called);
            let failure = match ended.map(Termination::report) {
                Ok(ExitCode::SUCCESS) => {
                    passed += 1;
                    return;
                }
                Ok(_) => Failure::Panic(Box::new("the body gave an error")),
                Err(failure) => failure,
            };
            failure.report(&replay(seed, passed));
        };
        match (number(SEED), number(SEEDS)) {
            (Some(seed), _) => try_seed(seed),
            (None, Some(count)) => (0..count).for_each(try_seed),
            (None, None) => seeds.into_iter().for_each(try_seed),
        }
    }
}

/// How to run a seed that failed again.
fn replay(seed: u64, passed: u64) -> String {
    let mut text = format!("with seed {seed}, after {passed} that passed; ");
    // The harness names a test's thread after it.
    let _ = match thread::current().name() {
        Some(test) if test != "main" => {
            write!(text, "again: {SEED}={seed} cargo test {test}")
        }
        _ => write!(text, "again: the same command with {SEED}={seed}"),
    };
    text
}

/// The number in a variable of the environment, decimal or after `0x`.
fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(parsed.unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
}
