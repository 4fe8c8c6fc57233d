//! What the list says: a line, what to make of it, and the test that must fail.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// How the test is built. Models come last in a run: they have a build of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Build {
    Lib,
    /// A file of `tests/`; the test's name begins with the file's.
    Integration,
    Model,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Test {
    pub(crate) build: Build,
    /// A part of its path, as `cargo test` takes it.
    pub(crate) name: String,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = match self.build {
            Build::Lib => "lib",
            Build::Integration => "test",
            Build::Model => "model",
        };
        write!(f, "{build} {}", self.name)
    }
}

pub(crate) struct Mutant {
    /// Relative to the root.
    pub(crate) file: PathBuf,
    scope: String,
    from: String,
    to: String,
    pub(crate) test: Test,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        write!(
            f,
            "{file}, in `{}`: `{}` for `{}`",
            self.scope, self.to, self.from
        )
    }
}

impl Mutant {
    pub(crate) fn original(&self, tree: &Path) -> String {
        let path = tree.join(&self.file);
        fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
    }

    /// The file's text with the bug in it.
    pub(crate) fn apply(&self, text: &str) -> Result<String, String> {
        let scope = text
            .find(&self.scope)
            .ok_or_else(|| format!("{self}: no such scope"))?;
        let at = text[scope..]
            .find(&self.from)
            .ok_or_else(|| format!("{self}: no such line"))?;
        let (before, rest) = text.split_at(scope + at);
        Ok(format!("{before}{}{}", self.to, &rest[self.from.len()..]))
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn parse(list: &str) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut file = PathBuf::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in list.lines().map(str::trim_end) {
        if let Some(name) = line.strip_prefix("## ") {
            file = PathBuf::from(name);
        } else if !line.is_empty() && !line.starts_with('#') {
            lines.push(line);
        }
        if let Some(test) = line.strip_prefix("caught by ") {
            mutants.push(mutant(&file, &lines, test));
            lines.clear();
        }
    }
    assert!(
        lines.is_empty(),
        "left over at the end of the list: {lines:?}"
    );
    mutants
}

fn mutant(file: &Path, lines: &[&str], test: &str) -> Mutant {
    let part = |prefix: &str| {
        let found = lines.iter().find_map(|line| line.strip_prefix(prefix));
        found
            .unwrap_or_else(|| panic!("no `{prefix}` in {lines:?}"))
            .to_owned()
    };
    let (build, name) = test.split_once(' ').unwrap_or_default();
    let build = match build {
        "lib" => Build::Lib,
        "test" => Build::Integration,
        "model" => Build::Model,
        _ => panic!("neither a model nor a test: {test}"),
    };
    Mutant {
        file: file.to_owned(),
        scope: part("in "),
        from: part("- "),
        to: part("+ "),
        test: Test {
            build,
            name: name.to_owned(),
        },
    }
}

/// Every source of the library and of its tests, one after the other.
pub(crate) fn all_sources() -> String {
    ["runtime", "tests"]
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// None where there is no such folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
