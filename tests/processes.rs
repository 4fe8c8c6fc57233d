//! Child processes: their pipes, their end, and what is left of them.
#![cfg(all(unix, not(loom)))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[path = "processes/ends.rs"]
mod ends;
#[path = "processes/orphans.rs"]
mod orphans;
#[path = "processes/pipes.rs"]
mod pipes;

use wakeful::process::Command;

/// A shell that runs `script`.
fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command
}

/// A program that ends when its standard input does.
fn reads_to_its_end() -> Command {
    let mut command = Command::new("cat");
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::null());
    command
}

/// Whether there is such a process, or what is left of one that nobody has waited for.
#[cfg(target_os = "linux")]
fn exists(id: u32) -> bool {
    std::path::Path::new(&format!("/proc/{id}")).exists()
}

/// Polls, with the driver's turns between, until no such process is left.
#[cfg(target_os = "linux")]
async fn gone(id: u32) {
    while exists(id) {
        wakeful::task::yield_now().await;
    }
}
