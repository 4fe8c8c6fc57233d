//! The scale study: what a task, a timer and a connection cost as their number grows.
//!
//! Each size of each runtime is a process of its own (`probes/growth.rs`), so that none finds
//! memory that another one has touched. A floor, the futures boxed and polled in a bare loop, shows
//! which bends are the memory's.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use crate::asking::{Options, Progress};
use crate::instructions;
use crate::machine;
use crate::probes;
use crate::probes::load::Target;
use crate::probes::protocol::Protocol;
use crate::report::{Curve, Panel, curves};
use crate::runtimes::Kind;

/// One figure.
struct Point {
    study: &'static str,
    unit: String,
    who: String,
    size: usize,
    value: f64,
}

/// All figures.
#[derive(Default)]
pub struct Study(Vec<Point>);

/// Who, how they are asked for, threads, and the largest size they are asked for.
type Subject = (&'static str, &'static str, usize, usize);

const MILLION: usize = 1_000_000;
const TASKS: &[Subject] = &[
    ("wakeful", "wakeful", 1, 10 * MILLION),
    ("wakeful, 2 threads", "wakeful", 2, 10 * MILLION),
    ("tokio", "tokio", 1, 10 * MILLION),
    ("tokio, 2 threads", "tokio", 2, MILLION),
    ("smol", "smol", 1, MILLION),
    ("floor: boxed", "floor", 1, 10 * MILLION),
];
/// smol keeps its timers in a tree, and is asked for fewer.
const CANCELED: &[Subject] = &[
    ("wakeful", "wakeful", 1, 10 * MILLION),
    ("tokio", "tokio", 1, 10 * MILLION),
    ("smol", "smol", 1, MILLION),
];
const FIRED: &[Subject] = &[
    ("wakeful", "wakeful", 1, MILLION),
    ("tokio", "tokio", 1, MILLION),
    ("smol", "smol", 1, MILLION / 10),
];
const CONNECTIONS: &[(&str, Option<Kind>, usize)] = &[
    ("wakeful", Some(Kind::Wakeful), 1),
    ("wakeful, 2 threads", Some(Kind::Wakeful), 2),
    ("tokio", Some(Kind::Tokio), 1),
    ("tokio, 2 threads", Some(Kind::Tokio), 2),
    ("smol", Some(Kind::Smol), 1),
    ("floor: epoll loop", None, 1),
];

const OF_TASKS: &str = "tasks: the counter";
const OF_CANCELED: &str = "timers, set and canceled";
const OF_FIRED: &str = "timers that fire";
const OF_CONNECTIONS: &str = "connections: echo";
const OF_MISSES: &str = "cache misses a task";

impl Study {
    /// Makes it. The quick one has small sizes only.
    ///
    /// # Errors
    ///
    /// If a child cannot be run.
    pub fn make(options: &Options, progress: &mut Progress) -> io::Result<Self> {
        let mut study = Self::default();
        let most = if options.quick { 1_000 } else { usize::MAX };
        for (name, probe, subjects) in [
            (OF_TASKS, "tasks", TASKS),
            (OF_CANCELED, "canceled-timers", CANCELED),
            (OF_FIRED, "fired-timers", FIRED),
        ] {
            study.grow(name, probe, subjects, most, progress)?;
        }
        study.connect(options.quick, progress)?;
        if !options.quick && instructions::is_there() {
            study.simulate_caches(progress)?;
        }
        Ok(study)
    }

    fn add(&mut self, study: &'static str, unit: &str, who: &str, size: usize, value: f64) {
        self.0.push(Point {
            study,
            unit: unit.to_owned(),
            who: who.to_owned(),
            size,
            value,
        });
    }

    fn grow(
        &mut self,
        study: &'static str,
        probe: &str,
        subjects: &[Subject],
        most: usize,
        progress: &mut Progress,
    ) -> io::Result<()> {
        for power in 3..=7 {
            let size = 10_usize.pow(power);
            for (who, kind, threads, largest) in subjects {
                if size > most.min(*largest) {
                    continue;
                }
                progress.show(&format!("scale: {study}: {size}"), 0, 1);
                for (unit, value) in probes::run_child(probe, kind, *threads, size)? {
                    self.add(study, &unit, who, size, value);
                }
            }
        }
        Ok(())
    }

    fn connect(&mut self, quick: bool, progress: &mut Progress) -> io::Result<()> {
        let (sizes, length): (&[usize], _) = match quick {
            true => (&[10], Duration::from_millis(100)),
            false => (&[10, 100, 1_000, 10_000], Duration::from_millis(1200)),
        };
        for &connections in sizes {
            progress.show(&format!("scale: {OF_CONNECTIONS}: {connections}"), 0, 1);
            for (who, kind, threads) in CONNECTIONS {
                let target = Target {
                    protocol: Protocol::Echo,
                    kind: *kind,
                    threads: *threads,
                    connections,
                };
                for (unit, value) in target.ask(length)? {
                    self.add(OF_CONNECTIONS, &unit, who, connections, value);
                }
            }
        }
        Ok(())
    }

    /// What would miss a cache as large as this machine's second level.
    fn simulate_caches(&mut self, progress: &mut Progress) -> io::Result<()> {
        let bytes = machine::cache("L2").filter(|bytes| bytes.is_power_of_two());
        for size in [1_000, 10_000, 100_000] {
            for who in ["wakeful", "tokio", "boxed, polled twice"] {
                progress.show(&format!("scale: {OF_MISSES}: {size}"), 0, 1);
                let misses = instructions::misses(who, size, bytes.unwrap_or(1 << 20))?;
                self.add(OF_MISSES, "misses", who, size, misses);
            }
        }
        Ok(())
    }

    /// For programs.
    pub fn json(&self) -> String {
        let points: Vec<String> = self
            .0
            .iter()
            .map(|point| {
                format!(
                    "  {{\"study\": {:?}, \"unit\": {:?}, \"who\": {:?}, \"size\": {}, \
                     \"value\": {}}}",
                    point.study, point.unit, point.who, point.size, point.value
                )
            })
            .collect();
        format!("[\n{}\n]\n", points.join(",\n"))
    }

    /// The curves.
    pub fn picture(&self) -> String {
        let panel = |title: &str, study: &str, size, unit: &str| Panel {
            title: title.to_owned(),
            size,
            curves: self.curves(study, unit),
        };
        curves(&[
            panel(
                "a task, first round: CPU ns",
                OF_TASKS,
                "tasks",
                "first CPU ns",
            ),
            panel("a task, warm: CPU ns", OF_TASKS, "tasks", "warm CPU ns"),
            panel(
                "setting a timer: CPU ns",
                OF_CANCELED,
                "timers",
                "set CPU ns",
            ),
            panel(
                "canceling it: CPU ns",
                OF_CANCELED,
                "timers",
                "cancel CPU ns",
            ),
            panel("a timer that fires: CPU ns", OF_FIRED, "timers", "CPU ns"),
            panel(
                "a request: server CPU us",
                OF_CONNECTIONS,
                "connections",
                "server CPU us/request",
            ),
        ])
    }

    fn curves(&self, study: &str, unit: &str) -> Vec<Curve> {
        let who = self.who(study, unit);
        who.into_iter()
            .map(|who| Curve {
                dashed: who.contains("threads"),
                points: self
                    .of(study, unit)
                    .filter(|point| point.who == who)
                    .map(|point| (point.size as f64, point.value))
                    .collect(),
                who,
            })
            .collect()
    }

    fn of(&self, study: &str, unit: &str) -> impl Iterator<Item = &Point> {
        let those = move |point: &&Point| point.study == study && point.unit == unit;
        self.0.iter().filter(those)
    }

    fn who(&self, study: &str, unit: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for point in self.of(study, unit) {
            if !all.contains(&point.who) {
                all.push(point.who.clone());
            }
        }
        all
    }

    /// A section of the page.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "\n## Scale\n\nEach size of each runtime is a process of its own. Where the curves \
             bend, and why, is said above.\n\n![cost by number](benches/results/scale.svg)\n",
        );
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for point in &self.0 {
            let of = (point.study, point.unit.as_str());
            if !seen.contains(&of) {
                seen.push(of);
                self.table(&mut text, point.study, &point.unit);
            }
        }
        text
    }

    fn table(&self, text: &mut String, study: &str, unit: &str) {
        let mut sizes: Vec<usize> = self.of(study, unit).map(|point| point.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let _ = write!(text, "\n{study}, {unit}\n\n| |");
        for size in &sizes {
            let _ = write!(text, " {size} |");
        }
        let _ = writeln!(text, "\n|---|{}", "---|".repeat(sizes.len()));
        for who in self.who(study, unit) {
            let _ = write!(text, "| {who} |");
            for size in &sizes {
                let mut points = self.of(study, unit);
                let found = points.find(|point| point.who == who && point.size == *size);
                let value = found.map_or(f64::NAN, |point| point.value);
                let _ = write!(text, " {} |", crate::report::figure(value));
            }
            text.push('\n');
        }
    }
}
