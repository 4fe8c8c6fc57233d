//! Who may import whom.
//!
//! A module may use what its row lists, and itself. What has no row is forbidden. The most exact
//! row counts: `engine::local` is judged by its own, not by that of `engine`.

use crate::tree::{Complaint, Source, Tree};

/// From the bottom to the top. Tests and models may use everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("primitives", &[]),
    ("budget", &["primitives"]),
    ("chance", &[]),
    ("seed", &[]),
    ("engine::task", &["primitives", "budget", "leaf"]),
    ("leaf", &["primitives", "budget", "engine::task"]),
    ("holder", &["primitives", "budget", "engine::task", "leaf"]),
    (
        "engine::config",
        &["engine::hooks", "engine::metrics", "engine::task", "seed"],
    ),
    ("engine::sleeper", &["primitives"]),
    ("engine::reactor", REACTOR),
    (
        "engine::timer",
        &["primitives", "budget", "chance", "leaf", "engine::sleeper"],
    ),
    ("engine::driver", DRIVER),
    (
        "engine::park",
        &[
            "primitives",
            "budget",
            "chance",
            "engine::driver",
            "engine::sleeper",
        ],
    ),
    ("engine::local", SCHEDULER),
    ("engine::stealing", SCHEDULER),
    (
        "engine::blocking",
        &["primitives", "budget", "engine::task"],
    ),
    // The one call upwards: the builder starts what the variable `WAKEFUL` asks for.
    (
        "engine::builder",
        &["budget", "chance", "engine", "inspect", "seed"],
    ),
    (
        "engine",
        &[
            "primitives",
            "budget",
            "chance",
            "holder",
            "leaf",
            "seed",
            "engine",
        ],
    ),
    // A descriptor that is waited for: of `io` by its name, of `net` by what it needs.
    ("io::unix", PUBLIC),
    ("io", &["primitives", "budget", "chance", "leaf"]),
    // The streams of the process, which block: they use the pool.
    ("io::stdio", PUBLIC),
    ("io::unix", PUBLIC),
    (
        "sync::mpmc::timed",
        &["primitives", "budget", "leaf", "sync", "time"],
    ),
    (
        "sync::mpsc::timed",
        &["primitives", "budget", "leaf", "sync", "time"],
    ),
    (
        "sync",
        &["primitives", "budget", "chance", "holder", "leaf"],
    ),
    ("select", &["budget", "chance", "task::local_key"]),
    ("task", PUBLIC),
    ("time", PUBLIC),
    ("net", PUBLIC),
    ("fs", FS),
    ("signal", PUBLIC),
    ("inspect", &["primitives", "engine", "signal"]),
    ("process", PROCESS),
    ("sim", SIMULATION),
];

/// `Interest` and `Ready` are words of the public face that the reactor speaks.
const REACTOR: &[&str] = &[
    "primitives",
    "budget",
    "leaf",
    "engine::metrics::Counter",
    "io::Interest",
    "io::Ready",
];

const DRIVER: &[&str] = &[
    "primitives",
    "engine::reactor",
    "engine::sleeper",
    "engine::timer",
];

/// The schedulers do not know each other. `engine::local_set` runs inside of one of them.
const SCHEDULER: &[&str] = &[
    "primitives",
    "budget",
    "chance",
    "leaf",
    "engine::config",
    "engine::driver",
    "engine::hooks",
    "engine::local_set",
    "engine::metrics",
    "engine::park",
    "engine::sleeper",
    "engine::task",
];

/// A child's end is a signal where the kernel has nothing better.
const PROCESS: &[&str] = &["primitives", "budget", "leaf", "engine", "io", "signal"];

/// What is called by users and needs a runtime.
const PUBLIC: &[&str] = &[
    "primitives",
    "budget",
    "chance",
    "leaf",
    "engine",
    "io",
    "net",
    "runtime",
    "sync",
    "task",
];

/// A file is locked while one of its operations goes on.
const FS: &[&str] = &["budget", "leaf", "engine", "io", "sync"];

/// What a simulation stands on: its network is made of timers and notices.
const SIMULATION: &[&str] = &[
    "primitives",
    "budget",
    "chance",
    "leaf",
    "engine",
    "io",
    "sync",
    "time",
];

pub(crate) fn imports(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree
        .library()
        .filter(|source| source.path != "runtime/lib.rs")
    {
        let module = source.module();
        let Some((row, allowed)) = row_of(&module) else {
            complaints.push(source.complain(0, format!("`{module}` has no row in LAYERS")));
            continue;
        };
        for (index, path) in paths(source) {
            let allowed = allowed.iter().any(|prefix| is_within(&path, prefix));
            if !is_within(&path, row) && !allowed {
                let text = format!("`{module}` must not use `{path}` (LAYERS in tidy/layers.rs)");
                complaints.push(source.complain(index, text));
            }
        }
    }
    complaints
}

fn row_of(module: &str) -> Option<(&'static str, &'static [&'static str])> {
    let rows = LAYERS.iter().filter(|(row, _)| is_within(module, row));
    rows.max_by_key(|(row, _)| row.len()).copied()
}

fn is_within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path into the crate outside of tests, groups taken apart: `crate::a::{b, c::d}` is `a::b`
/// and `a::c::d`. At the outer level of a file also what starts with `super`.
fn paths(source: &Source) -> Vec<(usize, String)> {
    let module = source.module();
    let parent = match module.rsplit_once("::") {
        Some((parent, _)) => parent.to_owned(),
        None => String::new(),
    };
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (index, line) in source.code.iter().enumerate() {
        if !source.test[index] {
            for at in starts(line, "crate::") {
                let rest = rest_of_path(source, index, at + "crate::".len());
                found.extend(expand("", &rest).into_iter().map(|path| (index, path)));
            }
            let outer = depth == 0 && line.contains("use super::");
            for at in starts(line, "super::").into_iter().filter(|_| outer) {
                let rest = rest_of_path(source, index, at + "super::".len());
                found.extend(expand(&parent, &rest).into_iter().map(|path| (index, path)));
            }
        }
        depth += line.matches('{').count();
        depth = depth.saturating_sub(line.matches('}').count());
    }
    found
}

/// Where `word` starts in the line, unless it is a part of a longer path, of `$crate` or of
/// `pub(in crate::…)`.
fn starts(line: &str, word: &str) -> Vec<usize> {
    let free = |at: &usize| {
        let before = &line[..*at];
        let joined = |x: char| x.is_alphanumeric() || matches!(x, '_' | '$' | ':');
        !before.ends_with(joined) && !before.ends_with("(in ")
    };
    let found = line.match_indices(word).map(|(at, _)| at);
    found.filter(free).collect()
}

/// The text of a path from `at` on, over as many lines as its braces stay open.
fn rest_of_path(source: &Source, index: usize, at: usize) -> String {
    let mut text = String::new();
    let mut depth = 0;
    let lines = std::iter::once(&source.code[index][at..]);
    for line in lines.chain(source.code[index + 1..].iter().map(String::as_str)) {
        for letter in line.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => return text,
                '}' => depth -= 1,
                x if x.is_alphanumeric() || matches!(x, '_' | ':' | '*') => {}
                ' ' | ',' if depth > 0 => {}
                _ => return text,
            }
            text.push(letter);
        }
        if depth == 0 {
            break;
        }
    }
    text
}

fn expand(prefix: &str, text: &str) -> Vec<String> {
    let join = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}::{name}"),
    };
    let Some((head, group)) = text.split_once('{') else {
        let name = text.split(" as ").next().unwrap_or(text).trim();
        let path = join(name);
        return vec![
            path.trim_end_matches("::*")
                .trim_end_matches("::self")
                .to_owned(),
        ];
    };
    let head = join(head.trim().trim_end_matches("::"));
    let head = head.trim_end_matches("::");
    let group = group.strip_suffix('}').unwrap_or(group);
    let parts = split_group(group)
        .into_iter()
        .filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expand(head, part.trim())).collect()
}

/// Splits at the commas that no brace holds.
fn split_group(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}
