//! TCP streams, listeners, sockets and halves.

use std::time::Duration;

use super::*;

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
        let deaf = TcpSocket::new_v4().unwrap();
        deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let refused = TcpStream::connect(deaf.local_addr().unwrap())
            .await
            .unwrap_err();
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
        stream.set_zero_linger().unwrap();
        assert_eq!(stream.linger().unwrap(), Some(Duration::ZERO));
        stream.set_ttl(60).unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(stream.ttl().unwrap(), 60);
        assert!(stream.take_error().unwrap().is_none());
        listener.accept().await.unwrap();

        // Nobody else can get the port, and nobody listens.
        let deaf = TcpSocket::new_v4().unwrap();
        deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let refused = TcpSocket::new_v4().unwrap();
        let refused = refused.connect(deaf.local_addr().unwrap()).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
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

/// A shutdown after the peer has reset the connection is no error.
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

/// The same on the work-stealing runtime: the driver's thread, and who polls, change all the time.
#[test]
fn tcp_echo_on_several_workers() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        crate::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                crate::spawn(async move {
                    while let Ok(bytes) = read(&mut stream, 64).await {
                        if bytes.is_empty() || write(&mut stream, &bytes).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        let clients: Vec<_> = (0..16_u8)
            .map(|id| {
                crate::spawn(async move {
                    let mut stream = TcpStream::connect(addr).await.unwrap();
                    for round in 0..50 {
                        assert_eq!(write(&mut stream, &[id, round]).await.unwrap(), 2);
                        assert_eq!(read(&mut stream, 64).await.unwrap(), [id, round]);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    });
}
