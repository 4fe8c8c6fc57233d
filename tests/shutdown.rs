//! A runtime that ends, in every state: nothing is lost, leaked, dropped twice or waited for too
//! long (R2, R19, R20, R24, R50). What holds on any scheduler is in `suite/shutdown.rs`, too.
#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_macros,
    reason = "shared with the suite, which uses all of it"
)]
#[path = "suite/flavors.rs"]
#[macro_use]
mod flavors;

#[path = "shutdown/drops.rs"]
mod drops;
#[path = "shutdown/in_place.rs"]
mod in_place;
#[path = "blocked/plug.rs"]
#[allow(dead_code, reason = "shared with tests/blocked.rs")]
mod plug;
#[path = "shutdown/races.rs"]
mod races;
#[path = "shutdown/resources.rs"]
mod resources;
#[path = "shutdown/states.rs"]
mod states;
