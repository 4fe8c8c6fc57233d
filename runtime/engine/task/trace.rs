//! Spans and events for the `tracing` crates, under the names that tokio's tools know.
//!
//! Called by `cell.rs` for each task that is made and by `waker.rs` for each waker; compiled with
//! the feature `tracing` alone. A task's future is wrapped in a span: `runtime.spawn`, entered
//! while it is polled and while it is dropped. The span's id lies in the task's header, so that the
//! events of its wakers (`waker.clone`, `waker.wake`, `waker.wake_by_ref`, `waker.drop`) can name
//! it. A subscriber is user code: it is called where wakers are, outside of every lock.
//!
//! Absent: spans of locks, timers and channels.

use std::cell::RefCell;
use std::future::Future;
use std::panic::Location;

use tracing::instrument::Instrument;

use super::header::Header;
use crate::primitives::atomic::Ordering::Relaxed;

pub(crate) use tracing::instrument::Instrumented as Traced;

thread_local! {
    /// What the next task made on this thread is called.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `spawn`, whose task gets this name.
pub(crate) fn named<R>(name: &str, spawn: impl FnOnce() -> R) -> R {
    let _ = NAME.try_with(|slot| slot.replace(name.to_owned()));
    let spawned = spawn();
    let _ = NAME.try_with(RefCell::take);
    spawned
}

/// Wraps a task's future. Also the number of its span: 0, if nobody wants it.
pub(super) fn wrap<F: Future>(
    future: F,
    kind: &'static str,
    id: u64,
    spawned: &'static Location<'static>,
) -> (Traced<F>, u64) {
    let name = NAME.try_with(RefCell::take).unwrap_or_default();
    macro_rules! span {
        ($target:literal) => {
            tracing::trace_span!(
                target: $target,
                parent: None,
                "runtime.spawn",
                %kind,
                task.name = %name,
                task.id = id,
                size.bytes = size_of::<F>(),
                loc.file = spawned.file(),
                loc.line = spawned.line(),
                loc.col = spawned.column(),
            )
        };
    }
    let span = match kind {
        "blocking" => span!("tokio::task::blocking"),
        _ => span!("tokio::task"),
    };
    let number = span.id().map_or(0, |id| id.into_u64());
    (future.instrument(span), number)
}

/// Something happened to a waker of the task.
pub(super) fn waker(header: &Header, op: &'static str) {
    let span = header.span.load(Relaxed);
    if span != 0 {
        tracing::trace!(target: "tokio::task::waker", op, task.id = span);
    }
}
