//! Asks what has to be measured in a process of its own: memory, idleness, servers.

use std::io;
use std::time::Duration;

use crate::asking::{Options, Progress};
use crate::goals::Goal;
use crate::probes;
use crate::probes::load::Target;
use crate::probes::protocol::Protocol;
use crate::report::{Report, Row};
use crate::runtimes::Kind;

/// A probe, and what it is about.
struct Probe {
    name: &'static str,
    probe: &'static str,
    threads: usize,
    size: usize,
    goals: &'static [Goal],
}

const PROBES: &[Probe] = &[
    Probe {
        name: "memory: a task that waits for ever, of 1M",
        probe: "pending",
        threads: 1,
        size: 1_000_000,
        goals: &[Goal::figure(80.0)],
    },
    Probe {
        name: "memory: a task that sleeps, of 1M",
        probe: "sleeping",
        threads: 1,
        size: 1_000_000,
        goals: &[Goal::figure(160.0)],
    },
    // Both ends are in one process: a common limit is 20,000 descriptors.
    Probe {
        name: "memory: an idle connection, of 9,000",
        probe: "connections",
        threads: 1,
        size: 9_000,
        goals: &[Goal::tokio(0.333)],
    },
    Probe {
        name: "idle for 10 s with 10,000 waiting tasks",
        probe: "idle",
        threads: 1,
        size: 10,
        goals: IDLE,
    },
    Probe {
        name: "idle for 10 s with 10,000 waiting tasks",
        probe: "idle",
        threads: 2,
        size: 10,
        goals: IDLE,
    },
];

/// The probe itself takes some tenths of a millisecond to look.
const IDLE: &[Goal] = &[
    Goal::figure(1.0).of("CPU ms"),
    Goal::figure(0.0).of("wake-ups"),
];

const EPOLL: &str = "epoll loop";
const SYSTEM_CALLS: &str = "system calls/request";

/// What is wanted of a server at every number of connections.
const SERVER_GOALS: &[Goal] = &[
    Goal::tokio_or_floor(EPOLL, 1.0).of("requests/s"),
    Goal::tokio(0.95).of("server CPU us/request"),
    Goal::tokio(1.0).of("p99 us"),
    Goal::floor(EPOLL, 1.0).of(SYSTEM_CALLS),
];

/// Asks all that is wanted.
///
/// # Errors
///
/// If a child cannot be run.
pub fn ask_all(options: &Options, progress: &mut Progress, report: &mut Report) -> io::Result<()> {
    for probe in PROBES {
        if options.wants(probe.name) {
            ask_children(probe, options, progress, report)?;
        }
    }
    for protocol in Protocol::ALL {
        if options.wants(protocol.title()) {
            for connections in [1, 50, 1000] {
                for threads in [1, 2] {
                    let target = Target {
                        protocol,
                        kind: None,
                        threads,
                        connections,
                    };
                    ask_servers(target, options, progress, report)?;
                }
            }
        }
    }
    Ok(())
}

fn ask_children(
    probe: &Probe,
    options: &Options,
    progress: &mut Progress,
    report: &mut Report,
) -> io::Result<()> {
    let size = match options.quick {
        true if probe.probe == "idle" => 1,
        true => probe.size / 100,
        false => probe.size,
    };
    let mut rows: Vec<Row> = Vec::new();
    progress.show(probe.name, 0, 1);
    // Who is idle is in nobody's way.
    let at_once = probe.probe == "idle";
    for (kind, figures) in probes::run_children(probe.probe, probe.threads, size, at_once)? {
        for (unit, value) in figures {
            let row = row(&mut rows, &unit, || {
                let topic = "Memory and idleness";
                Row::new(topic, probe.name, &unit, probe.threads, probe.goals)
            });
            row.push(kind.name(), value);
        }
    }
    report.rows.extend(rows);
    Ok(())
}

/// The row of that unit.
fn row<'a>(rows: &'a mut Vec<Row>, unit: &str, make: impl FnOnce() -> Row) -> &'a mut Row {
    let at = rows.iter().position(|row| row.unit == unit);
    let at = at.unwrap_or_else(|| {
        rows.push(make());
        rows.len() - 1
    });
    &mut rows[at]
}

fn ask_servers(
    target: Target,
    options: &Options,
    progress: &mut Progress,
    report: &mut Report,
) -> io::Result<()> {
    let (rounds, length) = match options.quick {
        true => (1, Duration::from_millis(100)),
        false => (1 + options.rounds.div_ceil(4), Duration::from_millis(1500)),
    };
    let Target {
        protocol,
        threads,
        connections,
        ..
    } = target;
    let name = format!("{}, connections: {connections}", protocol.title());
    let new = |unit: &str| Row::new("Servers", &name, unit, threads, SERVER_GOALS);
    // The loop has one thread, and is the floor for both.
    let all = Kind::ALL.into_iter().map(Some).chain([None]);
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..rounds {
        for kind in all.clone() {
            progress.show(&format!("{name} ({threads})"), round, rounds);
            let target = Target { kind, ..target };
            for (unit, value) in target.ask(length)? {
                row(&mut rows, &unit, || new(&unit)).push(who(kind), value);
            }
        }
    }
    if protocol == Protocol::Echo && connections < 1000 && !options.quick {
        for kind in all {
            let target = Target { kind, ..target };
            if let Some(calls) = target.system_calls(Duration::from_millis(400))? {
                row(&mut rows, SYSTEM_CALLS, || new(SYSTEM_CALLS)).push(who(kind), calls);
            }
        }
    }
    report.rows.extend(rows);
    Ok(())
}

fn who(kind: Option<Kind>) -> &'static str {
    kind.map_or("floor: epoll loop", Kind::name)
}
