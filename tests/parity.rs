//! What of tokio's interface is here: tokio's list of names against our own documentation.
//!
//! `parity/tokio.txt` has the public names of tokio 1.54.1, `parity/unstable.txt` those that its
//! unstable flag adds: one line an item, with its methods and the traits it implements. The test
//! has cargo make our documentation and looks each name up in it. What is not found must be in the
//! README's table of what is missing, and nothing else may be; the README's table of figures must
//! be the one that this test counts. And each item that is ours must have an example.
//!
//! To make the lists anew, document tokio and name the folder:
//! `TOKIO_DOC=target/doc/tokio cargo test --test parity -- --ignored the_list_of_names`.
#![cfg(all(not(loom), target_os = "linux"))]

#[path = "parity/examples.rs"]
mod examples;
#[path = "parity/names.rs"]
mod names;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use names::{Names, matches};

/// Names by the flag under which tokio has them.
struct Lists {
    stable: Names,
    unstable: Names,
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn lists() -> Lists {
    Lists {
        stable: Names::parse(&text("tests/parity/tokio.txt")),
        unstable: Names::parse(&text("tests/parity/unstable.txt")),
    }
}

/// Our own names, from documentation made now.
fn ours() -> Names {
    Names::document(documented())
}

/// The folder of our documentation, made now, once.
fn documented() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(document)
}

fn document() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity");
    let status = Command::new(env!("CARGO"))
        .args([
            "doc",
            "--quiet",
            "--package",
            "wakeful",
            "--lib",
            "--no-deps",
        ])
        .args(["--features", "full,test-util,futures-io"])
        .arg("--manifest-path")
        .arg(here("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTDOCFLAGS")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo doc failed");
    target.join("doc/wakeful")
}

/// The rows of the first table after this heading of the README: the cells, without their bars.
fn table(readme: &str, heading: &str) -> Vec<Vec<String>> {
    let after = readme
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("README.md has no section `{heading}`"))
        .1;
    let section = after.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// What stands between backquotes.
fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn area(name: &str) -> String {
    let path = name.rsplit(' ').next().unwrap_or(name);
    match path.split_once("::") {
        Some((module, _)) => format!("`{module}`"),
        None => "macros, `spawn`".to_owned(),
    }
}

/// The table that the README should have.
fn figures(lists: &Lists, ours: &Names) -> String {
    let mut rows: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for (list, at) in [(&lists.stable, 0), (&lists.unstable, 2)] {
        for name in list.all() {
            let row = rows.entry(area(&name)).or_default();
            row[at] += 1;
            row[at + 1] += usize::from(ours.has(&name));
        }
    }
    let mut table = String::from(
        "| part | tokio's names | here | behind its unstable flag | here |\n\
         |---|---|---|---|---|\n",
    );
    let mut sums = [0; 4];
    for (area, row) in &rows {
        let [a, b, c, d] = row;
        let _ = writeln!(table, "| {area} | {a} | {b} | {c} | {d} |");
        for (sum, number) in sums.iter_mut().zip(row) {
            *sum += number;
        }
    }
    let [a, b, c, d] = sums;
    let _ = writeln!(table, "| all | {a} | {b} | {c} | {d} |");
    table
}

#[test]
fn the_readme_says_what_is_there_and_what_is_missing() {
    let lists = lists();
    let ours = ours();
    let readme = text("README.md");
    let rows = table(&readme, "What is not there");
    let patterns: Vec<&str> = rows.iter().flat_map(|row| code_spans(&row[0])).collect();

    let both = [&lists.stable, &lists.unstable];
    let missing: Vec<String> = both
        .iter()
        .flat_map(|list| list.all())
        .filter(|name| !ours.has(name))
        .collect();
    let unsaid: Vec<&String> = missing
        .iter()
        .filter(|name| !patterns.iter().any(|pattern| matches(pattern, name)))
        .collect();
    assert!(
        unsaid.is_empty(),
        "not here, and not in the README's table of what is not there:\n{unsaid:#?}"
    );
    for pattern in patterns.iter().filter(|pattern| pattern.contains("::")) {
        assert!(
            missing.iter().any(|name| matches(pattern, name)),
            "the README says that `{pattern}` is missing, but nothing of that name is"
        );
    }

    let figures = figures(&lists, &ours);
    assert!(
        readme.contains(&figures),
        "the README's table of figures should be\n\n{figures}"
    );
}

#[test]
fn every_public_item_has_an_example_that_is_run() {
    let missing = examples::without_example(documented());
    assert!(
        missing.is_empty(),
        "{} without an example, or with one that is not run:\n{missing:#?}",
        missing.len()
    );
}

#[test]
fn a_name_that_is_not_documented_is_missed() {
    let list = Names::parse("sync::Mutex struct: lock missing; Debug NoTrait\nsync::Nothing fn\n");
    let ours = Names::parse("sync::Mutex struct: lock more; Debug\n");
    let missing: Vec<String> = list.all().filter(|name| !ours.has(name)).collect();
    assert_eq!(
        missing,
        [
            "sync::Mutex::missing",
            "NoTrait for sync::Mutex",
            "sync::Nothing"
        ]
    );
}

#[test]
#[ignore = "makes the lists of names anew, from tokio's documentation"]
fn the_list_of_names() {
    let folder =
        env::var("TOKIO_DOC").expect("TOKIO_DOC names the folder of tokio's documentation");
    let names = Names::document(Path::new(&folder));
    fs::write(here("tests/parity/tokio.txt"), names.to_text()).expect("the list can be written");
    if let Ok(folder) = env::var("TOKIO_UNSTABLE_DOC") {
        let more = Names::document(Path::new(&folder)).without(&names);
        fs::write(here("tests/parity/unstable.txt"), more.to_text()).expect("so can the other");
    }
}
