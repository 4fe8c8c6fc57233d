//! What has to be measured in a process of its own: memory, idleness, servers, sizes that grow, and
//! the allocator as it comes.
//!
//! The program starts itself again with `--probe NAME KIND THREADS SIZE`; the child prints figures,
//! the value and the name of one a line.

pub mod growth;
pub mod idle;
pub mod load;
pub mod memory;
pub mod protocol;
pub mod servers;

use std::io;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use self::protocol::Protocol;
use crate::asking;
use crate::questions;
use crate::runtimes::{Kind, Peer};

/// Figures by name.
pub type Figures = Vec<(String, f64)>;

/// What the parent passes to a child, after `--probe`.
pub fn arguments(probe: &str, kind: &str, threads: usize, size: usize) -> [String; 5] {
    [
        "--probe".to_owned(),
        probe.to_owned(),
        kind.to_owned(),
        threads.to_string(),
        size.to_string(),
    ]
}

/// Runs a probe in a child and reads what it prints.
///
/// # Errors
///
/// If the child cannot be started, fails, or prints something else.
pub fn run_child(probe: &str, kind: &str, threads: usize, size: usize) -> io::Result<Figures> {
    figures_of(start_child(probe, kind, threads, size)?)
}

fn start_child(probe: &str, kind: &str, threads: usize, size: usize) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(arguments(probe, kind, threads, size))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

fn figures_of(child: Child) -> io::Result<Figures> {
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => parse(&String::from_utf8_lossy(&output.stdout)),
        false => Err(io::Error::other(format!("a child: {}", output.status))),
    }
}

/// The same for every runtime, one after the other, or all at once if none is in another's way.
///
/// # Errors
///
/// As [`run_child`].
pub fn run_children(
    probe: &str,
    threads: usize,
    size: usize,
    at_once: bool,
) -> io::Result<Vec<(Kind, Figures)>> {
    let start = |kind: Kind| start_child(probe, kind.name(), threads, size);
    let children: Vec<(Kind, Option<Child>)> = Kind::ALL
        .into_iter()
        .map(|kind| Ok((kind, at_once.then(|| start(kind)).transpose()?)))
        .collect::<io::Result<_>>()?;
    let figures = children.into_iter().map(|(kind, child)| {
        let child = child.map_or_else(|| start(kind), Ok)?;
        Ok((kind, figures_of(child)?))
    });
    figures.collect()
}

fn parse(text: &str) -> io::Result<Figures> {
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    let figures: Option<Figures> = text.lines().map(figure).collect();
    figures.ok_or_else(|| io::Error::other(format!("no figures: {text}")))
}

/// One of the figures that were printed.
fn figure(text: &str, name: &str) -> io::Result<f64> {
    let figures = parse(text)?;
    let found = figures.iter().find(|(known, _)| known == name);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| io::Error::other(format!("no {name}: {text}")))
}

/// In the child.
///
/// # Errors
///
/// If there is no such probe, or it fails.
pub fn run(probe: &str, kind: &str, threads: usize, size: usize) -> io::Result<()> {
    let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let mut protocols = Protocol::ALL.into_iter();
    if let Some(name) = probe.strip_prefix("serve-") {
        let protocol = protocols.find(|protocol| protocol.name() == name);
        let protocol = protocol.ok_or_else(|| io::Error::other("no such protocol"))?;
        return servers::serve(protocol, known, threads, size);
    }
    if let Some(which) = probe.strip_prefix("question-") {
        return ask(which, kind, threads, size);
    }
    if let Some(index) = probe.strip_prefix("default-heap-") {
        return asking::in_child(index, kind, threads, size);
    }
    if probe == "tasks" {
        growth::tasks(known, threads, size);
        return Ok(());
    }
    let kind = known.ok_or_else(|| io::Error::other(format!("no runtime `{kind}`")))?;
    match probe {
        "pending" => memory::pending(kind, size),
        "sleeping" => memory::sleeping(kind, size),
        "connections" => return memory::connections(kind, size),
        "idle" => idle::idle(kind, threads, size),
        "canceled-timers" => growth::canceled_timers(kind, size),
        "fired-timers" => growth::fired_timers(kind, size),
        _ => return Err(io::Error::other(format!("no probe `{probe}`"))),
    }
    Ok(())
}

/// For callgrind: `INDEXxROUNDS` of a question, of the runtime or the floor of that name.
fn ask(which: &str, name: &str, threads: usize, size: usize) -> io::Result<()> {
    let none = || io::Error::other(format!("no question {which} of `{name}`"));
    let (index, rounds) = which.split_once('x').ok_or_else(none)?;
    let index: usize = index.parse().map_err(io::Error::other)?;
    let question = questions::all().into_iter().nth(index).ok_or_else(none)?;
    let mut peers = Kind::ALL.into_iter().filter(|kind| kind.name() == name);
    let peer = peers.next().map(|kind| Peer::start(kind, threads));
    let floor = question.floors.iter().find(|(floor, _)| *floor == name);
    for _ in 0..rounds.parse().map_err(io::Error::other)? {
        match (&peer, floor) {
            (Some(peer), _) => (question.ask)(peer, size),
            (_, Some((_, floor))) => floor(size),
            _ => return Err(none()),
        };
    }
    Ok(())
}

/// Resident memory, in bytes.
///
/// Counted page by page, and without the pages of the program itself, which are there or not as it
/// comes. What `/proc/self/status` says is a sum of which each processor keeps a part back: 100
/// pages more or less, some 40 bytes for each of 9,000 connections.
pub(crate) fn resident() -> u64 {
    let maps = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = maps.lines().find(|line| line.starts_with("Anonymous:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    let kibibytes: Option<u64> = number.and_then(|number| number.parse().ok());
    kibibytes.unwrap_or(0) * 1024
}
