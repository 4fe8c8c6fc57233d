//! A process that can be looked into while it runs: `WAKEFUL=inspect`.
//!
//! Called when a runtime is built, which hands over what the variable `WAKEFUL` asks for. Two
//! threads of the process, which run none of its tasks, so that they answer while every worker is
//! stuck:
//!
//! ```text
//!   `wakeful ps PID`  --> Unix socket (place.rs) --> socket thread --> text.rs
//!   kill -QUIT PID    --> handler of `signal`    --> quit thread   --> text.rs --> stderr
//! ```
//!
//! The second is a runtime of its own, with one task that waits for the signal. Both live as long
//! as the process. Only the process's own user can reach the socket: it lies in a directory with
//! mode 0700.
//!
//! Absent: changing anything. They read.

mod place;
mod text;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use text::Seen;

use crate::engine::handle::{Handle, WeakHandle};
use crate::engine::switches::Switches;
use crate::primitives::Mutex;

/// Longer than a client needs to send a word, so that one which sends none does not keep others.
const PATIENCE: Duration = Duration::from_secs(1);

/// The runtimes that were built, and which threads there are.
struct Process {
    runtimes: Vec<WeakHandle>,
    answers: bool,
    prints: bool,
}

static PROCESS: Mutex<Process> = Mutex::new(Process {
    runtimes: Vec::new(),
    answers: false,
    prints: false,
});

/// A runtime was built, and is to be seen.
pub(crate) fn show(handle: &Handle, switches: &Switches) {
    let mut process = PROCESS.lock();
    process
        .runtimes
        .retain(|runtime| runtime.upgrade().is_some());
    process.runtimes.push(handle.downgrade());
    if switches.inspect && !process.answers {
        process.answers = true;
        if let Err(error) = answer() {
            complain("`wakeful ps` cannot look into this process", &error);
        }
    }
    if !process.prints {
        process.prints = true;
        if let Err(error) = quit::print() {
            complain("SIGQUIT prints no dump", &error);
        }
    }
}

fn complain(what: &str, error: &io::Error) {
    let _ = writeln!(io::stderr(), "wakeful: {what}: {error}");
}

/// What there is to see now.
fn look() -> Vec<Seen> {
    let runtimes = &PROCESS.lock().runtimes;
    // Upgraded under the lock, looked at and dropped outside.
    let handles: Vec<_> = runtimes.iter().filter_map(WeakHandle::upgrade).collect();
    handles.iter().map(Seen::of).collect()
}

/// Starts the thread with the socket.
fn answer() -> io::Result<()> {
    let listener = bind()?;
    let serve = move || {
        for stream in listener.incoming() {
            match stream.and_then(reply) {
                Ok(()) => {}
                // No descriptor is left, or a client has gone: not at full speed.
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    };
    let thread = thread::Builder::new().name("wakeful-inspect".to_owned());
    thread.spawn(serve).map(drop)
}

fn bind() -> io::Result<UnixListener> {
    let mut refused = io::Error::new(
        io::ErrorKind::NotFound,
        "there is no directory for a socket",
    );
    for directory in place::directories() {
        match listen_in(&directory) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn listen_in(directory: &Path) -> io::Result<UnixListener> {
    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // In `/tmp` somebody else may have been faster.
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || Some(found.uid()) != place::user() || found.mode() & 0o077 != 0 {
        let text = format!("{} is not this user's alone", directory.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    sweep(directory);
    UnixListener::bind(directory.join(place::name(std::process::id())))
}

/// Removes the sockets of processes that are gone.
fn sweep(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let sockets = entries.flatten().map(|entry| entry.path());
    for socket in sockets.filter(|path: &PathBuf| path.extension().is_some_and(|end| end == "sock"))
    {
        let answer = UnixStream::connect(&socket);
        if answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            let _ = fs::remove_file(socket);
        }
    }
}

/// One question, one answer.
fn reply(mut stream: UnixStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut word = Vec::new();
    BufReader::new(&stream)
        .take(16)
        .read_until(b'\n', &mut word)?;
    let said = match word.trim_ascii() {
        b"ps" => text::ps(&look()),
        b"tree" => text::tree(&look()),
        b"dump" => text::dump(&look()),
        _ => "the words are `ps`, `tree` and `dump`\n".to_owned(),
    };
    stream.write_all(said.as_bytes())
}

#[cfg(feature = "signal")]
mod quit {
    //! SIGQUIT prints a dump.

    use std::io::{self, Write};
    use std::sync::mpsc;
    use std::thread;

    use super::{look, text};
    use crate::engine::builder::Builder;
    use crate::signal::unix::{SignalKind, signal};

    /// Starts the thread that prints. From the return on the signal does not end the process.
    pub(super) fn print() -> io::Result<()> {
        let (ready, is_ready) = mpsc::sync_channel(1);
        let wait = move || {
            let runtime = Builder::new_current_thread().enable_all().build_unseen();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async {
                let mut signals = match signal(SignalKind::quit()) {
                    Ok(signals) => signals,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                let _ = ready.send(Ok(()));
                while signals.recv().await.is_some() {
                    let _ = io::stderr().write_all(text::dump(&look()).as_bytes());
                }
            });
        };
        thread::Builder::new()
            .name("wakeful-quit".to_owned())
            .spawn(wait)?;
        let gone = || Err(io::Error::other("its thread has ended"));
        is_ready.recv().unwrap_or_else(|_| gone())
    }
}

#[cfg(not(feature = "signal"))]
mod quit {
    //! Without the feature there is no handler to print from.

    use std::io;

    pub(super) fn print() -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this program was built without the feature `signal`",
        ))
    }
}
