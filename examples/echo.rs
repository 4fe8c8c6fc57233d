//! A TCP echo server: what comes in goes out.
//!
//! ```text
//! cargo run --release --example echo     # a demonstration that ends
//! cargo run --release --example echo -- --serve --addr 127.0.0.1:7000
//! ```
//!
//! One task accepts, and spawns one task for each connection. A task that waits for its client
//! costs memory and nothing else. The demonstration starts the server on a free port, lets a
//! number of clients talk to it at once, compares each answer with what was sent, and ends.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::net::{TcpListener, TcpStream};

const CLIENTS: usize = 32;
const MESSAGES: usize = 200;

const USAGE: &str = "\
usage: echo [--self-test | --serve] [--addr IP:PORT]

  --self-test     start the server, run clients against it, end (the default)
  --serve         serve until stopped
  --addr IP:PORT  where to listen (default 127.0.0.1:0: a free port)";

struct Options {
    serve: bool,
    addr: SocketAddr,
}

#[wakeful::main]
async fn main() -> ExitCode {
    let options = match parse(env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("echo: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(options.addr).await?;
    let addr = listener.local_addr()?;
    println!("listening on {addr}");
    if options.serve {
        return serve(listener).await;
    }
    let server = wakeful::spawn(serve(listener));
    demonstrate(addr).await?;
    server.abort();
    Ok(())
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        wakeful::spawn(async move {
            if let Err(error) = echo(stream).await {
                eprintln!("echo: {peer}: {error}");
            }
        });
    }
}

/// One connection, until the client closes its half.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

async fn demonstrate(addr: SocketAddr) -> io::Result<()> {
    let start = Instant::now();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(wakeful::spawn(talk(addr, number)));
    }
    let mut bytes = 0;
    for client in clients {
        bytes += client.await??;
    }
    println!(
        "{CLIENTS} clients, {MESSAGES} messages each: {bytes} bytes came back as sent, in {:?}",
        start.elapsed()
    );
    Ok(())
}

/// One client. Returns how many bytes it got back.
async fn talk(addr: SocketAddr, number: usize) -> io::Result<usize> {
    let mut stream = TcpStream::connect(addr).await?;
    let mut bytes = 0;
    for turn in 0..MESSAGES {
        let message = format!("client {number}, message {turn}\n");
        stream.write_all(message.as_bytes()).await?;
        let mut answer = vec![0; message.len()];
        stream.read_exact(&mut answer).await?;
        if answer != message.as_bytes() {
            return Err(io::Error::other(format!("wrong answer to {message:?}")));
        }
        bytes += answer.len();
    }
    Ok(bytes)
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        serve: false,
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--serve" => options.serve = true,
            "--self-test" => options.serve = false,
            "--addr" => options.addr = address(&arg, args.next())?,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(Some(options))
}

fn address(name: &str, value: Option<String>) -> Result<SocketAddr, String> {
    let value = value.ok_or(format!("`{name}` needs an address like 127.0.0.1:7000"))?;
    value
        .parse()
        .map_err(|_| format!("`{name}` needs an address like 127.0.0.1:7000, not `{value}`"))
}
