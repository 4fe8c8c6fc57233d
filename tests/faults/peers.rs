//! Peers that reset a connection at each step, that end it too early, and that never read.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::thread;

use wakeful::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use wakeful::net::{TcpListener, TcpSocket, TcpStream};

/// More than the buffers of a connection hold.
const REPLY: usize = 8 << 20;

/// Reads a line, answers with `REPLY` bytes and the line, waits for the peer's end.
async fn exchange(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 || !line.ends_with('\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    stream.write_all(&vec![7; REPLY]).await?;
    stream.write_all(line.as_bytes()).await?;
    stream.shutdown().await?;
    match stream.read(&mut [0]).await? {
        0 => Ok(()),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// Closes with a reset, whatever is still on its way.
fn reset(stream: StdStream) {
    let socket = TcpSocket::from_std_stream(stream);
    socket.set_zero_linger().unwrap();
}

/// A client that goes away at the given step.
fn client(address: SocketAddr, step: usize) {
    let mut stream = StdStream::connect(address).unwrap();
    if step == 0 {
        return reset(stream);
    }
    stream.write_all(b"half a ").unwrap();
    if step == 1 {
        return reset(stream);
    }
    if step == 2 {
        // Not a reset, but an end where none may be.
        return drop(stream);
    }
    stream.write_all(b"line\n").unwrap();
    if step == 3 {
        return reset(stream);
    }
    let mut part = vec![0; REPLY / 2];
    stream.read_exact(&mut part).unwrap();
    if step == 4 {
        return reset(stream);
    }
    stream.read_exact(&mut part).unwrap();
    let mut line = String::new();
    stream.read_to_string(&mut line).unwrap();
    assert_eq!(line, "half a line\n");
    if step == 5 {
        reset(stream);
    }
}

const STEPS: usize = 7;

each_runtime! {
    /// Whoever goes away early ends its own exchange with an error, and nobody else's.
    fn a_reset_at_each_step_is_one_error(on) {
        on.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            for step in 0..STEPS {
                // A whole exchange on each side of the one that breaks.
                let clients = [STEPS, step, STEPS]
                    .map(|step| thread::spawn(move || client(address, step)));
                let mut exchanges = Vec::new();
                for _ in 0..clients.len() {
                    // A reset before the accept may be told by it, or by the first read.
                    match listener.accept().await {
                        Ok((stream, _)) => exchanges.push(wakeful::spawn(exchange(stream))),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionAborted),
                    }
                }
                let mut failed = Vec::new();
                for exchange in exchanges {
                    failed.extend(exchange.await.unwrap().err().map(|error| error.kind()));
                }
                for client in clients {
                    client.join().unwrap();
                }
                let gone = [
                    ErrorKind::ConnectionReset,
                    ErrorKind::BrokenPipe,
                    ErrorKind::UnexpectedEof,
                    ErrorKind::NotConnected,
                ];
                assert!(failed.iter().all(|kind| gone.contains(kind)), "{step}: {failed:?}");
                match step {
                    0 => assert!(failed.len() <= 1),
                    1..=5 => assert_eq!(failed.len(), 1, "{step}"),
                    _ => assert!(failed.is_empty()),
                }
            }
        });
    }

    /// A write to it waits, costs nobody else a turn, can be given up, and ends with the peer.
    fn a_peer_that_never_reads_holds_up_nobody_else(on) {
        on.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let deaf = StdStream::connect(address).unwrap();
            let (mut to_deaf, _) = listener.accept().await.unwrap();
            let (full, is_full) = wakeful::sync::oneshot::channel();
            let writer = wakeful::spawn(async move {
                let mut full = Some(full);
                let chunk = vec![1; 1 << 20];
                loop {
                    let mut write = std::pin::pin!(to_deaf.write(&chunk));
                    let result = std::future::poll_fn(|cx| {
                        let polled = write.as_mut().poll(cx);
                        if polled.is_pending() {
                            full.take().map(|full| full.send(()));
                        }
                        polled
                    })
                    .await;
                    if let Err(error) = result {
                        return error.kind();
                    }
                }
            });
            // It waits for room that nobody makes. Meanwhile others talk.
            is_full.await.unwrap();
            let talker = thread::spawn(move || client(address, STEPS));
            let (stream, _) = listener.accept().await.unwrap();
            exchange(stream).await.unwrap();
            talker.join().unwrap();
            assert!(!writer.is_finished());
            reset(deaf);
            let kind = writer.await.unwrap();
            let gone = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
            assert!(gone.contains(&kind), "{kind:?}");
        });
    }
}
