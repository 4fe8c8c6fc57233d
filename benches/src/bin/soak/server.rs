//! The two servers, and the ledger of what they did.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::net::{TcpListener, TcpStream};
use wakeful::task::{AbortHandle, JoinHandle};
use wakeful::{sync::oneshot, time};

use crate::clients::Told;
use crate::http;

/// In the message of each panic that a client asked for.
pub(crate) const ON_REQUEST: &str = "on request";

/// A connection that says nothing for so long is closed: longer than any client is silent.
const SILENCE: Duration = Duration::from_secs(300);

/// The first byte of an echo connection, and the path of an HTTP request: what is to become of it.
pub(crate) const BEHAVE: u8 = b'n';
pub(crate) const PANIC: u8 = b'p';
pub(crate) const ABORT: u8 = b'a';

#[derive(Default)]
pub(crate) struct Ledger {
    accepted: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    panicked: AtomicU64,
    aborted: AtomicU64,
    /// Connections that were silent for too long: there must be none.
    silent: AtomicU64,
}

impl Ledger {
    pub(crate) fn read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes: what came back to clients was written, what was written was read, what was read was
    /// sent. Panics and aborts: as many as were asked for.
    pub(crate) fn compare(&self, told: &Told, round: usize, complaints: &mut Vec<String>) {
        let (read, written) = (self.read.load(Relaxed), self.written.load(Relaxed));
        let mut check = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("round {round}: {what}: {told}; {self}"));
            }
        };
        check(told.back <= written, "more came back than was written");
        check(written <= read, "more was written than was read");
        check(read <= told.sent, "more was read than was sent");
        check(told.wrong == 0, "bytes came back wrong");
        check(told.unexpected == 0, "connections broke off");
        check(
            self.panicked.load(Relaxed) == told.panics,
            "not as many panics as were asked for",
        );
        check(
            self.aborted.load(Relaxed) == told.aborts,
            "not as many aborts as were asked for",
        );
        check(self.silent.load(Relaxed) == 0, "silent connections");
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let get = |count: &AtomicU64| count.load(Relaxed);
        write!(
            f,
            "{} accepted, {} bytes read, {} written, {} panics, {} aborts, {} silent",
            get(&self.accepted),
            get(&self.read),
            get(&self.written),
            get(&self.panicked),
            get(&self.aborted),
            get(&self.silent),
        )
    }
}

/// How a connection's task can have itself aborted: by somebody who has its handle.
pub(crate) struct Suicide(Option<oneshot::Receiver<AbortHandle>>);

impl Suicide {
    pub(crate) async fn commit(mut self) -> io::Result<()> {
        let handle = self
            .0
            .take()
            .expect("once")
            .await
            .expect("the listener sends it");
        wakeful::spawn(async move { handle.abort() });
        std::future::pending().await
    }
}

/// Starts both; gives back their ports.
pub(crate) async fn start(ledger: &Arc<Ledger>) -> io::Result<((u16, u16), [JoinHandle<()>; 2])> {
    let (echo_at, http_at) = (
        TcpListener::bind("0.0.0.0:0").await?,
        TcpListener::bind("0.0.0.0:0").await?,
    );
    let ports = (echo_at.local_addr()?.port(), http_at.local_addr()?.port());
    let serve_echo = {
        let ledger = Arc::clone(ledger);
        move |stream, suicide| wakeful::spawn(echo(stream, suicide, Arc::clone(&ledger)))
    };
    let serve_http = {
        let ledger = Arc::clone(ledger);
        move |stream, suicide| wakeful::spawn(http::serve(stream, suicide, Arc::clone(&ledger)))
    };
    let tasks = [
        wakeful::spawn(listen(echo_at, Arc::clone(ledger), serve_echo)),
        wakeful::spawn(listen(http_at, Arc::clone(ledger), serve_http)),
    ];
    Ok((ports, tasks))
}

async fn listen(
    listener: TcpListener,
    ledger: Arc<Ledger>,
    serve: impl Fn(TcpStream, Suicide) -> JoinHandle<io::Result<()>>,
) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of descriptors, or a client that is gone already: others are waiting.
            Err(_) => {
                time::sleep(Duration::from_millis(5)).await;
                continue;
            }
        };
        ledger.accepted.fetch_add(1, Relaxed);
        let (tell, told) = oneshot::channel();
        let task = serve(stream, Suicide(Some(told)));
        let _ = tell.send(task.abort_handle());
        let ledger = Arc::clone(&ledger);
        // Looks at how it ends. The errors of connections are the clients' doing.
        wakeful::spawn(async move {
            match task.await {
                Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    ledger.silent.fetch_add(1, Relaxed);
                }
                Ok(_) => {}
                Err(error) if error.is_panic() => drop(ledger.panicked.fetch_add(1, Relaxed)),
                Err(_) => drop(ledger.aborted.fetch_add(1, Relaxed)),
            }
        });
    }
}

/// What a connection says next; too long a silence is an error.
pub(crate) async fn unless_silent<T>(next: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match time::timeout(SILENCE, next).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn echo(mut stream: TcpStream, suicide: Suicide, ledger: Arc<Ledger>) -> io::Result<()> {
    let fate = unless_silent(stream.read_u8()).await?;
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = unless_silent(stream.read(&mut buffer)).await?;
        if read == 0 {
            return Ok(());
        }
        match fate {
            PANIC => panic!("{ON_REQUEST}"),
            ABORT => return suicide.commit().await,
            _ => {}
        }
        ledger.read(read);
        stream.write_all(&buffer[..read]).await?;
        ledger.written(read);
    }
}
