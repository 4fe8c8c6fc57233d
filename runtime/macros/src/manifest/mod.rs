//! Under which name the user's program knows this crate.
//!
//! A procedural macro is not told by which path it was called, and has no `$crate`. But its
//! process is told where the manifest of the crate at work is, and a rename is written there:
//! `tokio = { package = "wakeful", … }`, or the same inherited from the workspace.

use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::{Entry, Value};

mod toml;

/// The name to find.
const PACKAGE: &str = "wakeful";

/// The package that passes us on under tokio's name. Whoever calls our macros and does not import
/// us has been patched to import that.
const FACADE: &str = "tokio";

/// The name by which the crate that is compiled imported us: what follows the `::` in a path.
pub(crate) fn crate_name() -> String {
    let name = read().and_then(|(directory, manifest)| {
        imported_as(&manifest, || workspace_manifest(&directory, &manifest))
    });
    // Without a manifest, as under other build systems, there are no renames to know of.
    name.unwrap_or_else(|| PACKAGE.to_owned())
}

/// True if an attribute may have been written under tokio's name: then it promises what tokio's
/// does and no more.
pub(crate) fn may_be_called_tokio() -> bool {
    read().is_some_and(|(_, manifest)| names_tokio(&manifest))
}

pub(crate) fn names_tokio(manifest: &str) -> bool {
    let named = dependencies(&toml::entries(manifest), false);
    named.iter().any(|dependency| dependency.name == FACADE)
}

/// The manifest of the crate at work, and where it is.
fn read() -> Option<(PathBuf, String)> {
    let directory = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)?;
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).ok()?;
    Some((directory, manifest))
}

/// The text of the manifest with the `[workspace]` table that `directory` belongs to.
fn workspace_manifest(directory: &Path, manifest: &str) -> Option<String> {
    for entry in toml::entries(manifest) {
        match (entry.path_str().as_slice(), &entry.value) {
            (["workspace", ..], _) => return Some(manifest.to_owned()),
            (["package", "workspace"], Value::Text(root)) => {
                return fs::read_to_string(directory.join(root).join("Cargo.toml")).ok();
            }
            _ => {}
        }
    }
    let above = directory.ancestors().skip(1);
    above
        .filter_map(|parent| fs::read_to_string(parent.join("Cargo.toml")).ok())
        .find(|text| {
            let is_root = |entry: &Entry| entry.path[0] == "workspace";
            toml::entries(text).iter().any(is_root)
        })
}

/// The name under which `manifest` imports us, if it does.
pub(crate) fn imported_as(
    manifest: &str,
    workspace: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let entries = toml::entries(manifest);
    let mut dependencies = dependencies(&entries, false);
    if dependencies.iter().any(|dependency| dependency.inherits) {
        let root = toml::entries(&workspace().unwrap_or_default());
        let shared = self::dependencies(&root, true);
        for dependency in dependencies.iter_mut().filter(|d| d.inherits) {
            let same = shared.iter().find(|d| d.name == dependency.name);
            dependency.package = same.and_then(|d| d.package.clone());
        }
    }
    // What the library may name comes before what only its tests may; our own name before others.
    let best = |package| {
        let named = dependencies.iter().filter(move |d| d.package() == package);
        named.min_by_key(|d| (d.table, d.name != PACKAGE))
    };
    let own = || {
        let is_us = |entry: &&Entry| {
            entry.path_str() == ["package", "name"] && entry.value == Value::Text(PACKAGE.into())
        };
        entries.iter().find(is_us).map(|_| PACKAGE.to_owned())
    };
    let name = |dependency: &Dependency| dependency.name.replace('-', "_");
    let facade = || best(FACADE).map(name);
    best(PACKAGE).map(name).or_else(own).or_else(facade)
}

struct Dependency {
    name: String,
    /// Which of [`TABLES`] it is in.
    table: usize,
    /// The package behind it, if that has another name.
    package: Option<String>,
    /// The workspace says the rest.
    inherits: bool,
}

impl Dependency {
    fn package(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.name)
    }
}

const TABLES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

/// The dependencies of a package, or those its workspace shares.
fn dependencies(entries: &[Entry], of_workspace: bool) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    for entry in entries {
        let path = entry.path_str();
        let path = match path.as_slice() {
            ["workspace", rest @ ..] if of_workspace => rest,
            _ if of_workspace => continue,
            ["target", _, rest @ ..] => rest,
            path => path,
        };
        let [table, name, details @ ..] = path else {
            continue;
        };
        let Some(table) = TABLES.iter().position(|known| known == table) else {
            continue;
        };
        let known = found
            .iter()
            .position(|d| d.table == table && d.name == *name);
        let at = known.unwrap_or_else(|| {
            found.push(Dependency {
                name: (*name).to_owned(),
                table,
                package: None,
                inherits: false,
            });
            found.len() - 1
        });
        match (details, &entry.value) {
            (["package"], Value::Text(package)) => found[at].package = Some(package.clone()),
            (["workspace"], Value::Flag(true)) => found[at].inherits = true,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(manifest: &str) -> Option<String> {
        imported_as(manifest, || panic!("the workspace is not asked"))
    }

    #[test]
    fn the_name_is_found_in_each_way_to_write_a_dependency() {
        let table = [
            ("[dependencies]\nwakeful = \"0.1\"", "wakeful"),
            (
                "[dependencies]\nwakeful = { version = \"0.1\", features = [\"full\"] }",
                "wakeful",
            ),
            (
                "[dependencies]\ntokio = { package = \"wakeful\", version = \"0.1\" }",
                "tokio",
            ),
            (
                "[dependencies]\ntokio.package = \"wakeful\"\ntokio.version = \"0.1\"",
                "tokio",
            ),
            ("dependencies.tokio.package = 'wakeful'", "tokio"),
            (
                "dependencies = { tokio = { package = 'wakeful' } }",
                "tokio",
            ),
            (
                "[dependencies.my-rt]\nversion = \"0.1\"\npackage = \"wakeful\"",
                "my_rt",
            ),
            (
                "[ dependencies . \"tokio\" ] # why\npackage = \"wakeful\"",
                "tokio",
            ),
            ("[dev-dependencies]\nrt = { package = \"wakeful\" }", "rt"),
            (
                "[target.'cfg(unix)'.dependencies]\nrt = { package = \"wakeful\" }",
                "rt",
            ),
            (
                "[target.\"cfg(any(a = \\\"b\\\"))\".dependencies.rt]\npackage = \"wakeful\"",
                "rt",
            ),
            ("[package]\nname = \"wakeful\"", "wakeful"),
            // The facade, when nothing imports us by our name.
            ("[dependencies]\ntokio = \"1\"", "tokio"),
            ("[dependencies]\nrt = { package = \"tokio\" }", "rt"),
            ("[dependencies]\ntokio = \"1\"\nwakeful = \"1\"", "wakeful"),
        ];
        for (manifest, expected) in table {
            assert_eq!(name(manifest).as_deref(), Some(expected), "{manifest}");
        }
    }

    #[test]
    fn tokio_is_a_name_whatever_is_behind_it() {
        let table = [
            ("[dependencies]\nwakeful = \"1\"", false),
            ("[dependencies]\ntokio = { package = \"wakeful\" }", true),
            (
                "[dependencies]\nwakeful = \"1\"\n[dev-dependencies]\ntokio = \"1\"",
                true,
            ),
            ("[dependencies]\nrt = { package = \"wakeful\" }", false),
            ("[dependencies]\nrt = { package = \"tokio\" }", false),
        ];
        for (manifest, expected) in table {
            assert_eq!(names_tokio(manifest), expected, "{manifest}");
        }
    }

    #[test]
    fn other_packages_and_tables_do_not_count() {
        let table = [
            "",
            "[dependencies]\nwakeful = { package = \"other\" }",
            "[features]\nwakeful = []",
            "[package.metadata.dependencies]\nwakeful = \"1\"",
            "[workspace.dependencies]\nwakeful = \"1\"",
            "[dependencies]\na = \"\"\"\nwakeful = 1\n\"\"\"",
            "[dependencies]\n# wakeful = \"1\"",
            "[patch.crates-io]\nwakeful = { path = \"x\" }",
        ];
        for manifest in table {
            assert_eq!(name(manifest), None, "{manifest}");
        }
    }

    #[test]
    fn the_library_may_not_name_what_only_its_tests_have() {
        let manifest = "[dev-dependencies]\nwakeful = \"1\"\n\
                        [dependencies]\nb = { package = \"wakeful\" }\nwakeful = { path = \"x\" }";
        assert_eq!(name(manifest).as_deref(), Some("wakeful"));
        let manifest = "[dev-dependencies]\nwakeful = \"1\"\n\
                        [dependencies]\nb = { package = \"wakeful\" }";
        assert_eq!(name(manifest).as_deref(), Some("b"));
    }

    #[test]
    fn a_rename_is_inherited_from_the_workspace() {
        let member = "[dependencies]\ntokio = { workspace = true, features = [\"rt\"] }";
        let root = "[workspace.dependencies]\ntokio = { package = \"wakeful\", path = \"x\" }";
        let found = imported_as(member, || Some(root.to_owned()));
        assert_eq!(found.as_deref(), Some("tokio"));
        let member = "[dependencies]\ntokio.workspace = true\nwakeful.workspace = true";
        let root = "[workspace.dependencies]\ntokio = \"1\"\n[workspace.dependencies.wakeful]\n";
        let found = imported_as(member, || Some(root.to_owned()));
        assert_eq!(found.as_deref(), Some("wakeful"));
        let found = imported_as("[dependencies]\nrt.workspace = true", || None);
        assert_eq!(found, None);
    }

    #[test]
    fn the_workspace_root_is_found_above_the_member() {
        let root = env::temp_dir().join(format!("wakeful-macros-{}", std::process::id()));
        let member = root.join("crates/member");
        fs::create_dir_all(&member).unwrap();
        let text = "[workspace]\nmembers = [\"crates/*\"]";
        fs::write(root.join("Cargo.toml"), text).unwrap();
        let plain = "[package]\nname = \"member\"";
        assert_eq!(workspace_manifest(&member, plain).as_deref(), Some(text));
        let pointing = "[package]\nworkspace = \"../..\"";
        assert_eq!(workspace_manifest(&member, pointing).as_deref(), Some(text));
        let own = "[package]\nname = \"a\"\n[workspace]\nresolver = \"3\"";
        assert_eq!(workspace_manifest(&member, own).as_deref(), Some(own));
        fs::remove_dir_all(&root).unwrap();
    }
}
