//! The function under the attribute: where its parts are. Nothing of it is changed here.

use crate::options::Macro;
use crate::token::{Delimiter, Kind, Mistake, Token};

/// Positions in the tokens of an `async fn` with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The keyword `async`.
    pub(crate) keyword: usize,
    /// The return type, if it is one that can be written in the body, too: not `impl …`, not `!`.
    pub(crate) returns: Returns,
    /// The arrow and the return type. Empty if there is none.
    pub(crate) arrow: std::ops::Range<usize>,
    /// The group in braces. It is the last token.
    pub(crate) body: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// There is no arrow.
    Unit,
    /// A type: these tokens.
    Type(std::ops::Range<usize>),
    /// A type that cannot be repeated elsewhere.
    Unnameable,
}

/// Finds the parts, or what is wrong with them. `attribute` is where the attribute is.
pub(crate) fn inspect<S: Copy>(
    tokens: &[Token<S>],
    which: Macro,
    attribute: S,
) -> Result<Signature, Mistake<S>> {
    let start = after_attributes(tokens, which)?;
    let position = |word: &str| {
        let found = tokens[start..].iter().position(|t| t.word() == Some(word));
        found.map(|at| start + at)
    };
    let last = tokens.len().wrapping_sub(1);
    let Some(function) = position("fn") else {
        let at = tokens.get(start).map_or(attribute, |token| token.span);
        return Err(Mistake::new("expected an `async fn`", at));
    };
    let keyword = position("async").filter(|keyword| *keyword < function);
    let Some(keyword) = keyword else {
        return Err(Mistake::new(
            "the `async` keyword is missing from the function declaration",
            tokens[function].span,
        ));
    };
    let arguments = after_generics(tokens, function + 2);
    let is_group = |at: usize, delimiter| match tokens.get(at).map(|token| &token.kind) {
        Some(Kind::Group(found, _)) => *found == delimiter,
        _ => false,
    };
    if !is_group(arguments, Delimiter::Parenthesis) || !is_group(last, Delimiter::Brace) {
        let text = "expected an `async fn` with a body";
        return Err(Mistake::new(text, tokens[function].span));
    }
    check_arguments(&tokens[function + 1], &tokens[arguments], which)?;
    Ok(Signature {
        keyword,
        returns: returns(tokens, arguments + 1, last),
        arrow: arguments + 1..end_of_type(tokens, arguments + 1, last),
        body: last,
    })
}

/// The position behind the outer attributes.
fn after_attributes<S: Copy>(tokens: &[Token<S>], which: Macro) -> Result<usize, Mistake<S>> {
    let mut at = 0;
    while let [hash, group, ..] = &tokens[at..] {
        let Kind::Group(Delimiter::Bracket, content) = &group.kind else {
            break;
        };
        if !hash.is_mark('#') {
            break;
        }
        if which == Macro::Test && is_test_attribute(content) {
            return Err(Mistake::new(
                "second test attribute is supplied, consider removing or changing the order of \
                 your test attributes",
                group.span,
            ));
        }
        at += 2;
    }
    Ok(at)
}

/// True for `test` under any of the paths at which the standard library has it.
fn is_test_attribute(content: &str) -> bool {
    let path = content.strip_prefix("::").unwrap_or(content);
    let segments: Vec<&str> = path.split("::").collect();
    matches!(
        segments[..],
        ["test"] | ["core" | "std", "prelude", _, "test"]
    )
}

/// The position behind `<…>`, if there is one at `at`.
fn after_generics<S>(tokens: &[Token<S>], at: usize) -> usize {
    let mut depth = 0usize;
    let mut after_minus = false;
    for (offset, token) in tokens.iter().enumerate().skip(at) {
        if token.is_mark('<') {
            depth += 1;
        } else if token.is_mark('>') && !after_minus {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            return offset;
        }
        after_minus = token.is_mark('-');
    }
    tokens.len()
}

fn check_arguments<S: Copy>(
    name: &Token<S>,
    arguments: &Token<S>,
    which: Macro,
) -> Result<(), Mistake<S>> {
    let is_empty = matches!(&arguments.kind, Kind::Group(_, content) if content.is_empty());
    let kind = match which {
        Macro::Test => "test",
        Macro::Main if name.word() == Some("main") => "main",
        Macro::Main => return Ok(()),
    };
    if is_empty {
        return Ok(());
    }
    let text = format!("the {kind} function cannot accept arguments");
    Err(Mistake::new(text, arguments.span))
}

/// Where the return type ends that begins at `from`: before a `where`, or the body.
fn end_of_type<S>(tokens: &[Token<S>], from: usize, body: usize) -> usize {
    let mut words = tokens[from..body].iter().map(Token::word);
    let clause = words.position(|word| word == Some("where"));
    clause.map_or(body, |offset| from + offset)
}

/// Reads the tokens between the arguments and the body.
fn returns<S>(tokens: &[Token<S>], from: usize, body: usize) -> Returns {
    let end = end_of_type(tokens, from, body);
    match &tokens[from..end] {
        [minus, arrow, returned @ ..] if minus.is_mark('-') && arrow.is_mark('>') => {
            let is_never = matches!(returned, [never] if never.is_mark('!'));
            if is_never || returned.iter().any(|t| t.word() == Some("impl")) {
                Returns::Unnameable
            } else {
                Returns::Type(from + 2..end)
            }
        }
        _ => Returns::Unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::lex;

    fn signature(source: &str) -> Signature {
        inspect(&lex(source), Macro::Main, usize::MAX).unwrap()
    }

    fn mistake(which: Macro, source: &str) -> (String, Option<&str>) {
        let mistake = inspect(&lex(source), which, usize::MAX).unwrap_err();
        (mistake.text, source.get(mistake.span..))
    }

    #[test]
    fn the_parts_of_a_plain_main_are_found() {
        let found = signature("async fn main() { body }");
        assert_eq!(
            found,
            Signature {
                keyword: 0,
                returns: Returns::Unit,
                arrow: 4..4,
                body: 4
            }
        );
    }

    #[test]
    fn attributes_visibility_and_qualifiers_stand_before() {
        let source = r#"#[cfg(unix] #[allow(x] pub(crate) async unsafe extern "C" fn f(a: u8) {}"#;
        let tokens = lex(source);
        let found = signature(source);
        assert_eq!(tokens[found.keyword].word(), Some("async"));
        assert_eq!(found.body, tokens.len() - 1);
    }

    #[test]
    fn generics_with_arrows_and_brackets_are_skipped() {
        let source = "async fn f<F: Fn(u8) -> Vec<u8>, const N: usize>(f: F) -> Option<u8> {}";
        let tokens = lex(source);
        let Returns::Type(range) = signature(source).returns else {
            panic!("a type");
        };
        assert_eq!(tokens[range.start].word(), Some("Option"));
        assert!(tokens[range.end - 1].is_mark('>'));
    }

    #[test]
    fn the_return_type_ends_at_the_where_clause() {
        let source = "async fn f<T>(t: T) -> T where T: Copy {}";
        let Returns::Type(range) = signature(source).returns else {
            panic!("a type");
        };
        assert_eq!(range.len(), 1);
        assert_eq!(
            signature("async fn f<T>(t: T) where T: Copy {}").returns,
            Returns::Unit
        );
    }

    #[test]
    fn types_that_cannot_be_repeated_are_told_apart() {
        assert_eq!(
            signature("async fn f() -> ! {}").returns,
            Returns::Unnameable
        );
        assert_eq!(
            signature("async fn f() -> impl Any {}").returns,
            Returns::Unnameable
        );
        let nested = "async fn f() -> Vec<impl Any> {}";
        assert_eq!(signature(nested).returns, Returns::Unnameable);
    }

    #[test]
    fn each_mistake_has_its_text_and_place() {
        let missing = "the `async` keyword is missing from the function declaration";
        let table = [
            (
                Macro::Main,
                "pub fn main() {}",
                missing,
                Some("fn main() {}"),
            ),
            (
                Macro::Main,
                "fn main() { async }",
                missing,
                Some("fn main() { async }"),
            ),
            (
                Macro::Main,
                "struct A;",
                "expected an `async fn`",
                Some("struct A;"),
            ),
            (Macro::Main, "", "expected an `async fn`", None),
            (
                Macro::Main,
                "async fn f();",
                "expected an `async fn` with a body",
                Some("fn f();"),
            ),
            (
                Macro::Main,
                "async fn",
                "expected an `async fn` with a body",
                Some("fn"),
            ),
            (
                Macro::Main,
                "async fn main(a: u8) {}",
                "the main function cannot accept arguments",
                Some("(a: u8) {}"),
            ),
            (
                Macro::Test,
                "async fn f(a: u8) {}",
                "the test function cannot accept arguments",
                Some("(a: u8) {}"),
            ),
        ];
        for (which, source, text, place) in table {
            assert_eq!(mistake(which, source), (text.to_owned(), place), "{source}");
        }
    }

    #[test]
    fn a_second_test_attribute_is_refused_whatever_its_path() {
        let text = "second test attribute is supplied, consider removing or changing the order of \
                    your test attributes";
        for path in [
            "test",
            "std::prelude::v1::test",
            ":: core :: prelude :: rust_2024 :: test",
        ] {
            let source = format!("#[ignore] #[{path}] async fn f() {{}}");
            assert_eq!(mistake(Macro::Test, &source).0, text, "{path}");
            assert!(
                inspect(&lex(&source), Macro::Main, 0).is_ok(),
                "main does not mind"
            );
        }
        let other = "#[my::test] #[tests] async fn f() {}";
        assert!(inspect(&lex(other), Macro::Test, 0).is_ok());
    }
}
