//! Panics that nobody can learn of any more: the task's `JoinHandle` is gone. They are logged.
//!
//! Called where a task's outcome is dropped instead of given to somebody (`ending.rs`). The line on
//! stderr says what the panic hook cannot: which task it was, what it is called, and where it was
//! spawned. A task's name is forgotten with its future, so whoever keeps names leaves that of a
//! task that panics here, until its outcome is taken or dropped.
//!
//! Absent: a policy. `UnhandledPanic` says what else happens.

use std::collections::BTreeMap;
use std::panic::Location;

use super::Id;
use super::ending::{Payload, quietly};
use crate::primitives::Mutex;

/// Of tasks that have panicked and whose outcome is still there.
#[cfg(not(loom))]
static NAMES: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());

#[cfg(loom)]
fn with_names<R>(f: impl FnOnce(&mut BTreeMap<u64, String>) -> R) -> R {
    f(&mut Mutex::new(BTreeMap::new()).lock())
}

#[cfg(not(loom))]
fn with_names<R>(f: impl FnOnce(&mut BTreeMap<u64, String>) -> R) -> R {
    f(&mut NAMES.lock())
}

/// The task that is panicking has this name.
pub(crate) fn remember_name(id: Id, name: &str) {
    let name = name.to_owned();
    with_names(|names| names.insert(id.number(), name));
}

/// The name of a task whose outcome goes away now.
#[cold]
pub(super) fn take_name(id: Id) -> Option<String> {
    with_names(|names| names.remove(&id.number()))
}

/// Says that a panic came to nobody's notice.
#[cold]
pub(super) fn report(id: Id, spawned: &Location<'_>, payload: &Payload) {
    let name = match take_name(id) {
        Some(name) => format!(" {name:?}"),
        None => String::new(),
    };
    let said = match payload.downcast_ref::<String>() {
        Some(said) => Some(said.as_str()),
        None => payload.downcast_ref::<&'static str>().copied(),
    };
    let said = match said {
        Some(said) => format!(" with message {said:?}"),
        None => String::new(),
    };
    let text = format!(
        "task #{id}{name}, spawned at {spawned}, panicked{said}, and nobody can observe it: its \
         JoinHandle is gone"
    );
    // A stderr that is closed is no reason to panic here.
    quietly(|| eprintln!("wakeful: {text}"));
    #[cfg(not(loom))]
    if let Some(also) = ALSO.get() {
        also(text);
    }
}

/// Who is told besides stderr.
#[cfg(not(loom))]
static ALSO: std::sync::OnceLock<fn(String)> = std::sync::OnceLock::new();

/// From now on `f` is told, too.
#[cfg(not(loom))]
pub(crate) fn also_tell(f: fn(String)) {
    let _ = ALSO.set(f);
}
