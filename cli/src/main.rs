//! `wakeful ps PID`: what the tasks of another process do, if it runs with `WAKEFUL=inspect`.
//!
//! It connects to the socket of that process, sends one word, and prints what comes back. All that
//! is known is known there.

use std::env;
use std::io::{self, Read, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: wakeful ps PID     a table of the tasks
       wakeful tree PID   the tasks by where they were spawned, and the locks they wait for
       wakeful dump PID   all that is known

The program must have been started with WAKEFUL=inspect.";

#[cfg(unix)]
#[path = "../../runtime/inspect/place.rs"]
mod place;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let (word, process) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [word @ ("ps" | "tree" | "dump"), process] => (word, process.parse()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let Ok(process) = process else {
        eprintln!("wakeful: a process has a number\n\n{USAGE}");
        return ExitCode::from(2);
    };
    let mut answer = String::new();
    let asked = connect(process).and_then(|mut stream| {
        writeln!(stream, "{word}")?;
        stream.read_to_string(&mut answer)
    });
    match asked {
        Ok(_) => match io::stdout().write_all(answer.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            eprintln!(
                "wakeful: process {process} does not answer ({error}): is it yours, and was it \
                 started with WAKEFUL=inspect?"
            );
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn connect(process: u32) -> io::Result<std::os::unix::net::UnixStream> {
    let mut refused = io::Error::from(io::ErrorKind::NotFound);
    for directory in place::directories() {
        match std::os::unix::net::UnixStream::connect(directory.join(place::name(process))) {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(not(unix))]
fn connect(_: u32) -> io::Result<std::fs::File> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
