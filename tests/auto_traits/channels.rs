//! `sync::mpsc`, `sync::broadcast`, `sync::watch`.
