//! Counts by valgrind: the same numbers on a busy machine as on an idle one.
//!
//! Question: how much code runs for a task, from spawn to join? Unit: instructions a task, as the
//! difference between two runs of different size, so that starting and ending cancel out.
//!
//! What would mislead: an atomic instruction and an addition count the same, a cache miss counts
//! nothing, and the kernel is left out. Only executors of one thread are here, as valgrind runs one
//! thread at a time.

use std::env;
use std::fmt::Write;
use std::io;
use std::process::Command;

use crate::asking::{Options, Progress};
use crate::goals::Goal;
use crate::probes;
use crate::questions;
use crate::report::{Report, Row};
use crate::runtimes::Kind;

const FEW: usize = 10_000;
const MANY: usize = 20_000;
const COUNTER: usize = 0;

/// The questions that are counted, and what is wanted.
const COUNTED: &[(&str, &[Goal])] = &[
    ("counter: yield", &[Goal::figure(450.0)]),
    ("cells: yield", &[]),
    ("spawn and join", &[]),
    ("yield storm", &[]),
    ("ping-pong", &[]),
    ("uncontended lock", &[]),
    ("oneshot", &[]),
    ("mpsc bounded, 1", &[]),
];

/// Adds the rows. Without valgrind there are none, and a word about it.
pub fn ask_all(options: &Options, progress: &mut Progress, report: &mut Report) {
    let name = "instructions, by callgrind";
    if !options.wants(name) {
        return;
    }
    if !is_there() {
        eprintln!("\nvalgrind is not there: no instructions are counted");
        return;
    }
    let most = if options.quick { 1 } else { usize::MAX };
    for (start, goals) in COUNTED.iter().take(most) {
        let all = questions::all();
        let index = all
            .iter()
            .position(|question| question.name.starts_with(start));
        let index = index.expect("the names are those of questions");
        let question = &all[index];
        let unit = question.units[0].replace("ns", "instructions");
        let mut row = Row::new("Instructions, by callgrind", question.name, &unit, 1, goals);
        let kinds = Kind::ALL
            .into_iter()
            .map(|kind| (kind.name(), kind.name().to_owned()));
        let floors = question
            .floors
            .iter()
            .map(|(floor, _)| (*floor, format!("floor: {floor}")));
        for (name, printed) in kinds.chain(floors).take(most) {
            progress.show(&format!("instructions: {}", question.name), 0, 1);
            match of(index, name) {
                Ok(count) => row.push(&printed, count),
                Err(error) => eprintln!("\n{name}: {error}"),
            }
        }
        report.rows.push(row);
    }
}

/// Whether valgrind can be run.
pub fn is_there() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Instructions for each operation of a question.
fn of(index: usize, who: &str) -> io::Result<f64> {
    let probe = format!("question-{index}x1");
    let few = count("callgrind", &[], &probe, who, FEW, "Collected")?;
    let many = count("callgrind", &[], &probe, who, MANY, "Collected")?;
    Ok((many - few) / (MANY - FEW) as f64)
}

/// Misses of a cache of this many bytes for each task of the counter, in warm rounds of `size`.
///
/// # Errors
///
/// If valgrind cannot be run, or says something else.
pub fn misses(who: &str, size: usize, bytes: usize) -> io::Result<f64> {
    let mut cache = String::new();
    let _ = write!(cache, "--LL={bytes},8,64");
    let options = ["--cache-sim=yes", "--D1=32768,8,64", &cache];
    let count = |rounds: usize| {
        let probe = format!("question-{COUNTER}x{rounds}");
        count("cachegrind", &options, &probe, who, size, "LLd misses:")
    };
    Ok((count(3)? - count(1)?) / (2 * size) as f64)
}

/// The number after `what` in valgrind's summary.
fn count(
    tool: &str,
    options: &[&str],
    probe: &str,
    who: &str,
    size: usize,
    what: &str,
) -> io::Result<f64> {
    let output = Command::new("valgrind")
        .args([
            &format!("--tool={tool}"),
            &format!("--{tool}-out-file=/dev/null"),
        ])
        .args(options)
        .arg(env::current_exe()?)
        .args(probes::arguments(probe, who, 1, size))
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let number = text.lines().find_map(|line| {
        let (_, after) = line.split_once(what)?;
        let mut words = after.split_whitespace().filter(|word| *word != ":");
        words.next()?.replace(',', "").parse().ok()
    });
    number.ok_or_else(|| io::Error::other(format!("no count in what valgrind says:\n{text}")))
}
