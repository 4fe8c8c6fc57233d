//! Manifests: the name of this crate is found however the dependency is written, among whatever.

use proptest::prelude::*;

use super::{config, corpus};
use crate::manifest::{imported_as, names_tokio};

const REGRESSIONS: &str = "proptest-regressions/manifests.txt";

/// Tables that say nothing of dependencies, with all that could lead a reader astray.
const NOISE: &[&str] = &[
    "[package]\nname = \"a\" # [dependencies]\n",
    "[features]\nwakeful = [\"]\", '[dependencies]',\n # ]\n]\n",
    "[package.metadata.x]\na = \"\"\"\n[dependencies]\nrt = { package = \"wakeful\" }\n\"\"\"\n",
    "[package.metadata.y]\na = '''\n[dependencies.wakeful]\n'''\n",
    "[[bin]]\nname = \"wakeful\"\r\n",
    "[profile.release]\nlto = true\nopt-level = 3\n",
    "[lints.rust]\nunexpected_cfgs = { level = \"warn\", check-cfg = ['cfg(a)'] }\n",
    "[patch.crates-io]\nwakeful = { path = \"x\" }\n",
    "[package.metadata.z]\nwhen = 1979-05-27T07:32:00Z\ntext = \"a \\\" # b\"\n",
];

/// The dependency under its name, in each way to write one.
fn dependency(table: &str, name: &str, style: u8) -> String {
    match style % 7 {
        0 => format!("[{table}]\n{name} = {{ package = \"wakeful\", version = \"0.1\" }}\n"),
        1 => format!("[{table}.{name}]\nversion = \"0.1\"\npackage = 'wakeful'\n"),
        2 => format!("[{table}]\n{name}.version = \"1\" # x\n{name}.package = \"wakeful\"\n"),
        3 => format!("[ {table} . \"{name}\" ]\r\npackage = \"wakeful\"\r\n"),
        4 => format!(
            "[{table}]\nother = {{ version = \"1\", features = [\"}}\", \"a\"] }}\n\
             {name} = {{ features = [\"a\", ], package = \"wakeful\" }}\n"
        ),
        5 => format!("[target.'cfg(any(a, b = \"]\"))'.{table}.{name}]\npackage = \"wakeful\"\n"),
        _ => format!("[{table}]\n\"{name}\" = {{ path = 'a\\', package = \"wakeful\" }}"),
    }
}

fn check_any(text: &str) {
    let name = imported_as(text, || Some(text.to_owned()));
    assert!(name.is_none_or(|name| !name.is_empty()));
    let _ = names_tokio(text);
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn the_name_is_found_among_whatever(
        noise in prop::collection::vec(prop::sample::select(NOISE), 0..6),
        at in any::<usize>(), style in any::<u8>(), name in "[a-z][a-z0-9_-]{0,6}",
        is_dev in any::<bool>(),
    ) {
        let table = if is_dev { "dev-dependencies" } else { "dependencies" };
        let mut parts: Vec<String> = noise.iter().map(|&text| text.to_owned()).collect();
        let at = at % (parts.len() + 1);
        parts.insert(at, dependency(table, &name, style) + "\n");
        let manifest = parts.concat();
        let found = imported_as(&manifest, || None);
        prop_assert_eq!(found, Some(name.replace('-', "_")), "{}", manifest);
        prop_assert_eq!(names_tokio(&manifest), name == "tokio");
    }

    #[test]
    fn any_text_comes_to_an_end(
        noise in prop::collection::vec(prop::sample::select(NOISE), 0..4),
        style in any::<u8>(),
        slips in prop::collection::vec((any::<usize>(), "[\\[\\]{}=.,#\"'\\\\\n é]{0,3}"), 1..8),
    ) {
        let mut text = noise.concat() + &dependency("dependencies", "rt", style);
        for (at, slip) in slips {
            let at = text.floor_of(at % (text.len() + 1));
            let end = text.floor_of((at + slip.len()).min(text.len())).max(at);
            text.replace_range(at..end, &slip);
        }
        check_any(&text);
    }

    #[test]
    fn any_marks_come_to_an_end(text in "[\\[\\]{}=.,#\"'\\\\\n\r aé0]{0,40}") {
        check_any(&text);
    }
}

/// The nearest place at or before an index where a string may be cut.
trait Floor {
    fn floor_of(&self, at: usize) -> usize;
}

impl Floor for String {
    fn floor_of(&self, mut at: usize) -> usize {
        while !self.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Line ends are written as `\n`. Valid is what imports us.
#[test]
fn the_corpus_of_manifests() {
    for (imports, input) in corpus(include_str!("../../corpus/manifests.txt")) {
        let text = input.replace("\\n", "\n");
        check_any(&text);
        assert_eq!(imported_as(&text, || None).is_some(), imports, "{input}");
    }
}
