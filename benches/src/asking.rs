//! Asks a question: round by round, everybody in turns.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::probes;
use crate::questions::{self, Question};
use crate::report::{Report, Row};
use crate::runtimes::{Kind, Peer};

/// How much is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Little work, few rounds.
    pub quick: bool,
    /// Only what has this word in its name.
    pub only: Option<String>,
    /// Rounds of each question, besides the first.
    pub rounds: usize,
}

impl Options {
    /// Whether something of that name is asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|word| name.contains(word))
    }

    /// Rounds of a question, besides the first.
    pub fn rounds(&self) -> usize {
        if self.quick { 2 } else { self.rounds }
    }
}

/// Says on standard error what is being done.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
    last: String,
}

impl Progress {
    /// The clock starts.
    #[expect(clippy::new_without_default, reason = "it starts a clock")]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            last: String::new(),
        }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> u64 {
        self.start.elapsed().as_secs()
    }

    /// What is begun. On a terminal the line is written over and over.
    pub fn show(&mut self, what: &str, round: usize, rounds: usize) {
        let seconds = self.seconds();
        let clock = format!("{:>2}:{:02}", seconds / 60, seconds % 60);
        let mut stderr = io::stderr();
        if stderr.is_terminal() {
            let _ = write!(stderr, "\r{clock} {what:<64.64} {round:>3}/{rounds:<3}");
        } else if self.last != what {
            what.clone_into(&mut self.last);
            let _ = writeln!(stderr, "{clock} {what}");
        }
        let _ = stderr.flush();
    }
}

/// Asks all questions that are wanted.
///
/// # Errors
///
/// If a child that has its allocator as it comes cannot be run.
pub fn ask_all(options: &Options, progress: &mut Progress, report: &mut Report) -> io::Result<()> {
    for (index, question) in questions::all().iter().enumerate() {
        if !options.wants(question.name) {
            continue;
        }
        for &threads in question.threads {
            ask(question, threads, options, progress, report);
            if question.both_heaps {
                ask_in_child(index, question, threads, options, progress, report)?;
            }
        }
    }
    Ok(())
}

fn size(question: &Question, options: &Options) -> usize {
    match options.quick {
        true => question.quick,
        false => question.size,
    }
}

fn ask(
    question: &Question,
    threads: usize,
    options: &Options,
    progress: &mut Progress,
    report: &mut Report,
) {
    let mut rows: Vec<Row> = question
        .units
        .iter()
        .map(|unit| {
            Row::new(
                question.topic,
                question.name,
                unit,
                threads,
                &question.goals,
            )
        })
        .collect();
    let size = size(question, options);
    let title = format!("{} ({threads})", question.name);
    let rounds = options.rounds();
    in_turns(
        question,
        threads,
        size,
        rounds,
        |round| progress.show(&title, round, rounds),
        |who, figures| {
            for (row, figure) in rows.iter_mut().zip(figures) {
                row.push(who, figure);
            }
        },
    );
    report.rows.extend(rows);
}

/// Rounds through all runtimes and floors. The first one, 0, is cold.
fn in_turns(
    question: &Question,
    threads: usize,
    size: usize,
    rounds: usize,
    mut begin: impl FnMut(usize),
    mut note: impl FnMut(&str, Vec<f64>),
) {
    let peers: Vec<Peer> = Kind::ALL
        .into_iter()
        .filter(|kind| !question.except.contains(&(*kind, threads)))
        .map(|kind| Peer::start(kind, threads))
        .collect();
    for round in 0..=rounds {
        begin(round);
        for peer in &peers {
            note(peer.kind.name(), (question.ask)(peer, size));
        }
        for (floor, ask) in question.floors {
            note(&format!("floor: {floor}"), ask(size));
        }
    }
}

/// The same with the allocator as it comes: a setting of it cannot be taken back.
fn ask_in_child(
    index: usize,
    question: &Question,
    threads: usize,
    options: &Options,
    progress: &mut Progress,
    report: &mut Report,
) -> io::Result<()> {
    let name = format!("{}; heap as it comes", question.name);
    progress.show(&format!("{name} ({threads})"), 0, 1);
    let unit = question.units[0];
    let mut row = Row::new(question.topic, &name, unit, threads, &[]);
    let (rounds, size) = (options.rounds(), size(question, options));
    let probe = format!("default-heap-{index}");
    for (who, figure) in probes::run_child(&probe, &rounds.to_string(), threads, size)? {
        row.push(&who, figure);
    }
    report.rows.push(row);
    Ok(())
}

/// The child's part.
pub(crate) fn in_child(index: &str, rounds: &str, threads: usize, size: usize) -> io::Result<()> {
    let index: usize = index.parse().map_err(io::Error::other)?;
    let rounds = rounds.parse().map_err(io::Error::other)?;
    let all = questions::all();
    let question = all
        .get(index)
        .ok_or_else(|| io::Error::other("no such question"))?;
    in_turns(
        question,
        threads,
        size,
        rounds,
        |_| {},
        |who, figures| println!("{who} {}", figures[0]),
    );
    Ok(())
}
