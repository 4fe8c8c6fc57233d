//! What a program says of itself when something is wrong: panics that nobody can observe, polls
//! that take too long, its tasks to whoever asks.
//!
//! What goes to stderr is read from a child: this test program again, with one test to run.
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[cfg(unix)]
#[path = "diagnosis/inspect.rs"]
mod inspect;
#[path = "diagnosis/panics.rs"]
mod panics;
#[path = "diagnosis/stall.rs"]
mod stall;

use std::process::{Command, Output};

/// Set in a child.
const INSIDE: &str = "WAKEFUL_TEST_INSIDE";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// This program again, with only the test `name`, which finds that it [is inside](is_inside).
fn child(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test has a path"));
    command
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(INSIDE, name)
        .env_remove("WAKEFUL");
    command
}

/// What the child said on stderr.
#[track_caller]
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {text}", output.status);
    text
}
