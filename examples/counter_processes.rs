//! One counter and two processes that add to it.
//!
//! No memory is shared: the counter is eight bytes at the start of a file, and one more is a read
//! followed by a write. What keeps the two apart is a pipe that holds a single byte, the token. To
//! enter, read the token; to leave, write it back. A reader of an empty pipe sleeps until a byte
//! comes, so the pipe is a semaphore with one permit, kept by the kernel.
//!
//! The program starts itself twice as a child, first with the token and then without. Without it
//! both read the same number, both write that number plus one, and one of the additions is lost.
//!
//! ```text
//! cargo run --release --example counter_processes
//! ```
//!
//! No runtime here: this is the ground that the other two counters stand on.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    processes::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    println!("counter_processes needs a pipe that two children share: unix only");
    ExitCode::SUCCESS
}

#[cfg(unix)]
mod processes {
    use std::env;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::FileExt;
    use std::path::Path;
    use std::process::{Child, Command, ExitCode};
    use std::time::Instant;

    const EACH: u64 = 100_000;
    const TOKEN: [u8; 1] = *b"t";

    pub(super) fn main() -> ExitCode {
        let args: Vec<String> = env::args().skip(1).collect();
        let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => parent(),
            ["--child-with-token", path] => child(Path::new(path), true),
            ["--child-without-token", path] => child(Path::new(path), false),
            _ => {
                eprintln!("usage: counter_processes\n\nIt takes no arguments.");
                return ExitCode::from(2);
            }
        };
        match result {
            Ok(code) => code,
            Err(error) => {
                eprintln!("counter_processes: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn parent() -> io::Result<ExitCode> {
        let start = Instant::now();
        let with = run("--child-with-token")?;
        println!(
            "two processes, one token in a pipe:  {with} in {:?}",
            start.elapsed()
        );

        let start = Instant::now();
        let without = run("--child-without-token")?;
        println!(
            "two processes, nothing in between:   {without} in {:?}",
            start.elapsed()
        );
        println!(
            "additions lost without the token:    {}",
            2 * EACH - without
        );

        if with == 2 * EACH {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("counter_processes: with the token it must be {}", 2 * EACH);
        Ok(ExitCode::FAILURE)
    }

    /// Starts both children over a fresh counter and waits for them. Returns what they counted.
    fn run(role: &str) -> io::Result<u64> {
        // Removed when it goes out of scope, also after an error.
        let file = tempfile::NamedTempFile::new()?;
        write_counter(file.as_file(), 0)?;

        let (taken_from, put_back_to) = pipe()?;
        let mut children = Vec::new();
        for _ in 0..2 {
            let child = Command::new(env::current_exe()?)
                .arg(role)
                .arg(file.path())
                .stdin(taken_from.try_clone()?)
                .stdout(put_back_to.try_clone()?)
                .spawn();
            match child {
                Ok(child) => children.push(child),
                Err(error) => {
                    reap(children, true)?;
                    return Err(error);
                }
            }
        }
        // Both wait for the token until now, so that they start together.
        File::from(put_back_to).write_all(&TOKEN)?;
        reap(children, false)?;
        read_counter(file.as_file())
    }

    /// Waits for every child, so that none is left behind as a zombie.
    fn reap(children: Vec<Child>, kill: bool) -> io::Result<()> {
        let mut failed = None;
        for mut child in children {
            if kill {
                child.kill()?;
            }
            let status = child.wait()?;
            if !status.success() && !kill {
                failed = Some(status);
            }
        }
        match failed {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("a child failed: {status}"))),
        }
    }

    /// What each child does. Its standard input and output are the two ends of the one pipe.
    fn child(counter: &Path, with_token: bool) -> io::Result<ExitCode> {
        // Files of our own over the two: std's standard input and output buffer, a token must not
        // lie in a buffer.
        let mut take = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let mut put_back = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let file = OpenOptions::new().read(true).write(true).open(counter)?;

        let mut token = [0];
        if !with_token {
            // The starting shot only: hand it on and never ask again.
            take.read_exact(&mut token)?;
            put_back.write_all(&token)?;
        }
        for _ in 0..EACH {
            if with_token {
                take.read_exact(&mut token)?;
            }
            let seen = read_counter(&file)?;
            write_counter(&file, seen + 1)?;
            if with_token {
                put_back.write_all(&token)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn read_counter(file: &File) -> io::Result<u64> {
        let mut bytes = [0; 8];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn write_counter(file: &File, value: u64) -> io::Result<()> {
        file.write_all_at(&value.to_le_bytes(), 0)
    }

    /// The reading and the writing end of a new pipe.
    fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
        use std::os::fd::FromRawFd;

        let mut ends = [0; 2];
        #[expect(unsafe_code, reason = "std makes pipes since 1.87, we build with 1.85")]
        // SAFETY: `pipe` writes two integers, and `ends` has room for two.
        let made = unsafe { libc::pipe(ends.as_mut_ptr()) };
        if made == -1 {
            return Err(io::Error::last_os_error());
        }
        #[expect(unsafe_code, reason = "a number from libc becomes an owned descriptor")]
        // SAFETY: `pipe` succeeded: the descriptor is open and nobody else has it.
        let own = |end| unsafe { OwnedFd::from_raw_fd(end) };
        Ok((own(ends[0]), own(ends[1])))
    }
}
