//! A TCP proxy: each connection is carried to another address, both ways at once.
//!
//! ```text
//! cargo run --release --example proxy                      # a demonstration that ends
//! cargo run --release --example proxy -- --serve \
//!     --addr 127.0.0.1:7001 --to 127.0.0.1:7000            # a proxy that stays
//! ```
//!
//! `copy_bidirectional` is two copies in one task. When one side closes its half, the other side
//! is told so and may still answer: a half-closed connection works through the proxy.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use wakeful::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use wakeful::net::{TcpListener, TcpStream};

const USAGE: &str = "\
usage: proxy [--self-test]
       proxy --serve --to IP:PORT [--addr IP:PORT]

  --self-test     put the proxy before a small server, send through it, end (the default)
  --serve         carry connections until stopped
  --to IP:PORT    where connections are carried to
  --addr IP:PORT  where to listen (default 127.0.0.1:0: a free port)";

struct Options {
    serve: bool,
    addr: SocketAddr,
    to: Option<SocketAddr>,
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
            eprintln!("proxy: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match options.to {
        Some(to) => serve(options.addr, to).await,
        None => demonstrate(options.addr).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(addr: SocketAddr, to: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    println!("listening on {}, carrying to {to}", listener.local_addr()?);
    carry_all(listener, to).await
}

async fn carry_all(listener: TcpListener, to: SocketAddr) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        wakeful::spawn(async move {
            match carry(stream, to).await {
                Ok((there, back)) => println!("{peer}: {there} bytes there, {back} bytes back"),
                Err(error) => eprintln!("proxy: {peer}: {error}"),
            }
        });
    }
}

/// One connection. Returns the bytes carried there and back.
async fn carry(mut client: TcpStream, to: SocketAddr) -> io::Result<(u64, u64)> {
    let mut server = TcpStream::connect(to).await?;
    copy_bidirectional(&mut client, &mut server).await
}

/// A server that says how much it got, a proxy before it, and three clients, one by one.
async fn demonstrate(addr: SocketAddr) -> io::Result<()> {
    let behind = TcpListener::bind("127.0.0.1:0").await?;
    let to = behind.local_addr()?;
    let server = wakeful::spawn(count_bytes(behind));

    let before = TcpListener::bind(addr).await?;
    let through = before.local_addr()?;
    println!("proxy on {through}, before a server on {to}");
    let proxy = wakeful::spawn(carry_all(before, to));

    for size in [10, 1_000, 1_000_000] {
        let answer = ask(through, size).await?;
        println!("sent {size} bytes through the proxy; the server says: {answer}");
        if answer != format!("{size} bytes") {
            return Err(io::Error::other("bytes were lost"));
        }
    }
    proxy.abort();
    server.abort();
    Ok(())
}

/// Reads each connection to its end, then answers how long it was.
async fn count_bytes(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let answer = format!("{} bytes", bytes.len());
        stream.write_all(answer.as_bytes()).await?;
    }
}

async fn ask(addr: SocketAddr, size: usize) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(&vec![b'x'; size]).await?;
    // Close our half: the server reads to the end, and only then answers.
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// `None` if help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        serve: false,
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        to: None,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--serve" => options.serve = true,
            "--self-test" => options.serve = false,
            "--addr" => options.addr = address(&arg, args.next())?,
            "--to" => options.to = Some(address(&arg, args.next())?),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    match (options.serve, options.to) {
        (true, None) => Err("`--serve` needs `--to`".to_owned()),
        (false, Some(_)) => Err("`--to` needs `--serve`".to_owned()),
        _ => Ok(Some(options)),
    }
}

fn address(name: &str, value: Option<String>) -> Result<SocketAddr, String> {
    let value = value.ok_or(format!("`{name}` needs an address like 127.0.0.1:7000"))?;
    value
        .parse()
        .map_err(|_| format!("`{name}` needs an address like 127.0.0.1:7000, not `{value}`"))
}
