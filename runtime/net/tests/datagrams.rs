//! UDP and Unix datagrams.

use super::*;

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

/// A datagram that comes back is an error of the next receive, also of one that waits already.
#[test]
fn a_receive_ends_with_the_error_of_a_datagram() {
    run(async {
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        // A port of the system's own, which nobody is given.
        sender.connect("127.0.0.1:1").await.unwrap();
        sender.send(b"x").await.unwrap();
        let refused = sender.recv(&mut [0; 8]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

        let mut buf = [0; 8];
        let mut waits = pin!(sender.recv_from(&mut buf));
        assert!(waits.as_mut().poll(&mut noop()).is_pending());
        sender.send(b"x").await.unwrap();
        let refused = waits.await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}
