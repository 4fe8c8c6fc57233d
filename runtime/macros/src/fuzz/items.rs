//! Functions under an attribute, and what is none.

use proptest::prelude::*;

use super::{check_mistake, config, corpus, kind, placed, slipped, slips};
use crate::item::{Returns, Signature, inspect};
use crate::options::Macro;
use crate::token::{Kind, lex};

const REGRESSIONS: &str = "proptest-regressions/items.txt";

/// The parts of a function, as text.
#[derive(Clone, Debug)]
struct Function {
    attributes: Vec<&'static str>,
    before: &'static str,
    after: &'static str,
    name: &'static str,
    generics: &'static str,
    returned: Option<&'static str>,
    clause: &'static str,
}

fn function() -> impl Strategy<Value = Function> {
    let one = |texts: &'static [&'static str]| prop::sample::select(texts);
    let attribute = one(&[
        "#[ignore]",
        "#[cfg(fn]",
        "#[doc = \"async fn\"]",
        "#[test_log::test]",
    ]);
    (
        prop::collection::vec(attribute, 0..3),
        one(&["", "pub", "pub(crate)", "pub(in async)", "const"]),
        one(&["", "unsafe", "extern \"C\"", "unsafe extern \"C\""]),
        one(&["f", "main_", "größe", "名前", "_", "asynchronous"]),
        one(&[
            "",
            "<>",
            "<T>",
            "<'a, F: Fn(u8) -> Vec<Vec<u8>>>",
            "<const N: usize>",
        ]),
        prop::option::of(one(&[
            "u8",
            "Vec<Vec<u8>>",
            "!",
            "impl Any",
            "Box<impl Any>",
            "[u8]",
        ])),
        one(&["", "where T: Copy", "where F: Fn() -> u8, T: Copy"]),
    )
        .prop_map(
            |(attributes, before, after, name, generics, returned, clause)| Function {
                attributes,
                before,
                after,
                name,
                generics,
                returned,
                clause,
            },
        )
}

fn kinds(source: &str) -> Vec<Kind> {
    lex(source).into_iter().map(|token| token.kind).collect()
}

impl Function {
    /// Its tokens, and where the parts are.
    fn written(&self) -> (Vec<Kind>, Signature) {
        let mut all = kinds(&format!("{} {}", self.attributes.join(" "), self.before));
        let keyword = all.len();
        let (after, name, generics) = (self.after, self.name, self.generics);
        all.extend(kinds(&format!("async {after} fn {name} {generics} ()")));
        let from = all.len();
        if let Some(returned) = self.returned {
            all.extend(kinds(&format!("-> {returned}")));
        }
        let arrow = from..all.len();
        let returns = match self.returned {
            None => Returns::Unit,
            Some(text) if text == "!" || text.contains("impl") => Returns::Unnameable,
            Some(_) => Returns::Type(from + 2..all.len()),
        };
        all.extend(kinds(self.clause));
        let body = all.len();
        all.extend(kinds("{ body }"));
        let signature = Signature {
            keyword,
            returns,
            arrow,
            body,
        };
        (all, signature)
    }
}

/// Whatever the tokens are: a mistake with a place, or the parts are what they are said to be.
/// The attribute itself has the place behind the last token.
fn check(kinds: &[Kind], which: Macro) {
    let found = match inspect(&placed(kinds), which, kinds.len()) {
        Err(mistake) => return check_mistake(&mistake, kinds.len() + 1),
        Ok(found) => found,
    };
    assert_eq!(kinds[found.keyword], Kind::Word("async".to_owned()));
    assert_eq!(found.body, kinds.len() - 1);
    assert!(matches!(kinds[found.body], Kind::Group(..)));
    assert!(found.keyword < found.arrow.start && found.arrow.start <= found.arrow.end);
    assert!(found.arrow.end <= found.body);
    if let Returns::Type(range) = found.returns {
        assert!(range.start <= range.end && range.end == found.arrow.end);
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn the_parts_of_a_function_are_found(function in function()) {
        let (kinds, signature) = function.written();
        for which in [Macro::Main, Macro::Test] {
            let found = inspect(&placed(&kinds), which, kinds.len());
            prop_assert_eq!(found.as_ref(), Ok(&signature));
        }
    }

    #[test]
    fn a_function_with_a_slip_is_read_or_refused(function in function(), slips in slips()) {
        let kinds = slipped(function.written().0, slips);
        check(&kinds, Macro::Main);
        check(&kinds, Macro::Test);
    }

    #[test]
    fn any_tokens_are_a_function_or_refused(kinds in prop::collection::vec(kind(), 0..16)) {
        check(&kinds, Macro::Main);
        check(&kinds, Macro::Test);
    }
}

#[test]
fn the_corpus_of_items() {
    for (is_valid, input) in corpus(include_str!("../../corpus/items.txt")) {
        let kinds = kinds(input);
        check(&kinds, Macro::Main);
        check(&kinds, Macro::Test);
        let found = inspect(&placed(&kinds), Macro::Test, kinds.len());
        assert_eq!(found.is_ok(), is_valid, "{input}: {found:?}");
    }
}
