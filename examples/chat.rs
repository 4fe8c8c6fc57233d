//! A chat over TCP: a line from one goes to all others. The first line is one's name.
//!
//! ```text
//! cargo run --release --example chat     # a demonstration that ends
//! cargo run --release --example chat -- --serve --addr 127.0.0.1:7000
//! nc 127.0.0.1 7000                      # in as many terminals as you like
//! ```
//!
//! What is shared is a map from a member to the writing half of its socket. Two kinds of lock, and
//! why: the map has a std lock, held for a few instructions and never across an await. Each
//! writing half has an async lock, held while a whole line is written, so that two lines never
//! mix. A member who does not read for a second is put out: nobody waits for ever for the slowest.

use std::collections::HashMap;
use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex as BlockingMutex, MutexGuard, PoisonError};
use std::time::Duration;

use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use wakeful::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use wakeful::net::{TcpListener, TcpStream};
use wakeful::sync::Mutex;
use wakeful::time;

/// How long one write to one member may take.
const PATIENCE: Duration = Duration::from_secs(1);

const USAGE: &str = "\
usage: chat [--self-test | --serve] [--addr IP:PORT]

  --self-test     start the server, let three members talk, end (the default)
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
            eprintln!("chat: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
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
    let room = Arc::new(Room::default());
    loop {
        let (stream, peer) = listener.accept().await?;
        let room = room.clone();
        wakeful::spawn(async move {
            if let Err(error) = attend(&room, stream, peer).await {
                eprintln!("chat: {peer}: {error}");
            }
        });
    }
}

/// One member, from the name to the end of the connection.
async fn attend(room: &Room, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
    let (reader, writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let Some(name) = lines.next_line().await? else {
        return Ok(());
    };
    room.members().insert(peer, Arc::new(Mutex::new(writer)));
    room.say(peer, &format!("* {name} is here")).await;
    let ended = listen(room, &mut lines, peer, &name).await;
    room.members().remove(&peer);
    room.say(peer, &format!("* {name} is gone")).await;
    ended
}

async fn listen(
    room: &Room,
    lines: &mut Lines<BufReader<OwnedReadHalf>>,
    peer: SocketAddr,
    name: &str,
) -> io::Result<()> {
    while let Some(line) = lines.next_line().await? {
        room.say(peer, &format!("{name}: {line}")).await;
    }
    Ok(())
}

type Member = Arc<Mutex<OwnedWriteHalf>>;

#[derive(Default)]
struct Room {
    members: BlockingMutex<HashMap<SocketAddr, Member>>,
}

impl Room {
    /// The map, locked. Never keep it across an await.
    fn members(&self) -> MutexGuard<'_, HashMap<SocketAddr, Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one line to all but its author.
    async fn say(&self, author: SocketAddr, line: &str) {
        let line = format!("{line}\n");
        let others: Vec<(SocketAddr, Member)> = self
            .members()
            .iter()
            .filter(|(peer, _)| **peer != author)
            .map(|(peer, member)| (*peer, member.clone()))
            .collect();
        for (peer, member) in others {
            let write = async { member.lock().await.write_all(line.as_bytes()).await };
            if !matches!(time::timeout(PATIENCE, write).await, Ok(Ok(()))) {
                // A part of a line may be out: the connection is of no more use.
                self.members().remove(&peer);
            }
        }
    }
}

/// Three members. Each step waits for the line that proves the step before it.
async fn demonstrate(addr: SocketAddr) -> io::Result<()> {
    let mut ada = Client::join(addr, "ada").await?;
    let mut bob = Client::join(addr, "bob").await?;
    ada.expect("* bob is here").await?;
    let mut eve = Client::join(addr, "eve").await?;
    ada.expect("* eve is here").await?;
    bob.expect("* eve is here").await?;

    bob.say("hello all").await?;
    ada.expect("bob: hello all").await?;
    eve.expect("bob: hello all").await?;

    drop(eve);
    ada.expect("* eve is gone").await?;
    bob.expect("* eve is gone").await?;
    println!("every line reached all others, once and in order");
    Ok(())
}

struct Client {
    name: &'static str,
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Client {
    async fn join(addr: SocketAddr, name: &'static str) -> io::Result<Self> {
        let (reader, writer) = TcpStream::connect(addr).await?.into_split();
        let mut client = Self {
            name,
            lines: BufReader::new(reader).lines(),
            writer,
        };
        client.say(name).await?;
        Ok(client)
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.writer.write_all(format!("{line}\n").as_bytes()).await
    }

    async fn expect(&mut self, expected: &str) -> io::Result<()> {
        let line = self.lines.next_line().await?.unwrap_or_default();
        println!("{} reads: {line}", self.name);
        if line == expected {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{} expected {expected:?}",
            self.name
        )))
    }
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
