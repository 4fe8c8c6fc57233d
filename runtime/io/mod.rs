//! The io traits and what is built on them.
