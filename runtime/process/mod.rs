//! Other programs: starting them, talking to them, waiting for their end.
//!
//! Programs call [`Command`], which is std's with an async end: [`Command::spawn`] gives a
//! [`Child`] whose pipes are sources of the reactor and whose end can be awaited. Calls std to
//! start and reap, `engine::reactor` to wait, `signal` where the kernel has no descriptors for
//! processes.
//!
//! ```text
//! Command ──spawn──> Child ──stdin, stdout, stderr──> ChildStdin, ChildStdout, ChildStderr
//!                      |  wait
//!                      v
//!                   Reaper: a pidfd in the reactor, or else a listener to SIGCHLD
//!                      |  dropped before the end
//!                      v
//!                   orphans: reaped at the next SIGCHLD
//! ```
//!
//! Invariants:
//! - **PC1** A process is reaped by whoever has its `std::process::Child`: the reaper, then the
//!   orphans. So its id is not given to another process while we might still signal it.
//! - **PC2** Whoever waits by SIGCHLD listens first and looks at the process after it: an end
//!   between the two is seen, and one after the look is told.
//! - **PC3** A process that was started has an owner at once: an error on the way to a [`Child`]
//!   makes it an orphan, and leaves no zombie.
//!
//! Files: `command` (what to start, and how), `spawn` (starting it), `child`, `stdio` (the pipes),
//! `reaper` (one process's end), `pidfd` (the unsafe part), `orphans`.
//!
//! Absent on purpose: Windows, and a thread that waits.

mod child;
mod command;
#[cfg(feature = "futures-io")]
mod compat;
mod orphans;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod pidfd;
mod reaper;
mod spawn;
mod stdio;

#[cfg(test)]
mod tests;

pub use child::{Child, Kill, Wait};
pub use command::Command;
pub use stdio::{ChildStderr, ChildStdin, ChildStdout};
