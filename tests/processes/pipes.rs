//! Talking to a process.

use std::fs::File;
use std::future::{Future, poll_fn};
use std::io::{ErrorKind, IoSlice, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::{Pin, pin};
use std::process::Stdio;
use std::task::{Context, Poll, Waker};

use wakeful::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use wakeful::process::{ChildStdin, ChildStdout, Command};

use crate::flavors::On;
use crate::{reads_to_its_end, sh};

/// More than any pipe holds.
const LARGE: usize = 1 << 20;

fn cat() -> Command {
    let mut command = reads_to_its_end();
    command.stdout(Stdio::piped());
    command
}

each_runtime! {
    /// Both streams at once, each more than a pipe holds; the status comes with them.
    fn output_reads_all_there_is(on) {
        on.run(async {
            let half = LARGE / 2;
            let script = format!(
                "head -c {LARGE} /dev/zero; head -c {LARGE} /dev/zero >&2; \
                 head -c {half} /dev/zero; exit 3"
            );
            let output = sh(&script).output().await.unwrap();
            assert_eq!(output.status.code(), Some(3));
            assert_eq!(output.stdout.len(), LARGE + half);
            assert_eq!(output.stderr.len(), LARGE);
            assert!(output.stdout.iter().chain(&output.stderr).all(|byte| *byte == 0));
        });
    }

    /// Writing and reading wait for each other over a pipe each.
    fn what_goes_in_comes_out(on) {
        on.run(async {
            let mut child = cat().spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let mut stdout = child.stdout.take().unwrap();
            let sent: Vec<u8> = (0..LARGE).map(|i| (i * 7 % 251) as u8).collect();
            let expected = sent.clone();
            let writer = wakeful::spawn(async move {
                stdin.write_all(&sent).await.unwrap();
                stdin.flush().await.unwrap();
                stdin.shutdown().await.unwrap();
            });
            let mut got = Vec::new();
            stdout.read_to_end(&mut got).await.unwrap();
            assert_eq!(got, expected);
            writer.await.unwrap();
            assert!(child.wait().await.unwrap().success());
        });
    }

    /// Line by line, with the program alive in between: each part of a line wakes its reader.
    fn a_conversation(on) {
        on.run(async {
            let mut child = cat().spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            for number in 0..200 {
                let line = format!("line {number}");
                stdin.write_all(line.as_bytes()).await.unwrap();
                stdin.write_all(b"\n").await.unwrap();
                assert_eq!(lines.next_line().await.unwrap().as_ref(), Some(&line));
            }
            drop(stdin);
            assert_eq!(lines.next_line().await.unwrap(), None);
            assert!(child.wait().await.unwrap().success());
        });
    }

    fn a_full_pipe_is_woken_by_its_reader_and_by_its_end(on) {
        on.run(async {
            let mut child = cat().spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let filled = poll_fn(|cx| match Pin::new(&mut stdin).poll_write(cx, &[7; 4096]) {
                Poll::Ready(wrote) => {
                    assert!(wrote.unwrap() > 0);
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Ready(()),
            });
            wakeful::task::coop::unconstrained(filled).await;
            let mut stdout = child.stdout.take().unwrap();
            let mut some = vec![0; 1 << 16];
            let (wrote, read) = wakeful::join!(stdin.write_all(&[7; 4096]), async {
                stdout.read_exact(&mut some).await
            });
            wrote.unwrap();
            read.unwrap();
            child.start_kill().unwrap();
            let end = loop {
                if let Err(error) = stdin.write_all(&[7; 4096]).await {
                    break error;
                }
            };
            assert_eq!(end.kind(), ErrorKind::BrokenPipe);
            child.wait().await.unwrap();
        });
    }

    /// A pipe of one child is the next one's: back in blocking mode, as programs expect.
    fn a_pipeline(on) {
        on.run(async {
            let mut echo = sh("echo one; echo two; echo three");
            let mut echo = echo.stdout(Stdio::piped()).spawn().unwrap();
            let between: Stdio = echo.stdout.take().unwrap().try_into().unwrap();
            let count = Command::new("wc").arg("-l").stdin(between).output();
            let (echo, count) = wakeful::join!(echo.wait(), count);
            assert!(echo.unwrap().success());
            assert_eq!(String::from_utf8(count.unwrap().stdout).unwrap().trim(), "3");
        });
    }

    fn vectored_writes_go_out_in_order(on) {
        on.run(async {
            let mut child = cat().spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            assert!(stdin.is_write_vectored());
            let parts = [IoSlice::new(b"one "), IoSlice::new(b"two")];
            assert_eq!(stdin.write_vectored(&parts).await.unwrap(), 7);
            drop(stdin);
            assert_eq!(child.wait_with_output().await.unwrap().stdout, b"one two");
        });
    }
}

#[test]
fn a_pipe_is_given_back_in_blocking_mode() {
    On::CurrentThread.run(async {
        let mut child = cat().spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        assert_eq!(stdout.as_raw_fd(), stdout.as_fd().as_raw_fd());
        let mut file = File::from(stdout.into_owned_fd().unwrap());
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            file.read_to_string(&mut text)
                .expect("it waits by blocking")
                .to_string()
                + &text
        });
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"late").await.unwrap();
        drop(stdin);
        assert!(child.wait().await.unwrap().success());
        assert_eq!(reader.join().unwrap(), "4late");
    });
}

#[test]
fn pipes_of_std_are_taken_over() {
    On::CurrentThread.run(async {
        let mut command = std::process::Command::new("cat");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = ChildStdin::from_std(child.stdin.take().unwrap()).unwrap();
        let mut stdout = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut byte = [0];
        let mut read = Box::pin(stdout.read(&mut byte));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            read.as_mut().poll(&mut cx).is_pending(),
            "it does not block"
        );
        stdin.write_all(b"x").await.unwrap();
        assert_eq!(read.await.unwrap(), 1);
        drop(stdin);
        child.wait().unwrap();
    });
}

#[test]
fn what_is_not_piped_is_not_there() {
    On::CurrentThread.run(async {
        let mut child = Command::new("true").spawn().unwrap();
        assert!(child.stdin.is_none() && child.stdout.is_none() && child.stderr.is_none());
        let output = child.wait_with_output();
        assert!(pin!(output).await.unwrap().stdout.is_empty());
        child = cat().spawn().unwrap();
        drop(child.stdout.take());
        assert!(child.wait_with_output().await.unwrap().stdout.is_empty());
    });
}
