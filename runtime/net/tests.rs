//! Sockets on a real runtime.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::{
    TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket, UnixDatagram, UnixListener,
    UnixSocket, UnixStream, lookup_host,
};
use crate::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn run<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let client = client.await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let n = std::future::poll_fn(|cx| {
        let mut buf = ReadBuf::new(&mut bytes);
        let poll = Pin::new(&mut *stream).poll_read(cx, &mut buf);
        poll.map_ok(|()| buf.filled().len())
    })
    .await?;
    bytes.truncate(n);
    Ok(bytes)
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<usize> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await
}

async fn shut_down<S: AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_shutdown(cx)).await
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Other && error.to_string().contains("gone")
}

#[test]
fn tcp_bytes_go_both_ways_and_end() {
    run(async {
        let (mut a, mut b) = tcp_pair().await;
        assert_eq!(write(&mut a, b"ping").await.unwrap(), 4);
        assert_eq!(read(&mut b, 16).await.unwrap(), b"ping");
        assert_eq!(write(&mut b, b"pong").await.unwrap(), 4);
        assert_eq!(read(&mut a, 16).await.unwrap(), b"pong");
        shut_down(&mut a).await.unwrap();
        assert_eq!(read(&mut b, 16).await.unwrap(), b"");
    });
}

/// More than the kernel holds, in pieces that do not fit: every wait and every clear is used.
#[test]
fn tcp_carries_more_than_the_kernel_holds() {
    const TOTAL: usize = 8 << 20;
    run(async {
        let (a, mut b) = tcp_pair().await;
        let a = a.into_std().unwrap();
        let writer = std::thread::spawn(move || {
            run(async move {
                let mut a = TcpStream::from_std(a).unwrap();
                let bytes: Vec<u8> = (0..TOTAL).map(|i| (i % 251) as u8).collect();
                let mut sent = 0;
                while sent < TOTAL {
                    sent += write(&mut a, &bytes[sent..]).await.unwrap();
                }
            });
        });
        let mut received = 0;
        loop {
            let bytes = read(&mut b, 10_007).await.unwrap();
            if bytes.is_empty() {
                break;
            }
            for byte in bytes {
                assert_eq!(byte, (received % 251) as u8);
                received += 1;
            }
        }
        assert_eq!(received, TOTAL);
        writer.join().unwrap();
    });
}

#[test]
fn tcp_vectored_reads_and_writes() {
    run(async {
        let (mut a, b) = tcp_pair().await;
        let pieces = [IoSlice::new(b"one "), IoSlice::new(b"two")];
        let written = std::future::poll_fn(|cx| Pin::new(&mut a).poll_write_vectored(cx, &pieces));
        assert_eq!(written.await.unwrap(), 7);
        assert!(a.is_write_vectored());

        let (mut x, mut y) = ([0; 4], [0; 8]);
        let n = b
            .async_io(Interest::READABLE, || {
                b.try_read_vectored(&mut [IoSliceMut::new(&mut x), IoSliceMut::new(&mut y)])
            })
            .await;
        assert_eq!((n.unwrap(), &x, &y[..3]), (7, b"one ", &b"two"[..]));
        let n = a.try_write_vectored(&pieces).unwrap();
        assert_eq!(n, 7);
    });
}

#[test]
fn tcp_accepted_and_connected_streams_start_ready() {
    run(async {
        let (a, b) = tcp_pair().await;
        for stream in [&a, &b] {
            let ready = stream.ready(Interest::WRITABLE);
            assert!(matches!(pin!(ready).poll(&mut noop()), Poll::Ready(Ok(_))));
        }
        // A read may be tried at once, and clears what was only a guess.
        let kind = |error: io::Error| error.kind();
        assert_eq!(
            b.try_read(&mut [0; 4]).map_err(kind),
            Err(ErrorKind::WouldBlock)
        );
        let readable = b.readable();
        assert!(pin!(readable).poll(&mut noop()).is_pending());
    });
}

#[test]
fn tcp_peek_leaves_the_bytes() {
    run(async {
        let (mut a, mut b) = tcp_pair().await;
        write(&mut a, b"look").await.unwrap();
        let mut buf = [0; 2];
        assert_eq!(b.peek(&mut buf).await.unwrap(), 2);
        assert_eq!(&buf, b"lo");
        let mut space = [std::mem::MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut space);
        let n = std::future::poll_fn(|cx| b.poll_peek(cx, &mut buf)).await;
        assert_eq!((n.unwrap(), buf.filled()), (4, &b"look"[..]));
        assert_eq!(read(&mut b, 8).await.unwrap(), b"look");
    });
}

/// A read into memory that is not initialized fills exactly what came.
#[test]
fn tcp_reads_into_uninitialized_memory() {
    run(async {
        let (mut a, mut b) = tcp_pair().await;
        write(&mut a, b"abc").await.unwrap();
        let mut space = [std::mem::MaybeUninit::uninit(); 64];
        let mut buf = ReadBuf::uninit(&mut space);
        buf.put_slice(b">");
        std::future::poll_fn(|cx| Pin::new(&mut b).poll_read(cx, &mut buf))
            .await
            .unwrap();
        assert_eq!(buf.filled(), b">abc");
        assert_eq!(buf.initialized(), b">abc");
    });
}

#[test]
fn tcp_halves_part_end_and_reunite() {
    run(async {
        let (mut a, b) = tcp_pair().await;
        {
            let (mut read_half, mut write_half) = a.split();
            write(&mut write_half, b"1").await.unwrap();
            assert_eq!(
                read_half.try_read(&mut [0]).unwrap_err().kind(),
                ErrorKind::WouldBlock
            );
            let _ = pin!(read_half.peek(&mut [0])).poll(&mut noop());
        }
        let (mut b_read, b_write) = b.into_split();
        assert_eq!(read(&mut b_read, 4).await.unwrap(), b"1");
        let (a_read, a_write) = a.into_split();
        let error = a_read.reunite(b_write).unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            "tried to reunite halves that are not from the same socket"
        );
        let crate::net::tcp::ReuniteError(a_read, b_write) = error;

        let mut a = a_write.reunite(a_read).unwrap();
        write(&mut a, b"2").await.unwrap();
        assert_eq!(read(&mut b_read, 4).await.unwrap(), b"2");

        // A forgotten half leaves its direction open, a dropped one ends it.
        b_write.forget();
        let b = b_read;
        assert!(pin!(read(&mut a, 1)).poll(&mut noop()).is_pending());
        let (_a_read, a_write) = a.into_split();
        drop(a_write);
        let mut b = b;
        assert_eq!(read(&mut b, 1).await.unwrap(), b"");
    });
}

#[test]
fn tcp_refused_connections_and_taken_addresses_are_errors() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let taken = TcpListener::bind(addr).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        drop(listener);
        let refused = TcpStream::connect(addr).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let none = TcpStream::connect(&[][..] as &[SocketAddr]).await;
        assert_eq!(none.unwrap_err().kind(), ErrorKind::InvalidInput);

        // The second address answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let both = [addr, listener.local_addr().unwrap()];
        TcpStream::connect(&both[..]).await.unwrap();
    });
}

#[test]
fn tcp_sockets_have_options() {
    run(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.set_reuseport(true).unwrap();
        socket.set_keepalive(true).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_recv_buffer_size(16_384).unwrap();
        socket.set_tos_v4(16).unwrap();
        assert!(socket.reuseaddr().unwrap() && socket.reuseport().unwrap());
        assert!(socket.keepalive().unwrap() && socket.nodelay().unwrap());
        assert!(socket.recv_buffer_size().unwrap() >= 16_384);
        assert_eq!(socket.tos_v4().unwrap(), 16);
        assert_eq!(socket.linger().unwrap(), None);
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(8).unwrap();

        let socket = TcpSocket::new_v4().unwrap();
        let stream = socket.connect(listener.local_addr().unwrap()).await;
        let stream = stream.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_linger(None).unwrap();
        stream.set_ttl(60).unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(stream.ttl().unwrap(), 60);
        assert!(stream.take_error().unwrap().is_none());
        listener.accept().await.unwrap();

        let free = listener.local_addr().unwrap();
        drop(listener);
        let refused = TcpSocket::new_v4().unwrap().connect(free).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn sockets_come_from_std_and_go_back() {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let client = client.await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let mut client = client.into_std().unwrap();
        client.write_all(b"std").unwrap();
        assert_eq!(read(&mut server, 8).await.unwrap(), b"std");
        listener.into_std().unwrap();

        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.set_nonblocking(true).unwrap();
        UdpSocket::try_from(udp).unwrap().into_std().unwrap();
        let (a, _b) = std::os::unix::net::UnixStream::pair().unwrap();
        a.set_nonblocking(true).unwrap();
        UnixStream::from_std(a).unwrap().into_std().unwrap();
    });
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "set_nonblocking")]
fn a_blocking_socket_is_refused() {
    run(async {
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let _ = UdpSocket::from_std(udp);
    });
}

#[test]
#[should_panic(expected = "there is no wakeful runtime on this thread")]
fn a_socket_needs_a_runtime() {
    let _ = UnixStream::pair();
}

#[test]
#[should_panic(expected = "I/O is disabled on this runtime: call `enable_io`")]
fn a_socket_needs_io() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let _ = UnixStream::pair();
    });
}

#[test]
fn udp_datagrams_reach_their_target() {
    run(async {
        let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let b = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (a_addr, b_addr) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let mut buf = [0; 16];

        assert_eq!(a.send_to(b"one", b_addr).await.unwrap(), 3);
        assert_eq!(b.peek_sender().await.unwrap(), a_addr);
        assert_eq!(b.peek_from(&mut buf).await.unwrap(), (3, a_addr));
        assert_eq!(b.recv_from(&mut buf).await.unwrap(), (3, a_addr));
        assert_eq!(
            b.try_recv_from(&mut buf).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );

        a.connect(b_addr).await.unwrap();
        b.connect(a_addr).await.unwrap();
        assert_eq!(a.peer_addr().unwrap(), b_addr);
        a.send(b"two").await.unwrap();
        assert_eq!(b.peek(&mut buf).await.unwrap(), 3);
        assert_eq!(b.recv(&mut buf).await.unwrap(), 3);
        assert_eq!(&buf[..3], b"two");

        b.send(b"three").await.unwrap();
        let mut space = [std::mem::MaybeUninit::uninit(); 16];
        let mut buf = ReadBuf::uninit(&mut space);
        std::future::poll_fn(|cx| a.poll_recv(cx, &mut buf))
            .await
            .unwrap();
        assert_eq!(buf.filled(), b"three");
        buf.clear();
        let sent = std::future::poll_fn(|cx| a.poll_send_to(cx, b"four", b_addr)).await;
        assert_eq!(sent.unwrap(), 4);
        let from = std::future::poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await;
        assert_eq!((from.unwrap(), buf.filled()), (a_addr, &b"four"[..]));
    });
}

#[test]
fn udp_options() {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.set_broadcast(true).unwrap();
        socket.set_multicast_loop_v4(false).unwrap();
        socket.set_multicast_ttl_v4(3).unwrap();
        socket.set_ttl(40).unwrap();
        assert!(socket.broadcast().unwrap());
        assert!(!socket.multicast_loop_v4().unwrap());
        assert_eq!(socket.multicast_ttl_v4().unwrap(), 3);
        assert_eq!(socket.ttl().unwrap(), 40);
        assert!(socket.take_error().unwrap().is_none());
    });
}

#[test]
fn buffers_of_the_bytes_crate_are_filled() {
    run(async {
        let (a, b) = UnixStream::pair().unwrap();
        a.try_write(b"stream").unwrap();
        let mut buf = Vec::with_capacity(32);
        buf.push(b'>');
        b.readable().await.unwrap();
        assert_eq!(b.try_read_buf(&mut buf).unwrap(), 6);
        assert_eq!(buf, b">stream");

        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"datagram").await.unwrap();
        let mut buf = Vec::new();
        let (n, from) = b.recv_buf_from(&mut buf).await.unwrap();
        assert_eq!((n, &buf[..]), (8, &b"datagram"[..]));
        assert!(from.is_unnamed());
    });
}

#[test]
fn unix_streams_have_addresses_and_credentials() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listener");
        let listener = UnixListener::bind(&path).unwrap();
        let mut client = UnixStream::connect(&path).await.unwrap();
        let (mut server, from) = listener.accept().await.unwrap();
        assert!(from.is_unnamed());
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path));
        let peer = server.peer_cred().unwrap();
        assert_eq!(peer.pid(), Some(std::process::id() as i32));
        write(&mut client, b"hi").await.unwrap();
        assert_eq!(read(&mut server, 8).await.unwrap(), b"hi");
        let (mut client_read, client_write) = client.into_split();
        drop(client_write);
        assert_eq!(read(&mut server, 8).await.unwrap(), b"");
        drop(server);
        assert_eq!(read(&mut client_read, 8).await.unwrap(), b"");

        let gone = folder.path().join("nobody");
        let error = UnixStream::connect(gone).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn unix_abstract_names() {
    run(async {
        let name = format!("\0wakeful-test-{}", std::process::id());
        let listener = UnixListener::bind(&name).unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(addr.as_abstract_name(), Some(&name.as_bytes()[1..]));
        let _client = UnixStream::connect(&name).await.unwrap();
        let _again = UnixStream::connect_addr(&addr).await.unwrap();
        listener.accept().await.unwrap();
        listener.accept().await.unwrap();
    });
}

#[test]
fn unix_datagrams_and_sockets() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        let socket = UnixSocket::new_datagram().unwrap();
        socket.bind(path("a")).unwrap();
        let a = socket.datagram().unwrap();
        let b = UnixDatagram::bind(path("b")).unwrap();
        b.connect(path("a")).unwrap();
        b.send(b"one").await.unwrap();
        let mut buf = [0; 8];
        let (n, from) = a.recv_from(&mut buf).await.unwrap();
        assert_eq!((n, from.as_pathname()), (3, Some(&*path("b"))));
        assert_eq!(a.send_to(b"two", path("b")).await.unwrap(), 3);
        assert_eq!(b.recv(&mut buf).await.unwrap(), 3);

        let socket = UnixSocket::new_stream().unwrap();
        socket.bind(path("listener")).unwrap();
        let listener = socket.listen(4).unwrap();
        let client = UnixSocket::new_stream().unwrap();
        let _client = client.connect(path("listener")).await.unwrap();
        listener.accept().await.unwrap();
        let wrong = UnixSocket::new_datagram().unwrap().listen(4);
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Other);
    });
}

/// Many tasks wait for one socket through `&self`, and each gets something.
#[test]
fn many_tasks_receive_from_one_socket() {
    run(async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let b = std::sync::Arc::new(b);
        let receivers: Vec<_> = (0..20)
            .map(|_| {
                let b = b.clone();
                crate::spawn(async move { b.recv(&mut [0; 4]).await.unwrap() })
            })
            .collect();
        crate::task::yield_now().await;
        for _ in 0..20 {
            a.send(b"x").await.unwrap();
        }
        for receiver in receivers {
            assert_eq!(receiver.await.unwrap(), 1);
        }
    });
}

#[test]
fn many_tasks_accept_from_one_listener() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let listener = std::sync::Arc::new(listener);
        let acceptors: Vec<_> = (0..5)
            .map(|_| {
                let listener = listener.clone();
                crate::spawn(async move { listener.accept().await.unwrap().1 })
            })
            .collect();
        crate::task::yield_now().await;
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(TcpStream::connect(addr).await.unwrap());
        }
        for acceptor in acceptors {
            acceptor.await.unwrap();
        }
    });
}

#[test]
fn names_are_addresses_or_looked_up() {
    async fn all<T: ToSocketAddrs>(name: T) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host(name).await?.collect())
    }
    run(async {
        let addr: SocketAddr = "127.0.0.1:80".parse().unwrap();
        assert_eq!(all(addr).await.unwrap(), [addr]);
        assert_eq!(all("127.0.0.1:80").await.unwrap(), [addr]);
        assert_eq!(all(String::from("127.0.0.1:80")).await.unwrap(), [addr]);
        assert_eq!(all(("127.0.0.1", 80)).await.unwrap(), [addr]);
        assert_eq!(all((String::from("127.0.0.1"), 80)).await.unwrap(), [addr]);
        assert_eq!(all((addr.ip(), 80)).await.unwrap(), [addr]);
        assert_eq!(all(&&[addr, addr][..]).await.unwrap(), [addr, addr]);
        assert_eq!(
            all(("::1", 80)).await.unwrap(),
            ["[::1]:80".parse().unwrap()]
        );
        // This one needs the resolver, and the resolver a hosts file.
        if let Ok(found) = all("localhost:80").await {
            assert!(found.iter().all(|addr| addr.ip().is_loopback()));
        }
        assert!(all("no port").await.is_err());
    });
    // An address needs no pool and no runtime.
    let known = pin!(all("127.0.0.1:80")).poll(&mut noop()).is_ready();
    assert!(known);
}

/// R41: making a future does nothing.
#[test]
fn r41_nothing_happens_before_the_first_poll() {
    drop(TcpListener::bind("no such name:1"));
    drop(TcpStream::connect("127.0.0.1:1"));
    drop(UnixStream::connect("/nowhere"));
    drop(lookup_host("no such name:1"));
}

/// R50: whatever outlives its runtime says so, and waits for nothing.
#[test]
fn r50_a_socket_that_outlives_its_runtime_gives_errors() {
    let runtime = runtime();
    let (mut a, b, listener, udp) = runtime.block_on(async {
        let (a, b) = tcp_pair().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        (a, b, listener, udp)
    });
    drop(runtime);

    let cx = &mut noop();
    let mut buf = [0; 8];
    assert!(matches!(pin!(read(&mut a, 8)).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(pin!(write(&mut a, b"x")).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(pin!(b.readable()).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(pin!(listener.accept()).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(pin!(udp.recv(&mut buf)).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(b.try_read(&mut buf), Err(e) if is_gone(&e)));
    b.into_std().unwrap();
}

/// R50: a task on another runtime that waits for the socket is woken with the error.
#[test]
fn r50_a_waiter_elsewhere_is_woken() {
    let owner = runtime();
    let (_a, b) = owner.block_on(async { UnixStream::pair().unwrap() });
    let (waits, is_waiting) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || {
        run(async move {
            let mut readable = pin!(b.readable());
            std::future::poll_fn(|cx| {
                let poll = readable.as_mut().poll(cx);
                let _ = waits.send(());
                poll
            })
            .await
        })
    });
    is_waiting.recv().unwrap();
    drop(owner);
    assert!(matches!(waiter.join().unwrap(), Err(e) if is_gone(&e)));
}

/// R52: a shutdown after the peer has reset the connection is no error.
#[test]
fn r52_shutdown_of_a_connection_that_is_gone_is_ok() {
    run(async {
        let (mut a, b) = tcp_pair().await;
        b.set_zero_linger().unwrap();
        drop(b);
        let error = read(&mut a, 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let plain = socket2::SockRef::from(&a).shutdown(std::net::Shutdown::Write);
        assert_eq!(plain.unwrap_err().kind(), ErrorKind::NotConnected);
        shut_down(&mut a).await.unwrap();
    });
}

/// R37: a stream that always has something does not keep the task for ever.
#[test]
fn r37_reading_spends_the_budget() {
    run(async {
        let (a, mut b) = UnixStream::pair().unwrap();
        a.try_write(&[0; 512]).unwrap();
        let mut reads = 0;
        std::future::poll_fn(|cx| {
            let mut byte = [0];
            loop {
                let poll = Pin::new(&mut b).poll_read(cx, &mut ReadBuf::new(&mut byte));
                if poll.is_pending() && reads > 0 {
                    return Poll::Ready(());
                }
                if poll.is_pending() {
                    return Poll::Pending;
                }
                reads += 1;
            }
        })
        .await;
        assert!(0 < reads && reads <= 128, "{reads} reads in one poll");
    });
}

#[test]
fn futures_and_sockets_can_move_and_be_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    run(async {
        let (a, _b) = tcp_pair().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buf = [0];
        both(&(&a, &listener, &udp));
        both(&a.readable());
        both(&a.peek(&mut buf));
        both(&a.ready(Interest::READABLE));
        both(&listener.accept());
        both(&udp.recv_from(&mut buf));
        both(&udp.send_to(&[], "127.0.0.1:1"));
        both(&TcpStream::connect("127.0.0.1:1"));
        both(&a.into_split());
        let _ = Ready::ALL;
    });
}
