//! Cancel safety; ARCHITECTURE.md and README.md against the code.

use std::collections::BTreeSet;

use crate::markdown::{Document, backticked};
use crate::soundness::is_id;
use crate::style::functions;
use crate::tree::{Complaint, Source, Tree, words};

const HEADING: &str = "# Cancel safety";

/// Modules whose `pub` is not public.
const PRIVATE: &[&str] = &[
    "runtime/engine/",
    "runtime/select/",
    "runtime/leaf.rs",
    "runtime/budget.rs",
];

/// Functions that return a future but do not wait: what happens when it is dropped is said on the
/// type that they return.
const NOT_OPERATIONS: &[(&str, &str)] = &[
    ("JoinHandle", "spawning is not waiting"),
    ("Receiver", "a half of a channel"),
    (
        "Promise",
        "a value on its way, passed on or followed by a step",
    ),
    ("SharedPromise", "the same, for many"),
];

/// Every async operation says what is lost when its future is dropped.
pub(crate) fn cancel_safety(tree: &Tree) -> Vec<Complaint> {
    let futures: BTreeSet<&str> = tree.library().flat_map(futures).collect();
    let mut complaints = Vec::new();
    for source in tree.library() {
        if PRIVATE.iter().any(|path| source.path.starts_with(path)) {
            continue;
        }
        let traits = public_traits(source);
        for (index, name) in functions(source) {
            let line = source.code[index].trim_start();
            let in_trait = traits
                .iter()
                .any(|(start, end)| (*start..*end).contains(&index));
            let public = line.starts_with("pub ") || (in_trait && !line.starts_with("pub("));
            if public && !source.test[index] && waits(source, index, &futures) {
                let doc = doc_above(source, index);
                if !doc.iter().any(|line| line.contains(HEADING)) {
                    let text = format!("`{name}` waits, and its doc has no `{HEADING}`");
                    complaints.push(source.complain(index, text));
                }
            }
        }
    }
    complaints
}

/// The names of the types for which the file implements `Future`.
fn futures(source: &Source) -> Vec<&str> {
    let implements = |(_, line): (usize, &'_ str)| line.contains("Future for ");
    let lines = source.live().filter(|line| implements(*line));
    lines
        .filter_map(|(_, line)| {
            let name = line.split("Future for ").nth(1)?;
            let name = name.split(['<', ' ', '{']).next()?;
            name.rsplit("::").next()
        })
        .filter(|name| name.len() > 1)
        .collect()
}

fn public_traits(source: &Source) -> Vec<(usize, usize)> {
    let starts = source
        .live()
        .filter(|(_, line)| line.starts_with("pub trait "));
    starts
        .map(|(index, _)| (index, source.end_of_item(index)))
        .collect()
}

/// An `async fn`, or one that returns a future.
fn waits(source: &Source, index: usize, futures: &BTreeSet<&str>) -> bool {
    let mut signature = String::new();
    for line in &source.code[index..] {
        signature.push_str(line);
        signature.push(' ');
        if line.contains(['{', ';']) {
            break;
        }
    }
    if signature.contains("async fn ") {
        return true;
    }
    let Some((_, output)) = signature.rsplit_once("-> ") else {
        return false;
    };
    if output.starts_with("impl Future") {
        return true;
    }
    let name = output.split(['<', ' ', '{', ';']).next().unwrap_or(output);
    let name = name.rsplit("::").next().unwrap_or(name);
    futures.contains(name) && !NOT_OPERATIONS.iter().any(|(other, _)| *other == name)
}

/// The comment above an item, over its attributes.
fn doc_above(source: &Source, index: usize) -> &[String] {
    let mut start = index;
    while start > 0 {
        let above = start - 1;
        let code = source.code[above].trim();
        let attribute = code.starts_with("#[") || code.ends_with(")]") || code.ends_with(',');
        if source.comments[above].is_empty() && !attribute {
            break;
        }
        start = above;
    }
    &source.comments[start..index]
}

/// Each example is run: none is only compiled, or not even that.
pub(crate) fn examples_run(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.library() {
        for (index, comment) in source.comments.iter().enumerate() {
            let fence = comment
                .trim_start_matches(['/', '!', ' '])
                .strip_prefix("```");
            let mut words = fence.into_iter().flat_map(|tags| tags.split([',', ' ']));
            if words.any(|word| word == "no_run" || word.starts_with("ignore")) {
                let text = "an example that is not run: make it one that ends";
                complaints.push(source.complain(index, text));
            }
        }
    }
    complaints
}

/// Sections of README.md that name what is not there.
const ABSENT: &str = "What is not there";

/// First words of names that are somebody else's.
const FOREIGN: &[&str] = &[
    "std",
    "core",
    "alloc",
    "tokio",
    "mio",
    "loom",
    "libc",
    "smol",
    "criterion",
    "proptest",
];

/// Paths and names in backticks exist.
pub(crate) fn references(tree: &Tree) -> Vec<Complaint> {
    let known = known_words(tree);
    let mut complaints = Vec::new();
    for path in ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"] {
        let Some(document) = tree.document(path) else {
            continue;
        };
        for span in document.spans() {
            let text = span.text.trim_end_matches("()").trim_start_matches('@');
            let complaint = if looks_like_a_path(text) {
                (!exists(tree, text)).then(|| format!("there is no file `{text}`"))
            } else if looks_like_a_name(text) && !is_id(text) && !span.heading.starts_with(ABSENT) {
                unknown_in(text, &known).map(|word| format!("`{word}` is nowhere in the code"))
            } else {
                None
            };
            complaints.extend(complaint.map(|text| document.complain(span.index, text)));
        }
        complaints.extend(unknown_examples(document, tree));
    }
    complaints
}

fn known_words(tree: &Tree) -> BTreeSet<&str> {
    let lines = tree.sources.iter().flat_map(|source| &source.code);
    let manifests = tree
        .documents
        .iter()
        .filter(|document| document.path.ends_with(".toml"));
    let manifests = manifests.flat_map(|document| &document.lines);
    let mut known: BTreeSet<&str> = lines
        .chain(manifests)
        .flat_map(|line| words(line))
        .collect();
    for path in &tree.paths {
        known.extend(words(path));
    }
    known
}

fn looks_like_a_path(text: &str) -> bool {
    let ends = [".rs", ".md", ".toml", "/"]
        .iter()
        .any(|end| text.ends_with(end));
    let plain = |x: char| x.is_alphanumeric() || "_-./".contains(x);
    text == ".ci/run" || ends && text.chars().all(plain) && !text.starts_with(['.', '/'])
}

fn exists(tree: &Tree, text: &str) -> bool {
    let is = |path: &String| {
        let path = path.trim_end_matches('/');
        let text = text.trim_end_matches('/');
        let file_name = !text.contains('/') && path.rsplit('/').next() == Some(text);
        path == text || path.strip_prefix("runtime/") == Some(text) || file_name
    };
    tree.paths.iter().any(is)
}

/// `a::b::c`, `CamelCase`, `SHOUTING`, `snake_case`, `name!`. A single small word may be English.
fn looks_like_a_name(text: &str) -> bool {
    let text = text.trim_end_matches('!');
    let name = |part: &str| {
        part.starts_with(|x: char| x.is_alphabetic() || x == '_')
            && part.chars().all(|x| x.is_alphanumeric() || x == '_')
    };
    text.split("::").all(name)
        && (text.contains("::") || text.contains('_') || text.starts_with(char::is_uppercase))
}

fn unknown_in<'a>(text: &'a str, known: &BTreeSet<&str>) -> Option<&'a str> {
    let mut parts = words(text).peekable();
    if parts.peek().is_some_and(|first| FOREIGN.contains(first)) {
        return None;
    }
    parts.find(|part| !known.contains(part))
}

/// `--example name` in the text must be a file in `examples/`.
fn unknown_examples(document: &Document, tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, line) in document.lines.iter().enumerate() {
        for rest in line.split("--example ").skip(1) {
            let name = words(rest).next().unwrap_or("");
            let placeholder = name.chars().all(char::is_uppercase);
            if !placeholder && !tree.paths.contains(&format!("examples/{name}.rs")) {
                complaints.push(document.complain(index, format!("no example `{name}`")));
            }
        }
    }
    complaints
}

/// The table `## Numbers` has the values that the code has.
pub(crate) fn numbers(architecture: &Document, tree: &Tree) -> Vec<Complaint> {
    let rows = match architecture.table("Numbers") {
        Ok(rows) => rows,
        Err(complaint) => return vec![complaint],
    };
    let mut complaints = Vec::new();
    for row in rows {
        let name = row.cells[0].trim_matches('`');
        let name = name.rsplit("::").next().unwrap_or(name);
        let value = row.cells.get(1).copied().unwrap_or("").trim_matches('`');
        let found: Vec<String> = tree
            .library()
            .flat_map(|source| values(source, name))
            .collect();
        if found.is_empty() {
            complaints.push(architecture.complain(row.index, format!("no constant `{name}`")));
        } else if !found.iter().any(|code| same_value(code, value)) {
            let text = format!(
                "`{name}` is {} in the code, not {value}",
                found.join(" and ")
            );
            complaints.push(architecture.complain(row.index, text));
        }
    }
    complaints
}

/// What a constant is set to, in each place that sets it (a model may have a smaller one).
fn values(source: &Source, name: &str) -> Vec<String> {
    let start = format!("const {name}:");
    let lines = source.live().filter(|(_, line)| line.contains(&start));
    lines
        .filter_map(|(index, _)| {
            // To the semicolon: a value may have braces, as an `if` has.
            let rest = source.code[index..].iter();
            let length = rest
                .take_while(|line| !line.trim_end().ends_with(';'))
                .count();
            let end = (index + length).min(source.code.len() - 1);
            // The code has blanked texts; numbers are whole in it.
            let item = source.code[index..=end].join(" ");
            let (_, value) = item.split_once("= ")?;
            Some(value.trim().trim_end_matches(';').to_owned())
        })
        .collect()
}

fn same_value(code: &str, page: &str) -> bool {
    let plain = |text: &str| text.replace([' ', '_', ','], "");
    let numbers = (evaluate(&plain(code)), evaluate(&plain(page)));
    plain(code) == plain(page) || matches!(numbers, (Some(a), Some(b)) if a == b)
}

/// `Duration::from_millis(10)` as 10, `32*1024`, `1<<15`, `7`.
fn evaluate(text: &str) -> Option<u64> {
    if let Some((call, argument)) = text.split_once('(') {
        let known = call.starts_with("Duration::from") && argument.ends_with(')');
        return known
            .then(|| evaluate(argument.trim_end_matches(')')))
            .flatten();
    }
    if let Some((left, right)) = text.split_once("<<") {
        return evaluate(left)?.checked_shl(evaluate(right)?.try_into().ok()?);
    }
    if let Some((left, right)) = text.split_once('*') {
        return evaluate(left)?.checked_mul(evaluate(right)?);
    }
    let suffix = text
        .find(|x: char| !x.is_ascii_digit())
        .unwrap_or(text.len());
    match &text[suffix..] {
        "" | "u8" | "u16" | "u32" | "u64" | "usize" => text[..suffix].parse().ok(),
        _ => None,
    }
}

/// Each row of `## Break it yourself` names tests that exist, as the last part of a path.
pub(crate) fn mutations(architecture: &Document, tree: &Tree) -> Vec<Complaint> {
    let rows = match architecture.table("Break it yourself") {
        Ok(rows) => rows,
        Err(complaint) => return vec![complaint],
    };
    let tests: BTreeSet<&str> = tree.sources.iter().flat_map(test_names).collect();
    let mut complaints = Vec::new();
    for row in rows {
        let cell = row.cells.get(1).copied().unwrap_or("");
        let mut named = false;
        for span in backticked(cell).filter(|span| !looks_like_a_path(span)) {
            named = true;
            let name = span.rsplit("::").next().unwrap_or(span);
            if !tests.contains(name) {
                complaints.push(architecture.complain(row.index, format!("no test `{span}`")));
            }
        }
        if !named {
            let text = "the second cell names no test in backticks";
            complaints.push(architecture.complain(row.index, text));
        }
    }
    complaints
}

/// Functions in test code; also what a macro of ours makes a test of.
fn test_names(source: &Source) -> Vec<&str> {
    let functions = functions(source).into_iter();
    let tests = functions.filter(|(index, _)| source.test[*index]);
    tests.map(|(_, name)| name).collect()
}
