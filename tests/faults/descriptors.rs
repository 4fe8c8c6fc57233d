//! Descriptors that run out while a server accepts.

use std::io::Read;
use std::net::TcpStream as StdStream;
use std::process::Stdio;
use std::thread;

use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::net::{TcpListener, TcpStream, UnixStream};
use wakeful::sync::mpsc;

use crate::flavors::{On, alone};
use crate::limits::limit;

const CLIENTS: usize = 40;

/// Only the standard streams have numbers below it.
const NONE_LEFT: u64 = 3;

/// More clients than descriptors. The server's `accept` fails, its other connections go on, and
/// each client is served once there is room: the listener has forgotten nobody.
fn serves_everybody(on: On) {
    let runtime = on.runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    // The clients have their descriptors already: they share this process with the server.
    let mut clients: Vec<StdStream> = (0..CLIENTS)
        .map(|_| StdStream::connect(address).unwrap())
        .collect();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    runtime.block_on(async {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        // Room for five connections, after the two of the pair.
        let before = limit(libc::RLIMIT_NOFILE, open + 2 + 5);
        let mut served = Vec::new();
        let error = loop {
            match listener.accept().await {
                Ok((stream, _)) => served.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        assert!((1..CLIENTS).contains(&served.len()), "{}", served.len());

        // Nobody spins: one failed accept is one event, and others' traffic is what it was.
        near.write_all(b"undisturbed").await.unwrap();
        let mut back = [0; 11];
        far.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"undisturbed");

        // One goes and one comes, until all have been there; who is not accepted yet waits.
        let mut accepted = served.len();
        while accepted < CLIENTS {
            drop(served.pop());
            match listener.accept().await {
                Ok((stream, _)) => {
                    served.push(stream);
                    accepted += 1;
                }
                Err(error) => assert_eq!(error.raw_os_error(), Some(libc::EMFILE)),
            }
        }
        limit(libc::RLIMIT_NOFILE, before);
        // Those that are left are whole.
        for stream in &mut served {
            stream.write_all(&[1]).await.unwrap();
        }
        let peers: Vec<_> = served
            .iter()
            .map(|stream| stream.peer_addr().unwrap())
            .collect();
        for client in clients
            .iter_mut()
            .filter(|client| peers.contains(&client.local_addr().unwrap()))
        {
            client.read_exact(&mut [0]).unwrap();
        }
    });
}

#[test]
fn accept_serves_everybody_in_turn_on_one_thread() {
    alone(
        "descriptors::accept_serves_everybody_in_turn_on_one_thread",
        || {
            serves_everybody(On::CurrentThread);
        },
    );
}

#[test]
fn accept_serves_everybody_in_turn_on_two_workers() {
    alone(
        "descriptors::accept_serves_everybody_in_turn_on_two_workers",
        || {
            serves_everybody(On::Workers(2));
        },
    );
}

/// While an `accept` that failed is not repeated the driver sleeps: no event comes again and again.
#[test]
fn a_failed_accept_wakes_nobody() {
    alone("descriptors::a_failed_accept_wakes_nobody", || {
        let runtime = On::CurrentThread.runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let _clients: Vec<_> = (0..3)
            .map(|_| StdStream::connect(address).unwrap())
            .collect();
        let metrics = runtime.metrics();
        runtime.block_on(async {
            let (done, mut is_done) = mpsc::channel(1);
            let before = limit(libc::RLIMIT_NOFILE, NONE_LEFT);
            listener.accept().await.expect_err("there is no descriptor");
            let parks = metrics.worker_park_count(0);
            thread::spawn(move || {
                // A while in which something that spins would park thousands of times.
                for _ in 0..10_000 {
                    thread::yield_now();
                }
                done.blocking_send(()).unwrap();
            });
            is_done.recv().await.unwrap();
            assert!(metrics.worker_park_count(0) - parks <= 3);
            limit(libc::RLIMIT_NOFILE, before);
            for _ in 0..3 {
                listener.accept().await.unwrap();
            }
        });
    });
}

/// A connect, a file, a pipe and a child are refused like an accept, and succeed afterwards.
#[test]
fn whatever_needs_a_descriptor_says_so() {
    alone("descriptors::whatever_needs_a_descriptor_says_so", || {
        On::Workers(1).run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            wakeful::fs::metadata("/dev/null").await.unwrap();
            let before = limit(libc::RLIMIT_NOFILE, NONE_LEFT);
            let mut errors = vec![
                TcpStream::connect(address).await.err(),
                wakeful::fs::File::open("/dev/null").await.err(),
                UnixStream::pair().err(),
                wakeful::net::UdpSocket::bind("127.0.0.1:0").await.err(),
                wakeful::process::Command::new("true")
                    .stdout(Stdio::piped())
                    .spawn()
                    .err(),
            ];
            limit(libc::RLIMIT_NOFILE, before);
            for (index, error) in errors.drain(..).enumerate() {
                let error = error.unwrap_or_else(|| panic!("{index} was not refused"));
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{index}: {error}");
            }
            let mut stream = TcpStream::connect(address).await.unwrap();
            let (mut other, _) = listener.accept().await.unwrap();
            stream.write_all(b"x").await.unwrap();
            assert_eq!(other.read_u8().await.unwrap(), b'x');
            let status = wakeful::process::Command::new("true")
                .status()
                .await
                .unwrap();
            assert!(status.success());
        });
    });
}
