//! The traits of `futures` for files. `io::compat` says how, and why seeking takes its wrapper.

use crate::fs::File;
use crate::io::compat::direct::{readers, writers};

readers! {
    [] File;
}

writers! {
    [] File;
}
