//! `#[main]` and `#[test]`, on the bare `proc_macro` crate: no `syn`, no `quote`.
//!
//! Called by the compiler, through the re-exports of `wakeful`. The work is in modules that know
//! nothing of the compiler, so that their tests run as plain functions:
//!
//! ```text
//!   attribute's tokens --> options   what runtime, or which mistake
//!   function's tokens  --> item      where `async`, the arguments, the body are, or which mistake
//!   Cargo.toml         --> manifest  under which name the user imported wakeful
//!                            |
//!                            v
//!                         expand     fn without `async`, whose body runs the old body
//! ```
//!
//! Absent: parsing of types, patterns or expressions. The compiler parses them again anyway, and
//! says what is wrong with them better than we could.

mod expand;
#[cfg(test)]
mod fuzz;
mod item;
mod manifest;
mod options;
mod token;

use proc_macro::TokenStream;

/// Runs an `async fn` on a new runtime: the usual way to write an async `main`.
///
/// The runtime is built when the function is called and dropped when it returns, everything
/// enabled. The function need not be named `main`; one that is not may take arguments.
///
/// | option | value | default |
/// |---|---|---|
/// | `flavor` | `"multi_thread"`, `"current_thread"` or `"local"` | `"multi_thread"` |
/// | `worker_threads` | threads that run tasks, for `"multi_thread"` only | the number of cores |
/// | `start_paused` | `true`: the clock starts paused; not for `"multi_thread"` | `false` |
/// | `unhandled_panic` | `"ignore"`, `"shutdown_runtime"`; not for `"multi_thread"` | `"ignore"` |
/// | `name` | the runtime's name, a string | none |
/// | `crate` | path to this crate, as a string | as in the manifest, see below |
///
/// The expansion names this crate as `Cargo.toml` does, also under a rename such as
/// `tokio = { package = "wakeful", … }`. If it comes to you through another crate's re-export, say
/// where it is: `crate = "other::wakeful"`.
///
/// # Panics
///
/// If the runtime cannot be built.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(options::Macro::Main, args, item)
}

/// Runs an `async fn` as a test on a runtime of its own.
///
/// The options are those of `#[main]`. The default flavor is `"current_thread"`.
///
/// A *strict* test also fails for async reasons:
///
/// - A task outlives it. Tasks have a moment to end by themselves after the body has returned.
/// - A task panicked, and nobody can learn of it: its `JoinHandle` was dropped unasked.
/// - It can never end. The failure comes at once, with a list of what each task waits for, and not
///   when a CI job runs out of time.
///
/// `strict` makes a test strict, `strict = false` makes it not. Without either it is strict if this
/// crate goes by its own name. Where the manifest names a dependency `tokio`, whatever is behind
/// it, a test is as tokio's unless it says `strict`: an attribute cannot see by which path it was
/// written.
///
/// That a test can never end is said when it is certain, and never of one that a thread, a signal
/// or a process may still wake. On any flavor: the body waits and no waker of it is left. On one
/// thread also: nothing can run, no timer is set, no I/O is watched, and the process has no thread
/// left that could wake anything. Other tests are such threads while they run, so a deadlock among
/// many of them is reported after they have ended. Threads are counted on Linux.
///
/// With `sim` the test runs in a simulation of the work-stealing scheduler, once with each of many
/// seeds, and the first that fails is named. Then there are these options besides `crate`:
///
/// | option | value | default |
/// |---|---|---|
/// | `sim` | none | |
/// | `seeds` | how many are tried | 100 |
/// | `workers` | of the simulation | 4 |
///
/// The environment's `WAKEFUL_SEED=7` runs one seed, `WAKEFUL_SEEDS=5000` so many.
///
/// # Panics
///
/// If the runtime cannot be built; if a seed fails.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(options::Macro::Test, args, item)
}
