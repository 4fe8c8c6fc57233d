//! What has to be measured in a process of its own: memory, idleness, and servers.
//!
//! The program starts itself again with `--probe NAME KIND THREADS SIZE`; the child prints figures,
//! one `name value` a line.

pub mod echo;
pub mod idle;
pub mod memory;

use std::collections::BTreeMap;
use std::io;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::runtimes::Kind;

/// Figures by name.
pub type Figures = BTreeMap<String, f64>;

/// Runs a probe in a child and reads what it prints.
///
/// # Errors
///
/// If the child cannot be started, fails, or prints something else.
pub fn run_child(probe: &str, kind: &str, threads: usize, size: usize) -> io::Result<Figures> {
    let output = Command::new(env::current_exe()?)
        .args(["--probe", probe, kind])
        .args([threads.to_string(), size.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "{probe} of {kind}: {}",
            output.status
        )));
    }
    parse(&String::from_utf8_lossy(&output.stdout))
}

pub(crate) fn parse(text: &str) -> io::Result<Figures> {
    let figure = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    let figures: Option<Figures> = text.lines().map(figure).collect();
    figures.ok_or_else(|| io::Error::other(format!("no figures: {text}")))
}

/// In the child.
///
/// # Errors
///
/// If there is no such probe, or it fails.
pub fn run(probe: &str, kind: &str, threads: usize, size: usize) -> io::Result<()> {
    let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let Some(kind) = known else {
        return echo::serve(None, threads);
    };
    match probe {
        "pending" => memory::pending(kind, size),
        "sleeping" => memory::sleeping(kind, size),
        "connections" => return memory::connections(kind, size),
        "idle" => idle::idle(kind, threads, size),
        "serve" => return echo::serve(Some(kind), threads),
        _ => return Err(io::Error::other(format!("no probe `{probe}`"))),
    }
    Ok(())
}

/// A field of `/proc/self/status`, a number.
pub(crate) fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Resident memory, in bytes.
pub(crate) fn resident() -> u64 {
    status("VmRSS:") * 1024
}
