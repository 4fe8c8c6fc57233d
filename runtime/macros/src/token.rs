//! Tokens without the compiler: what the parsers here read.

/// A token and where it is. `S` is the compiler's span, or a number in tests.
#[derive(Clone, Debug)]
pub(crate) struct Token<S> {
    pub(crate) kind: Kind,
    pub(crate) span: S,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word(String),
    /// One character of punctuation.
    Mark(char),
    /// A literal as it is in the source, quotes included.
    Literal(String),
    /// A pair of delimiters with all between them.
    Group(Delimiter, Content),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Parenthesis,
    Brace,
    Bracket,
}

/// What is known of the inside of a group: its text without whitespace.
pub(crate) type Content = String;

/// What the user got wrong, and where to say so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake<S> {
    pub(crate) text: String,
    pub(crate) span: S,
}

impl<S> Mistake<S> {
    pub(crate) fn new(text: impl Into<String>, span: S) -> Self {
        Self {
            text: text.into(),
            span,
        }
    }
}

impl<S> Token<S> {
    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The value of a string literal, raw or not.
pub(crate) fn string_value(literal: &str) -> Option<String> {
    let raw = literal.strip_prefix('r');
    let body = match raw {
        Some(raw) => raw.trim_matches('#'),
        None => literal,
    };
    let value = body.strip_prefix('"')?.strip_suffix('"')?;
    match raw {
        Some(_) => Some(value.to_owned()),
        None => unescaped(value),
    }
}

/// The value of an integer literal in any base, with any suffix of an integer type.
pub(crate) fn integer_value(literal: &str) -> Option<usize> {
    const WIDTHS: [&str; 6] = ["8", "16", "32", "64", "128", "size"];
    let text = literal.replace('_', "");
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (&text[..], 10),
    };
    // Neither letter is a digit of any base.
    let digits = match digits.split_once(['u', 'i']) {
        Some((digits, width)) => WIDTHS.contains(&width).then_some(digits)?,
        None => digits,
    };
    usize::from_str_radix(digits, radix).ok()
}

/// The text between the quotes with its escapes resolved.
fn unescaped(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        value += before;
        let mut characters = after.chars();
        let escape = characters.next()?;
        rest = characters.as_str();
        value.push(match escape {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            '\\' | '\'' | '"' => escape,
            'x' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                char::from(u8::from_str_radix(digits, 16).ok()?)
            }
            'u' => {
                let (digits, after) = rest.strip_prefix('{')?.split_once('}')?;
                rest = after;
                char::from_u32(u32::from_str_radix(&digits.replace('_', ""), 16).ok()?)?
            }
            // The line goes on behind the next one's indentation.
            '\n' => {
                rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
                continue;
            }
            _ => return None,
        });
    }
    Some(value + rest)
}

/// A lexer for the tests: enough of Rust to write their input as text.
#[cfg(test)]
pub(crate) fn lex(source: &str) -> Vec<Token<usize>> {
    let mut rest = source;
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let span = source.len() - rest.len();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (kind, length) = if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            continue;
        } else if first == '"' {
            let length = rest[1..].find('"').expect("a closed string") + 2;
            (Kind::Literal(rest[..length].to_owned()), length)
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = rest[..length].to_owned();
            let kind = if first.is_ascii_digit() {
                Kind::Literal(word)
            } else {
                Kind::Word(word)
            };
            (kind, length)
        } else if let Some(at) = "([{".find(first) {
            let close = [')', ']', '}'][at];
            let length = rest.find(close).expect("a closed group") + 1;
            let delimiter = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace][at];
            let content = rest[1..length - 1].split_whitespace().collect();
            (Kind::Group(delimiter, content), length)
        } else {
            (Kind::Mark(first), first.len_utf8())
        };
        tokens.push(Token { kind, span });
        rest = &rest[length..];
    }
    tokens
}
