//! `process` and `signal`.
#![cfg(unix)]

use wakeful::{process, signal};

use crate::{any, futures, row, types};

#[test]
fn processes_and_signals() {
    types! {
        process::Child: "+++--";
        process::ChildStderr: "+++++";
        process::ChildStdin: "+++++";
        process::ChildStdout: "+++++";
        process::Command: "+++--";
        process::Kill<'_>: "++---";
        process::Wait<'_>: "++---";
        signal::CtrlC: "++---";
        signal::unix::Recv<'_>: "++---";
        signal::unix::Signal: "+++--";
        signal::unix::SignalKind: "+++++";
    }
}

#[test]
fn their_futures() {
    futures! {
        process::Command::output(any()) => "++-";
        process::Command::status(any()) => "++-";
        process::Child::kill(any()) => "++-";
        process::Child::wait(any()) => "++-";
        process::Child::wait_with_output(any()) => "++-";
        signal::ctrl_c() => "++-";
        signal::unix::Signal::recv(any()) => "++-";
    }
}
