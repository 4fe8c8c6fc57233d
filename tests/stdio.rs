//! The streams of a process: a child, which is this test program again with a part to play, and
//! pipes to it.
#![cfg(not(loom))]

use std::env;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wakeful::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, stderr, stdin, stdout};
use wakeful::runtime::{Builder, Runtime};

/// Which part the child plays.
const PART: &str = "WAKEFUL_TEST_PART";

/// Longer than anything here takes: a child that lives so long hangs.
const LIMIT: Duration = Duration::from_secs(30);

fn runtimes() -> [Runtime; 2] {
    [
        Builder::new_current_thread().enable_all().build().unwrap(),
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap(),
    ]
}

/// What the child does. As a test of its own it does nothing.
#[test]
fn child() {
    let Ok(part) = env::var(PART) else {
        return;
    };
    for runtime in runtimes() {
        match part.as_str() {
            "echo" => runtime.block_on(echo()),
            "copy" => runtime.block_on(copy()),
            "wait" => runtime.block_on(give_up()),
            "shout" => runtime.block_on(shout()),
            other => panic!("there is no part `{other}`"),
        }
    }
    if part == "wait" {
        // The second runtime found what the first had asked for.
        println!("<all ended>");
    }
}

/// Says each line up to an empty one again.
async fn echo() {
    let (mut input, mut output) = (BufReader::with_capacity(1, stdin()), stdout());
    let mut line = String::new();
    while input.read_line(&mut line).await.unwrap() > 1 {
        output.write_all(line.as_bytes()).await.unwrap();
        line.clear();
    }
    output.flush().await.unwrap();
}

/// Says everything again.
async fn copy() {
    let mut output = stdout();
    wakeful::io::copy(&mut stdin(), &mut output).await.unwrap();
    output.flush().await.unwrap();
}

/// Waits for input in a task, and does not wait for that.
async fn give_up() {
    let (begun, begins) = wakeful::sync::oneshot::channel();
    wakeful::spawn(async move {
        let mut input = stdin();
        let mut buf = [0; 8];
        let mut read = Box::pin(input.read(&mut buf));
        let waits = std::future::poll_fn(|cx| {
            std::task::Poll::Ready(std::future::Future::poll(read.as_mut(), cx).is_pending())
        });
        begun.send(waits.await).unwrap();
        read.await
    });
    assert!(begins.await.unwrap());
}

/// Writes what is accepted and not flushed; the runtime ends at once.
async fn shout() {
    stdout().write_all(b"<accepted>\n").await.unwrap();
    stderr().write_all(b"<accepted, too>\n").await.unwrap();
    // Without the end of a line it stays with std, until the end of the process or a flush.
    let mut output = stdout();
    output.write_all(b"<flushed>").await.unwrap();
    output.flush().await.unwrap();
    let mut output = stdout();
    output.write_all(b"<shut down>").await.unwrap();
    output.shutdown().await.unwrap();
}

fn start(part: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the child wrote to both streams, once it has ended well. Its input stays open.
fn wait_for(mut child: Child) -> (String, String) {
    let input = child.stdin.take();
    let id = child.id();
    let (ended, ends) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        let _ = ended.send(());
        output
    });
    if ends.recv_timeout(LIMIT).is_err() {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        panic!("the child hangs");
    }
    drop(input);
    let output = waiting.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    (out, err)
}

/// Line by line through one runtime and then another: the first takes nothing of the other's.
#[test]
fn lines_come_back() {
    let mut child = start("echo");
    let mut input = child.stdin.take().unwrap();
    input.write_all("one\ntwo ä\n\nthree\n".as_bytes()).unwrap();
    drop(input);
    let (out, _) = wait_for(child);
    let at = |text: &str| {
        out.find(text)
            .unwrap_or_else(|| panic!("no {text} in {out}"))
    };
    assert!(at("one\n") < at("two ä\n") && at("two ä\n") < at("three\n"));
}

#[test]
fn r20_a_pending_read_of_stdin_holds_nothing_up() {
    let (out, _) = wait_for(start("wait"));
    assert!(out.contains("<all ended>"));
}

#[test]
fn what_was_accepted_is_out() {
    let (out, err) = wait_for(start("shout"));
    assert_eq!(out.matches("<accepted>\n").count(), 2, "{out}");
    assert_eq!(err.matches("<accepted, too>\n").count(), 2, "{err}");
    assert_eq!(out.matches("<flushed>").count(), 2, "{out}");
    assert_eq!(out.matches("<shut down>").count(), 2, "{out}");
}

#[test]
fn descriptors_are_those_of_the_process() {
    #[cfg(unix)]
    {
        use std::os::fd::{AsFd, AsRawFd};
        assert_eq!(stdin().as_raw_fd(), 0);
        assert_eq!(stdout().as_fd().as_raw_fd(), 1);
        assert_eq!(stderr().as_raw_fd(), 2);
    }
}

/// More than a pipe holds, in both directions at once.
#[test]
fn everything_comes_back() {
    let mut child = start("copy");
    let mut input = child.stdin.take().unwrap();
    let text: String = (0..50_000).map(|n| format!("{n}\n")).collect();
    let writing = thread::spawn({
        let text = text.clone();
        move || input.write_all(text.as_bytes()).unwrap()
    });
    let (out, _) = wait_for(child);
    writing.join().unwrap();
    assert!(out.contains(&text));
}

#[test]
fn after_the_end_of_the_runtime_output_is_refused_as_a_socket_is() {
    for runtime in runtimes() {
        let handle = runtime.handle().clone();
        drop(runtime);
        let said = handle.block_on(async { stdout().write_all(b"x").await });
        assert!(wakeful::runtime::is_rt_shutdown_err(&said.unwrap_err()));
        let said = handle.block_on(async { stderr().write_all(b"x").await });
        assert!(wakeful::runtime::is_rt_shutdown_err(&said.unwrap_err()));
    }
}
