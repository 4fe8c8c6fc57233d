//! Mistakes, planted: each check finds its own, and nothing in the same text put right.

use crate::markdown::Document;
use crate::tree::{Complaint, Source, Tree, mark_test_modules};
use crate::{docs, facade, layers, regressions, soundness, style};

type Check<'a> = &'a dyn Fn(&Tree) -> Vec<Complaint>;

/// A tree of one file in the library.
fn planted(path: &str, text: &str) -> Tree {
    tree(&[(path, text)], &[])
}

fn tree(sources: &[(&str, &str)], documents: &[(&str, &str)]) -> Tree {
    let paths = sources
        .iter()
        .chain(documents)
        .map(|(path, _)| (*path).to_owned());
    let read = |(path, text): &(&str, &str)| Source::new(path, text);
    let mut sources_read: Vec<Source> = sources.iter().map(read).collect();
    mark_test_modules(&mut sources_read);
    Tree {
        paths: paths.collect(),
        sources: sources_read,
        documents: documents
            .iter()
            .map(|(path, text)| Document::new(path, text))
            .collect(),
    }
}

/// The check complains about `wrong` exactly once, at the line, and not about `right`.
#[track_caller]
fn catches(check: Check<'_>, wrong: &Tree, place: &str, right: &Tree) {
    let found: Vec<String> = check(wrong).iter().map(Complaint::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{place}: ")), "{found:?}");
    let found: Vec<String> = check(right).iter().map(Complaint::to_string).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// As above for a check in one file, `runtime/a/b.rs`.
#[track_caller]
fn catches_line(check: Check<'_>, path: &str, wrong: &str, line: usize, right: &str) {
    let place = format!("{path}:{line}");
    catches(check, &planted(path, wrong), &place, &planted(path, right));
}

#[test]
fn a_missing_header() {
    let wrong = "#![expect(unsafe_code, reason = \"x\")]\nuse a;\n//! late";
    let right = "#![expect(\n    unsafe_code,\n)]\n//! A door.\nuse a;";
    catches_line(&style::headers, "runtime/a.rs", wrong, 1, right);
}

#[test]
fn a_long_line() {
    let wrong = format!("//! x\n// {}", "x".repeat(98));
    let right = format!("//! x\n// {}", "é".repeat(97));
    catches_line(&style::lengths, "runtime/a.rs", &wrong, 2, &right);
}

#[test]
fn a_long_function() {
    let body = |lines: usize| format!("//! x\nfn f() {{\n{}}}", "    g(\"}\");\n".repeat(lines));
    catches_line(&style::lengths, "runtime/a.rs", &body(59), 2, &body(58));
}

#[test]
fn a_long_file() {
    let lines = |lines: usize| "// x\n".repeat(lines);
    catches_line(
        &style::lengths,
        "runtime/a.rs",
        &lines(501),
        501,
        &lines(500),
    );
}

#[test]
fn an_empty_name() {
    let right = "use a as imp;\nmod queue;";
    catches_line(
        &style::module_names,
        "runtime/a.rs",
        "pub(crate) mod util;",
        1,
        right,
    );
}

#[test]
fn an_orphan() {
    let child = ("runtime/a/b.rs", "//! x");
    let wrong = tree(&[("runtime/a/mod.rs", "//! mod b;"), child], &[]);
    let right = tree(&[("runtime/a/mod.rs", "pub(crate) mod b;"), child], &[]);
    let check = |tree: &Tree| {
        let found = style::orphans(tree).into_iter();
        found.filter(|x| x.place.starts_with(child.0)).collect()
    };
    catches(&check, &wrong, "runtime/a/b.rs:1", &right);
}

#[test]
fn a_leftover() {
    let right = "fn f() {} // no \"todo!\"\nconst S: &str = \"todo!\";";
    catches_line(
        &style::leftovers,
        "runtime/a.rs",
        "fn f() {\n    todo!()\n}",
        2,
        right,
    );
}

#[test]
fn a_sleeping_test() {
    let wrong = "#[cfg(test)]\nmod tests {\n    fn f() { thread::sleep(X); }\n}";
    let right = "fn f() { thread::sleep(X); }\n#[test]\nfn t() {\n    // SLEEP: the subject\n    \
                 thread::sleep(X);\n}";
    catches_line(&style::sleeps, "runtime/a.rs", wrong, 3, right);
}

#[test]
fn a_ticket() {
    let right = "//! x\n#[cfg(x)] // a `#[test]`, r#1";
    catches_line(&style::tickets, "runtime/a.rs", "// see #123", 1, right);
}

#[test]
fn an_import_upwards() {
    let wrong = "use crate::{\n    budget,\n    engine::{driver::Driver, task},\n};";
    let right = "use crate::{budget, leaf::{self, Kind}};\n// crate::engine\n#[cfg(test)]\n\
                 mod tests { use crate::engine; }\nmacro_rules! m { () => { $crate::engine } }";
    let check = |tree: &Tree| layers::imports(tree).into_iter().take(1).collect();
    catches_line(&check, "runtime/sync/a.rs", wrong, 1, right);
    assert_eq!(
        layers::imports(&planted("runtime/sync/a.rs", wrong)).len(),
        2
    );
}

#[test]
fn an_import_upwards_in_the_middle_of_a_line() {
    let wrong = "fn f() { crate::engine::handle::get() }";
    let right = "fn f() { crate::engine::task::get() }";
    catches_line(&layers::imports, "runtime/engine/local.rs", wrong, 1, right);
}

#[test]
fn an_import_upwards_through_super() {
    let wrong = "use super::stealing;";
    let right = "use super::task;\nmod a {\n    use super::stealing;\n}";
    catches_line(&layers::imports, "runtime/engine/local.rs", wrong, 1, right);
}

#[test]
fn a_module_without_a_row() {
    catches(
        &layers::imports,
        &planted("runtime/new.rs", "//! x"),
        "runtime/new.rs:1",
        &planted("runtime/sync/new.rs", "//! x"),
    );
}

/// A library of one file, and an architecture page.
fn with_page(code: &str, page: &str) -> Tree {
    tree(&[("runtime/a.rs", code)], &[("ARCHITECTURE.md", page)])
}

/// A check that reads the page, as one that reads the tree.
fn on_page(check: impl Fn(&Document, &Tree) -> Vec<Complaint>) -> impl Fn(&Tree) -> Vec<Complaint> {
    move |tree| check(tree.document("ARCHITECTURE.md").expect("planted"), tree)
}

#[test]
fn an_unsafe_site_that_is_not_on_the_map() {
    let code = "fn f() { unsafe { g() } }\nunsafe impl Send for X {}\nunsafe fn h() {}";
    let page = |row: &str| format!("## 7. Map of unsafe\n\n| file | sites |\n|---|---|\n{row}\n");
    let check = on_page(soundness::map_of_unsafe);
    let right = with_page(code, &page("| `a.rs` | 2 | x |"));
    catches(
        &check,
        &with_page(code, &page("| `a.rs` | 3 |")),
        "ARCHITECTURE.md:5",
        &right,
    );
    let nowhere = tree(
        &[("runtime/a.rs", code), ("runtime/b.rs", "unsafe { f() }")],
        &[("ARCHITECTURE.md", &page("| `a.rs` | 2 |"))],
    );
    catches(&check, &nowhere, "runtime/b.rs:1", &right);
    let gone = with_page(code, &page("| `a.rs` | 2 |\n| `gone.rs` | 1 |"));
    catches(&check, &gone, "ARCHITECTURE.md:6", &right);
    assert_eq!(
        check(&with_page(code, "# A page")).len(),
        1,
        "the section is asked for"
    );
}

#[test]
fn safety_without_a_reason() {
    let right = "//! W3. Only the owner pops.\n// SAFETY: W3. We are the owner.\nf()";
    for wrong in [
        "//! W3. Only the owner pops.\n// SAFETY: Untriaged, to be done.\nf()",
        "//! W3. Only the owner pops.\n// SAFETY: As above.\nf()",
        "//! W3. Only the owner pops.\n// SAFETY: W4. We are the owner.\nf()",
    ] {
        catches_line(&soundness::safety_comments, "runtime/a.rs", wrong, 2, right);
    }
}

#[test]
fn an_invariant_with_two_doors() {
    let wrong = "//! W3. Only the owner pops.\n//! - **W3**: and again.";
    let right = "//! W3. Only the owner pops.\n//! W3 is what `pop` relies on.";
    catches_line(&soundness::definitions, "runtime/a.rs", wrong, 2, right);
}

#[test]
fn an_invariant_that_is_not_in_both_places() {
    let page = |row: &str| format!("## Invariants\n\n| id | statement |\n|---|---|\n{row}\n");
    let check = on_page(soundness::invariants);
    let right = with_page("//! | W3 | Only the owner pops. |", &page("| W3 | x |"));
    let more = with_page("//! W3. x", &page("| W3 | x |\n| W4 | y |"));
    catches(&check, &more, "ARCHITECTURE.md:6", &right);
    let less = with_page("//! W3. x\n//! W4: y", &page("| `W3` | x |"));
    catches(&check, &less, "runtime/a.rs:2", &right);
}

#[test]
fn an_ordering_without_a_partner() {
    let wrong = "// ORDERING: far\n\n\n\n\n\n\na.load(Ordering::Acquire);";
    let right = "use x::{\n    Ordering::{Relaxed, SeqCst},\n};\n// ORDERING: Acquire; pairs.\n\
                 a.load(Ordering::Acquire);\nstruct Release;\na.load(Relaxed)";
    catches_line(&soundness::orderings, "runtime/a.rs", wrong, 8, right);
    let wrong = "use x::Ordering::{AcqRel};\na.swap(1, AcqRel);";
    catches_line(&soundness::orderings, "runtime/a.rs", wrong, 2, right);
    let wrong = "// ORDERING: x\na.swap(1, Ordering::SeqCst);";
    let right = "// ORDERING: x\nfence(Ordering::SeqCst);";
    catches_line(&soundness::orderings, "runtime/a.rs", wrong, 2, right);
}

#[test]
fn an_operation_without_its_cancel_safety() {
    let wrong = "/// Waits.\npub async fn f() {}";
    let right = "/// # Cancel safety\n#[inline]\npub async fn f() {}\npub(crate) async fn g() {}";
    catches_line(&docs::cancel_safety, "runtime/sync/a.rs", wrong, 2, right);
    let wrong = "impl<T> Future for Lock<'_, T> {}\npub fn f(\n    a: A,\n) -> Lock<'_, T> {\n}";
    let right = "impl<T> Future for Lock<'_, T> {}\npub fn f() -> Guard<'_, T> {}";
    catches_line(&docs::cancel_safety, "runtime/sync/a.rs", wrong, 2, right);
    let wrong = "impl Future for Read {}\npub trait Ext {\n    fn read(&mut self) -> Read;\n}";
    let right = "impl Future for Read {}\ntrait Ext {\n    fn read(&mut self) -> Read;\n}";
    catches_line(&docs::cancel_safety, "runtime/io/a.rs", wrong, 3, right);
}

#[test]
fn a_reference_to_nothing() {
    let check = |tree: &Tree| docs::references(tree);
    let page = "See `a.rs`, `runtime/a.rs`, `Worker::step()`, `std::gone`, `word`, `cargo test`.\n\
                ```text\n`b.rs`\n```\n";
    let right = with_page("struct Worker; fn step() {}", page);
    for wrong in [
        "`b.rs`",
        "`engine/`",
        "`Worker::stop`",
        "`NoSuch`",
        "--example gone",
    ] {
        let wrong = with_page("struct Worker; fn step() {}", wrong);
        catches(&check, &wrong, "ARCHITECTURE.md:1", &right);
    }
}

#[test]
fn a_number_that_is_another() {
    let code = "const A: u32 = 1 << 5;\npub const B: Duration = Duration::from_millis(10);\n\
                const C: usize = 32 * 1024;";
    let page = |row: &str| format!("## Numbers\n\n| constant | value |\n|---|---|\n{row}\n");
    let check = on_page(docs::numbers);
    let right =
        page("| `A` | 32 | x |\n| `a::B` | `Duration::from_millis(10)` |\n| `C` | 32,768 |");
    let right = with_page(code, &right);
    for wrong in ["| `A` | 33 |", "| `B` | 11 | ms |", "| `D` | 1 |"] {
        catches(
            &check,
            &with_page(code, &page(wrong)),
            "ARCHITECTURE.md:5",
            &right,
        );
    }
}

#[test]
fn a_mutation_that_nothing_catches() {
    let code = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn wakes() {}\n}\nfn live() {}";
    let page = |cell: &str| {
        format!("## Break it yourself\n\n| mutation | caught by |\n|---|---|\n| x | {cell} |\n")
    };
    let check = on_page(docs::mutations);
    let right = with_page(code, &page("`a::tests::wakes` in `a.rs`"));
    for wrong in ["`a::tests::sleeps`", "the tests", "`live`"] {
        catches(
            &check,
            &with_page(code, &page(wrong)),
            "ARCHITECTURE.md:5",
            &right,
        );
    }
}

#[test]
fn a_module_for_tests_only_is_test_code() {
    let child = ("runtime/a/testing.rs", "a.load(Ordering::Acquire);");
    let wrong = tree(&[("runtime/a/mod.rs", "mod testing;"), child], &[]);
    let right = tree(
        &[("runtime/a/mod.rs", "#[cfg(test)]\nmod testing;"), child],
        &[],
    );
    catches(
        &soundness::orderings,
        &wrong,
        "runtime/a/testing.rs:1",
        &right,
    );
}

#[test]
fn a_public_type_without_auto_traits() {
    let library = [
        (
            "runtime/lib.rs",
            "//! x\npub mod a;\npub mod b {\n    pub use crate::c::{d, E};\n}\nmod c;",
        ),
        (
            "runtime/a.rs",
            "//! x\npub use std::io::F;\nmod p {\n    pub struct G;\n}\npub trait H {}\n\
             pub enum I {}",
        ),
    ];
    let with = |row| {
        let table = [("tests/auto_traits/main.rs", row)];
        let sources: Vec<_> = library.into_iter().chain(table).collect();
        tree(&sources, &[])
    };
    let right = with("//! x\nb::E: 1;\nx(a::I<T>)");
    let wrong = with("//! x\nE: 1;\na::I: 2;");
    catches(&facade::auto_traits, &wrong, "runtime/lib.rs:4", &right);
    let wrong = with("//! x\nb::E: 1; // a::I");
    catches(&facade::auto_traits, &wrong, "runtime/a.rs:7", &right);
}

/// A page with a row for each case, and `row` in place of the first.
fn regressions(row: &str, test: &str) -> Tree {
    let rows = (2..=53).map(|number| format!("| R{number} | a bug | `r{number:02}_x` | |\n"));
    let page = format!(
        "## The cases\n| case | bug | tests | broken |\n|--|--|--|--|\n{row}\n{}",
        rows.collect::<String>()
    );
    let mut tests: String = (2..=53).map(|n| format!("fn r{n:02}_x() {{}}\n")).collect();
    tests.push_str(&format!("#[test]\nfn {test}() {{}}\n"));
    tree(
        &[("runtime/a/tests.rs", &tests)],
        &[("tests/REGRESSIONS.md", &page)],
    )
}

#[test]
fn a_regression_case_without_its_test() {
    let page = "tests/REGRESSIONS.md:4";
    let row = "| R1 | a bug | `r01_y` | |";
    let right = regressions(row, "r01_y");
    let check: Check<'_> = &regressions::cases;
    catches(check, &regressions(row, "r02_y"), page, &right);
    catches(
        check,
        &regressions("| R1 | a bug | none | |", "y"),
        page,
        &right,
    );
    catches(
        check,
        &regressions("| R1 | a bug | `r02_x` | |", "y"),
        page,
        &right,
    );
}

#[test]
fn a_test_with_an_unknown_number() {
    let row = "| R1 | a bug | | Does not apply: why |";
    for wrong in ["r01_y", "r54_y", "r29_r60_y", "r9_y"] {
        let place = "runtime/a/tests.rs:54";
        let check: Check<'_> = &regressions::cases;
        catches(
            check,
            &regressions(row, wrong),
            place,
            &regressions(row, "r30_r2d2"),
        );
    }
}

#[test]
fn an_example_that_is_not_run() {
    let wrong = "//! x\n/// ```no_run\n/// wait()\n/// ```\npub fn f() {}";
    let right = "//! x\n/// ```should_panic\n/// wait()\n/// ```\npub fn f() {}";
    catches_line(&docs::examples_run, "runtime/a.rs", wrong, 2, right);
}
