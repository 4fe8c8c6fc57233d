//! Load for as long as asked, and a verdict: an echo and an HTTP server in one process, and in
//! another clients that come from many addresses, behave, vanish and break off.
//!
//! ```text
//! cargo run --release -p wakeful-benches --bin soak -- --minutes 20
//! ```
//!
//! Question: is anything lost or kept when much goes wrong for long? After each round all clients
//! go. Then there must be as many tasks and descriptors as before the first; the memory of later
//! rounds must be that of the second; every byte that a client sent on a connection which behaves
//! must have come back, in order; and the server must have read and written what lies between what
//! the clients got back and what they sent. Tasks panic and are aborted on request, so that their
//! number is known.
//!
//! Before the first round it runs ten million tasks, and makes and drops a thousand runtimes.
//!
//! What would mislead: too few descriptors. It raises the soft limit to the hard one, and says when
//! that is less than it was asked for.

mod clients;
mod draw;
mod http;
mod process;
mod server;

use std::io;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use wakeful::process::{Child, Command};
use wakeful::runtime::{Builder, Runtime};

use server::Ledger;

const USAGE: &str = "\
soak [--minutes N] [--connections N] [--workers N] [--round SECONDS] [--seed N] [--tasks N]
    --minutes N      how long, 20 if nothing is said
    --connections N  clients at a time, 10000
    --workers N      the server's, 2; with 0 it runs on one thread
    --round SECONDS  between two looks at what is left over, 60
    --seed N         what the clients draw from, 1
    --tasks N        how many before the first round, 10000000";

#[derive(Clone)]
struct Arguments {
    minutes: f64,
    connections: usize,
    workers: usize,
    round: u64,
    seed: u64,
    tasks: usize,
    /// The clients' process: where the two servers listen.
    ports: Option<(u16, u16)>,
}

fn arguments() -> Option<Arguments> {
    let mut found = Arguments {
        minutes: 20.0,
        connections: 10_000,
        workers: 2,
        round: 60,
        seed: 1,
        tasks: 10_000_000,
        ports: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--minutes" => found.minutes = value.parse().ok()?,
            "--connections" => found.connections = value.parse().ok()?,
            "--workers" => found.workers = value.parse().ok()?,
            "--round" => found.round = value.parse().ok()?,
            "--seed" => found.seed = value.parse().ok()?,
            "--tasks" => found.tasks = value.parse().ok()?,
            "--ports" => {
                let (echo, http) = value.split_once(',')?;
                found.ports = Some((echo.parse().ok()?, http.parse().ok()?));
            }
            _ => return None,
        }
    }
    Some(found)
}

fn runtime(workers: usize) -> Runtime {
    let mut builder = match workers {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if workers > 0 {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().expect("a runtime starts")
}

fn main() -> ExitCode {
    let Some(mut arguments) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let limit = process::raise_descriptors();
    if arguments.connections + 100 > limit {
        arguments.connections = limit.saturating_sub(100);
        eprintln!("{limit} descriptors: {} connections", arguments.connections);
    }
    if let Some(ports) = arguments.ports {
        runtime(2).block_on(clients::run(ports, arguments.connections, arguments.seed));
        return ExitCode::SUCCESS;
    }
    // Panics on request are no news.
    std::panic::set_hook(Box::new(|info| {
        if !info.to_string().contains(server::ON_REQUEST) {
            eprintln!("{info}");
        }
    }));
    let mut complaints = Vec::new();
    many_runtimes(&mut complaints);
    let runtime = runtime(arguments.workers);
    many_tasks(&runtime, arguments.tasks, &mut complaints);
    if let Err(error) = runtime.block_on(rounds(&arguments, &mut complaints)) {
        complaints.push(format!("the soak itself: {error}"));
    }
    if complaints.is_empty() {
        println!("verdict: nothing lost, nothing kept");
        return ExitCode::SUCCESS;
    }
    println!("verdict: FAILED\n  {}", complaints.join("\n  "));
    ExitCode::FAILURE
}

/// A thousand of them, each with a task, a timer and a socket in use when it is dropped.
fn many_runtimes(complaints: &mut Vec<String>) {
    let started = Instant::now();
    let mut before = process::Held::now();
    for number in 0..1000 {
        if number == 50 {
            before = process::Held::now();
        }
        let runtime = runtime(number % 3);
        runtime.block_on(async {
            wakeful::spawn(std::future::pending::<()>());
            wakeful::spawn(wakeful::time::sleep(Duration::from_secs(3600)));
            let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0")
                .await
                .expect("a socket");
            wakeful::spawn(async move { socket.readable().await });
            wakeful::task::yield_now().await;
        });
    }
    let after = process::Held::now();
    println!(
        "1000 runtimes in {:.1} s: {before} before, {after} after",
        started.elapsed().as_secs_f32()
    );
    after.compare(&before, "after 1000 runtimes", complaints);
}

fn many_tasks(runtime: &Runtime, tasks: usize, complaints: &mut Vec<String>) {
    const BATCH: usize = 100_000;
    let started = Instant::now();
    let mut sum = 0;
    runtime.block_on(async {
        for first in (0..tasks).step_by(BATCH) {
            let batch: Vec<_> = (first..tasks.min(first + BATCH))
                .map(|_| {
                    wakeful::spawn(async {
                        wakeful::task::yield_now().await;
                        1
                    })
                })
                .collect();
            for task in batch {
                sum += task.await.expect("no task panics");
            }
        }
    });
    println!("{tasks} tasks in {:.1} s", started.elapsed().as_secs_f32());
    if sum != tasks || runtime.metrics().num_alive_tasks() != 0 {
        complaints.push(format!("{tasks} tasks counted {sum}"));
    }
}

fn start_clients(arguments: &Arguments, ports: (u16, u16)) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["--ports", &format!("{},{}", ports.0, ports.1)])
        .args(["--connections", &arguments.connections.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Lets the clients loose, counts what is left, and again.
async fn rounds(arguments: &Arguments, complaints: &mut Vec<String>) -> io::Result<()> {
    let ledger = Arc::new(Ledger::default());
    let (ports, listeners) = server::start(&ledger).await?;
    let mut clients = start_clients(arguments, ports)?;
    let mut orders = clients.stdin.take().expect("it is piped");
    let mut answers = BufReader::new(clients.stdout.take().expect("it is piped")).lines();

    let metrics = wakeful::runtime::Handle::current().metrics();
    let quiet_tasks = metrics.num_alive_tasks();
    let (mut quiet, mut second) = (process::Held::now(), None);
    let until = Instant::now() + Duration::from_secs_f64(arguments.minutes * 60.0);
    let mut round = 0;
    while round == 0 || Instant::now() < until {
        round += 1;
        orders
            .write_all(format!("{}\n", arguments.round).as_bytes())
            .await?;
        let answer = answers
            .next_line()
            .await?
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let told = clients::Told::parse(&answer).ok_or(io::ErrorKind::InvalidData)?;
        // The last ends are on their way.
        let patience = Instant::now() + Duration::from_secs(30);
        while metrics.num_alive_tasks() > quiet_tasks && Instant::now() < patience {
            wakeful::time::sleep(Duration::from_millis(10)).await;
        }
        let held = process::Held::now();
        println!("round {round}: {told}; the server: {ledger}; left: {held}");
        if metrics.num_alive_tasks() != quiet_tasks {
            complaints.push(format!(
                "round {round}: {} tasks left",
                metrics.num_alive_tasks()
            ));
        }
        ledger.compare(&told, round, complaints);
        match &second {
            // What the first round needed stays for those after it.
            None if round == 1 => quiet.memory = held.memory,
            None => {
                second = Some(process::Held {
                    memory: held.memory,
                    ..quiet
                })
            }
            Some(second) => held.compare(second, &format!("round {round}"), complaints),
        }
        if held.descriptors != quiet.descriptors {
            complaints.push(format!("round {round}: {} descriptors", held.descriptors));
        }
    }
    drop(orders);
    clients.wait().await?;
    listeners.into_iter().for_each(|listener| listener.abort());
    Ok(())
}
