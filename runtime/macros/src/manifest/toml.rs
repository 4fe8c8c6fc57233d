//! As much of TOML as a manifest's dependencies need: keys, tables, strings and booleans.
//!
//! The text is valid: cargo has read it before us. So what is not understood is skipped, not
//! reported, and a reader that is lost takes up again at the next line.

/// One `key = value` with the full path of the key: tables, dotted keys and inline tables are all
/// the same here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Never empty.
    pub(super) path: Vec<String>,
    pub(super) value: Value,
}

impl Entry {
    pub(super) fn path_str(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    /// A number, a date, an array, or a table that is only opened.
    Other,
}

/// All entries of a manifest in their order. `[table]` itself is an entry of value `Other`.
pub(super) fn entries(source: &str) -> Vec<Entry> {
    let mut reader = Reader {
        rest: source,
        entries: Vec::new(),
    };
    let mut table = Vec::new();
    loop {
        reader.skip(|c| c.is_whitespace());
        match reader.rest.chars().next() {
            None => return reader.entries,
            Some('#') => {}
            Some('[') => {
                reader.skip(|c| c == '[');
                table = reader.key();
                if !table.is_empty() {
                    reader.push(table.clone(), Value::Other);
                }
            }
            Some(_) => reader.pair(&table),
        }
        // A comment, a second `]`, or what we did not understand.
        reader.skip(|c| c != '\n');
    }
}

struct Reader<'a> {
    rest: &'a str,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn push(&mut self, path: Vec<String>, value: Value) {
        self.entries.push(Entry { path, value });
    }

    fn skip(&mut self, while_true: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(while_true);
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Skips spaces; inside brackets and braces also line ends and comments.
    fn skip_blank(&mut self, lines: bool) {
        let blank = |c: char| c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'));
        self.skip(blank);
        while lines && self.rest.starts_with('#') {
            self.skip(|c| c != '\n');
            self.skip(blank);
        }
    }

    /// A dotted key. Empty if there is none.
    fn key(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        loop {
            self.skip_blank(false);
            let part = match self.rest.chars().next() {
                Some('"' | '\'') => self.string(),
                _ => {
                    let is_bare = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                    let end = self.rest.find(|c| !is_bare(c)).unwrap_or(self.rest.len());
                    let (part, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    part.to_owned()
                }
            };
            if part.is_empty() {
                return path;
            }
            path.push(part);
            self.skip_blank(false);
            if !self.eat(".") {
                return path;
            }
        }
    }

    /// `key = value` under `table`.
    fn pair(&mut self, table: &[String]) {
        let mut path = table.to_vec();
        let key = self.key();
        if key.is_empty() || !self.eat("=") {
            return;
        }
        path.extend(key);
        self.skip_blank(false);
        if let Some(value) = self.value(&path) {
            self.push(path, value);
        }
    }

    /// A value. An inline table becomes the entries in it and an `Other` for itself.
    fn value(&mut self, path: &[String]) -> Option<Value> {
        match self.rest.chars().next()? {
            '"' | '\'' => Some(Value::Text(self.string())),
            '[' => {
                self.items("[", "]", |reader| drop(reader.value(&[])));
                Some(Value::Other)
            }
            '{' => {
                self.items("{", "}", |reader| reader.pair(path));
                Some(Value::Other)
            }
            _ => {
                let is_end = |c: char| ",]}#\n".contains(c);
                let end = self.rest.find(is_end).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(match word.trim() {
                    "true" => Value::Flag(true),
                    "false" => Value::Flag(false),
                    _ => Value::Other,
                })
            }
        }
    }

    /// What is between `open` and `close`, separated by commas.
    fn items(&mut self, open: &str, close: &str, mut item: impl FnMut(&mut Self)) {
        self.eat(open);
        loop {
            self.skip_blank(true);
            if self.rest.is_empty() || self.eat(close) {
                return;
            }
            let before = self.rest.len();
            item(self);
            self.skip_blank(true);
            self.eat(",");
            if self.rest.len() == before {
                // Not understood: leave it to the end of the line.
                return;
            }
        }
    }

    /// A string of any of the four kinds, its escapes resolved as far as names need them.
    fn string(&mut self) -> String {
        let quotes = ["\"\"\"", "'''", "\"", "'"];
        let Some(quote) = quotes.into_iter().find(|quote| self.eat(quote)) else {
            return String::new();
        };
        let mut text = String::new();
        while !self.rest.is_empty() && !self.eat(quote) {
            let mut characters = self.rest.chars();
            let mut next = characters.next();
            if next == Some('\\') && quote.starts_with('"') {
                next = characters.next();
            }
            text.extend(next);
            self.rest = characters.as_str();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(source: &str) -> Vec<(String, Value)> {
        let entries = entries(source).into_iter();
        entries.map(|e| (e.path.join("/"), e.value)).collect()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn every_kind_of_value_is_passed_over_whole() {
        let source = r##"
            a = "x \" # not a comment" # a comment
            b = 'y \'
            c = [ "]", # one ]
                  { d = "}" }, [1, 2],
            ]
            e = """
            f = "not a key"
            """
            g = '''
            [not.a.table]'''
            h = 1979-05-27T07:32:00Z
            i = true#
            j = { k = 1, l = { "m.n" = "o" } , p.q = false }
        "##;
        let found = values(source);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let inner = ["j/k", "j/l/m.n", "j/l", "j/p/q", "j"];
        let mut expected = vec!["a", "b", "d", "c", "e", "g", "h", "i"];
        expected.extend(inner);
        assert_eq!(names, expected);
        assert_eq!(found[0].1, text("x \" # not a comment"));
        assert_eq!(found[1].1, text("y \\"));
        assert_eq!(found[7].1, Value::Flag(true));
        assert_eq!(found[9].1, text("o"));
        assert_eq!(found[11].1, Value::Flag(false));
    }

    #[test]
    fn tables_and_arrays_of_tables_set_the_path() {
        let source = "a = 1\n[b.'c.d'] # x\ne = 2\r\n[[f]]\ng = 3\n[[f]]\n[h]";
        let names: Vec<String> = values(source).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b/c.d", "b/c.d/e", "f", "f/g", "f", "h"]);
    }

    #[test]
    fn nonsense_ends_and_costs_one_line() {
        for source in [
            "[", "]", "a", "a =", "= b", "a = {", "a = [{", "a = \"", "{ = }", "a = {=}",
        ] {
            let lost = format!("{source}\nb = true");
            assert!(entries(&lost).len() <= 3, "{source}");
        }
        assert_eq!(
            values("a b c\nd = true"),
            [("d".to_owned(), Value::Flag(true))]
        );
    }
}
