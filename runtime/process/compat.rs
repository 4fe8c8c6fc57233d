//! The traits of `futures` for the pipes of a child. `io::compat` says how.

use crate::io::compat::direct::{readers, writers};
use crate::process::{ChildStderr, ChildStdin, ChildStdout};

readers! {
    [] ChildStdout;
    [] ChildStderr;
}

writers! {
    [] ChildStdin;
}
