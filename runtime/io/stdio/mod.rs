//! The three streams of the process: `stdin`, `stdout`, `stderr`.
//!
//! None of them can be waited for: they may be files, and a terminal that is made non-blocking is
//! so for the shell, too. So reading and writing block a thread elsewhere.
//!
//! - `input.rs`: the thread that reads, and what it has read
//! - `stdin.rs`: `Stdin`, a view of it
//! - `output.rs`: `Stdout` and `Stderr`, on the runtime's blocking pool
//! - `compat.rs`: the traits of the `futures` crates for them

#[cfg(feature = "futures-io")]
mod compat;
mod input;
mod output;
mod stdin;

#[cfg(test)]
mod tests;

pub use output::{Stderr, Stdout, stderr, stdout};
pub use stdin::{Stdin, stdin};
