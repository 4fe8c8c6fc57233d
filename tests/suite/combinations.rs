//! Products of what can happen to one task: where it panics x when it is aborted and through what
//! x what becomes of its handle.
//!
//! | part | values |
//! |---|---|
//! | panic | nowhere, in poll, in the future's drop, in both, in the output's drop |
//! | abort | never, before the first poll, while pending, after completion |
//! | through | the join handle, an abort handle |
//! | handle | dropped at once, while pending, after completion; awaited |
//! | polled | the handle was polled before, or not |
//!
//! In each: the result is as told by [`expected`], future and output are dropped exactly once, and
//! the runtime goes on.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use wakeful::runtime::Runtime;
use wakeful::task::JoinHandle;

use crate::flavors::{Gate, poll_once, until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PanicIn {
    Nothing,
    Poll,
    FutureDrop,
    PollAndDrop,
    OutputDrop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Abort {
    Never,
    BeforePoll,
    WhilePending,
    AfterCompletion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Through {
    Join,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handle {
    DroppedAtOnce,
    DroppedWhilePending,
    DroppedAfterCompletion,
    Awaited,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    panic: PanicIn,
    abort: Abort,
    through: Through,
    handle: Handle,
    polled: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Output,
    Panicked,
    Cancelled,
}

fn expected(case: Case) -> Outcome {
    let cut_short = matches!(case.abort, Abort::BeforePoll | Abort::WhilePending);
    match case.panic {
        // Whoever dropped the future reports its panic.
        PanicIn::FutureDrop | PanicIn::PollAndDrop => Outcome::Panicked,
        _ if cut_short => Outcome::Cancelled,
        PanicIn::Poll => Outcome::Panicked,
        PanicIn::Nothing | PanicIn::OutputDrop => Outcome::Output,
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for panic in [
        PanicIn::Nothing,
        PanicIn::Poll,
        PanicIn::FutureDrop,
        PanicIn::PollAndDrop,
        PanicIn::OutputDrop,
    ] {
        for abort in [
            Abort::Never,
            Abort::BeforePoll,
            Abort::WhilePending,
            Abort::AfterCompletion,
        ] {
            for through in [Through::Join, Through::Abort] {
                for handle in [
                    Handle::DroppedAtOnce,
                    Handle::DroppedWhilePending,
                    Handle::DroppedAfterCompletion,
                    Handle::Awaited,
                ] {
                    for polled in [false, true] {
                        cases.push(Case {
                            panic,
                            abort,
                            through,
                            handle,
                            polled,
                        });
                    }
                }
            }
        }
    }
    cases
}

/// How often the parts of a subject were dropped.
#[derive(Default)]
struct Drops {
    future: AtomicUsize,
    output: AtomicUsize,
    made: AtomicUsize,
}

struct Output {
    drops: Arc<Drops>,
    panics: bool,
}

impl Drop for Output {
    fn drop(&mut self) {
        self.drops.output.fetch_add(1, SeqCst);
        if self.panics {
            panic!("output's drop");
        }
    }
}

/// Pending at its first poll, and until released.
struct Subject {
    panic: PanicIn,
    pending: Gate,
    release: Gate,
    drops: Arc<Drops>,
}

impl Future for Subject {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let released = self.release.poll(cx);
        self.pending.open();
        if released.is_pending() {
            return Poll::Pending;
        }
        if matches!(self.panic, PanicIn::Poll | PanicIn::PollAndDrop) {
            panic!("poll");
        }
        self.drops.made.fetch_add(1, SeqCst);
        Poll::Ready(Output {
            drops: self.drops.clone(),
            panics: self.panic == PanicIn::OutputDrop,
        })
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.drops.future.fetch_add(1, SeqCst);
        if matches!(self.panic, PanicIn::FutureDrop | PanicIn::PollAndDrop) {
            panic!("future's drop");
        }
    }
}

async fn check(case: Case) {
    let (pending, release) = (Gate::default(), Gate::default());
    let drops = Arc::new(Drops::default());
    let handle = wakeful::spawn(Subject {
        panic: case.panic,
        pending: pending.clone(),
        release: release.clone(),
        drops: drops.clone(),
    });
    let abort_handle = handle.abort_handle();
    assert_eq!(abort_handle.id(), handle.id());
    let mut handle = Some(handle);
    let abort = |handle: &Option<JoinHandle<Output>>| match (case.through, handle) {
        (Through::Join, Some(handle)) => handle.abort(),
        _ => abort_handle.abort(),
    };

    // Before the first poll; where workers run, it may be just after it, which changes nothing.
    if case.polled {
        assert!(poll_once(handle.as_mut().unwrap()).is_pending());
    }
    if case.handle == Handle::DroppedAtOnce {
        handle = None;
    }
    if case.abort == Abort::BeforePoll {
        abort(&handle);
    } else {
        pending.opened().await;
    }
    if case.abort == Abort::WhilePending {
        abort(&handle);
    }
    if case.handle == Handle::DroppedWhilePending {
        handle = None;
    }
    release.open();
    until(|| abort_handle.is_finished()).await;
    if case.abort == Abort::AfterCompletion {
        abort(&handle);
    }
    if case.handle == Handle::DroppedAfterCompletion {
        handle = None;
    }

    if let Some(handle) = handle {
        assert_eq!(outcome(handle, case).await, expected(case));
    }
    // Without a handle the runtime drops the output, and that may be after `is_finished`.
    let made = drops.made.load(SeqCst);
    until(|| drops.output.load(SeqCst) >= made).await;
    assert_eq!(drops.future.load(SeqCst), 1, "drops of the future");
    assert_eq!(drops.output.load(SeqCst), made, "drops of the output");
}

/// Awaits a handle whose task is done, and drops what it gives.
async fn outcome(handle: JoinHandle<Output>, case: Case) -> Outcome {
    assert!(handle.is_finished());
    let id = handle.id();
    match handle.await {
        Ok(output) => {
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(output)));
            assert_eq!(dropped.is_err(), case.panic == PanicIn::OutputDrop);
            Outcome::Output
        }
        Err(error) => {
            assert_eq!(error.id(), id);
            assert_ne!(error.is_panic(), error.is_cancelled());
            if error.is_panic() {
                Outcome::Panicked
            } else {
                Outcome::Cancelled
            }
        }
    }
}

fn check_all(runtime: &Runtime, spawned: bool) {
    let mut failed = Vec::new();
    for case in cases() {
        let check = async move {
            check(case).await;
            assert_eq!(wakeful::spawn(async { 1 }).await.unwrap(), 1);
        };
        let passed = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                if spawned {
                    wakeful::spawn(check).await.unwrap();
                } else {
                    check.await;
                }
            });
        }));
        if passed.is_err() {
            failed.push(case);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

each_runtime! {
    fn from_the_main_future(on) {
        check_all(&on.runtime(), false);
    }

    fn from_another_task(on) {
        check_all(&on.runtime(), true);
    }
}
