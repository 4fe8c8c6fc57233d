//! Sockets on a real runtime: what the files here share.

mod datagrams;
mod lifetime;
mod pipe;
mod tcp;
mod unix;

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
