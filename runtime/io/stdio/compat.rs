//! The traits of `futures` for the streams of the process. `io::compat` says how.

use crate::io::compat::direct::{readers, writers};
use crate::io::{Stderr, Stdin, Stdout};

readers! {
    [] Stdin;
}

writers! {
    [] Stdout;
    [] Stderr;
}
