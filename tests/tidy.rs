//! What a reviewer would otherwise have to look for by hand, as an ordinary test: std only.
//!
//! Each check is a function from sources to complaints. On the tree it must find nothing; on a
//! planted mistake (`tidy/planted.rs`) it must find exactly that. A complaint names file and line.
//!
//! - `tidy/tree.rs`: the files, and a lexer that tells code, comments and tests apart.
//! - `tidy/style.rs`: headers, lengths, names, leftovers.
//! - `tidy/layers.rs`: who may import whom.
//! - `tidy/soundness.rs`: unsafe code, `SAFETY`, `ORDERING`, numbered invariants.
//! - `tidy/facade.rs`: public types, and the table of their auto traits.
//! - `tidy/docs.rs`: cancel safety; examples; ARCHITECTURE.md and README.md against the code.
//! - `tidy/regressions.rs`: the page of regression cases against the names of tests.

#[path = "tidy/docs.rs"]
mod docs;
#[path = "tidy/facade.rs"]
mod facade;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/markdown.rs"]
mod markdown;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/regressions.rs"]
mod regressions;
#[path = "tidy/soundness.rs"]
mod soundness;
#[path = "tidy/style.rs"]
mod style;
#[path = "tidy/tree.rs"]
mod tree;

use std::fmt::Write;

use markdown::Document;
use tree::{Complaint, Tree};

/// Runs one check over the tree.
#[track_caller]
fn holds(check: impl Fn(&Tree) -> Vec<Complaint>) {
    let complaints = check(&Tree::read());
    let mut text = String::new();
    for complaint in &complaints {
        let _ = writeln!(text, "  {complaint}");
    }
    assert!(
        complaints.is_empty(),
        "{} to put right:\n{text}",
        complaints.len()
    );
}

/// Runs one check over ARCHITECTURE.md and the tree. That the page exists is a check of its own.
#[track_caller]
fn holds_with(check: impl Fn(&Document, &Tree) -> Vec<Complaint>) {
    holds(|tree| match tree.document("ARCHITECTURE.md") {
        Some(document) => check(document, tree),
        None => Vec::new(),
    });
}

#[test]
fn every_module_opens_with_a_header() {
    holds(style::headers);
}

#[test]
fn files_functions_and_lines_are_short() {
    holds(style::lengths);
}

#[test]
fn no_module_has_an_empty_name() {
    holds(style::module_names);
}

#[test]
fn every_file_is_part_of_its_parent() {
    holds(style::orphans);
}

#[test]
fn nothing_is_left_to_do() {
    holds(style::leftovers);
}

#[test]
fn tests_do_not_sleep() {
    holds(style::sleeps);
}

#[test]
fn the_text_needs_no_tracker() {
    holds(style::tickets);
}

#[test]
fn imports_go_downwards() {
    holds(layers::imports);
}

#[test]
fn unsafe_code_is_where_the_map_says() {
    holds_with(soundness::map_of_unsafe);
}

#[test]
fn every_safety_comment_cites_an_invariant() {
    holds(soundness::safety_comments);
}

#[test]
fn every_invariant_is_defined_once() {
    holds(soundness::definitions);
}

#[test]
fn invariants_are_those_in_the_doors() {
    holds_with(soundness::invariants);
}

#[test]
fn every_ordering_is_explained() {
    holds(soundness::orderings);
}

#[test]
fn every_operation_says_its_cancel_safety() {
    holds(docs::cancel_safety);
}

#[test]
fn every_example_is_run() {
    holds(docs::examples_run);
}

#[test]
fn every_public_type_is_in_the_table_of_auto_traits() {
    holds(facade::auto_traits);
}

#[test]
fn architecture_page_exists() {
    assert!(
        Tree::read().document("ARCHITECTURE.md").is_some(),
        "ARCHITECTURE.md is missing: six of the checks here compare it with the code"
    );
}

#[test]
fn paths_and_names_in_the_pages_exist() {
    holds(docs::references);
}

#[test]
fn numbers_are_those_in_the_code() {
    holds_with(docs::numbers);
}

#[test]
fn mutations_name_tests_that_exist() {
    holds_with(docs::mutations);
}

#[test]
fn regression_cases_have_tests() {
    holds(regressions::cases);
}
