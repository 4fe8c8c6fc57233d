//! All executors in one run, in turns: round 1 of everybody, then round 2, and so on.
//!
//! Question: how many nanoseconds does a task cost here, and how does that compare to tokio, to
//! smol and to no executor at all? Unit: nanoseconds a task, from the first spawn to the last join.
//!
//! What would mislead: another program that runs meanwhile (taking turns spreads its weight over
//! everybody, the spread shows it); one lock taken as a statement on parallelism; the allocator,
//! which is why there is a table for each of its two modes, each from a process of its own.
//!
//! ```text
//! cargo run --release -p wakeful-benches --bin compare -- --quick
//! ```

use std::env;
use std::ops::RangeInclusive;
use std::process::{Command, ExitCode};

use wakeful_benches::allocator::Mode;
use wakeful_benches::statistics::Rounds;
use wakeful_benches::{TASKS, Workload, peers, workers};

const USAGE: &str = "\
usage: compare [--quick] [--rounds N] [--tasks N] [--workers N] [--allocator default|kept]

  --quick      5 rounds of 10,000 tasks: does it run at all
  --rounds N   rounds of each executor (default 31)
  --tasks N    tasks of a round (default 100000)
  --workers N  workers of the parallel executors (default: one for each CPU, at least two)
  --allocator  only this mode (default: both, one after the other)";

#[derive(Clone, Copy)]
struct Options {
    rounds: usize,
    tasks: usize,
    workers: usize,
    allocator: Option<Mode>,
}

fn main() -> ExitCode {
    let options = match parse(env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("compare: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match options.allocator {
        Some(mode) => compare(options, mode),
        None => both_modes(options),
    }
}

/// A setting of the allocator cannot be taken back, so each mode has its own process.
fn both_modes(options: Options) -> ExitCode {
    for mode in [Mode::Kept, Mode::Default] {
        let status = env::current_exe().and_then(|program| {
            Command::new(program)
                .args(["--rounds", &options.rounds.to_string()])
                .args(["--tasks", &options.tasks.to_string()])
                .args(["--workers", &options.workers.to_string()])
                .args(["--allocator", mode.name()])
                .status()
        });
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!(
                    "compare: the run with the {} heap ended with {status}",
                    mode.name()
                );
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("compare: cannot start myself: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn compare(options: Options, mode: Mode) -> ExitCode {
    if !mode.apply() {
        println!("this platform's allocator has no such setting: the mode is left out\n");
        return ExitCode::SUCCESS;
    }
    let mut peers = peers::all(options.workers);
    for workload in [Workload::Counter, Workload::Yield] {
        let mut measured = vec![Rounds::new(options.tasks); peers.len()];
        for _ in 0..options.rounds {
            for (peer, rounds) in peers.iter_mut().zip(&mut measured) {
                rounds.push(peer.round(workload, options.tasks));
            }
        }
        println!("{}", workload.name());
        println!(
            "{} tasks, {} rounds in turns, heap: {}; ns per task\n",
            options.tasks,
            options.rounds,
            mode.name()
        );
        print_table(&peers, &measured);
    }
    ExitCode::SUCCESS
}

fn print_table(peers: &[peers::Peer], measured: &[Rounds]) {
    let median_of = |start: &str| {
        let peers = peers.iter().zip(measured);
        let mut found = peers.filter(|(peer, _)| peer.name.starts_with(start));
        found.next().map_or(f64::NAN, |(_, rounds)| rounds.median())
    };
    println!(
        "{:<36} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "", "median", "best", "spread", "first", "of tokio", "of floor"
    );
    for (peer, rounds) in peers.iter().zip(measured) {
        let tokio = match peer.one_thread {
            true => median_of(peers::TOKIO_LOCAL),
            false => median_of(peers::TOKIO_PARALLEL),
        };
        println!(
            "{:<36} {:>8.1} {:>8.1} {:>7.0}% {:>8.1} {:>8.2}x {:>8.2}x",
            peer.name,
            rounds.median(),
            rounds.best(),
            rounds.spread() * 100.0,
            rounds.first(),
            rounds.median() / tokio,
            rounds.median() / median_of(peers::FLOOR),
        );
    }
    println!();
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        rounds: 31,
        tasks: TASKS,
        workers: workers(),
        allocator: None,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => (options.rounds, options.tasks) = (5, 10_000),
            "--rounds" => options.rounds = number(&arg, args.next(), 2..=100_000)?,
            "--tasks" => options.tasks = number(&arg, args.next(), 1..=100_000_000)?,
            "--workers" => options.workers = number(&arg, args.next(), 1..=1024)?,
            "--allocator" => {
                let mode = args.next().and_then(|name| Mode::parse(&name));
                options.allocator = Some(mode.ok_or("`--allocator` needs `default` or `kept`")?);
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(Some(options))
}

fn number(
    name: &str,
    value: Option<String>,
    range: RangeInclusive<usize>,
) -> Result<usize, String> {
    let (least, most) = (range.start(), range.end());
    let wanted = format!("`{name}` needs a number from {least} to {most}");
    let value = value.ok_or(wanted.clone())?;
    match value.replace('_', "").parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{wanted}, not `{value}`")),
    }
}
