//! Several calls into code of others, each of which may panic: none keeps the next from being made.
//!
//! Called by whatever wakes several wakers or drops several values; calls nothing.
//!
//! Absent: any handling. The first panic goes on when all is done, the others are forgotten.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The first panic of several calls.
#[must_use = "the panic is to go on"]
#[derive(Default)]
pub(crate) struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    /// Makes a call, and keeps its panic if it is the first.
    pub(crate) fn run(&mut self, call: impl FnOnce()) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
            match self.0 {
                None => self.0 = Some(payload),
                // Its drop is code of others, too, and might panic once more.
                Some(_) => std::mem::forget(payload),
            }
        }
    }

    /// Drops these values, one after the other.
    pub(crate) fn drop_all<T>(&mut self, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.run(|| drop(value));
        }
    }

    /// Lets the first panic go on.
    pub(crate) fn resume(self) {
        if let Some(payload) = self.0 {
            resume_unwind(payload);
        }
    }
}
