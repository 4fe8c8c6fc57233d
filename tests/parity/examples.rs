//! Which items of a crate have no example that is run: read from its documentation.
//!
//! An item's own text stands before the first anchor of a page that belongs to something else; a
//! member's between its anchor and the next. Absent: enum variants and fields, which their type's
//! example shows, and implementations of traits. Examples that are not run (`no_run`) look the same
//! here; `tests/tidy/docs.rs` finds those.

use std::fs;
use std::path::Path;

use crate::names::KINDS;

/// Members that want an example of their own.
const MEMBERS: [&str; 3] = ["method.", "tymethod.", "associatedconstant."];

/// Anchors that end the text of what stands before them.
const ENDS: [&str; 19] = [
    "method.",
    "tymethod.",
    "associatedconstant.",
    "associatedtype.",
    "variant.",
    "structfield.",
    "impl-",
    "fields",
    "variants",
    "implementations",
    "trait-implementations",
    "synthetic-implementations",
    "blanket-implementations",
    "implementors",
    "foreign-impls",
    "required-methods",
    "provided-methods",
    "required-associated-types",
    "deref-methods",
];

/// Items that have none, and why.
const EXCUSED: [(&str, &str); 3] = [
    ("io::Error", "std's"),
    ("io::ErrorKind", "std's"),
    ("io::SeekFrom", "std's"),
];

/// The items below `folder` without an example, by path.
pub(crate) fn without_example(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.retain(|item| !EXCUSED.iter().any(|(excused, _)| excused == item));
    found.sort();
    found
}

fn walk(folder: &Path, module: &str, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_dir() {
            walk(&path, &format!("{module}{name}::"), found);
            continue;
        }
        let item = name
            .strip_suffix(".html")
            .and_then(|name| name.split_once('.'));
        let Some((_, name)) = item.filter(|(kind, _)| KINDS.contains(kind)) else {
            continue;
        };
        let page = fs::read_to_string(&path).expect("a page is text");
        if !page.contains("http-equiv=\"refresh\"") && !name.ends_with('!') {
            look(&format!("{module}{name}"), &page, found);
        }
    }
}

/// One page: the item, and its members up to the first that is not its own.
fn look(path: &str, page: &str, found: &mut Vec<String>) {
    let mut item = Some(path.to_owned());
    let mut shown = false;
    let mut pieces = page.split(" id=\"");
    // What stands before the first anchor is the page's head.
    shown |= is_run(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (anchor, text) = piece.split_once('"').unwrap_or((piece, ""));
        if ENDS.iter().any(|end| anchor.starts_with(end)) {
            found.extend(item.take().filter(|_| !shown));
            shown = false;
            let foreign = anchor.ends_with("-implementations") || anchor.ends_with("-impls");
            if foreign || anchor == "implementors" || anchor.starts_with("deref-methods") {
                return;
            }
            let member = MEMBERS.iter().find_map(|kind| anchor.strip_prefix(kind));
            // The second of a name has a number.
            let name = member.map(|name| name.split(['-', '.']).next().unwrap_or(name));
            item = name.map(|name| format!("{path}::{name}"));
        }
        shown |= is_run(text);
    }
    // A page of a function or a macro has no anchors besides those of its text.
    found.extend(item.filter(|_| !shown));
}

/// Whether there is code that the documentation's tests run.
fn is_run(text: &str) -> bool {
    text.split("class=\"example-wrap").skip(1).any(|example| {
        let (classes, rest) = example.split_once('"').unwrap_or((example, ""));
        let skipped = ["compile_fail", "ignore"]
            .iter()
            .any(|class| classes.contains(class));
        let code = rest.split("</pre>").next().unwrap_or(rest);
        !skipped && code.contains("rust-example-rendered")
    })
}

#[test]
fn an_item_without_an_example_is_found() {
    const RUNS: &str = "<div class=\"example-wrap\"><pre class=\"rust rust-example-rendered\">";
    const FAILS: &str =
        "<div class=\"example-wrap compile_fail\"><pre class=\"rust rust-example-rendered\">";
    const TEXT: &str = "<div class=\"example-wrap\"><pre class=\"language-text\">";
    let page = format!(
        "<h1>A</h1><h2 id=\"examples\">{RUNS}</pre></h2>\
         <h2 id=\"implementations\"></h2>\
         <section id=\"method.good\"></section><h5 id=\"examples-1\">{RUNS}</pre>\
         <section id=\"method.fails\"></section>{FAILS}</pre>\
         <section id=\"method.bad-2\"></section>{TEXT}</pre>\
         <h2 id=\"trait-implementations\"></h2><section id=\"method.fmt\">"
    );
    let mut found = Vec::new();
    look("m::A", &page, &mut found);
    look("m::f", "<h1>f</h1>", &mut found);
    look("m::g", &format!("<h1>g</h1>{RUNS}</pre>"), &mut found);
    assert_eq!(found, ["m::A::fails", "m::A::bad", "m::f"]);
}
