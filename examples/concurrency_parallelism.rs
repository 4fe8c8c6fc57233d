//! Concurrency is many things under way; parallelism is many things at the same instant.
//!
//! Four tasks do the same work in slices, and yield after each slice. Once on the current-thread
//! executor: the tasks take turns, and the time line has one row. Once on the work-stealing
//! executor: the same tasks, not a word of them changed, on several rows.
//!
//! ```text
//! cargo run --release --example concurrency_parallelism -- --workers 2
//! ```

use std::collections::BTreeMap;
use std::env;
use std::hint;
use std::io;
use std::process::ExitCode;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use wakeful::runtime::{Builder, Runtime};
use wakeful::task;

const TASKS: [char; 4] = ['A', 'B', 'C', 'D'];
const SLICES: usize = 5;
const SLICE: Duration = Duration::from_millis(4);
/// What one character of the time line stands for.
const COLUMN: Duration = Duration::from_millis(2);

const USAGE: &str = "\
usage: concurrency_parallelism [--workers N]

  --workers N  workers of the work-stealing executor (default 2)";

/// One slice of one task: which, where and when.
struct Slice {
    task: char,
    thread: ThreadId,
    start: Instant,
    end: Instant,
}

fn main() -> ExitCode {
    let workers = match parse(env::args().skip(1)) {
        Ok(Some(workers)) => workers,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("concurrency_parallelism: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(workers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("concurrency_parallelism: the runtime does not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(workers: usize) -> io::Result<()> {
    println!(
        "{} tasks, {SLICES} slices of {SLICE:?} each, a yield after each slice.",
        TASKS.len()
    );
    println!("One column is {COLUMN:?}; a letter says whose slice it is.\n");

    println!("current-thread: concurrent, not parallel");
    show(&Builder::new_current_thread().build()?);

    println!("work-stealing, workers: {workers}: concurrent and parallel");
    show(
        &Builder::new_multi_thread()
            .worker_threads(workers)
            .build()?,
    );
    Ok(())
}

fn show(runtime: &Runtime) {
    let start = Instant::now();
    let mut slices = Vec::new();
    runtime.block_on(async {
        for handle in TASKS.map(|name| wakeful::spawn(work(name))) {
            match handle.await {
                Ok(done) => slices.extend(done),
                Err(error) => eprintln!("concurrency_parallelism: a task failed: {error}"),
            }
        }
    });
    let elapsed = start.elapsed();

    let columns = column(elapsed) + 1;
    let mut rows: BTreeMap<usize, Vec<char>> = BTreeMap::new();
    let mut threads: Vec<ThreadId> = Vec::new();
    slices.sort_by_key(|slice| slice.start);
    for slice in &slices {
        let row = threads
            .iter()
            .position(|id| *id == slice.thread)
            .unwrap_or_else(|| {
                threads.push(slice.thread);
                threads.len() - 1
            });
        let line = rows.entry(row).or_insert_with(|| vec!['.'; columns]);
        let first = column(slice.start - start);
        let last = column(slice.end - start).max(first + 1).min(columns);
        line[first..last].fill(slice.task);
    }
    for (row, line) in rows {
        println!("  thread {}  {}", row + 1, String::from_iter(line));
    }
    println!("  {:.0} ms in all\n", elapsed.as_secs_f64() * 1e3);
}

/// One task: compute, note it, let the others go on.
async fn work(task: char) -> Vec<Slice> {
    let mut done = Vec::new();
    for _ in 0..SLICES {
        let start = Instant::now();
        compute();
        done.push(Slice {
            task,
            thread: thread::current().id(),
            start,
            end: Instant::now(),
        });
        task::yield_now().await;
    }
    done
}

/// Keeps a CPU busy for one slice: the stand-in for work that has no await in it.
fn compute() {
    let start = Instant::now();
    let mut sum = 0_u64;
    while start.elapsed() < SLICE {
        for number in 0..1000 {
            sum = hint::black_box(sum.wrapping_mul(31).wrapping_add(number));
        }
    }
}

fn column(time: Duration) -> usize {
    (time.as_nanos() / COLUMN.as_nanos()) as usize
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<usize>, String> {
    let mut workers = 2;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--workers" => {
                let value = args.next().ok_or("`--workers` needs a number")?;
                workers = match value.parse() {
                    Ok(number @ 1..=64) => number,
                    _ => return Err(format!("`--workers` is from 1 to 64, not `{value}`")),
                };
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(Some(workers))
}
