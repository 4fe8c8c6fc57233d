//! Programs joined by pipes, as a shell does it: `seq 100000 | grep 7 | wc -l`.
//!
//! ```text
//! cargo run --release --example pipeline
//! cargo run --release --example pipeline -- 1000 42
//! ```
//!
//! All three run at once, and each waits for its neighbors. Between the first two the pipe is
//! handed over: bytes go from program to program, and never come through here. Between the last
//! two this program stands: it reads lines and passes them on, counting. If the last one is slow
//! its pipe fills, our `write_all` waits, we read no more, the next pipe fills, and so on up to
//! the first: nothing piles up anywhere.

use std::env;
use std::io;
use std::process::{ExitCode, Stdio};

use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
use wakeful::process::{ChildStdin, ChildStdout, Command};

const USAGE: &str = "usage: pipeline [LAST] [WORD]     (default: 100000 7)";

#[wakeful::main]
async fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let last = args.next().unwrap_or_else(|| "100000".to_owned());
    let word = args.next().unwrap_or_else(|| "7".to_owned());
    if last.parse::<u32>().is_err() || args.next().is_some() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run(&last, &word).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pipeline: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(last: &str, word: &str) -> io::Result<()> {
    // Whatever goes wrong below, none of the three outlives us.
    let mut numbers = Command::new("seq");
    let numbers = numbers.arg(last).stdout(Stdio::piped()).kill_on_drop(true);
    let mut numbers = numbers.spawn()?;

    // The pipe changes hands: `grep` reads what `seq` writes.
    let between: Stdio = taken(&mut numbers.stdout).try_into()?;
    let mut matching = Command::new("grep");
    let matching = matching.args(["-F", "--", word]).stdin(between);
    let mut matching = matching.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;

    let mut counting = Command::new("wc");
    let counting = counting
        .arg("-l")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut counting = counting.kill_on_drop(true).spawn()?;

    // In a task, since the last one's output is read meanwhile.
    let passing = pass_on(taken(&mut matching.stdout), taken(&mut counting.stdin));
    let passing = wakeful::spawn(passing);

    let (counted, numbers, matching, passed) = wakeful::try_join!(
        counting.wait_with_output(),
        numbers.wait(),
        matching.wait(),
        async { passing.await? },
    )?;
    let text = String::from_utf8_lossy(&counted.stdout);
    println!("{} of the numbers to {last} contain {word}", text.trim());
    println!("{passed} lines came through here; seq {numbers}, grep {matching}");
    if text.trim() != passed.to_string() {
        return Err(io::Error::other("a line was lost on the way"));
    }
    Ok(())
}

/// A pipe that was asked for.
fn taken<T>(pipe: &mut Option<T>) -> T {
    pipe.take().expect("piped, and taken once")
}

/// Passes lines on, and counts them. Dropping `into` at the end is the end of `wc`'s input.
async fn pass_on(from: ChildStdout, into: ChildStdin) -> io::Result<usize> {
    let mut lines = BufReader::new(from).lines();
    let mut into = BufWriter::new(into);
    let mut count = 0;
    while let Some(line) = lines.next_line().await? {
        into.write_all(line.as_bytes()).await?;
        into.write_all(b"\n").await?;
        count += 1;
    }
    into.flush().await?;
    Ok(count)
}
