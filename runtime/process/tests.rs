//! Waiting by SIGCHLD, where the kernel has nothing better. The rest is in `tests/processes.rs`.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::reaper::Reaper;
use super::{Child, orphans};
use crate::engine::reactor::{self, Reactor};
use crate::leaf::Site;

fn reactor() -> (Reactor, Arc<reactor::Handle>) {
    Reactor::new(16, None, Box::new(|| ())).expect("the reactor starts")
}

/// A child that ends with its standard input, watched by signal, and that input.
fn by_signal(handle: &Arc<reactor::Handle>) -> (Reaper, std::process::ChildStdin) {
    let mut command = Command::new("cat");
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut reaper = Reaper::new(child, handle.clone(), false);
    reaper.watch_by_signal().unwrap();
    (reaper, stdin)
}

/// Turns the reactor until `is_done`.
fn turn_until(reactor: &mut Reactor, mut is_done: impl FnMut() -> bool) {
    while !is_done() {
        reactor.turn(Some(Duration::from_secs(1))).unwrap();
    }
}

#[test]
fn a_signal_tells_that_a_child_has_ended() {
    let (mut reactor, handle) = reactor();
    let (mut reaper, stdin) = by_signal(&handle);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reaper.poll(&mut cx, Site::here()).is_pending());
    drop(stdin);
    let mut status = None;
    turn_until(&mut reactor, || {
        if let Poll::Ready(ended) = reaper.poll(&mut cx, Site::here()) {
            status = Some(ended.unwrap());
        }
        status.is_some()
    });
    assert!(status.unwrap().success());
    reactor.shutdown();
}

/// Many end at about the same time, and the kernel merges their signals.
#[test]
fn merged_signals_tell_of_all_who_have_ended() {
    let (mut reactor, handle) = reactor();
    let mut reapers = Vec::new();
    let mut inputs = Vec::new();
    for _ in 0..20 {
        let (reaper, stdin) = by_signal(&handle);
        reapers.push(reaper);
        inputs.push(stdin);
    }
    drop(inputs);
    let mut cx = Context::from_waker(Waker::noop());
    turn_until(&mut reactor, || {
        reapers.retain_mut(|reaper| reaper.poll(&mut cx, Site::here()).is_pending());
        reapers.is_empty()
    });
    reactor.shutdown();
}

/// The kernel has told before the first poll: nothing else will come.
#[cfg(target_os = "linux")]
#[test]
fn a_child_that_ended_before_the_first_look_is_seen() {
    let (mut reactor, handle) = reactor();
    let (mut reaper, stdin) = by_signal(&handle);
    drop(stdin);
    let id = reaper.id();
    while !std::fs::read_to_string(format!("/proc/{id}/stat"))
        .unwrap()
        .contains(") Z")
    {
        std::thread::yield_now();
    }
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reaper.poll(&mut cx, Site::here()).is_ready());
    reactor.shutdown();
}

#[test]
fn a_dropped_child_that_is_watched_by_signal_is_reaped() {
    let (mut reactor, handle) = reactor();
    let (reaper, stdin) = by_signal(&handle);
    drop(Child::new(reaper));
    assert!(orphans::count() > 0);
    drop(stdin);
    turn_until(&mut reactor, || orphans::count() == 0);
    reactor.shutdown();
}
