//! A copy of the tree, in which lines are changed and tests are run.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::mutant::{self, Build, Mutant, Test, root};

/// Seconds for a test that a mutant may leave waiting for ever.
const LIMIT: &str = "240";
/// What `timeout` ends with when it had to end its program.
const TIMED_OUT: i32 = 124;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Hung,
    /// Not a verdict on the test: the mutant does not compile.
    DoesNotCompile,
    /// No test has such a name.
    RanNothing,
}

pub(crate) struct Workshop {
    tree: PathBuf,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let tree = root().join("target/mutations/tree");
        let files = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(root())
            .output()
            .expect("git lists the files of the tree");
        let files = String::from_utf8(files.stdout).unwrap();
        let known: HashSet<PathBuf> = files.lines().map(|file| tree.join(file)).collect();
        for stale in mutant::files_below(&tree.join("runtime")) {
            if !known.contains(&stale) {
                fs::remove_file(stale).unwrap();
            }
        }
        for file in files.lines().chain(["Cargo.lock"]) {
            let Ok(text) = fs::read(root().join(file)) else {
                continue;
            };
            let copy = tree.join(file);
            // What is the same is left alone: its time of change is what cargo looks at.
            if fs::read(&copy).ok().as_ref() != Some(&text) {
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::write(&copy, text).unwrap();
            }
        }
        Self { tree }
    }

    /// Runs the test with the bug in.
    pub(crate) fn try_out(&self, mutant: &Mutant) -> Verdict {
        let path = self.tree.join(&mutant.file);
        let original = mutant.original(&self.tree);
        fs::write(&path, mutant.apply(&original).unwrap()).unwrap();
        let verdict = self.run(&mutant.test);
        fs::write(&path, original).unwrap();
        verdict
    }

    pub(crate) fn run(&self, test: &Test) -> Verdict {
        let (target, name) = match test.build {
            Build::Integration => test.name.split_once(' ').expect("a file and a test"),
            Build::Lib | Build::Model => ("", test.name.as_str()),
        };
        let built = self.cargo(test.build, target, "1800", &["--no-run"]);
        if built.0 != 0 {
            println!("{}", built.1);
            return Verdict::DoesNotCompile;
        }
        let (status, output) = self.cargo(test.build, target, LIMIT, &["--", name]);
        match status {
            0 if output.contains("running 0 tests") => Verdict::RanNothing,
            0 => Verdict::Passed,
            TIMED_OUT => Verdict::Hung,
            _ => Verdict::Failed,
        }
    }

    /// The status that cargo ends with, and what it and the test printed.
    fn cargo(&self, build: Build, target: &str, limit: &str, arguments: &[&str]) -> (i32, String) {
        let mut cargo = Command::new("timeout");
        cargo.args(["--kill-after", "5", limit, "cargo", "test", "-p", "wakeful"]);
        match build {
            Build::Integration => cargo.args(["--test", target]),
            Build::Lib | Build::Model => cargo.arg("--lib"),
        };
        let folder = match build {
            Build::Integration | Build::Lib => "target/mutations/plain",
            Build::Model => {
                cargo.arg("--release").env("RUSTFLAGS", "--cfg loom");
                cargo.env("LOOM_MAX_PREEMPTIONS", "2");
                // With it, what is compiled again in part may not link with the rest.
                cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
                "target/mutations/loom"
            }
        };
        let output = cargo
            .args(arguments)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", root().join(folder))
            .env("CARGO_INCREMENTAL", "1")
            .stdin(Stdio::null())
            .output()
            .expect("there is a program named timeout");
        let text = [output.stdout, output.stderr].concat();
        let status = output.status.code().unwrap_or(-1);
        (status, String::from_utf8_lossy(&text).into_owned())
    }
}
