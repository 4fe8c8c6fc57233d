//! The public types, as a user finds them, and whether `tests/auto_traits/` has each of them.
//!
//! Public is what can be reached from `runtime/lib.rs` through `pub mod` and `pub use`: traits,
//! functions, macros, and what is re-exported from elsewhere are not types of ours.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::tree::{Complaint, Source, Tree, words};

const TABLE: &str = "tests/auto_traits/";

/// Every public type has a row, by its public path.
pub(crate) fn auto_traits(tree: &Tree) -> Vec<Complaint> {
    let table = tree.sources.iter().filter(|s| s.path.starts_with(TABLE));
    let rows: BTreeSet<String> = table.flat_map(paths).collect();
    let types = public_types(tree).into_iter();
    let missing = types.filter(|(path, ..)| !rows.contains(path));
    missing
        .map(|(path, source, index)| {
            source.complain(index, format!("`{path}` has no row in `{TABLE}`"))
        })
        .collect()
}

/// Everything in a table file that is a path in lower case that ends with a type.
fn paths(source: &Source) -> Vec<String> {
    let lines = source.code.iter();
    let parts = lines.flat_map(|line| {
        line.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | ':'))
    });
    parts
        .map(|part| part.trim_matches(':').to_owned())
        .collect()
}

/// A type's public path, and where it is made public.
type Public<'a> = (String, &'a Source, usize);

fn public_types(tree: &Tree) -> Vec<Public<'_>> {
    let others: BTreeSet<&str> = tree.library().flat_map(traits_and_aliases).collect();
    let mut types = Vec::new();
    if let Some(root) = tree.library().find(|source| source.module().is_empty()) {
        module(tree, root, 0..=root.code.len() - 1, "", &mut types);
    }
    types.retain(|(path, ..)| {
        let name = path.rsplit("::").next().unwrap_or(path);
        name.starts_with(char::is_uppercase) && !others.contains(name)
    });
    types
}

fn traits_and_aliases(source: &Source) -> Vec<&str> {
    let items = source.live().filter_map(|(_, line)| {
        let item = line.trim_start().strip_prefix("pub ")?;
        let name = item.strip_prefix("trait ").or(item.strip_prefix("type "))?;
        words(name).next()
    });
    items.collect()
}

/// The public names of the module that is these lines of the file.
fn module<'a>(
    tree: &'a Tree,
    source: &'a Source,
    lines: RangeInclusive<usize>,
    path: &str,
    types: &mut Vec<Public<'a>>,
) {
    let end = *lines.end();
    let mut index = *lines.start();
    while index <= end {
        let line = source.code[index].trim();
        let above = source.raw[..index].iter().rev();
        let mut attributes = above.take_while(|line| line.trim_start().starts_with("#["));
        let hidden = attributes.any(|line| line.contains("#[doc(hidden)]"));
        let inline = line.contains("mod ") && line.ends_with('{');
        if source.test[index] || hidden {
            index += 1;
        } else if let Some(name) = line.strip_prefix("pub mod ").and_then(|l| words(l).next()) {
            let inner = join(path, name);
            let last = source.end_of_item(index);
            if inline {
                module(tree, source, index + 1..=last, &inner, types);
            } else if let Some(file) = child(tree, source, name) {
                module(tree, file, 0..=file.code.len() - 1, &inner, types);
            }
            index = last + 1;
        } else if inline {
            // A private module: what it makes public it makes public to this one.
            index = source.end_of_item(index) + 1;
        } else if let Some(first) = line.strip_prefix("pub use ") {
            let last = source.end_of_item(index);
            let rest = source.code[index + 1..=last].iter().map(|line| line.trim());
            let text: String = [first].into_iter().chain(rest).collect();
            for name in exported(&text) {
                types.push((join(path, name), source, index));
            }
            index = last + 1;
        } else {
            let item = line.strip_prefix("pub ").unwrap_or("");
            let kinds = ["struct ", "enum ", "union "];
            let name = kinds.iter().find_map(|kind| item.strip_prefix(kind));
            if let Some(name) = name.and_then(|rest| words(rest).next()) {
                types.push((join(path, name), source, index));
            }
            index += 1;
        }
    }
}

fn join(path: &str, name: &str) -> String {
    let colons = if path.is_empty() { "" } else { "::" };
    format!("{path}{colons}{name}")
}

/// The file of `mod name;` in `source`.
fn child<'a>(tree: &'a Tree, source: &Source, name: &str) -> Option<&'a Source> {
    let module = join(&source.module(), name);
    tree.library().find(|file| file.module() == module)
}

/// The names of ours that a `pub use` adds: `B` and `D` for `a::{B, c::D}`.
fn exported(text: &str) -> Vec<&str> {
    if text.starts_with("std::") {
        return Vec::new();
    }
    let ends = text.split(['{', '}', ',', ';']);
    let ends = ends.map(|part| part.rsplit(" as ").next().unwrap_or(part));
    let names = ends.map(|part| part.rsplit("::").next().unwrap_or(part).trim());
    names.filter(|name| !name.is_empty()).collect()
}
