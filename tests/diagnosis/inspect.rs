//! `WAKEFUL=inspect`: the process answers who asks its socket, and SIGQUIT prints its tasks, while
//! all of its workers are stuck.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use wakeful::runtime::{TaskDump, TaskState};
use wakeful::sync::Mutex;
use wakeful::task::Builder;

use crate::flavors::{Gate, On};
use crate::{child, is_inside, said};

/// A runtime with two tasks that wait for each other, whose worker and main future are stuck until
/// stdin ends.
fn stuck() {
    let runtime = On::Workers(1).runtime();
    let locks = [Arc::new(Mutex::new(())), Arc::new(Mutex::new(()))];
    let gate = Gate::default();
    for first in 0..2 {
        let (mine, theirs) = (locks[first].clone(), locks[1 - first].clone());
        let gate = gate.clone();
        let task = async move {
            let _first = mine.lock().await;
            gate.opened().await;
            let _second = theirs.lock().await;
        };
        let named = Builder::new().name(["left", "right"][first]);
        drop(named.spawn_on(task, runtime.handle()).unwrap());
    }
    let (is_stuck, when_stuck) = std::sync::mpsc::channel();
    runtime.block_on(async {
        let handle = runtime.handle();
        let is_idle = |task: &&TaskDump| task.state() == TaskState::Idle;
        while handle.dump().tasks().filter(is_idle).count() < 2 {
            wakeful::task::yield_now().await;
        }
        gate.open();
        while handle.dump().deadlocks().len() == 0 {
            wakeful::task::yield_now().await;
        }
        wakeful::spawn(async move {
            is_stuck.send(()).unwrap();
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        });
        // Blocks the thread of the main future, too: the worker takes the task.
        when_stuck.recv().unwrap();
        println!("stuck");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    });
}

/// The child, once it is stuck.
fn start(name: &str, words: Option<&str>, directory: &Path) -> Child {
    let mut command = child(name);
    command
        .env("XDG_RUNTIME_DIR", directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(words) = words {
        command.env("WAKEFUL", words);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains("stuck")),
        "it ended"
    );
    // Read on, so that the child can write.
    std::thread::spawn(move || lines.count());
    child
}

fn quit(child: &Child) {
    let mut kill = Command::new("kill");
    let sent = kill.args(["-QUIT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

fn ask(directory: &Path, child: &Child, word: &str) -> String {
    let socket = directory.join(format!("wakeful/{}.sock", child.id()));
    let mut stream = UnixStream::connect(socket).unwrap();
    writeln!(stream, "{word}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_answers_while_all_is_stuck() {
    if is_inside() {
        return stuck();
    }
    let directory = tempfile::tempdir().unwrap();
    let name = "inspect::it_answers_while_all_is_stuck";
    let mut child = start(name, Some("inspect"), directory.path());

    let ps = ask(directory.path(), &child, "ps");
    let rows: Vec<_> = ps.lines().collect();
    assert!(
        rows[0].starts_with("runtime 1, MultiThread, 1 workers, 4 live tasks"),
        "{ps}"
    );
    assert!(
        rows[1].starts_with("ID ") && rows[1].ends_with("SPAWNED AT"),
        "{ps}"
    );
    let of = |name: &str| {
        *rows
            .iter()
            .find(|row| row.contains(name))
            .expect("it is listed")
    };
    let (left, right) = (of(" left "), of(" right "));
    for row in [left, right] {
        assert!(row.contains(" idle ") && row.contains(" Mutex 0x"), "{ps}");
        assert!(row.contains(file!()), "{ps}");
    }
    let id = |row: &str| row.split(' ').next().unwrap().to_owned();
    assert!(left.contains(&format!("held by {} ", id(right))), "{ps}");
    assert!(right.contains(&format!("held by {} ", id(left))), "{ps}");
    assert!(of("(main future)").contains(" running "), "{ps}");
    assert!(ps.contains("deadlock: 2 tasks wait for each other"), "{ps}");

    let tree = ask(directory.path(), &child, "tree");
    assert!(tree.contains(", 2 of them\n"), "{tree}");
    let holder = format!(", held by #{}, taken at {}:", id(left), file!());
    assert!(tree.contains(&holder), "{tree}");
    let dump = ask(directory.path(), &child, "dump");
    assert!(
        dump.contains("4 live tasks") && dump.contains("\"left\" idle"),
        "{dump}"
    );
    assert!(
        ask(directory.path(), &child, "else").contains("the words are"),
        "{dump}"
    );

    let mode = std::fs::metadata(directory.path().join("wakeful"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(said(&output), "");
}

/// With each of the words that turn it on.
#[test]
fn sigquit_prints_the_tasks() {
    if is_inside() {
        return stuck();
    }
    for words in ["dump", "inspect"] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = start(
            "inspect::sigquit_prints_the_tasks",
            Some(words),
            directory.path(),
        );
        let socket = directory
            .path()
            .join(format!("wakeful/{}.sock", child.id()));
        assert_eq!(socket.exists(), words == "inspect");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for _ in 0..2 {
            quit(&child);
            let mut until = |text: &str| lines.any(|line| line.unwrap().contains(text));
            assert!(until("4 live tasks"));
            assert!(until("\"left\" idle"));
            assert!(until("deadlock: 2 tasks wait for each other"));
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn without_the_variable_nothing_changes() {
    if is_inside() {
        return stuck();
    }
    let directory = tempfile::tempdir().unwrap();
    let name = "inspect::without_the_variable_nothing_changes";
    let mut child = start(name, None, directory.path());
    assert!(!directory.path().join("wakeful").exists());
    // Its stdin stays open: by itself it does not end.
    let stdin = child.stdin.take();
    quit(&child);
    assert_eq!(child.wait().unwrap().signal(), Some(3));
    drop(stdin);
}

#[test]
fn a_word_that_there_is_not_is_told_once() {
    if is_inside() {
        for _ in 0..2 {
            drop(On::CurrentThread.runtime());
        }
        return;
    }
    let mut command = child("inspect::a_word_that_there_is_not_is_told_once");
    let text = said(&command.env("WAKEFUL", "inspcet").output().unwrap());
    let expected = "wakeful: WAKEFUL has no word `inspcet`; its words are `inspect`, `dump` and \
                    `stall:TIME`, as in `stall:50ms`, with commas between them\n";
    assert_eq!(text, expected);
}

/// What was left behind by a process that is gone is removed by the next.
#[test]
fn stale_sockets_are_swept() {
    if is_inside() {
        return drop(On::CurrentThread.runtime());
    }
    let directory = tempfile::tempdir().unwrap();
    let run = || {
        let mut command = child("inspect::stale_sockets_are_swept");
        command
            .env("WAKEFUL", "inspect")
            .env("XDG_RUNTIME_DIR", directory.path());
        said(&command.output().unwrap());
        std::fs::read_dir(directory.path().join("wakeful"))
            .unwrap()
            .count()
    };
    assert_eq!((run(), run()), (1, 1));
}
