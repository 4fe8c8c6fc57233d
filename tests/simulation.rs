//! `wakeful::sim`: what the seed decides, what is inside, and what a failure says.
#![cfg(not(loom))]

#[path = "simulation/attribute.rs"]
mod attribute;
#[path = "simulation/failures.rs"]
mod failures;
#[path = "simulation/inside.rs"]
mod inside;
#[path = "simulation/net.rs"]
mod net;
#[path = "simulation/seeds.rs"]
mod seeds;
