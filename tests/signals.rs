//! Signals: each listener is told of each, whatever runtime it is of and whatever runtimes have
//! come and gone.
//!
//! A signal is the whole process's, and so is its handler: each test runs in a process of its own.
#![cfg(all(unix, not(loom)))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[path = "signals/handlers.rs"]
mod handlers;
#[path = "signals/listening.rs"]
mod listening;
#[path = "signals/process.rs"]
mod process;
#[path = "signals/runtimes.rs"]
mod runtimes;

/// Each function becomes a module with one test per scheduler, each in a process of its own.
macro_rules! each_alone {
    ($($(#[$attribute:meta])* fn $name:ident($on:ident) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            fn body($on: $crate::flavors::On) $body

            fn run(scheduler: &str, on: $crate::flavors::On) {
                let path = concat!(module_path!(), "::").split_once("::").unwrap().1;
                let name = format!("{path}{scheduler}");
                $crate::flavors::alone(&name, || $crate::flavors::bounded(move || body(on)));
            }

            #[test]
            fn current_thread() {
                run("current_thread", $crate::flavors::On::CurrentThread);
            }

            #[test]
            fn one_worker() {
                run("one_worker", $crate::flavors::On::Workers(1));
            }

            #[test]
            fn two_workers() {
                run("two_workers", $crate::flavors::On::Workers(2));
            }
        }
    )*};
}
use each_alone;
