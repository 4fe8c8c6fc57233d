//! Sockets and the runtime they belong to: without one, after its end, and what they cost it.

use super::*;

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
#[should_panic(expected = "IO is disabled. Call `enable_io`")]
fn a_socket_needs_io() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let _ = UnixStream::pair();
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

/// A source that is the first one, registered by another thread while the runtime's own thread
/// sleeps and watches nothing, is watched.
#[test]
fn the_first_source_of_another_thread_is_watched() {
    let (parks, parked) = std::sync::mpsc::channel();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || {
            let _ = parks.send(());
        })
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let (sends, sent) = std::sync::mpsc::channel::<Waker>();
    let (ends, ended) = std::sync::mpsc::channel();
    let other = std::thread::spawn(move || {
        parked.recv().unwrap();
        let waker = sent.recv().unwrap();
        let _guard = handle.enter();
        let (a, b) = UnixStream::pair().unwrap();
        let mut readable = pin!(b.readable());
        let cx = &mut Context::from_waker(&waker);
        assert!(readable.as_mut().poll(cx).is_pending());
        a.try_write(b"x").unwrap();
        // The runtime's thread gets here only if it has seen the event.
        ended.recv().unwrap();
        assert!(readable.as_mut().poll(cx).is_ready());
    });
    let mut polls = 0;
    runtime.block_on(std::future::poll_fn(|cx| {
        polls += 1;
        if polls > 1 {
            return Poll::Ready(());
        }
        sends.send(cx.waker().clone()).unwrap();
        Poll::Pending
    }));
    ends.send(()).unwrap();
    other.join().unwrap();
}

/// Making a future does nothing.
#[test]
fn r41_nothing_happens_before_the_first_poll() {
    drop(TcpListener::bind("no such name:1"));
    drop(TcpStream::connect("127.0.0.1:1"));
    drop(UnixStream::connect("/nowhere"));
    drop(lookup_host("no such name:1"));
}

/// Whatever outlives its runtime says so, and waits for nothing.
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
    assert_eq!(
        b.try_read(&mut buf).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    b.into_std().unwrap();
}

/// What was reported before the end may still be taken; a wait for more is an error, and no hang.
#[test]
fn what_had_arrived_can_be_tried_after_the_runtime() {
    let runtime = runtime();
    let (_a, b) = runtime.block_on(async {
        let (a, b) = tcp_pair().await;
        a.writable().await.unwrap();
        assert_eq!(a.try_write(b"hello").unwrap(), 5);
        b.readable().await.unwrap();
        (a, b)
    });
    drop(runtime);

    let mut buf = [0; 5];
    assert_eq!(b.try_read(&mut buf).unwrap(), 5);
    assert_eq!(&buf, b"hello");
    assert_eq!(
        b.try_read(&mut buf).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    let cx = &mut noop();
    assert!(matches!(pin!(b.readable()).poll(cx), Poll::Ready(Err(e)) if is_gone(&e)));
}

/// A task on another runtime that waits for the socket is woken with the error.
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

/// A stream that always has something does not keep the task for ever.
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

/// A loop that waits and then tries may go round as often as it likes: waiting moves nothing. An
/// operation that waits by itself is charged, so that a task cannot go on for ever.
#[test]
fn r37_waiting_is_free_and_an_operation_is_not() {
    run(async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let counted = crate::spawn(std::future::poll_fn(move |cx| {
            for _ in 0..1000 {
                assert!(pin!(a.writable()).poll(cx).is_ready());
            }
            let mut sent = 0;
            while sent < 1000 && pin!(a.send(b"x")).poll(cx).is_ready() {
                let _ = b.try_recv(&mut [0]);
                sent += 1;
            }
            Poll::Ready(sent)
        }));
        assert_eq!(counted.await.unwrap(), 128);
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
