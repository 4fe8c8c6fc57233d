//! Unix streams, and buffers of the bytes crate.

use super::*;

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
