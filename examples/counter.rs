//! 100,000 tasks, one counter.
//!
//! Each task yields once, so that all of them are alive at the same time, and then adds one to a
//! counter behind one async `Mutex`. The main future awaits every task. The same program runs on
//! the current-thread executor and on the work-stealing one.
//!
//! ```text
//! cargo run --release --example counter -- --tasks 1000000 --workers 2
//! ```
//!
//! Read the figures with care: every task takes the same lock, so a second worker has nothing to
//! do that the first could not do alone. What it may cost is what this program shows.

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakeful::runtime::{Builder, Runtime};
use wakeful::sync::Mutex;
use wakeful::task;

const USAGE: &str = "\
usage: counter [--tasks N] [--workers N]

  --tasks N    how many tasks to spawn (default 100000)
  --workers N  workers of the work-stealing executor (default: one for each CPU)";

/// A few hundred bytes each: more than this and the machine, not the runtime, is what is tried.
const MOST_TASKS: usize = 100_000_000;
const MOST_WORKERS: usize = 1024;

struct Options {
    tasks: usize,
    workers: usize,
}

fn main() -> ExitCode {
    let options = match parse(env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("counter: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("counter: the runtime does not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// True if both executors counted right.
fn run(options: &Options) -> io::Result<bool> {
    println!(
        "{} tasks; each yields once, then adds one to a counter behind one async Mutex\n",
        grouped(options.tasks)
    );

    let current_thread = Builder::new_current_thread().enable_all().build()?;
    let first = measure("current-thread", &current_thread, options.tasks);
    drop(current_thread);

    let work_stealing = Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_all()
        .build()?;
    let name = format!("work-stealing, workers: {}", options.workers);
    let second = measure(&name, &work_stealing, options.tasks);
    Ok(first && second)
}

fn measure(name: &str, runtime: &Runtime, tasks: usize) -> bool {
    let start = Instant::now();
    let counted = runtime.block_on(count(tasks));
    let elapsed = start.elapsed();

    let seconds = elapsed.as_secs_f64();
    println!("{name}");
    println!("  elapsed   {:>12.3} ms", seconds * 1e3);
    println!("  per task  {:>12.1} ns", seconds * 1e9 / tasks as f64);
    println!(
        "  tasks/s   {:>12}",
        grouped((tasks as f64 / seconds) as usize)
    );
    println!("  counter   {:>12}", grouped(counted));
    if counted != tasks {
        println!("  WRONG: expected {}", grouped(tasks));
    }
    println!();
    counted == tasks
}

/// The program itself.
async fn count(tasks: usize) -> usize {
    let counter = Arc::new(Mutex::new(0));
    let mut progress = Progress::new(tasks);

    let mut handles = Vec::with_capacity(tasks);
    for spawned in 0..tasks {
        let counter = counter.clone();
        handles.push(wakeful::spawn(async move {
            task::yield_now().await;
            *counter.lock().await += 1;
        }));
        progress.report("spawned", spawned);
    }

    for (awaited, handle) in handles.into_iter().enumerate() {
        if let Err(error) = handle.await {
            eprintln!("counter: a task failed: {error}");
        }
        progress.report("awaited", awaited);
    }
    *counter.lock().await
}

/// Says on stderr, once a second, how far a long run is. A short run prints nothing.
struct Progress {
    total: usize,
    last: Instant,
}

impl Progress {
    /// How many steps pass between two looks at the clock.
    const STEPS_PER_LOOK: usize = 4096;

    fn new(total: usize) -> Self {
        Self {
            total,
            last: Instant::now(),
        }
    }

    fn report(&mut self, what: &str, done: usize) {
        if done % Self::STEPS_PER_LOOK == 0 && self.last.elapsed() > Duration::from_secs(1) {
            self.last = Instant::now();
            eprintln!("{what} {} of {}", grouped(done), grouped(self.total));
        }
    }
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        tasks: 100_000,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
    };
    while let Some(arg) = args.next() {
        let (target, most) = match arg.as_str() {
            "--tasks" => (&mut options.tasks, MOST_TASKS),
            "--workers" => (&mut options.workers, MOST_WORKERS),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        };
        let value = args.next().ok_or(format!("`{arg}` needs a number"))?;
        *target = match value.replace('_', "").parse() {
            Ok(number) if (1..=most).contains(&number) => number,
            _ => {
                return Err(format!(
                    "`{arg}` needs a number from 1 to {most}, not `{value}`"
                ));
            }
        };
    }
    Ok(Some(options))
}

/// `1234567` as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
