//! Ending well: on Ctrl-C nothing new begins, what was begun is finished, then the program ends.
//!
//! ```text
//! cargo run --release --example graceful_shutdown              # a demonstration that ends
//! cargo run --release --example graceful_shutdown -- --serve   # until Ctrl-C or `kill`
//! ```
//!
//! Three things make it work. One task listens: a signal that is listened to does not end the
//! program any more, so the program has to. A `Notify` tells every worker at once, and each looks
//! at it only between two jobs: a job is never cut in half. A `JoinSet` knows when the last worker
//! is done; whoever is not after [`PATIENCE`] is aborted.
//!
//! The demonstration lets the workers begin and then sends itself the signal that Ctrl-C sends.

use std::env;
use std::io;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use wakeful::process::Command;
use wakeful::signal::unix::{SignalKind, signal};
use wakeful::sync::Notify;
use wakeful::task::JoinSet;
use wakeful::time::{sleep, timeout};

const WORKERS: usize = 4;

/// How long the last jobs may take.
const PATIENCE: Duration = Duration::from_secs(5);

const USAGE: &str = "\
usage: graceful_shutdown [--self-test | --serve]

  --self-test     work for a moment, then send itself SIGINT (the default)
  --serve         work until Ctrl-C, or until `kill` sends SIGTERM";

#[wakeful::main]
async fn main() -> ExitCode {
    let serve = match env::args().nth(1).as_deref() {
        None | Some("--self-test") => false,
        Some("--serve") => true,
        Some("--help" | "-h") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("graceful_shutdown: unknown argument `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("graceful_shutdown: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: bool) -> io::Result<()> {
    // Before anything begins: from here on the default action is gone.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let stop = Arc::new(Notify::new());
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        workers.spawn(work(number, stop.clone()));
    }
    if !serve {
        interrupt_ourselves().await?;
    }
    let reason = wakeful::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    };
    println!("{reason}: finishing what was begun");
    stop.notify_waiters();

    let finished = timeout(PATIENCE, async {
        let mut jobs = 0;
        while let Some(done) = workers.join_next().await {
            jobs += done.expect("no worker panics");
        }
        jobs
    });
    match finished.await {
        Ok(jobs) => println!("{WORKERS} workers have finished {jobs} jobs, and none is half done"),
        Err(_) => {
            workers.shutdown().await;
            println!("some did not finish in {PATIENCE:?}, and were aborted");
        }
    }
    Ok(())
}

/// One job after the other, until it is told to stop. Returns how many.
async fn work(number: usize, stop: Arc<Notify>) -> usize {
    // Made once and before the first job: a `notify_waiters` during a job counts, too.
    let mut stopped = std::pin::pin!(stop.notified());
    let mut jobs = 0;
    loop {
        wakeful::select! {
            biased;
            () = stopped.as_mut() => return jobs,
            () = wakeful::task::yield_now() => {}
        }
        // Not in the `select!`: a job that has begun is not dropped in the middle.
        job(number).await;
        jobs += 1;
    }
}

async fn job(number: usize) {
    sleep(Duration::from_millis(3 + 4 * number as u64)).await;
}

/// What the terminal does when somebody types Ctrl-C.
async fn interrupt_ourselves() -> io::Result<()> {
    sleep(Duration::from_millis(100)).await;
    let itself = process::id().to_string();
    Command::new("kill")
        .args(["-INT", &itself])
        .status()
        .await?;
    Ok(())
}
