//! Headers, lengths, names, leftovers.

use crate::tree::{Complaint, Source, Tree, declared_module, words};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 60;
const COLUMNS: usize = 100;

/// Functions that are longer, and why. The list may only get shorter.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Names that hide a noun somebody could have found.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "core", "inner", "imp", "harness", "raw", "misc", "helpers",
];

/// What marks a sleep in a test that is there for a reason.
const SLEEP_MARK: &str = "SLEEP:";

pub(crate) fn headers(tree: &Tree) -> Vec<Complaint> {
    let open = |source: &&Source| {
        let mut in_attribute = 0_isize;
        for (code, comment) in source.code.iter().zip(&source.comments) {
            if comment.starts_with("//!") && comment.len() > 4 {
                return false;
            }
            let code = code.trim();
            if !code.is_empty() && in_attribute == 0 && !code.starts_with("#![") {
                return true;
            }
            in_attribute += code.matches(['[', '(']).count() as isize;
            in_attribute -= code.matches([']', ')']).count() as isize;
        }
        true
    };
    let closed = tree.sources.iter().filter(open);
    closed
        .map(|source| source.complain(0, "no `//!` header: what is it, who calls it"))
        .collect()
}

pub(crate) fn lengths(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        let lines = source.raw.len();
        if lines > FILE_LINES {
            let text = format!("{lines} lines; the limit is {FILE_LINES}");
            complaints.push(source.complain(lines - 1, text));
        }
        for (index, line) in source.raw.iter().enumerate() {
            let columns = line.chars().count();
            // A hidden line of an example is shown to nobody.
            let text = line.trim_start();
            let example = text.starts_with("/// # ") || text.starts_with("//! # ");
            let hidden = example && line.ends_with(['{', ';']);
            if columns > COLUMNS && !hidden {
                let text = format!("{columns} columns; the limit is {COLUMNS}");
                complaints.push(source.complain(index, text));
            }
        }
        complaints.extend(long_functions(source));
    }
    complaints
}

fn long_functions(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, name) in functions(source) {
        let lines = source.end_of_item(index) - index + 1;
        let excused =
            |(path, function, _): &(&str, &str, &str)| *path == source.path && *function == name;
        if lines > FUNCTION_LINES && !LONG_FUNCTIONS.iter().any(excused) {
            let text = format!("`{name}` has {lines} lines; the limit is {FUNCTION_LINES}");
            complaints.push(source.complain(index, text));
        }
    }
    complaints
}

/// Each `fn name`, with the index of its line. `fn(*const ())` is a type and has no name.
pub(crate) fn functions(source: &Source) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (index, line) in source.code.iter().enumerate() {
        for (at, _) in line.match_indices("fn ") {
            let (before, after) = (&line[..at], &line[at + "fn ".len()..]);
            let name = after
                .split(|x: char| !x.is_alphanumeric() && x != '_')
                .next();
            if let Some(name) = name.filter(|name| !name.is_empty() && !before.ends_with('_')) {
                found.push((index, name));
            }
        }
    }
    found
}

pub(crate) fn module_names(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for (index, line) in source.code.iter().enumerate() {
            if let Some(name) = declared_module(line) {
                if EMPTY_NAMES.contains(&name) {
                    let text = format!("`mod {name}` says nothing: find the noun");
                    complaints.push(source.complain(index, text));
                }
            }
        }
    }
    complaints
}

/// Files in `runtime/` that no `mod` line names are never compiled, and nobody would notice.
pub(crate) fn orphans(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree
        .library()
        .filter(|source| source.path != "runtime/lib.rs")
    {
        let own = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let (folder, name) = own.rsplit_once('/').unwrap_or(("", own));
        let parents = [
            format!("{folder}/mod.rs"),
            format!("{folder}.rs"),
            "runtime/lib.rs".into(),
        ];
        let declares = |parent: &&Source| {
            parents.contains(&parent.path)
                && parent
                    .code
                    .iter()
                    .any(|line| declared_module(line) == Some(name))
        };
        if tree.library().find(declares).is_none() {
            complaints.push(source.complain(0, format!("no parent has a line `mod {name};`")));
        }
    }
    complaints
}

pub(crate) fn leftovers(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for (index, line) in source.code.iter().enumerate() {
            for name in ["todo!", "unimplemented!", "dbg!"] {
                if line.contains(name) {
                    complaints.push(source.complain(index, format!("`{name}` is left")));
                }
            }
        }
        for (index, comment) in source.comments.iter().enumerate() {
            if words(comment).any(|word| matches!(word, "TODO" | "FIXME" | "XXX" | "HACK")) {
                complaints.push(source.complain(index, "a note to ourselves is left"));
            }
        }
    }
    complaints
}

/// A test that sleeps is slow when it passes and wrong when the machine is busy.
pub(crate) fn sleeps(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for (index, line) in source.code.iter().enumerate() {
            let sleeps = line.contains("thread::sleep") && !line.trim().starts_with("use ");
            let marked = source.comments[index.saturating_sub(2)..=index]
                .iter()
                .any(|comment| comment.contains(SLEEP_MARK));
            if source.test[index] && sleeps && !marked {
                let text = format!("a test sleeps; wait for an event, or say `// {SLEEP_MARK} …`");
                complaints.push(source.complain(index, text));
            }
        }
    }
    complaints
}

/// Text stands for itself: a number in a tracker says nothing to a reader who has only the tree.
pub(crate) fn tickets(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree
        .sources
        .iter()
        .filter(|source| !source.path.starts_with("tests/tidy"))
    {
        for (index, comment) in source.comments.iter().enumerate() {
            if let Some(word) = ticket_in(comment) {
                complaints
                    .push(source.complain(index, format!("`{word}` is a number in a tracker")));
            }
        }
    }
    for document in &tree.documents {
        for (index, line) in document.lines.iter().enumerate() {
            if let Some(word) = ticket_in(line) {
                complaints
                    .push(document.complain(index, format!("`{word}` is a number in a tracker")));
            }
        }
    }
    complaints
}

/// `#123` after a space or a bracket: a number in somebody's tracker.
fn ticket_in(line: &str) -> Option<String> {
    line.split([' ', '(', '[']).find_map(|word| {
        let digits: String = word
            .strip_prefix('#')?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        (!digits.is_empty()).then(|| format!("#{digits}"))
    })
}
