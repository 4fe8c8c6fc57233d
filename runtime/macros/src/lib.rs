//! `#[main]` and `#[test]`, on the bare `proc_macro` crate: no `syn`, no `quote`.
