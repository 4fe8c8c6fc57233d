//! The page of regression cases against the names of tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::markdown::{Document, backticked};
use crate::style::functions;
use crate::tree::{Complaint, Source, Tree};

const PAGE: &str = "tests/REGRESSIONS.md";
const CASES: u32 = 53;
/// How the last cell of a case begins that cannot occur here.
const ABSENT: &str = "Does not apply";

/// Each case has a row, each row a test that carries its number, and no test carries another.
pub(crate) fn cases(tree: &Tree) -> Vec<Complaint> {
    let Some(page) = tree.document(PAGE) else {
        return Vec::new();
    };
    let rows = match page.table("The cases") {
        Ok(rows) => rows,
        Err(complaint) => return vec![complaint],
    };
    let (mut complaints, mut listed) = (Vec::new(), BTreeMap::new());
    for row in rows {
        let cell = |at: usize| row.cells.get(at).copied().unwrap_or("");
        let number = cell(0).strip_prefix('R').and_then(|text| text.parse().ok());
        let Some(number) = number.filter(|number| (1..=CASES).contains(number)) else {
            complaints.push(page.complain(row.index, format!("`{}` is no case", cell(0))));
            continue;
        };
        let applies = !cell(3).starts_with(ABSENT);
        if listed.insert(number, applies).is_some() {
            complaints.push(page.complain(row.index, format!("R{number} comes twice")));
        }
        if applies {
            complaints.extend(unknown(tree, page, row.index, number, cell(2)));
        }
    }
    for number in (1..=CASES).filter(|number| !listed.contains_key(number)) {
        complaints.push(page.complain(0, format!("R{number} has no row")));
    }
    for source in &tree.sources {
        complaints.extend(unlisted(source, &listed));
    }
    complaints
}

/// What is wrong with the tests that a row names.
fn unknown(
    tree: &Tree,
    page: &Document,
    index: usize,
    number: u32,
    cell: &str,
) -> Option<Complaint> {
    let names: BTreeSet<&str> = backticked(cell)
        .filter(|name| !numbers(name).is_empty())
        .collect();
    if names.is_empty() {
        return Some(page.complain(index, format!("R{number} names no test")));
    }
    let all = tree.sources.iter().flat_map(functions);
    let all: BTreeSet<&str> = all.map(|(_, name)| name).collect();
    let wrong = names
        .into_iter()
        .find(|name| !all.contains(name) || !numbers(name).contains(&number))?;
    let text = format!("`{wrong}` is no test of R{number}");
    Some(page.complain(index, text))
}

/// Functions that carry a number which the page does not list, or not in two digits.
fn unlisted(source: &Source, listed: &BTreeMap<u32, bool>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, name) in functions(source) {
        let first = name.split('_').next().unwrap_or(name);
        let digits = first.strip_prefix('r').unwrap_or("");
        let looks_numbered = name.contains('_')
            && source.test[index]
            && !digits.is_empty()
            && digits.chars().all(|x| x.is_ascii_digit());
        if looks_numbered && digits.len() != 2 {
            complaints.push(source.complain(index, format!("`{name}`: two digits, as in r07")));
        }
        for number in numbers(name) {
            if listed.get(&number) != Some(&true) {
                let text = format!("`{name}`: {PAGE} has no case R{number} that applies");
                complaints.push(source.complain(index, text));
            }
        }
    }
    complaints
}

/// `r29_r30_wakers` carries 29 and 30.
fn numbers(name: &str) -> Vec<u32> {
    let words = name.split('_').map(|word| word.strip_prefix('r'));
    words
        .map_while(|digits| digits.filter(|digits| digits.len() == 2)?.parse().ok())
        .collect()
}
