//! Lines that contain a text, in files or in what is piped in: a small `grep`.
//!
//! ```text
//! cargo run --release --example search -- TEXT FILE ...
//! cat FILE | cargo run --release --example search -- TEXT
//! cargo run --release --example search     # searches its own folder
//! ```
//!
//! Files cannot be waited for like sockets, so a read is a call on a thread of the blocking pool.
//! Each file is a task: while one waits for its thread, the others go on. Each gives back what it
//! found, and the lines are printed in the order in which the files were named.
//!
//! Standard input is read by a thread of its own, so that whatever ends `main` does not have to
//! wait for a line that never comes.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use wakeful::fs::{self, File};
use wakeful::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, BufWriter, stdin, stdout};

const USAGE: &str = "\
usage: search [TEXT [FILE ...]]

  TEXT  what to look for (default: BufReader)
  FILE  where (default: standard input, or the folder `examples` if there is no TEXT either)";

/// One line of a file.
struct Found {
    number: usize,
    line: String,
}

/// The lines of `input` with `text` in them.
async fn search(input: impl AsyncRead + Unpin, text: &str) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut lines = BufReader::new(input).lines();
    let mut number = 0;
    while let Some(line) = lines.next_line().await? {
        number += 1;
        if line.contains(text) {
            found.push(Found { number, line });
        }
    }
    Ok(found)
}

/// The files in a folder, by name.
async fn files_in(folder: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.file_type().await?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Searches every file at once. True if all could be read.
async fn search_files(files: Vec<PathBuf>, text: &str) -> io::Result<bool> {
    let mut tasks = Vec::new();
    for path in files {
        let (text, file) = (text.to_owned(), path.clone());
        let task = wakeful::spawn(async move { search(File::open(file).await?, &text).await });
        tasks.push((path, task));
    }
    let mut output = BufWriter::new(stdout());
    let mut all_read = true;
    for (path, task) in tasks {
        match task.await? {
            Ok(found) => {
                for Found { number, line } in found {
                    let line = format!("{}:{number}: {line}\n", path.display());
                    output.write_all(line.as_bytes()).await?;
                }
            }
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                all_read = false;
            }
        }
    }
    // What was written is on its way; only the flush says that it has arrived.
    output.flush().await?;
    Ok(all_read)
}

async fn run(arguments: Vec<String>) -> io::Result<bool> {
    match arguments.as_slice() {
        [] => search_files(files_in("examples").await?, "BufReader").await,
        [text] => {
            let mut output = BufWriter::new(stdout());
            for Found { number, line } in search(stdin(), text).await? {
                let line = format!("{number}: {line}\n");
                output.write_all(line.as_bytes()).await?;
            }
            output.flush().await?;
            Ok(true)
        }
        [text, files @ ..] => search_files(files.iter().map(PathBuf::from).collect(), text).await,
    }
}

#[wakeful::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(option) = arguments.first().filter(|first| first.starts_with('-')) {
        eprintln!("{USAGE}");
        return ExitCode::from(if option == "--help" { 0 } else { 2 });
    }
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("search: {error}");
            ExitCode::FAILURE
        }
    }
}
