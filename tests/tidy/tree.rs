//! The files, and a lexer that tells code, comments and tests apart.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::Document;

/// Something that is not as it must be, and where.
pub(crate) struct Complaint {
    pub(crate) place: String,
    pub(crate) text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// One Rust file. All vectors have one entry a line.
pub(crate) struct Source {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) raw: Vec<String>,
    /// The line without comments, and with the insides of literals blanked.
    pub(crate) code: Vec<String>,
    /// The comments of the line, `//` included.
    pub(crate) comments: Vec<String>,
    /// Whether the line belongs to a test.
    pub(crate) test: Vec<bool>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut lexer = Lexer::default();
        for line in text.lines() {
            lexer.line(line);
        }
        let mut source = Self {
            path: path.to_owned(),
            raw: text.lines().map(str::to_owned).collect(),
            test: vec![is_test_file(path); lexer.code.len()],
            code: lexer.code,
            comments: lexer.comments,
        };
        source.mark_test_items();
        source
    }

    pub(crate) fn in_library(&self) -> bool {
        self.path.starts_with("runtime/") && !self.path.starts_with("runtime/macros/")
    }

    /// `engine::task` for `runtime/engine/task/mod.rs`; the empty text for `runtime/lib.rs`.
    pub(crate) fn module(&self) -> String {
        let path = self.path.trim_start_matches("runtime/");
        let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
        match path {
            "lib" => String::new(),
            path => path.replace('/', "::"),
        }
    }

    /// `index` counts from 0.
    pub(crate) fn complain(&self, index: usize, text: impl Into<String>) -> Complaint {
        Complaint {
            place: format!("{}:{}", self.path, index + 1),
            text: text.into(),
        }
    }

    /// The lines of code outside of tests, with their indexes.
    pub(crate) fn live(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().zip(&self.test).enumerate();
        lines.filter_map(|(index, (code, test))| (!test).then_some((index, code.as_str())))
    }

    /// The line on which the item that starts at `index` ends: at its closing brace, or at a
    /// semicolon before any brace.
    pub(crate) fn end_of_item(&self, index: usize) -> usize {
        let (mut braces, mut brackets) = (0, 0);
        for (at, line) in self.code.iter().enumerate().skip(index) {
            for letter in line.chars() {
                match letter {
                    '(' | '[' => brackets += 1,
                    ')' | ']' => brackets -= 1,
                    '{' => braces += 1,
                    '}' => {
                        braces -= 1;
                        if braces == 0 && brackets == 0 {
                            return at;
                        }
                    }
                    ';' if braces == 0 && brackets == 0 => return at,
                    _ => {}
                }
            }
        }
        self.code.len().saturating_sub(1)
    }

    /// Marks what stands under `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]`.
    fn mark_test_items(&mut self) {
        for index in 0..self.code.len() {
            let line = self.code[index].trim();
            let marked = line.starts_with("#[test]")
                || line.starts_with("#[cfg(test)]")
                || line.starts_with("#[cfg(all(test,");
            if marked {
                let end = self.end_of_item(index);
                self.test[index..=end].fill(true);
            }
        }
    }
}

/// A file is test code, too, if the line that declares it stands under `#[cfg(test)]`.
pub(crate) fn mark_test_modules(sources: &mut [Source]) {
    let mut marked = Vec::new();
    for parent in sources.iter() {
        let folder = match parent.path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs")) => folder,
            _ => parent.path.trim_end_matches(".rs"),
        };
        let tests = parent
            .code
            .iter()
            .zip(&parent.test)
            .filter(|(_, test)| **test);
        for (line, _) in tests.filter(|(line, _)| line.trim_end().ends_with(';')) {
            if let Some(name) = declared_module(line) {
                marked.push(format!("{folder}/{name}"));
            }
        }
    }
    for source in sources {
        let own = source.path.trim_end_matches(".rs");
        let below = |folder: &String| own == folder || own.starts_with(&format!("{folder}/"));
        if marked.iter().any(below) {
            source.test.fill(true);
        }
    }
}

/// `name` in `mod name;` or `pub(crate) mod name {`.
pub(crate) fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let item = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(')')?.1.trim_start(),
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    words(item.strip_prefix("mod ")?).next()
}

fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/models/")
        || matches!(name, "tests.rs" | "models.rs")
}

/// Splits lines into code and comments. Knows nested comments, raw strings, and that `'a` is no
/// character.
#[derive(Default)]
struct Lexer {
    code: Vec<String>,
    comments: Vec<String>,
    state: State,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Code,
    /// How many `/*` are open.
    Comment(usize),
    /// In a string literal that ends with a quote and this many `#`; `None` where `\` escapes.
    Text(Option<usize>),
}

impl Lexer {
    fn line(&mut self, line: &str) {
        let letters: Vec<char> = line.chars().collect();
        let (mut code, mut comment) = (String::new(), String::new());
        let mut at = 0;
        while at < letters.len() {
            let rest = &letters[at..];
            let (state, used) = match self.state {
                State::Code if rest.starts_with(&['/', '/']) => {
                    comment.extend(rest);
                    (State::Code, rest.len())
                }
                State::Code => step_in_code(rest, code.chars().last(), &mut code),
                State::Comment(depth) => step_in_comment(rest, depth, &mut comment),
                State::Text(hashes) => step_in_text(rest, hashes, &mut code),
            };
            self.state = state;
            at += used;
        }
        self.code.push(code);
        self.comments.push(comment);
    }
}

/// One step: the state after it, and how many letters it used up.
fn step_in_code(rest: &[char], before: Option<char>, code: &mut String) -> (State, usize) {
    let in_word = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    if rest.starts_with(&['/', '*']) {
        return (State::Comment(1), 2);
    }
    if rest[0] == 'r' && (!in_word || before == Some('b')) {
        let hashes = rest[1..]
            .iter()
            .take_while(|letter| **letter == '#')
            .count();
        if rest.get(1 + hashes) == Some(&'"') {
            code.push('"');
            return (State::Text(Some(hashes)), hashes + 2);
        }
    }
    if rest[0] == '\'' {
        // `'x'` and `'\…'` are characters; `'name` is a lifetime.
        let end = match (rest.get(1), rest.get(2)) {
            (Some('\\'), _) => rest[2..]
                .iter()
                .skip(1)
                .position(|x| *x == '\'')
                .map(|x| x + 3),
            (Some(_), Some('\'')) => Some(2),
            _ => None,
        };
        if let Some(end) = end {
            code.push_str("' '");
            return (State::Code, end + 1);
        }
    }
    code.push(rest[0]);
    let state = if rest[0] == '"' {
        State::Text(None)
    } else {
        State::Code
    };
    (state, 1)
}

fn step_in_comment(rest: &[char], depth: usize, comment: &mut String) -> (State, usize) {
    if rest.starts_with(&['*', '/']) {
        let state = if depth == 1 {
            State::Code
        } else {
            State::Comment(depth - 1)
        };
        return (state, 2);
    }
    if rest.starts_with(&['/', '*']) {
        return (State::Comment(depth + 1), 2);
    }
    comment.push(rest[0]);
    (State::Comment(depth), 1)
}

fn step_in_text(rest: &[char], hashes: Option<usize>, code: &mut String) -> (State, usize) {
    let closing = hashes.unwrap_or(0);
    let closes = rest[0] == '"'
        && rest.len() > closing
        && rest[1..=closing].iter().all(|letter| *letter == '#');
    if closes {
        code.push('"');
        return (State::Code, closing + 1);
    }
    let used = if hashes.is_none() && rest[0] == '\\' {
        2
    } else {
        1
    };
    (State::Text(hashes), used.min(rest.len()))
}

/// Everything the checks look at.
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
    pub(crate) documents: Vec<Document>,
    /// Every file and folder, from the root, with `/`. Folders end with one.
    pub(crate) paths: Vec<String>,
}

impl Tree {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        walk(root, "", &mut paths);
        let read = |path: &str| {
            fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        let (mut sources, mut documents) = (Vec::new(), Vec::new());
        for path in &paths {
            if path.ends_with(".rs") {
                sources.push(Source::new(path, &read(path)));
            } else if path.ends_with(".md") || path.ends_with(".toml") || path == ".ci/run" {
                documents.push(Document::new(path, &read(path)));
            }
        }
        assert!(sources.len() > 10, "the tree was not found");
        mark_test_modules(&mut sources);
        Self {
            sources,
            documents,
            paths,
        }
    }

    pub(crate) fn library(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.in_library())
    }

    pub(crate) fn document(&self, path: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.path == path)
    }
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if !matches!(name.as_str(), "target" | ".git") {
                paths.push(format!("{path}/"));
                walk(&entry.path(), &format!("{path}/"), paths);
            }
        } else {
            paths.push(path);
        }
    }
}

/// The words of a line of code: what stands between letters that no name contains.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}
