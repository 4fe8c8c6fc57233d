//! Question: what does a small request cost a server, and how long does it take, with few
//! connections and with many?
//!
//! Unit: requests a second; CPU microseconds of the server for each; microseconds until the answer.
//! Server and client are two processes; the client is the same for every server, and sends 64 bytes
//! on each connection as soon as the last answer is there.
//!
//! What would mislead: two cores are shared by both, so a server that takes less CPU gives more to
//! the client. The floor is a loop over epoll without tasks.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use mio::{Events, Interest, Poll, Token};

use super::Figures;
use super::memory::raise_descriptor_limit;
use crate::questions::cpu_time;
use crate::runtimes::{Kind, Peer, on_each};

/// Bytes of a request and of its answer.
const REQUEST: usize = 64;

/// In the child: serves until its standard input ends, then prints the CPU time it took. `None` is
/// the floor.
///
/// # Errors
///
/// If the child cannot listen.
pub fn serve(kind: Option<Kind>, threads: usize) -> io::Result<()> {
    raise_descriptor_limit(4096)?;
    thread::spawn(|| {
        // A line from the parent: the load begins. The end: it is over.
        let mut lines = io::stdin().lock();
        let mut line = String::new();
        let _ = lines.read_line(&mut line);
        let before = cpu_time();
        let _ = lines.read_to_string(&mut line);
        println!("cpu_s {}", (cpu_time() - before).as_secs_f64());
        std::process::exit(0);
    });
    match kind {
        Some(kind) => serve_tasks(&Peer::start(kind, threads), REQUEST),
        None => serve_bare(),
    }
}

on_each! {
    fn serve_tasks(rt, peer, request) -> io::Result<()> {
        rt::run(peer, async move {
            let listener = rt::net::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
            println!("port {}", rt::net::port(&listener)?);
            loop {
                let (mut stream, _) = listener.accept().await?;
                let echo = async move {
                    let mut buffer = vec![0; 64 * request];
                    loop {
                        match rt::net::read(&mut stream, &mut buffer).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => {
                                let sent = rt::net::write_all(&mut stream, &buffer[..read]).await;
                                if sent.is_err() {
                                    return;
                                }
                            }
                        }
                    }
                };
                rt::spawn(echo).detach();
            }
        })
    }
}

/// A loop over epoll: no tasks, no wakers, no timers.
fn serve_bare() -> io::Result<()> {
    const LISTENER: Token = Token(usize::MAX);
    let mut poll = Poll::new()?;
    let mut listener = mio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("port {}", listener.local_addr()?.port());
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut streams: Vec<Option<mio::net::TcpStream>> = Vec::new();
    let mut events = Events::with_capacity(256);
    let mut buffer = vec![0; 64 * REQUEST];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    registry.register(&mut stream, Token(streams.len()), Interest::READABLE)?;
                    streams.push(Some(stream));
                }
                continue;
            }
            let slot = &mut streams[event.token().0];
            while let Some(stream) = slot {
                match stream.read(&mut buffer) {
                    Ok(0) => *slot = None,
                    Ok(read) => {
                        // What does not fit the socket's buffer would be more than a request.
                        stream.write_all(&buffer[..read])?;
                        if read < buffer.len() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => *slot = None,
                }
            }
        }
    }
}

/// Starts a server and puts a load on it. `None` is the floor.
///
/// # Errors
///
/// If the child cannot be started or ends early, or a connection breaks.
pub fn ask(
    kind: Option<Kind>,
    threads: usize,
    connections: usize,
    length: Duration,
) -> io::Result<Figures> {
    raise_descriptor_limit(4096)?;
    let mut child = Command::new(env::current_exe()?)
        .args(["--probe", "serve", kind.map_or("floor", Kind::name)])
        .args([threads.to_string(), connections.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let figures = load(&mut child, connections, length);
    if figures.is_err() {
        let _ = child.kill();
    }
    child.wait()?;
    figures
}

fn load(child: &mut Child, connections: usize, length: Duration) -> io::Result<Figures> {
    let gone = || io::Error::other("the server is gone");
    let mut said = BufReader::new(child.stdout.take().ok_or_else(gone)?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let port = super::parse(&line)?["port"] as u16;
    let address = SocketAddr::from(([127, 0, 0, 1], port));

    let streams: io::Result<Vec<_>> = (0..connections).map(|_| connect(address)).collect();
    let mut client = Client::new(streams?)?;
    client.run(length / 5)?;
    let mut control = child.stdin.take().ok_or_else(gone)?;
    control.write_all(b"begin\n")?;
    let start = Instant::now();
    let mut latencies = client.run(length)?;
    let seconds = start.elapsed().as_secs_f64();
    drop(control);
    let mut rest = String::new();
    said.read_to_string(&mut rest)?;
    let cpu = super::parse(&rest)?["cpu_s"];

    latencies.sort_unstable();
    let requests = latencies.len() as f64;
    let quantile = |part: f64| f64::from(latencies[((requests - 1.0) * part) as usize]) / 1e3;
    Ok(Figures::from([
        ("requests_per_s".into(), requests / seconds),
        ("server_cpu_us".into(), cpu * 1e6 / requests),
        ("p50_us".into(), quantile(0.5)),
        ("p99_us".into(), quantile(0.99)),
        ("p999_us".into(), quantile(0.999)),
    ]))
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// One thread over epoll that keeps one request under way on each connection.
struct Client {
    poll: Poll,
    streams: Vec<mio::net::TcpStream>,
    sent: Vec<Instant>,
    /// Bytes of the answer that are still to come.
    missing: Vec<usize>,
}

impl Client {
    fn new(streams: Vec<TcpStream>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut streams: Vec<_> = streams
            .into_iter()
            .map(mio::net::TcpStream::from_std)
            .collect();
        for (index, stream) in streams.iter_mut().enumerate() {
            poll.registry()
                .register(stream, Token(index), Interest::READABLE)?;
        }
        Ok(Self {
            poll,
            sent: vec![Instant::now(); streams.len()],
            missing: vec![0; streams.len()],
            streams,
        })
    }

    /// Nanoseconds until each answer.
    fn run(&mut self, length: Duration) -> io::Result<Vec<u32>> {
        let mut latencies = Vec::with_capacity(1 << 20);
        let end = Instant::now() + length;
        let mut events = Events::with_capacity(256);
        for index in 0..self.streams.len() {
            self.send(index)?;
        }
        let mut under_way = self.streams.len();
        let mut buffer = [0; REQUEST];
        while under_way > 0 {
            self.poll.poll(&mut events, Some(Duration::from_secs(5)))?;
            if events.is_empty() {
                return Err(io::Error::other("no answer within five seconds"));
            }
            for event in &events {
                let index = event.token().0;
                while self.missing[index] > 0 {
                    match self.streams[index].read(&mut buffer) {
                        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                        Ok(read) => self.missing[index] -= read,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                        Err(error) => return Err(error),
                    }
                    if self.missing[index] > 0 {
                        continue;
                    }
                    let now = Instant::now();
                    let latency = now - self.sent[index];
                    latencies.push(latency.as_nanos().min(u128::from(u32::MAX)) as u32);
                    if now < end {
                        self.send(index)?;
                    } else {
                        under_way -= 1;
                    }
                    break;
                }
            }
        }
        Ok(latencies)
    }

    fn send(&mut self, index: usize) -> io::Result<()> {
        self.sent[index] = Instant::now();
        self.missing[index] = REQUEST;
        self.streams[index].write_all(&[7; REQUEST])
    }
}
