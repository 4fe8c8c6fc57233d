//! The load generator: one thread over epoll that keeps a request under way on each connection, in
//! another process than the server.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::Figures;
use super::memory::raise_descriptor_limit;
use super::protocol::Protocol;
use crate::runtimes::Kind;

/// A server, and what to load it with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What is spoken.
    pub protocol: Protocol,
    /// Whose server. `None` is the floor.
    pub kind: Option<Kind>,
    /// Its threads.
    pub threads: usize,
    /// Connections at once.
    pub connections: usize,
}

/// What became of it.
struct Loaded {
    /// Nanoseconds until each answer.
    latencies: Vec<u32>,
    /// So long it took.
    seconds: f64,
    /// CPU seconds of the server.
    cpu: f64,
    /// Requests, with those before the load was measured.
    requests: usize,
}

impl Target {
    fn command(&self) -> io::Result<Command> {
        raise_descriptor_limit(self.connections as u64 + 100)?;
        Ok(Command::new(env::current_exe()?))
    }

    fn arguments(&self) -> [String; 5] {
        [
            "--probe".to_owned(),
            format!("serve-{}", self.protocol.name()),
            self.kind.map_or("floor", Kind::name).to_owned(),
            self.threads.to_string(),
            self.connections.to_string(),
        ]
    }

    /// Starts the server and puts a load on it.
    ///
    /// # Errors
    ///
    /// If the child cannot be started or ends early, or a connection breaks.
    pub fn ask(&self, length: Duration) -> io::Result<Figures> {
        let mut command = self.command()?;
        let Loaded {
            mut latencies,
            seconds,
            cpu,
            ..
        } = self.run(command.args(self.arguments()), length)?;
        latencies.sort_unstable();
        let requests = latencies.len() as f64;
        let quantile = |part: f64| f64::from(latencies[((requests - 1.0) * part) as usize]) / 1e3;
        Ok(vec![
            ("requests/s".into(), requests / seconds),
            ("server CPU us/request".into(), cpu * 1e6 / requests),
            ("p50 us".into(), quantile(0.5)),
            ("p99 us".into(), quantile(0.99)),
            ("p99.9 us".into(), quantile(0.999)),
        ])
    }

    /// System calls of the server for each request: the difference of a long and a short run, so
    /// that what it takes to start and to accept cancels out. `None` without `perf`.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub fn system_calls(&self, length: Duration) -> io::Result<Option<f64>> {
        let mut counted = Vec::new();
        for length in [length / 4, length] {
            let file = env::temp_dir().join(format!("wakeful-benches-{}", std::process::id()));
            let mut perf = Command::new("perf");
            perf.args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-o"])
                .arg(&file)
                .arg(env::current_exe()?)
                .args(self.arguments());
            let Ok(loaded) = self.run(&mut perf, length) else {
                return Ok(None);
            };
            let text = fs::read_to_string(&file).unwrap_or_default();
            let _ = fs::remove_file(&file);
            let calls = text.lines().find_map(|line| line.split_once(",,"));
            let Some(calls) = calls.and_then(|(calls, _)| calls.parse::<f64>().ok()) else {
                return Ok(None);
            };
            counted.push((calls, loaded.requests as f64));
        }
        let (short, long) = (counted[0], counted[1]);
        Ok(Some((long.0 - short.0) / (long.1 - short.1)))
    }

    fn run(&self, command: &mut Command, length: Duration) -> io::Result<Loaded> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let loaded = self.load(&mut child, length);
        if loaded.is_err() {
            let _ = child.kill();
        }
        child.wait()?;
        loaded
    }

    fn load(&self, child: &mut Child, length: Duration) -> io::Result<Loaded> {
        let gone = || io::Error::other("the server is gone");
        let mut said = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let port = super::figure(&line, "port")? as u16;
        let address = SocketAddr::from(([127, 0, 0, 1], port));

        let streams = self.connect(address)?;
        let mut client = Client::new(self.protocol, streams)?;
        let before = client.run(length / 5)?.len();
        let mut control = child.stdin.take().ok_or_else(gone)?;
        control.write_all(b"begin\n")?;
        let start = Instant::now();
        let latencies = client.run(length)?;
        let seconds = start.elapsed().as_secs_f64();
        drop(control);
        let mut rest = String::new();
        said.read_to_string(&mut rest)?;
        Ok(Loaded {
            requests: before + latencies.len(),
            latencies,
            seconds,
            cpu: super::figure(&rest, "cpu_s")?,
        })
    }
}

/// Connections that are begun before the server has to have accepted them all: more than its
/// backlog, and the kernel tries again after a second.
const AT_ONCE: usize = 64;

impl Target {
    fn connect(&self, address: SocketAddr) -> io::Result<Vec<TcpStream>> {
        let mut streams = Vec::with_capacity(self.connections);
        for index in 1..=self.connections {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            if index % AT_ONCE == 0 {
                // Who answers this one has accepted those before.
                self.ask_once(&mut stream)?;
            }
            stream.set_nonblocking(true)?;
            streams.push(stream);
        }
        Ok(streams)
    }

    fn ask_once(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(self.protocol.request())?;
        let (mut buffer, mut filled) = ([0; 1024], 0);
        while !self.protocol.is_answered(&buffer[..filled])? {
            match stream.read(&mut buffer[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(())
    }
}

struct Connection {
    stream: mio::net::TcpStream,
    sent: Instant,
    answer: Vec<u8>,
}

struct Client {
    protocol: Protocol,
    poll: Poll,
    connections: Vec<Connection>,
}

impl Client {
    fn new(protocol: Protocol, streams: Vec<TcpStream>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (index, stream) in streams.into_iter().enumerate() {
            let mut stream = mio::net::TcpStream::from_std(stream);
            poll.registry()
                .register(&mut stream, Token(index), Interest::READABLE)?;
            connections.push(Connection {
                stream,
                sent: Instant::now(),
                answer: Vec::with_capacity(256),
            });
        }
        Ok(Self {
            protocol,
            poll,
            connections,
        })
    }

    /// Nanoseconds until each answer.
    fn run(&mut self, length: Duration) -> io::Result<Vec<u32>> {
        let mut latencies = Vec::with_capacity(1 << 20);
        let end = Instant::now() + length;
        let mut events = Events::with_capacity(256);
        for connection in &mut self.connections {
            connection.send(self.protocol)?;
        }
        let mut under_way = self.connections.len();
        while under_way > 0 {
            self.poll.poll(&mut events, Some(Duration::from_secs(5)))?;
            if events.is_empty() {
                return Err(io::Error::other("no answer within five seconds"));
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if !connection.is_answered(self.protocol)? {
                    continue;
                }
                let now = Instant::now();
                let latency = (now - connection.sent).as_nanos();
                latencies.push(latency.min(u128::from(u32::MAX)) as u32);
                if now < end {
                    connection.send(self.protocol)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        Ok(latencies)
    }
}

impl Connection {
    fn send(&mut self, protocol: Protocol) -> io::Result<()> {
        self.sent = Instant::now();
        self.answer.clear();
        self.stream.write_all(protocol.request())
    }

    /// Reads what is there. True if that was the last of an answer.
    fn is_answered(&mut self, protocol: Protocol) -> io::Result<bool> {
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.answer.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if protocol.is_answered(&self.answer)? {
                return Ok(true);
            }
        }
    }
}
