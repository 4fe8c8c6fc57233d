//! Question: what does a task cost, from spawn to join, if it yields once and takes one lock?
//!
//! Unit: nanoseconds a round of 100,000 tasks; criterion's `thrpt` column is tasks a second.
//!
//! What would mislead:
//! - The peers run one after another, for seconds each. On a machine whose speed changes in between
//!   compare nothing: `cargo run --release -p wakeful-benches --bin suite` takes turns.
//! - All tasks share one lock, so more workers can only lose. `cells` shares nothing.
//! - The heap is told to keep freed memory; without that every peer pays page faults, in proportion
//!   to the size of its tasks. `WAKEFUL_BENCH_ALLOCATOR=default` leaves the heap as it is.
//!
//! `cargo bench -p wakeful-benches`; `-- --test` runs each peer once.

use std::env;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use wakeful_benches::allocator::Mode;
use wakeful_benches::questions::counter;
use wakeful_benches::runtimes::{Kind, Peer};

fn main() {
    let mode = env::var("WAKEFUL_BENCH_ALLOCATOR").ok();
    let mode = mode
        .and_then(|name| Mode::parse(&name))
        .unwrap_or(Mode::Kept);
    if !mode.apply() {
        eprintln!("this platform's allocator has no such setting: figures are for its default");
    }

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for question in counter::questions() {
        let (short, _) = question.name.split_once(':').unwrap_or((question.name, ""));
        let mut group = criterion.benchmark_group(format!("{short}, {} heap", mode.name()));
        group.throughput(Throughput::Elements(question.size as u64));
        for &threads in question.threads {
            for kind in Kind::ALL {
                let peer = Peer::start(kind, threads);
                let name = format!("{} ({threads})", kind.name());
                group.bench_function(name, |bencher| {
                    bencher.iter(|| (question.ask)(&peer, question.size));
                });
            }
        }
        group.finish();
    }
    criterion.final_summary();
}
