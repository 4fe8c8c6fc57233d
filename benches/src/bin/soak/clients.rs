//! The other process: connections that behave, vanish, or ask for the end of their server's task.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use wakeful::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, stdin};
use wakeful::net::{TcpSocket, TcpStream};
use wakeful::time::{self, Instant};

use crate::draw::Draw;
use crate::http;
use crate::server::{ABORT, BEHAVE, PANIC};

/// All that the clients have seen so far.
#[derive(Default)]
struct Seen {
    exchanges: AtomicU64,
    connections: AtomicU64,
    sent: AtomicU64,
    back: AtomicU64,
    vanished: AtomicU64,
    panics: AtomicU64,
    aborts: AtomicU64,
    wrong: AtomicU64,
    unexpected: AtomicU64,
}

/// The same, as the other process is told.
#[derive(Debug)]
pub(crate) struct Told {
    exchanges: u64,
    connections: u64,
    vanished: u64,
    pub(crate) sent: u64,
    pub(crate) back: u64,
    pub(crate) panics: u64,
    pub(crate) aborts: u64,
    pub(crate) wrong: u64,
    pub(crate) unexpected: u64,
}

impl Seen {
    fn tell(&self) -> String {
        let counts = [
            &self.exchanges,
            &self.connections,
            &self.vanished,
            &self.sent,
            &self.back,
            &self.panics,
            &self.aborts,
            &self.wrong,
            &self.unexpected,
        ];
        counts
            .map(|count| count.load(Relaxed).to_string())
            .join(" ")
    }
}

impl Told {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let counts: Vec<u64> = line
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [
            exchanges,
            connections,
            vanished,
            sent,
            back,
            panics,
            aborts,
            wrong,
            unexpected,
        ] = counts[..]
        else {
            return None;
        };
        Some(Self {
            exchanges,
            connections,
            vanished,
            sent,
            back,
            panics,
            aborts,
            wrong,
            unexpected,
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} exchanges on {} connections, {} of them vanished, {} bytes sent, {} back, \
             {} wrong, {} broken off",
            self.exchanges,
            self.connections,
            self.vanished,
            self.sent,
            self.back,
            self.wrong,
            self.unexpected,
        )
    }
}

/// For each line with a number of seconds: all clients live for so long, and what they saw is told.
pub(crate) async fn run(ports: (u16, u16), connections: usize, seed: u64) {
    let seen = Arc::new(Seen::default());
    let mut orders = BufReader::new(stdin()).lines();
    let mut draw = Draw::new(seed);
    while let Ok(Some(seconds)) = orders.next_line().await {
        let until = Instant::now() + Duration::from_secs(seconds.parse().unwrap_or(1));
        let clients: Vec<_> = (0..connections)
            .map(|_| {
                wakeful::spawn(live(
                    ports,
                    Draw::new(draw.next()),
                    until,
                    Arc::clone(&seen),
                ))
            })
            .collect();
        for client in clients {
            client.await.expect("no client panics");
        }
        println!("{}", seen.tell());
    }
}

/// One connection after the other, until the round is over.
async fn live(ports: (u16, u16), mut draw: Draw, until: Instant, seen: Arc<Seen>) {
    while Instant::now() < until {
        // Not all in the same moment.
        time::sleep(Duration::from_millis(draw.below(2000))).await;
        let is_http = draw.below(2) == 0;
        let port = if is_http { ports.1 } else { ports.0 };
        let Ok(stream) = connect(port, &mut draw).await else {
            continue;
        };
        seen.connections.fetch_add(1, Relaxed);
        let mut client = Client {
            stream: BufReader::new(stream),
            is_http,
            seen: &seen,
        };
        if let Err(error) = client.talk(&mut draw, until).await {
            eprintln!("http: {is_http}: {error}");
            seen.unexpected.fetch_add(1, Relaxed);
        }
    }
}

/// From one of many addresses to one of many: no pair runs out of ports.
async fn connect(port: u16, draw: &mut Draw) -> io::Result<TcpStream> {
    let mut address = |port| {
        let [a, b, ..] = draw.next().to_le_bytes();
        SocketAddr::from((Ipv4Addr::new(127, 0, a % 16, b.max(1)), port))
    };
    let socket = TcpSocket::new_v4()?;
    socket.bind(address(0))?;
    socket.connect(address(port)).await
}

struct Client<'a> {
    stream: BufReader<TcpStream>,
    is_http: bool,
    seen: &'a Seen,
}

impl Client<'_> {
    async fn talk(&mut self, draw: &mut Draw, until: Instant) -> io::Result<()> {
        let fate = match draw.below(100) {
            0 => PANIC,
            1 => ABORT,
            _ => BEHAVE,
        };
        if !self.is_http {
            self.stream.write_u8(fate).await?;
        }
        if fate != BEHAVE {
            return self.exchange(fate, draw).await;
        }
        for _ in 0..draw.below(20) {
            if Instant::now() >= until {
                break;
            }
            self.exchange(BEHAVE, draw).await?;
            time::sleep(Duration::from_millis(draw.below(1500))).await;
        }
        match draw.below(4) {
            // Gone in the midst of a request.
            0 => {
                self.seen.vanished.fetch_add(1, Relaxed);
                let len = 1 + draw.below(100_000) as usize;
                let bytes = draw.bytes(len);
                self.request(BEHAVE, &bytes).await?;
                self.stream.get_ref().set_zero_linger()
            }
            1 => {
                self.seen.vanished.fetch_add(1, Relaxed);
                self.stream.get_ref().set_zero_linger()
            }
            2 => Ok(()),
            _ => {
                self.stream.shutdown().await?;
                match self.stream.read(&mut [0]).await? {
                    0 => Ok(()),
                    _ => Err(io::ErrorKind::InvalidData.into()),
                }
            }
        }
    }

    /// Sends bytes and gets them back, or gets the end that it asked for.
    async fn exchange(&mut self, fate: u8, draw: &mut Draw) -> io::Result<()> {
        let len = match draw.below(100) {
            0 => draw.below(200_000),
            _ => draw.below(2000),
        };
        let bytes = draw.bytes(len as usize + 1);
        if fate != BEHAVE {
            let count = if fate == PANIC {
                &self.seen.panics
            } else {
                &self.seen.aborts
            };
            count.fetch_add(1, Relaxed);
            // The server may be gone before all is sent.
            let _ = self.request(fate, &bytes).await;
            let mut rest = Vec::new();
            return match self.stream.read_to_end(&mut rest).await {
                Ok(0) | Err(_) => Ok(()),
                Ok(_) => Err(io::ErrorKind::InvalidData.into()),
            };
        }
        let mut back = vec![0; bytes.len()];
        // At the same time: more than the buffers between us hold is under way.
        let (read, write) = wakeful::io::split(&mut self.stream);
        let (mut read, mut write) = (BufReader::new(read), write);
        let is_http = self.is_http;
        let sends = async {
            self.seen.sent.fetch_add(bytes.len() as u64, Relaxed);
            send(&mut write, is_http, fate, &bytes).await
        };
        let receives = async {
            if is_http {
                let (line, length) = http::head(&mut read)
                    .await?
                    .ok_or(io::ErrorKind::UnexpectedEof)?;
                if !line.starts_with("HTTP/1.1 200") || length != back.len() {
                    return Err(io::Error::other(line));
                }
            }
            read.read_exact(&mut back).await.map(drop)
        };
        let (sent, received) = wakeful::join!(sends, receives);
        sent?;
        received?;
        if back != bytes {
            self.seen.wrong.fetch_add(1, Relaxed);
        }
        self.seen.back.fetch_add(back.len() as u64, Relaxed);
        self.seen.exchanges.fetch_add(1, Relaxed);
        Ok(())
    }

    async fn request(&mut self, fate: u8, bytes: &[u8]) -> io::Result<()> {
        self.seen.sent.fetch_add(bytes.len() as u64, Relaxed);
        // In full, if the server's buffers take it: it does not read on before it has written.
        let all = send(&mut self.stream, self.is_http, fate, bytes);
        match time::timeout(Duration::from_millis(200), all).await {
            Ok(result) => result,
            Err(_) => Ok(()),
        }
    }
}

async fn send(
    stream: &mut (impl wakeful::io::AsyncWrite + Unpin),
    is_http: bool,
    fate: u8,
    bytes: &[u8],
) -> io::Result<()> {
    if is_http {
        let (fate, len) = (char::from(fate), bytes.len());
        let head = format!("POST /{fate} HTTP/1.1\r\nContent-Length: {len}\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
    }
    stream.write_all(bytes).await?;
    stream.flush().await
}
