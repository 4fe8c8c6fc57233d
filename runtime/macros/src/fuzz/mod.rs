//! Random input for the parsers: what is valid is read as it was written, and what is not is
//! refused in words and with a place. Nothing makes a parser panic.
//!
//! Each parser also reads its file in `corpus/`: inputs that were thought of by hand, one a line,
//! `ok` or `no` before it. `PROPTEST_CASES=1000000` runs long; a failure is kept in
//! `proptest-regressions/`. Absent: the compiler's lexer. What it can hand us is made here.

mod items;
mod manifests;
mod options;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::token::{Delimiter, Kind, Mistake, Token};

/// The environment says how many cases. `file` keeps the seeds of those that failed.
fn config(file: &'static str) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

/// Words the parsers know, and words nobody does.
const WORDS: &[&str] = &[
    "flavor",
    "worker_threads",
    "start_paused",
    "unhandled_panic",
    "name",
    "crate",
    "strict",
    "sim",
    "seeds",
    "workers",
    "core_threads",
    "threaded_scheduler",
    "local",
    "true",
    "false",
    "async",
    "fn",
    "pub",
    "where",
    "impl",
    "unsafe",
    "extern",
    "const",
    "self",
    "Self",
    "_",
    "r#fn",
    "main",
    "größe",
    "名前",
    "T",
];

const LITERALS: &[&str] = &[
    "\"current_thread\"",
    "\"multi_thread\"",
    "\"local\"",
    "\"ignore\"",
    "\"shutdown_runtime\"",
    "\"single_thread\"",
    "\"basic_scheduler\"",
    "\"\"",
    "\"\\\"\"",
    "\"\\u{1F980}\"",
    "\"\\u{D800}\"",
    "\"\\x4\"",
    "\"::\"",
    "\"::a::b\"",
    "r\"\"",
    "r#\"\"\"#",
    "b\"local\"",
    "c\"local\"",
    "r",
    "\"",
    "'\"'",
    "'a'",
    "0",
    "1",
    "4u8",
    "0x10",
    "0b2",
    "1_0usize",
    "1e3",
    "1.5",
    "340282366920938463463374607431768211456",
    "18446744073709551616",
    "18446744073709551615",
    "\"local\"x",
];

fn kind() -> impl Strategy<Value = Kind> {
    let word = prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{1,8}",
    ];
    let literal = prop_oneof![
        8 => prop::sample::select(LITERALS).prop_map(str::to_owned),
        1 => any::<u128>().prop_map(|number| number.to_string()),
        1 => any::<String>().prop_map(|text| format!("{text:?}")),
        1 => any::<String>(),
    ];
    let delimiter =
        prop::sample::select(&[Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket][..]);
    let content = prop_oneof![
        Just(String::new()),
        Just("test".to_owned()),
        any::<String>()
    ];
    prop_oneof![
        4 => word.prop_map(Kind::Word),
        2 => prop::sample::select(&[',', '=', '<', '>', '-', '!', '#', ':', '\'', '&'][..])
            .prop_map(Kind::Mark),
        3 => Just(Kind::Mark(',')),
        3 => Just(Kind::Mark('=')),
        3 => literal.prop_map(Kind::Literal),
        2 => (delimiter, content).prop_map(|(pair, content)| Kind::Group(pair, content)),
    ]
}

/// A change of one token.
#[derive(Clone, Debug)]
enum Slip {
    Leave,
    Double,
    Replace(Kind),
    Insert(Kind),
    Swap,
}

fn slips() -> impl Strategy<Value = Vec<(usize, Slip)>> {
    let slip = prop_oneof![
        Just(Slip::Leave),
        Just(Slip::Double),
        Just(Slip::Swap),
        kind().prop_map(Slip::Replace),
        kind().prop_map(Slip::Insert),
    ];
    prop::collection::vec((any::<usize>(), slip), 1..4)
}

fn slipped(mut kinds: Vec<Kind>, slips: Vec<(usize, Slip)>) -> Vec<Kind> {
    for (at, slip) in slips {
        if kinds.is_empty() {
            break;
        }
        let at = at % kinds.len();
        match slip {
            Slip::Leave => drop(kinds.remove(at)),
            Slip::Double => kinds.insert(at, kinds[at].clone()),
            Slip::Replace(kind) => kinds[at] = kind,
            Slip::Insert(kind) => kinds.insert(at, kind),
            Slip::Swap => kinds.swap(0, at),
        }
    }
    kinds
}

/// Tokens whose places are their indices.
fn placed(kinds: &[Kind]) -> Vec<Token<usize>> {
    let token = |(span, kind): (usize, &Kind)| Token {
        kind: kind.clone(),
        span,
    };
    kinds.iter().enumerate().map(token).collect()
}

/// Something is said, and of a place that exists.
fn check_mistake(mistake: &Mistake<usize>, tokens: usize) {
    assert!(!mistake.text.trim().is_empty());
    assert!(mistake.span < tokens, "{mistake:?}");
}

/// The lines of a corpus: whether the input is valid, and the input.
fn corpus(text: &'static str) -> impl Iterator<Item = (bool, &'static str)> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(|line| {
        let (verdict, input) = line.split_once(' ').unwrap_or((line, ""));
        assert!(verdict == "ok" || verdict == "no", "`ok` or `no`: {line}");
        (verdict == "ok", input)
    })
}
