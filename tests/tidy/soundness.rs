//! Unsafe code, `SAFETY`, `ORDERING`, numbered invariants.

use std::collections::{BTreeMap, BTreeSet};

use crate::markdown::Document;
use crate::tree::{Complaint, Source, Tree, words};

/// How many lines above an atomic operation its `ORDERING` comment may stand.
const ORDERING_LINES: usize = 6;

/// An `unsafe` block or an `unsafe impl`. An `unsafe fn` is a contract, its callers are the sites.
fn unsafe_sites(source: &Source) -> Vec<usize> {
    let mut sites = Vec::new();
    for (index, line) in source.live() {
        for (at, _) in line.match_indices("unsafe") {
            let before = line[..at].chars().last();
            let after = line[at + "unsafe".len()..].trim_start();
            let alone = !before.is_some_and(|x| x.is_alphanumeric() || matches!(x, '_' | '('));
            let opens_below = after.is_empty()
                && source
                    .code
                    .get(index + 1)
                    .is_some_and(|next| next.trim_start().starts_with('{'));
            let is_site = after.starts_with('{') || after.starts_with("impl") || opens_below;
            if alone && is_site {
                sites.push(index);
            }
        }
    }
    sites
}

/// The table `## Map of unsafe` and the code name the same files with the same numbers of sites.
pub(crate) fn map_of_unsafe(architecture: &Document, tree: &Tree) -> Vec<Complaint> {
    let rows = match architecture.table("Map of unsafe") {
        Ok(rows) => rows,
        Err(complaint) => return vec![complaint],
    };
    let mut complaints = Vec::new();
    let mut listed = BTreeMap::new();
    for row in &rows {
        let file = row.cells[0]
            .trim_matches('`')
            .trim_start_matches("runtime/");
        let sites = row
            .cells
            .get(1)
            .and_then(|sites| sites.parse::<usize>().ok());
        match sites {
            Some(sites) => drop(listed.insert(format!("runtime/{file}"), (row.index, sites))),
            None => {
                complaints.push(architecture.complain(row.index, "the second cell is no number"))
            }
        }
    }
    for source in tree.library() {
        let sites = unsafe_sites(source);
        match (listed.remove(&source.path), sites.first()) {
            (None, Some(first)) => {
                let text = format!("{} unsafe sites; not in the Map of unsafe", sites.len());
                complaints.push(source.complain(*first, text));
            }
            (Some((index, count)), _) if count != sites.len() => {
                let text = format!("`{}` has {} sites, not {count}", source.path, sites.len());
                complaints.push(architecture.complain(index, text));
            }
            _ => {}
        }
    }
    for (path, (index, _)) in listed {
        complaints.push(architecture.complain(index, format!("there is no `{path}`")));
    }
    complaints
}

/// Each `SAFETY` comment gives a reason or cites an invariant, and what it cites is defined.
pub(crate) fn safety_comments(tree: &Tree) -> Vec<Complaint> {
    let defined: BTreeSet<String> = doors(tree).into_iter().map(|(id, ..)| id).collect();
    let mut complaints = Vec::new();
    for source in tree.library() {
        for (index, comment) in source.comments.iter().enumerate() {
            let Some((_, reason)) = comment.split_once("SAFETY:") else {
                continue;
            };
            if source.test[index] {
                continue;
            }
            let mut text = reason.to_owned();
            for line in source.comments[index + 1..]
                .iter()
                .take_while(|line| !line.is_empty())
            {
                text.push(' ');
                text.push_str(line.trim_start_matches('/'));
            }
            complaints.extend(judge(&text, &defined).map(|text| source.complain(index, text)));
        }
    }
    complaints
}

fn judge(reason: &str, defined: &BTreeSet<String>) -> Option<String> {
    let cited: Vec<&str> = words(reason).filter(|word| is_id(word)).collect();
    let empty = cited.is_empty() && words(reason).count() < 3;
    if empty || reason.to_lowercase().contains("untriaged") {
        return Some("SAFETY says nothing: which fact, upheld by whom".to_owned());
    }
    let unknown = cited.iter().find(|id| !defined.contains(**id))?;
    Some(format!("SAFETY cites {unknown}, which no door defines"))
}

/// One or two capitals and a number: `T3`, `SQ12`.
pub(crate) fn is_id(word: &str) -> bool {
    let letters = word.chars().take_while(char::is_ascii_uppercase).count();
    let digits = word.len() - letters;
    (1..=2).contains(&letters)
        && (1..=2).contains(&digits)
        && word[letters..].chars().all(|x| x.is_ascii_digit())
}

/// Each invariant defined in a `//!` header: `W3. …`, `- **W3** …`, `| W3 | …`.
fn doors(tree: &Tree) -> Vec<(String, &Source, usize)> {
    let mut found = Vec::new();
    for source in tree.library() {
        for (index, comment) in source.comments.iter().enumerate() {
            let Some(text) = comment.strip_prefix("//!").filter(|_| !source.test[index]) else {
                continue;
            };
            let text = text.trim_start();
            let marked = text.starts_with(['-', '*', '|']);
            let text = text.trim_start_matches(['-', '*', '|', ' ', '`']);
            let Some(id) = words(text)
                .next()
                .filter(|id| text.starts_with(id) && is_id(id))
            else {
                continue;
            };
            let after = text[id.len()..].trim_start_matches(['*', '`']);
            if after.starts_with(['.', ':']) || (marked && after.starts_with([' ', '|'])) {
                found.push((id.to_owned(), source, index));
            }
        }
    }
    found
}

pub(crate) fn definitions(tree: &Tree) -> Vec<Complaint> {
    let mut first = BTreeMap::new();
    let mut complaints = Vec::new();
    for (id, source, index) in doors(tree) {
        if let Some(other) = first.get(&id) {
            complaints.push(source.complain(index, format!("{id} is defined in {other} too")));
        } else {
            first.insert(id, format!("{}:{}", source.path, index + 1));
        }
    }
    complaints
}

/// The table `## Invariants` and the doors define the same ids.
pub(crate) fn invariants(architecture: &Document, tree: &Tree) -> Vec<Complaint> {
    let rows = match architecture.table("Invariants") {
        Ok(rows) => rows,
        Err(complaint) => return vec![complaint],
    };
    let doors = doors(tree);
    let mut complaints = Vec::new();
    let mut listed = BTreeSet::new();
    for row in rows {
        let id = row.cells[0].trim_matches(['`', '*']);
        if !doors.iter().any(|(door, ..)| door == id) {
            complaints.push(architecture.complain(row.index, format!("no door defines {id}")));
        }
        if !listed.insert(id.to_owned()) {
            complaints.push(architecture.complain(row.index, format!("{id} is listed twice")));
        }
    }
    for (id, source, index) in doors {
        if !listed.contains(&id) {
            let text = format!("{id} is not in the table `## Invariants`");
            complaints.push(source.complain(index, text));
        }
    }
    complaints
}

const STRONG: [&str; 4] = ["Acquire", "Release", "AcqRel", "SeqCst"];

/// Each atomic operation that is not relaxed says what it pairs with. `SeqCst` is for fences.
pub(crate) fn orderings(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.library() {
        let (imports, imported) = imported_orderings(source);
        for (index, line) in source.live() {
            let strong = |name: &&&str| {
                line.contains(&format!("Ordering::{name}"))
                    || (imported.contains(**name) && words(line).any(|word| word == **name))
            };
            if imports.contains(&index) {
                continue;
            }
            let Some(name) = STRONG.iter().find(strong) else {
                continue;
            };
            let above = &source.comments[index.saturating_sub(ORDERING_LINES)..=index];
            if !above.iter().any(|comment| names_partner(comment)) {
                let text =
                    format!("{name} without an `// ORDERING:` comment that names its partner");
                complaints.push(source.complain(index, text));
            }
            if line.contains("SeqCst") && !line.contains("fence(") {
                complaints.push(source.complain(index, "SeqCst outside of a fence"));
            }
        }
    }
    complaints
}

/// `// ORDERING: …`, or, where an invariant is cited first, `// P3. Pairs with …`.
fn names_partner(comment: &str) -> bool {
    comment.contains("ORDERING:") || comment.to_lowercase().contains("pairs with")
}

/// The lines of `use` items, and which orderings they bring in by their bare names.
fn imported_orderings(source: &Source) -> (BTreeSet<usize>, BTreeSet<&str>) {
    let (mut lines, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (index, line) in source.live() {
        if line.trim_start().starts_with("use ") {
            let item = index..=source.end_of_item(index);
            let text = source.code[item.clone()].join(" ");
            if let Some((_, text)) = text.split_once("Ordering::") {
                let named = |name: &&&str| text.contains('*') || words(text).any(|x| x == **name);
                names.extend(STRONG.iter().filter(named).copied());
            }
            lines.extend(item);
        }
    }
    (lines, names)
}
