//! The traits of `futures` for connections of a simulation. `io::compat` says how.

use crate::io::compat::direct::{readers, writers};
use crate::sim::net::Stream;

readers! {
    [] Stream;
}

writers! {
    [] Stream;
}
