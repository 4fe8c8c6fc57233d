//! Instructions a task, counted by callgrind: the same number on a busy machine as on an idle one.
//!
//! Question: how much code runs for a task, from spawn to join? Unit: instructions a task, as the
//! difference between two runs of different size, so that starting and ending cancel out.
//!
//! What would mislead: an atomic instruction and an addition count the same, a cache miss counts
//! nothing, and the kernel is left out. Only executors of one thread are here, as callgrind runs
//! one thread at a time.
//!
//! ```text
//! cargo run --release -p wakeful-benches --bin instructions
//! ```

use std::env;
use std::io;
use std::process::{Command, ExitCode};

use wakeful_benches::{Workload, peers};

const FEW: usize = 10_000;
const MANY: usize = 20_000;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => count_all(),
        ["--run", peer, workload, tasks] => run(peer, workload, tasks),
        _ => {
            eprintln!("usage: instructions\n\nIt takes no arguments, and needs valgrind.");
            ExitCode::from(2)
        }
    }
}

/// What callgrind watches: one peer, one round.
fn run(peer: &str, workload: &str, tasks: &str) -> ExitCode {
    let workload = match workload {
        "counter" => Workload::Counter,
        _ => Workload::Yield,
    };
    let found = peers::one_threaded()
        .into_iter()
        .find(|other| other.name == peer);
    let (Some(mut peer), Ok(tasks)) = (found, tasks.parse()) else {
        eprintln!("instructions: `--run` is for the program itself");
        return ExitCode::from(2);
    };
    peer.round(workload, tasks);
    ExitCode::SUCCESS
}

fn count_all() -> ExitCode {
    println!("instructions per task\n");
    println!("{:<36} {:>10} {:>10}", "", "counter", "yield");
    for peer in peers::one_threaded() {
        let counted = per_task(&peer.name, "counter")
            .and_then(|counter| Ok((counter, per_task(&peer.name, "yield")?)));
        match counted {
            Ok((counter, yielding)) => {
                println!("{:<36} {counter:>10.1} {yielding:>10.1}", peer.name);
            }
            Err(error) => {
                eprintln!("instructions: {}: {error}", peer.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn per_task(peer: &str, workload: &str) -> io::Result<f64> {
    let few = collect(peer, workload, FEW)?;
    let many = collect(peer, workload, MANY)?;
    Ok((many as f64 - few as f64) / (MANY - FEW) as f64)
}

fn collect(peer: &str, workload: &str, tasks: usize) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["--run", peer, workload, &tasks.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected"));
    let number = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("no count in what valgrind says:\n{text}")))
}
