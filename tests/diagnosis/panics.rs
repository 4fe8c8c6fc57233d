//! A panic whose task has no `JoinHandle` any more is logged; any other is not.

use std::panic::Location;

use wakeful::runtime::Runtime;
use wakeful::task::{self, JoinSet};

use crate::flavors::On;
use crate::{child, is_inside, said};

/// The lines that are ours.
fn lines(text: &str) -> Vec<&str> {
    let ours = text.lines().filter(|line| line.starts_with("wakeful: "));
    ours.collect()
}

#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

const EACH: [On; 2] = [On::CurrentThread, On::Workers(2)];

/// Runs the runtime until the panics have happened and their outcomes are gone.
fn settle(runtime: &Runtime) {
    runtime.block_on(async {
        while wakeful::runtime::Handle::current().dump().tasks().len() > 1 {
            task::yield_now().await;
        }
    });
}

#[test]
fn it_names_the_task_and_the_place() {
    let spawned_at = line() + 7;
    if is_inside() {
        for on in EACH {
            let runtime = on.runtime();
            let _entered = runtime.enter();
            let named = task::Builder::new()
                .name("the one")
                .spawn(async { panic!("so {}", "far") });
            drop(named.unwrap());
            settle(&runtime);
        }
        return;
    }
    let text = said(
        &child("panics::it_names_the_task_and_the_place")
            .output()
            .unwrap(),
    );
    let lines = lines(&text);
    assert_eq!(lines.len(), EACH.len(), "{text}");
    for line in lines {
        assert!(line.contains(" \"the one\", spawned at "), "{line}");
        assert!(
            line.contains(&format!("{}:{spawned_at}:", file!())),
            "{line}"
        );
        assert!(line.contains("panicked with message \"so far\""), "{line}");
    }
}

/// The handle goes before the panic, after it, and with a set of them; a blocking call; the drop
/// of an output.
#[test]
fn whenever_the_handle_is_dropped() {
    if is_inside() {
        for on in EACH {
            let runtime = on.runtime();
            drop(runtime.spawn(async { panic!("before") }));
            settle(&runtime);
            let handle = runtime.spawn(async { panic!("after") });
            settle(&runtime);
            drop(handle);
            let mut set = JoinSet::new();
            set.spawn_on(async { panic!("set") }, runtime.handle());
            settle(&runtime);
            drop(set);
            let call = runtime.spawn_blocking(|| panic!("call"));
            let abort = call.abort_handle();
            drop(call);
            runtime.block_on(crate::flavors::until(|| abort.is_finished()));
        }
        return;
    }
    let text = said(
        &child("panics::whenever_the_handle_is_dropped")
            .output()
            .unwrap(),
    );
    let lines = lines(&text);
    let with = |message: &str| {
        let quoted = format!("message {message:?}");
        lines.iter().filter(|line| line.contains(&quoted)).count()
    };
    for message in ["before", "after", "set", "call"] {
        assert_eq!(with(message), EACH.len(), "{message}: {text}");
    }
}

/// Awaited, or taken by a set: whoever got the error knows.
#[test]
fn not_if_somebody_observes_it() {
    if is_inside() {
        for on in EACH {
            let runtime = on.runtime();
            let _entered = runtime.enter();
            let named = || task::Builder::new().name("seen");
            let handle = named().spawn(async { panic!("awaited") }).unwrap();
            assert!(runtime.block_on(handle).unwrap_err().is_panic());
            let mut set = JoinSet::new();
            set.spawn(async { panic!("joined") });
            let joined = runtime.block_on(set.join_next()).unwrap();
            assert!(joined.unwrap_err().is_panic());
            let aborted = runtime.spawn(std::future::pending::<()>());
            aborted.abort();
            drop(aborted);
            settle(&runtime);
        }
        return;
    }
    let text = said(
        &child("panics::not_if_somebody_observes_it")
            .output()
            .unwrap(),
    );
    assert!(text.contains("awaited"), "the panic hook speaks: {text}");
    assert_eq!(lines(&text), Vec::<&str>::new(), "{text}");
}
