//! Names of a crate's interface: read from its documentation, and from a list.
//!
//! A page of rustdoc's is an item, and its anchors are the item's methods, variants, fields and
//! implementations. A line of a list is `path kind: members; traits`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What rustdoc's pages begin with.
pub(crate) const KINDS: [&str; 9] = [
    "struct", "enum", "trait", "fn", "macro", "attr", "type", "constant", "union",
];

/// Anchors of members.
const MEMBERS: [&str; 6] = [
    "method.",
    "tymethod.",
    "variant.",
    "structfield.",
    "associatedconstant.",
    "associatedtype.",
];

/// What every type has, or what says nothing about an interface. Auto traits have the same anchor
/// whether a type has them or not; they have a test of their own.
const BLANKET: [&str; 20] = [
    "Freeze",
    "UnsafeUnpin",
    "StructuralPartialEq",
    "Drop",
    "Send",
    "Sync",
    "Unpin",
    "UnwindSafe",
    "RefUnwindSafe",
    "Any",
    "Borrow",
    "BorrowMut",
    "CloneToUninit",
    "Into",
    "ToOwned",
    "TryInto",
    "IntoFuture",
    "ToString",
    "Instrument",
    "WithSubscriber",
];

#[derive(Default)]
struct Item {
    kind: String,
    members: BTreeSet<String>,
    traits: BTreeSet<String>,
}

/// The items of a crate, by path.
#[derive(Default)]
pub(crate) struct Names {
    items: BTreeMap<String, Item>,
}

impl Names {
    /// Reads the pages below `folder`.
    pub(crate) fn document(folder: &Path) -> Self {
        let mut names = Self::default();
        names.walk(folder, "");
        assert!(!names.items.is_empty(), "no documentation in {folder:?}");
        names
    }

    fn walk(&mut self, folder: &Path, module: &str) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.is_dir() {
                self.walk(&path, &format!("{module}{name}::"));
                continue;
            }
            let Some((kind, name)) = name.strip_suffix(".html").and_then(|n| n.split_once('.'))
            else {
                continue;
            };
            if !KINDS.contains(&kind) || name.ends_with('!') {
                continue;
            }
            let page = fs::read_to_string(&path).expect("a page is text");
            // A page of a private module only sends the reader on.
            if !page.contains("http-equiv=\"refresh\"") {
                self.items
                    .insert(format!("{module}{name}"), Item::read(kind, &page));
            }
        }
    }

    /// Reads a list.
    pub(crate) fn parse(list: &str) -> Self {
        let items = list.lines().map(|line| {
            let (head, rest) = line
                .split_once(':')
                .map_or((line, ""), |_| split_head(line));
            let (path, kind) = head.rsplit_once(' ').expect("a line is `path kind: …`");
            let (members, traits) = rest.split_once(';').unwrap_or((rest, ""));
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let item = Item {
                kind: kind.to_owned(),
                members: words(members),
                traits: words(traits),
            };
            (path.to_owned(), item)
        });
        Self {
            items: items.collect(),
        }
    }

    /// As a list.
    pub(crate) fn to_text(&self) -> String {
        let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        let lines = self.items.iter().map(|(path, item)| {
            let (members, traits) = (words(&item.members), words(&item.traits));
            format!("{path} {}: {members}; {traits}\n", item.kind)
        });
        lines.collect()
    }

    /// What is here and not there.
    pub(crate) fn without(mut self, other: &Names) -> Self {
        for (path, item) in &mut self.items {
            if let Some(known) = other.items.get(path) {
                item.members.retain(|name| !known.members.contains(name));
                item.traits.retain(|name| !known.traits.contains(name));
            }
        }
        self.items.retain(|path, item| {
            let is_more = !item.members.is_empty() || !item.traits.is_empty();
            is_more || !other.items.contains_key(path)
        });
        self
    }

    /// Every item, then its members as `path::name`, then its traits as `Trait for path`.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> + '_ {
        self.items.iter().flat_map(|(path, item)| {
            let members = item
                .members
                .iter()
                .map(move |name| format!("{path}::{name}"));
            let traits = item
                .traits
                .iter()
                .map(move |name| format!("{name} for {path}"));
            members.chain(traits).chain([path.clone()])
        })
    }

    /// Whether a name as [`all`](Self::all) gives it is among these.
    pub(crate) fn has(&self, name: &str) -> bool {
        if let Some((name, path)) = name.split_once(" for ") {
            return self
                .item(path)
                .is_some_and(|item| item.traits.contains(name));
        }
        let member = || {
            let (path, member) = name.rsplit_once("::")?;
            Some(self.item(path)?.members.contains(member))
        };
        self.item(name).is_some() || member().unwrap_or(false)
    }

    /// The item of this path. One that a public module of it passes on has its page there.
    fn item(&self, path: &str) -> Option<&Item> {
        let passed_on = || {
            let (module, name) = path.rsplit_once("::")?;
            let below = |known: &str| {
                let between = known.strip_prefix(module)?.strip_suffix(name)?;
                between
                    .starts_with("::")
                    .then_some(between.matches("::").count() == 2)
            };
            let mut found = self
                .items
                .iter()
                .filter(|(known, _)| below(known) == Some(true));
            found.next().map(|(_, item)| item)
        };
        self.items.get(path).or_else(passed_on)
    }
}

/// Paths have colons of their own: the head ends at the first one that stands alone.
fn split_head(line: &str) -> (&str, &str) {
    let bytes = line.as_bytes();
    let alone = |&at: &usize| {
        bytes[at] == b':' && bytes.get(at + 1) != Some(&b':') && bytes[at - 1] != b':'
    };
    match (1..bytes.len()).find(alone) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, ""),
    }
}

impl Item {
    fn read(kind: &str, page: &str) -> Self {
        let mut item = Self {
            kind: kind.to_owned(),
            ..Self::default()
        };
        let is_trait = kind == "trait";
        // Behind these are the methods of traits, and of what a type derefs to.
        let mut own = true;
        for anchor in page.split(" id=\"").skip(1) {
            let anchor = anchor.split('"').next().unwrap_or_default();
            own &= !anchor.starts_with("deref-methods");
            own &= !anchor.ends_with("-implementations") && anchor != "implementors";
            if let Some(member) = MEMBERS.iter().find_map(|kind| anchor.strip_prefix(kind)) {
                // The second of a name has a number.
                let name = member.split(['-', '.']).next().unwrap_or(member);
                if own {
                    item.members.insert(name.to_owned());
                }
            } else if let Some(implementation) = anchor.strip_prefix("impl-") {
                let Some((name, target)) = implementation.split_once("-for-") else {
                    continue;
                };
                let name = name.split("%3C").next().unwrap_or(name);
                let name = name.replace("%21", "!");
                let is_general = target.starts_with('T') && target.len() <= 3;
                let is_blanket = BLANKET.contains(&name.as_str());
                // On a trait's page, who implements it is on the pages of those.
                if !is_trait && !is_general && !is_blanket {
                    item.traits.insert(name);
                }
            }
        }
        item
    }
}

/// Whether `pattern` is `name`, where a `*` stands for anything.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut is_open = false;
    for part in parts {
        is_open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (is_open && pattern.ends_with('*'))
}
