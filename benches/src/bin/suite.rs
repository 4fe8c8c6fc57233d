//! Every question, asked of every runtime and floor, in turns: one table, a JSON file, a picture.
//!
//! ```text
//! cargo run --release -p wakeful-benches --bin suite              # about ten minutes
//! cargo run --release -p wakeful-benches --bin suite -- --quick   # does it run at all
//! cargo run --release -p wakeful-benches --bin suite -- --only mutex
//! ```
//!
//! A round of a question goes through all peers, so that a machine whose speed changes changes it
//! for everybody. Figures are medians; the first round is told apart. Ratios are what to read.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use wakeful_benches::allocator::Mode;
use wakeful_benches::probes::{self, echo};
use wakeful_benches::questions::{self, Question};
use wakeful_benches::report::{Report, Row};
use wakeful_benches::runtimes::{Kind, Peer};

const USAGE: &str = "\
usage: suite [--quick] [--only WORD] [--rounds N] [--out FOLDER]

  --quick        few rounds of little work: no figure means anything
  --only WORD    only questions with this word in their name
  --rounds N     rounds of each question (default 11)
  --out FOLDER   where suite.json, suite.svg and suite.md go (default target/suite)";

struct Options {
    quick: bool,
    only: Option<String>,
    rounds: usize,
    out: String,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let ["--probe", probe, kind, threads, size] =
        args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        let (Ok(threads), Ok(size)) = (threads.parse(), size.parse()) else {
            return ExitCode::from(2);
        };
        return end(probes::run(probe, kind, threads, size));
    }
    match parse(args.into_iter()) {
        Ok(Some(options)) => end(run(&options)),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("suite: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn end(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("suite: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    Mode::Kept.apply();
    let start = Instant::now();
    let mut report = Report::default();
    let wanted = |name: &str| {
        options
            .only
            .as_ref()
            .is_none_or(|word| name.contains(word.as_str()))
    };
    for question in questions::all()
        .iter()
        .filter(|question| wanted(question.name))
    {
        ask(question, options, &mut report);
    }
    for (name, probe, threads, size, goal) in PROBES {
        if wanted(name) {
            ask_children(name, probe, *threads, *size, *goal, options, &mut report)?;
        }
    }
    for connections in [1, 50, 1000] {
        if wanted("TCP echo") {
            ask_servers(connections, options, &mut report)?;
        }
    }
    eprintln!("\rdone in {} s{:60}", start.elapsed().as_secs(), "");
    fs::create_dir_all(&options.out)?;
    for (name, text) in [
        ("suite.json", report.json()),
        ("suite.svg", report.picture()),
        ("suite.md", report.markdown()),
    ] {
        fs::write(format!("{}/{name}", options.out), text)?;
    }
    print!("{}", report.markdown());
    println!("\nin {}: suite.json, suite.svg, suite.md", options.out);
    Ok(())
}

fn progress(what: &str, round: usize, rounds: usize) {
    eprint!("\r{what:<60.60} {round:>3}/{rounds}");
    let _ = io::stderr().flush();
}

/// Rounds of one question, on each number of threads, through all peers and floors.
fn ask(question: &Question, options: &Options, report: &mut Report) {
    let (size, rounds) = match options.quick {
        true => (question.quick, 2),
        false => (question.size, options.rounds),
    };
    for &threads in question.threads {
        let peers: Vec<Peer> = Kind::ALL
            .into_iter()
            .filter(|kind| !question.except.contains(&(*kind, threads)))
            .map(|kind| Peer::start(kind, threads))
            .collect();
        let mut row = Row::new(
            question.name,
            question.unit,
            threads,
            match threads {
                1 => question.goal.0,
                _ => question.goal.1,
            },
        );
        for round in 0..=rounds {
            progress(&format!("{} ({threads})", question.name), round, rounds);
            for peer in &peers {
                row.push(peer.kind.name(), (question.ask)(peer, size));
            }
            for (floor, ask) in question.floors {
                row.push(&format!("floor: {floor}"), ask(size));
            }
        }
        report.rows.push(row);
    }
}

/// Name, probe, threads, size, goal.
type Probe = (&'static str, &'static str, usize, usize, f64);

const PROBES: &[Probe] = &[
    (
        "memory: a task that waits for ever",
        "pending",
        1,
        1_000_000,
        0.2,
    ),
    ("memory: a task that sleeps", "sleeping", 1, 1_000_000, 0.4),
    // Both ends are in one process: a common limit is 20,000 descriptors.
    ("memory: an idle connection", "connections", 1, 9_000, 0.33),
    ("idle: CPU of 10,000 waiting tasks", "idle", 2, 10, 1.0),
];

fn ask_children(
    name: &str,
    probe: &str,
    threads: usize,
    size: usize,
    goal: f64,
    options: &Options,
    report: &mut Report,
) -> io::Result<()> {
    let size = if options.quick {
        (size / 100).max(1)
    } else {
        size
    };
    let mut rows: Vec<Row> = Vec::new();
    for kind in Kind::ALL {
        progress(name, 0, 1);
        for (unit, value) in probes::run_child(probe, kind.name(), threads, size)? {
            let known = rows.iter().position(|row| row.unit == unit);
            let at = known.unwrap_or_else(|| {
                rows.push(Row::new(name, &unit, threads, goal));
                rows.len() - 1
            });
            rows[at].push(kind.name(), value);
        }
    }
    report.rows.extend(rows);
    Ok(())
}

fn ask_servers(connections: usize, options: &Options, report: &mut Report) -> io::Result<()> {
    let (rounds, length) = match options.quick {
        true => (1, Duration::from_millis(200)),
        false => (options.rounds.div_ceil(3), Duration::from_secs(2)),
    };
    for threads in [1, 2] {
        let name = format!("TCP echo, 64 bytes, {connections} connections");
        let mut rows: Vec<Row> = Vec::new();
        for round in 0..rounds {
            progress(&format!("{name} ({threads})"), round, rounds);
            let floor = (threads == 1).then_some(None);
            for kind in Kind::ALL.into_iter().map(Some).chain(floor) {
                let who = kind.map_or("floor: epoll loop", Kind::name);
                for (unit, value) in echo::ask(kind, threads, connections, length)? {
                    let known = rows.iter().position(|row| row.unit == unit);
                    let at = known.unwrap_or_else(|| {
                        rows.push(Row::new(&name, &unit, threads, 1.0));
                        rows.len() - 1
                    });
                    rows[at].push(who, value);
                }
            }
        }
        report.rows.extend(rows);
    }
    Ok(())
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        quick: false,
        only: None,
        rounds: 11,
        out: "target/suite".to_owned(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
        match arg.as_str() {
            "--quick" => options.quick = true,
            "--only" => options.only = Some(value()?),
            "--out" => options.out = value()?,
            "--rounds" => {
                let value = value()?;
                let rounds = value
                    .parse()
                    .ok()
                    .filter(|rounds| (2..=1000).contains(rounds));
                options.rounds =
                    rounds.ok_or(format!("`--rounds` needs 2 to 1000, not `{value}`"))?;
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(Some(options))
}
