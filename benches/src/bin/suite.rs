//! Every question, asked of every runtime and floor, in turns: tables, JSON files, pictures, and
//! the page BENCHMARKS.md.
//!
//! ```text
//! cargo run --release -p wakeful-benches --bin suite -- --report  # all, and BENCHMARKS.md
//! cargo run --release -p wakeful-benches --bin suite -- --quick   # does it run at all
//! cargo run --release -p wakeful-benches --bin suite -- --only mutex
//! ```
//!
//! A round of a question goes through all peers, so that a machine whose speed changes changes it
//! for everybody. Figures are medians; the first round is told apart. Ratios are what to read.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wakeful_benches::allocator::Mode;
use wakeful_benches::asking::{self, Options, Progress};
use wakeful_benches::report::{Page, Report, replace_notes};
use wakeful_benches::scale::Study;
use wakeful_benches::{instructions, machine, probes, processes};

const USAGE: &str = "\
usage: suite [--quick] [--only WORD] [--rounds N] [--out FOLDER] [--report] [--notes]

  --quick        few rounds of little work: no figure means anything
  --only WORD    only questions with this word in their name; `scale` is one of them
  --rounds N     rounds of each question (default 11)
  --out FOLDER   where JSON, pictures and tables go (default target/suite)
  --report       write BENCHMARKS.md, and what it shows to benches/results
  --notes        only put benches/notes.md into BENCHMARKS.md once more";

struct Arguments {
    options: Options,
    out: Option<PathBuf>,
    report: bool,
    notes: bool,
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
        Ok(Some(arguments)) if arguments.notes => end(renew_notes()),
        Ok(Some(arguments)) => end(run(&arguments)),
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

/// The root of the workspace.
fn root() -> &'static Path {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    benches.parent().unwrap_or(benches)
}

fn notes() -> io::Result<String> {
    fs::read_to_string(root().join("benches/notes.md"))
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let options = &arguments.options;
    let mut circumstances = machine::circumstances();
    Mode::Kept.apply();
    let mut progress = Progress::new();
    let mut report = Report::default();
    asking::ask_all(options, &mut progress, &mut report)?;
    processes::ask_all(options, &mut progress, &mut report)?;
    instructions::ask_all(options, &mut progress, &mut report);
    let scale = match options.wants("scale") {
        true => Some(Study::make(options, &mut progress)?),
        false => None,
    };
    let seconds = progress.seconds();
    eprintln!(
        "\rdone in {} min {:02} s{:60}",
        seconds / 60,
        seconds % 60,
        ""
    );

    circumstances.push(("day".to_owned(), machine::date()));
    let took = format!("{} min {} s", seconds / 60, seconds % 60);
    circumstances.push(("it took".to_owned(), took));
    circumstances.push((
        "rounds of a question".to_owned(),
        options.rounds().to_string(),
    ));
    let page = Page {
        report: &report,
        circumstances,
        scale: scale.as_ref().map(Study::markdown),
        notes: notes()?,
    };
    write(arguments, &page.text(), &report, scale.as_ref())
}

/// Files, and the tables on standard output.
fn write(
    arguments: &Arguments,
    page: &str,
    report: &Report,
    scale: Option<&Study>,
) -> io::Result<()> {
    let out = match (&arguments.out, arguments.report) {
        (Some(out), _) => out.clone(),
        (None, true) => root().join("benches/results"),
        (None, false) => root().join("target/suite"),
    };
    fs::create_dir_all(&out)?;
    fs::write(out.join("suite.json"), report.json())?;
    fs::write(out.join("suite.svg"), report.picture())?;
    if let Some(scale) = scale {
        fs::write(out.join("scale.json"), scale.json())?;
        fs::write(out.join("scale.svg"), scale.picture())?;
    }
    let at = match arguments.report {
        true => root().join("BENCHMARKS.md"),
        false => out.join("BENCHMARKS.md"),
    };
    fs::write(&at, page)?;
    print!("{}", report.tables());
    if let Some(scale) = scale {
        print!("{}", scale.markdown());
    }
    println!(
        "\nin {}: JSON and pictures; the page is {}",
        out.display(),
        at.display()
    );
    Ok(())
}

/// For notes that were written after the figures were taken.
fn renew_notes() -> io::Result<()> {
    let path = root().join("BENCHMARKS.md");
    let page = replace_notes(&fs::read_to_string(&path)?, &notes()?);
    let page = page.ok_or_else(|| io::Error::other("BENCHMARKS.md has no place for notes"))?;
    fs::write(path, page)
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments {
        options: Options {
            quick: false,
            only: None,
            rounds: 11,
        },
        out: None,
        report: false,
        notes: false,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
        match arg.as_str() {
            "--quick" => arguments.options.quick = true,
            "--only" => arguments.options.only = Some(value()?),
            "--out" => arguments.out = Some(value()?.into()),
            "--report" => arguments.report = true,
            "--notes" => arguments.notes = true,
            "--rounds" => {
                let value = value()?;
                let rounds = value
                    .parse()
                    .ok()
                    .filter(|rounds| (2..=1000).contains(rounds));
                arguments.options.rounds =
                    rounds.ok_or(format!("`--rounds` needs 2 to 1000, not `{value}`"))?;
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    if arguments.report && arguments.options.only.is_some() {
        return Err("`--report` is about everything: it goes without `--only`".to_owned());
    }
    Ok(Some(arguments))
}
