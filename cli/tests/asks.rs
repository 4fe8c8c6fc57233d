//! The program asks the socket where the library puts it, and prints the answer.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

fn wakeful() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wakeful"))
}

#[test]
fn it_sends_the_word_and_prints_the_answer() {
    let runtime_dir = tempfile::tempdir().unwrap();
    let directory = runtime_dir.path().join("wakeful");
    std::fs::create_dir(&directory).unwrap();
    let listener = UnixListener::bind(directory.join("4242.sock")).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut word = [0; 5];
        stream.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"tree\n");
        stream.write_all(b"an answer\n").unwrap();
    });
    let asked = wakeful()
        .args(["tree", "4242"])
        .env("XDG_RUNTIME_DIR", runtime_dir.path())
        .output()
        .unwrap();
    server.join().unwrap();
    assert!(asked.status.success());
    assert_eq!(asked.stdout, b"an answer\n");
}

#[test]
fn it_says_what_it_could_not_do() {
    let nobody = tempfile::tempdir().unwrap();
    let mut asks = wakeful();
    // No process has this number.
    asks.args(["ps", "4294967295"])
        .env("XDG_RUNTIME_DIR", nobody.path());
    let asked = asks.output().unwrap();
    assert_eq!(asked.status.code(), Some(1));
    let said = String::from_utf8(asked.stderr).unwrap();
    assert!(said.contains("does not answer"), "{said}");
    assert!(said.contains("WAKEFUL=inspect"), "{said}");

    for wrong in [&["ps"][..], &["look", "1"], &["ps", "me"], &[]] {
        let asked = wakeful().args(wrong).output().unwrap();
        assert_eq!(asked.status.code(), Some(2), "{wrong:?}");
        assert!(
            String::from_utf8(asked.stderr)
                .unwrap()
                .contains("usage: wakeful ps PID")
        );
    }
}
